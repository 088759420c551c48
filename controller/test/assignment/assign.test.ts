/** Properties of the traffic manager: fair shares, fewest moves, nothing lost, the same answer twice. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assign, assignSwaps, computeQuotas, type Share } from '../../src/assignment/assign.ts';

const shares = fc
  .uniqueArray(fc.record({ server: fc.integer({ min: 1, max: 60 }), weight: fc.integer({ min: 1, max: 20 }) }), {
    minLength: 1,
    maxLength: 20,
    selector: (share) => share.server,
  })
  .map((list): readonly Share[] => list);
const buckets = fc.integer({ min: 1, max: 400 });

function count(assignment: readonly number[], server: number): number {
  return assignment.filter((candidate) => candidate === server).length;
}

describe('assignment', () => {
  it('gives each server its weight, within one bucket, and every bucket to a server in service', () => {
    fc.assert(
      fc.property(buckets, shares, fc.infiniteStream(fc.integer({ min: 0, max: 60 })), (size, list, stream) => {
        const current = Array.from({ length: size }, () => stream.next().value as number);
        const result = assign(current, current, list);
        const total = list.reduce((sum, share) => sum + share.weight, 0);
        for (const { server, weight } of list) {
          const exact = (size * weight) / total;
          expect(Math.abs(count(result, server) - exact)).toBeLessThan(1 + 1e-9);
        }
        expect(result.every((server) => list.some((share) => share.server === server))).toBe(true);
      }),
    );
  });

  it('moves no more than what exceeds the quotas, and nothing at all when asked again', () => {
    fc.assert(
      fc.property(buckets, shares, shares, (size, before, after) => {
        const first = assign(new Array<number>(size).fill(0), new Array<number>(size).fill(0), before);
        const second = assign(first, first, after);
        const moved = second.filter((server, bucket) => server !== first[bucket]).length;
        const total = after.reduce((sum, share) => sum + share.weight, 0);
        // The least any assignment with fair shares can move, rounding apart: what exceeds each exact share rounded up.
        let excess = 0;
        for (const server of new Set(first)) {
          const share = after.find((candidate) => candidate.server === server);
          const allowed = share === undefined ? 0 : Math.floor((size * share.weight) / total);
          excess += Math.max(0, count(first, server) - allowed);
        }
        expect(moved).toBeLessThanOrEqual(excess);
        let least = 0;
        const quotas = computeQuotas(first, after);
        for (const server of new Set(first)) least += Math.max(0, count(first, server) - (quotas.get(server) ?? 0));
        expect(moved).toBe(least);
        expect(assign(second, second, after)).toEqual(second);
      }),
    );
  });

  it('undoes a shift under way by giving buckets back to their base', () => {
    const base = assign(new Array<number>(256).fill(0), new Array<number>(256).fill(0), three);
    const grown = assign(base, base, [...three, { server: 4, weight: 1 }]);
    expect(count(grown, 4)).toBe(64);
    expect(assign(grown, base, three)).toEqual(base);
  });

  it("a swap moves exactly the leaving server's buckets", () => {
    expect(assignSwaps([1, 2, 1, 3], [[1, 9]])).toEqual([9, 2, 9, 3]);
  });

  it('plans 10,000 buckets for 500 servers at once', () => {
    const list = Array.from({ length: 500 }, (_, index) => ({ server: index + 1, weight: 1 + (index % 3) }));
    const first = assign(new Array<number>(10_000).fill(0), new Array<number>(10_000).fill(0), list);
    const second = assign(first, first, list.slice(1));
    const moved = second.filter((server, bucket) => server !== first[bucket]).length;
    expect(moved).toBe(count(first, 1));
  });
});

const three: readonly Share[] = [1, 2, 3].map((server) => ({ server, weight: 1 }));
