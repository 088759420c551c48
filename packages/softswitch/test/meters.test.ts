// Token buckets with an injected clock.
import { expect, test } from 'vitest';
import { Meters } from '../src/runtime/meters.ts';

function meter(unit: 'packets' | 'bytes') {
  return new Meters({ name: 'm', unit, rateCount: 2, size: 2, direct: false, resultTarget: undefined }, 2);
}

test('an unconfigured cell is green', () => {
  expect(meter('packets').execute(0, 100, 0)).toBe(0);
});

test('two rates, three colours, and tokens come back with time', () => {
  const packets = meter('packets');
  packets.configure(
    1,
    [
      { perSecond: 1000, burst: 2 },
      { perSecond: 2000, burst: 4 },
    ],
    0,
  );
  const colors = (nowUs: number, count: number) => Array.from({ length: count }, () => packets.execute(1, 1, nowUs));
  expect(colors(0, 6)).toEqual([0, 0, 1, 1, 2, 2]);
  // After 1 ms one token of the lower rate and two of the higher have come.
  expect(colors(1000, 3)).toEqual([0, 1, 2]);
  // Buckets fill up to their burst and no further.
  expect(colors(1_000_000, 6)).toEqual([0, 0, 1, 1, 2, 2]);
});

test('one rate with an excess burst: what the first bucket does not need fills the second', () => {
  const bytes = meter('bytes');
  const rate = { perSecond: 1_000_000, burst: 200 };
  bytes.configure(0, [rate, rate], 0, 150);
  const colours = (nowUs: number, count: number) => Array.from({ length: count }, () => bytes.execute(0, 100, nowUs));
  expect(colours(0, 5)).toEqual([0, 0, 1, 2, 2]);
  // 100 bytes: the committed bucket comes first. The 50 that the excess bucket kept are not enough.
  expect(colours(100, 2)).toEqual([0, 2]);
  // 260 bytes: 200, and 60 beyond them, which make 110.
  expect(colours(360, 4)).toEqual([0, 0, 1, 2]);
  expect(colours(1_000_000, 4)).toEqual([0, 0, 1, 2]);
});

test('without an excess burst one rate marks as two equal ones do', () => {
  const packets = meter('packets');
  const rate = { perSecond: 1000, burst: 2 };
  packets.configure(0, [rate, rate], 0, 0);
  expect(Array.from({ length: 3 }, () => packets.execute(0, 1, 0))).toEqual([0, 0, 2]);
});

test('byte meters take the length of packets', () => {
  const bytes = meter('bytes');
  bytes.configure(
    0,
    [
      { perSecond: 1, burst: 150 },
      { perSecond: 1, burst: 250 },
    ],
    0,
  );
  expect([bytes.execute(0, 100, 0), bytes.execute(0, 100, 0), bytes.execute(0, 100, 0)]).toEqual([0, 1, 2]);
});
