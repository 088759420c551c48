/** The demo's scenes in one line, with the running one spelled out and the others as marks where the width is short. */
import { Text } from 'ink';
import type { ReactElement } from 'react';
import { fit } from './format.ts';
import type { SceneView } from './model.ts';

const MARKS = { waiting: '○', running: '▶', done: '●', failed: '✗' } as const;

/** `● ramp up  ▶ add s4  ○ swap s2 by s5`. */
export function SceneLine(props: {
  readonly scenes: readonly SceneView[];
  readonly width: number;
  readonly colour: boolean;
}): ReactElement {
  const full = props.scenes.map((scene) => `${MARKS[scene.state]} ${scene.title}`).join('  ');
  const colourOf = (scene: SceneView): string | undefined => {
    if (!props.colour) return undefined;
    return { waiting: undefined, running: 'yellow', done: 'green', failed: 'red' }[scene.state];
  };
  if (full.length <= props.width) {
    return (
      <Text wrap="truncate-end">
        {props.scenes.map((scene) => (
          <Text key={scene.title} color={colourOf(scene)} bold={scene.state === 'running'}>
            {`${MARKS[scene.state]} ${scene.title}  `}
          </Text>
        ))}
      </Text>
    );
  }
  const running = props.scenes.find((scene) => scene.state === 'running');
  const marks = props.scenes.map((scene) => MARKS[scene.state]).join('');
  return (
    <Text>
      {marks} <Text bold>{fit(running?.title ?? '', props.width - marks.length - 1)}</Text>
    </Text>
  );
}
