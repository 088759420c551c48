/**
 * Types as they are written. What a type name stands for, and how wide a `bit<W>` is, is found out by 3-types.
 */
import type { Expression, Identifier, NodeBase } from '../ast.ts';

/** A type as it is written. */
export type TypeNode =
  | BooleanType
  | ErrorType
  | InfiniteIntegerType
  | BitsType
  | VarbitType
  | StringType
  | MatchKindType
  | VoidType
  | DontCareType
  | NamedType
  | SpecializedType
  | ArrayType
  | ListType
  | TupleType;

/** `bool`. */
export interface BooleanType extends NodeBase {
  readonly kind: 'BooleanType';
}
/** `error`. */
export interface ErrorType extends NodeBase {
  readonly kind: 'ErrorType';
}
/** `int`: arbitrary precision, compile time only. */
export interface InfiniteIntegerType extends NodeBase {
  readonly kind: 'InfiniteIntegerType';
}
/** `bit`, `bit<W>`, `int<W>`. A missing width means 1 bit. */
export interface BitsType extends NodeBase {
  readonly kind: 'BitsType';
  readonly signed: boolean;
  /** Width in bits: a literal or any constant expression (`bit<(W + 1)>`). */
  readonly width: Expression | undefined;
}
/** `varbit<W>`. */
export interface VarbitType extends NodeBase {
  readonly kind: 'VarbitType';
  /** Greatest width in bits. */
  readonly maxWidth: Expression;
}
/** `string`. */
export interface StringType extends NodeBase {
  readonly kind: 'StringType';
}
/** `match_kind`. */
export interface MatchKindType extends NodeBase {
  readonly kind: 'MatchKindType';
}
/** `void`: return types and type arguments only. */
export interface VoidType extends NodeBase {
  readonly kind: 'VoidType';
}
/** `_` as a type argument: to be inferred. */
export interface DontCareType extends NodeBase {
  readonly kind: 'DontCareType';
}
/** A declared type or type variable by name; `.T` is looked up at the top level. */
export interface NamedType extends NodeBase {
  readonly kind: 'NamedType';
  readonly absolute: boolean;
  readonly name: Identifier;
}
/** `T<A, B>`. */
export interface SpecializedType extends NodeBase {
  readonly kind: 'SpecializedType';
  readonly base: NamedType;
  readonly typeArguments: readonly TypeNode[];
}
/** `T[n]`: a header (union) stack, or an array. */
export interface ArrayType extends NodeBase {
  readonly kind: 'ArrayType';
  readonly element: TypeNode;
  readonly size: Expression;
}
/** `list<T>`. */
export interface ListType extends NodeBase {
  readonly kind: 'ListType';
  readonly element: TypeNode;
}
/** `tuple<A, B>`, also `tuple<>`. */
export interface TupleType extends NodeBase {
  readonly kind: 'TupleType';
  readonly elements: readonly TypeNode[];
}
