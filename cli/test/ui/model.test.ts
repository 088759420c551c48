/** The view's reducer, the bucket map's layout and the plain display. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { emptyTally } from '../../src/load/tally.ts';
import { layOutBuckets } from '../../src/ui/bucket-cells.ts';
import { bucketMap } from '../../src/ui/bucket-map.ts';
import { PlainDisplay } from '../../src/ui/display.ts';
import {
  fit,
  formatBar,
  formatClock,
  formatCount,
  formatDuration,
  formatRate,
  formatShare,
} from '../../src/ui/format.ts';
import {
  type BucketPhase,
  initialView,
  LOG_LINES_KEPT,
  reduceView,
  type ViewEvent,
  type VipView,
} from '../../src/ui/model.ts';
import { rowText } from '../../src/ui/rows.ts';
import { viewInShift } from './fixtures.ts';

describe('reducer', () => {
  test('a lost controller keeps its last picture', () => {
    const known = viewInShift(5, 64);
    const lost = reduceView(known, { kind: 'controller-lost' });
    expect(lost.controllerReachable).toBe(false);
    expect(lost.controller).toBe(known.controller);
    expect(reduceView(lost, { kind: 'controller', view: known.controller! }).controllerReachable).toBe(true);
  });

  test('a scene changes alone', () => {
    const view = reduceView(viewInShift(5, 64), { kind: 'scene', index: 3, state: 'running' });
    expect(view.scenes.map((scene) => scene.state)).toEqual(['done', 'done', 'running', 'running', 'waiting']);
  });

  test('the log keeps the newest lines', () => {
    let view = initialView('t', 's', false);
    for (let index = 0; index < LOG_LINES_KEPT + 10; index++) {
      view = reduceView(view, { kind: 'log', line: { atMs: index, text: `${index}`, severity: 'info' } });
    }
    expect(view.log).toHaveLength(LOG_LINES_KEPT);
    expect(view.log.at(-1)?.text).toBe(`${LOG_LINES_KEPT + 9}`);
  });
});

describe('bucket map', () => {
  const vipOf = (current: readonly number[], phases: Readonly<Record<number, BucketPhase>> = {}): VipView => ({
    name: '',
    endpoint: '',
    protocol: '',
    affinity: '',
    base: current,
    current,
    phase: current.map((_, index) => phases[index] ?? 'steady'),
    traffic: undefined,
    coming: undefined,
    refuses: undefined,
  });

  test('every bucket has its cell when there is room', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 300 }), (current) => {
        const cells = layOutBuckets(vipOf(current), 30, 10).flat();
        expect(cells.map((cell) => cell.current)).toEqual(current);
        expect(cells.map((cell) => cell.first)).toEqual(current.map((_, index) => index));
      }),
    );
  });

  test('many buckets share cells, and one in shift shows', () => {
    const current = Array.from({ length: 1_000 }, (_, index) => (index < 500 ? 1 : 2));
    const rows = layOutBuckets(vipOf(current, { 777: 'sealed', 778: 'settling' }), 10, 2);
    expect(rows.map((row) => row.map((cell) => cell.current))).toEqual([Array(10).fill(1), Array(10).fill(2)]);
    expect(rows.flat().filter((cell) => cell.inShift)).toEqual([{ first: 750, current: 2, base: 2, inShift: true }]);
  });

  test('servers that take turns all show, each by its share, also where buckets share cells', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 7 }), fc.integer({ min: 2, max: 12 }), (servers, perCell) => {
        const current = Array.from({ length: 780 * perCell }, (_, index) => 1 + (index % servers));
        const cells = layOutBuckets(vipOf(current), 78, 10).flat();
        expect(cells).toHaveLength(780);
        for (let server = 1; server <= servers; server++) {
          const share = (cells.filter((cell) => cell.current === server).length / cells.length) * servers;
          expect(share).toBeGreaterThan(0.7);
          expect(share).toBeLessThan(1.3);
        }
      }),
    );
  });

  test('a cell shows one bucket: the server that gets its new connections and the one it comes from belong together', () => {
    const base = Array.from({ length: 400 }, (_, index) => 1 + (index % 2));
    const current = base.map((server) => (server === 2 ? 3 : server));
    const phase = base.map((server): BucketPhase => (server === 2 ? 'shifting' : 'steady'));
    const cells = layOutBuckets({ base, current, phase }, 20, 5).flat();
    expect(new Set(cells.map((cell) => `${cell.base} to ${cell.current} ${cell.inShift}`))).toEqual(
      new Set(['2 to 3 true']),
    );
  });

  test('one server alone: every cell with a bucket of it shows it', () => {
    const current = Array.from({ length: 1_000 }, (_, index) => 1 + (index % 100));
    const cells = layOutBuckets(vipOf(current), 50, 2, 42).flat();
    expect(cells.filter((cell) => cell.current === 42)).toHaveLength(10);
  });

  test('letters, and only those of one server where asked for', () => {
    const view = viewInShift(5, 60);
    const { vips, servers } = view.controller!;
    const map = { vip: vips[0]!, servers, columns: 30, rows: 2 };
    expect(bucketMap(map).map(rowText)).toEqual([' AAAAAeeeeeCCCCCDDDDDAAAAAeeeee', ' CCCCCDDDDDAAAAAeeeeeCCCCCDDDDD']);
    expect(bucketMap({ ...map, onlyServer: 3 }).map(rowText)).toEqual([
      ' ··········CCCCC···············',
      ' CCCCC···············CCCCC·····',
    ]);
    // Of the server that leaves one sees the buckets whose old connections it has.
    expect(rowText(bucketMap({ ...map, onlyServer: 2 })[0]!)).toBe(' ·····eeeee···············eeeee');
  });
});

test('plain display: one line per event, the load every five seconds', () => {
  const lines: string[] = [];
  const display = new PlainDisplay((line) => lines.push(line), {
    title: 'demo',
    subtitle: 'simulated',
    withLoad: true,
  });
  const events: ViewEvent[] = [
    { kind: 'scenes', scenes: [{ title: 'ramp up', state: 'waiting' }] },
    { kind: 'scene', index: 0, state: 'running' },
    { kind: 'clock', nowMs: 6_000 },
    { kind: 'tally', tally: { ...emptyTally(), alive: 512, opened: 1_700, finished: 1_188 } },
    { kind: 'clock', nowMs: 7_000 },
    { kind: 'tally', tally: { ...emptyTally(), alive: 513 } },
    { kind: 'controller', view: viewInShift(3, 8).controller! },
    { kind: 'controller-lost' },
    { kind: 'controller-lost' },
    { kind: 'log', line: { atMs: 7_500, text: 'killed', severity: 'warning' } },
  ];
  for (const event of events) display.dispatch(event);
  expect(lines).toEqual([
    'demo: simulated',
    '  0:00  == ramp up',
    '  0:06  512 live, 1,700 opened, 1,188 finished, 0 reset, 0 stalled, 0 mismatched bytes',
    '  0:07  the controller does not answer; the switch goes on alone',
    '  0:07  warning: killed',
  ]);
});

test('durations are in the units one thinks in', () => {
  expect([0, 7_420, 119_900, 119_950, 725_000, 7_200_000, 12_000_000, 187_200_000].map(formatDuration)).toEqual([
    ...['0.0 s', '7.4 s', '119.9 s', '2 min 0 s', '12 min 5 s', '2 h 0 min', '3 h 20 min', '2 d 4 h'],
  ]);
});

test('numbers, clocks, bars and cut texts', () => {
  expect([formatCount(0), formatCount(999), formatCount(1_234_567)]).toEqual(['0', '999', '1,234,567']);
  expect([formatRate(0), formatRate(999.4), formatRate(999.6), formatRate(9_949), formatRate(34e6)]).toEqual([
    '0',
    '999',
    '1.0k',
    '9.9k',
    '34M',
  ]);
  expect([formatShare(0), formatShare(0.001), formatShare(0.256)]).toEqual(['0%', '<1%', '26%']);
  expect([formatClock(0), formatClock(61_999), formatClock(3_600_000)]).toEqual(['0:00', '1:01', '1:00:00']);
  expect([formatBar(0, 4), formatBar(0.5, 4), formatBar(2, 4)]).toEqual(['░░░░', '██░░', '████']);
  expect([fit('abc', 3), fit('abcd', 3), fit('abcd', 1), fit('abcd', 0)]).toEqual(['abc', 'ab…', 'a', '']);
});
