// Arithmetic on compile-time integers exactly as P4 defines it: arbitrary precision for `int`, wrap-around and two's
// complement for bit<W> and int<W>, saturation for |+| and |-|. Pure functions; what may go wrong (division by zero, a
// value that does not fit) comes back as a value, because only the caller knows whether it is worth a message.

import type * as ast from '../../2-parse/ast.ts';
import type { BitsType, IntegerType } from '../types.ts';

/** Widths and shift amounts above this are refused rather than computed (as p4c does), to bound time and memory. */
export const GREATEST_WIDTH_BITS = 2048;

/** The greatest magnitude of an `int`: a few squarings of squares would otherwise fill the memory. */
const GREATEST_INTEGER_BITS = 65_536;
const GREATEST_INTEGER = 1n << BigInt(GREATEST_INTEGER_BITS);

/** Whether an `int` is larger than is computed with. */
export function isTooLarge(value: bigint): boolean {
  return value > GREATEST_INTEGER || value < -GREATEST_INTEGER;
}

/** A message for that. */
export const TOO_LARGE_TEXT = `numbers of more than ${GREATEST_INTEGER_BITS} bits are not supported`;

/** How a value misses the range of its type. */
export type Misfit = 'negative-in-unsigned' | 'too-wide' | 'too-wide-signed' | 'zero-width';

/** The value cut to the type, and what was lost, if anything. */
export function fitToType(value: bigint, type: BitsType | IntegerType): { value: bigint; misfit: Misfit | undefined } {
  if (type.kind === 'integer') return { value, misfit: undefined };
  if (type.width === 0) return { value: 0n, misfit: value === 0n ? undefined : 'zero-width' };
  if (type.signed) {
    const fitted = BigInt.asIntN(type.width, value);
    return { value: fitted, misfit: fitted === value ? undefined : 'too-wide-signed' };
  }
  const fitted = BigInt.asUintN(type.width, value);
  if (fitted === value) return { value: fitted, misfit: undefined };
  return { value: fitted, misfit: value < 0n ? 'negative-in-unsigned' : 'too-wide' };
}

/** A message for a misfit. */
export function misfitText(misfit: Misfit, value: bigint, width: number): string {
  switch (misfit) {
    case 'negative-in-unsigned':
      return `${value}: negative value with an unsigned type`;
    case 'too-wide':
      return `${value}: value does not fit in ${width} bits`;
    case 'too-wide-signed':
      return `${value}: signed value does not fit in ${width} bits`;
    case 'zero-width':
      return `${value}: a zero-width integer can only be 0`;
  }
}

/** Result of an operation, or why there is none. */
export type ArithmeticResult =
  | { readonly kind: 'integer'; readonly value: bigint }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'failure'; readonly errorClass: 'invalid' | 'overlimit'; readonly reason: string };

const integer = (value: bigint): ArithmeticResult =>
  isTooLarge(value) ? { kind: 'failure', errorClass: 'overlimit', reason: TOO_LARGE_TEXT } : { kind: 'integer', value };
const invalid = (reason: string): ArithmeticResult => ({ kind: 'failure', errorClass: 'invalid', reason });
const bool = (value: boolean): ArithmeticResult => ({ kind: 'bool', value });

/** Operators that need two integers of one type. Shifts, concatenation and the boolean operators are apart. */
export type ArithmeticOperator = Exclude<ast.BinaryOperator, '++' | '<<' | '>>' | '&&' | '||'>;

/**
 * Applies an operator to two values of `type`. The integer result is not yet cut to the type (saturating ones are),
 * so that the caller can see an overflow.
 */
export function applyOperator(
  operator: ArithmeticOperator,
  left: bigint,
  right: bigint,
  type: BitsType | IntegerType,
): ArithmeticResult {
  switch (operator) {
    case '+':
      return integer(left + right);
    case '-':
      return integer(left - right);
    case '*':
      return integer(left * right);
    case '/':
    case '%': {
      const name = operator === '/' ? 'division' : 'modulo';
      if (left < 0n || right < 0n) return invalid(`${name} is not defined for negative numbers`);
      if (right === 0n) return invalid(`${name} by zero`);
      return integer(operator === '/' ? left / right : left % right);
    }
    case '|+|':
    case '|-|': {
      if (type.kind === 'integer') {
        return invalid('saturating operations need operands with a width');
      }
      return integer(saturate(operator === '|+|' ? left + right : left - right, type));
    }
    case '&':
      return integer(left & right);
    case '|':
      return integer(left | right);
    case '^':
      return integer(left ^ right);
    case '==':
      return bool(left === right);
    case '!=':
      return bool(left !== right);
    case '<':
      return bool(left < right);
    case '<=':
      return bool(left <= right);
    case '>':
      return bool(left > right);
    case '>=':
      return bool(left >= right);
  }
}

function saturate(value: bigint, type: BitsType): bigint {
  const least = type.signed ? -(1n << BigInt(type.width - 1)) : 0n;
  const greatest = (1n << BigInt(type.signed ? type.width - 1 : type.width)) - 1n;
  if (value < least) return least;
  return value > greatest ? greatest : value;
}

/** `value << amount` or `value >> amount` (arithmetic for negative values), cut to the type. `amount` >= 0. */
export function shift(operator: '<<' | '>>', value: bigint, amount: bigint, type: BitsType | IntegerType): bigint {
  if (type.kind === 'bits' && amount >= BigInt(type.width)) {
    return operator === '>>' && type.signed && value < 0n ? -1n : 0n;
  }
  return fitToType(operator === '<<' ? value << amount : value >> amount, type).value;
}

/** `left ++ right`, where `right` has `rightWidth` bits; not cut. */
export function concatenate(left: bigint, right: bigint, rightWidth: number): bigint {
  return (left << BigInt(rightWidth)) | BigInt.asUintN(rightWidth, right);
}

/** Bits `high` to `low` of the value (both inclusive), as an unsigned number. */
export function sliceBits(value: bigint, high: number, low: number): bigint {
  return BigInt.asUintN(high - low + 1, value >> BigInt(low));
}
