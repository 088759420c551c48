/**
 * What the engine does to a switch outside its turns, at times of its own: sweep orders after the switch's rest, and
 * the word that we are there while connections are looked for or refused. All of it ends with the session: a desk is
 * for one.
 */
import type { Clock } from '../clock.ts';
import { ALIVE_INTERVAL_MS } from '../shift/doubt.ts';
import type { ShiftState } from '../shift/state.ts';
import type { Effect, ShiftEvent } from '../shift/types.ts';
import type { PacketOrder, SwitchSession } from '../switch-port/port.ts';
import type { Shadow } from '../switch-port/shadow.ts';
import type { Log } from './log.ts';

/** How long the answer to a session's first order may take before digests are asked for one by one. */
const BARRIER_PATIENCE_MS = 250;
/** How long it may take before people are told. */
const SILENCE_MS = 10_000;

/** A session and what it belongs to. */
export interface SwitchDesk {
  readonly session: SwitchSession;
  readonly clock: Clock;
  readonly log: Log;
  readonly shadow: Shadow;
  /** The protocol's state; undefined once the session is over. */
  shift(): ShiftState | undefined;
  /** Gives an order in the next turn. */
  order(order: PacketOrder): void;
  enqueue(events: readonly ShiftEvent[]): void;
}

/** Gives a sweep order when the switch has had its rest. */
export function orderSweep(
  desk: SwitchDesk,
  { first, count, tag }: Extract<Effect, { kind: 'sweep' }>,
  pauseMs: number,
): void {
  const give = (): void => {
    if (desk.shift() !== undefined) desk.order({ kind: 'sweep', first, count, tag });
  };
  if (count > 0) {
    desk.clock.after(pauseMs, give);
    return;
  }
  give();
  desk.clock.after(BARRIER_PATIENCE_MS, () => hurryDigests(desk, tag));
}

/** The session's first order has no answer: the switch may be waiting for more to report along with it. */
function hurryDigests({ session, log, shift, enqueue }: SwitchDesk, tag: number): void {
  if (shift()?.sweep.trusted !== false) return;
  const again = () => enqueue([{ kind: 'sweep-late', tag }]);
  session.sendDigestsAtOnce().then(again, (error: unknown) => {
    log.write('warning', `digests cannot be hurried: ${error instanceof Error ? error.message : error}`);
  });
}

/** What goes on for as long as the session does. */
export function attend(desk: SwitchDesk): void {
  sayAlive(desk);
  desk.clock.after(SILENCE_MS, () => tellSilence(desk));
}

/** Nothing that the switch reports is believed before it has answered an order, and without answers nothing settles. */
function tellSilence({ log, shift }: SwitchDesk): void {
  const state = shift();
  if (state === undefined || state.sweep.trusted || !state.settings.pins) return;
  const what = `the switch has not answered orders about its registers for ${SILENCE_MS / 1000} s`;
  log.write('warning', `${what}: until it does pins stay there and no server is reported as drained. ${WHY_SILENT}`);
}

const WHY_SILENT = 'Does its P4Runtime server send digests, and was its program compiled without MOORING_NO_SWEEPS?';

/** Tells the switch again and again that we are there, whenever it does something only because we are. */
function sayAlive(desk: SwitchDesk): void {
  const state = desk.shift();
  if (state === undefined) return;
  if (state.doubts.size > 0 || desk.shadow.size('refusals') > 0) desk.session.order([{ kind: 'alive' }]);
  desk.clock.after(ALIVE_INTERVAL_MS, () => sayAlive(desk));
}
