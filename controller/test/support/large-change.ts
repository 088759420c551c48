/**
 * A change in a large service: of 500 servers with 10,000 buckets seven leave and two come. Shared by a test and a
 * benchmark.
 */
import { assign } from '../../src/assignment/assign.ts';
import { planVip } from '../../src/planning/plan.ts';

const weights = Array.from({ length: 500 }, (_, index) => ({ server: index + 1, weight: 1 + (index % 4) }));
const nobody = new Array<number>(10_000).fill(0);
const current = assign(nobody, nobody, weights);
const estimate = {
  source: 'unknown' as const,
  live: () => undefined,
  arrivalsPerBucketSecond: undefined,
  lifetimeMs: undefined,
  pinsRoom: undefined,
};

/** Plans it. */
export function planLargeChange() {
  return planVip({
    vip: 'web',
    current,
    base: current,
    shares: [...weights.slice(7), { server: 501, weight: 3 }, { server: 502, weight: 1 }],
    sharesBefore: weights,
    swaps: [],
    nameOf: String,
    leaving: new Set([1, 2, 3, 4, 5, 6, 7]),
    estimate,
    timers: { idleMs: 1, inFlightMs: 1, learnAfterMs: 1 },
    deadlineMs: 0,
    rampMs: 0,
  });
}
