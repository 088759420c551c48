/**
 * Statements, and the union of what may stand among them. Declarations inside blocks are statements too, because the
 * order in which they take effect is that of the text.
 */
import type { Span } from '../../diagnostics/span.ts';
import type {
  Annotation,
  CallExpression,
  ConstantDeclaration,
  Expression,
  Instantiation,
  NodeBase,
  VariableDeclaration,
} from '../ast.ts';

/** A statement, or a declaration that may stand among statements. */
export type Statement =
  | AssignmentStatement
  | CallStatement
  | EmptyStatement
  | BlockStatement
  | IfStatement
  | SwitchStatement
  | ForStatement
  | ForInStatement
  | ReturnStatement
  | ExitStatement
  | BreakStatement
  | ContinueStatement
  | VariableDeclaration
  | ConstantDeclaration
  | Instantiation;

/** The binary operator of a compound assignment (`+=` has `+`). */
export type AssignmentOperator = '*' | '/' | '%' | '+' | '-' | '|+|' | '|-|' | '<<' | '>>' | '&' | '|' | '^';

/** `target = value;`, `target += value;`. */
export interface AssignmentStatement extends NodeBase {
  readonly kind: 'AssignmentStatement';
  readonly target: Expression;
  /** `undefined` for plain `=`. */
  readonly operator: AssignmentOperator | undefined;
  /** Place of the `=` or `+=` sign: where p4c puts an assignment's position. */
  readonly operatorSpan: Span;
  readonly value: Expression;
}
/** `call;`: function, method, action, table or direct application (`C.apply()`). */
export interface CallStatement extends NodeBase {
  readonly kind: 'CallStatement';
  readonly call: CallExpression;
}
export interface EmptyStatement extends NodeBase {
  readonly kind: 'EmptyStatement';
}
export interface BlockStatement extends NodeBase {
  readonly kind: 'BlockStatement';
  readonly annotations: readonly Annotation[];
  readonly statements: readonly Statement[];
}
export interface IfStatement extends NodeBase {
  readonly kind: 'IfStatement';
  readonly annotations: readonly Annotation[];
  readonly condition: Expression;
  readonly thenStatement: Statement;
  readonly elseStatement: Statement | undefined;
}
/** `switch (e) { ... }`, over `t.apply().action_run` or over values. */
export interface SwitchStatement extends NodeBase {
  readonly kind: 'SwitchStatement';
  readonly annotations: readonly Annotation[];
  readonly expression: Expression;
  readonly cases: readonly SwitchCase[];
}
/** `label: { ... }`; without a body it falls through to the next case. */
export interface SwitchCase extends NodeBase {
  readonly kind: 'SwitchCase';
  /** A `DefaultExpression` for `default`. */
  readonly label: Expression;
  readonly body: BlockStatement | undefined;
}
/** `for (init; condition; update) body`. */
export interface ForStatement extends NodeBase {
  readonly kind: 'ForStatement';
  readonly annotations: readonly Annotation[];
  readonly init: readonly (VariableDeclaration | AssignmentStatement | CallStatement)[];
  readonly condition: Expression;
  readonly update: readonly (AssignmentStatement | CallStatement)[];
  readonly body: Statement;
}
/** `for (T x in collection) body`; the collection is a `RangeExpression`, a list or a stack. */
export interface ForInStatement extends NodeBase {
  readonly kind: 'ForInStatement';
  readonly annotations: readonly Annotation[];
  /** Declared without initializer. */
  readonly variable: VariableDeclaration;
  readonly collection: Expression;
  readonly body: Statement;
}
export interface ReturnStatement extends NodeBase {
  readonly kind: 'ReturnStatement';
  readonly value: Expression | undefined;
}
export interface ExitStatement extends NodeBase {
  readonly kind: 'ExitStatement';
}
export interface BreakStatement extends NodeBase {
  readonly kind: 'BreakStatement';
}
export interface ContinueStatement extends NodeBase {
  readonly kind: 'ContinueStatement';
}
