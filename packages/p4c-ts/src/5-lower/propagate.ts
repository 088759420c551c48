/**
 * Copy propagation: uses of a variable are replaced by what was last assigned to it, where that is still the same.
 *
 * Works forward through each block, and on into blocks that have a single way in. Constants, action data and plain copies
 * are always passed on; larger expressions only where the variable is read once in the whole program, so nothing
 * is computed twice. What is left unread is removed afterwards by `dead-code.ts`.
 */

import { Facts, isExactPlace, mayBeSame } from './facts.ts';
import { eachExpression, expressionsOfTerminator, mapExpressionsOf, targetOf } from './instructions.ts';
import {
  type Block,
  type Expression,
  forEachSuccessor,
  type Graph,
  type HeaderReference,
  type Instruction,
  type Place,
  type Program,
  reachableBlocks,
  type Variable,
} from './ir.ts';
import { isPlain } from './prepare-arguments.ts';
import { mapExpression, someExpression } from './traversal.ts';

/** Number of times each variable is read, over all graphs. */
export function countReads(program: Program, graphs: readonly Graph[]): Map<Variable, number> {
  const counts = new Map<Variable, number>();
  const visit = readCounter(counts, 1);
  for (const graph of graphs) {
    for (const block of reachableBlocks(graph)) {
      for (const instruction of block.instructions) eachExpression(instruction, visit);
      expressionsOfTerminator(block.terminator).forEach(visit);
    }
  }
  for (const pipeline of [program.ingress, program.egress]) {
    for (const table of pipeline.tables) for (const key of table.keys) visit(key.expression);
    for (const profile of pipeline.profiles) profile.selector?.input?.forEach(visit);
  }
  for (const checksum of program.checksums) {
    visit(checksum.condition);
    for (const item of checksum.items) if (item.kind === 'expression') visit(item.expression);
  }
  for (const instruction of program.deparser.instructions) eachExpression(instruction, visit);
  return counts;
}

/** What changes the counts by that much for each time that a variable is read in an expression. */
export function readCounter(counts: Map<Variable, number>, change: 1 | -1): (expression: Expression) => void {
  const count = (inner: Expression): false => {
    if (inner.kind === 'read' && inner.place.kind === 'variable') {
      const { variable } = inner.place;
      counts.set(variable, (counts.get(variable) ?? 0) + change);
    }
    return false;
  };
  return (expression) => {
    someExpression(expression, count);
  };
}

/** Propagates copies in all graphs. */
export function propagateCopies(program: Program, graphs: readonly Graph[]): void {
  const reads = countReads(program, graphs);
  // One for all graphs: what is known in one is taken back at its end.
  const facts = new Facts();
  const replace = (inner: Expression): Expression =>
    inner.kind === 'read' ? (facts.valueOf(inner.place) ?? inner) : inner;
  const substitute = (expression: Expression): Expression => mapExpression(expression, replace);
  for (const graph of graphs) {
    propagateIn(graph, facts, substitute, reads);
    facts.rollBack(0);
  }
}

function propagateIn(
  graph: Graph,
  facts: Facts,
  substitute: (expression: Expression) => Expression,
  reads: ReadonlyMap<Variable, number>,
): void {
  const heirs = heirsOf(graph);
  // A number on the stack stands for the facts known before a block; it lies below the block's heirs.
  const pending: (Block | number)[] = heirs.get(undefined) ?? [];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (typeof next === 'number') {
      facts.rollBack(next);
      continue;
    }
    pending.push(facts.mark());
    propagateThrough(next, facts, substitute, reads);
    for (const heir of heirs.get(next) ?? []) pending.push(heir);
  }
}

/** For each block, the blocks that go on with what is known at its end; under `undefined`, those that start anew. */
function heirsOf(graph: Graph): Map<Block | undefined, Block[]> {
  const blocks = reachableBlocks(graph);
  // The only predecessor of a block; undefined where there are several.
  const predecessors = new Map<Block, Block | undefined>();
  for (const block of blocks) {
    forEachSuccessor(block.terminator, (successor) => {
      const isOnly = !predecessors.has(successor) || predecessors.get(successor) === block;
      predecessors.set(successor, isOnly ? block : undefined);
    });
  }
  const heirs = new Map<Block | undefined, Block[]>();
  for (const block of blocks) {
    const only = predecessors.get(block);
    const inherits = only !== undefined && block !== graph.entry && only.terminator.kind !== 'apply';
    const heir = inherits ? only : undefined;
    const list = heirs.get(heir);
    if (list === undefined) heirs.set(heir, [block]);
    else list.push(block);
  }
  return heirs;
}

function propagateThrough(
  block: Block,
  facts: Facts,
  substitute: (expression: Expression) => Expression,
  reads: ReadonlyMap<Variable, number>,
): void {
  for (const instruction of block.instructions) {
    mapExpressionsOf(instruction, substitute);
    observe(instruction, facts, reads);
  }
  const { terminator } = block;
  if (terminator.kind === 'branch') terminator.condition = substitute(terminator.condition);
  else if (terminator.kind === 'select') {
    terminator.keys = terminator.keys.map((key) => {
      const replaced = substitute(key);
      return replaced.kind === 'read' && isPlain(replaced) ? replaced : key;
    });
  }
}

/** Takes note of what the instruction writes, and of what is known afterwards. */
function observe(instruction: Instruction, facts: Facts, reads: ReadonlyMap<Variable, number>): void {
  observeHeaders(instruction, facts);
  const written = targetOf(instruction);
  if (written === undefined) return;
  const isWorthKnowing = instruction.kind === 'assign' && mayReplace(instruction.target, instruction.value, reads);
  facts.write(written, isWorthKnowing ? instruction.value : undefined);
}

/** Whether reads of the place may become the value that was assigned to it. */
function mayReplace(target: Place, value: Expression, reads: ReadonlyMap<Variable, number>): boolean {
  if (!isExactPlace(target)) return false;
  if (value.kind === 'constant') return mayPassOn(value, target, reads);
  return target.kind === 'variable' && mayPassOn(value, target, reads) && !readsPlace(value, target);
}

function readsPlace(value: Expression, place: Place): boolean {
  if (value.kind === 'parameter') return false;
  return value.kind === 'read' && value.place.kind === 'variable'
    ? mayBeSame(value.place, place)
    : somewhereReads(value, place);
}

function somewhereReads(value: Expression, place: Place): boolean {
  return someExpression(value, (inner) => inner.kind === 'read' && mayBeSame(inner.place, place));
}

function mayPassOn(value: Expression, target: Place, reads: ReadonlyMap<Variable, number>): boolean {
  if (value.type.kind === 'varbit') return false;
  if (value.kind === 'constant' || value.kind === 'parameter') return true;
  if (someExpression(value, isUnstable)) return false;
  if (value.kind === 'read') return true;
  return target.kind === 'variable' && target.variable.role !== 'user-metadata' && reads.get(target.variable) === 1;
}

/** Expressions whose value may change without a write that the facts would notice. */
function isUnstable(expression: Expression): boolean {
  if (expression.kind === 'lookahead' || expression.kind === 'last-index') return true;
  if (expression.kind === 'read') return !isExactPlace(expression.place);
  if (expression.kind === 'is-valid') return expression.header.kind !== 'instance';
  return expression.kind === 'is-valid-union';
}

/** Takes note of what an instruction does to whole headers, their validity included. */
function observeHeaders(instruction: Instruction, facts: Facts): void {
  switch (instruction.kind) {
    case 'copy-header':
      observeReference(instruction.target, facts);
      return;
    case 'set-valid':
    case 'set-invalid':
    case 'extract':
      observeReference(instruction.header, facts);
      return;
    case 'mark-to-drop':
      facts.writeHeaders([instruction.metadata]);
      return;
    case 'copy-stack':
      facts.writeHeaders(instruction.target.elements);
      return;
    case 'copy-union':
      facts.writeHeaders(instruction.target.members);
      return;
    case 'copy-union-stack':
      facts.writeHeaders(instruction.target.elements.flatMap((union) => union.members));
      return;
    case 'push':
    case 'pop':
    case 'extern-call':
    case 'truncate':
      facts.writeEverything();
      return;
    default:
      return;
  }
}

function observeReference(reference: HeaderReference, facts: Facts): void {
  if (reference.kind === 'instance') facts.writeHeaders([reference.instance]);
  else facts.writeEverything();
}
