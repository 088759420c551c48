/**
 * Turns a graph of nodes into structured JavaScript.
 *
 * Pipelines and parsers are graphs with jumps, JavaScript has only blocks and loops. Along the dominator tree every
 * node is written where its only predecessor jumps to it; a node with several predecessors is put behind a labelled
 * block around its dominator, so that a jump to it is a `break`; the head of a loop becomes `for (;;)` and a jump back
 * `continue`. V8 then sees ordinary forward control flow. Graphs that cannot be written so (a jump into a loop from
 * outside) become a loop around a `switch`.
 */
import type { Code } from './code.ts';

export interface FlowGraph {
  readonly size: number;
  readonly start: number;
  /** Nodes that may follow; -1 (the end) is left out. */
  readonly successors: (node: number) => readonly number[];
  /** Writes a node. Every path through what it writes must end with a `go`. */
  readonly emit: (node: number, go: (target: number) => void) => void;
  /** Writes the jump to the end. */
  readonly emitEnd: () => void;
}

/** Writes the whole graph to `code`. */
export function emitFlow(code: Code, graph: FlowGraph): void {
  if (graph.start < 0) {
    graph.emitEnd();
    return;
  }
  const order = reversePostorder(graph);
  const rank = new Map(order.map((node, i) => [node, i]));
  const predecessors = new Map<number, number[]>(order.map((node) => [node, []]));
  for (const node of order) for (const next of graph.successors(node)) predecessors.get(next)!.push(node);
  const dominator = immediateDominators(order, rank, predecessors);
  const dominates = (a: number, b: number) => {
    for (let node = b; ; node = dominator.get(node)!) {
      if (node === a) return true;
      if (dominator.get(node) === node) return false;
    }
  };
  const isBack = (from: number, to: number) => rank.get(to)! <= rank.get(from)!;
  const loopHeads = new Set<number>();
  for (const node of order) {
    for (const next of graph.successors(node)) {
      if (!isBack(node, next)) continue;
      if (!dominates(next, node)) {
        emitStateMachine(code, graph, order);
        return;
      }
      loopHeads.add(next);
    }
  }
  const isMerge = (node: number) => predecessors.get(node)!.filter((from) => !isBack(from, node)).length > 1;
  const children = new Map<number, number[]>(order.map((node) => [node, []]));
  for (const node of order) if (node !== graph.start) children.get(dominator.get(node)!)!.push(node);
  const label = code.names.fresh('L');

  const writeTree = (node: number): void => {
    const merges = children
      .get(node)!
      .filter(isMerge)
      .sort((a, b) => rank.get(b)! - rank.get(a)!);
    if (loopHeads.has(node)) code.block(`${label}loop${node}: for (;;)`, () => writeWithin(node, merges));
    else writeWithin(node, merges);
  };
  const writeWithin = (node: number, merges: readonly number[]): void => {
    const [outermost, ...rest] = merges;
    if (outermost === undefined) {
      graph.emit(node, (target) => go(node, target));
      return;
    }
    code.block(`${label}to${outermost}:`, () => writeWithin(node, rest));
    writeTree(outermost);
  };
  const go = (from: number, target: number): void => {
    if (target < 0) graph.emitEnd();
    else if (isBack(from, target)) code.line(`continue ${label}loop${target};`);
    else if (isMerge(target)) code.line(`break ${label}to${target};`);
    else writeTree(target);
  };
  writeTree(graph.start);
}

function emitStateMachine(code: Code, graph: FlowGraph, order: readonly number[]): void {
  const state = code.names.fresh('state');
  const loop = code.names.fresh('machine');
  code.line(`let ${state} = ${graph.start};`);
  code.block(`${loop}: for (;;)`, () => {
    code.block(`switch (${state})`, () => {
      for (const node of order) {
        code.block(`case ${node}:`, () => {
          graph.emit(node, (target) => {
            if (target < 0) graph.emitEnd();
            else code.line(`${state} = ${target}; continue ${loop};`);
          });
        });
      }
    });
  });
}

function reversePostorder(graph: FlowGraph): number[] {
  const seen = new Uint8Array(graph.size);
  const postorder: number[] = [];
  const stack: { node: number; rest: number[] }[] = [];
  const enter = (node: number) => {
    seen[node] = 1;
    stack.push({ node, rest: [...graph.successors(node)].reverse() });
  };
  enter(graph.start);
  while (stack.length > 0) {
    const top = stack.at(-1)!;
    const next = top.rest.pop();
    if (next === undefined) {
      postorder.push(top.node);
      stack.pop();
    } else if (seen[next] === 0) {
      enter(next);
    }
  }
  return postorder.reverse();
}

/** Cooper, Harvey and Kennedy's iteration. The start dominates itself. */
function immediateDominators(
  order: readonly number[],
  rank: ReadonlyMap<number, number>,
  predecessors: ReadonlyMap<number, readonly number[]>,
): Map<number, number> {
  const start = order[0]!;
  const dominator = new Map<number, number>([[start, start]]);
  const meet = (a: number, b: number) => {
    let x = a;
    let y = b;
    while (x !== y) {
      while (rank.get(x)! > rank.get(y)!) x = dominator.get(x)!;
      while (rank.get(y)! > rank.get(x)!) y = dominator.get(y)!;
    }
    return x;
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (const node of order.slice(1)) {
      const known = predecessors.get(node)!.filter((from) => dominator.has(from));
      const best = known.slice(1).reduce(meet, known[0]!);
      if (dominator.get(node) !== best) {
        dominator.set(node, best);
        changed = true;
      }
    }
  }
  return dominator;
}
