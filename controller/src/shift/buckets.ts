/**
 * The bucket protocol: flip, drain, learn, seal, check, commit, abort, settle (rules R5 and R7).
 *
 *     steady --flip--> shifting --learn--> learning
 *                         |  ^                |  ^
 *                       idle unseal         idle unseal
 *                         v  |                v  |
 *                        sealed --check passed--> settling --swept clean--> steady
 *     shifting, learning, sealed --abort--> settling;   settling --flip--> shifting
 *
 * While base and current differ, new connections are pinned to the current server by the switch and all that have no
 * pin belong to the base. The bucket's watch entry is hit by exactly the packets of the latter, so its idle
 * notification says that they are gone. Between that notification and the commit a SYN that found no room for its pin
 * may have gone to the base: therefore the bucket is sealed (such SYNs are dropped and resent), and only when the watch
 * proves to have stayed idle all along does the base change. The idle time is at least as long as a handshake, so that
 * a half-open connection counts as well.
 *
 * A bucket whose connections' beginnings cannot be watched has a phase before the flip, `preparing`: see `one-way.ts`.
 * One that cannot be flipped, or not stay so, because a switch is away is `waiting`: see `absence.ts`.
 *
 * Buckets know nothing of each other; an operation is a set of them. A bucket in shift may be pointed at yet another
 * server at any time: what is pinned stays where it is, what is not belongs to the base, whatever the current server
 * is.
 */
import { startWaiting } from './absence.ts';
import { startPreparing } from './one-way.ts';
import { dropRedundantPins, resendReleases } from './pins.ts';
import { makeReady } from './remap.ts';
import { askAgent } from './reports.ts';
import { type Bucket, bucketOf, type Output, type ShiftState, setBase, setCurrent, viewOf } from './state.ts';
import { positionAfterRound } from './sweep.ts';
import { type Assignment, type BucketName, BY_COMING_MAPPING, type ServerId } from './types.ts';

/** Points a bucket's new connections at `to`: a flip, another flip, or an abort where `to` is the base. */
export function retargetBucket(state: ShiftState, bucket: Bucket, to: ServerId, out: Output): void {
  const from = bucket.current;
  if (to === from) return;
  if (!state.settings.pins) {
    setBase(state, bucket, to);
    setCurrent(state, bucket, to);
    writeAssignment(bucket, out);
    out.notices.push({ kind: 'flipped', name: nameOf(bucket), from, to });
    out.notices.push({ kind: 'committed', name: nameOf(bucket) }, { kind: 'settled', name: nameOf(bucket) });
    return;
  }
  if (from !== bucket.base && from !== BY_COMING_MAPPING)
    bucket.former = [from, ...bucket.former.filter((server) => server !== from)];
  if (to === bucket.base) {
    setCurrent(state, bucket, to);
    out.notices.push({ kind: 'aborted', name: nameOf(bucket) });
    startSettling(state, bucket, out);
    return;
  }
  const inShift = bucket.base !== bucket.current;
  setCurrent(state, bucket, to);
  if (state.awaiting && !bucket.oneWay) {
    out.notices.push({ kind: 'flipped', name: nameOf(bucket), from, to });
    startWaiting(state, bucket, out);
    return;
  }
  bucket.unsettled = true;
  bucket.sweepUntil = undefined;
  bucket.tentativeSeen = false;
  state.waiting.delete(bucket);
  out.notices.push({ kind: 'flipped', name: nameOf(bucket), from, to });
  if (bucket.phase === 'sealed') {
    // Its watch is idle and may say so only once: stay sealed, and look again after the in-flight time.
    enterSealed(state, bucket, out);
    return;
  }
  if (bucket.phase === 'preparing') {
    writeAssignment(bucket, out);
    return;
  }
  if (!inShift && bucket.oneWay) {
    startPreparing(state, bucket, out);
    return;
  }
  if (!inShift) {
    bucket.learn = false;
    out.effects.push({ kind: 'watch', name: nameOf(bucket) });
  }
  enterShifting(state, bucket, out);
}

/** The watch was not hit for the idle time: seal, and look whether that stays so. */
export function onWatchIdle(state: ShiftState, bucket: Bucket, out: Output): void {
  if (state.awaiting || bucket.held || (bucket.phase !== 'shifting' && bucket.phase !== 'learning')) return;
  // Silent is not ended: where the server itself can be asked, its word counts.
  if (viewOf(state, bucket.base).agent) askAgent(state, bucket.base, out);
  else enterSealed(state, bucket, out);
}

/** The in-flight time of a sealed bucket is over. */
export function onSealDue(state: ShiftState, bucket: Bucket, token: number, out: Output): void {
  if (bucket.token !== token || bucket.phase !== 'sealed') return;
  if (viewOf(state, bucket.base).agent) bucket.asked = askAgent(state, bucket.base, out);
  else out.effects.push({ kind: 'read-watch', name: nameOf(bucket), token });
}

/**
 * A pause begins or ends. A held bucket goes on pinning new connections; it neither learns nor commits. One that has
 * committed is not held.
 */
export function onHold(state: ShiftState, bucket: Bucket, held: boolean, out: Output): void {
  if (bucket.held === held || bucket.base === bucket.current) return;
  bucket.held = held;
  if (bucket.phase === 'waiting' || !state.settings.pins) return;
  if (bucket.phase === 'preparing') {
    startPreparing(state, bucket, out);
    return;
  }
  if (bucket.phase === 'sealed') out.notices.push({ kind: 'unsealed', name: nameOf(bucket) });
  bucket.learn = false;
  enterShifting(state, bucket, out);
  // Its watch may have fallen idle meanwhile, and says so only once.
  if (!held) out.effects.push({ kind: 'read-watch', name: nameOf(bucket), token: bucket.token });
}

/** Opens a sealed bucket again: something stirred. */
export function unseal(state: ShiftState, bucket: Bucket, out: Output): void {
  out.notices.push({ kind: 'unsealed', name: nameOf(bucket) });
  enterShifting(state, bucket, out);
}

/** How long ago the watch was hit, asked for by a sealed bucket or by one that has not heard for long. */
export function onWatchRead(
  state: ShiftState,
  bucket: Bucket,
  token: number,
  elapsedMs: number | undefined,
  out: Output,
): void {
  if (bucket.token !== token) return;
  const idle = elapsedMs !== undefined && elapsedMs >= state.settings.idleMs;
  if (bucket.phase === 'sealed') {
    if (idle) {
      commit(state, bucket, out);
      return;
    }
    if (elapsedMs === undefined) out.effects.push({ kind: 'watch', name: nameOf(bucket) });
    unseal(state, bucket, out);
  } else if (bucket.phase === 'shifting' || bucket.phase === 'learning') {
    if (idle && !viewOf(state, bucket.base).agent) onWatchIdle(state, bucket, out);
    else armRecheck(state, bucket, out);
  }
}

/** Time to pin what is left unpinned, if its server stays in service or has come to its deadline. */
export function onLearnDue(state: ShiftState, bucket: Bucket, token: number, out: Output): void {
  if (bucket.token === token) startLearning(state, bucket, out);
}

/** Has the bucket's unpinned connections reported, unless their server leaves and has time left. */
export function startLearning(state: ShiftState, bucket: Bucket, out: Output): void {
  if (bucket.phase !== 'shifting' || bucket.held || !mayLearn(state, bucket)) return;
  bucket.learn = true;
  enterShifting(state, bucket, out);
  // The server's own list needs no packet of theirs.
  if (viewOf(state, bucket.base).agent) askAgent(state, bucket.base, out);
}

/** No longer waits for unpinned connections of a base whose deadline has passed. */
export function forceCommit(state: ShiftState, bucket: Bucket, out: Output): void {
  if (bucket.base !== bucket.current) commit(state, bucket, out);
}

/** The sweep has come round since the bucket began to settle. */
export function onBucketSwept(state: ShiftState, bucket: Bucket, out: Output): void {
  if (bucket.tentativeSeen) {
    // Its handshake may still complete; if not, the slot expires and the next round frees it.
    bucket.tentativeSeen = false;
    bucket.sweepUntil = undefined;
    out.effects.push({
      kind: 'timer',
      delayMs: state.settings.tentativeMs,
      event: { kind: 'tentative-over', name: nameOf(bucket), token: bucket.token },
    });
  } else if (bucket.unreleased.size > 0) {
    resendReleases(state, bucket, out);
    bucket.sweepUntil = positionAfterRound(state);
  } else {
    bucket.phase = 'steady';
    bucket.unsettled = false;
    bucket.former = [];
    bucket.token++;
    bucket.sweepUntil = undefined;
    state.waiting.delete(bucket);
    writeAssignment(bucket, out);
    dropRedundantPins(state, bucket, out);
    out.notices.push({ kind: 'settled', name: nameOf(bucket) });
  }
}

/** The tentative slots that a sweep met have expired by now, or were confirmed and reported. */
export function onTentativeOver(state: ShiftState, bucket: Bucket, token: number): void {
  if (bucket.token === token && bucket.phase === 'settling') bucket.sweepUntil = positionAfterRound(state);
}

/** From an aborted, committed or recovered bucket to a clear one. */
export function startSettling(state: ShiftState, bucket: Bucket, out: Output): void {
  bucket.phase = 'settling';
  bucket.ready = false;
  bucket.learn = false;
  bucket.held = false;
  bucket.unsettled = true;
  bucket.token++;
  bucket.tentativeSeen = false;
  bucket.sweepUntil = positionAfterRound(state);
  state.waiting.add(bucket);
  writeAssignment(bucket, out);
  out.effects.push({ kind: 'unwatch', name: nameOf(bucket) });
  dropRedundantPins(state, bucket, out);
}

/** (Re-)enters the phase in which the bucket waits for its unpinned connections to end. */
export function enterShifting(state: ShiftState, bucket: Bucket, out: Output): void {
  bucket.phase = bucket.learn ? 'learning' : 'shifting';
  bucket.ready = false;
  bucket.token++;
  writeAssignment(bucket, out);
  if (!bucket.learn && !bucket.held && mayLearn(state, bucket)) armLearning(state, bucket, out);
  armRecheck(state, bucket, out);
}

/** Starts the time after which a server that stays has its last connections pinned. */
export function armLearning(state: ShiftState, bucket: Bucket, out: Output): void {
  const event = { kind: 'learn-due', name: nameOf(bucket), token: bucket.token } as const;
  out.effects.push({ kind: 'timer', delayMs: state.settings.learnAfterMs, event });
}

/** The bucket's name, as effects and notices carry it. */
export function nameOf(bucket: Bucket): BucketName {
  return { vip: bucket.vip, bucket: bucket.bucket };
}

/** Finds the bucket an event speaks of and hands it over. */
export function withBucket(state: ShiftState, name: BucketName, act: (bucket: Bucket) => void): void {
  const bucket = bucketOf(state, name);
  if (bucket !== undefined) act(bucket);
}

/** Nobody unpinned is left on the base. */
export function commit(state: ShiftState, bucket: Bucket, out: Output): void {
  if (bucket.current === BY_COMING_MAPPING) {
    makeReady(state, bucket, out);
    return;
  }
  setBase(state, bucket, bucket.current);
  bucket.held = false;
  out.notices.push({ kind: 'committed', name: nameOf(bucket) });
  startSettling(state, bucket, out);
}

/**
 * A SYN that finds no room for its pin is dropped from now on; after the in-flight time the base is asked once more.
 */
export function enterSealed(state: ShiftState, bucket: Bucket, out: Output): void {
  bucket.phase = 'sealed';
  bucket.ready = false;
  bucket.asked = undefined;
  bucket.token++;
  writeAssignment(bucket, out);
  const event = { kind: 'seal-due', name: nameOf(bucket), token: bucket.token } as const;
  out.effects.push({ kind: 'timer', delayMs: state.settings.inFlightMs, event });
}

/** Idle notifications may be lost with the stream; whoever has waited twice the idle time asks. */
function armRecheck(state: ShiftState, bucket: Bucket, out: Output): void {
  const event = { kind: 'recheck-due', name: nameOf(bucket), token: bucket.token } as const;
  out.effects.push({ kind: 'timer', delayMs: 2 * state.settings.idleMs, event });
}

function mayLearn(state: ShiftState, bucket: Bucket): boolean {
  const base = viewOf(state, bucket.base);
  return base.stage === 'serving' || base.ending;
}

/** Has the switch's entry say what the bucket is. */
export function writeAssignment(bucket: Bucket, out: Output): void {
  out.effects.push({ kind: 'assign', name: nameOf(bucket), assignment: assignmentOf(bucket) });
}

/** What the switch's entry is to say. */
export function assignmentOf(bucket: Bucket): Assignment {
  const { base, current, learn, unsettled, inDoubt: doubt } = bucket;
  const preparing = bucket.phase === 'preparing' || bucket.phase === 'waiting';
  const seal = bucket.phase === 'sealed' || (bucket.phase === 'preparing' && bucket.sealedToFlip);
  return { base, current, preparing, learn, seal, unsettled, doubt };
}
