/**
 * Copy propagation: uses of a variable are replaced by what was last assigned to it, where that is still the same.
 *
 * Works forward through each block, and on into blocks that have a single way in. Constants, action data and plain copies
 * are always passed on; larger expressions only where the variable is read once in the whole program, so nothing
 * is computed twice. What is left unread is removed afterwards by `dead-code.ts`.
 */

import { mapExpression, samePlace, someExpression, walkExpression } from './expressions.ts';
import { expressionsOf, expressionsOfTerminator, mapExpressionsOf, targetOf } from './instructions.ts';
import {
  type Block,
  type Expression,
  type Graph,
  type HeaderInstance,
  type HeaderReference,
  type Instruction,
  type Place,
  type Program,
  reachableBlocks,
  successorsOf,
  type Variable,
} from './ir.ts';
import { isPlain } from './prepare-arguments.ts';

/** What is known about places at one point: their value as an expression over other places. */
type Known = { place: Place; value: Expression }[];

/** Number of times each variable is read, over all graphs. */
export function countReads(program: Program, graphs: readonly Graph[]): Map<Variable, number> {
  const counts = new Map<Variable, number>();
  const visit = (expression: Expression): void =>
    walkExpression(expression, (inner) => {
      if (inner.kind !== 'read' || inner.place.kind !== 'variable') return;
      counts.set(inner.place.variable, (counts.get(inner.place.variable) ?? 0) + 1);
    });
  for (const graph of graphs) {
    for (const block of reachableBlocks(graph)) {
      for (const instruction of block.instructions) expressionsOf(instruction).forEach(visit);
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
  for (const instruction of program.deparser.instructions) expressionsOf(instruction).forEach(visit);
  return counts;
}

/** Propagates copies in all graphs. */
export function propagateCopies(program: Program, graphs: readonly Graph[]): void {
  const reads = countReads(program, graphs);
  for (const graph of graphs) propagateIn(graph, reads);
}

function propagateIn(graph: Graph, reads: ReadonlyMap<Variable, number>): void {
  const blocks = reachableBlocks(graph);
  const predecessors = new Map<Block, Block[]>();
  for (const block of blocks) {
    for (const successor of new Set(successorsOf(block.terminator))) {
      const list = predecessors.get(successor);
      if (list === undefined) predecessors.set(successor, [block]);
      else list.push(block);
    }
  }
  const atEnd = new Map<Block, Known>();
  for (const block of blocks) {
    const [only, ...others] = predecessors.get(block) ?? [];
    const inherits =
      only !== undefined && others.length === 0 && block !== graph.entry && only.terminator.kind !== 'apply';
    const known: Known = inherits ? [...(atEnd.get(only) ?? [])] : [];
    for (const instruction of block.instructions) step(instruction, known, reads);
    const { terminator } = block;
    const substitute = substitution(known);
    if (terminator.kind === 'branch') terminator.condition = substitute(terminator.condition);
    else if (terminator.kind === 'select') {
      terminator.keys = terminator.keys.map((key) => {
        const replaced = substitute(key);
        return replaced.kind === 'read' && isPlain(replaced) ? replaced : key;
      });
    }
    atEnd.set(block, known);
  }
}

function substitution(known: Known): (expression: Expression) => Expression {
  if (known.length === 0) return (expression) => expression;
  return (expression) =>
    mapExpression(expression, (inner) => {
      if (inner.kind !== 'read') return inner;
      const fact = known.find((candidate) => samePlace(candidate.place, inner.place));
      return fact === undefined ? inner : fact.value;
    });
}

function step(instruction: Instruction, known: Known, reads: ReadonlyMap<Variable, number>): void {
  mapExpressionsOf(instruction, substitution(known));
  const target = targetOf(instruction);
  if (target !== undefined) forget(known, (place) => mayBeSame(place, target));
  forgetHeaders(instruction, known);
  if (instruction.kind !== 'assign') return;
  const { value } = instruction;
  if (!isExactPlace(instruction.target) || instruction.target.kind !== 'variable') {
    if (value.kind !== 'constant' || !isExactPlace(instruction.target)) return;
  }
  if (!mayPassOn(value, instruction.target, reads)) return;
  const place = instruction.target;
  if (someExpression(value, (inner) => inner.kind === 'read' && mayBeSame(inner.place, place))) return;
  known.push({ place, value });
}

function mayPassOn(value: Expression, target: Place, reads: ReadonlyMap<Variable, number>): boolean {
  if (value.type.kind === 'varbit') return false;
  if (value.kind === 'constant' || value.kind === 'parameter') return true;
  const isStable = !someExpression(value, (inner) => {
    if (inner.kind === 'lookahead' || inner.kind === 'last-index') return true;
    if (inner.kind === 'read') return !isExactPlace(inner.place);
    if (inner.kind === 'is-valid') return inner.header.kind !== 'instance';
    return inner.kind === 'is-valid-union';
  });
  if (!isStable) return false;
  if (value.kind === 'read') return true;
  return target.kind === 'variable' && target.variable.role !== 'user-metadata' && reads.get(target.variable) === 1;
}

function isExactPlace(place: Place): boolean {
  return place.kind === 'variable' || place.header.kind === 'instance';
}

/** Drops facts about places for which `test` holds, and facts whose value reads such a place. */
function forget(known: Known, test: (place: Place) => boolean): void {
  for (let at = known.length - 1; at >= 0; at--) {
    const fact = known[at]!;
    const isStale =
      test(fact.place) || someExpression(fact.value, (inner) => inner.kind === 'read' && test(inner.place));
    if (isStale) known.splice(at, 1);
  }
}

function mayBeSame(a: Place, b: Place): boolean {
  if (a.kind === 'variable' || b.kind === 'variable') {
    return a.kind === 'variable' && b.kind === 'variable' && a.variable === b.variable;
  }
  if (a.field.index !== b.field.index) return false;
  if (a.header.kind === 'instance' && b.header.kind === 'instance') return a.header.instance === b.header.instance;
  return true;
}

/** Forgets what an instruction does to whole headers, their validity included. */
function forgetHeaders(instruction: Instruction, known: Known): void {
  switch (instruction.kind) {
    case 'copy-header':
      forgetReference(known, instruction.target);
      return;
    case 'set-valid':
    case 'set-invalid':
    case 'extract':
      forgetReference(known, instruction.header);
      return;
    case 'mark-to-drop':
      forgetInstances(known, [instruction.metadata]);
      return;
    case 'copy-stack':
      forgetInstances(known, instruction.target.elements);
      return;
    case 'copy-union':
      forgetInstances(known, instruction.target.members);
      return;
    case 'copy-union-stack':
      forgetInstances(
        known,
        instruction.target.elements.flatMap((union) => union.members),
      );
      return;
    case 'push':
    case 'pop':
      known.length = 0;
      return;
    case 'extern-call':
    case 'truncate':
      known.length = 0;
      return;
    default:
      return;
  }
}

function forgetReference(known: Known, reference: HeaderReference): void {
  // Validity of a union's member changes that of its siblings: anything but a plain header forgets all validity.
  if (reference.kind === 'instance') forgetInstances(known, [reference.instance]);
  else known.length = 0;
}

function forgetInstances(known: Known, instances: readonly HeaderInstance[]): void {
  const names = new Set(instances);
  const touches = (place: Place): boolean =>
    place.kind === 'field' && (place.header.kind !== 'instance' || names.has(place.header.instance));
  for (let at = known.length - 1; at >= 0; at--) {
    const fact = known[at]!;
    const isStale =
      touches(fact.place) ||
      someExpression(
        fact.value,
        (inner) =>
          (inner.kind === 'read' && touches(inner.place)) ||
          inner.kind === 'is-valid' ||
          inner.kind === 'is-valid-union',
      );
    if (isStale) known.splice(at, 1);
  }
}
