/** The demo's scenes in one line, with the running one spelled out and the others as marks where the width is short. */
import { fit } from './format.ts';
import type { SceneView } from './model.ts';
import { type Row, row, type Style, span } from './rows.ts';

const MARKS = { waiting: '○', running: '▶', done: '●', failed: '✗' } as const;
const STYLES = {
  waiting: {},
  running: { colour: 'yellow', bold: true },
  done: { colour: 'green' },
  failed: { colour: 'red' },
} as const satisfies Record<SceneView['state'], Style>;

/** `● ramp up  ▶ add s4  ○ swap s2 by s5`. */
export function sceneLine(scenes: readonly SceneView[], width: number): Row {
  const texts = scenes.map((scene) => `${MARKS[scene.state]} ${scene.title}`);
  if (texts.join('  ').length <= width) {
    return scenes.flatMap((scene, index) => [
      ...(index > 0 ? [span('  ')] : []),
      span(texts[index]!, STYLES[scene.state]),
    ]);
  }
  const running = scenes.find((scene) => scene.state === 'running');
  const marks = scenes.map((scene) => MARKS[scene.state]).join('');
  return row(`${marks} `, span(fit(running?.title ?? '', width - marks.length - 1), { bold: true }));
}
