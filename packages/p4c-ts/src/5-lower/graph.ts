/** Questions about control-flow graphs that several lowering passes ask: which blocks follow, in which order they are visited. */
import type { Block, Graph, Terminator } from './ir.ts';

/** The blocks that control may flow to from here, in a list of the caller's own. */
export function successorsOf(terminator: Terminator): Block[] {
  switch (terminator.kind) {
    case 'goto':
      return [terminator.target];
    case 'branch':
      return [terminator.whenTrue, terminator.whenFalse];
    case 'apply': {
      const { next } = terminator;
      if (next.kind === 'always') return [next.target];
      if (next.kind === 'hit-miss') return [next.hit, next.miss];
      return [...next.targets.values(), next.otherwise];
    }
    case 'select':
      return terminator.cases.map((selectCase) => selectCase.target);
    case 'accept':
    case 'reject':
    case 'return':
    case 'exit':
    case 'unreachable':
      return [];
  }
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

/** Working space of `reachableBlocks`, empty between calls: every pass asks for every graph. */
const PATH: Block[] = [];
const LEFT: Block[][] = [];

/** The blocks that can be reached, each after all those it is reached from, as far as loops allow (reverse postorder). */
export function reachableBlocks(graph: Graph): Block[] {
  const { entry } = graph;
  // Most graphs are actions of one block, and every pass asks.
  if (isEnd(entry.terminator)) return [entry];
  const done: Block[] = [];
  const seen = new Set<Block>([entry]);
  // The way to the block at hand, and what of each block's successors is left to visit: last to first, so that the first
  // one comes first in the reversed order.
  const path = PATH;
  const left = LEFT;
  path.push(entry);
  left.push(successorsOf(entry.terminator));
  while (path.length > 0) {
    const successor = left[left.length - 1]!.pop();
    if (successor === undefined) {
      done.push(path.pop()!);
      left.pop();
    } else if (!seen.has(successor)) {
      seen.add(successor);
      path.push(successor);
      left.push(successorsOf(successor.terminator));
    }
  }
  return done.reverse();
}

function isEnd(terminator: Terminator): boolean {
  switch (terminator.kind) {
    case 'accept':
    case 'reject':
    case 'return':
    case 'exit':
    case 'unreachable':
      return true;
    default:
      return false;
  }
}
