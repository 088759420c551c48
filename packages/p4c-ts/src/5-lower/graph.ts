/**
 * Questions about control-flow graphs that several lowering passes ask: which blocks follow, in which order they are
 * visited.
 */
import { InternalError } from '../diagnostics/diagnostic.ts';
import type { Block, Graph, Terminator } from './ir.ts';

/** The blocks that control may flow to from here, in a list of the caller's own. */
export function successorsOf(terminator: Terminator): Block[] {
  const successors: Block[] = [];
  forEachSuccessor(terminator, (successor) => successors.push(successor));
  return successors;
}

/** Replaces every block that control may flow to. */
export function mapSuccessors(terminator: Terminator, map: (block: Block) => Block): void {
  switch (terminator.kind) {
    case 'goto':
      terminator.target = map(terminator.target);
      return;
    case 'branch':
      terminator.whenTrue = map(terminator.whenTrue);
      terminator.whenFalse = map(terminator.whenFalse);
      return;
    case 'apply': {
      const { next } = terminator;
      if (next.kind === 'always') next.target = map(next.target);
      else if (next.kind === 'hit-miss') {
        next.hit = map(next.hit);
        next.miss = map(next.miss);
      } else {
        for (const [action, target] of next.targets) next.targets.set(action, map(target));
        next.otherwise = map(next.otherwise);
      }
      return;
    }
    case 'select':
      for (const selectCase of terminator.cases) selectCase.target = map(selectCase.target);
      return;
    case 'accept':
    case 'reject':
    case 'return':
    case 'exit':
    case 'unreachable':
      return;
  }
}

/**
 * Number of blocks that control may flow to from here. For passes that ask every block; `forEachSuccessor` for all
 * others.
 */
export function successorCount(terminator: Terminator): number {
  switch (terminator.kind) {
    case 'goto':
      return 1;
    case 'branch':
      return 2;
    case 'apply': {
      const { next } = terminator;
      if (next.kind === 'always') return 1;
      return next.kind === 'hit-miss' ? 2 : next.targets.size + 1;
    }
    case 'select':
      return terminator.cases.length;
    case 'accept':
    case 'reject':
    case 'return':
    case 'exit':
    case 'unreachable':
      return 0;
  }
}

/** One of the blocks that control may flow to from here, by its position from 0. */
export function successorAt(terminator: Terminator, index: number): Block {
  switch (terminator.kind) {
    case 'goto':
      return terminator.target;
    case 'branch':
      return index === 0 ? terminator.whenTrue : terminator.whenFalse;
    case 'select':
      return terminator.cases[index]!.target;
    case 'apply': {
      const { next } = terminator;
      if (next.kind === 'always') return next.target;
      if (next.kind === 'hit-miss') return index === 0 ? next.hit : next.miss;
      return [...next.targets.values()][index] ?? next.otherwise;
    }
    case 'accept':
    case 'reject':
    case 'return':
    case 'exit':
    case 'unreachable':
      throw new InternalError(`a block that ends with ${terminator.kind} has no successor`);
  }
}

/** Calls `visit` with each block that control may flow to from here. */
export function forEachSuccessor(terminator: Terminator, visit: (successor: Block) => void): void {
  const count = successorCount(terminator);
  for (let index = 0; index < count; index++) visit(successorAt(terminator, index));
}

/** In `onlyPredecessors`: no single block leads there alone. */
export const NONE = 0;

/**
 * By a block's id, the id of the only block that goes on to it, whatever happens there; `NONE` for the entry, for
 * blocks that several others lead to, and for those after a table. `blocks`: all of the graph.
 */
export function onlyPredecessors(graph: Graph, blocks: readonly Block[]): Int32Array<ArrayBuffer> {
  let greatest = 0;
  for (const { id } of blocks) if (id > greatest) greatest = id;
  const predecessors = new Int32Array(greatest + 1).fill(UNKNOWN);
  predecessors[graph.entry.id] = NONE;
  for (const { id, terminator } of blocks) {
    const predecessor = terminator.kind === 'apply' ? NONE : id;
    for (let index = successorCount(terminator) - 1; index >= 0; index--) {
      const successor = successorAt(terminator, index).id;
      const known = predecessors[successor];
      predecessors[successor] = known === UNKNOWN || known === predecessor ? predecessor : NONE;
    }
  }
  return predecessors;
}

const UNKNOWN = -1;

/**
 * Working space of `reachableBlocks`, which every pass asks for every graph. It keeps its size, but no block, between
 * calls.
 */
const DONE: (Block | undefined)[] = [];
const PATH: (Block | undefined)[] = [];
const LEFT: number[] = [];
/** How much of `PATH` and `LEFT` is in use. */
let depth = 0;
/** By the block's number: the last call that met it. */
let metIn = new Int32Array(1024);
let calls = 0;

/**
 * The blocks that can be reached, each after all those it is reached from, as far as loops allow (reverse postorder).
 */
export function reachableBlocks(graph: Graph): Block[] {
  const { entry } = graph;
  // Most graphs are actions of one block.
  if (successorCount(entry.terminator) === 0) return [entry];
  calls += 1;
  depth = 0;
  let count = 0;
  visit(entry);
  while (depth > 0) {
    const top = depth - 1;
    const block = PATH[top]!;
    // Last to first, so that the first one comes first in the reversed order.
    const index = LEFT[top]! - 1;
    if (index < 0) {
      DONE[count] = block;
      count += 1;
      PATH[top] = undefined;
      depth = top;
      continue;
    }
    LEFT[top] = index;
    visit(successorAt(block.terminator, index));
  }
  const blocks = DONE.slice(0, count) as Block[];
  DONE.fill(undefined, 0, count);
  return blocks.reverse();
}

/** Puts the block on the path, with the number of its successors left to visit, unless it was there before. */
function visit(block: Block): void {
  if (block.id >= metIn.length) {
    const larger = new Int32Array(2 * block.id);
    larger.set(metIn);
    metIn = larger;
  }
  if (metIn[block.id] === calls) return;
  metIn[block.id] = calls;
  PATH[depth] = block;
  LEFT[depth] = successorCount(block.terminator);
  depth += 1;
}
