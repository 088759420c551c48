/** Questions about control-flow graphs that several lowering passes ask: which blocks follow, in which order they are visited. */
import type { Block, Graph, Terminator } from './ir.ts';

/** The blocks that control may flow to from here. */
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

/** The blocks that can be reached, each after all those it is reached from, as far as loops allow (reverse postorder). */
export function reachableBlocks(graph: Graph): Block[] {
  const done: Block[] = [];
  const seen = new Set<Block>([graph.entry]);
  const stack: { block: Block; successors: Block[]; next: number }[] = [];
  stack.push({ block: graph.entry, successors: successorsOf(graph.entry.terminator), next: 0 });
  while (stack.length > 0) {
    const top = stack[stack.length - 1]!;
    // Successors are visited last to first, so that the first one comes first in the reversed order.
    const successor = top.successors[top.successors.length - 1 - top.next];
    if (successor === undefined) {
      done.push(top.block);
      stack.pop();
      continue;
    }
    top.next += 1;
    if (seen.has(successor)) continue;
    seen.add(successor);
    stack.push({ block: successor, successors: successorsOf(successor.terminator), next: 0 });
  }
  return done.reverse();
}
