/**
 * One step of the bucket protocol: what has happened goes in, what is to be done comes out. Events that arrive together
 * may be stepped together; `finishStep` is due once after them and does what looks at the state as a whole. Nothing
 * here or below asks for the time, waits, or fails.
 */
import { onSwitchesComplete } from './absence.ts';
import {
  onHold,
  onLearnDue,
  onSealDue,
  onTentativeOver,
  onWatchIdle,
  onWatchRead,
  retargetBucket,
  withBucket,
} from './buckets.ts';
import { onServerDied } from './death.ts';
import { onDoubtOver, onReset, onUnknownPacket } from './doubt.ts';
import { onPreparedDue } from './one-way.ts';
import { onClosingDue, onConfirmed, onLearned, onPinIdle, onPinRead, onPinRefused, onReleased } from './pins.ts';
import { onComingServers } from './remap.ts';
import { onAgent, onServerReport } from './reports.ts';
import {
  advanceLeaving,
  onDeadline,
  onForceDue,
  onInFlightOver,
  onServerLeaves,
  onServerStays,
  onServerTentativeOver,
} from './servers.ts';
import { bucketOf, type Output, type ShiftState } from './state.ts';
import { onSweepLate, onSweepPace, onSwept, turnSweep } from './sweep.ts';
import type { PinEvent, ShiftEvent } from './types.ts';

/** Handles one event. */
export function step(state: ShiftState, event: ShiftEvent, out: Output): void {
  switch (event.kind) {
    case 'retarget':
      for (const [bucket, to] of event.moves) {
        withBucket(state, { vip: event.vip, bucket }, (found) => retargetBucket(state, found, to, out));
      }
      break;
    case 'server-leaves':
      onServerLeaves(state, event.server);
      break;
    case 'server-stays':
      onServerStays(state, event.server);
      break;
    case 'deadline':
      onDeadline(state, event.server, out);
      break;
    case 'server-died':
      onServerDied(state, event.server, event.moves, out);
      break;
    case 'coming-servers':
      onComingServers(state, event, out);
      break;
    case 'hold':
      for (const bucket of event.buckets) {
        withBucket(state, { vip: event.vip, bucket }, (found) => onHold(state, found, event.held, out));
      }
      break;
    case 'agent':
      onAgent(state, event.server, event.reachable, out);
      break;
    case 'server-report':
      onServerReport(state, event, out);
      break;
    case 'pin-event':
      onPinEvent(state, event.event, out);
      break;
    case 'unknown-packet':
      onUnknownPacket(state, event, out);
      break;
    case 'reset':
      onReset(state, event, out);
      break;
    case 'doubt-over':
      onDoubtOver(state, event.vip, event.token, out);
      break;
    case 'watch-idle':
      withBucket(state, event.name, (bucket) => onWatchIdle(state, bucket, out));
      break;
    case 'pin-idle':
      onPinIdle(state, event.key, out);
      break;
    case 'watch-read':
      withBucket(state, event.name, (bucket) => onWatchRead(state, bucket, event.token, event.elapsedMs, out));
      break;
    case 'pin-read':
      onPinRead(state, event.key, event.elapsedMs, out);
      break;
    case 'sweep-pace':
      onSweepPace(state, event.chunk);
      break;
    case 'switches-complete':
      onSwitchesComplete(state, out);
      break;
    case 'pin-refused':
      onPinRefused(state, event.key, out);
      break;
    case 'prepared-due':
      withBucket(state, event.name, (bucket) => onPreparedDue(state, bucket, event.token, out));
      break;
    case 'learn-due':
      withBucket(state, event.name, (bucket) => onLearnDue(state, bucket, event.token, out));
      break;
    case 'recheck-due':
      withBucket(state, event.name, (bucket) => {
        if (bucket.token === event.token)
          out.effects.push({ kind: 'read-watch', name: event.name, token: event.token });
      });
      break;
    case 'seal-due':
      withBucket(state, event.name, (bucket) => onSealDue(state, bucket, event.token, out));
      break;
    case 'force-due':
      onForceDue(state, event.server, out);
      break;
    case 'closing-due':
      onClosingDue(state, event.keys, out);
      break;
    case 'sweep-late':
      onSweepLate(state, event.tag, out);
      break;
    case 'tentative-over':
      withBucket(state, event.name, (bucket) => onTentativeOver(state, bucket, event.token));
      break;
    case 'server-tentative-over':
      onServerTentativeOver(state, event.server, event.token);
      break;
    case 'in-flight-over':
      onInFlightOver(state, event.server, event.token, out);
      break;
    default:
      assertNever(event);
  }
}

/** To be called once after the events of a step. */
export function finishStep(state: ShiftState, out: Output): void {
  advanceLeaving(state, out);
  turnSweep(state, out);
}

function onPinEvent(state: ShiftState, event: PinEvent, out: Output): void {
  if (event.kind === 'swept') {
    onSwept(state, event, out);
    return;
  }
  if (event.kind === 'tentative' || (event.kind === 'confirmed' && event.swept)) state.sweep.seen.add(event.slot);
  // Until the first answer of this epoch anything may be a message to an earlier one; the sweep will tell it again.
  if (!state.sweep.trusted) return;
  switch (event.kind) {
    case 'confirmed':
      onConfirmed(state, event.slot, event.generation, event.pin, out);
      break;
    case 'learned':
      onLearned(state, event.pin, out);
      break;
    case 'released':
      onReleased(state, event, out);
      break;
    case 'tentative': {
      const bucket = bucketOf(state, event.pin);
      if (bucket !== undefined) bucket.tentativeSeen = true;
      const server = state.servers.get(event.pin.server);
      if (server !== undefined) server.tentativeSeen = true;
      break;
    }
    default:
      assertNever(event);
  }
}

function assertNever(value: never): never {
  throw new Error(`unexpected ${JSON.stringify(value)}`);
}
