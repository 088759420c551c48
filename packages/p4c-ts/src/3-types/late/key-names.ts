// Every key of a table needs a name for the control plane. Fields, elements, slices, masks and `isValid()` give one;
// any other expression needs `@name("...")` (specification 14.2.1.1).

import type * as ast from '../../2-parse/ast.ts';
import type { Checker } from '../check/checker.ts';
import { expressionText } from '../support/expression-text.ts';

/** Reports keys that have no name. */
export function checkKeyNames(c: Checker): void {
  for (const info of c.tables.tables.values()) {
    for (const element of info.key?.elements ?? []) {
      if (element.annotations.some((annotation) => annotation.name.name === 'name')) continue;
      const culprit = nameless(c, element.expression);
      if (culprit === undefined) continue;
      c.reporter.error(
        'expected',
        culprit.span,
        `the key '${expressionText(element.expression)}' has no name of its own and needs a @name annotation`,
        { suggestion: `${expressionText(element.expression)} : ${element.matchKind.name.name} @name("...");` },
      );
    }
  }
}

/** The innermost part without a name, or undefined. */
function nameless(c: Checker, node: ast.Expression): ast.Expression | undefined {
  if (c.early.values.get(node)?.kind === 'integer') return undefined;
  switch (node.kind) {
    case 'PathExpression':
    case 'IntegerLiteral':
    case 'ThisExpression':
    case 'TypeNameExpression':
      return undefined;
    case 'MemberExpression':
      return nameless(c, node.target);
    case 'IndexExpression':
      return nameless(c, node.target) ?? nameless(c, node.index);
    case 'SliceExpression':
      return nameless(c, node.target);
    case 'BinaryExpression':
      if (node.operator !== '&') return nameless(c, node.left) ?? nameless(c, node.right) ?? node;
      return nameless(c, node.left) ?? nameless(c, node.right);
    case 'CallExpression': {
      const call = c.tables.calls.get(node);
      if (call?.kind === 'built-in' && call.method === 'isValid') return nameless(c, call.target);
      return node;
    }
    default:
      return node;
  }
}
