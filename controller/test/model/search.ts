/**
 * Breadth-first search of a world: every state that can be reached within the scope is looked at once, and the first broken
 * invariant is told with the shortest way to it. Afterwards the graph is walked backwards from where everything is settled:
 * a state from which that cannot be reached any more is a shift that can never finish.
 */
import { setImmediate } from 'node:timers/promises';
import type { Effect, PinEvent } from '../../src/shift/types.ts';
import { forgetSteps } from './controller-model.ts';
import { cloneState, keep } from './core.ts';
import { itemOf, numberOf } from './items.ts';
import { reduce } from './reductions.ts';
import type { Scope } from './scope.ts';
import { successors } from './successors.ts';
import { initialWorld, type World } from './world.ts';

/** What a search found. */
export interface SearchResult {
  readonly states: number;
  readonly transitions: number;
  /** Labels from the start to the violation, the violation last; undefined when there is none. */
  readonly violation: readonly string[] | undefined;
  /** The way to a state from which nothing settles any more. */
  readonly stuck: readonly string[] | undefined;
  /** Whether every state within the scope was seen. */
  readonly complete: boolean;
}

/** States after which whoever waits is let in: a test runner that hears nothing for a minute gives up. */
const BREATH_STATES = 20_000;

/**
 * Searches.
 * @param limit states after which it gives up (and is not complete)
 * @param visit is shown each state once
 */
export async function search(
  scope: Scope,
  limit: number,
  visit: (world: World) => void = () => {},
): Promise<SearchResult> {
  forgetSteps();
  const start = initialWorld(scope);
  visit(start);
  const ids = new Map<string, number>([[encode(start), 0]]);
  const parents: number[] = [-1];
  const labels: string[] = [''];
  const settledIds: number[] = isSettled(start) ? [0] : [];
  const edges: number[] = [];
  let frontier: { readonly id: number; readonly world: World }[] = [{ id: 0, world: start }];
  const wayTo = (id: number): string[] => {
    const way: string[] = [];
    for (let at = id; at > 0; at = parents[at]!) way.push(labels[at]!);
    return way.reverse();
  };
  let transitions = 0;
  while (frontier.length > 0) {
    const next: typeof frontier = [];
    for (const [index, { id, world }] of frontier.entries()) {
      if (index % BREATH_STATES === 0) await setImmediate();
      for (const transition of successors(world, scope)) {
        transitions++;
        if (transition.violation !== undefined) {
          const violation = [...wayTo(id), transition.label, `=> ${transition.violation}`];
          return { states: ids.size, transitions, violation, stuck: undefined, complete: false };
        }
        if (scope.reduced) reduce(transition.world, scope);
        compactGenerations(transition.world);
        const key = encode(transition.world);
        let target = ids.get(key);
        if (target === undefined) {
          target = ids.size;
          ids.set(key, target);
          parents.push(id);
          labels.push(transition.label);
          if (isSettled(transition.world)) settledIds.push(target);
          next.push({ id: target, world: transition.world });
          visit(transition.world);
        }
        edges.push(target, id);
      }
    }
    if (ids.size > limit)
      return { states: ids.size, transitions, violation: undefined, stuck: undefined, complete: false };
    frontier = next;
  }
  const stuck = findStuck(ids.size, edges, settledIds);
  return {
    states: ids.size,
    transitions,
    violation: undefined,
    stuck: stuck === undefined ? undefined : wayTo(stuck),
    complete: true,
  };
}

function isSettled(world: World): boolean {
  const bucket = world.core.state.vips.get(1)![0]!;
  const quiet = world.pending.length === 0 && world.slots.every((slot) => slot.state === 'empty');
  const served = world.declared === 0 || world.base !== world.declared;
  return world.isRemapped || (quiet && served && bucket.phase === 'steady' && !bucket.inDoubt);
}

/** A state from which no settled one can be reached, if there is one. */
function findStuck(count: number, edges: readonly number[], settled: readonly number[]): number | undefined {
  const degree = new Uint32Array(count + 1);
  for (let index = 0; index < edges.length; index += 2) degree[edges[index]! + 1]!++;
  for (let id = 0; id < count; id++) degree[id + 1]! += degree[id]!;
  const sources = new Uint32Array(edges.length / 2);
  const fill = degree.slice();
  for (let index = 0; index < edges.length; index += 2) sources[fill[edges[index]!]!++] = edges[index + 1]!;
  const good = new Uint8Array(count);
  const work = [...settled];
  for (const id of work) good[id] = 1;
  while (work.length > 0) {
    const id = work.pop()!;
    for (let at = degree[id]!; at < degree[id + 1]!; at++) {
      const source = sources[at]!;
      if (good[source]) continue;
      good[source] = 1;
      work.push(source);
    }
  }
  const stuck = good.indexOf(0);
  return stuck < 0 ? undefined : stuck;
}

type Numbered = Extract<PinEvent | Effect, { generation: number }>;

function isNumbered(item: object): item is Numbered {
  return 'generation' in item;
}

/**
 * Generations matter only by which is newer and which are equal; so each slot's are numbered anew, or a slot that is taken
 * and expires over and over would make states without end.
 */
function compactGenerations(world: World): void {
  world.slots.forEach((slot, index) => {
    const record = world.core.state.slots.get(index);
    if (slot.generation === 0 && record === undefined) return;
    const lists = [world.digests, world.orders, world.pending, world.ghost];
    const seen = new Set([slot.generation]);
    if (record !== undefined) seen.add(record.generation);
    for (const list of lists) {
      for (const number of list) {
        const item = itemOf(number);
        if (isNumbered(item) && item.slot === index) seen.add(item.generation);
      }
    }
    const sorted = [...seen].sort((a, b) => a - b);
    if (sorted.at(-1) === sorted.length - 1) return;
    const ranks = new Map(sorted.map((generation, rank) => [generation, rank]));
    slot.generation = ranks.get(slot.generation)!;
    const rename = (number: number): number => {
      const item = itemOf(number);
      if (!isNumbered(item) || item.slot !== index) return number;
      return numberOf({ ...item, generation: ranks.get(item.generation)! });
    };
    world.digests = world.digests.map(rename);
    world.orders = world.orders.map(rename);
    world.pending = world.pending.map(rename);
    world.ghost = world.ghost.map(rename);
    if (record === undefined || ranks.get(record.generation) === record.generation) return;
    const state = cloneState(world.core.state);
    state.slots.get(index)!.generation = ranks.get(record.generation)!;
    world.core = keep(state);
  });
}

const SLOT_STATES = { empty: 0, tentative: 1, confirmed: 2 } as const;

/** A world as text; equal for worlds that behave alike. */
function encode(world: World): string {
  const codes: number[] = [world.core.id & 0xffff, world.core.id >>> 16];
  const lists = [world.pending, world.timers, world.digests, world.answers, world.orders, world.ghost];
  for (const list of lists) codes.push(list.length, ...list);
  codes.push(
    world.intended | (world.intendedBase << 3) | (world.base << 6) | (world.current << 9),
    world.crashed | (world.declared << 3) | (world.ignored << 6) | (world.deaths << 9),
    bits(
      world.leaving,
      world.drained,
      world.learnBit,
      world.seal,
      world.unsettled,
      world.doubt,
      world.doubtResets,
      world.empty,
      world.watch,
      world.watchNotice,
      world.returned,
      world.isRemapped,
    ),
    world.coming[0]! | (world.coming[1]! << 3) | (world.coming[2]! << 6),
    world.holds | (world.retargets << 2) | (world.crashes << 4) | (world.losses << 6) | (world.duplicates << 8),
    world.spoofs | (world.refusals << 2) | (world.silences << 4) | (world.restarts << 6) | (world.lateReports << 8),
  );
  world.pins.forEach((pin, flow) => {
    codes.push(pin | (Number(world.closing[flow]) << 3) | (Number(world.pinNotices[flow]) << 4));
  });
  for (const slot of world.slots) {
    codes.push(
      slot.state === 'empty' ? slot.generation : (slot.generation << 8) | (SLOT_STATES[slot.state] << 6) | slot.server,
    );
    if (slot.state !== 'empty') codes.push(slot.key.charCodeAt(2), slot.answer ?? 9);
  }
  for (const flow of world.flows) {
    codes.push(
      flow.state | (flow.incarnation << 2) | (flow.server << 5) | (flow.syns << 8),
      flow.answers,
      flow.flying,
      flow.held[1]! | (flow.held[2]! << 3) | (flow.held[3]! << 6) | (flow.held[4]! << 9),
      bits(flow.spoke, flow.silent),
    );
  }
  return String.fromCharCode(...codes);
}

function bits(...flags: readonly boolean[]): number {
  return flags.reduce((sum, flag, index) => sum | (Number(flag) << index), 0);
}
