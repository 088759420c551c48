/**
 * A VIP whose hash changes: its seed, its number of buckets, what goes into it. The coming mapping lies beside the
 * present one, and each bucket of the present one goes into a shift whose target is not a server but that mapping: a
 * new connection is pinned to the server it has there, if that is not the base. Everything else is as in any shift, but
 * for the commit: a bucket that could commit (sealed and checked) stays sealed and waits for the others. When all have
 * come so far nobody is left without a pin whose server would change, and nobody can come to be: what finds no room for
 * its pin is dropped and resent. Then whoever holds the VIP's entry makes the coming mapping the present one, in one
 * write, and all begins anew from there with buckets that settle.
 *
 * That waiting is safe to be cut off at any time, and so is the write to be made late: a sealed bucket stays what it is
 * without us. While connections are looked for (`doubt.ts`) nobody commits, for those have no pins and may live
 * anywhere.
 */
import { writeAssignment } from './buckets.ts';
import { type Bucket, type Output, type ShiftState, setComingServer } from './state.ts';
import type { ShiftEvent, VipId } from './types.ts';

/** The bucket could commit. It learns on, so that whoever was silent for all that time is pinned should he speak. */
export function makeReady(state: ShiftState, bucket: Bucket, out: Output): void {
  bucket.ready = true;
  // A one-way VIP's new connections would be pinned to the base by that.
  bucket.learn = !bucket.oneWay;
  bucket.asked = undefined;
  bucket.token++;
  writeAssignment(bucket, out);
  tellIfReady(state, bucket.vip, out);
}

/** Says that the coming mapping may become the present one, if so. */
export function tellIfReady(state: ShiftState, vip: VipId, out: Output): void {
  if (isReady(state, vip)) out.notices.push({ kind: 'mapping-ready', vip });
}

/** Whether each bucket of the VIP could commit to the coming mapping. */
export function isReady(state: ShiftState, vip: VipId): boolean {
  const buckets = state.vips.get(vip) ?? [];
  const isSafe = !state.awaiting && !state.doubts.has(vip);
  return state.comings.has(vip) && isSafe && buckets.every(({ ready }) => ready);
}

/**
 * Servers of the coming mapping have died. Whoever was for them and is without a pin lived on his base, and had it as
 * the same server in both mappings or was waited for; so another server may stand there.
 */
export function onComingServers(
  state: ShiftState,
  { vip, changes }: Extract<ShiftEvent, { kind: 'coming-servers' }>,
  out: Output,
): void {
  const coming = state.comings.get(vip);
  if (coming === undefined) return;
  for (const [bucket, server] of changes) {
    setComingServer(state, coming, bucket, server);
    out.effects.push({ kind: 'assign-coming', name: { vip, bucket }, server });
  }
}
