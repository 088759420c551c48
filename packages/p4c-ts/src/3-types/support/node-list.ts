// All nodes of a program in one array, parents before children, in source order. Most checks look at a few kinds of node
// wherever they are: a scan of this array is many times cheaper than a walk of the tree, and there are twenty of them.
// A node's descendants are the nodes that follow it up to its end, and its ancestors are found by their positions, so
// questions about a part of the program or about surroundings need no walk either.

import type * as ast from '../../2-parse/ast.ts';
import { forEachChild } from './walk.ts';

type NodeOf<Kind extends ast.Node['kind']> = Extract<ast.Node, { readonly kind: Kind }>;

function grown(numbers: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * numbers.length + 16);
  larger.set(numbers);
  return larger;
}

/** See the top of the file. A position is an index into `nodes`. */
export class NodeList {
  readonly nodes: readonly ast.Node[];
  /** Positions, children before their parents: the order for checks that depend on what is inside. */
  readonly childrenFirst: Int32Array;
  /** At each position that of the parent; -1 for the program. */
  private readonly parents: Int32Array;
  /** At each position the one behind the last descendant. */
  private readonly ends: Int32Array;
  private readonly byKind = new Map<ast.Node['kind'], ast.Node[]>();
  private positions: Int32Array | undefined;

  /** Walks the tree once. */
  constructor(program: ast.Program) {
    const nodes: ast.Node[] = [];
    // The program has the last of the parser's ids, and there are no more nodes than ids.
    let childrenFirst = new Int32Array(program.id + 1);
    let parents = new Int32Array(program.id + 1);
    let ends = new Int32Array(program.id + 1);
    let parent = -1;
    let left = 0;
    const visit = (node: ast.Node): void => {
      const position = nodes.length;
      nodes.push(node);
      const alike = this.byKind.get(node.kind);
      if (alike === undefined) this.byKind.set(node.kind, [node]);
      else alike.push(node);
      if (position === parents.length) {
        // A tree that no parser made may number its nodes otherwise.
        childrenFirst = grown(childrenFirst);
        parents = grown(parents);
        ends = grown(ends);
      }
      parents[position] = parent;
      const outer = parent;
      parent = position;
      forEachChild(node, visit);
      parent = outer;
      ends[position] = nodes.length;
      childrenFirst[left] = position;
      left += 1;
    };
    visit(program);
    this.nodes = nodes;
    this.childrenFirst = childrenFirst.subarray(0, left);
    this.parents = parents;
    this.ends = ends;
  }

  /** All nodes of that kind, in source order. */
  ofKind<Kind extends ast.Node['kind']>(kind: Kind): readonly NodeOf<Kind>[] {
    return (this.byKind.get(kind) ?? []) as NodeOf<Kind>[];
  }

  /** The node around the one at that position; undefined for the program. */
  parentOf(position: number): ast.Node | undefined {
    return this.nodes[this.parents[position]!];
  }

  /** Whether one of the nodes around the one at that position is of that kind. */
  isInside(position: number, kind: ast.Node['kind']): boolean {
    for (let at = this.parents[position]!; at >= 0; at = this.parents[at]!) {
      if (this.nodes[at]!.kind === kind) return true;
    }
    return false;
  }

  /** Position of a node of the program. */
  positionOf(node: ast.Node): number {
    this.positions ??= positionsById(this.nodes);
    return this.positions[node.id] ?? -1;
  }

  /** The position behind the last node that is inside the one at that position. */
  endOf(position: number): number {
    return this.ends[position] ?? position;
  }
}

function positionsById(nodes: readonly ast.Node[]): Int32Array {
  let greatestId = 0;
  for (const node of nodes) if (node.id > greatestId) greatestId = node.id;
  const positions = new Int32Array(greatestId + 1).fill(-1);
  for (let position = 0; position < nodes.length; position++) positions[nodes[position]!.id] = position;
  return positions;
}
