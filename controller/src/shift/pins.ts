/**
 * The ledger of pins: from a register slot to an exact entry (rules R3, R4), and from an exact entry to nothing (rule
 * R6).
 *
 * A confirmed slot is promoted by installing the exact entry and then ordering the slot's release; the switch answers
 * every release. A report whose generation has been handled only has the release ordered again, for a late or doubled
 * report must not bring back a pin that has meanwhile gone.
 *
 * A pin goes at once when it says what the bucket's base says anyway, the bucket is not in shift and no slot holds it
 * any more. Any other pin goes when it has been silent for long, and then in two phases, since its client may at that
 * very moment open a new connection from the same port: it is marked closing (SYNs are dropped, all else passes), and
 * if it stays silent for as long as a handshake may take it is deleted, else unmarked.
 */
import { onGuessRefused } from './doubt.ts';
import { isNewer } from './generation.ts';
import { askAgent } from './reports.ts';
import {
  type Bucket,
  bucketOf,
  markReleased,
  type Output,
  type Pin,
  putPin,
  removePin,
  type ShiftState,
  viewOf,
} from './state.ts';
import type { ConnectionKey, PinEvent, ReportedPin, SlotName } from './types.ts';

/**
 * The wait of the second phase goes a little beyond the handshake time, so that the switch's clock may lag behind ours.
 */
const CLOSING_SLACK = 1.001;

/** A slot holds a live pin. */
export function onConfirmed(
  state: ShiftState,
  slot: SlotName,
  generation: number,
  reported: ReportedPin,
  out: Output,
): void {
  const record = state.slots.get(slot);
  if (record !== undefined && !isNewer(generation, record.generation)) {
    const repeated = record.generation === generation && record.key === reported.key;
    if (repeated) out.effects.push({ kind: 'release', slot, generation, key: reported.key });
    return;
  }
  if (record !== undefined) {
    // Whoever had the slot before is out of it, or it could not have been taken.
    const before = state.pins.get(record.key);
    if (before !== undefined && before.slot === slot && record.key !== reported.key) released(state, before, out);
  }
  state.slots.set(slot, { generation, key: reported.key });
  const server = state.servers.get(reported.server);
  const bucket = bucketOf(state, reported);
  if (server === undefined || server.ended || server.stage === 'drained' || bucket === undefined) {
    // The switch ignores pins to such a server; its slot is all that is left to free.
    if (server !== undefined) server.tentativeSeen = true;
    out.effects.push({ kind: 'release', slot, generation, key: reported.key });
    return;
  }
  const existing = state.pins.get(reported.key);
  if (existing !== undefined && existing.server !== reported.server && !existing.closing && !existing.listed) {
    // A connection with an exact pin gets no slot elsewhere: its packets have changed server.
    const { vip, bucket } = reported;
    const name = { vip, bucket };
    out.notices.push({ kind: 'astray', name, key: reported.key, from: existing.server, to: reported.server });
  }
  const unchanged = existing !== undefined && existing.server === reported.server && !existing.closing;
  putPin(state, {
    key: reported.key,
    vip: reported.vip,
    bucket: reported.bucket,
    server: reported.server,
    closing: false,
    slot,
    released: false,
    idle: false,
  });
  if (!unchanged) {
    out.effects.push({ kind: 'set-pin', key: reported.key, server: reported.server, closing: false });
  }
  out.effects.push({ kind: 'release', slot, generation, key: reported.key });
}

/** An unpinned connection of a learning bucket: it lives on the base, so hold it there. */
export function onLearned(state: ShiftState, reported: ReportedPin, out: Output): void {
  const bucket = bucketOf(state, reported);
  // Once the bucket has moved on, a report that was late says nothing about who has the port now.
  if (bucket === undefined || bucket.base !== reported.server) return;
  // After the flip: a new connection for which there was no room, and no handshake to watch.
  const isNew = bucket.oneWay && bucket.base !== bucket.current && !bucket.learn;
  if (!bucket.learn && !isNew) return;
  bucket.unpinnedSeen = true;
  if (state.pins.has(reported.key)) return;
  // Whoever has its port next may be pinned elsewhere before this one's end is known.
  putPin(state, { ...reported, closing: false, slot: undefined, released: true, idle: false, listed: isNew });
  out.effects.push({ kind: 'set-pin', key: reported.key, server: reported.server, closing: false });
}

/** The switch's answer to a release order. */
export function onReleased(state: ShiftState, event: Extract<PinEvent, { kind: 'released' }>, out: Output): void {
  const record = state.slots.get(event.slot);
  if (record === undefined || record.generation !== event.generation || record.key !== event.key) return;
  const pin = state.pins.get(event.key);
  if (pin !== undefined && pin.slot === event.slot) released(state, pin, out);
  else bucketsUnreleased(state, event.key)?.delete(event.key);
}

/** The switch had no room for the entry: the pin stays in its slot and will be reported again. */
export function onPinRefused(state: ShiftState, key: ConnectionKey, out: Output): void {
  const pin = state.pins.get(key);
  if (pin === undefined) return;
  const { slot } = pin;
  removePin(state, pin);
  if (pin.guessed) onGuessRefused(state, pin, out);
  if (slot === undefined) return;
  state.slots.delete(slot);
  bucketOf(state, pin)?.unreleased.add(key);
}

/** A pin was silent for the pin idle time. */
export function onPinIdle(state: ShiftState, key: ConnectionKey, out: Output): void {
  const pin = state.pins.get(key);
  if (pin === undefined || pin.closing) return;
  if (isRedundant(state, pin)) {
    deletePin(state, pin, out);
  } else if (!pin.released) {
    // Not before its slot is known to be free (rule R6); the answer to its release may have been lost.
    pin.idle = true;
    resendRelease(state, pin, out);
  } else {
    startClosing(state, pin, out);
  }
}

/** The second phase is over: has the pin been silent throughout? */
export function onClosingDue(state: ShiftState, keys: readonly ConnectionKey[], out: Output): void {
  for (const key of keys) {
    const pin = state.pins.get(key);
    if (!pin?.closing) continue;
    if (viewOf(state, pin.server).agent) pin.asked = askAgent(state, pin.server, out);
    else out.effects.push({ kind: 'read-pin', key });
  }
}

/** How long ago a closing pin was hit. */
export function onPinRead(state: ShiftState, key: ConnectionKey, elapsedMs: number | undefined, out: Output): void {
  const pin = state.pins.get(key);
  if (pin === undefined || !pin.closing) return;
  if (elapsedMs === undefined || elapsedMs >= state.settings.handshakeMs) {
    deletePin(state, pin, out);
    return;
  }
  reopen(pin, out);
}

/** A closing pin whose connection lives after all. */
export function reopen(pin: Pin, out: Output): void {
  pin.closing = false;
  out.effects.push({ kind: 'set-pin', key: pin.key, server: pin.server, closing: false });
}

/** Its server's agent says that the connection is not there: it goes like a silent one, without its idle time. */
export function onPinGone(state: ShiftState, pin: Pin, out: Output): void {
  if (pin.closing || pin.idle) return;
  onPinIdle(state, pin.key, out);
}

/** Deletes the pins of a bucket that is not in shift which say the same as its base. */
export function dropRedundantPins(state: ShiftState, bucket: Bucket, out: Output): void {
  if (bucket.phase !== 'steady' && bucket.phase !== 'settling') return;
  for (const key of bucket.pins) {
    const pin = state.pins.get(key)!;
    if (isRedundant(state, pin)) deletePin(state, pin, out);
  }
}

/** Orders the release of every slot of the bucket that has not been answered. */
export function resendReleases(state: ShiftState, bucket: Bucket, out: Output): void {
  for (const key of bucket.unreleased) {
    const pin = state.pins.get(key);
    if (pin !== undefined) resendRelease(state, pin, out);
  }
}

/** Deletes a pin without asking its connection: it was ended on purpose. */
export function deletePin(state: ShiftState, pin: Pin, out: Output): void {
  removePin(state, pin);
  out.effects.push({ kind: 'delete-pin', key: pin.key });
}

/** After a start, a whole round of the sweep has gone by: what it did not report is in no slot. */
export function onRecoveredRound(state: ShiftState, out: Output): void {
  for (const pin of [...state.pins.values()]) {
    if (!pin.released && pin.slot === undefined) released(state, pin, out);
  }
}

function released(state: ShiftState, pin: Pin, out: Output): void {
  markReleased(state, pin);
  if (isRedundant(state, pin)) deletePin(state, pin, out);
  else if (pin.idle) startClosing(state, pin, out);
}

function isRedundant(state: ShiftState, pin: Pin): boolean {
  const bucket = bucketOf(state, pin);
  return (
    bucket !== undefined &&
    pin.released &&
    pin.server === bucket.base &&
    (bucket.phase === 'steady' || bucket.phase === 'settling')
  );
}

function startClosing(state: ShiftState, pin: Pin, out: Output): void {
  if (state.awaiting) return;
  pin.idle = false;
  pin.closing = true;
  out.effects.push({ kind: 'set-pin', key: pin.key, server: pin.server, closing: true });
  pin.asked = undefined;
  const { handshakeMs, inFlightMs } = state.settings;
  const delayMs = (viewOf(state, pin.server).agent ? inFlightMs : handshakeMs) * CLOSING_SLACK + 1;
  // Many pins fall idle together: one timer for all that start in this step.
  const last = out.effects.find(
    (effect) => effect.kind === 'timer' && effect.event.kind === 'closing-due' && effect.delayMs === delayMs,
  );
  if (last?.kind === 'timer' && last.event.kind === 'closing-due') (last.event.keys as ConnectionKey[]).push(pin.key);
  else out.effects.push({ kind: 'timer', delayMs, event: { kind: 'closing-due', keys: [pin.key] } });
}

function resendRelease(state: ShiftState, pin: Pin, out: Output): void {
  const record = pin.slot === undefined ? undefined : state.slots.get(pin.slot);
  if (record === undefined || record.key !== pin.key) return;
  out.effects.push({ kind: 'release', slot: pin.slot!, generation: record.generation, key: pin.key });
}

function bucketsUnreleased(state: ShiftState, key: ConnectionKey): Set<ConnectionKey> | undefined {
  for (const bucket of state.waiting) if (bucket.unreleased.has(key)) return bucket.unreleased;
  return undefined;
}
