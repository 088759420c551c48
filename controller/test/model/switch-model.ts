/**
 * The switch of the search: what it does with a packet, what it reports, and what its idle timers can see.
 *
 * Decisions are those of the data plane's model that the other tests use as well (`support/data-plane.ts`). Time is replaced by the fact
 * that it stands for: a watch is idle when no unpinned connection is left, a slot expires when its handshake cannot complete.
 * `misrouted` is the invariant, and is asked of every world: wherever an established client's packet would go now.
 */
import type { PinEvent } from '../../src/shift/types.ts';
import { decide, type Slot } from '../support/data-plane.ts';
import type { Scope } from './scope.ts';
import { BUCKET, flowOf, keyOf, type World } from './world.ts';

/** The slots a flow may use: any of them (all hashes collide). */
function slotOfFlow(world: World, flow: number): Slot | undefined {
  return world.slots.find((slot) => slot.state !== 'empty' && slot.key === keyOf(flow));
}

function isPinned(world: World, flow: number): boolean {
  if (world.pins[flow] !== 0 && world.pins[flow] !== world.ignored) return true;
  const slot = slotOfFlow(world, flow);
  return world.unsettled && slot?.state === 'confirmed' && slot.server !== world.ignored;
}

/** Whether the base has an unpinned connection, half-open ones included. */
export function unpinnedLive(world: World): boolean {
  const { base } = world;
  return world.flows.some((flow, index) => {
    if (isPinned(world, index)) return false;
    const waiting = flow.state === 'syn' && flow.answers.includes(base * 8 + flow.incarnation);
    return flow.held[base] !== 0 || waiting || (flow.state === 'established' && flow.server === base);
  });
}

/** Whether nothing is left of a pinned connection. */
export function gone(world: World, index: number): boolean {
  const flow = world.flows[index]!;
  const server = world.pins[index]!;
  const waiting = flow.state === 'syn' && flow.answers.includes(server * 8 + flow.incarnation);
  return flow.held[server] === 0 && !waiting && !(flow.state === 'established' && flow.server === server);
}

/** Whether the handshake of a tentative slot can no longer complete. */
export function tentativeCanExpire(world: World, slot: Slot): boolean {
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
    aliveForPin: (server: number) => server !== world.ignored,
    aliveForSlot: (server: number) => server !== world.ignored,
  };
}

function dataPlaneRules(scope: Scope) {
  return {
    tentative: !scope.without.has('R2 tentative slots'),
    closingDropsSyn: !scope.without.has('R1 closing pin drops SYNs'),
  };
}

/** Sends a client's packet through the switch. @returns the server it reaches */
export function forward(world: World, scope: Scope, flow: number, syn: boolean, acknowledges?: string): number {
  const packet = { key: keyOf(flow), bucket: 0, syn, ...(acknowledges === undefined ? {} : { acknowledges }) };
  const decision = decide(packet, lookup(world, flow), world.slots, 0, NEVER, dataPlaneRules(scope));
  const { event } = decision;
  if (event?.kind === 'confirmed') tell(world, confirmedEvent(world, event.slot!));
  else if (event?.kind === 'learned') {
    tell(world, { kind: 'learned', pin: { key: keyOf(flow), ...BUCKET, server: world.base } });
  }
  return decision.server;
}

/** The report about a confirmed slot. */
export function confirmedEvent(world: World, slot: Slot): Extract<PinEvent, { kind: 'confirmed' }> {
  const pin = { key: slot.key, ...BUCKET, server: slot.server };
  return { kind: 'confirmed', slot: world.slots.indexOf(slot), generation: slot.generation, pin };
}

/** A report that is under way already is not worth a second one: doubling is a transition of its own. */
export function tell(world: World, event: PinEvent): void {
  const text = JSON.stringify(event);
  if (event.kind !== 'swept' && world.digests.some((other) => JSON.stringify(other) === text)) return;
  world.digests.push(event);
}

/** Where a packet that an established client may send now would go; nothing changes. */
export function misrouted(world: World, scope: Scope): string | undefined {
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
