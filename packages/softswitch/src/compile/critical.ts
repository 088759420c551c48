/**
 * Which parts of a program must run one packet at a time when several threads run it, and under which lock.
 *
 * simple_switch has one ingress thread, so programs read a register in one action and write it in a later one, and rely
 * on no other packet coming between. Threads that share registers must keep that: a packet takes a lock when it first
 * touches a register (or a meter), and gives it back where no way through the pipeline leads to another one, at the
 * latest at the pipeline's end. Registers that one packet may touch in the same pipeline have the same lock, so a
 * packet never holds two and nothing can wait in a circle. Paths without registers take no lock at all: they run as
 * freely as if each thread were alone.
 *
 * Where all that a packet does with registers is in one action and at one index (counting by flow, say), the lock is
 * one of many, chosen by the index: packets of different flows then do not wait for each other.
 */
import { successors } from '../model/load-pipelines.ts';
import type { Expression, Pipeline, PipelineNode, Primitive, Program } from '../model/types.ts';

export interface CriticalRegions {
  /** Locks in all. */
  readonly lockCount: number;
  /** Of each action that locks by the index of its registers: the first of its `STRIPES` locks. Not in `actions`. */
  readonly striped: ReadonlyMap<number, number>;
  /** Lock of each register, the first one where it is locked by index; -1 where no packet touches it. */
  readonly registers: readonly number[];
  readonly stripedRegisters: readonly boolean[];
  /** Lock of each action, -1 for those without state. */
  readonly actions: readonly number[];
  /** Lock of the direct meter of each table, -1 where there is none. */
  readonly directMeters: readonly number[];
  /** Lock of each node of a conditional, by pipeline and node; -1 for other nodes. */
  readonly conditionals: ReadonlyMap<Pipeline, readonly number[]>;
  /** Nodes at whose start the lock is given back: none of the nodes behind them touches state, some before them do. */
  readonly releases: ReadonlyMap<Pipeline, ReadonlySet<number>>;
}

/** Locks of registers that are locked by index; a power of two. */
export const STRIPES = 64;

/** No regions: for a program that one thread runs. */
export function noRegions(program: Program): CriticalRegions {
  return {
    lockCount: 0,
    striped: new Map(),
    registers: program.registers.map(() => -1),
    stripedRegisters: program.registers.map(() => false),
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
  // Resources that cannot be locked by index: others come after them on a packet's way, or they are used at several
  // places.
  const whole = new Set<number>();
  for (const [action, found] of ofActions.entries())
    if (found.length > 0 && !hasOneIndex(actions[action]!.primitives)) whole.add(resources.find(found[0]!));
  for (const [pipeline, touches] of touched) {
    const reach = reachability(pipeline.nodes.map((node) => successors(node, tables)));
    for (const [i, node] of pipeline.nodes.entries()) {
      if (touches[i]!.length === 0) continue;
      const direct = node.kind === 'table' && tables[node.table]!.directMeter >= 0;
      if (direct || node.kind === 'conditional' || [...reach[i]!].some((to) => touches[to]!.length > 0))
        whole.add(resources.find(touches[i]![0]!));
    }
  }
  let lockCount = 0;
  const lockOf = (resource: number | undefined): number => {
    if (resource === undefined || !used.has(resource)) return -1;
    const root = resources.find(resource);
    let known = numbers.get(root);
    if (known === undefined) {
      known = lockCount;
      numbers.set(root, known);
      lockCount += whole.has(root) ? 1 : STRIPES;
    }
    return known;
  };
  const isStriped = (resource: number | undefined) =>
    resource !== undefined && used.has(resource) && !whole.has(resources.find(resource));
  const conditionals = new Map<Pipeline, readonly number[]>();
  for (const [pipeline, touches] of touched) {
    conditionals.set(
      pipeline,
      pipeline.nodes.map((node, i) => (node.kind === 'conditional' ? lockOf(touches[i]![0]) : -1)),
    );
  }
  const result = {
    registers: registers.map((_, i) => lockOf(i)),
    actions: ofActions.map((found) => (isStriped(found[0]) ? -1 : lockOf(found[0]))),
    striped: new Map(
      ofActions.flatMap((found, action) => (isStriped(found[0]) ? [[action, lockOf(found[0])] as const] : [])),
    ),
    stripedRegisters: registers.map((_, i) => isStriped(i)),
    directMeters: tables.map((table) => (table.directMeter < 0 ? -1 : lockOf(meter(table.directMeter)))),
    conditionals,
    releases,
  };
  return { ...result, lockCount };
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

/**
 * Whether an action reads and writes registers at one index only, by `register_read` and `register_write`, and the
 * index stays what it is from the first of them on. Actions with jumps are left out: what comes after what is not plain
 * there.
 */
function hasOneIndex(primitives: readonly Primitive[]): boolean {
  let index: string | undefined;
  for (const primitive of primitives) {
    const { operation, arguments: args } = primitive;
    if (operation.startsWith('_jump')) return false;
    const touched = new Set<number>();
    collect(primitive, touched, (meter) => -1 - meter);
    const position = operation === 'register_read' ? args[2] : operation === 'register_write' ? args[1] : undefined;
    if (position === undefined) {
      if (touched.size > 0) return false;
    } else {
      // Other registers within the arguments would be a second access.
      if (touched.size !== 1 || position.kind !== 'expression') return false;
      if (!['field', 'local', 'constant'].includes(position.expression.kind)) return false;
      const text = describe(position.expression);
      if (index !== undefined && text !== index) return false;
      index = text;
    }
    const target = operation === 'register_write' ? undefined : args[0];
    if (index !== undefined && operation !== 'register_write' && operation !== 'count') {
      // What assigns to more than one field may assign to the index.
      if (target?.kind !== 'expression' || target.expression.kind !== 'field') return false;
      if (describe(target.expression) === index) return false;
    }
  }
  return index !== undefined;
}

function describe(expression: Expression): string {
  return JSON.stringify(expression, (_, value) => (typeof value === 'bigint' ? String(value) : value));
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
