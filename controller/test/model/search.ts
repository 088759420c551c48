/**
 * Breadth-first search of a world: every state that can be reached within the scope is looked at once, and the first
 * broken invariant is told with the shortest way to it. Afterwards the graph is walked backwards from where everything
 * is settled: a state from which that cannot be reached any more is a shift that can never finish.
 */
import { setImmediate } from 'node:timers/promises';
import type { Effect, PinEvent } from '../../src/shift/types.ts';
import { forgetSteps } from './controller-model.ts';
import { cloneState, keep } from './core.ts';
import { encode } from './encoding.ts';
import { Graph } from './graph.ts';
import { itemOf, numberOf } from './items.ts';
import { reduce } from './reductions.ts';
import type { Scope } from './scope.ts';
import { successors } from './successors.ts';
import { Visited } from './visited.ts';
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
  const visited = new Visited();
  const graph = new Graph();
  visited.add(encode(start));
  graph.addState(0, '', isSettled(start));
  let transitions = 0;
  let frontier: { readonly id: number; readonly world: World }[] = [{ id: 0, world: start }];
  const found = (what: Partial<SearchResult>): SearchResult => {
    return { states: visited.size, transitions, violation: undefined, stuck: undefined, complete: false, ...what };
  };
  while (frontier.length > 0) {
    const next: typeof frontier = [];
    for (const [index, { id, world }] of frontier.entries()) {
      if (index % BREATH_STATES === 0) await setImmediate();
      graph.openState();
      for (const { label, world: reached, violation } of successors(world, scope)) {
        transitions++;
        if (violation !== undefined) return found({ violation: [...graph.wayTo(id), label, `=> ${violation}`] });
        if (scope.reduced) reduce(reached, scope);
        compactGenerations(reached);
        const isNew = visited.size;
        const target = visited.add(encode(reached));
        if (target === isNew) {
          graph.addState(id, label, isSettled(reached));
          next.push({ id: target, world: reached });
          visit(reached);
        }
        graph.addEdge(target);
      }
    }
    if (visited.size > limit) return found({});
    frontier = next;
  }
  const stuck = graph.findStuck();
  return found({ stuck: stuck === undefined ? undefined : graph.wayTo(stuck), complete: true });
}

function isSettled(world: World): boolean {
  const bucket = world.core.state.vips.get(1)![0]!;
  const quiet = world.pending.length === 0 && world.slots.every((slot) => slot.state === 'empty');
  const served = world.declared === 0 || world.base !== world.declared;
  return world.isRemapped || (quiet && served && bucket.phase === 'steady' && !bucket.inDoubt);
}

type Numbered = Extract<PinEvent | Effect, { generation: number }>;

function isNumbered(item: object): item is Numbered {
  return 'generation' in item;
}

/**
 * Generations matter only by which is newer and which are equal; so each slot's are numbered anew, or a slot that is
 * taken and expires over and over would make states without end.
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
