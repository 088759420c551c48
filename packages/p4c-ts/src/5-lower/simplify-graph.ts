/**
 * Tidies a graph: empty blocks are skipped, branches on constants decided, chains of blocks with one way in and one way
 * out joined. Inlining leaves many such blocks behind; here they disappear at once, so that every later pass and the
 * emitter see only blocks that do something. Keeps the order of blocks, and so the output, deterministic.
 */
import { mapSuccessors, NONE, onlyPredecessors } from './graph.ts';
import { type Block, type Graph, reachableBlocks, type Terminator } from './ir.ts';
import type { ListedGraph } from './survey.ts';

/** Simplifies the graph in place. */
export function simplifyGraph({ graph, blocks: listed }: ListedGraph): void {
  let blocks = listed;
  for (;;) {
    // Blocks that are lost on the way do no harm, so one list serves these three.
    for (const block of blocks) decide(block);
    graph.entry = skipEmpty(graph.entry);
    for (const block of blocks) mapSuccessors(block.terminator, skipEmpty);
    let changed = false;
    for (const block of blocks) if (decide(block)) changed = true;
    if (joinChains(graph)) changed = true;
    if (!changed) return;
    blocks = reachableBlocks(graph);
  }
}

/** Replaces a branch that always goes one way. */
function decide(block: Block): boolean {
  const { terminator } = block;
  if (terminator.kind !== 'branch') return false;
  const { condition, whenTrue, whenFalse, span } = terminator;
  if (condition.kind === 'constant') {
    block.terminator = { kind: 'goto', target: condition.value === 0n ? whenFalse : whenTrue, span };
    return true;
  }
  if (whenTrue === whenFalse || sameEnding(whenTrue, whenFalse)) {
    block.terminator = { kind: 'goto', target: whenTrue, span };
    return true;
  }
  if (condition.kind === 'unary' && condition.operator === '!') {
    block.terminator = { kind: 'branch', condition: condition.operand, whenTrue: whenFalse, whenFalse: whenTrue, span };
  }
  return false;
}

/** Two empty blocks that end alike without going anywhere. */
function sameEnding(a: Block, b: Block): boolean {
  if (a.instructions.length > 0 || b.instructions.length > 0) return false;
  return a.terminator.kind === b.terminator.kind && ENDS.has(a.terminator.kind);
}

const ENDS: ReadonlySet<Terminator['kind']> = new Set(['return', 'exit', 'accept', 'reject']);

/** The block where something happens first. */
function skipEmpty(start: Block): Block {
  if (start.instructions.length > 0 || start.terminator.kind !== 'goto') return start;
  const next = start.terminator.target;
  if (next.instructions.length > 0 || next.terminator.kind !== 'goto') return next;
  const seen = new Set<Block>([start]);
  let block = next;
  while (block.instructions.length === 0 && block.terminator.kind === 'goto' && !seen.has(block)) {
    seen.add(block);
    block = block.terminator.target;
  }
  return block;
}

/** Joins a block with its only successor when that has no other predecessor. */
function joinChains(graph: Graph): boolean {
  const blocks = reachableBlocks(graph);
  if (!blocks.some((block) => block.terminator.kind === 'goto')) return false;
  const predecessors = onlyPredecessors(graph, blocks);
  let changed = false;
  const gone = new Set<Block>();
  for (const block of blocks) {
    if (gone.has(block)) continue;
    for (;;) {
      const { terminator } = block;
      if (terminator.kind !== 'goto') break;
      const { target } = terminator;
      if (target === block || predecessors[target.id] === NONE) break;
      if (block.instructions.length === 0) block.name = target.name;
      block.instructions.push(...target.instructions);
      block.terminator = target.terminator;
      gone.add(target);
      changed = true;
    }
  }
  return changed;
}
