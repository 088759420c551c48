/**
 * What a change of mapping would do. A connection's bucket in one mapping says nothing of its bucket in another, unless
 * they differ in the number of buckets only: then the two are congruent modulo every number that divides both. So
 * within each class of buckets that are congruent modulo the greatest of those (1 where the hashes are different) each
 * pair of an old and a new bucket is equally likely, and the shares of connections that go from one server to another
 * follow exactly.
 */
import type { VipPlan } from '../control-api/types.ts';
import { isHashedAlike } from '../intent/mapping.ts';
import type { MappingConfiguration } from '../intent/types.ts';
import type { ServerId } from '../shift/types.ts';
import type { ConnectionEstimate, PlanTimers } from './plan.ts';
import { countBuckets, planShares } from './shares.ts';

/** What `planRemap` needs to know. */
export interface RemapPlanInput {
  readonly vip: string;
  readonly before: Required<MappingConfiguration>;
  readonly after: Required<MappingConfiguration>;
  /** Server of each bucket, now and then. */
  readonly current: readonly ServerId[];
  readonly coming: readonly ServerId[];
  readonly weights: ReadonlyMap<ServerId, number>;
  readonly nameOf: (server: ServerId) => string;
  readonly estimate: ConnectionEstimate;
  readonly timers: PlanTimers;
  /** Its connections' beginnings cannot be watched, so that all are pinned first. */
  readonly oneWay: boolean;
}

/** The plan, and the share of connections whose server would be another, 0 to 1. */
export function planRemap(input: RemapPlanInput): { readonly plan: VipPlan; readonly movedShare: number } {
  const { current, coming, weights, nameOf, estimate, timers } = input;
  const shares = pairShares(input);
  let movedShare = 0;
  const flows: VipPlan['flows'][number][] = [];
  for (const [from, targets] of shares) {
    for (const [to, share] of targets) {
      if (from === to) continue;
      movedShare += share;
      flows.push({ from: nameOf(from), to: nameOf(to), buckets: Math.round(share * current.length) });
    }
  }
  const before = countBuckets(current);
  const untilPinned = input.oneWay ? timers.idleMs + timers.inFlightMs : timers.learnAfterMs;
  const expectedDrainMs = Math.round(untilPinned + timers.idleMs + timers.inFlightMs);
  const live = [...before].reduce((sum, [server, buckets]) => sum + (estimate.live(server, buckets) ?? 0), 0);
  const rate = estimate.arrivalsPerBucketSecond;
  const begun = rate === undefined ? undefined : (rate * current.length * expectedDrainMs) / 1000;
  const pinned = input.oneWay ? live : live * movedShare;
  const plan: VipPlan = {
    vip: input.vip,
    buckets: coming.length,
    moves: current.length,
    leastMoves: current.length,
    flows: flows.filter(({ buckets }) => buckets > 0),
    ...planShares(before, coming, weights, nameOf),
    ...(estimate.source === 'unknown' ? {} : { liveConnections: Math.round(live) }),
    ...(estimate.source === 'unknown' || begun === undefined
      ? {}
      : { pinsNeeded: Math.ceil(begun * movedShare + pinned) }),
    ...(estimate.pinsRoom === undefined ? {} : { pinsRoom: estimate.pinsRoom }),
    estimate: estimate.source,
    expectedDrainMs,
  };
  return { plan, movedShare };
}

/** By old and new server, the share of all connections that have both. */
function pairShares({ before, after, current, coming }: RemapPlanInput): Map<ServerId, Map<ServerId, number>> {
  const classes = isHashedAlike(before, after) ? greatestDivisor(current.length, coming.length) : 1;
  const result = new Map<ServerId, Map<ServerId, number>>();
  for (let residue = 0; residue < classes; residue++) {
    const inClass = (_: ServerId, bucket: number): boolean => bucket % classes === residue;
    const [old, fresh] = [countBuckets(current.filter(inClass)), countBuckets(coming.filter(inClass))];
    for (const [from, had] of old) {
      const targets = result.get(from) ?? new Map<ServerId, number>();
      result.set(from, targets);
      for (const [to, gets] of fresh) {
        const share = (had * gets * classes) / (current.length * coming.length);
        targets.set(to, (targets.get(to) ?? 0) + share);
      }
    }
  }
  return result;
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}
