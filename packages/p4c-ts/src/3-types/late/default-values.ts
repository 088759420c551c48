// Every `...` must have got a type from its context, or there is nothing it could be the default of.

import type * as ast from '../../2-parse/ast.ts';
import type { Checker } from '../check/checker.ts';

/** Reports `...` that stands where no type is known. */
export function checkDefaultValues(c: Checker): void {
  const handledByParent = new Set<ast.Expression>();
  for (const expression of c.all.ofKind('ListExpression')) {
    const last = expression.elements.at(-1);
    if (last?.kind === 'DotsExpression' && c.tables.implicitCasts.has(expression)) handledByParent.add(last);
  }
  for (const expression of c.all.ofKind('StructExpression')) {
    if (expression.dots === undefined) continue;
    if (c.tables.implicitCasts.has(expression)) handledByParent.add(expression.dots);
  }
  for (const expression of c.all.ofKind('DotsExpression')) {
    const cast = c.tables.implicitCasts.get(expression);
    if (cast?.kind === 'list') {
      c.error(expression.span, 'a list has no default value, because its length is not known');
    }
    if (cast !== undefined || handledByParent.has(expression) || !c.tables.types.has(expression)) continue;
    c.error(expression.span, "no default value can be found for '...': its type is not known here");
  }
}
