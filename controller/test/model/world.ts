/**
 * A world small enough to be searched completely: one bucket, three servers, a client port or two, a switch with one or
 * two register slots, a network that loses, repeats and delays, and the controller's own decision code. Everything that
 * may happen next is a transition; `successors.ts` lists them all.
 *
 * Time is abstracted to what it is relied on for: an unpinned live connection speaks within the idle time, so the watch
 * is idle exactly when there is none (half-open ones included, as the idle time is at least a handshake's); a pin is
 * idle when its connection is gone; a tentative slot expires when its handshake can no longer complete; what is under
 * way to a server has arrived when the in-flight time is over. Apart from that timers may fire at any time.
 *
 * Lists of messages hold their numbers (`items.ts`), the controller's state is one number (`core.ts`).
 */
import { bucketOfKey } from '../../src/shift/bucket-hash.ts';
import { type RecoveredBucket, recover } from '../../src/shift/recover.ts';
import { createShiftState, type Output } from '../../src/shift/state.ts';
import { BY_COMING_MAPPING, type ShiftSettings } from '../../src/shift/types.ts';
import { emptySlot, type Slot } from '../support/data-plane.ts';
import { type Core, keep, normalise } from './core.ts';
import { numberOf } from './items.ts';
import type { Scope } from './scope.ts';

/** All servers there are. */
export const SERVERS = [1, 2, 3] as const;
/** What a dead server is called when it is there again. */
export const RETURNED = 4;
/** The one bucket. */
export const BUCKET = { vip: 1, bucket: 0 } as const;
/** Who leaves, where the scope has somebody leave. */
export const LEAVER = 2;

/** The coming mapping: flow 0 gets another server by it, and flow 1 keeps the one it has. */
export const COMING_HASH = { buckets: 3, seed: 0, portMask: 0xffff } as const;

/** A client port and what the network and the servers hold of it. */
export interface Flow {
  /** 0: closed, 1: its SYN was sent, 2: established. */
  state: 0 | 1 | 2;
  incarnation: number;
  /** Established with; of a connection that a server opens: its server. */
  server: number;
  /** Incarnations of SYNs on their way to the switch, as bits. */
  syns: number;
  /** SYN-ACKs that have passed the switch: bit 4 * incarnation + server - 1. */
  answers: number;
  /** SYNs between switch and server, as `answers`. */
  flying: number;
  /** By server (index 0 unused): 0 nothing, 2 * incarnation + 1 half-open, 2 * incarnation + 2 established. */
  held: number[];
  /** It has sent something since somebody began to wait for whoever lives to speak. */
  spoke: boolean;
  /** It lives and says nothing. */
  silent: boolean;
}

/** Everything. */
export interface World {
  core: Core;
  /** Decided and not yet carried out, in order of stages. */
  pending: number[];
  timers: number[];
  digests: number[];
  /** What was read, and what came by packet-in, and was not yet acted upon. */
  answers: number[];
  orders: number[];
  /** What a controller that is no longer the primary had decided. */
  ghost: number[];
  /**
   * The journal's word on the current server and the base; the latter counts where the switch still names a dead
   * server.
   */
  intended: number;
  intendedBase: number;
  leaving: boolean;
  drained: boolean;
  base: number;
  current: number;
  learnBit: boolean;
  seal: boolean;
  unsettled: boolean;
  /** Packets without a pin go to the controller; resets do. */
  doubt: boolean;
  doubtResets: boolean;
  /** It has started anew and has no entries yet. */
  empty: boolean;
  watch: boolean;
  watchNotice: boolean;
  /** By flow: server, or 0. */
  pins: number[];
  closing: boolean[];
  pinNotices: boolean[];
  slots: Slot[];
  flows: Flow[];
  /** Who has died, whom the controller has declared dead, and whom the switch ignores; 0: nobody. */
  crashed: number;
  declared: number;
  ignored: number;
  /** The journal is written after the switch instead of before (a rule taken away). */
  journalLate: boolean;
  /** Servers of the coming mapping's buckets. */
  coming: number[];
  /** It has become the present one. */
  isRemapped: boolean;
  /** The dead server is there again. */
  returned: boolean;
  deaths: number;
  holds: number;
  retargets: number;
  crashes: number;
  losses: number;
  duplicates: number;
  spoofs: number;
  refusals: number;
  silences: number;
  lateReports: number;
  restarts: number;
}

/** Durations of the protocol; only their order matters, as timers may fire at any time. */
export const SETTINGS: Omit<ShiftSettings, 'slots'> = {
  idleMs: 10,
  inFlightMs: 1,
  handshakeMs: 5,
  tentativeMs: 6,
  learnAfterMs: 1,
  sweepChunk: 1 << 20,
  sweepLateMs: 1,
  pins: true,
};

/** What there is of coming mappings, as journal and protocol have it. */
export function comingsOf(scope: Scope, servers: readonly number[]) {
  return scope.remap ? [{ vip: 1, hash: COMING_HASH, servers: [...servers] }] : [];
}

/** Who serves a flow in the coming mapping. */
export function comingServer(world: World, flow: number): number {
  return world.coming[bucketOfKey(COMING_HASH, keyOf(flow))]!;
}

/** Who would serve a flow if it were new. */
export function targetOf(world: World, flow: number): number {
  return world.current === BY_COMING_MAPPING ? comingServer(world, flow) : world.current;
}

/** The connection key of a flow. */
export function keyOf(flow: number): string {
  return `1/${flow}/0`;
}

/** The flow of a connection key. */
export function flowOf(key: string): number {
  return Number(key.split('/')[1]);
}

/** The bit of a server's answer to, or of a SYN on its way to it, of an incarnation. */
export function bitOf(server: number, incarnation: number): number {
  return 1 << (4 * incarnation + server - 1);
}

/** The bits of all servers' answers to an incarnation. */
export function answersOf(incarnation: number): number {
  return 0xf << (4 * incarnation);
}

/** Whether a set of such bits has one of the server. */
export function hasServer(bits: number, server: number): boolean {
  return (bits & (0x1111_1111 << (server - 1))) !== 0;
}

/** The world before anything has happened: everything on server 1. */
export function initialWorld(scope: Scope): World {
  const state = createShiftState({ ...SETTINGS, slots: scope.slots }, 0);
  const out: Output = { effects: [], notices: [] };
  const bucket: RecoveredBucket = {
    ...BUCKET,
    base: 1,
    current: 1,
    unsettled: false,
    learn: false,
    oneWay: scope.oneWay,
    watchElapsedMs: undefined,
  };
  const coming = [2, 2, 2];
  coming[bucketOfKey(COMING_HASH, keyOf(1))] = 1;
  const comings = comingsOf(scope, coming);
  recover(state, { buckets: [bucket], pins: [], servers: SERVERS, leaving: [], pinIdleMs: 10, comings }, out);
  // The very first start: nothing to distrust, nothing in the registers.
  state.sweep.trusted = true;
  for (const view of state.servers.values()) view.agent = scope.agents;
  const slots = Array.from({ length: scope.slots }, emptySlot);
  const digests: number[] = [];
  const orders: number[] = [];
  if (scope.late) {
    const key = keyOf(0);
    slots[0]!.generation = 1;
    state.slots.set(0, { generation: 0, key });
    digests.push(numberOf({ kind: 'confirmed', slot: 0, generation: 0, pin: { key, ...BUCKET, server: 3 } }));
    orders.push(numberOf({ kind: 'release', slot: 0, generation: 0, key }));
  }
  normalise(state);
  return {
    core: keep(state),
    pending: [],
    timers: [],
    digests,
    answers: [],
    orders,
    ghost: [],
    intended: 1,
    intendedBase: 1,
    leaving: false,
    drained: false,
    base: 1,
    current: 1,
    learnBit: false,
    seal: false,
    unsettled: false,
    doubt: false,
    doubtResets: false,
    empty: false,
    watch: false,
    watchNotice: false,
    pins: new Array<number>(scope.flows).fill(0),
    closing: new Array<boolean>(scope.flows).fill(false),
    pinNotices: new Array<boolean>(scope.flows).fill(false),
    slots,
    flows: Array.from({ length: scope.flows }, () => ({
      state: 0 as const,
      incarnation: 0,
      server: 0,
      syns: 0,
      answers: 0,
      flying: 0,
      held: [0, 0, 0, 0, 0],
      spoke: false,
      silent: false,
    })),
    crashed: 0,
    declared: 0,
    ignored: 0,
    journalLate: scope.without.has('R11 journal first'),
    coming,
    isRemapped: false,
    returned: false,
    deaths: 0,
    holds: 0,
    retargets: 0,
    crashes: 0,
    losses: 0,
    duplicates: 0,
    spoofs: 0,
    refusals: 0,
    silences: 0,
    lateReports: 0,
    restarts: 0,
  };
}

/** A deep copy. */
export function clone(world: World): World {
  return {
    ...world,
    pending: world.pending.slice(),
    timers: world.timers.slice(),
    digests: world.digests.slice(),
    answers: world.answers.slice(),
    orders: world.orders.slice(),
    pins: world.pins.slice(),
    closing: world.closing.slice(),
    pinNotices: world.pinNotices.slice(),
    coming: world.coming.slice(),
    slots: world.slots.map((slot) => ({ ...slot })),
    flows: world.flows.map((flow) => ({ ...flow, held: flow.held.slice() })),
  };
}
