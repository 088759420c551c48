/**
 * Bucket numbers of a service: whatever VIPs there are, what is given out is free, and what is free is told in whole.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { intentFormat } from '../../src/intent/intent.ts';
import { freeNumbers, freeRanges, serviceOf } from '../../src/intent/services.ts';
import type { Intent, VipRecord } from '../../src/intent/types.ts';

const ALL = 65_536;

function intentOf(vips: readonly VipRecord[]): Intent {
  const intent = intentFormat.empty();
  for (const vip of vips) intent.vips.set(vip.id, vip);
  return intent;
}

function usedBy({ firstBucket = 0, buckets, coming }: VipRecord): (readonly [first: number, count: number])[] {
  return [[firstBucket, buckets], ...(coming === undefined ? [] : [[coming.firstBucket, coming.buckets] as const])];
}

it('numbers are given to VIPs and coming mappings one after the other, and never twice', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 20_000 }), fc.option(fc.integer({ min: 1, max: 20_000 }))), {
        maxLength: 8,
      }),
      (wishes) => {
        const vips: VipRecord[] = [];
        wishes.forEach(([buckets, coming], index) => {
          const firstBucket = freeNumbers(intentOf(vips), 1, buckets);
          if (firstBucket === undefined) return;
          const vip: VipRecord = { id: index + 1, name: `v${index}`, buckets, service: 1, firstBucket };
          vips.push(vip);
          const next = coming === null ? undefined : freeNumbers(intentOf(vips), 1, coming);
          if (coming === null || next === undefined) return;
          const mapping = { buckets: coming, affinity: 'client', firstBucket: next, servers: [] } as const;
          vips[vips.length - 1] = { ...vip, coming: mapping };
        });
        const users = new Uint8Array(ALL);
        for (const [first, count] of vips.flatMap(usedBy)) {
          for (let number = first; number < first + count; number++) users[number]!++;
        }
        expect(users.every((count) => count <= 1)).toBe(true);
        const intent = intentOf(vips);
        for (const { first, count } of freeRanges(intent, 1)) users.fill(1, first, first + count);
        expect(users.every((count) => count === 1)).toBe(true);
      },
    ),
    { numRuns: 60 },
  );
});

it('a VIP of another service uses none of them', () => {
  const other: VipRecord = { id: 2, name: 'other', buckets: 100 };
  const intent = intentOf([{ id: 1, name: 'one', buckets: 16, service: 1 }, other]);
  expect([serviceOf(intent, 1), serviceOf(intent, 2)]).toEqual([1, 2]);
  expect(freeRanges(intent, 1)).toEqual([{ first: 16, count: ALL - 16 }]);
});
