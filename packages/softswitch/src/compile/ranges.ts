/**
 * Which values an expression can take, found without running it.
 *
 * BMv2 computes with unbounded integers and cuts off only when a result is stored. Knowing an interval for every
 * expression is what lets the compiler use 32-bit operations for nearly all of them without changing a result.
 * An interval without bounds (`undefined`) is always a correct answer, merely a slow one.
 */
import { headerTypeOf } from '../model/load-expressions.ts';
import type { Expression, Field, FieldRef, Program } from '../model/types.ts';
import { VALID_FIELD } from '../model/types.ts';

/** Both ends included. */
export interface Range {
  readonly low: bigint;
  readonly high: bigint;
}

export const VALID_BIT: Field = { name: '$valid$', bitwidth: 1, signed: false, saturating: false, variable: false };

/** Left shifts by more than this are not followed. */
const MAX_SHIFT = 4096n;

/** Number of bits of a non-negative value; 0 for 0. */
export function bitLength(value: bigint): number {
  return value === 0n ? 0 : value.toString(2).length;
}

export function unsignedRange(bitwidth: number): Range {
  return { low: 0n, high: (1n << BigInt(bitwidth)) - 1n };
}

export function signedRange(bitwidth: number): Range {
  const half = 1n << BigInt(Math.max(bitwidth - 1, 0));
  return { low: -half, high: half - 1n };
}

/** The declaration of a field. */
export function fieldDeclaration(program: Program, field: FieldRef): Field {
  if (field.field === VALID_FIELD) return VALID_BIT;
  return program.headerTypes[program.headers[field.header]!.type]!.fields[field.field]!;
}

/** Symbols of a program in the form the loader's helpers take. */
export function headerTypeOfExpression(program: Program, expression: Expression): number {
  return headerTypeOf(expression, {
    headers: program.headers as never,
    stacks: program.headerStacks as never,
    unions: program.headerUnions as never,
    unionStacks: program.headerUnionStacks as never,
  });
}

function fieldRange(field: Field): Range | undefined {
  if (field.variable) return undefined;
  return field.signed ? signedRange(field.bitwidth) : unsignedRange(field.bitwidth);
}

/** Interval of an expression of type data. `localBits` are the widths of the action's parameters. */
export function rangeOf(program: Program, localBits: readonly number[], expression: Expression): Range | undefined {
  const range = (operand: Expression) => rangeOf(program, localBits, operand);
  switch (expression.kind) {
    case 'constant':
      return { low: expression.value, high: expression.value };
    case 'field':
      return fieldRange(fieldDeclaration(program, expression.field));
    case 'local':
      return unsignedRange(localBits[expression.index] ?? 0);
    case 'register':
      return unsignedRange(program.registers[expression.register]!.bitwidth);
    case 'lastField':
      return fieldRange(program.headerTypes[program.headerStacks[expression.stack]!.type]!.fields[expression.field]!);
    case 'accessField': {
      if (expression.field === VALID_FIELD) return unsignedRange(1);
      return fieldRange(
        program.headerTypes[headerTypeOfExpression(program, expression.header)]!.fields[expression.field]!,
      );
    }
    case 'boolToData':
      return unsignedRange(1);
    case 'stackSize':
    case 'lastStackIndex': {
      const size =
        expression.stack.kind === 'headerStack' ? program.headerStacks[expression.stack.stack]!.headers.length : 0;
      return expression.kind === 'stackSize' ? { low: 0n, high: BigInt(size) } : { low: -1n, high: BigInt(size - 1) };
    }
    case 'complement': {
      const operand = range(expression.operand);
      return operand === undefined ? undefined : { low: -operand.high - 1n, high: -operand.low - 1n };
    }
    case 'conditional': {
      const left = range(expression.left);
      const right = range(expression.right);
      return left === undefined || right === undefined ? undefined : hull([left.low, left.high, right.low, right.high]);
    }
    case 'arithmetic':
      return arithmeticRange(expression.operator, range(expression.left), range(expression.right));
    default:
      return undefined;
  }
}

function hull(values: readonly bigint[]): Range {
  let low = values[0]!;
  let high = low;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return { low, high };
}

function arithmeticRange(operator: string, left: Range | undefined, right: Range | undefined): Range | undefined {
  if (operator === '&') {
    // A non-negative operand bounds the result, whatever the other is.
    const bounds = [left, right]
      .filter((each): each is Range => each !== undefined && each.low >= 0n)
      .map((each) => each.high);
    return bounds.length === 0 ? undefined : { low: 0n, high: hull(bounds).low };
  }
  if (right !== undefined && right.low === right.high) {
    const bits = Number(right.low);
    if (operator === 'two_comp_mod') return signedRange(bits);
    if (operator === 'usat_cast') return unsignedRange(bits);
    if (operator === 'sat_cast') return signedRange(bits);
  }
  if (left === undefined || right === undefined) return undefined;
  switch (operator) {
    case '+':
      return { low: left.low + right.low, high: left.high + right.high };
    case '-':
      return { low: left.low - right.high, high: left.high - right.low };
    case '*':
      return hull([left.low * right.low, left.low * right.high, left.high * right.low, left.high * right.high]);
    case '|':
    case '^': {
      if (left.low < 0n || right.low < 0n) return undefined;
      const bits = Math.max(bitLength(left.high), bitLength(right.high));
      return unsignedRange(bits);
    }
    case '<<':
      if (right.low < 0n || right.high > MAX_SHIFT) return undefined;
      return hull([left.low << right.low, left.low << right.high, left.high << right.low, left.high << right.high]);
    case '>>':
      if (right.low < 0n) return undefined;
      return hull([left.low, left.high, left.low >> right.low, left.high >> right.low, left.low < 0n ? -1n : 0n]);
    case '/':
      return left.low >= 0n && right.low >= 0n ? { low: 0n, high: left.high } : undefined;
    case '%':
      return left.low >= 0n && right.low >= 0n
        ? { low: 0n, high: right.high === 0n ? 0n : right.high - 1n }
        : undefined;
    default:
      return undefined;
  }
}
