/**
 * Finding connections again whose pins were lost: a switch that starts anew has lost what lay in its registers only
 * (rule R8, without a standby). In the buckets that were in shift or had not settled, a connection without a pin may
 * live on the base, on the current server, or on one that was current before. Only the servers know. So for as long as
 * a live connection may be silent:
 *
 * * the switch hands us the first packet of each such connection. It gets a pin to the base, as a try, and the packet
 *   is received once more;
 * * a server that does not have the connection answers with a reset without acknowledgment, which the switch hands us
 *   instead of its client: the pin is moved to the next server and the packet received again. One round trip to a
 *   server each, with nothing resent by the client;
 * * a connection that no server has gets its reset.
 *
 * One server is asked after the other, never two at once: where servers answer past the switch a wrong one's reset
 * could not be held back, and the right one would be asked first in most cases. There, without agents, the base is all
 * that can be tried. An agent that lists a connection ends the search for it.
 *
 * Meanwhile no server counts as drained, for it may have a connection that nobody knows of. Where a pin finds no room
 * its bucket is no longer searched: whatever has no pin goes to the base, as everywhere.
 */
import { writeAssignment } from './buckets.ts';
import { tellIfReady } from './remap.ts';
import {
  type Bucket,
  bucketOf,
  type Doubt,
  type Output,
  type Pin,
  putPin,
  type ShiftState,
  targetOf,
  viewOf,
} from './state.ts';
import type { BucketName, ConnectionKey, ServerId, ShiftEvent, VipId } from './types.ts';

/** Connections of a VIP that are searched at once; resets of more than that go on to their clients. */
const MOST_TRIED = 65_536;
/** Packets kept: a server's answer comes within milliseconds. */
const MOST_FRAMES = 4_096;

/** How often the switch is to be told that we are there to be asked: a third of its patience. */
export const ALIVE_INTERVAL_MS = 100;

/** A VIP some of whose buckets have lost pins. */
export interface DoubtfulVip {
  readonly vip: VipId;
  /** Numbers of the buckets. */
  readonly buckets: readonly number[];
  /** All that may have connections of the VIP. */
  readonly servers: readonly ServerId[];
}

/** Begins to look. The buckets' assignments are to be written by whoever calls. */
export function startDoubt(state: ShiftState, { vip, buckets, servers }: DoubtfulVip, out: Output): void {
  const token = (state.doubts.get(vip)?.token ?? 0) + 1;
  for (const number of buckets) {
    const bucket = bucketOf(state, { vip, bucket: number });
    if (bucket !== undefined) bucket.inDoubt = true;
  }
  state.doubts.set(vip, { servers, tried: new Map(), frames: new Map(), found: 0, token });
  out.effects.push({ kind: 'doubt', vip, on: true });
  const durationMs = armEnd(state, vip, token, out);
  out.notices.push({ kind: 'doubt', vip, buckets: buckets.length, durationMs });
}

/** @returns when every live connection has spoken */
function armEnd({ settings }: ShiftState, vip: VipId, token: number, out: Output): number {
  const delayMs = settings.idleMs + settings.handshakeMs;
  out.effects.push({ kind: 'timer', delayMs, event: { kind: 'doubt-over', vip, token } });
  return delayMs;
}

/** Every live connection has spoken by now. */
export function onDoubtOver(state: ShiftState, vip: VipId, token: number, out: Output): void {
  const doubt = state.doubts.get(vip);
  if (doubt?.token !== token) return;
  if (state.awaiting) {
    armEnd(state, vip, token, out);
    return;
  }
  state.doubts.delete(vip);
  for (const bucket of state.vips.get(vip) ?? []) {
    if (!bucket.inDoubt) continue;
    bucket.inDoubt = false;
    writeAssignment(bucket, out);
  }
  for (const pin of state.pins.values()) if (pin.vip === vip && pin.guessed) pin.guessed = false;
  out.effects.push({ kind: 'doubt', vip, on: false });
  out.notices.push({ kind: 'doubt-over', vip, found: doubt.found });
  tellIfReady(state, vip, out);
}

/** A packet of a connection without a pin: where its connection lives is tried from the base on. */
export function onUnknownPacket(
  state: ShiftState,
  { key, frame, ...name }: Extract<ShiftEvent, { kind: 'unknown-packet' }>,
  out: Output,
): void {
  const bucket = bucketOf(state, name);
  if (bucket === undefined) return;
  const doubt = state.doubts.get(name.vip);
  // It may have been pinned while the packet was on its way.
  if (doubt !== undefined && bucket.inDoubt && !state.pins.has(key)) {
    const server = nextServer(state, doubt, bucket, key, doubt.tried.get(key) ?? []) ?? bucket.base;
    for (const oldest of doubt.frames.keys()) {
      if (doubt.frames.size < MOST_FRAMES) break;
      doubt.frames.delete(oldest);
    }
    doubt.frames.set(key, frame);
    guess(state, key, name, server, out);
  }
  out.effects.push({ kind: 'receive', key, frame });
}

/** A server says that it has no such connection. */
export function onReset(
  state: ShiftState,
  { key, server, frame, ...name }: Extract<ShiftEvent, { kind: 'reset' }>,
  out: Output,
): void {
  const doubt = state.doubts.get(name.vip);
  const pin = state.pins.get(key);
  const bucket = bucketOf(state, name);
  const isFull = (doubt?.tried.size ?? 0) >= MOST_TRIED && !doubt?.tried.has(key);
  // Tried before, and answered twice: the connection has been found since on what is the base by now, so that it needs
  // no pin.
  if (pin === undefined && server !== bucket?.base && doubt?.tried.get(key)?.includes(server)) return;
  // Without a pin the packet went to the base: we were not heard of in time. Another server's word is about a
  // connection in a slot.
  const isSearched =
    pin === undefined ? bucket?.inDoubt && (server === 0 || server === bucket.base) : pin.guessed === true;
  if (doubt === undefined || bucket === undefined || !isSearched || isFull) {
    out.effects.push({ kind: 'pass-reset', frame });
    return;
  }
  // Asked before, and answered twice: the connection is being looked for elsewhere by now.
  const asked = pin?.server ?? bucket.base;
  if (server !== 0 && server !== asked) return;
  const without = [...(doubt.tried.get(key) ?? []), asked];
  const next = nextServer(state, doubt, bucket, key, without);
  doubt.tried.set(key, without);
  if (next === undefined) {
    out.effects.push({ kind: 'pass-reset', frame });
    return;
  }
  if (next !== bucket.base) doubt.found++;
  guess(state, key, name, next, out);
  const kept = doubt.frames.get(key);
  if (kept !== undefined) out.effects.push({ kind: 'receive', key, frame: kept });
}

/** A try had no room: the bucket's connections without pins go to its base again. */
export function onGuessRefused(state: ShiftState, pin: Pin, out: Output): void {
  const bucket = bucketOf(state, pin);
  if (!bucket?.inDoubt) return;
  bucket.inDoubt = false;
  writeAssignment(bucket, out);
}

/** Whether a connection on an agent's list is one that has been looked for. */
export function isSought(state: ShiftState, bucket: BucketName, key: ConnectionKey, server: ServerId): boolean {
  const found = bucketOf(state, bucket);
  if (!found?.inDoubt) return false;
  const pin = state.pins.get(key);
  return pin === undefined ? found.base !== server : pin.guessed === true && pin.server !== server;
}

function guess(state: ShiftState, key: ConnectionKey, name: BucketName, server: ServerId, out: Output): void {
  const { vip, bucket } = name;
  const pin: Pin = { key, vip, bucket, server, slot: undefined, closing: false, released: true, idle: false };
  putPin(state, { ...pin, listed: true, guessed: true });
  out.effects.push({ kind: 'set-pin', key, server, closing: false });
}

function nextServer(
  state: ShiftState,
  doubt: Doubt,
  bucket: Bucket,
  key: ConnectionKey,
  without: readonly ServerId[],
): ServerId | undefined {
  return [bucket.base, targetOf(state, bucket, key), ...bucket.former, ...doubt.servers].find((server) => {
    const view = viewOf(state, server);
    return !view.ended && view.stage !== 'drained' && !without.includes(server);
  });
}
