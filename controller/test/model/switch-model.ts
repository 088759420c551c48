/**
 * The switch of the search: what it does with a packet, what it reports, and what its idle timers can see.
 *
 * Decisions are those of the data plane's model that the other tests use as well (`support/data-plane.ts`). Time is
 * replaced by the fact that it stands for: a watch is idle when no unpinned connection is left, a slot expires when its
 * handshake cannot complete. `misrouted` is the invariant, and is asked of every world: wherever an established
 * client's packet would go now.
 */
import type { PinEvent, ShiftEvent } from '../../src/shift/types.ts';
import {
  ALL_DATA_PLANE_RULES,
  type DataPlaneRules,
  decide,
  decideOutgoing,
  type Lookup,
  type Slot,
} from '../support/data-plane.ts';
import { numberOf } from './items.ts';
import type { Scope } from './scope.ts';
import { BUCKET, bitOf, comingServer, flowOf, hasServer, keyOf, SERVERS, targetOf, type World } from './world.ts';

const NEVER = { tentativeMs: Number.POSITIVE_INFINITY, reportMs: Number.POSITIVE_INFINITY };

function isPinned(world: World, flow: number): boolean {
  if (world.pins[flow] !== 0 && world.pins[flow] !== world.ignored) return true;
  if (!world.unsettled) return false;
  const key = keyOf(flow);
  return world.slots.some((slot) => slot.state === 'confirmed' && slot.key === key && slot.server !== world.ignored);
}

/** Whether packets of unpinned connections have hit the watch lately, half-open connections' included. */
export function unpinnedLive(world: World): boolean {
  const { base } = world;
  return world.flows.some((flow, index) => {
    if (isPinned(world, index) || flow.silent || targetOf(world, index) === base) return false;
    const waiting = flow.state === 1 && (flow.answers & bitOf(base, flow.incarnation)) !== 0;
    if (waiting || hasServer(flow.flying, base)) return true;
    return flow.held[base] !== 0 || (flow.state === 2 && flow.server === base);
  });
}

/** Whether nothing of a pinned connection has been seen for long. */
export function gone(world: World, index: number): boolean {
  const flow = world.flows[index]!;
  const server = world.pins[index]!;
  if (flow.silent) return true;
  const waiting = flow.state === 1 && (flow.answers & bitOf(server, flow.incarnation)) !== 0;
  if (waiting || hasServer(flow.flying, server)) return false;
  return flow.held[server] === 0 && flow.state !== 2;
}

/** Whether the switch may say that the watch is idle. */
export function isWatchIdle(world: World, scope: Scope): boolean {
  // Where there are agents it only makes the controller ask them, as their own reports do.
  return world.watch && world.unsettled && !scope.agents && !unpinnedLive(world);
}

/** Whether the switch may say that a flow's pin is idle. */
export function isPinIdle(world: World, scope: Scope, flow: number): boolean {
  const tellsPins = !scope.agents || scope.silences > 0;
  return tellsPins && world.pins[flow] !== 0 && !world.closing[flow] && gone(world, flow);
}

/** Whether the handshake of a tentative slot can no longer complete. */
export function tentativeCanExpire(world: World, slot: Slot, scope: Scope): boolean {
  if (scope.without.has('R2 tentative slot outlives its handshake')) return true;
  const flow = world.flows[flowOf(slot.key)]!;
  const { server } = slot;
  return flow.held[server] === 0 && !hasServer(flow.answers | flow.flying, server);
}

/** Whether somebody waits for whoever lives to speak. */
export function isListening(world: World): boolean {
  return world.doubtResets || world.core.state.vips.get(1)![0]!.phase === 'preparing';
}

/**
 * Whether every live connection has spoken since `listen`, or is silent for longer than is allowed for, and handshakes
 * that were under way then are over, one way or the other.
 */
export function allSpoke(world: World): boolean {
  return world.flows.every((flow, index) => {
    if (flow.spoke || flow.state === 0) return true;
    const isTry = world.core.state.pins.get(keyOf(index))?.guessed === true;
    if (flow.state === 2) return flow.silent || (isPinned(world, index) && !isTry);
    return (
      flow.answers === 0 &&
      flow.flying === 0 &&
      flow.held.every((held, server) => held % 2 === 0 || server === world.base)
    );
  });
}

/** From now on it counts who speaks. */
export function listen(world: World): void {
  for (const flow of world.flows) flow.spoke = false;
}

function lookup(world: World, flow: number, scope: Scope): Lookup {
  const pinned = world.pins[flow]!;
  const alive = (server: number): boolean =>
    server !== world.ignored || scope.without.has('R1 pins to the dead are ignored');
  return {
    base: world.base,
    current: targetOf(world, flow),
    learn: world.learnBit,
    seal: world.seal,
    // Where servers open connections slots are looked at always.
    unsettled: world.unsettled || scope.outgoing,
    oneWay: scope.oneWay,
    doubt: world.doubt,
    pin: pinned === 0 ? undefined : { server: pinned, closing: world.closing[flow]! },
    aliveForPin: alive,
    aliveForSlot: alive,
  };
}

const rulesOf = new WeakMap<Scope, DataPlaneRules>();

function dataPlaneRules(scope: Scope): DataPlaneRules {
  let rules = rulesOf.get(scope);
  if (rules === undefined) {
    rules = {
      ...ALL_DATA_PLANE_RULES,
      tentative: !scope.without.has('R2 tentative slots'),
      closingDropsSyn: !scope.without.has('R1 closing pin drops SYNs'),
      sequence: !scope.without.has('R2 sequence number'),
      refusedToBase: !scope.without.has('R2 refused SYN goes to the base'),
      newGeneration: !scope.without.has('R3 a freed slot has another generation'),
    };
    rulesOf.set(scope, rules);
  }
  return rules;
}

function packetOf(world: World, index: number, syn: boolean) {
  const flow = world.flows[index]!;
  const key = keyOf(index);
  const half = !syn && flow.state === 2 && flow.held[flow.server] === 2 * flow.incarnation + 1;
  return { key, bucket: 0, syn, ...(half ? { acknowledges: `${flow.server}:${flow.incarnation}` } : {}) };
}

/** A packet as the controller is handed it: whose it is, and of which incarnation. */
export function frameOf(world: World, index: number) {
  return { port: 8 * index + world.flows[index]!.incarnation, bytes: NO_BYTES };
}

const NO_BYTES = new Uint8Array(0);

/** Sends a client's packet through the switch. @returns the server it reaches; 0 or less: none */
export function forward(world: World, scope: Scope, flow: number, syn: boolean): number {
  if (world.empty) return 0;
  const packet = packetOf(world, flow, syn);
  const decision = decide(packet, lookup(world, flow, scope), world.slots, 0, NEVER, dataPlaneRules(scope));
  const { event, server } = decision;
  if (!syn && isListening(world)) world.flows[flow]!.spoke = true;
  if (event?.kind === 'confirmed') tell(world, confirmedEvent(world, event.slot!));
  else if (event?.kind === 'learned') {
    tell(world, { kind: 'learned', pin: { key: keyOf(flow), ...BUCKET, server: world.base } });
  }
  if (server < 0) {
    hand(world, { kind: 'unknown-packet', key: keyOf(flow), ...BUCKET, frame: frameOf(world, flow) });
  }
  return server;
}

/** A client's packet arrives at a server. @returns how the invariant is broken, if it is */
export function arrive(world: World, index: number, server: number): string | undefined {
  const flow = world.flows[index]!;
  if (server <= 0 || server === world.crashed) return undefined;
  if (server === flow.server) {
    flow.held[server] = 2 * flow.incarnation + 2;
  } else if (world.doubtResets) {
    hand(world, { kind: 'reset', key: keyOf(index), ...BUCKET, server, frame: frameOf(world, index) });
  }
  return undefined;
}

/** A packet for the controller; one that is under way already stands for both. */
function hand(world: World, event: ShiftEvent): void {
  const number = numberOf(event);
  if (!world.answers.includes(number)) world.answers.push(number);
}

/** The report about a confirmed slot. */
export function confirmedEvent(world: World, slot: Slot): Extract<PinEvent, { kind: 'confirmed' }> {
  const pin = { key: slot.key, ...BUCKET, server: slot.server };
  return { kind: 'confirmed', slot: world.slots.indexOf(slot), generation: slot.generation, pin };
}

/** A report that is under way already is not worth a second one: doubling is a transition of its own. */
export function tell(world: World, event: PinEvent): void {
  const number = numberOf(event);
  if (event.kind === 'swept' || !world.digests.includes(number)) world.digests.push(number);
}

/**
 * A server opens a connection (rule R10). @returns whether its SYN passes
 */
export function openFromServer(world: World, scope: Scope, index: number, server: number): boolean {
  if (world.empty) return false;
  const found = lookup(world, index, scope);
  if (scope.without.has('R10 a connection of a server is pinned to it') && !isPinned(world, index)) return true;
  const packet = { key: keyOf(index), bucket: 0 };
  const { passes, event } = decideOutgoing(packet, server, found, world.slots, 0, NEVER, dataPlaneRules(scope));
  if (event?.kind === 'confirmed') tell(world, confirmedEvent(world, event.slot!));
  return passes || (scope.without.has('R10 refused is dropped') && !isPinned(world, index));
}

/**
 * The coming mapping becomes the present one. What follows is a bucket that settles, as after any commit: here it
 * counts where packets of connections go, those that are established and those that may still come to be.
 * @returns how the invariant is broken, if it is
 */
export function remap(world: World, scope: Scope): string | undefined {
  for (let index = 0; index < world.flows.length; index++) {
    const flow = world.flows[index]!;
    const server = comingServer(world, index);
    const present = { ...lookup(world, index, scope), base: server, current: server, learn: false, seal: false };
    const lands = (acknowledges: string | undefined): number => {
      const packet = {
        key: keyOf(index),
        bucket: 0,
        syn: false,
        ...(acknowledges === undefined ? {} : { acknowledges }),
      };
      const slots = world.slots.map((slot) => ({ ...slot }));
      return decide(packet, { ...present, unsettled: true }, slots, 0, NEVER, dataPlaneRules(scope)).server;
    };
    for (const own of flow.state === 2 ? [flow.server] : flow.state === 1 ? SERVERS : []) {
      if (own === world.crashed) continue;
      const answered = flow.state === 2 || (flow.answers & bitOf(own, flow.incarnation)) !== 0;
      const reached = answered ? lands(`${own}:${flow.incarnation}`) : own;
      if (reached !== own) return `flow ${index} lives on ${own}, and goes to ${reached} in the new mapping`;
    }
  }
  world.isRemapped = true;
  return undefined;
}

/** Where a packet that an established client may send now would go; nothing changes. */
export function misrouted(world: World, scope: Scope): string | undefined {
  // What reaches a wrong server while connections are looked for is held back: a reset that is passed on counts
  // instead.
  if (world.empty || world.doubtResets) return undefined;
  for (let index = 0; index < world.flows.length; index++) {
    const flow = world.flows[index]!;
    if (flow.state !== 2) continue;
    const slots = world.slots.map((slot) => ({ ...slot }));
    const packet = packetOf(world, index, false);
    const { server } = decide(packet, lookup(world, index, scope), slots, 0, NEVER, dataPlaneRules(scope));
    // A datagram may be lost: that it goes nowhere else is what counts.
    if (server === 0 && scope.oneWay) continue;
    // So may be, until it is known to have died, what is tried at a server when pins were lost.
    if (server !== 0 && server === world.crashed && world.restarts > 0) continue;
    if (server !== flow.server) return `a packet of flow ${index}, which lives on ${flow.server}, goes to ${server}`;
  }
  return undefined;
}
