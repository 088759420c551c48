/** Whole frames of the screen, small and large, with and without colour, and that none ever outgrows its terminal. */
import { render } from 'ink-testing-library';
import { describe, expect, test } from 'vitest';
import { emptyTally } from '../../src/load/tally.ts';
import { initialView } from '../../src/ui/model.ts';
import { Screen } from '../../src/ui/screen.tsx';
import { viewInShift } from './fixtures.ts';
import { renderFrame } from './render-frame.ts';

const PLAIN = { columns: 80, rows: 24, colour: false };

describe('screen', () => {
  test('80x24, in the middle of a swap', () => {
    const { lastFrame } = render(<Screen view={viewInShift(5, 256)} size={PLAIN} />);
    expect(lastFrame()).toMatchSnapshot();
  });

  test('80x24, before anything is known', () => {
    const { lastFrame } = render(<Screen view={initialView('mooring up', 'starting', false)} size={PLAIN} />);
    expect(lastFrame()).toMatchSnapshot();
  });

  test('80x24, the controller is down and connections broke', () => {
    const view = viewInShift(5, 256);
    const tally = { ...emptyTally(), alive: 500, opened: 2_000, finished: 1_480, reset: 12, refused: 8, stalled: 3 };
    const { lastFrame } = render(<Screen view={{ ...view, controllerReachable: false, tally }} size={PLAIN} />);
    expect(lastFrame()).toContain('CONTROLLER DOWN');
    expect(lastFrame()).toContain('!20 reset');
    expect(lastFrame()).toContain('!3 stalled');
    expect(lastFrame()).toContain(' 0 mismatched');
  });

  test('200x60, 1,000 buckets on 30 servers', () => {
    const size = { columns: 200, rows: 60, colour: false };
    expect(renderFrame(<Screen view={viewInShift(30, 1_000)} size={size} />, 200)).toMatchSnapshot();
  });

  test('colour changes no letter', () => {
    const view = viewInShift(5, 256);
    const plain = renderFrame(<Screen view={view} size={PLAIN} />, 80);
    const coloured = renderFrame(<Screen view={view} size={{ ...PLAIN, colour: true }} />, 80);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: terminal escapes begin with one
    const bare = (text: string): string => text.replace(/\x1b\[[0-9;]*m/g, '');
    expect(bare(coloured)).toBe(bare(plain));
  });

  test('a frame never outgrows its terminal', () => {
    for (const [columns, rows] of [
      [80, 24],
      [100, 30],
      [120, 40],
      [200, 60],
      [60, 20],
    ] as const) {
      for (const servers of [2, 5, 40]) {
        for (const buckets of [16, 256, 4_096, 65_536]) {
          const view = viewInShift(servers, buckets);
          const frame = renderFrame(<Screen view={view} size={{ columns, rows, colour: false }} />, columns);
          const lines = frame.split('\n');
          expect(lines.length, `${columns}x${rows}, ${servers} servers, ${buckets} buckets`).toBeLessThan(rows);
          expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
        }
      }
    }
  });
});
