/**
 * The abstract syntax tree of P4_16: what the author wrote, nothing resolved, nothing inferred, nothing desugared.
 * (Specification 1.2.5, and what p4c accepts beyond it: `for` loops, compound assignment, `+:` slices, `{#}`, `...`.)
 *
 * It is a family of plain, immutable records told apart by `kind`, so every consumer is a `switch` that the type
 * checker proves complete (`assertNever`). Nodes know nothing of each other's meaning: later phases keep what they find
 * out (declaration of a name, type of an expression, value of a constant) in side tables keyed by node or by `id`. That
 * lets phases be run again, compared and tested alone, and one tree serve an editor and the compiler at once.
 *
 * Every node has `span` (its place in the source, through macros and includes) and `id`, unique within one compilation.
 * Passes that make nodes of their own take ids from the same `NodeIds`, and give them the span of what they replace.
 *
 * Parentheses leave no node (spans of the inner expression include them); `else if` is a nested `IfStatement`;
 * `const` table properties, abstract methods and the like are flags.
 */
import type {
  ActionReference,
  Annotation,
  Argument,
  Declaration,
  Expression,
  Identifier,
  KeyElement,
  NamedExpression,
  Program,
  SelectCase,
  Statement,
  SwitchCase,
  TableEntry,
  TableProperty,
  TypeNode,
} from './ast/all.ts';

export * from './ast/all.ts';

/** Every node of the tree. */
export type Node =
  | Program
  | Identifier
  | Annotation
  | TypeNode
  | Expression
  | NamedExpression
  | Argument
  | SelectCase
  | Statement
  | SwitchCase
  | Declaration
  | TableProperty
  | KeyElement
  | ActionReference
  | TableEntry;
