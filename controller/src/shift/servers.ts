/**
 * A server on its way out (rule R9). It is drained, safe to power off, when nothing names it any more: no bucket has it
 * as base or current server, no exact pin (closing ones included) and no register slot holds a connection to it, and
 * whatever was under way to it has arrived. Each of these is looked at in turn; a slot that turns up late sends it
 * back.
 *
 * At its deadline, if it has one, the connections it still has are made known by learning, its buckets are committed,
 * and then the pins that name it are listed and deleted: ended on purpose, and nobody else's with them.
 */
import { forceCommit, startLearning } from './buckets.ts';
import { deletePin } from './pins.ts';
import { type Output, type ServerView, type ShiftState, viewOf } from './state.ts';
import { positionAfterRound } from './sweep.ts';
import type { ServerId } from './types.ts';

/** From now on its end is watched for. Its buckets must be pointed elsewhere by a retarget. */
export function onServerLeaves(state: ShiftState, id: ServerId): void {
  const view = viewOf(state, id);
  if (view.stage !== 'serving') return;
  view.stage = 'leaving';
  view.token++;
  state.leaving.add(view);
}

/** It stays in service after all. */
export function onServerStays(state: ShiftState, id: ServerId): void {
  const view = viewOf(state, id);
  view.stage = 'serving';
  view.ending = false;
  view.token++;
  view.sweepUntil = undefined;
  state.leaving.delete(view);
}

/** Whoever is left now will be listed and ended. */
export function onDeadline(state: ShiftState, id: ServerId, out: Output): void {
  const view = viewOf(state, id);
  if (view.stage === 'serving' || view.stage === 'drained' || view.ending) return;
  view.ending = true;
  for (const bucket of basesOf(state, id)) startLearning(state, bucket, out);
  const delayMs = 2 * (state.settings.idleMs + state.settings.inFlightMs);
  out.effects.push({ kind: 'timer', delayMs, event: { kind: 'force-due', server: id } });
}

/** The deadline is long over and something still keeps the buckets from committing. */
export function onForceDue(state: ShiftState, id: ServerId, out: Output): void {
  const view = viewOf(state, id);
  if (!view.ending || view.ended || state.awaiting) return;
  for (const bucket of basesOf(state, id)) forceCommit(state, bucket, out);
}

/** Looks at every leaving server once a step: has it come further? */
export function advanceLeaving(state: ShiftState, out: Output): void {
  // A switch that is away may be sending it connections.
  if (state.awaiting) return;
  for (const view of [...state.leaving]) {
    const named = view.bases > 0 || view.currents > 0;
    if (!named && view.ending && !view.ended) end(state, view, out);
    // Where the server itself can be asked, it must hold no connection in any state.
    const empty = !view.agent || view.ended || view.live === 0;
    // While connections are looked for, it may have one that nobody knows of.
    const clear = !named && view.pins.size === 0 && empty && state.doubts.size === 0;
    if (view.stage === 'leaving' && clear) {
      view.stage = 'sweeping';
      view.token++;
      view.tentativeSeen = false;
      // Without pinning there is nothing in the registers.
      if (state.settings.pins) view.sweepUntil = positionAfterRound(state);
      else enterInFlight(state, view, out);
    } else if ((view.stage === 'sweeping' || view.stage === 'in-flight') && !clear) {
      view.stage = 'leaving';
      view.token++;
      view.sweepUntil = undefined;
    }
  }
}

/** The sweep has come round since nothing else named the server. */
export function onServerSwept(state: ShiftState, view: ServerView, out: Output): void {
  view.sweepUntil = undefined;
  if (view.stage !== 'sweeping') return;
  if (view.tentativeSeen) {
    view.tentativeSeen = false;
    const event = { kind: 'server-tentative-over', server: view.id, token: view.token } as const;
    out.effects.push({ kind: 'timer', delayMs: state.settings.tentativeMs, event });
  } else {
    enterInFlight(state, view, out);
  }
}

/** Tentative slots that named it have expired, or were confirmed and reported. */
export function onServerTentativeOver(state: ShiftState, id: ServerId, token: number): void {
  const view = viewOf(state, id);
  if (view.token === token && view.stage === 'sweeping') view.sweepUntil = positionAfterRound(state);
}

/** Whatever was under way to it has arrived. */
export function onInFlightOver(state: ShiftState, id: ServerId, token: number, out: Output): void {
  const view = viewOf(state, id);
  if (view.token !== token || view.stage !== 'in-flight') return;
  view.stage = 'drained';
  state.leaving.delete(view);
  out.notices.push({ kind: 'drained', server: id });
}

function enterInFlight(state: ShiftState, view: ServerView, out: Output): void {
  view.stage = 'in-flight';
  view.token++;
  const event = { kind: 'in-flight-over', server: view.id, token: view.token } as const;
  out.effects.push({ kind: 'timer', delayMs: state.settings.inFlightMs, event });
}

function end(state: ShiftState, view: ServerView, out: Output): void {
  view.ended = true;
  out.effects.push({ kind: 'ignore-pins-of', server: view.id });
  const keys = [...view.pins];
  for (const key of keys) deletePin(state, state.pins.get(key)!, out);
  if (keys.length > 0) out.notices.push({ kind: 'ended', server: view.id, keys });
}

function* basesOf(state: ShiftState, id: ServerId) {
  for (const buckets of state.vips.values()) {
    for (const bucket of buckets) if (bucket.base === id && bucket.current !== id) yield bucket;
  }
}
