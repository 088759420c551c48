// Structured annotations: their values are compile-time integers, strings or booleans (specification 20.2).
// Unstructured ones have a meaning only for those who know them, and are not looked at here.

import type * as ast from '../../2-parse/ast.ts';
import { expressionText } from '../support/expression-text.ts';
import type { Checker } from './checker.ts';
import { checkExpression } from './expressions.ts';

/** Checks the expressions inside structured annotations. */
export function checkAnnotations(c: Checker, annotations: readonly ast.Annotation[]): void {
  for (const { body } of annotations) {
    if (body.kind === 'ExpressionList') for (const expression of body.expressions) checkValue(c, expression);
    else if (body.kind === 'KeyValueList') for (const pair of body.pairs) checkValue(c, pair.value);
  }
}

function checkValue(c: Checker, expression: ast.Expression): void {
  const type = checkExpression(c, expression);
  if (type.kind === 'erroneous') return;
  if (!c.isCompileTime(expression)) {
    c.error(expression.span, `'${expressionText(expression)}': annotation values must be known at compile time`);
  }
  if (type.kind !== 'integer' && type.kind !== 'string' && type.kind !== 'bool') {
    c.error(expression.span, `'${expressionText(expression)}': annotation values must be int, string or bool`);
  }
}
