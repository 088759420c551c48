/**
 * Which parts of a program must run one packet at a time when several threads run it, and under which lock.
 *
 * simple_switch has one ingress thread, so programs read a register in one action and write it in a later one, and rely on no other packet
 * coming between. Threads that share registers must keep that: a packet takes a lock when it first touches a register (or a meter), and
 * gives it back where no way through the pipeline leads to another one, at the latest at the pipeline's end. Registers that one packet
 * may touch in the same pipeline have the same lock, so a packet never holds two and nothing can wait in a circle. Paths without
 * registers take no lock at all: they run as freely as if each thread were alone.
 */
import { successors } from '../model/load-pipelines.ts';
import type { Expression, Pipeline, PipelineNode, Primitive, Program } from '../model/types.ts';

export interface CriticalRegions {
  /** Locks in all. */
  readonly lockCount: number;
  /** Lock of each register; -1 where no packet touches it. */
  readonly registers: readonly number[];
  /** Lock of each action, -1 for those without state. */
  readonly actions: readonly number[];
  /** Lock of the direct meter of each table, -1 where there is none. */
  readonly directMeters: readonly number[];
  /** Lock of each node of a conditional, by pipeline and node; -1 for other nodes. */
  readonly conditionals: ReadonlyMap<Pipeline, readonly number[]>;
  /** Nodes at whose start the lock is given back: none of the nodes behind them touches state, some before them do. */
  readonly releases: ReadonlyMap<Pipeline, ReadonlySet<number>>;
}

/** No regions: for a program that one thread runs. */
export function noRegions(program: Program): CriticalRegions {
  return {
    lockCount: 0,
    registers: program.registers.map(() => -1),
    actions: program.actions.map(() => -1),
    directMeters: program.tables.map(() => -1),
    conditionals: new Map(),
    releases: new Map(),
  };
}

/** Finds the regions of a program. */
export function findRegions(program: Program): CriticalRegions {
  const { registers, meters, tables, actions } = program;
  // Resources: registers, then indirect and direct meters together (each table with a direct meter names its own).
  const resources = new DisjointSets(registers.length + meters.length);
  const meter = (index: number) => registers.length + index;
  const ofActions = actions.map((action) => {
    const found = new Set<number>();
    for (const primitive of action.primitives) collect(primitive, found, meter);
    return [...found];
  });
  const ofNode = (node: PipelineNode): number[] => {
    switch (node.kind) {
      case 'table': {
        const table = tables[node.table]!;
        const direct = table.directMeter >= 0 ? [meter(table.directMeter)] : [];
        return [...direct, ...table.actions.flatMap((action) => ofActions[action]!)];
      }
      case 'conditional': {
        const found = new Set<number>();
        collect(node.expression, found, meter);
        return [...found];
      }
      case 'actionCall':
        return ofActions[node.action]!;
    }
  };
  const releases = new Map<Pipeline, ReadonlySet<number>>();
  const touched = new Map<Pipeline, number[][]>();
  for (const found of ofActions) for (const each of found) resources.join(found[0]!, each);
  for (const pipeline of program.pipelines) {
    const touches = pipeline.nodes.map(ofNode);
    touched.set(pipeline, touches);
    const follow = pipeline.nodes.map((node) => successors(node, tables));
    const reach = reachability(follow);
    for (const [from, own] of touches.entries()) {
      const [first] = own;
      if (first === undefined) continue;
      for (const each of own) resources.join(first, each);
      for (const to of reach[from]!) for (const each of touches[to]!) resources.join(first, each);
    }
    const busy = pipeline.nodes.map(
      (_, i) => touches[i]!.length > 0 || [...reach[i]!].some((to) => touches[to]!.length > 0),
    );
    const released = new Set<number>();
    for (const [from, next] of follow.entries()) if (busy[from]) for (const to of next) if (!busy[to]) released.add(to);
    releases.set(pipeline, released);
  }
  const used = new Set([...ofActions, ...[...touched.values()].flat()].flat());
  const numbers = new Map<number, number>();
  const lockOf = (resource: number | undefined): number => {
    if (resource === undefined || !used.has(resource)) return -1;
    const root = resources.find(resource);
    const known = numbers.get(root) ?? numbers.size;
    numbers.set(root, known);
    return known;
  };
  const conditionals = new Map<Pipeline, readonly number[]>();
  for (const [pipeline, touches] of touched) {
    conditionals.set(
      pipeline,
      pipeline.nodes.map((node, i) => (node.kind === 'conditional' ? lockOf(touches[i]![0]) : -1)),
    );
  }
  const result = {
    registers: registers.map((_, i) => lockOf(i)),
    actions: ofActions.map((found) => lockOf(found[0])),
    directMeters: tables.map((table) => (table.directMeter < 0 ? -1 : lockOf(meter(table.directMeter)))),
    conditionals,
    releases,
  };
  return { ...result, lockCount: numbers.size };
}

/** The registers and meters named anywhere in a primitive or an expression. */
function collect(part: Primitive | Expression, found: Set<number>, meter: (index: number) => number): void {
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if ('kind' in value && value.kind === 'register' && 'register' in value) found.add(value.register as number);
    if ('kind' in value && value.kind === 'meter' && 'meter' in value) found.add(meter(value.meter as number));
    for (const each of Object.values(value)) visit(each);
  };
  visit(part);
}

/** For each node those that can come after it; itself only if it lies on a cycle. */
function reachability(follow: readonly (readonly number[])[]): readonly ReadonlySet<number>[] {
  return follow.map((next) => {
    const seen = new Set<number>();
    const waiting = [...next];
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
      if (seen.has(node)) continue;
      seen.add(node);
      waiting.push(...follow[node]!);
    }
    return seen;
  });
}

/** Union-find with path halving. */
class DisjointSets {
  readonly #parents: number[];

  constructor(size: number) {
    this.#parents = Array.from({ length: size }, (_, i) => i);
  }

  find(element: number): number {
    const parents = this.#parents;
    let at = element;
    while (parents[at] !== at) {
      parents[at] = parents[parents[at]!]!;
      at = parents[at]!;
    }
    return at;
  }

  join(a: number, b: number): void {
    this.#parents[this.find(a)] = this.find(b);
  }
}
