// What the language supplies without being asked: NoAction as the default action of a table that names none, and the
// implied `transition reject`. This file checks that the supplied thing exists and warns about the implied one.

import type * as ast from '../../2-parse/ast.ts';
import type { Reporter } from '../../diagnostics/diagnostic.ts';
import type { NodeList } from '../support/node-list.ts';

const ADVICE = 'include <core.p4>, which declares `action NoAction() {}`';

/** The top-level declarations called NoAction. */
export function findNoAction(program: ast.Program): ast.TopLevelDeclaration | undefined {
  for (const declaration of program.declarations) {
    if (declaration.kind === 'ErrorDeclaration' || declaration.kind === 'MatchKindDeclaration') continue;
    if (declaration.name.name === 'NoAction') return declaration;
  }
  return undefined;
}

/** Warns about states without transition; reports a missing or unusable NoAction where a table implies it. */
export function checkBuiltIns(program: ast.Program, all: NodeList, reporter: Reporter): void {
  let noActionChecked = false;
  for (const node of all.ofKind('ParserState', 'TableDeclaration')) {
    if (node.kind === 'ParserState') {
      if (node.transition !== undefined) continue;
      reporter.warn('parser-transition', node.name.span, `state '${node.name.name}' has no transition: it rejects`, {
        suggestion: 'write `transition reject;` or `transition accept;`',
      });
    } else if (!noActionChecked && impliesNoAction(node)) {
      noActionChecked = true;
      checkNoAction(program, node, reporter);
    }
  }
}

/** Whether NoAction becomes the table's default action because no other is named. */
export function impliesNoAction(table: ast.TableDeclaration): boolean {
  return !table.properties.some((p) => p.kind === 'CustomProperty' && p.name.name === 'default_action');
}

function checkNoAction(program: ast.Program, table: ast.TableDeclaration, reporter: Reporter): void {
  const noAction = findNoAction(program);
  if (noAction === undefined) {
    reporter.error(
      'Target model error',
      undefined,
      `table '${table.name.name}' has no 'default_action', and the action NoAction is not declared`,
      { suggestion: ADVICE, notes: [{ message: 'the table', span: table.name.span }] },
    );
  } else if (noAction.kind !== 'ActionDeclaration') {
    reporter.error('Target model error', nameSpan(noAction), "'NoAction' is expected to be an action", {
      suggestion: ADVICE,
    });
  } else if (noAction.parameters.length > 0) {
    reporter.error('Target model error', noAction.name.span, "action 'NoAction' must not have parameters", {
      suggestion: ADVICE,
    });
  } else if (noAction.body.statements.length > 0) {
    reporter.error('Target model error', noAction.name.span, "action 'NoAction' must have an empty body", {
      suggestion: ADVICE,
    });
  }
}

function nameSpan(declaration: ast.TopLevelDeclaration) {
  return 'name' in declaration ? declaration.name.span : declaration.span;
}
