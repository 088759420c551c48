/**
 * After a start, or when the stream to the switch was lost for a while: the state of the protocol from what the switch
 * holds and what the journal intends (rule R11). The base of a bucket is what the switch says, because a commit counts
 * from the moment it is written; the current server is what the journal says, because it is written there first.
 * Whatever was waited for is waited for again, from the start: that costs time and never a connection.
 */
import { startWaiting } from './absence.ts';
import { enterShifting, nameOf, onWatchIdle, startSettling } from './buckets.ts';
import { type DoubtfulVip, startDoubt } from './doubt.ts';
import { startPreparing } from './one-way.ts';
import { onPinIdle } from './pins.ts';
import {
  addBucket,
  addComing,
  bucketOf,
  type Coming,
  type Output,
  putPin,
  type ShiftState,
  setBase,
  viewOf,
} from './state.ts';
import type { BucketName, ConnectionKey, ServerId, VipId } from './types.ts';

/** A bucket as journal and switch have it together. */
export interface RecoveredBucket extends BucketName {
  readonly base: ServerId;
  /** As intended. */
  readonly current: ServerId;
  /** Whether its registers may hold pins: the switch's word, or true where it has been in shift. */
  readonly unsettled: boolean;
  readonly learn: boolean;
  /** The switch has the intended current server; undefined: it has. */
  readonly flipped?: boolean;
  readonly oneWay?: boolean;
  /** Since when no packet of an unpinned connection was seen; undefined without watch entry. */
  readonly watchElapsedMs: number | undefined;
  /** Servers besides base and current that its connections may have been pinned to. */
  readonly former?: readonly ServerId[];
}

/** An exact pin as read from the switch. */
export interface RecoveredPin {
  readonly key: ConnectionKey;
  readonly vip: VipId;
  readonly bucket: number;
  readonly server: ServerId;
  readonly closing: boolean;
  readonly elapsedMs: number | undefined;
  /** It may be a try. */
  readonly guessed?: boolean;
}

/** What there is to recover. */
export interface Recovered {
  readonly buckets: readonly RecoveredBucket[];
  readonly pins: readonly RecoveredPin[];
  /** All servers that a bucket, pin or slot may name. */
  readonly servers: readonly ServerId[];
  /** Those on their way out. */
  readonly leaving: readonly ServerId[];
  /** Those that have died and may still be named by a slot. */
  readonly dead?: readonly ServerId[];
  readonly pinIdleMs: number;
  /** VIPs with a coming mapping. */
  readonly comings?: readonly ({ readonly vip: VipId } & Coming)[];
  /** Buckets that have lost pins. */
  readonly doubts?: readonly DoubtfulVip[];
  /** Until all switches are known to have what is recovered. */
  readonly awaiting?: boolean;
}

/** Fills an empty state and says what to do to go on. */
export function recover(state: ShiftState, recovered: Recovered, out: Output): void {
  state.awaiting = recovered.awaiting ?? false;
  for (const id of recovered.servers) viewOf(state, id);
  for (const id of recovered.leaving) {
    const view = viewOf(state, id);
    view.stage = 'leaving';
    state.leaving.add(view);
  }
  for (const id of recovered.dead ?? []) {
    const view = viewOf(state, id);
    Object.assign(view, { stage: 'leaving', ending: true, ended: true });
    state.leaving.add(view);
  }
  for (const { vip, hash, servers } of recovered.comings ?? []) addComing(state, vip, { hash, servers: [...servers] });
  for (const bucket of recovered.buckets) {
    const added = addBucket(state, bucket, bucket.base, bucket.current, 'steady', false, bucket.oneWay);
    added.former = bucket.former ?? [];
  }
  // First, so that whatever is written of a bucket says it.
  for (const doubt of recovered.doubts ?? []) startDoubt(state, doubt, out);
  for (const pin of recovered.pins) {
    // A pin may have a slot still: known only when the sweep has come round.
    // Whether a try was right is not written anywhere.
    const guessed = bucketOf(state, pin)?.inDoubt === true && pin.guessed === true;
    putPin(state, { ...pin, closing: false, slot: undefined, released: false, idle: false, guessed });
    if (pin.closing) out.effects.push({ kind: 'set-pin', key: pin.key, server: pin.server, closing: false });
  }
  for (const { base, current, unsettled, learn, flipped, watchElapsedMs, ...name } of recovered.buckets) {
    const bucket = bucketOf(state, name)!;
    if (base !== current && !state.settings.pins) {
      setBase(state, bucket, current);
    } else if (base !== current && bucket.oneWay && flipped === false) {
      startPreparing(state, bucket, out);
    } else if (base !== current && state.awaiting && !bucket.oneWay) {
      bucket.unsettled = unsettled;
      startWaiting(state, bucket, out);
    } else if (base !== current) {
      bucket.unsettled = true;
      bucket.learn = learn && viewOf(state, base).stage === 'serving';
      out.effects.push({ kind: 'watch', name: nameOf(bucket) });
      enterShifting(state, bucket, out);
      // Told to whoever was there before, and not to be told again.
      if ((watchElapsedMs ?? 0) >= state.settings.idleMs) onWatchIdle(state, bucket, out);
    } else if (unsettled) {
      startSettling(state, bucket, out);
    }
  }
  for (const pin of recovered.pins) {
    if (!pin.closing && (pin.elapsedMs ?? 0) >= recovered.pinIdleMs) onPinIdle(state, pin.key, out);
  }
}
