/**
 * Expressions, l-values and key sets included: P4 writes them alike, and which are allowed where is for the type
 * checker to say, with better messages than a grammar can give.
 */
import type { Span } from '../../diagnostics/span.ts';
import type { ErrorType, Identifier, NamedType, NodeBase, SpecializedType, TypeNode } from '../ast.ts';

/** An expression as written; l-values and key sets included. */
export type Expression =
  | IntegerLiteral
  | BooleanLiteral
  | StringLiteral
  | PathExpression
  | ThisExpression
  | TypeNameExpression
  | MemberExpression
  | IndexExpression
  | SliceExpression
  | PlusSliceExpression
  | ListExpression
  | StructExpression
  | InvalidExpression
  | DotsExpression
  | UnaryExpression
  | BinaryExpression
  | ConditionalExpression
  | CastExpression
  | CallExpression
  | ConstructorCallExpression
  | DefaultExpression
  | MaskExpression
  | RangeExpression
  | TupleKeysetExpression
  | SelectExpression;

/** `12`, `0xFF`, `8w255`, `4s7`: the literal itself is never negative, `-1` is a `UnaryExpression`. */
export interface IntegerLiteral extends NodeBase {
  readonly kind: 'IntegerLiteral';
  /** The digits' value, before it is cut to `width`. */
  readonly value: bigint;
  /** Width in bits if written (`8w..`, `8s..`); otherwise the literal is of type `int`. */
  readonly width: number | undefined;
  readonly signed: boolean;
  readonly base: 2 | 8 | 10 | 16;
}
/** `true`, `false`. */
export interface BooleanLiteral extends NodeBase {
  readonly kind: 'BooleanLiteral';
  readonly value: boolean;
}
/** `"..."`. */
export interface StringLiteral extends NodeBase {
  readonly kind: 'StringLiteral';
  /** Content with the escapes `\"`, `\\` and `\n` resolved. */
  readonly value: string;
}
/** A name, or `.name` (looked up at the top level). */
export interface PathExpression extends NodeBase {
  readonly kind: 'PathExpression';
  readonly absolute: boolean;
  readonly name: Identifier;
}
/** `this`, inside abstract methods' implementations. */
export interface ThisExpression extends NodeBase {
  readonly kind: 'ThisExpression';
}
/** A type where a value is expected: only as `target` of a `MemberExpression` (`E.a`, `error.NoMatch`, `T<bit>.x`). */
export interface TypeNameExpression extends NodeBase {
  readonly kind: 'TypeNameExpression';
  readonly type: NamedType | SpecializedType | ErrorType;
}
/** `target.member`: field, enum member, method, `last`, `next`, `lastIndex`, `hit`, ... */
export interface MemberExpression extends NodeBase {
  readonly kind: 'MemberExpression';
  readonly target: Expression;
  readonly member: Identifier;
}
/** `target[index]`: element of a stack, an array or a tuple. */
export interface IndexExpression extends NodeBase {
  readonly kind: 'IndexExpression';
  readonly target: Expression;
  readonly index: Expression;
}
/** `target[high:low]`, both ends inclusive. */
export interface SliceExpression extends NodeBase {
  readonly kind: 'SliceExpression';
  readonly target: Expression;
  readonly high: Expression;
  readonly low: Expression;
}
/** `target[low+:width]`. */
export interface PlusSliceExpression extends NodeBase {
  readonly kind: 'PlusSliceExpression';
  readonly target: Expression;
  readonly low: Expression;
  readonly width: Expression;
}
/**
 * `{ a, b }` and, as select's argument, `(a, b)`. The last element may be a `DotsExpression` (defaults for the rest).
 */
export interface ListExpression extends NodeBase {
  readonly kind: 'ListExpression';
  readonly elements: readonly Expression[];
}
/** `{ f = a, g = b }`, `{ f = a, ... }`. */
export interface StructExpression extends NodeBase {
  readonly kind: 'StructExpression';
  readonly fields: readonly NamedExpression[];
  /** The closing `...`: remaining fields take their default values. */
  readonly dots: DotsExpression | undefined;
}
/** `name = value` in structure expressions and structured annotations. */
export interface NamedExpression extends NodeBase {
  readonly kind: 'NamedExpression';
  readonly name: Identifier;
  readonly value: Expression;
}
/** `{#}`: an invalid header or header union. */
export interface InvalidExpression extends NodeBase {
  readonly kind: 'InvalidExpression';
}
/** `...`: default values. */
export interface DotsExpression extends NodeBase {
  readonly kind: 'DotsExpression';
}

export type UnaryOperator = '!' | '~' | '-' | '+';
export interface UnaryExpression extends NodeBase {
  readonly kind: 'UnaryExpression';
  readonly operator: UnaryOperator;
  readonly operand: Expression;
}

export type BinaryOperator =
  | '*'
  | '/'
  | '%'
  | '+'
  | '-'
  | '|+|'
  | '|-|'
  | '++'
  | '<<'
  | '>>'
  | '<='
  | '>='
  | '<'
  | '>'
  | '=='
  | '!='
  | '&'
  | '^'
  | '|'
  | '&&'
  | '||';
export interface BinaryExpression extends NodeBase {
  readonly kind: 'BinaryExpression';
  readonly operator: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
  /** Place of the operator itself. */
  readonly operatorSpan: Span;
}
/** `condition ? whenTrue : whenFalse`. */
export interface ConditionalExpression extends NodeBase {
  readonly kind: 'ConditionalExpression';
  readonly condition: Expression;
  readonly whenTrue: Expression;
  readonly whenFalse: Expression;
}
/** `(T) operand`. */
export interface CastExpression extends NodeBase {
  readonly kind: 'CastExpression';
  readonly type: TypeNode;
  readonly operand: Expression;
}
/** `callee<T>(arguments)`: function, method, action, `t.apply()`, `p.apply(...)`. */
export interface CallExpression extends NodeBase {
  readonly kind: 'CallExpression';
  readonly callee: Expression;
  /** `undefined` where no `<...>` is written. */
  readonly typeArguments: readonly TypeNode[] | undefined;
  readonly arguments: readonly Argument[];
}
/** `T(arguments)` as an expression: an instance without a name (`MyParser()` given to a package). */
export interface ConstructorCallExpression extends NodeBase {
  readonly kind: 'ConstructorCallExpression';
  readonly type: NamedType | SpecializedType;
  readonly arguments: readonly Argument[];
}
/** One argument: positional (`name` is undefined) or `name = value`; the value may be `_` (`DefaultExpression`). */
export interface Argument extends NodeBase {
  readonly kind: 'Argument';
  readonly name: Identifier | undefined;
  readonly value: Expression;
}
/** `default` or `_`: everything (in key sets and labels), nothing wanted (as an argument). */
export interface DefaultExpression extends NodeBase {
  readonly kind: 'DefaultExpression';
  readonly spelling: 'default' | '_';
}
/** `value &&& mask` in a key set. */
export interface MaskExpression extends NodeBase {
  readonly kind: 'MaskExpression';
  readonly value: Expression;
  readonly mask: Expression;
}
/** `low .. high` in a key set or as a `for-in` collection; both ends inclusive. */
export interface RangeExpression extends NodeBase {
  readonly kind: 'RangeExpression';
  readonly low: Expression;
  readonly high: Expression;
}
/** `(a, b &&& c, _)`: a key set for several keys. */
export interface TupleKeysetExpression extends NodeBase {
  readonly kind: 'TupleKeysetExpression';
  readonly elements: readonly Expression[];
}
/** `select (a, b) { ... }` after `transition`. */
export interface SelectExpression extends NodeBase {
  readonly kind: 'SelectExpression';
  /** What is looked at: at least one expression. */
  readonly keys: readonly Expression[];
  readonly cases: readonly SelectCase[];
}
/** `keyset: state;`. */
export interface SelectCase extends NodeBase {
  readonly kind: 'SelectCase';
  readonly keyset: Expression;
  readonly state: PathExpression;
}
