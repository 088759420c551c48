/**
 * Sorts what a turn has decided by the stage in which it takes hold. What concerns tables goes into their shadow at
 * once, for the flush to write; the rest is handed back to whoever talks to the journal, the switch and the clock.
 */
import type { Timers } from '../config/types.ts';
import { switchBucket } from '../intent/mapping.ts';
import { serviceOf } from '../intent/services.ts';
import type { Intent, IntentRecord } from '../intent/types.ts';
import { connectionParts } from '../shift/connection-key.ts';
import type { ConnectionKey, Effect, ServerId, VipId } from '../shift/types.ts';
import type { PacketOrder } from '../switch-port/port.ts';
import type { Shadow } from '../switch-port/shadow.ts';
import {
  deleteLiveEntries,
  deletePin,
  setAssignment,
  setComingServer,
  setDoubt,
  setPin,
  setWatch,
  slotParts,
} from './entries.ts';

type EffectOf<Kind extends Effect['kind']> = Extract<Effect, { readonly kind: Kind }>;

/** A turn's effects by stage. */
export interface SortedEffects {
  /** For the journal: assignments that differ from what it has. */
  readonly records: readonly IntentRecord[];
  readonly releases: readonly EffectOf<'release'>[];
  /** Packets to be given back, in their order. */
  readonly packets: readonly EffectOf<'receive' | 'pass-reset'>[];
  readonly sweeps: readonly EffectOf<'sweep'>[];
  readonly watchReads: readonly EffectOf<'read-watch'>[];
  readonly pinReads: readonly EffectOf<'read-pin'>[];
  readonly questions: readonly EffectOf<'ask-agent'>[];
  readonly timers: readonly EffectOf<'timer'>[];
}

/**
 * Sorts effects; those on tables are in `shadow` afterwards. @param doubts the VIPs whose connections are looked for by
 * now
 */
export function sortEffects(
  effects: readonly Effect[],
  intent: Intent,
  shadow: Shadow,
  timers: Timers,
  doubts: ReadonlyMap<VipId, unknown>,
): SortedEffects {
  const releases: EffectOf<'release'>[] = [];
  const packets: EffectOf<'receive' | 'pass-reset'>[] = [];
  const sweeps: EffectOf<'sweep'>[] = [];
  const watchReads: EffectOf<'read-watch'>[] = [];
  const pinReads: EffectOf<'read-pin'>[] = [];
  const questions: EffectOf<'ask-agent'>[] = [];
  const due: EffectOf<'timer'>[] = [];
  const moved = new Map<VipId, Map<number, readonly [bucket: number, base: ServerId, current: ServerId]>>();
  // Its VIPs' servers are the same.
  const isInDoubt = (vip: VipId): boolean =>
    [...doubts.keys()].some((other) => serviceOf(intent, other) === serviceOf(intent, vip));
  for (const effect of effects) {
    switch (effect.kind) {
      case 'assign': {
        const { vip, bucket } = effect.name;
        const { base, current } = effect.assignment;
        let ofVip = moved.get(vip);
        if (ofVip === undefined) moved.set(vip, (ofVip = new Map()));
        ofVip.set(bucket, [bucket, base, current]);
        setAssignment(shadow, switchBucket(intent, effect.name), effect.assignment);
        break;
      }
      case 'assign-coming':
        setComingServer(shadow, serviceOf(intent, effect.name.vip), effect.name.bucket, effect.server);
        break;
      case 'watch':
        setWatch(shadow, switchBucket(intent, effect.name), timers);
        break;
      case 'unwatch':
        shadow.delete('drain_watch', switchBucket(intent, effect.name));
        break;
      case 'set-pin':
        setPin(shadow, effect.key, effect.server, effect.closing, timers);
        break;
      case 'delete-pin':
        deletePin(shadow, effect.key);
        break;
      case 'ignore-pins-of':
        deleteLiveEntries(shadow, effect.server);
        break;
      case 'doubt':
        setDoubt(shadow, serviceOf(intent, effect.vip), isInDoubt(effect.vip));
        break;
      case 'receive':
      case 'pass-reset':
        packets.push(effect);
        break;
      case 'release':
        releases.push(effect);
        break;
      case 'sweep':
        sweeps.push(effect);
        break;
      case 'read-watch':
        watchReads.push(effect);
        break;
      case 'read-pin':
        pinReads.push(effect);
        break;
      case 'ask-agent':
        questions.push(effect);
        break;
      case 'timer':
        due.push(effect);
        break;
      default:
        throw new Error(`unexpected effect ${JSON.stringify(effect satisfies never)}`);
    }
  }
  const records = [...moved].flatMap(([vip, buckets]): IntentRecord[] => {
    const before = intent.assignments.get(vip);
    const changes = [...buckets.values()].filter(
      ([bucket, base, current]) => before?.base[bucket] !== base || before.current[bucket] !== current,
    );
    return changes.length === 0 ? [] : [{ kind: 'assignment', vip, changes }];
  });
  return { records, releases, packets, sweeps, watchReads, pinReads, questions, timers: due };
}

/** Orders for the releases whose pin is in the table; the others wait for their slot's next report. */
export function releaseOrders(
  releases: readonly EffectOf<'release'>[],
  refusedPins: ReadonlySet<ConnectionKey>,
): PacketOrder[] {
  return releases.flatMap(({ key, slot, generation }): PacketOrder[] => {
    if (refusedPins.has(key)) return [];
    const { way, index } = slotParts(slot);
    const [vip, clientAddress, clientPort, vipPort] = connectionParts(key);
    return [{ kind: 'release', way, slot: index, generation, vip, clientAddress, clientPort, vipPort }];
  });
}

/** Orders for packets to be given back. One whose pin had no room is dropped: it would come to us again. */
export function packetOrders(
  packets: readonly EffectOf<'receive' | 'pass-reset'>[],
  refusedPins: ReadonlySet<ConnectionKey>,
): PacketOrder[] {
  return packets.flatMap((effect): PacketOrder[] => {
    const { port, bytes: packet } = effect.frame;
    if (effect.kind === 'pass-reset') return [{ kind: 'flood', packet }];
    return refusedPins.has(effect.key) ? [] : [{ kind: 'receive', port, packet }];
  });
}
