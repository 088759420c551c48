/** Folding agrees with arithmetic on integers, and range expansion covers exactly its range. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rangeToMasks } from '../../src/4-elaborate/parsers.ts';
import * as build from '../../src/5-lower/expressions.ts';
import { type BinaryOperator, bitsType, type Expression } from '../../src/5-lower/ir.ts';

const OPERATORS: readonly BinaryOperator[] = ['+', '-', '*', '&', '|', '^', '|+|', '|-|', '==', '<', '>=', '<<', '>>'];

/** What an operation on values of that width and sign must give, computed from the definition. */
function reference(operator: BinaryOperator, a: bigint, b: bigint, width: number, signed: boolean): bigint {
  const wrap = (value: bigint): bigint => (signed ? BigInt.asIntN(width, value) : BigInt.asUintN(width, value));
  const low = signed ? -(1n << BigInt(width - 1)) : 0n;
  const high = signed ? (1n << BigInt(width - 1)) - 1n : (1n << BigInt(width)) - 1n;
  const clamp = (value: bigint): bigint => (value < low ? low : value > high ? high : value);
  switch (operator) {
    case '+':
      return wrap(a + b);
    case '-':
      return wrap(a - b);
    case '*':
      return wrap(a * b);
    case '&':
      return wrap(a & b);
    case '|':
      return wrap(a | b);
    case '^':
      return wrap(a ^ b);
    case '|+|':
      return clamp(a + b);
    case '|-|':
      return clamp(a - b);
    case '==':
      return a === b ? 1n : 0n;
    case '<':
      return a < b ? 1n : 0n;
    case '>=':
      return a >= b ? 1n : 0n;
    case '<<':
      return wrap(a << b);
    case '>>':
      return a >> b;
    default:
      throw new Error(operator);
  }
}

const folded = (expression: Expression): bigint => {
  if (expression.kind !== 'constant') throw new Error(`not folded: ${expression.kind}`);
  return expression.value;
};

describe('constant folding', () => {
  test('binary operators', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...OPERATORS),
        fc.integer({ min: 1, max: 70 }),
        fc.boolean(),
        fc.bigInt(),
        fc.bigInt(),
        (operator, width, signed, x, y) => {
          const type = bitsType(width, signed);
          const isShift = operator === '<<' || operator === '>>';
          const a = build.wrap(x, type);
          const b = isShift ? BigInt.asUintN(6, y) : build.wrap(y, type);
          const right = build.constant(b, isShift ? bitsType(6) : type);
          const result = build.binary(operator, build.constant(a, type), right);
          expect(folded(result)).toBe(reference(operator, a, b, width, signed));
        },
      ),
    );
  });

  test('slices, casts and concatenations', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.integer({ min: 1, max: 64 }), fc.integer({ min: 0, max: 63 }), (x, width, at) => {
        const value = build.constant(x, bitsType(width));
        const low = at % width;
        const high = low + ((width - low) >> 1);
        const slice = folded(build.slice(value, Math.min(high, width - 1), low));
        expect(slice).toBe(BigInt.asUintN(Math.min(high, width - 1) - low + 1, folded(value) >> BigInt(low)));
        const joined = build.concat(value, build.constant(5n, bitsType(3)));
        expect(folded(joined)).toBe(folded(value) * 8n + 5n);
        expect(folded(build.cast(build.cast(value, bitsType(width, true)), bitsType(width)))).toBe(folded(value));
      }),
    );
  });
});

test('a range is covered by its masks, each value once', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 0, max: 255 }), (a, b) => {
      const [low, high] = a < b ? [a, b] : [b, a];
      const masks = rangeToMasks(BigInt(low), BigInt(high), 8);
      for (let value = 0; value < 256; value++) {
        const hits = masks.filter((set) => (BigInt(value) & set.mask) === set.value).length;
        expect(hits).toBe(value >= low && value <= high ? 1 : 0);
      }
      expect(masks.length).toBeLessThanOrEqual(14);
    }),
  );
});
