/** Constant arithmetic against definitions that are as plain as possible. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyOperator, concatenate, fitToType, shift, sliceBits } from '../../src/3-types/fold/arithmetic.ts';
import { bits, integerType } from '../../src/3-types/types.ts';

const width = fc.integer({ min: 1, max: 130 });
const signed = fc.boolean();

/** The representative of `value` modulo 2^width in the type's range. */
function wrap(value: bigint, bitCount: number, isSigned: boolean): bigint {
  const modulus = 1n << BigInt(bitCount);
  const rest = ((value % modulus) + modulus) % modulus;
  return isSigned && rest >= modulus / 2n ? rest - modulus : rest;
}

describe('constant arithmetic', () => {
  test('fitToType keeps the value modulo 2^width, and says when it changed', () => {
    fc.assert(
      fc.property(fc.bigInt(), width, signed, (value, bitCount, isSigned) => {
        const fitted = fitToType(value, bits(bitCount, isSigned));
        expect(fitted.value).toBe(wrap(value, bitCount, isSigned));
        expect(fitted.misfit === undefined).toBe(fitted.value === value);
      }),
    );
    expect(fitToType(-5n, integerType)).toEqual({ value: -5n, misfit: undefined });
  });

  test('saturating operators stop at the ends of the range', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.bigInt(), width, signed, (a, b, bitCount, isSigned) => {
        const type = bits(bitCount, isSigned);
        const left = wrap(a, bitCount, isSigned);
        const right = wrap(b, bitCount, isSigned);
        const least = isSigned ? -(1n << BigInt(bitCount - 1)) : 0n;
        const greatest = (1n << BigInt(isSigned ? bitCount - 1 : bitCount)) - 1n;
        const exact = left + right;
        const expected = exact < least ? least : exact > greatest ? greatest : exact;
        expect(applyOperator('|+|', left, right, type)).toEqual({ kind: 'integer', value: expected });
      }),
    );
  });

  test('slices of a concatenation are its parts', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n }), fc.bigInt({ min: 0n }), width, width, (a, b, leftWidth, rightWidth) => {
        const left = wrap(a, leftWidth, false);
        const right = wrap(b, rightWidth, false);
        const joined = concatenate(left, right, rightWidth);
        expect(sliceBits(joined, rightWidth - 1, 0)).toBe(right);
        expect(sliceBits(joined, leftWidth + rightWidth - 1, rightWidth)).toBe(left);
      }),
    );
  });

  test('shifts are multiplications and divisions rounding down', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.integer({ min: 0, max: 200 }), width, signed, (a, amount, bitCount, isSigned) => {
        const type = bits(bitCount, isSigned);
        const value = wrap(a, bitCount, isSigned);
        const power = 1n << BigInt(amount);
        expect(shift('<<', value, BigInt(amount), type)).toBe(wrap(value * power, bitCount, isSigned));
        const quotient = value / power;
        const floor = value < 0n && quotient * power !== value ? quotient - 1n : quotient;
        expect(shift('>>', value, BigInt(amount), type)).toBe(floor);
      }),
    );
  });

  test('division is refused for zero and for negative numbers', () => {
    expect(applyOperator('/', 1n, 0n, integerType).kind).toBe('failure');
    expect(applyOperator('%', -1n, 2n, integerType).kind).toBe('failure');
    expect(applyOperator('/', 7n, 2n, bits(8))).toEqual({ kind: 'integer', value: 3n });
  });
});
