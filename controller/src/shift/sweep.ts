/**
 * Going over the registers, which the control plane cannot read: a sweep order has the switch report what a range of
 * slots holds. It is the only way to know that a slot is *not* there, which a bucket needs to be settled and a server
 * to be drained, and it finds what a lost report left behind (rule R3).
 *
 * The sweep is a circle, one order under way at a time, and turns only while somebody waits. Whoever begins to wait is
 * content once a whole round has passed since, from wherever the sweep then was; so all share one round. How many slots
 * an order covers is the pace that whoever carries it out has found the switch to keep up with.
 *
 * The end of an order says how many slots it has reported. If not all of them were heard of, the order is given again:
 * else a bucket could settle, or a server be drained, over a slot that nobody was told of.
 *
 * The first order after a start covers no slots: its answer proves that whatever was reported to an earlier epoch is
 * out of the channel (rule R11), and only then are reports believed. A full round follows.
 */
import { onBucketSwept } from './buckets.ts';
import { onRecoveredRound } from './pins.ts';
import { onServerSwept } from './servers.ts';
import type { Output, ShiftState } from './state.ts';
import type { PinEvent } from './types.ts';

type SweptEvent = Extract<PinEvent, { kind: 'swept' }>;

/** Where the sweep will be when it has gone over every slot once from now on. */
export function positionAfterRound(state: ShiftState): number {
  const { sweep } = state;
  return sweep.position + (sweep.pending?.count ?? 0) + state.settings.slots;
}

/** From now on an order covers so many slots. */
export function onSweepPace(state: ShiftState, chunk: number): void {
  state.sweep.chunk = Math.max(1, chunk);
}

/** Gives the next order if none is under way and somebody waits. */
export function turnSweep(state: ShiftState, out: Output): void {
  const { sweep, settings } = state;
  if (sweep.pending !== undefined || !settings.pins) return;
  if (sweep.trusted && (state.awaiting || !isWanted(state))) return;
  give(state, out);
}

/** An order has been carried out. */
export function onSwept(state: ShiftState, { tag, reports }: SweptEvent, out: Output): void {
  const { sweep } = state;
  if (sweep.pending?.tag !== tag) return;
  if (sweep.seen.size < reports) {
    // Some have been lost on their way: the slots they spoke of count as not seen.
    give(state, out);
    return;
  }
  const { barrier, count } = sweep.pending;
  sweep.pending = undefined;
  if (barrier) {
    sweep.trusted = true;
    sweep.recoveredUntil = positionAfterRound(state);
    return;
  }
  sweep.position += count;
  if (sweep.recoveredUntil !== undefined && sweep.position >= sweep.recoveredUntil) {
    sweep.recoveredUntil = undefined;
    onRecoveredRound(state, out);
  }
  for (const bucket of [...state.waiting]) {
    if (bucket.sweepUntil !== undefined && sweep.position >= bucket.sweepUntil) onBucketSwept(state, bucket, out);
  }
  for (const server of [...state.leaving]) {
    if (server.sweepUntil !== undefined && sweep.position >= server.sweepUntil) onServerSwept(state, server, out);
  }
}

/** An order has not been answered: it was lost, or its answer was. */
export function onSweepLate(state: ShiftState, tag: number, out: Output): void {
  if (state.sweep.pending?.tag !== tag) return;
  state.sweep.pending = undefined;
  give(state, out);
}

function give(state: ShiftState, out: Output): void {
  const { sweep, settings } = state;
  const tag = sweep.nextTag;
  sweep.nextTag = (tag + 1) & 0xffff;
  const barrier = !sweep.trusted;
  const first = barrier ? 0 : sweep.position % settings.slots;
  const count = barrier ? 0 : Math.min(sweep.chunk, settings.slots - first);
  sweep.pending = { tag, barrier, count };
  sweep.seen.clear();
  out.effects.push({ kind: 'sweep', first, count, tag });
  out.effects.push({ kind: 'timer', delayMs: settings.sweepLateMs, event: { kind: 'sweep-late', tag } });
}

function isWanted(state: ShiftState): boolean {
  if (state.sweep.recoveredUntil !== undefined) return true;
  for (const bucket of state.waiting) if (bucket.sweepUntil !== undefined) return true;
  for (const server of state.leaving) if (server.sweepUntil !== undefined) return true;
  return false;
}
