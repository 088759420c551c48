// A function with a result must return on every path (specification 10).
//
// How: by structure, not by data flow: a statement ends if all its branches do. A condition that is constant counts as
// its taken branch only, and a loop never ends a path, as it may run zero times. Late, because conditions are constants
// only after folding.

import type * as ast from '../../2-parse/ast.ts';
import type { Checker } from '../check/checker.ts';

/** Reports functions that may end without a result. */
export function checkReturnPaths(c: Checker): void {
  for (const [declaration, type] of c.functionTypes) {
    if (declaration.kind !== 'FunctionDeclaration' || declaration.body === undefined) continue;
    if (type.returnType.kind === 'void' || ends(c, declaration.body)) continue;
    c.reporter.error(
      'insufficient',
      declaration.name.span,
      `function '${declaration.name.name}' does not return a value on all paths`,
    );
  }
}

/** Whether control never goes past the statement. */
function ends(c: Checker, node: ast.Statement): boolean {
  switch (node.kind) {
    case 'ReturnStatement':
    case 'ExitStatement':
      return true;
    case 'BlockStatement':
      return node.statements.some((statement) => ends(c, statement));
    case 'IfStatement': {
      const condition = c.folder.convertedValueOf(node.condition);
      if (condition?.kind === 'bool') {
        const taken = condition.value ? node.thenStatement : node.elseStatement;
        return taken !== undefined && ends(c, taken);
      }
      return node.elseStatement !== undefined && ends(c, node.thenStatement) && ends(c, node.elseStatement);
    }
    case 'SwitchStatement': {
      if (!node.cases.some((each) => each.label.kind === 'DefaultExpression')) return false;
      return node.cases.every((_, index) => {
        const body = node.cases.slice(index).find((each) => each.body !== undefined)?.body;
        return body !== undefined && ends(c, body);
      });
    }
    default:
      return false;
  }
}
