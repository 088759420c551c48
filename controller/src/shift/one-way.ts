/**
 * The step before a flip of one-way buckets: those whose connections' beginnings the switch cannot watch, because any
 * packet may be the first (UDP) or because servers answer past it. After the flip of such a bucket whoever has no pin
 * counts as new; so everybody who speaks is pinned to the base before it.
 *
 * While a bucket is `preparing`, the switch's entry still has its base as current server, and `learn` says that
 * whatever speaks takes a confirmed slot, at line rate and without asking us. Only where there is no room it reports a
 * packet as learned and goes on without a pin. Once the idle time is over, so that every live connection has spoken,
 * and no such report has come since, the bucket is sealed: a packet that finds no room is dropped now, so that nobody
 * without a pin reaches the base any more. When no report has come for the in-flight time after that, none is under way
 * whose pin is not written yet, and the flip is due. Otherwise the seal is taken off again. A bucket that is never
 * quiet is not flipped: the registers or the table of pins are too small for it, and its connections are safe where
 * they are.
 *
 * The bucket's intended current server is known all along; what the switch is told differs, see `writeAssignment`.
 */
import { enterShifting, nameOf, writeAssignment } from './buckets.ts';
import type { Bucket, Output, ShiftState } from './state.ts';

/** Begins (again) to have everybody pinned to the base. */
export function startPreparing(state: ShiftState, bucket: Bucket, out: Output): void {
  bucket.phase = 'preparing';
  bucket.ready = false;
  bucket.learn = true;
  bucket.unsettled = true;
  bucket.sealedToFlip = false;
  bucket.token++;
  writeAssignment(bucket, out);
  arm(bucket, state.settings.idleMs, out);
}

/** The time is over: flips, unless connections without a pin were seen in the meantime. */
export function onPreparedDue(state: ShiftState, bucket: Bucket, token: number, out: Output): void {
  if (bucket.token !== token || bucket.phase !== 'preparing' || bucket.held || state.awaiting) return;
  if (bucket.unpinnedSeen || !bucket.sealedToFlip) {
    const seal = !bucket.unpinnedSeen;
    if (seal !== bucket.sealedToFlip) {
      bucket.sealedToFlip = seal;
      writeAssignment(bucket, out);
    }
    arm(bucket, state.settings.inFlightMs, out);
    return;
  }
  bucket.learn = false;
  bucket.sealedToFlip = false;
  out.effects.push({ kind: 'watch', name: nameOf(bucket) });
  enterShifting(state, bucket, out);
}

function arm(bucket: Bucket, delayMs: number, out: Output): void {
  bucket.unpinnedSeen = false;
  const event = { kind: 'prepared-due', name: nameOf(bucket), token: bucket.token } as const;
  out.effects.push({ kind: 'timer', delayMs, event });
}
