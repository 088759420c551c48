/**
 * Makes the arguments of primitives as plain as BMv2 wants them: fields, constants or action data. Anything computed
 * goes into a temporary just before. (Assignments, conditions and logging take whole expressions.)
 * Also evaluates a `lookahead` only where the parser can: as the whole source of an assignment.
 */
import type { Span } from '../diagnostics/span.ts';
import { read } from './expressions.ts';
import type { Block, Expression, Instruction, Place, ScalarType } from './ir.ts';

/** Gives out places for temporaries. */
export type MakeTemporary = (type: ScalarType, name: string) => Place;

/** Rewrites the blocks in place. */
export function prepareArguments(blocks: readonly Block[], makeTemporary: MakeTemporary): void {
  // Assignments of temporaries that the instruction at hand needs before it.
  let before: Instruction[] = [];
  let span: Span | undefined;
  const plain = (expression: Expression): Expression => {
    if (isPlain(expression)) return expression;
    const place = makeTemporary(expression.type, 'arg');
    before.push({ kind: 'assign', target: place, value: expression, span });
    return read(place);
  };
  for (const block of blocks) {
    for (let at = 0; at < block.instructions.length; at++) {
      const instruction = block.instructions[at]!;
      span = instruction.span;
      prepare(instruction, plain);
      if (before.length === 0) continue;
      block.instructions.splice(at, 0, ...before);
      at += before.length;
      before = [];
    }
  }
}

/** A constant, action data, or a field whose place is known. */
export function isPlain(expression: Expression): boolean {
  if (expression.kind === 'constant' || expression.kind === 'parameter') return true;
  return (
    expression.kind === 'read' && (expression.place.kind === 'variable' || expression.place.header.kind === 'instance')
  );
}

function prepare(instruction: Instruction, plain: (expression: Expression) => Expression): void {
  switch (instruction.kind) {
    case 'count':
    case 'execute-meter':
    case 'read-register':
      instruction.index = plain(instruction.index);
      return;
    case 'write-register':
      instruction.index = plain(instruction.index);
      instruction.value = plain(instruction.value);
      return;
    case 'random':
      instruction.low = plain(instruction.low);
      instruction.high = plain(instruction.high);
      return;
    case 'hash':
      instruction.base = plain(instruction.base);
      instruction.maximum = plain(instruction.maximum);
      instruction.items = instruction.items.map((item) =>
        item.kind === 'expression' ? { kind: 'expression', expression: field(plain, item.expression) } : item,
      );
      return;
    case 'digest':
      instruction.receiver = plain(instruction.receiver);
      return;
    case 'clone':
      instruction.session = plain(instruction.session);
      return;
    case 'truncate':
      instruction.length = plain(instruction.length);
      return;
    default:
      return;
  }
}

/** A calculation can read fields and constants, but not action data. */
function field(plain: (expression: Expression) => Expression, expression: Expression): Expression {
  if (expression.kind !== 'parameter') return plain(expression);
  // Forces a temporary: a cast to its own type is no plain expression.
  return plain({ kind: 'cast', type: expression.type, operand: expression });
}
