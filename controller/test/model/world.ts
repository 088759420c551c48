/**
 * A world small enough to be searched completely: one bucket, three servers, a client port or two, a switch with one or two
 * register slots, a network that loses, repeats and delays, and the controller's own decision code. Everything that may
 * happen next is a transition; `successors` lists them all.
 *
 * Time is abstracted to what it is relied on for: an unpinned live connection speaks within the idle time, so the watch is idle
 * exactly when there is none (half-open ones included, as the idle time is at least a handshake's); a pin is idle when its
 * connection is gone; a tentative slot expires when its handshake can no longer complete. Timers may fire at any time.
 * A sweep's reports are lost only together with its end.
 */
import { recover } from '../../src/shift/recover.ts';
import { createShiftState, type Output, type ShiftState } from '../../src/shift/state.ts';
import { finishStep, step } from '../../src/shift/step.ts';
import type { Effect, PinEvent, ShiftEvent, ShiftSettings, TimerEvent } from '../../src/shift/types.ts';
import { decide, emptySlot, release, remember, type Slot, sweepSlot } from '../support/data-plane.ts';
import { cloneCore } from './core.ts';

/** How large the world is, what may go wrong in it, and which rules are taken away. */
export interface Scope {
  readonly flows: number;
  /** Connections a client port opens one after the other. */
  readonly incarnations: number;
  readonly slots: number;
  /** Times somebody points the bucket elsewhere (an abort is one). */
  readonly retargets: number;
  /** Server 2 leaves with the second retarget (having been current, slots may name it) and may be reported drained. */
  readonly leave: boolean;
  /** At the start a report and a release of a pin long gone are still under way. */
  readonly late: boolean;
  readonly crashes: number;
  /** Digests that may be lost or doubled, and orders that may be lost. */
  readonly losses: number;
  readonly duplicates: number;
  /** SYNs of live connections that an attacker (or a slow network) sends. */
  readonly spoofs: number;
  readonly learn: boolean;
  /** The pin table may be full. */
  readonly refusals: number;
  readonly without: ReadonlySet<Mutation>;
}

/** A rule taken away. */
export type Mutation =
  | 'R1 closing pin drops SYNs'
  | 'R2 tentative slots'
  | 'R3 release names the generation'
  | 'R4 generation check'
  | 'R4 install before release'
  | 'R5 seal'
  | 'R5 check'
  | 'R6 wait before deleting a pin'
  | 'R6 delete only after release'
  | 'R7 settle by sweep'
  | 'R7 write assignment before deleting pins'
  | 'R9 sweep before drained'
  | 'R11 fence and barrier';

const SERVERS = [1, 2, 3] as const;
const BUCKET = { vip: 1, bucket: 0 } as const;
/** Who leaves, where the scope has somebody leave. */
const LEAVER = 2;

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
  epoch: number;
  retargets: number;
  crashes: number;
  losses: number;
  duplicates: number;
  spoofs: number;
  refusals: number;
}

/** What may happen, and what comes of it. */
export interface Transition {
  readonly label: string;
  readonly world: World;
  /** Set when the invariant is broken by it. */
  readonly violation: string | undefined;
}

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

export function keyOf(flow: number): string {
  return `1/${flow}/0`;
}

function flowOf(key: string): number {
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
    epoch: 1,
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

function clone(world: World): World {
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

/** The slots a flow may use: any of them (all hashes collide). */
function slotOfFlow(world: World, flow: number): Slot | undefined {
  return world.slots.find((slot) => slot.state !== 'empty' && slot.key === keyOf(flow));
}

function isPinned(world: World, flow: number): boolean {
  if (world.pins[flow] !== 0) return true;
  const slot = slotOfFlow(world, flow);
  return world.unsettled && slot?.state === 'confirmed';
}

/** Whether the base has an unpinned connection, half-open ones included. */
function unpinnedLive(world: World): boolean {
  const { base } = world;
  return world.flows.some((flow, index) => {
    if (isPinned(world, index)) return false;
    const waiting = flow.state === 'syn' && flow.answers.includes(base * 8 + flow.incarnation);
    return flow.held[base] !== 0 || waiting || (flow.state === 'established' && flow.server === base);
  });
}

function gone(world: World, index: number): boolean {
  const flow = world.flows[index]!;
  const server = world.pins[index]!;
  const waiting = flow.state === 'syn' && flow.answers.includes(server * 8 + flow.incarnation);
  return flow.held[server] === 0 && !waiting && !(flow.state === 'established' && flow.server === server);
}

function tentativeCanExpire(world: World, slot: Slot): boolean {
  const flow = world.flows[flowOf(slot.key)]!;
  return flow.held[slot.server] === 0 && !flow.answers.some((answer) => answer >> 3 === slot.server);
}

const NEVER = { tentativeMs: Number.POSITIVE_INFINITY, reportMs: Number.POSITIVE_INFINITY };

function lookup(world: World, flow: number) {
  const pinned = world.pins[flow]!;
  return {
    base: world.base,
    current: world.current,
    learn: world.learnBit,
    seal: world.seal,
    unsettled: world.unsettled,
    pin: pinned === 0 ? undefined : { server: pinned, closing: world.closing[flow]! },
    aliveForPin: () => true,
    aliveForSlot: () => true,
  };
}

function dataPlaneRules(scope: Scope) {
  return {
    tentative: !scope.without.has('R2 tentative slots'),
    closingDropsSyn: !scope.without.has('R1 closing pin drops SYNs'),
  };
}

/** Sends a client's packet through the switch. @returns the server it reaches */
function forward(world: World, scope: Scope, flow: number, syn: boolean, acknowledges?: string): number {
  const packet = { key: keyOf(flow), bucket: 0, syn, ...(acknowledges === undefined ? {} : { acknowledges }) };
  const decision = decide(packet, lookup(world, flow), world.slots, 0, NEVER, dataPlaneRules(scope));
  const { event } = decision;
  if (event?.kind === 'confirmed') tell(world, confirmedEvent(world, event.slot!));
  else if (event?.kind === 'learned') {
    tell(world, { kind: 'learned', pin: { key: keyOf(flow), ...BUCKET, server: world.base } });
  }
  return decision.server;
}

function confirmedEvent(world: World, slot: Slot): PinEvent {
  const pin = { key: slot.key, ...BUCKET, server: slot.server };
  return { kind: 'confirmed', slot: world.slots.indexOf(slot), generation: slot.generation, pin };
}

/** A report that is under way already is not worth a second one: doubling is a transition of its own. */
function tell(world: World, event: PinEvent): void {
  const text = JSON.stringify(event);
  if (event.kind !== 'swept' && world.digests.some((other) => JSON.stringify(other) === text)) return;
  world.digests.push(event);
}

/** Where a packet that an established client may send now would go; nothing changes. */
function misrouted(world: World, scope: Scope): string | undefined {
  for (let index = 0; index < world.flows.length; index++) {
    const flow = world.flows[index]!;
    if (flow.state !== 'established') continue;
    const slots = world.slots.map((slot) => ({ ...slot }));
    const half = flow.held[flow.server] === 2 * flow.incarnation + 1;
    const acknowledges = half ? `${flow.server}:${flow.incarnation}` : undefined;
    const packet = {
      key: keyOf(index),
      bucket: 0,
      syn: false,
      ...(acknowledges === undefined ? {} : { acknowledges }),
    };
    const { server } = decide(packet, lookup(world, index), slots, 0, NEVER, dataPlaneRules(scope));
    if (server !== flow.server) return `a packet of flow ${index}, which lives on ${flow.server}, goes to ${server}`;
  }
  return undefined;
}

/** The order in which what one step decides takes hold. */
function stageOf(effect: Effect, scope: Scope): number {
  const without = scope.without;
  switch (effect.kind) {
    case 'set-pin':
      return without.has('R4 install before release') ? 6 : 1;
    case 'assign':
    case 'watch':
      return without.has('R7 write assignment before deleting pins') ? 4 : 2;
    case 'delete-pin':
    case 'unwatch':
      return without.has('R7 write assignment before deleting pins') ? 2 : 3;
    case 'release':
    case 'sweep':
      return 5;
    default:
      return 7;
  }
}

/** Lets the controller hear events and decide; what it decides is pending. */
function control(world: World, scope: Scope, events: readonly ShiftEvent[], recovering?: Output): string | undefined {
  const out: Output = recovering ?? { effects: [], notices: [] };
  if (scope.without.has('R4 generation check')) world.core.slots.clear();
  for (const event of events) step(world.core, event, out);
  if (scope.without.has('R6 delete only after release')) {
    for (const pin of world.core.pins.values()) pin.released = true;
  }
  finishStep(world.core, out);
  const leaver = world.core.servers.get(LEAVER);
  if (scope.without.has('R9 sweep before drained') && leaver?.stage === 'sweeping') {
    leaver.stage = 'in-flight';
    leaver.sweepUntil = undefined;
    world.timers.push({ kind: 'in-flight-over', server: LEAVER, token: leaver.token });
  }
  for (const effect of out.effects) {
    if (effect.kind === 'assign') world.intended = effect.assignment.current;
    else if (effect.kind === 'timer') {
      // Tokens tell stale timers; those of the present are one of a kind.
      const text = JSON.stringify(effect.event);
      if (!world.timers.some((timer) => JSON.stringify(timer) === text)) world.timers.push(effect.event);
    }
  }
  world.pending = out.effects
    .filter((effect) => effect.kind !== 'timer')
    .map((effect, index) => ({ effect, index, stage: stageOf(effect, scope) }))
    .sort((a, b) => a.stage - b.stage || a.index - b.index)
    .map(({ effect }) => effect);
  if (out.notices.some((notice) => notice.kind === 'drained')) {
    world.drained = true;
    const flow = world.flows.findIndex((candidate) => candidate.state === 'established' && candidate.server === LEAVER);
    if (flow >= 0) return `server ${LEAVER} is reported drained while flow ${flow} lives on it`;
  }
  return undefined;
}

/** Carries out the next stage of what is pending. */
function carryOut(world: World, scope: Scope, refuse: boolean): void {
  const stage = stageOf(world.pending[0]!, scope);
  const reads: ShiftEvent[] = [];
  while (world.pending.length > 0 && stageOf(world.pending[0]!, scope) === stage) {
    const effect = world.pending.shift()!;
    switch (effect.kind) {
      case 'assign': {
        const { assignment } = effect;
        world.base = assignment.base;
        world.current = assignment.current;
        world.learnBit = assignment.learn;
        world.seal = assignment.seal && !scope.without.has('R5 seal');
        world.unsettled = assignment.unsettled;
        break;
      }
      case 'watch':
        world.watch = true;
        break;
      case 'unwatch':
        world.watch = false;
        world.watchNotice = false;
        break;
      case 'set-pin': {
        const flow = flowOf(effect.key);
        if (refuse && world.pins[flow] === 0) {
          // As the engine does: the release is not sent, and the protocol hears of it.
          world.pending = world.pending.filter((other) => !(other.kind === 'release' && other.key === effect.key));
          reads.push({ kind: 'pin-refused', key: effect.key });
          break;
        }
        world.pins[flow] = effect.server;
        world.closing[flow] = effect.closing;
        world.pinNotices[flow] = false;
        break;
      }
      case 'delete-pin': {
        const flow = flowOf(effect.key);
        world.pins[flow] = 0;
        world.closing[flow] = false;
        world.pinNotices[flow] = false;
        break;
      }
      case 'release':
      case 'sweep':
        // One that is under way already stands for both; doubling is a transition of its own.
        if (!world.orders.some((order) => JSON.stringify(order) === JSON.stringify(effect))) world.orders.push(effect);
        break;
      case 'read-watch': {
        const idle = !unpinnedLive(world) || scope.without.has('R5 check');
        reads.push({
          kind: 'watch-read',
          name: effect.name,
          token: effect.token,
          elapsedMs: world.watch ? (idle ? SETTINGS.idleMs : 0) : undefined,
        });
        break;
      }
      case 'read-pin': {
        const flow = flowOf(effect.key);
        const idle = gone(world, flow) || scope.without.has('R6 wait before deleting a pin');
        reads.push({ kind: 'pin-read', key: effect.key, elapsedMs: idle ? SETTINGS.handshakeMs : 0 });
        break;
      }
      case 'ignore-pins-of':
      case 'timer':
        break;
      default:
        throw new Error(`unexpected ${JSON.stringify(effect satisfies never)}`);
    }
  }
  // An answer is acted upon in a turn of its own, after whatever came between.
  for (const event of reads) world.answers.push(event);
}

/** Everything that may happen next. */
export function successors(world: World, scope: Scope): Transition[] {
  const result: Transition[] = [];
  const add = (label: string, act: (next: World) => string | undefined): void => {
    const next = clone(world);
    const violation = act(next) ?? misrouted(next, scope);
    result.push({ label, world: next, violation });
  };
  clientTransitions(world, scope, add);
  switchTransitions(world, scope, add);
  controllerTransitions(world, scope, add);
  return result;
}

type Add = (label: string, act: (next: World) => string | undefined) => void;

function clientTransitions(world: World, scope: Scope, add: Add): void {
  world.flows.forEach((flow, index) => {
    const self = (next: World): Flow => next.flows[index]!;
    if (flow.state === 'closed' && flow.incarnation < scope.incarnations) {
      add(`client ${index} opens connection ${flow.incarnation}`, (next) => {
        self(next).state = 'syn';
        self(next).syns.push(flow.incarnation);
        return undefined;
      });
    }
    if (flow.state === 'syn' && !flow.syns.includes(flow.incarnation)) {
      add(`client ${index} resends its SYN`, (next) => {
        self(next).syns.push(flow.incarnation);
        return undefined;
      });
    }
    if (flow.state === 'established' && world.spoofs < scope.spoofs && !flow.syns.includes(flow.incarnation)) {
      add(`a late or spoofed SYN of live flow ${index}`, (next) => {
        next.spoofs++;
        self(next).syns.push(flow.incarnation);
        return undefined;
      });
    }
    for (const incarnation of flow.syns) {
      add(`SYN ${incarnation} of flow ${index} reaches the switch`, (next) => {
        self(next).syns = self(next).syns.filter((other) => other !== incarnation);
        const server = forward(next, scope, index, true);
        if (server === 0) return undefined;
        if (next.drained && server === LEAVER) return 'a SYN goes to a server that was reported drained';
        const held = self(next).held[server]!;
        if (held === 0 || Math.floor((held - 1) / 2) < incarnation) self(next).held[server] = 2 * incarnation + 1;
        return undefined;
      });
    }
    for (const server of SERVERS) {
      const held = flow.held[server]!;
      if (held === 0) continue;
      const incarnation = Math.floor((held - 1) / 2);
      const halfOpen = held % 2 === 1;
      const answer = server * 8 + incarnation;
      const wanted = flow.state === 'syn' && flow.incarnation === incarnation;
      if (halfOpen && wanted && !flow.answers.includes(answer)) {
        add(`server ${server} answers SYN ${incarnation} of flow ${index}`, (next) => {
          remember(next.slots, keyOf(index), server, incarnation);
          self(next).answers.push(answer);
          return undefined;
        });
      }
      const mine = flow.state === 'established' && flow.server === server && flow.incarnation === incarnation;
      if (!mine && !flow.answers.includes(answer)) {
        add(`server ${server} forgets flow ${index}`, (next) => {
          self(next).held[server] = 0;
          return undefined;
        });
      }
    }
    for (const answer of flow.answers) {
      const server = answer >> 3;
      const drop = (next: World): void => {
        self(next).answers = self(next).answers.filter((other) => other !== answer);
      };
      if (flow.state === 'syn' && flow.incarnation === (answer & 7)) {
        add(`client ${index} receives the answer of server ${server}`, (next) => {
          drop(next);
          self(next).state = 'established';
          self(next).server = server;
          return undefined;
        });
      }
      add(`answer of server ${server} to flow ${index} is lost or ignored`, (next) => {
        drop(next);
        return undefined;
      });
    }
    if (flow.state === 'established') {
      const held = flow.held[flow.server]!;
      const half = held === 2 * flow.incarnation + 1;
      add(`client ${index} sends ${half ? 'its ACK' : 'data'}`, (next) => {
        const acknowledges = half ? `${flow.server}:${flow.incarnation}` : undefined;
        const server = forward(next, scope, index, false, acknowledges);
        if (server === flow.server) self(next).held[server] = 2 * flow.incarnation + 2;
        return undefined;
      });
      if (!half) {
        add(`flow ${index} closes`, (next) => {
          self(next).state = 'closed';
          self(next).held[flow.server] = 0;
          self(next).server = 0;
          self(next).incarnation++;
          return undefined;
        });
      }
    }
  });
}

function switchTransitions(world: World, scope: Scope, add: Add): void {
  world.slots.forEach((slot, index) => {
    if (slot.state === 'tentative' && tentativeCanExpire(world, slot)) {
      add(`tentative slot ${index} expires`, (next) => {
        const expired = next.slots[index]!;
        expired.state = 'empty';
        expired.generation++;
        return undefined;
      });
    }
    const idle = world.digests.length === 0 && world.orders.length === 0 && world.pending.length === 0;
    // The report interval is longer than a round trip to the controller.
    if (slot.state === 'confirmed' && world.unsettled && idle) {
      add(`slot ${index} is reported again`, (next) => {
        tell(next, confirmedEvent(next, next.slots[index]!));
        return undefined;
      });
    }
  });
  if (world.watch && world.unsettled && !world.watchNotice && !unpinnedLive(world)) {
    add('the watch falls idle', (next) => {
      next.watchNotice = true;
      return undefined;
    });
  }
  world.pins.forEach((server, flow) => {
    if (server !== 0 && !world.closing[flow] && !world.pinNotices[flow] && gone(world, flow)) {
      add(`the pin of flow ${flow} falls idle`, (next) => {
        next.pinNotices[flow] = true;
        return undefined;
      });
    }
  });
  const order = world.orders[0];
  if (order !== undefined) {
    add(`order ${order.kind} arrives`, (next) => {
      next.orders.shift();
      if (order.kind === 'release') {
        release(
          next.slots[order.slot]!,
          order.key,
          order.generation,
          !scope.without.has('R3 release names the generation'),
        );
        tell(next, { kind: 'released', slot: order.slot, generation: order.generation, key: order.key });
        return undefined;
      }
      const skipped = order.count === 0 || scope.without.has('R7 settle by sweep');
      for (const slot of skipped ? [] : next.slots) {
        const expired = slot.state === 'tentative' && tentativeCanExpire(next, slot);
        const found = sweepSlot(slot, expired ? 1 : 0, 0);
        if (found === 'confirmed') tell(next, confirmedEvent(next, slot));
        else if (found === 'tentative') {
          tell(next, {
            kind: 'tentative',
            slot: next.slots.indexOf(slot),
            pin: { key: slot.key, ...BUCKET, server: slot.server },
          });
        }
      }
      tell(next, { kind: 'swept', tag: order.tag });
      return undefined;
    });
    if (world.losses < scope.losses && order.kind === 'release') {
      add('a release is lost', (next) => {
        next.losses++;
        next.orders.shift();
        return undefined;
      });
    }
  }
}

function controllerTransitions(world: World, scope: Scope, add: Add): void {
  if (world.crashes < scope.crashes) add('the controller crashes and starts again', (next) => restart(next, scope));
  if (world.pending.length > 0) {
    add('the controller carries on', (next) => {
      carryOut(next, scope, false);
      return undefined;
    });
    if (world.refusals < scope.refusals && world.pending[0]!.kind === 'set-pin') {
      add('the switch has no room for a pin', (next) => {
        next.refusals++;
        carryOut(next, scope, true);
        return undefined;
      });
    }
    return;
  }
  const answer = world.answers[0];
  if (answer !== undefined) {
    add(`the controller hears ${answer.kind}`, (next) => {
      next.answers.shift();
      return control(next, scope, [answer]);
    });
    return;
  }
  const digest = world.digests[0];
  if (digest !== undefined) {
    add(`the controller hears ${digest.kind}`, (next) => {
      next.digests.shift();
      return control(next, scope, [{ kind: 'pin-event', event: digest }]);
    });
    const losable = digest.kind === 'confirmed' || digest.kind === 'learned' || digest.kind === 'released';
    // While a sweep is under way a report may be its own, which goes only with its end.
    if (losable && world.losses < scope.losses && !world.digests.some((event) => event.kind === 'swept')) {
      add(`digest ${digest.kind} is lost`, (next) => {
        next.losses++;
        next.digests.shift();
        return undefined;
      });
    }
    if (digest.kind !== 'swept' && world.duplicates < scope.duplicates) {
      add(`digest ${digest.kind} is doubled`, (next) => {
        next.duplicates++;
        next.digests.push(digest);
        return undefined;
      });
    }
  }
  if (world.watchNotice) {
    add('the controller hears that the watch is idle', (next) => {
      next.watchNotice = false;
      return control(next, scope, [{ kind: 'watch-idle', name: BUCKET }]);
    });
  }
  world.pinNotices.forEach((noticed, flow) => {
    if (!noticed) return;
    add(`the controller hears that pin ${flow} is idle`, (next) => {
      next.pinNotices[flow] = false;
      return control(next, scope, [{ kind: 'pin-idle', key: keyOf(flow) }]);
    });
  });
  world.timers.forEach((timer, index) => {
    if (timer.kind === 'learn-due' && !scope.learn) return;
    // Asking again is a matter of liveness where nothing was lost.
    if (timer.kind === 'recheck-due') return;
    const pendingSweep =
      world.orders.some((order) => order.kind === 'sweep') || world.digests.some((event) => event.kind === 'swept');
    if (timer.kind === 'sweep-late' && pendingSweep) return;
    add(`timer ${timer.kind}`, (next) => {
      next.timers.splice(index, 1);
      return control(next, scope, [timer]);
    });
  });
  if (world.retargets < scope.retargets) {
    for (const server of SERVERS) {
      const first = world.retargets === 0;
      const leaves = scope.leave && !first;
      if (server === world.intended || (leaves && server === LEAVER) || (first && server === 3)) continue;
      add(`the bucket is pointed at ${server}`, (next) => {
        next.retargets++;
        next.leaving = leaves;
        const events: ShiftEvent[] = leaves ? [{ kind: 'server-leaves', server: LEAVER }] : [];
        return control(next, scope, [...events, { kind: 'retarget', vip: 1, moves: [[0, server]] }]);
      });
    }
  }
}

/** Everything the process knew is gone; the switch, the network and the journal are not. */
function restart(world: World, scope: Scope): string | undefined {
  world.crashes++;
  world.epoch++;
  world.pending = [];
  world.timers = [];
  world.answers = [];
  world.watchNotice = false;
  world.pinNotices.fill(false);
  const fenced = !scope.without.has('R11 fence and barrier');
  // Orders of the old epoch are ignored from the moment the new one is written.
  if (fenced) world.orders = [];
  const core = createShiftState({ ...SETTINGS, slots: world.slots.length }, world.epoch << 8);
  if (!fenced) core.sweep.trusted = true;
  world.core = core;
  const out: Output = { effects: [], notices: [] };
  recover(
    core,
    {
      buckets: [
        {
          ...BUCKET,
          base: world.base,
          current: world.intended,
          unsettled: world.unsettled || world.current !== world.intended,
          learn: world.learnBit,
          watchElapsedMs: world.watch ? (unpinnedLive(world) ? 0 : SETTINGS.idleMs) : undefined,
        },
      ],
      pins: world.pins.flatMap((server, flow) =>
        server === 0
          ? []
          : [
              {
                key: keyOf(flow),
                ...BUCKET,
                server,
                closing: world.closing[flow]!,
                elapsedMs: gone(world, flow) ? SETTINGS.idleMs : 0,
              },
            ],
      ),
      servers: world.drained ? SERVERS.filter((server) => server !== LEAVER) : SERVERS,
      leaving: world.leaving && !world.drained ? [LEAVER] : [],
      pinIdleMs: SETTINGS.idleMs,
    },
    out,
  );
  const bucket = core.vips.get(1)![0]!;
  if (bucket.phase === 'steady') {
    out.effects.push({
      kind: 'assign',
      name: BUCKET,
      assignment: { base: bucket.base, current: bucket.current, learn: false, seal: false, unsettled: false },
    });
  }
  return control(world, scope, [], out);
}
