// What of a program can ever run: everything that `main` instantiates, directly or through its parts, and the functions
// and actions named there. Limits of targets concern only that; a library's unused controls may do what they like.

import type * as ast from '../../2-parse/ast.ts';
import type { Checker } from '../check/checker.ts';
import { forEachChild } from '../support/walk.ts';

/** The declarations that can run, each with the number of its instances (1 for functions and actions). */
export type Reachable = ReadonlyMap<ast.Node, number>;

/** Instances are counted up to this; more makes no difference. */
const MANY = 1000;

const known = new WeakMap<Checker, Reachable>();

/** What is reachable from `main`, found once for each checker; empty for a program without one. */
export function findReachable(c: Checker): Reachable {
  let reachable = known.get(c);
  if (reachable === undefined) {
    reachable = search(c);
    known.set(c, reachable);
  }
  return reachable;
}

function search(c: Checker): Reachable {
  const counts = new Map<ast.Node, number>();
  const main = c.program.declarations.find(
    (declaration) => declaration.kind === 'Instantiation' && declaration.name.name === 'main',
  );
  const count = (node: ast.Node): boolean => {
    const before = counts.get(node) ?? 0;
    if (before >= MANY) return false;
    counts.set(node, before + 1);
    return true;
  };
  const instantiate = (node: ast.Instantiation | ast.ConstructorCallExpression): void => {
    const target = c.tables.constructions.get(node)?.target.declaration;
    if (target?.kind === 'ParserDeclaration' || target?.kind === 'ControlDeclaration') {
      if (count(target)) visit(target);
    }
  };
  const visit = (node: ast.Node): void => {
    switch (node.kind) {
      case 'Instantiation':
      case 'ConstructorCallExpression':
        instantiate(node);
        break;
      case 'CallExpression': {
        const call = c.tables.calls.get(node);
        if (call?.kind === 'apply' && call.direct && count(call.type.declaration)) visit(call.type.declaration);
        break;
      }
      case 'PathExpression': {
        const named = c.names.paths.get(node);
        if (named?.kind === 'Instantiation' && isTopLevel(c, named) && !counts.has(named)) {
          counts.set(named, 1);
          visit(named);
        } else if (
          (named?.kind === 'FunctionDeclaration' || named?.kind === 'ActionDeclaration') &&
          !counts.has(named)
        ) {
          counts.set(named, 1);
          visit(named);
        }
        break;
      }
      default:
        break;
    }
    forEachChild(node, visit);
  };
  if (main !== undefined) {
    counts.set(main, 1);
    visit(main);
  }
  return counts;
}

function isTopLevel(c: Checker, node: ast.Instantiation): boolean {
  return c.program.declarations.includes(node);
}
