/**
 * Everything the bucket protocol knows, as plain data, and the few functions that change it so that its counts stay
 * true. The rules themselves are in `buckets.ts`, `pins.ts`, `sweep.ts` and `servers.ts`, which all work on this one
 * state; what has to be durable is not here but in the journal and in the switch (rule R11), from which `recover.ts`
 * builds it anew.
 */
import { bucketOfKey, type HashParameters } from './bucket-hash.ts';
import {
  type BucketName,
  type BucketPhase,
  BY_COMING_MAPPING,
  type ConnectionKey,
  type Effect,
  type Frame,
  type Notice,
  type ServerId,
  type ShiftSettings,
  type SlotName,
  type VipId,
} from './types.ts';

/** A bucket and how far it is. */
export interface Bucket {
  readonly vip: VipId;
  readonly bucket: number;
  /** Beginnings of its connections cannot be watched; see `one-way.ts`. */
  readonly oneWay: boolean;
  phase: BucketPhase;
  base: ServerId;
  current: ServerId;
  /** Unpinned connections are being reported and pinned; kept while sealed. */
  learn: boolean;
  /** The registers may hold pins of it. */
  unsettled: boolean;
  /** Raised with every change of phase, so that a timer of an earlier phase is known to be stale. */
  token: number;
  /** While settling: the bucket is clear when the sweep has come this far (`Sweep.position`). */
  sweepUntil: number | undefined;
  /** A sweep met a tentative slot of it, which may still be confirmed. */
  tentativeSeen: boolean;
  /** Paused: while in shift it stays so. */
  held: boolean;
  /** While sealed: the question to the base's agent whose answer decides. */
  asked: number | undefined;
  /** Pins of it have been lost with the registers: see `doubt.ts`. */
  inDoubt: boolean;
  /**
   * Servers besides base and current that connections may have been pinned to since the bucket was last settled, latest
   * first.
   */
  former: readonly ServerId[];
  /** While preparing: a connection has been reported that had no pin. */
  unpinnedSeen: boolean;
  /** While preparing: the flip is near, so who finds no room for a pin is dropped. */
  sealedToFlip: boolean;
  /** While sealed, on its way to the coming mapping: it could commit, and waits for the VIP's others. */
  ready: boolean;
  /** Exact pins of this bucket's connections. */
  readonly pins: Set<ConnectionKey>;
  /** Connections whose slot has not been reported free yet. */
  readonly unreleased: Set<ConnectionKey>;
}

/** An exact pin. */
export interface Pin {
  readonly key: ConnectionKey;
  readonly vip: VipId;
  readonly bucket: number;
  server: ServerId;
  /** Being deleted in two phases (rule R6). */
  closing: boolean;
  /** The slot it was promoted from, until that is reported free. */
  slot: SlotName | undefined;
  /** False while a register slot may still hold it. */
  released: boolean;
  /** The idle notification came while it could not be acted upon. */
  idle: boolean;
  /** While closing: the question to its server's agent whose answer decides. */
  asked?: number | undefined;
  /** It comes from an agent's list, so its connection may have ended before it was made. */
  listed?: boolean;
  /** It is a try: whether the connection lives there is not known. */
  guessed?: boolean;
}

/** What is known of a register slot. */
export interface SlotRecord {
  /** The last generation handled (rule R4). */
  generation: number;
  key: ConnectionKey;
}

/** A server as far as the protocol cares. */
export interface ServerView {
  readonly id: ServerId;
  /**
   * `serving`, or on its way out: `leaving` (named somewhere), `sweeping` (looking whether a slot names it),
   * `in-flight`, `drained`.
   */
  stage: 'serving' | 'leaving' | 'sweeping' | 'in-flight' | 'drained';
  /** Its deadline has passed: what is left is ended. */
  ending: boolean;
  /** Its last connections have been ended, or it has died: the switch ignores whatever names it. */
  ended: boolean;
  /** Its agent answers: its word counts in place of idle times. */
  agent: boolean;
  /** Connections it holds by its agent's last report. */
  live: number | undefined;
  token: number;
  sweepUntil: number | undefined;
  tentativeSeen: boolean;
  /** Buckets whose base it is, whose current it is, and pins that name it. */
  bases: number;
  currents: number;
  readonly pins: Set<ConnectionKey>;
}

/** The sweep goes round and round while anybody waits for it. */
export interface Sweep {
  /** Slots gone over since the start. */
  position: number;
  /** The order under way. */
  pending: { readonly tag: number; readonly barrier: boolean; readonly count: number } | undefined;
  /** Slots that the order under way has reported. */
  readonly seen: Set<SlotName>;
  /** Slots the next order covers. */
  chunk: number;
  nextTag: number;
  /** Until the first answer of this epoch, events may be of an earlier one and are not believed. */
  trusted: boolean;
  /** After a start: pins read from the switch count as released when the sweep has come this far. */
  recoveredUntil: number | undefined;
}

/** A VIP whose connections without pins are looked for; see `doubt.ts`. */
export interface Doubt {
  /** Who may have them, besides those that a bucket itself names. */
  readonly servers: readonly ServerId[];
  /** By connection: servers that do not have it. */
  readonly tried: Map<ConnectionKey, readonly ServerId[]>;
  /** The packets of the latest, to be received again should their server not have it. */
  readonly frames: Map<ConnectionKey, Frame>;
  /** Connections found elsewhere than on their bucket's base. */
  found: number;
  readonly token: number;
}

/** What a VIP's connections are to be hashed with, and who serves them then; see `remap.ts`. */
export interface Coming {
  readonly hash: HashParameters;
  /** Of each bucket. */
  readonly servers: ServerId[];
}

/** The whole state. */
export interface ShiftState {
  readonly settings: ShiftSettings;
  readonly vips: Map<VipId, Bucket[]>;
  readonly pins: Map<ConnectionKey, Pin>;
  readonly slots: Map<SlotName, SlotRecord>;
  readonly servers: Map<ServerId, ServerView>;
  /** Connections that are known to be in a slot: promoted, and their release not answered yet. */
  readonly slotted: Set<ConnectionKey>;
  readonly sweep: Sweep;
  /** Buckets that settle and servers that end: who waits for the sweep. */
  readonly waiting: Set<Bucket>;
  readonly leaving: Set<ServerView>;
  readonly doubts: Map<VipId, Doubt>;
  readonly comings: Map<VipId, Coming>;
  /** The last question to an agent. */
  lastQuestion: number;
  /** Of several switches one that may be forwarding cannot be told anything: see `absence.ts`. */
  awaiting: boolean;
}

/** Where a step puts what it decides. */
export interface Output {
  readonly effects: Effect[];
  readonly notices: Notice[];
}

/** An empty state. `firstTag` should differ from the last epoch's tags. */
export function createShiftState(settings: ShiftSettings, firstTag: number): ShiftState {
  return {
    settings,
    vips: new Map(),
    pins: new Map(),
    slots: new Map(),
    servers: new Map(),
    slotted: new Set(),
    sweep: {
      position: 0,
      pending: undefined,
      seen: new Set(),
      chunk: settings.sweepChunk,
      nextTag: firstTag & 0xffff,
      trusted: false,
      recoveredUntil: undefined,
    },
    waiting: new Set(),
    leaving: new Set(),
    doubts: new Map(),
    comings: new Map(),
    lastQuestion: 0,
    awaiting: false,
  };
}

/** The server's view; made when first named. */
export function viewOf(state: ShiftState, id: ServerId): ServerView {
  let view = state.servers.get(id);
  if (view === undefined) {
    view = {
      id,
      stage: 'serving',
      ending: false,
      ended: false,
      agent: false,
      live: undefined,
      token: 0,
      sweepUntil: undefined,
      tentativeSeen: false,
      bases: 0,
      currents: 0,
      pins: new Set(),
    };
    state.servers.set(id, view);
  }
  return view;
}

/** Adds a bucket as it is in the switch. */
export function addBucket(
  state: ShiftState,
  name: BucketName,
  base: ServerId,
  current: ServerId,
  phase: BucketPhase,
  unsettled: boolean,
  oneWay = false,
): Bucket {
  const bucket: Bucket = {
    vip: name.vip,
    bucket: name.bucket,
    oneWay,
    phase,
    base,
    current,
    learn: phase === 'learning',
    unsettled,
    token: 0,
    sweepUntil: undefined,
    tentativeSeen: false,
    unpinnedSeen: false,
    sealedToFlip: false,
    ready: false,
    inDoubt: false,
    former: [],
    held: false,
    asked: undefined,
    pins: new Set(),
    unreleased: new Set(),
  };
  let buckets = state.vips.get(name.vip);
  if (buckets === undefined) state.vips.set(name.vip, (buckets = []));
  buckets[name.bucket] = bucket;
  viewOf(state, base).bases++;
  countCurrent(state, current, 1);
  return bucket;
}

/** The bucket of that name, if there is one. */
export function bucketOf(state: ShiftState, name: BucketName): Bucket | undefined {
  return state.vips.get(name.vip)?.[name.bucket];
}

export function setBase(state: ShiftState, bucket: Bucket, base: ServerId): void {
  viewOf(state, bucket.base).bases--;
  bucket.base = base;
  viewOf(state, base).bases++;
}

export function setCurrent(state: ShiftState, bucket: Bucket, current: ServerId): void {
  countCurrent(state, bucket.current, -1);
  bucket.current = current;
  countCurrent(state, current, 1);
}

function countCurrent(state: ShiftState, server: ServerId, by: number): void {
  if (server !== BY_COMING_MAPPING) viewOf(state, server).currents += by;
}

/** A VIP gets a coming mapping; its servers count as current ones. */
export function addComing(state: ShiftState, vip: VipId, coming: Coming): void {
  state.comings.set(vip, coming);
  for (const server of coming.servers) countCurrent(state, server, 1);
}

/** Gives a bucket of the coming mapping to another server. */
export function setComingServer(state: ShiftState, { servers }: Coming, bucket: number, server: ServerId): void {
  countCurrent(state, servers[bucket]!, -1);
  servers[bucket] = server;
  countCurrent(state, server, 1);
}

/** Who would serve a connection if it were new: its bucket's current server. */
export function targetOf(state: ShiftState, bucket: Bucket, key: ConnectionKey): ServerId {
  if (bucket.current !== BY_COMING_MAPPING) return bucket.current;
  const coming = state.comings.get(bucket.vip);
  return coming?.servers[bucketOfKey(coming.hash, key)] ?? bucket.base;
}

/** Adds a pin, or moves one to another server. */
export function putPin(state: ShiftState, pin: Pin): void {
  const before = state.pins.get(pin.key);
  if (before !== undefined) viewOf(state, before.server).pins.delete(pin.key);
  state.pins.set(pin.key, pin);
  viewOf(state, pin.server).pins.add(pin.key);
  const bucket = bucketOf(state, pin);
  bucket?.pins.add(pin.key);
  if (pin.released) bucket?.unreleased.delete(pin.key);
  else bucket?.unreleased.add(pin.key);
  if (pin.slot === undefined) state.slotted.delete(pin.key);
  else state.slotted.add(pin.key);
}

export function removePin(state: ShiftState, pin: Pin): void {
  state.pins.delete(pin.key);
  state.slotted.delete(pin.key);
  viewOf(state, pin.server).pins.delete(pin.key);
  const bucket = bucketOf(state, pin);
  bucket?.pins.delete(pin.key);
  bucket?.unreleased.delete(pin.key);
}

/** Says that no slot holds the pin any more. */
export function markReleased(state: ShiftState, pin: Pin): void {
  pin.released = true;
  pin.slot = undefined;
  state.slotted.delete(pin.key);
  bucketOf(state, pin)?.unreleased.delete(pin.key);
}
