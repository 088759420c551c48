/**
 * One controller drives several switches, and one of them is away: its control connection is lost, which says nothing
 * about its packets. It may be forwarding still, by the entries it had, and goes on pinning new connections of buckets
 * in shift in registers that nobody reads. A connection may change its way from one switch to another at any time, so
 * what the others are told must agree with what that one does:
 *
 * | | while one is away |
 * |---|---|
 * | who has no pin goes to the base | the same base everywhere: **no commit** (its unpinned connections cannot be seen), and nothing is sealed for one |
 * | a new connection of a bucket in shift is pinned | its pin could not be told to the one that is away, which would send it to the base: so **no flip**, and a bucket in shift *waits*: on the others its base gets the new connections again, as if there were no room for pins |
 * | a flow of a one-way bucket without pin counts as new once it is flipped | the same current server everywhere: it stays flipped, and what has not flipped goes on preparing |
 * | a pin is deleted | the one that is away would honour it for whoever has the port next: only pins that say what the base says go; **no closing** |
 * | registers are swept | its own cannot be: **nothing settles, no server is drained** or ended at its deadline |
 * | a dead server's buckets get other servers | **at once**: its connections are lost whatever is done, and whoever is sent to it by the one that is away is lost as well |
 * | packets of connections that it pinned since then come to another switch | the buckets it may have pinned in are *in doubt* (`doubt.ts`): who has no pin is looked for |
 *
 * All else goes on: pins that are reported are promoted, connections are learned, servers come, operations are taken
 * and their buckets wait. A switch that returns is read and written first, with its buckets waiting like all others;
 * `switches-complete` lets them go on. The same event comes when an operator says of the one that is away that it does
 * not forward any more.
 */
import { enterShifting, nameOf, writeAssignment } from './buckets.ts';
import type { Bucket, Output, ShiftState } from './state.ts';

/** A bucket that is to be in shift: where it is going is known, and the switches are not told yet, or no longer. */
export function startWaiting(state: ShiftState, bucket: Bucket, out: Output): void {
  bucket.phase = 'waiting';
  bucket.learn = false;
  bucket.token++;
  state.waiting.delete(bucket);
  writeAssignment(bucket, out);
}

/** Flips (again) what has waited. */
export function onSwitchesComplete(state: ShiftState, out: Output): void {
  state.awaiting = false;
  for (const buckets of state.vips.values()) {
    for (const bucket of buckets) {
      if (bucket.phase !== 'waiting') continue;
      bucket.unsettled = true;
      out.effects.push({ kind: 'watch', name: nameOf(bucket) });
      enterShifting(state, bucket, out);
    }
  }
}
