/**
 * A world small enough to be searched completely: one bucket, three servers, a client port or two, a switch with one or two
 * register slots, a network that loses, repeats and delays, and the controller's own decision code. Everything that may
 * happen next is a transition; `successors.ts` lists them all.
 *
 * Time is abstracted to what it is relied on for: an unpinned live connection speaks within the idle time, so the watch is idle
 * exactly when there is none (half-open ones included, as the idle time is at least a handshake's); a pin is idle when its
 * connection is gone; a tentative slot expires when its handshake can no longer complete. Timers may fire at any time.
 */
import { recover } from '../../src/shift/recover.ts';
import { createShiftState, type Output, type ShiftState } from '../../src/shift/state.ts';
import type { Effect, PinEvent, ShiftEvent, ShiftSettings, TimerEvent } from '../../src/shift/types.ts';
import { emptySlot, type Slot } from '../support/data-plane.ts';
import { cloneCore } from './core.ts';
import type { Scope } from './scope.ts';

/** All servers there are. */
export const SERVERS = [1, 2, 3] as const;
/** The one bucket. */
export const BUCKET = { vip: 1, bucket: 0 } as const;
/** Who leaves, where the scope has somebody leave. */
export const LEAVER = 2;

/** A client port and what the network and the servers hold of it. */
export interface Flow {
  state: 'closed' | 'syn' | 'established';
  incarnation: number;
  /** Established with. */
  server: number;
  /** Incarnations of SYNs on their way to the switch. */
  syns: number[];
  /** SYN-ACKs that have passed the switch: server * 8 + incarnation. */
  answers: number[];
  /** By server (index 0 unused): 0 nothing, 2 * incarnation + 1 half-open, 2 * incarnation + 2 established. */
  held: number[];
}

/** Everything. */
export interface World {
  core: ShiftState;
  /** Decided and not yet carried out, in order of stages. */
  pending: Effect[];
  timers: TimerEvent[];
  /** The journal's word on the current server. */
  intended: number;
  leaving: boolean;
  drained: boolean;
  digests: PinEvent[];
  /** What was read and not yet acted upon. */
  answers: ShiftEvent[];
  orders: Extract<Effect, { kind: 'release' | 'sweep' }>[];
  base: number;
  current: number;
  learnBit: boolean;
  seal: boolean;
  unsettled: boolean;
  watch: boolean;
  watchNotice: boolean;
  /** By flow: server, or 0. */
  pins: number[];
  closing: boolean[];
  pinNotices: boolean[];
  slots: Slot[];
  flows: Flow[];
  /** The journal's word on the base, which counts where the switch still names a dead server. */
  intendedBase: number;
  /** Who has died, whom the controller has declared dead, and whom the switch ignores; 0: nobody. */
  crashed: number;
  declared: number;
  ignored: number;
  epoch: number;
  deaths: number;
  holds: number;
  retargets: number;
  crashes: number;
  losses: number;
  duplicates: number;
  spoofs: number;
  refusals: number;
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

/** The connection key of a flow. */
export function keyOf(flow: number): string {
  return `1/${flow}/0`;
}

/** The flow of a connection key. */
export function flowOf(key: string): number {
  return Number(key.split('/')[1]);
}

/** The world before anything has happened: everything on server 1. */
export function initialWorld(scope: Scope): World {
  const core = createShiftState({ ...SETTINGS, slots: scope.slots }, 0);
  const world: World = {
    core,
    pending: [],
    timers: [],
    intended: 1,
    leaving: false,
    drained: false,
    digests: [],
    answers: [],
    orders: [],
    base: 1,
    current: 1,
    learnBit: false,
    seal: false,
    unsettled: false,
    watch: false,
    watchNotice: false,
    pins: new Array<number>(scope.flows).fill(0),
    closing: new Array<boolean>(scope.flows).fill(false),
    pinNotices: new Array<boolean>(scope.flows).fill(false),
    slots: Array.from({ length: scope.slots }, emptySlot),
    flows: Array.from({ length: scope.flows }, () => ({
      state: 'closed' as const,
      incarnation: 0,
      server: 0,
      syns: [],
      answers: [],
      held: [0, 0, 0, 0],
    })),
    intendedBase: 1,
    crashed: 0,
    declared: 0,
    ignored: 0,
    epoch: 1,
    deaths: 0,
    holds: 0,
    retargets: 0,
    crashes: 0,
    losses: 0,
    duplicates: 0,
    spoofs: 0,
    refusals: 0,
  };
  const out: Output = { effects: [], notices: [] };
  const bucket = { ...BUCKET, base: 1, current: 1, unsettled: false, learn: false, watchElapsedMs: undefined };
  recover(core, { buckets: [bucket], pins: [], servers: SERVERS, leaving: [], pinIdleMs: 10 }, out);
  // The very first start: nothing to distrust, nothing in the registers.
  core.sweep.trusted = true;
  if (scope.late) {
    const key = keyOf(0);
    world.slots[0]!.generation = 1;
    core.slots.set(0, { generation: 0, key });
    world.digests.push({ kind: 'confirmed', slot: 0, generation: 0, pin: { key, ...BUCKET, server: 3 } });
    world.orders.push({ kind: 'release', slot: 0, generation: 0, key });
  }
  return world;
}

/** A deep copy. */
export function clone(world: World): World {
  return {
    ...world,
    core: cloneCore(world.core),
    pending: [...world.pending],
    timers: [...world.timers],
    digests: [...world.digests],
    answers: [...world.answers],
    orders: [...world.orders],
    pins: [...world.pins],
    closing: [...world.closing],
    pinNotices: [...world.pinNotices],
    slots: world.slots.map((slot) => ({ ...slot })),
    flows: world.flows.map((flow) => ({
      ...flow,
      syns: [...flow.syns],
      answers: [...flow.answers],
      held: [...flow.held],
    })),
  };
}
