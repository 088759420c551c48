/**
 * Invariants of the intermediate representation, checked after every pass by the tests.
 *
 * Types must fit (both operands of `+` alike, an assignment's value like its place), blocks must lead somewhere,
 * variables must be declared, and what a pass promised to remove must be gone. A pass that breaks one of these is found
 * at once, where otherwise a switch far away would compute something strange.
 */

import { eachExpression, expressionsOfTerminator, targetOf } from './instructions.ts';
import {
  type Block,
  type Expression,
  isSigned,
  type Place,
  type Program,
  reachableBlocks,
  type ScalarType,
  typeOfPlace,
  widthOf,
} from './ir.ts';
import { passes } from './lower.ts';
import { printExpression, printInstruction } from './print.ts';
import { graphsOf } from './survey.ts';
import { walkExpression } from './traversal.ts';

/** Everything that is wrong with the program after that pass (`elaborate` for none yet), as messages. */
export function checkInvariants(program: Program, pass: string): string[] {
  const problems: string[] = [];
  const done = new Set(passes.slice(0, passes.findIndex((each) => each.name === pass) + 1).map((each) => each.name));
  const variables = new Set(program.variables);
  program.variables.forEach(({ id, name }, position) => {
    if (id !== position) problems.push(`variable ${name} is at position ${position}, but its id is ${id}`);
  });
  const checkExpression = (expression: Expression, where: string): void => {
    walkExpression(expression, (inner) => {
      const problem = problemOf(inner);
      if (problem !== undefined) problems.push(`${where}: ${problem}: ${printExpression(inner)}`);
      if (inner.kind === 'read') checkPlace(inner.place, where);
    });
  };
  const checkPlace = (place: Place, where: string): void => {
    if (place.kind === 'variable') {
      if (!variables.has(place.variable)) problems.push(`${where}: variable ${place.variable.name} is not declared`);
    } else if (
      done.has('dynamic-index') &&
      (place.header.kind === 'element' || place.header.kind === 'union-element')
    ) {
      problems.push(`${where}: an index known only at run time is left`);
    }
  };
  const checkBlocks = (blocks: readonly Block[]): void => {
    for (const block of blocks) {
      if (block.terminator.kind === 'unreachable') problems.push(`block ${block.name} leads nowhere`);
      for (const instruction of block.instructions) {
        const where = printInstruction(instruction);
        eachExpression(instruction, (expression) => checkExpression(expression, where));
        const target = targetOf(instruction);
        if (target === undefined) continue;
        checkPlace(target, where);
        if (instruction.kind === 'assign' && !sameType(typeOfPlace(target), instruction.value.type)) {
          problems.push(`${where}: the value has another type than its place`);
        }
      }
      for (const expression of expressionsOfTerminator(block.terminator)) checkExpression(expression, block.name);
      if (block.terminator.kind === 'branch' && block.terminator.condition.type.kind !== 'bool') {
        problems.push(`${block.name}: a condition that is no bool`);
      }
    }
  };
  for (const { blocks } of graphsOf(program)) checkBlocks(blocks);
  if (done.has('outline')) {
    for (const pipeline of [program.ingress, program.egress]) {
      for (const block of reachableBlocks(pipeline.graph)) {
        if (block.instructions.length > 0) problems.push(`${pipeline.name}: a statement is left outside of actions`);
      }
    }
  }
  return problems;
}

function sameType(a: ScalarType, b: ScalarType): boolean {
  if (a.kind !== b.kind) return false;
  return a.kind === 'varbit' || (widthOf(a) === widthOf(b) && isSigned(a) === isSigned(b));
}

function problemOf(expression: Expression): string | undefined {
  switch (expression.kind) {
    case 'constant': {
      const width = BigInt(widthOf(expression.type));
      const low = isSigned(expression.type) ? -(1n << (width - 1n)) : 0n;
      const high = isSigned(expression.type) ? 1n << (width - 1n) : 1n << width;
      return expression.value < low || (expression.value >= high && width > 0n)
        ? 'a constant outside of its type'
        : undefined;
    }
    case 'binary': {
      const { left, right, operator, type } = expression;
      if (operator === '<<' || operator === '>>') {
        if (isSigned(right.type)) return 'a signed shift amount';
        return sameType(left.type, type) ? undefined : 'a shift changes the type';
      }
      return sameType(left.type, right.type) ? undefined : 'operands of different types';
    }
    case 'conditional':
      if (expression.condition.type.kind !== 'bool') return 'a condition that is no bool';
      return sameType(expression.whenTrue.type, expression.whenFalse.type) ? undefined : 'branches of different types';
    case 'slice': {
      if (expression.low < 0 || expression.high < expression.low) return 'an empty slice';
      return expression.high < widthOf(expression.operand.type) ? undefined : 'a slice beyond its operand';
    }
    case 'concat':
      return widthOf(expression.type) === widthOf(expression.left.type) + widthOf(expression.right.type)
        ? undefined
        : 'a concatenation of another width';
    case 'unary':
    case 'cast':
    case 'read':
    case 'parameter':
    case 'is-valid':
    case 'is-valid-union':
    case 'last-index':
    case 'lookahead':
      return undefined;
  }
}
