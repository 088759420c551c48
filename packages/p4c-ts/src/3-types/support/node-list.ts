// All nodes of a program in one array, parents before children, in source order. Most checks look at a few kinds of node
// wherever they are: a scan of this array is many times cheaper than a walk of the tree, and there are twenty of them.

import type * as ast from '../../2-parse/ast.ts';
import { forEachChild } from './walk.ts';

/** The nodes, and at the same index the parent of each. */
export interface NodeList {
  readonly nodes: readonly ast.Node[];
  readonly parents: readonly (ast.Node | undefined)[];
}

/** Walks the tree once. */
export function listNodes(program: ast.Program): NodeList {
  const nodes: ast.Node[] = [];
  const parents: (ast.Node | undefined)[] = [];
  let parent: ast.Node | undefined;
  const visit = (node: ast.Node): void => {
    nodes.push(node);
    parents.push(parent);
    const outer = parent;
    parent = node;
    forEachChild(node, visit);
    parent = outer;
  };
  visit(program);
  return { nodes, parents };
}
