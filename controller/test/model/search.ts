/**
 * Breadth-first search of a world: every state that can be reached within the scope is looked at once, and the first broken
 * invariant is told with the shortest way to it. Afterwards the graph is walked backwards from where everything is settled:
 * a state from which that cannot be reached any more is a shift that can never finish.
 */
import { encodeCore } from './core.ts';
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

/** Searches. @param limit states after which it gives up (and is not complete) */
export function search(scope: Scope, limit: number): SearchResult {
  const start = initialWorld(scope);
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
    for (const { id, world } of frontier) {
      for (const transition of successors(world, scope)) {
        transitions++;
        if (transition.violation !== undefined) {
          const violation = [...wayTo(id), transition.label, `=> ${transition.violation}`];
          return { states: ids.size, transitions, violation, stuck: undefined, complete: false };
        }
        const key = encode(transition.world);
        let target = ids.get(key);
        if (target === undefined) {
          target = ids.size;
          ids.set(key, target);
          parents.push(id);
          labels.push(transition.label);
          if (isSettled(transition.world)) settledIds.push(target);
          next.push({ id: target, world: transition.world });
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
  const bucket = world.core.vips.get(1)![0]!;
  return bucket.phase === 'steady' && world.pending.length === 0 && world.slots.every((slot) => slot.state === 'empty');
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

/**
 * Generations matter only by which is newer and which are equal; so each slot's are numbered anew, or a slot that is taken
 * and expires over and over would make states without end.
 */
function rankGenerations(world: World): (slot: number, generation: number) => number {
  const ranks = world.slots.map((slot, index) => {
    const seen = new Set([slot.generation]);
    const record = world.core.slots.get(index);
    if (record !== undefined) seen.add(record.generation);
    for (const event of [...world.digests, ...world.pending, ...world.orders]) {
      if ('generation' in event && event.slot === index) seen.add(event.generation);
    }
    return [...seen].sort((a, b) => a - b);
  });
  return (slot, generation) => ranks[slot]!.indexOf(generation);
}

export function encode(world: World): string {
  const bucket = world.core.vips.get(1)![0]!;
  const rank = rankGenerations(world);
  const text = (event: object): string => {
    if (!('generation' in event && 'slot' in event)) return JSON.stringify(event, withoutTokens);
    return JSON.stringify({ ...event, generation: rank(event.slot as number, event.generation as number) });
  };
  const tag = world.core.sweep.pending?.tag;
  const parts: unknown[] = [
    encodeCore(world.core, rank),
    world.pending.map(text).join(),
    world.timers
      .filter((timer) => !('name' in timer) || timer.token === bucket.token)
      .filter(
        (timer) =>
          !('server' in timer && 'token' in timer) || world.core.servers.get(timer.server)?.token === timer.token,
      )
      .filter((timer) => timer.kind !== 'sweep-late' || timer.tag === tag)
      .filter((timer) => timer.kind !== 'closing-due' || timer.keys.some((key) => world.core.pins.get(key)?.closing))
      .map((timer) => (timer.kind === 'closing-due' ? `closing ${timer.keys.join()}` : timer.kind))
      .sort()
      .join(),
    world.digests
      .map((event) => (event.kind === 'swept' ? `swept ${event.tag === tag} ${event.reports}` : text(event)))
      .join(),
    world.answers.map(text).join(),
    world.orders.map((order) => (order.kind === 'sweep' ? `sweep ${order.tag === tag}` : text(order))).join(),
    world.intended,
    world.leaving,
    world.drained,
    world.base,
    world.current,
    world.learnBit,
    world.seal,
    world.unsettled,
    world.watch,
    world.watchNotice,
    world.pins.join(),
    world.closing.join(),
    world.pinNotices.join(),
    world.slots.map((slot, index) =>
      slot.state === 'empty'
        ? rank(index, slot.generation)
        : `${slot.state}${rank(index, slot.generation)}${slot.key}>${slot.server}:${slot.answer ?? '-'}`,
    ),
    world.flows.map(
      (flow) =>
        `${flow.state}${flow.incarnation}>${flow.server} ${[...flow.syns].sort()} ${[...flow.answers].sort()} ${flow.held}`,
    ),
    world.intendedBase,
    world.crashed,
    world.declared,
    world.ignored,
    world.deaths,
    world.holds,
    world.retargets,
    world.crashes,
    world.losses,
    world.duplicates,
    world.spoofs,
    world.refusals,
  ];
  return parts.join('|');
}

function withoutTokens(key: string, value: unknown): unknown {
  return key === 'token' || key === 'tag' ? undefined : value;
}
