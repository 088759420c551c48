/**
 * Copies and canonical text of the controller's protocol state, for the search. The text leaves out what only tells copies apart
 * (tokens of stale timers, absolute positions of the sweep), so that states that behave alike are one state.
 */
import type { Bucket, Pin, ServerView, ShiftState } from '../../src/shift/state.ts';

/** A deep copy. */
export function cloneCore(state: ShiftState): ShiftState {
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
    doubts: new Map(),
    lastQuestion: state.lastQuestion,
  };
}

/** The state as text; equal for states that behave alike. @param rank numbers the generations of a slot in order */
export function encodeCore(state: ShiftState, rank: (slot: number, generation: number) => number): string {
  const { sweep } = state;
  const ahead = (until: number | undefined): number | string => (until === undefined ? '-' : until - sweep.position);
  const parts: unknown[] = [sweep.trusted, sweep.pending?.barrier, ahead(sweep.recoveredUntil), [...sweep.seen].join()];
  for (const list of state.vips.values()) {
    for (const b of list) {
      parts.push(b.phase, b.base, b.current, b.learn, b.unsettled, ahead(b.sweepUntil), b.tentativeSeen, b.held);
      parts.push(state.waiting.has(b), [...b.unreleased].sort().join());
    }
  }
  for (const key of [...state.pins.keys()].sort()) parts.push(pinText(state.pins.get(key)!));
  for (const slot of [...state.slots.keys()].sort()) {
    const record = state.slots.get(slot)!;
    parts.push(`${slot}:${rank(slot, record.generation)}:${record.key}`);
  }
  for (const id of [...state.servers.keys()].sort()) {
    const view = state.servers.get(id)!;
    if (view.stage !== 'serving') parts.push(id, view.stage, view.ended, ahead(view.sweepUntil), view.tentativeSeen);
  }
  return parts.join(' ');
}

function pinText(pin: Pin): string {
  return `${pin.key}>${pin.server}${pin.closing ? 'c' : ''}${pin.released ? 'r' : ''}${pin.idle ? 'i' : ''}@${pin.slot ?? '-'}`;
}
