/**
 * What is known of a VIP's connections when a change is planned: counted by the servers' agents where all have one,
 * else computed from what earlier shifts have shown (connections that live = rate at which they begin x how long they
 * live), else not known.
 */
import { inService } from '../operations/catalogue.ts';
import type { Observations } from '../planning/observations.ts';
import type { ConnectionEstimate } from '../planning/plan.ts';
import { connectionParts } from '../shift/connection-key.ts';
import type { ShiftState } from '../shift/state.ts';
import type { Effect, VipId } from '../shift/types.ts';
import type { Shadow } from '../switch-port/shadow.ts';
import { pinTable } from '../switch-port/tables.ts';
import type { Engine } from './engine.ts';

/** See the file's comment. */
export function estimateOf(engine: Engine, vip: VipId): ConnectionEstimate {
  const { journal } = engine.options;
  const { observations, shift, agents } = engine;
  const { arrivalsPerBucketSecond, lifetimeMs } = observations;
  const servers = inService(journal.state, vip);
  const counted = new Map(servers.map(({ id }) => [id, agents?.connectionsOf(id)]));
  const byAgents = servers.length > 0 && [...counted.values()].every((count) => count !== undefined);
  const perBucket =
    arrivalsPerBucketSecond === undefined || lifetimeMs === undefined
      ? undefined
      : (arrivalsPerBucketSecond * lifetimeMs.mean) / 1000;
  const capacity = engine.session?.pinCapacity;
  return {
    source: byAgents ? 'agents' : perBucket !== undefined ? 'observed' : 'unknown',
    live(server, buckets) {
      const connections = counted.get(server);
      const bases = shift.servers.get(server)?.bases ?? 0;
      if (connections !== undefined) return bases === 0 ? 0 : (connections * Math.min(buckets, bases)) / bases;
      return perBucket === undefined ? undefined : perBucket * buckets;
    },
    arrivalsPerBucketSecond,
    lifetimeMs,
    pinsRoom: capacity === undefined ? undefined : capacity - shift.pins.size,
  };
}

/** Names of the buckets whose base and current server differ. */
export function* bucketsInShift(shift: ShiftState): Generator<string> {
  for (const buckets of shift.vips.values()) {
    for (const { vip, bucket, base, current } of buckets) if (base !== current) yield `${vip}/${bucket}`;
  }
}

/** Pins that go because their connections have ended tell how long those lived. */
export function observeEnds(
  observations: Observations,
  effects: readonly Effect[],
  shadow: Shadow,
  nowMs: number,
): void {
  for (const effect of effects) {
    if (effect.kind !== 'delete-pin') continue;
    const parts = connectionParts(effect.key);
    const closing = shadow.get(pinTable(parts[1]), parts)?.params[1] === 1;
    observations.onEffect(effect, closing, nowMs);
  }
}
