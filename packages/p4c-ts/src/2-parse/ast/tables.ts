/**
 * Tables, with their properties taken apart as far as the grammar knows them: key, actions and entries have a syntax of
 * their own, and any other property is an expression whose meaning the architecture decides. They stay a list in source
 * order, because a property that stands twice must be seen to be reported.
 */
import type { Annotation, CallExpression, Expression, Identifier, NodeBase, PathExpression } from '../ast.ts';

/** `table t { key = ...; actions = ...; ... }`. */
export interface TableDeclaration extends NodeBase {
  readonly kind: 'TableDeclaration';
  readonly annotations: readonly Annotation[];
  readonly name: Identifier;
  /** In source order; the same property twice is a later phase's error. */
  readonly properties: readonly TableProperty[];
}
export type TableProperty = KeyProperty | ActionsProperty | EntriesProperty | CustomProperty;
/** `key = { ... }`. */
export interface KeyProperty extends NodeBase {
  readonly kind: 'KeyProperty';
  readonly elements: readonly KeyElement[];
}
/** `expression : match_kind @annotations;`. */
export interface KeyElement extends NodeBase {
  readonly kind: 'KeyElement';
  readonly expression: Expression;
  readonly matchKind: PathExpression;
  readonly annotations: readonly Annotation[];
}
/** `actions = { ... }`. */
export interface ActionsProperty extends NodeBase {
  readonly kind: 'ActionsProperty';
  readonly actions: readonly ActionReference[];
}
/** `a;`, `a(x);` in `actions`, or the action of an entry. */
export interface ActionReference extends NodeBase {
  readonly kind: 'ActionReference';
  readonly annotations: readonly Annotation[];
  /** A `PathExpression`, or a `CallExpression` whose callee is one. */
  readonly action: PathExpression | CallExpression;
}
/** `entries = { ... }`, `const entries = { ... }`. */
export interface EntriesProperty extends NodeBase {
  readonly kind: 'EntriesProperty';
  readonly annotations: readonly Annotation[];
  readonly isConst: boolean;
  readonly entries: readonly TableEntry[];
}
/** `const priority=10: (1, 2 &&& 3): a(4) @annotation;`. */
export interface TableEntry extends NodeBase {
  readonly kind: 'TableEntry';
  readonly isConst: boolean;
  readonly priority: Expression | undefined;
  /** A `TupleKeysetExpression`, or the single key's set. */
  readonly keyset: Expression;
  readonly action: ActionReference;
  readonly annotations: readonly Annotation[];
}
/** Any other property: `size`, `default_action`, `implementation`, `counters`, ... */
export interface CustomProperty extends NodeBase {
  readonly kind: 'CustomProperty';
  readonly annotations: readonly Annotation[];
  readonly isConst: boolean;
  readonly name: Identifier;
  readonly value: Expression;
}
