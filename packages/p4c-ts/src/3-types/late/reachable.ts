// What of a program can ever run: everything that `main` instantiates, directly or through its parts, and the functions
// and actions named there. Limits of targets concern only that; a library's unused controls may do what they like.
//
// How: the few nodes that lead to another declaration are listed once; what a declaration leads to is then a stretch of
// that list.

import type * as ast from '../../2-parse/ast.ts';
import type { Checker } from '../check/checker.ts';

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
  const steps = stepsOf(c);
  const count = (node: ast.Node): boolean => {
    const before = counts.get(node) ?? 0;
    if (before >= MANY) return false;
    counts.set(node, before + 1);
    return true;
  };
  const visit = (node: ast.Node): void => {
    const start = c.all.positionOf(node);
    const end = c.all.endOf(start);
    for (let at = firstFrom(steps, start); at < steps.length && steps[at]!.position < end; at++) {
      const { target, isInstance } = steps[at]!;
      if (isInstance ? count(target) : !counts.has(target) && count(target)) visit(target);
    }
  };
  for (const declaration of c.program.declarations) {
    if (declaration.kind !== 'Instantiation' || declaration.name.name !== 'main') continue;
    counts.set(declaration, 1);
    visit(declaration);
    break;
  }
  return counts;
}

/** A node that leads to another declaration. */
interface Step {
  readonly position: number;
  readonly target: ast.Node;
  /** Each one makes an instance of its own. */
  readonly isInstance: boolean;
}

/** All steps of the program, in order of position. */
function stepsOf(c: Checker): Step[] {
  const steps: Step[] = [];
  const topLevel = new Set<ast.Node>(c.program.declarations);
  const leading = c.all.ofKind('Instantiation', 'ConstructorCallExpression', 'CallExpression', 'PathExpression');
  for (const node of leading) {
    switch (node.kind) {
      case 'Instantiation':
      case 'ConstructorCallExpression': {
        const target = c.tables.constructions.get(node)?.target.declaration;
        if (target?.kind === 'ParserDeclaration' || target?.kind === 'ControlDeclaration') {
          steps.push({ position: c.all.positionOf(node), target, isInstance: true });
        }
        break;
      }
      case 'CallExpression': {
        const call = c.tables.calls.get(node);
        if (call?.kind === 'apply' && call.direct) {
          steps.push({ position: c.all.positionOf(node), target: call.type.declaration, isInstance: true });
        }
        break;
      }
      case 'PathExpression': {
        const target = c.names.paths.get(node);
        const isFollowed =
          target?.kind === 'FunctionDeclaration' ||
          target?.kind === 'ActionDeclaration' ||
          (target?.kind === 'Instantiation' && topLevel.has(target));
        if (isFollowed) steps.push({ position: c.all.positionOf(node), target, isInstance: false });
        break;
      }
    }
  }
  return steps;
}

/** Index of the first step at that position or behind. */
function firstFrom(steps: readonly Step[], position: number): number {
  let low = 0;
  let high = steps.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (steps[middle]!.position < position) low = middle + 1;
    else high = middle;
  }
  return low;
}
