/**
 * What a change would do, before it is done: pure arithmetic on assignments, weights and what has been observed of
 * connections. The very functions that carry a change out compute its plan, so what was approved is what happens.
 *
 * The number of moves is compared with the least that any assignment with the same shares can do with: every bucket
 * beyond a server's share, rounded up for as many servers as rounding up allows, must leave it.
 */
import { assign, assignSwaps, type Share } from '../assignment/assign.ts';
import type { EstimateSource, VipPlan } from '../control-api/types.ts';
import type { ServerId } from '../shift/types.ts';
import { countBuckets, planShares } from './shares.ts';

/** What is to become of a VIP's servers. */
export interface TargetInput {
  readonly current: readonly ServerId[];
  readonly base: readonly ServerId[];
  /** Who shall have buckets afterwards. */
  readonly shares: readonly Share[];
  /** All buckets of the first go to the second, and nobody else's move; empty: all that the shares need. */
  readonly swaps: readonly (readonly [from: ServerId, to: ServerId])[];
}

/** A bucket that moves. */
export type Move = readonly [bucket: number, from: ServerId, to: ServerId];

/** The moves that make the shares true. */
export function computeMoves({ current, base, shares, swaps }: TargetInput): Move[] {
  const target = swaps.length === 0 ? assign(current, base, shares) : assignSwaps(current, swaps);
  const moves: Move[] = [];
  target.forEach((to, bucket) => {
    if (to !== current[bucket]) moves.push([bucket, current[bucket]!, to]);
  });
  return moves;
}

/** The fewest buckets that must move so that each server has its share rounded down or up. */
export function leastMoves(current: readonly ServerId[], shares: readonly Share[]): number {
  const counts = countBuckets(current);
  const total = shares.reduce((sum, { weight }) => sum + weight, 0);
  let stays = 0;
  let lower = 0;
  let couldKeepOneMore = 0;
  for (const { server, weight } of shares) {
    const exact = (current.length * weight) / total;
    const floor = Math.floor(exact + 1e-9);
    const held = counts.get(server) ?? 0;
    stays += Math.min(held, floor);
    lower += floor;
    if (held > floor && exact - floor > 1e-9) couldKeepOneMore++;
  }
  return current.length - stays - Math.min(couldKeepOneMore, current.length - lower);
}

/** What is known about the connections of a VIP. */
export interface ConnectionEstimate {
  readonly source: EstimateSource;
  /** Live connections of some buckets of a server. */
  live(server: ServerId, buckets: number): number | undefined;
  /** New connections a bucket gets in a second. */
  readonly arrivalsPerBucketSecond: number | undefined;
  /** How long connections live: the mean, and what all but a few do not exceed. */
  readonly lifetimeMs: { readonly mean: number; readonly most: number } | undefined;
  /** Room for exact pins, and how many there are. */
  readonly pinsRoom: number | undefined;
}

/** How long the protocol takes by itself. */
export interface PlanTimers {
  readonly idleMs: number;
  readonly inFlightMs: number;
  readonly learnAfterMs: number;
}

/** What `planVip` needs to know. */
export interface PlanInput extends TargetInput {
  readonly vip: string;
  readonly sharesBefore: readonly Share[];
  readonly nameOf: (server: ServerId) => string;
  /** Servers whose connections are waited for instead of being pinned. */
  readonly leaving: ReadonlySet<ServerId>;
  readonly estimate: ConnectionEstimate;
  readonly timers: PlanTimers;
  readonly deadlineMs: number;
  readonly rampMs: number;
}

/** The plan for one VIP. */
export function planVip(input: PlanInput): { readonly plan: VipPlan; readonly moves: readonly Move[] } {
  const { current, shares, swaps, nameOf, estimate } = input;
  const moves = computeMoves(input);
  const after = [...current];
  for (const [bucket, , to] of moves) after[bucket] = to;
  const weights = new Map(shares.map(({ server, weight }) => [server, weight]));
  const flows = new Map<string, { from: string; to: string; buckets: number }>();
  const moved = new Map<ServerId, number>();
  for (const [, from, to] of moves) {
    const key = `${from}>${to}`;
    const flow = flows.get(key) ?? { from: nameOf(from), to: nameOf(to), buckets: 0 };
    flow.buckets++;
    flows.set(key, flow);
    moved.set(from, (moved.get(from) ?? 0) + 1);
  }
  const expectedDrainMs = moves.length === 0 ? 0 : expectDrain(input, moved);
  const connections = expectConnections(input, moved, moves.length, expectedDrainMs);
  const plan: VipPlan = {
    vip: input.vip,
    buckets: current.length,
    moves: moves.length,
    leastMoves: swaps.length === 0 ? leastMoves(current, shares) : moves.length,
    flows: [...flows.values()],
    ...planShares(countBuckets(current), after, weights, nameOf),
    ...connections,
    ...(estimate.pinsRoom === undefined ? {} : { pinsRoom: estimate.pinsRoom }),
    estimate: estimate.source,
    expectedDrainMs,
  };
  return { plan, moves };
}

function expectDrain(input: PlanInput, moved: ReadonlyMap<ServerId, number>): number {
  const { idleMs, inFlightMs, learnAfterMs } = input.timers;
  const waits = [...moved.keys()].some((server) => input.leaving.has(server));
  // Who stays has its last connections pinned; who leaves is waited for.
  const untilEnded = waits ? (input.estimate.lifetimeMs?.most ?? 0) : learnAfterMs;
  const drainMs = untilEnded + idleMs + inFlightMs;
  const bounded = waits && input.deadlineMs > 0 ? Math.min(drainMs, input.deadlineMs + idleMs + inFlightMs) : drainMs;
  return Math.round(bounded + input.rampMs);
}

function expectConnections(
  { estimate, leaving }: PlanInput,
  moved: ReadonlyMap<ServerId, number>,
  moves: number,
  drainMs: number,
): Pick<VipPlan, 'liveConnections' | 'pinsNeeded'> {
  if (estimate.source === 'unknown') return {};
  let live = 0;
  let learned = 0;
  for (const [server, buckets] of moved) {
    const connections = estimate.live(server, buckets) ?? 0;
    live += connections;
    if (!leaving.has(server)) learned += connections;
  }
  const rate = estimate.arrivalsPerBucketSecond;
  const begun = rate === undefined ? undefined : (rate * moves * drainMs) / 1000;
  return {
    liveConnections: Math.round(live),
    ...(begun === undefined ? {} : { pinsNeeded: Math.ceil(begun + learned) }),
  };
}
