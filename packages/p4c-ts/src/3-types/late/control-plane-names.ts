// Names for the control plane: two actions, or two tables, must not have the same one. A name is that of @name or of
// the declaration; it is complete if it starts with a dot, otherwise it follows that of the control's instance, which
// is why a complete name in a control with two instances conflicts with itself.

import type * as ast from '../../2-parse/ast.ts';
import type { Span } from '../../diagnostics/span.ts';
import type { Checker } from '../check/checker.ts';
import type { Reachable } from './reachable.ts';

/** Reports conflicting names among what is used. */
export function checkControlPlaneNames(c: Checker, reachable: Reachable): void {
  const names = { action: new Map<string, Span>(), table: new Map<string, Span>() };
  const check = (node: ast.ActionDeclaration | ast.TableDeclaration, prefix: string, instances: number): void => {
    if (!c.names.used.has(node)) return;
    const what = node.kind === 'ActionDeclaration' ? 'action' : 'table';
    const written = nameAnnotation(node) ?? node.name.name;
    const complete = written.startsWith('.');
    const name = complete ? written : `${prefix}.${written}`;
    const previous = names[what].get(name) ?? (complete && instances > 1 ? node.name.span : undefined);
    if (previous === undefined) {
      names[what].set(name, node.name.span);
      return;
    }
    const same = previous === node.name.span;
    c.reporter.error('duplicate', node.name.span, `the control plane would know two ${what}s as '${name}'`, {
      notes: same ? [] : [{ message: 'the other one', span: previous }],
      suggestion: same
        ? 'the control around it has several instances: drop the dot at the start of @name'
        : 'give one of them another @name',
    });
  };
  for (const declaration of c.program.declarations) {
    if (declaration.kind === 'ActionDeclaration') check(declaration, '', 1);
  }
  for (const declaration of c.program.declarations) {
    if (declaration.kind !== 'ControlDeclaration') continue;
    const instances = reachable.get(declaration) ?? 0;
    for (const local of declaration.locals) {
      if (local.kind === 'ActionDeclaration' || local.kind === 'TableDeclaration') {
        check(local, `.${declaration.name.name}`, instances);
      }
    }
  }
}

function nameAnnotation(node: ast.ActionDeclaration | ast.TableDeclaration): string | undefined {
  for (const { name, body } of node.annotations) {
    if (name.name !== 'name' || body.kind !== 'Unstructured') continue;
    return body.tokens
      .filter((token) => token.tokenKind === 'string')
      .map((token) => token.text)
      .join('');
  }
  return undefined;
}
