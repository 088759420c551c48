/**
 * A server that has died. Its connections are lost, whatever is done, so nothing is waited for: its buckets go to live
 * servers at once, without a shift, and the switch ignores every pin and slot that names it. Nobody else's connections
 * are touched:
 *
 * * a bucket whose base and current server it was gets another one for both; connections of it that live elsewhere have
 *   pins;
 * * a bucket that was being moved away from it commits: what is pinned lives on its new server, and what is not was the
 *   dead one's;
 * * a bucket that was being moved to it is pointed elsewhere, as an operator would; what is not pinned lives on its
 *   base;
 * * a bucket on its way to a coming mapping whose base it was gets another base, on which nobody lives yet, and goes
 *   on.
 *
 * What still names the dead server in the registers is swept out in the same way as for one that leaves. Until then its
 * id stays reserved, and a server that comes back at its address gets a new one (rule R9): a slot that names the old id
 * and is found alive again would capture a client's next connection from that port.
 */
import {
  commit,
  enterShifting,
  nameOf,
  retargetBucket,
  startSettling,
  withBucket,
  writeAssignment,
} from './buckets.ts';
import { deletePin, dropRedundantPins } from './pins.ts';
import { type Bucket, type Output, type ShiftState, setBase, setCurrent, viewOf } from './state.ts';
import { type BucketMove, BY_COMING_MAPPING, type ServerId } from './types.ts';

/** See the file's comment. @param moves where its buckets go; those it names that are in no need are left alone */
export function onServerDied(state: ShiftState, id: ServerId, moves: readonly BucketMove[], out: Output): void {
  const view = viewOf(state, id);
  if (view.stage === 'drained') return;
  view.stage = 'leaving';
  view.ending = true;
  view.ended = true;
  view.agent = false;
  view.token++;
  view.sweepUntil = undefined;
  state.leaving.add(view);
  out.effects.push({ kind: 'ignore-pins-of', server: id });
  for (const { to, ...name } of moves) withBucket(state, name, (bucket) => moveFromDead(state, bucket, id, to, out));
  for (const buckets of state.vips.values()) {
    for (const bucket of buckets) {
      if (bucket.base === id && bucket.current !== id) commit(state, bucket, out);
    }
  }
  const keys = [...view.pins];
  for (const key of keys) deletePin(state, state.pins.get(key)!, out);
  out.notices.push({ kind: 'died', server: id, keys });
}

function moveFromDead(state: ShiftState, bucket: Bucket, dead: ServerId, to: ServerId, out: Output): void {
  if (bucket.current === BY_COMING_MAPPING && bucket.base === dead) {
    setBase(state, bucket, to);
    if (bucket.phase === 'preparing' || bucket.phase === 'waiting') writeAssignment(bucket, out);
    else enterShifting(state, bucket, out);
    return;
  }
  if (bucket.current !== dead) return;
  if (bucket.base !== dead) {
    retargetBucket(state, bucket, to, out);
    return;
  }
  setBase(state, bucket, to);
  setCurrent(state, bucket, to);
  out.notices.push({ kind: 'committed', name: nameOf(bucket) });
  if (bucket.phase === 'steady') {
    writeAssignment(bucket, out);
    dropRedundantPins(state, bucket, out);
    out.notices.push({ kind: 'settled', name: nameOf(bucket) });
  } else {
    startSettling(state, bucket, out);
  }
}
