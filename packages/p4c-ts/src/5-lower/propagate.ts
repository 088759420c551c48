/**
 * Copy propagation: uses of a variable are replaced by what was last assigned to it, where that is still the same.
 *
 * Works forward through each block, and on into blocks that have a single way in. Constants, action data and plain
 * copies are always passed on; larger expressions only where the variable is read once in the whole program, so nothing
 * is computed twice. What is left unread is removed afterwards by `dead-code.ts`.
 */

import { Facts, isExactPlace, mayBeSame } from './facts.ts';
import { NONE, onlyPredecessors, successorAt, successorCount } from './graph.ts';
import { mapExpressionsOf, targetOf } from './instructions.ts';
import type { Block, Expression, HeaderReference, Instruction, Place, Program } from './ir.ts';
import { isPlain } from './prepare-arguments.ts';
import { type ListedGraph, type ReadCounts, readCounter, type Survey } from './survey.ts';
import { mapExpression, someExpression } from './traversal.ts';

/** Propagates copies in all graphs. */
export function propagateCopies(program: Program, survey: Survey): void {
  const walk = new Propagation(program, survey);
  for (const listed of survey.graphs) walk.through(listed);
}

/** One walk over all graphs. */
class Propagation {
  /** One for all graphs: what is known in one is taken back at its end. */
  private readonly facts: Facts;
  /**
   * How often variables were read at first: what is passed on depends on it. The survey's own counts follow the
   * changes.
   */
  private readonly reads: ReadCounts;
  private readonly forget: (expression: Expression) => void;
  private readonly count: (expression: Expression) => void;

  constructor(program: Program, survey: Survey) {
    this.facts = new Facts(program.variables.length);
    this.reads = survey.reads.slice();
    this.forget = readCounter(survey.reads, -1);
    this.count = readCounter(survey.reads, 1);
  }

  through({ graph, blocks }: ListedGraph): void {
    const { facts } = this;
    const predecessors = onlyPredecessors(graph, blocks);
    // A number on the stack stands for the facts known before a block; it lies below those that go on with what is
    // known at its end.
    const pending: (Block | number)[] = blocks.filter((block) => predecessors[block.id] === NONE);
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (typeof next === 'number') {
        facts.rollBack(next);
        continue;
      }
      pending.push(facts.mark());
      this.throughBlock(next);
      const { id, terminator } = next;
      for (let index = successorCount(terminator) - 1; index >= 0; index--) {
        const successor = successorAt(terminator, index);
        if (predecessors[successor.id] !== id) continue;
        pending.push(successor);
        // Once, however many ways lead there from here.
        predecessors[successor.id] = NONE;
      }
    }
    facts.rollBack(0);
  }

  private throughBlock(block: Block): void {
    for (const instruction of block.instructions) {
      mapExpressionsOf(instruction, this.substitute);
      observe(instruction, this.facts, this.reads);
    }
    const { terminator } = block;
    if (terminator.kind === 'branch') terminator.condition = this.substitute(terminator.condition);
    else if (terminator.kind === 'select') {
      terminator.keys = terminator.keys.map((key) => {
        const replaced = mapExpression(key, this.replace);
        return replaced.kind === 'read' && isPlain(replaced) ? this.exchange(key, replaced) : key;
      });
    }
  }

  /** The expression with what is known put in. */
  private readonly substitute = (expression: Expression): Expression =>
    this.exchange(expression, mapExpression(expression, this.replace));

  private readonly replace = (inner: Expression): Expression =>
    inner.kind === 'read' ? (this.facts.valueOf(inner.place) ?? inner) : inner;

  private exchange(before: Expression, after: Expression): Expression {
    if (after === before) return before;
    this.forget(before);
    this.count(after);
    return after;
  }
}

/** Takes note of what the instruction writes, and of what is known afterwards. */
function observe(instruction: Instruction, facts: Facts, reads: ReadCounts): void {
  observeHeaders(instruction, facts);
  const written = targetOf(instruction);
  if (written === undefined) return;
  const isWorthKnowing = instruction.kind === 'assign' && mayReplace(instruction.target, instruction.value, reads);
  facts.write(written, isWorthKnowing ? instruction.value : undefined);
}

/** Whether reads of the place may become the value that was assigned to it. */
function mayReplace(target: Place, value: Expression, reads: ReadCounts): boolean {
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

function mayPassOn(value: Expression, target: Place, reads: ReadCounts): boolean {
  if (value.type.kind === 'varbit') return false;
  if (value.kind === 'constant' || value.kind === 'parameter') return true;
  if (someExpression(value, isUnstable)) return false;
  if (value.kind === 'read') return true;
  return target.kind === 'variable' && target.variable.role !== 'user-metadata' && reads[target.variable.id] === 1;
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
