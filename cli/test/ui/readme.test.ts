/** The picture in README.md is a frame that the screen really gives. UPDATE_GOLDEN=1 draws it anew. */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { LogLine } from '../../src/ui/model.ts';
import { rowText } from '../../src/ui/rows.ts';
import { screenRows } from '../../src/ui/screen.ts';
import { stateOf, swapView, viewInShift } from './fixtures.ts';

const README = join(dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url))))), 'README.md');
const PICTURE = /(## What you see\n\n```\n)([^`]*)(\n```)/;

const LOG: readonly LogLine[] = [
  { atMs: 18_900, text: 'operation 2: swap s2 for s5', severity: 'info' },
  { atMs: 24_100, text: 'kill -9: there is no controller now; the switch goes on alone', severity: 'warning' },
  { atMs: 26_000, text: 'the controller is back: it read its journal and the switch, and goes on', severity: 'info' },
];

test('the picture in the README is what the screen shows', () => {
  const view = viewInShift(5, 256);
  const picture = {
    ...view,
    controller: { ...view.controller!, operations: [swapView('s5', { phase: 'shifting' })] },
    scenes: [
      { title: 'ramp up', state: 'done' },
      { title: 'add s4', state: 'done' },
      { title: 'swap s2 by s5, kill -9', state: 'running' },
      { title: 'remove s3', state: 'waiting' },
      { title: 'carry on', state: 'waiting' },
    ],
    log: LOG,
  } as const;
  const frame = screenRows(stateOf(picture, { columns: 80, rows: 24 }, false))
    .map((line) => rowText(line).trimEnd())
    .filter((line) => line !== '')
    .join('\n');
  const text = readFileSync(README, 'utf8');
  if (process.env.UPDATE_GOLDEN === '1')
    writeFileSync(
      README,
      text.replace(PICTURE, (_, head, __, tail) => head + frame + tail),
    );
  expect(PICTURE.exec(readFileSync(README, 'utf8'))?.[2]).toBe(frame);
});
