/**
 * The planner: moves within the minimum, computed independently by brute force on small cases, and 10,000 buckets on
 * 500 servers.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { computeMoves, leastMoves } from '../../src/planning/plan.ts';
import { countBuckets } from '../../src/planning/shares.ts';
import { planLargeChange } from '../support/large-change.ts';

/** The fewest moves of all assignments in which every server has its share rounded down or up. */
function byBruteForce(current: readonly number[], shares: readonly { server: number; weight: number }[]): number {
  const total = shares.reduce((sum, { weight }) => sum + weight, 0);
  const held = countBuckets(current);
  let best = Number.POSITIVE_INFINITY;
  const choose = (index: number, left: number, stays: number): void => {
    if (index === shares.length) {
      if (left === 0) best = Math.min(best, current.length - stays);
      return;
    }
    const { server, weight } = shares[index]!;
    const exact = (current.length * weight) / total;
    const options = new Set([Math.floor(exact + 1e-9), Math.ceil(exact - 1e-9)]);
    for (const quota of options) choose(index + 1, left - quota, stays + Math.min(quota, held.get(server) ?? 0));
  };
  choose(0, current.length, 0);
  return best;
}

const shares = fc.uniqueArray(
  fc.record({ server: fc.integer({ min: 1, max: 9 }), weight: fc.integer({ min: 1, max: 6 }) }),
  { minLength: 1, maxLength: 7, selector: ({ server }) => server },
);

describe('the planner', () => {
  it('moves the least that is possible, and says how much that is', () => {
    fc.assert(
      fc.property(
        shares,
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 60 }),
        (list, current) => {
          const least = byBruteForce(current, list);
          expect(leastMoves(current, list)).toBe(least);
          expect(computeMoves({ current, base: current, shares: list, swaps: [] })).toHaveLength(least);
        },
      ),
    );
  });

  it('keeps within the minimum for 10,000 buckets on 500 servers of different weights', () => {
    const { plan } = planLargeChange();
    expect(plan.moves).toBeGreaterThan(0);
    expect(plan.moves).toBe(plan.leastMoves);
    expect(plan.oversubscription).toBeLessThan(1.25);
  });
});
