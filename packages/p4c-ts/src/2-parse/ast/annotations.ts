/**
 * Annotations, as they are written. What an unstructured one means depends on its name and is left to whoever reads it,
 * so its body is kept as tokens.
 */
import type { Span } from '../../diagnostics/span.ts';
import type { Expression, Identifier, NamedExpression, NodeBase } from '../ast.ts';

/** `@name`, `@name(tokens)`, `@name[a, b]`, `@name[k = v]` or `@pragma name tokens` (specification 20). */
export interface Annotation extends NodeBase {
  readonly kind: 'Annotation';
  readonly name: Identifier;
  readonly body: AnnotationBody;
}

/** The three bodies. `@name` and `@name()` are the same: unstructured without tokens. */
export type AnnotationBody =
  | { readonly kind: 'Unstructured'; readonly tokens: readonly AnnotationToken[] }
  | { readonly kind: 'ExpressionList'; readonly expressions: readonly Expression[] }
  | { readonly kind: 'KeyValueList'; readonly pairs: readonly NamedExpression[] };

/** One token of an unstructured annotation, parentheses included (they balance). */
export interface AnnotationToken {
  readonly span: Span;
  readonly tokenKind: 'identifier' | 'integer' | 'string' | 'punctuation';
  /** The token as written; for a string, its content with escapes resolved and without quotes. */
  readonly text: string;
  /** The text exactly as it stands in the source, quotes and escapes included. */
  readonly raw: string;
}
