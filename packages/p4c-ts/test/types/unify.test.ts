/** Unification on its own: what it finds, and that it treats both sides fairly. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Unifier } from '../../src/3-types/infer/unify.ts';
import { bits, boolType, integerType, printType, type Type, typeEquals } from '../../src/3-types/types.ts';

const simpleType: fc.Arbitrary<Type> = fc.letrec<{ type: Type }>((tie) => ({
  type: fc.oneof(
    { maxDepth: 3 },
    fc.constant<Type>(boolType),
    fc
      .record({ width: fc.integer({ min: 1, max: 64 }), signed: fc.boolean() })
      .map((r): Type => bits(r.width, r.signed)),
    fc.array(tie('type'), { maxLength: 3 }).map((components): Type => ({ kind: 'tuple', components })),
    fc
      .record({ element: tie('type'), size: fc.integer({ min: 0, max: 4 }) })
      .map((r): Type => ({ kind: 'stack', ...r })),
    tie('type').map((element): Type => ({ kind: 'list', element })),
  ),
})).type;

describe('unification', () => {
  test('every type unifies with itself, and with an unknown, which then is that type', () => {
    fc.assert(
      fc.property(simpleType, (type) => {
        const same = new Unifier();
        same.add(type, type);
        expect(same.solve()).toBeUndefined();
        const unifier = new Unifier();
        const unknown = unifier.fresh('T');
        unifier.add(
          { kind: 'tuple', components: [unknown, unknown] },
          { kind: 'list-expression', components: [type, type] },
        );
        expect(unifier.solve()).toBeUndefined();
        expect(typeEquals(unifier.bindingOf(unknown)!, type)).toBe(true);
      }),
    );
  });

  test('two different types without unknowns unify in neither direction', () => {
    fc.assert(
      fc.property(simpleType, simpleType, (left, right) => {
        fc.pre(!typeEquals(left, right));
        for (const [a, b] of [
          [left, right],
          [right, left],
        ] as const) {
          const unifier = new Unifier();
          unifier.add(a, b);
          expect(unifier.solve(), `${printType(a)} and ${printType(b)}`).toBeTypeOf('string');
        }
      }),
    );
  });

  test('int takes a width but nothing else', () => {
    const unifier = new Unifier();
    const unknown = unifier.fresh('T');
    unifier.add(unknown, bits(8));
    unifier.add(unknown, integerType);
    expect(unifier.solve()).toBeUndefined();
    expect(unifier.bindingOf(unknown)).toBe(bits(8));
    const other = new Unifier();
    other.add(boolType, integerType);
    expect(other.solve()).toBeTypeOf('string');
  });

  test('a type that would contain itself is refused', () => {
    const unifier = new Unifier();
    const unknown = unifier.fresh('T');
    unifier.add(unknown, { kind: 'list', element: unknown });
    expect(unifier.solve()).toContain('contains');
  });
});
