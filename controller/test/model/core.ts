/**
 * The controller's protocol state in the search: copied, brought into a normal form, and kept once. A state is a number
 * there, so that worlds with the same one share it, are compared by it, and a step from it is taken once however many
 * worlds take it.
 *
 * The normal form leaves out what only tells copies apart: tokens count from the present, positions of the sweep from
 * where it is, and its orders have one tag. What is under way with an older token is told to whoever holds it by
 * `Renamed`.
 */
import type { Bucket, Pin, ServerView, ShiftState } from '../../src/shift/state.ts';
import type { Scope } from './scope.ts';

/** A protocol state that has been kept. */
export interface Core {
  readonly id: number;
  /** Not to be changed: `cloneState` first. */
  readonly state: ShiftState;
}

/** How tokens of a state were called before it was brought into its normal form. */
export interface Renamed {
  readonly bucket: number;
  readonly servers: ReadonlyMap<number, number>;
  readonly tag: number | undefined;
  /** Questions that somebody still waits for, and their new names. */
  readonly questions: ReadonlyMap<number, number>;
  readonly doubt: number | undefined;
}

const kept = new Map<string, Core>();

/** Forgets all states: a search of another scope begins. */
export function forgetCores(): void {
  kept.clear();
}

/** A deep copy. */
export function cloneState(state: ShiftState): ShiftState {
  const buckets = new Map<Bucket, Bucket>();
  const views = new Map<ServerView, ServerView>();
  const copyBucket = (bucket: Bucket): Bucket => {
    const copy = { ...bucket, pins: new Set(bucket.pins), unreleased: new Set(bucket.unreleased) };
    buckets.set(bucket, copy);
    return copy;
  };
  const copyView = (view: ServerView): ServerView => {
    const copy = { ...view, pins: new Set(view.pins) };
    views.set(view, copy);
    return copy;
  };
  const vips = new Map([...state.vips].map(([vip, list]) => [vip, list.map(copyBucket)]));
  const servers = new Map([...state.servers].map(([id, view]) => [id, copyView(view)]));
  return {
    settings: state.settings,
    vips,
    servers,
    pins: new Map([...state.pins].map(([key, pin]) => [key, { ...pin }])),
    slots: new Map([...state.slots].map(([slot, record]) => [slot, { ...record }])),
    slotted: new Set(state.slotted),
    sweep: { ...state.sweep, seen: new Set(state.sweep.seen) },
    waiting: new Set([...state.waiting].map((bucket) => buckets.get(bucket)!)),
    leaving: new Set([...state.leaving].map((view) => views.get(view)!)),
    doubts: new Map(
      [...state.doubts].map(([vip, doubt]) => [
        vip,
        { ...doubt, tried: new Map(doubt.tried), frames: new Map(doubt.frames) },
      ]),
    ),
    comings: new Map([...state.comings].map(([vip, coming]) => [vip, { ...coming, servers: [...coming.servers] }])),
    lastQuestion: state.lastQuestion,
    awaiting: state.awaiting,
  };
}

/**
 * Leaves out what nothing reads before it is written anew, or ever, in place. Two states that differ in nothing else do
 * the same for all time, so this makes one of them without anything being lost:
 *
 * * whether a sweep met a tentative slot of a bucket, or one of a server: read when a bucket settles and a server is
 *   swept for, and said to be untrue when they begin to;
 * * whether a connection without pin was reported: read while a bucket prepares, and said to be untrue when it begins
 *   to;
 * * which slots an order has reported: read when it ends, and emptied when the next one is given;
 * * whether a pin comes from an agent's list: only a notice depends on it, and of notices the search reads that of a
 *   drained server;
 * * who was current before: read where lost pins are looked for, and pins are lost with a switch that starts anew.
 */
export function dropDead(state: ShiftState, scope: Scope): void {
  const { sweep } = state;
  const bucket = state.vips.get(1)![0]!;
  if (bucket.phase !== 'settling') bucket.tentativeSeen = false;
  if (bucket.phase !== 'preparing') bucket.unpinnedSeen = false;
  if (scope.restarts === 0) bucket.former = [];
  if (sweep.pending === undefined) sweep.seen.clear();
  for (const view of state.servers.values()) if (view.stage !== 'sweeping') view.tentativeSeen = false;
  for (const pin of state.pins.values()) pin.listed = false;
}

/** Brings a state into its normal form, in place. */
export function normalise(state: ShiftState): Renamed {
  const { sweep } = state;
  const bucket = state.vips.get(1)![0]!;
  const from = sweep.position;
  const since = (until: number | undefined): number | undefined => (until === undefined ? undefined : until - from);
  sweep.position = 0;
  sweep.recoveredUntil = since(sweep.recoveredUntil);
  bucket.sweepUntil = since(bucket.sweepUntil);
  const tag = sweep.pending?.tag;
  if (sweep.pending !== undefined) sweep.pending = { ...sweep.pending, tag: 0 };
  sweep.nextTag = 1;
  const token = bucket.token;
  bucket.token = 0;
  if (bucket.phase !== 'sealed') bucket.asked = undefined;
  const asked = new Set<number>();
  if (bucket.asked !== undefined) asked.add(bucket.asked);
  for (const pin of state.pins.values()) {
    if (!pin.closing) pin.asked = undefined;
    if (pin.asked !== undefined) asked.add(pin.asked);
  }
  const questions = new Map([...asked].sort((a, b) => a - b).map((question, index) => [question, index + 1]));
  if (bucket.asked !== undefined) bucket.asked = questions.get(bucket.asked)!;
  for (const pin of state.pins.values()) if (pin.asked !== undefined) pin.asked = questions.get(pin.asked)!;
  state.lastQuestion = questions.size;
  const servers = new Map<number, number>();
  for (const view of state.servers.values()) {
    servers.set(view.id, view.token);
    view.token = 0;
    view.sweepUntil = since(view.sweepUntil);
  }
  const doubt = state.doubts.get(1);
  const doubtToken = doubt?.token;
  if (doubt !== undefined) state.doubts.set(1, { ...doubt, token: 0, found: 0 });
  return { bucket: token, servers, tag, questions, doubt: doubtToken };
}

/** Keeps a state that is in its normal form; equal ones are one. */
export function keep(state: ShiftState): Core {
  const text = textOf(state);
  let core = kept.get(text);
  if (core === undefined) kept.set(text, (core = { id: kept.size, state }));
  return core;
}

/** The state as text; equal for states that behave alike. */
function textOf(state: ShiftState): string {
  const { sweep } = state;
  const parts: unknown[] = [sweep.trusted, sweep.pending?.barrier, sweep.recoveredUntil, [...sweep.seen].join()];
  for (const b of state.vips.get(1)!) {
    parts.push(b.phase, b.base, b.current, b.learn, b.unsettled, b.sweepUntil, b.tentativeSeen, b.held, b.asked);
    parts.push(
      b.inDoubt,
      b.former.join(),
      b.unpinnedSeen,
      b.sealedToFlip,
      b.ready,
      state.waiting.has(b),
      [...b.unreleased].sort().join(),
    );
  }
  for (const key of [...state.pins.keys()].sort()) parts.push(pinText(state.pins.get(key)!));
  for (const slot of [...state.slots.keys()].sort()) {
    const record = state.slots.get(slot)!;
    parts.push(`${slot}:${record.generation}:${record.key}`);
  }
  for (const id of [...state.servers.keys()].sort()) {
    const view = state.servers.get(id)!;
    parts.push(id, view.stage, view.ending, view.ended, view.sweepUntil, view.tentativeSeen, view.agent, view.live);
  }
  for (const { servers } of state.comings.values()) parts.push(servers.join());
  for (const { servers, tried, frames } of state.doubts.values()) {
    parts.push(servers.join(), [...tried].map(([key, without]) => `${key}:${without.join()}`).join(';'));
    parts.push([...frames.keys()].join());
  }
  return parts.join(' ');
}

function pinText(pin: Pin): string {
  const flags = `${pin.closing ? 'c' : ''}${pin.released ? 'r' : ''}${pin.idle ? 'i' : ''}${pin.listed ? 'l' : ''}${pin.guessed ? 'g' : ''}`;
  return `${pin.key}>${pin.server}${flags}@${pin.slot ?? '-'}?${pin.asked ?? '-'}`;
}
