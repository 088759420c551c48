// Every type parameter of a generic call or instance must have been determined, and by a type with a width. What a
// later inference found out about an earlier one (`m(p1())`) is put into the side tables here.

import type * as ast from '../../2-parse/ast.ts';
import type { Checker } from '../check/checker.ts';
import { expressionText } from '../support/expression-text.ts';
import { positionOf } from '../support/positions.ts';
import { walk } from '../support/walk.ts';
import { substitute, type Type, typeContains } from '../types.ts';

/** Completes and checks all inferences. */
export function checkInferences(c: Checker): void {
  applyLateBindings(c);
  for (const { node, variables } of c.pendingInferences) {
    for (const { name, type } of variables) {
      const found = type === undefined ? undefined : substitute(type, c.lateBindings);
      if (found === undefined || isUnknown(found)) {
        if (!resolvedLate(c, node, name)) {
          c.error(positionOf(node), `no type could be inferred for the type parameter ${name}`, {
            suggestion: 'give the type arguments explicitly',
          });
        }
        break;
      }
      if (found.kind === 'dontcare') continue;
      if (typeContains(found, (inner) => inner.kind === 'integer')) reportWidthless(c, node);
    }
  }
}

function isUnknown(type: Type): boolean {
  return type.kind === 'type-variable' && type.declaration === undefined;
}

/** Whether the construction's own type, completed by late bindings, has no unknowns left. */
function resolvedLate(c: Checker, node: ast.Node, _name: string): boolean {
  if (node.kind !== 'ConstructorCallExpression' && node.kind !== 'Instantiation') return false;
  const construction = c.tables.constructions.get(node);
  return construction !== undefined && !typeContains(construction.type, isUnknown);
}

function applyLateBindings(c: Checker): void {
  if (c.lateBindings.size === 0) return;
  const { constructions, types, declarationTypes } = c.tables;
  for (const [node, construction] of constructions) {
    const type = substitute(construction.type, c.lateBindings);
    if (type === construction.type) continue;
    const target = substitute(construction.target, c.lateBindings) as typeof construction.target;
    constructions.set(node, { ...construction, type, target });
    if (node.kind === 'Instantiation') declarationTypes.set(node, type);
    else types.set(node, type);
  }
}

function reportWidthless(c: Checker, node: ast.Node): void {
  walk(node, (inner) => {
    const type = c.tables.types.get(inner as ast.Expression);
    if (type?.kind !== 'integer') return;
    const expression = inner as ast.Expression;
    const cast = c.tables.implicitCasts.get(expression);
    if (cast !== undefined && cast.kind !== 'integer') return;
    c.error(expression.span, `no width could be inferred for '${expressionText(expression)}'`, {
      suggestion: `give it one, for example 32w${expressionText(expression)}`,
    });
  });
}
