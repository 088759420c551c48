/**
 * Who has how many buckets before and after a change, beside what each server's weight would give it: the part that all
 * plans have.
 */
import type { VipPlan } from '../control-api/types.ts';
import type { ServerId } from '../shift/types.ts';

/**
 * The shares of a plan, and the largest of them against its fair share.
 * @param before how many buckets each server has now
 * @param after the server of each bucket then
 */
export function planShares(
  before: ReadonlyMap<ServerId, number>,
  after: readonly ServerId[],
  weights: ReadonlyMap<ServerId, number>,
  nameOf: (server: ServerId) => string,
): Pick<VipPlan, 'shares' | 'oversubscription'> {
  const counts = countBuckets(after);
  const total = [...weights.values()].reduce((sum, weight) => sum + weight, 0);
  const shares = [...new Set([...weights.keys(), ...before.keys()])].map((server) => {
    const weight = weights.get(server) ?? 0;
    return {
      server: nameOf(server),
      weight,
      bucketsBefore: before.get(server) ?? 0,
      bucketsAfter: counts.get(server) ?? 0,
      fairShare: total === 0 ? 0 : (after.length * weight) / total,
    };
  });
  const loads = shares.filter(({ fairShare }) => fairShare > 0).map((one) => one.bucketsAfter / one.fairShare);
  return { shares, oversubscription: Math.max(0, ...loads) };
}

/** How many buckets each server has. */
export function countBuckets(assignment: readonly ServerId[]): Map<ServerId, number> {
  const counts = new Map<ServerId, number>();
  for (const server of assignment) counts.set(server, (counts.get(server) ?? 0) + 1);
  return counts;
}
