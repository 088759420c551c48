/**
 * Replaces header stack indexes that are known only at run time.
 *
 * A read becomes a chain of conditionals over the elements, a write or an operation on a header a chain of branches. So
 * an index beyond the stack is harmless (a read yields the last element, a write does nothing), where BMv2's own
 * dereferencing would end the switch's process.
 */
import { binary, conditional, constant, isValid, isValidUnion, read } from './expressions.ts';
import { mapExpressionsOf } from './instructions.ts';
import type { Block, Expression, HeaderReference, Instruction, UnionReference } from './ir.ts';
import type { LowerServices } from './lower.ts';
import type { ListedGraph } from './survey.ts';
import { mapExpression } from './traversal.ts';

/** Rewrites the blocks in place. */
export function expandDynamicIndexes({ blocks }: ListedGraph, services: LowerServices): void {
  for (const block of blocks) {
    const { terminator } = block;
    if (terminator.kind === 'branch') terminator.condition = staticReads(terminator.condition);
    else if (terminator.kind === 'select') terminator.keys = terminator.keys.map(staticReads);
    expandBlock(block, services);
  }
}

function expandBlock(start: Block, services: LowerServices): void {
  let block = start;
  for (let at = 0; at < block.instructions.length; at++) {
    const instruction = block.instructions[at]!;
    mapExpressionsOf(instruction, staticReads);
    const dynamic = dynamicReference(instruction);
    if (dynamic === undefined) continue;
    // Everything after this instruction moves to a block of its own.
    const rest = services.newBlock(`${block.name}_rest`);
    rest.instructions = block.instructions.slice(at + 1);
    rest.terminator = block.terminator;
    block.instructions = block.instructions.slice(0, at);
    let test = block;
    const count = dynamic.stack.elements.length;
    for (let position = 0; position < count; position++) {
      const chosen = services.newBlock(`${block.name}_${position}`);
      chosen.instructions = [withStaticReference(instruction, dynamic, position)];
      chosen.terminator = { kind: 'goto', target: rest, span: instruction.span };
      const next = position + 1 < count ? services.newBlock(`${block.name}_index`) : rest;
      test.terminator = {
        kind: 'branch',
        condition: equals(dynamic.index, position),
        whenTrue: chosen,
        whenFalse: next,
        span: instruction.span,
      };
      // A second dynamic reference of the same instruction (the source of a copy).
      expandBlock(chosen, services);
      test = next;
    }
    block = rest;
    at = -1;
  }
}

type Dynamic = HeaderReference & { kind: 'element' | 'union-element' };

function isDynamic(reference: HeaderReference): reference is Dynamic {
  return reference.kind === 'element' || reference.kind === 'union-element';
}

/** The first reference of the instruction, other than one that is merely read, whose index is dynamic. */
function dynamicReference(instruction: Instruction): Dynamic | undefined {
  switch (instruction.kind) {
    case 'assign':
    case 'execute-meter':
    case 'read-register':
    case 'random':
    case 'hash':
      if (instruction.target.kind === 'field' && isDynamic(instruction.target.header)) return instruction.target.header;
      return undefined;
    case 'copy-header':
      if (isDynamic(instruction.target)) return instruction.target;
      return isDynamic(instruction.source) ? instruction.source : undefined;
    case 'set-valid':
    case 'set-invalid':
    case 'extract':
      return isDynamic(instruction.header) ? instruction.header : undefined;
    default:
      return undefined;
  }
}

function elementAt(reference: Dynamic, position: number): HeaderReference {
  if (reference.kind === 'element') return { kind: 'instance', instance: reference.stack.elements[position]! };
  return { kind: 'instance', instance: reference.stack.elements[position]!.members[reference.member]! };
}

function withStaticReference(instruction: Instruction, dynamic: Dynamic, position: number): Instruction {
  const element = elementAt(dynamic, position);
  switch (instruction.kind) {
    case 'assign':
    case 'execute-meter':
    case 'read-register':
    case 'random':
    case 'hash':
      if (instruction.target.kind !== 'field') return instruction;
      return { ...instruction, target: { kind: 'field', header: element, field: instruction.target.field } };
    case 'copy-header':
      return instruction.target === dynamic ? { ...instruction, target: element } : { ...instruction, source: element };
    case 'set-valid':
    case 'set-invalid':
    case 'extract':
      return { ...instruction, header: element };
    default:
      return instruction;
  }
}

function equals(index: Expression, position: number): Expression {
  return binary('==', index, constant(BigInt(position), index.type));
}

/** Whether `position` can be an index at all: a narrow index never reaches the later elements. */
function fits(index: Expression, position: number): boolean {
  return BigInt(position) < 1n << BigInt(widthOfIndex(index));
}

function widthOfIndex(index: Expression): number {
  return index.type.kind === 'bits' ? index.type.width : 32;
}

function chain(index: Expression, count: number, at: (position: number) => Expression): Expression {
  let last = count - 1;
  while (last > 0 && !fits(index, last)) last -= 1;
  let result = at(last);
  for (let position = last - 1; position >= 0; position--) {
    result = conditional(equals(index, position), at(position), result);
  }
  return result;
}

/** The expression without dynamic references. */
function staticReads(expression: Expression): Expression {
  return mapExpression(expression, staticRead);
}

function staticRead(inner: Expression): Expression {
  if (inner.kind === 'read' && inner.place.kind === 'field' && isDynamic(inner.place.header)) {
    const { header, field } = inner.place;
    return chain(header.index, header.stack.elements.length, (position) =>
      read({ kind: 'field', header: elementAt(header, position), field }),
    );
  }
  if (inner.kind === 'is-valid' && isDynamic(inner.header)) {
    const { header } = inner;
    return chain(header.index, header.stack.elements.length, (position) => isValid(elementAt(header, position)));
  }
  if (inner.kind === 'is-valid-union' && inner.union.kind === 'element') {
    const union: UnionReference & { kind: 'element' } = inner.union;
    return chain(union.index, union.stack.elements.length, (position) =>
      isValidUnion({ kind: 'instance', instance: union.stack.elements[position]! }),
    );
  }
  return inner;
}
