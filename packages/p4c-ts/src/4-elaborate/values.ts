/**
 * What a P4 expression is worth while a program is being elaborated: a tree whose leaves are scalars.
 *
 * Structures and tuples exist only here: a `struct` value is a record of values, so reading a member is a look-up and
 * assigning one is a list of scalar assignments. Headers, stacks and unions that are stored are references, because the
 * switch has operations on them as a whole; those that were just written down (`{1, 2}`) are `header-value`s.
 * Things that exist at compile time only (`int` numbers, strings, instances) are values too, which is how constructor
 * arguments and generic code need no machinery of their own.
 *
 * A value is an l-value when its leaves are reads of places (or slices of them): nothing else is needed to assign to
 * it.
 */
import type * as T from '../3-types/types.ts';
import type {
  Expression,
  HeaderInstance,
  HeaderReference,
  HeaderStack,
  UnionReference,
  UnionStack,
} from '../5-lower/ir.ts';
import type { Instance } from './instances.ts';

/** See the top of the file. */
export type Value =
  /** `symbol`: the member's name, for constants of an enum without representation. */
  | { readonly kind: 'scalar'; readonly expression: Expression; readonly symbol?: string }
  /** A number of type `int`. */
  | { readonly kind: 'integer'; readonly value: bigint }
  | { readonly kind: 'string'; readonly value: string }
  /** A struct, or a tuple with fields `0`, `1`, ... `header` is set for a metadata structure that the switch stores. */
  | { readonly kind: 'struct'; readonly fields: ReadonlyMap<string, Value>; readonly header?: HeaderInstance }
  | { readonly kind: 'header'; readonly type: T.HeaderType; readonly reference: HeaderReference }
  | {
      readonly kind: 'header-value';
      readonly type: T.HeaderType;
      readonly valid: Expression;
      readonly fields: ReadonlyMap<string, Value>;
    }
  | { readonly kind: 'stack'; readonly element: T.HeaderType; readonly stack: HeaderStack }
  | { readonly kind: 'union'; readonly type: T.HeaderUnionType; readonly reference: UnionReference }
  /** A union that is no storage: only its members count, and at most one of them is valid. */
  | { readonly kind: 'union-value'; readonly type: T.HeaderUnionType; readonly members: ReadonlyMap<string, Value> }
  | { readonly kind: 'union-stack'; readonly element: T.HeaderUnionType; readonly stack: UnionStack }
  /** An array or list of anything, or a stack that is no storage. */
  | { readonly kind: 'array'; readonly elements: readonly Value[] }
  | { readonly kind: 'instance'; readonly instance: Instance }
  /** `packet_in` and `packet_out`. */
  | { readonly kind: 'packet' }
  /** `_`, the result of a `void` function, and arguments that were left out. */
  | { readonly kind: 'nothing' };

/** A scalar value. */
export function scalar(expression: Expression): Value {
  return { kind: 'scalar', expression };
}

export const NOTHING: Value = { kind: 'nothing' };
export const PACKET: Value = { kind: 'packet' };
