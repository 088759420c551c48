// All nodes of a program in one array, parents before children, in source order. Most checks look at a few kinds of
// node wherever they are: a scan of this array is many times cheaper than a walk of the tree, and there are twenty of
// them. A node's descendants are the nodes that follow it up to its end, and its ancestors are found by their
// positions, so questions about a part of the program or about surroundings need no walk either.
//
// The scans look at an array of bytes, one for each node's kind, and touch only those nodes that are asked for: the
// kind of an object that may have any of ninety shapes is expensive to read.

import type * as ast from '../../2-parse/ast.ts';
import { forEachChild } from './walk.ts';

type Kind = ast.Node['kind'];

type NodeOf<K extends Kind> = Extract<ast.Node, { readonly kind: K }>;

type Bytes = Uint8Array<ArrayBuffer> | Int32Array<ArrayBuffer>;

function grown<Numbers extends Bytes>(numbers: Numbers, make: new (length: number) => Numbers): Numbers {
  const larger = new make(2 * numbers.length + 16);
  larger.set(numbers);
  return larger;
}

/** See the top of the file. A position is an index into `nodes`. */
export class NodeList {
  private readonly nodes: readonly ast.Node[];
  /** Positions, children before their parents. */
  private readonly childrenFirst: Int32Array;
  /** At each position that of the parent; -1 for the program. */
  private readonly parents: Int32Array;
  /** At each position the one behind the last descendant. */
  private readonly ends: Int32Array;
  /** At each position the number of the node's kind. */
  private readonly kinds: Uint8Array;
  private readonly numberOfKind = new Map<Kind, number>();
  /** At each kind's number, how many nodes there are of it. */
  private readonly counts: number[] = [];
  /** At each kind's number 1 while that kind is looked for. */
  private readonly isWanted = new Uint8Array(256);
  /** By a node's number its position; -1 for what is no node of the program. */
  private readonly positions: Int32Array;

  /** Walks the tree once. */
  constructor(program: ast.Program) {
    const { numberOfKind, counts } = this;
    // The program has the last of the parser's ids, and there are no more nodes than ids.
    const nodes = new Array<ast.Node>(program.id + 1);
    let count = 0;
    let childrenFirst = new Int32Array(program.id + 1);
    let parents = new Int32Array(program.id + 1);
    let ends = new Int32Array(program.id + 1);
    let kinds = new Uint8Array(program.id + 1);
    let positions = new Int32Array(program.id + 1).fill(-1);
    let parent = -1;
    let left = 0;
    const visit = (node: ast.Node): void => {
      const position = count;
      count += 1;
      nodes[position] = node;
      if (position === parents.length) {
        // A tree that no parser made may number its nodes otherwise.
        childrenFirst = grown(childrenFirst, Int32Array);
        parents = grown(parents, Int32Array);
        ends = grown(ends, Int32Array);
        kinds = grown(kinds, Uint8Array);
      }
      const { id, kind } = node;
      if (id >= positions.length) {
        const larger = new Int32Array(2 * id + 16).fill(-1);
        larger.set(positions);
        positions = larger;
      }
      positions[id] = position;
      let number = numberOfKind.get(kind);
      if (number === undefined) {
        number = numberOfKind.size;
        numberOfKind.set(kind, number);
        counts.push(0);
      }
      counts[number]! += 1;
      kinds[position] = number;
      parents[position] = parent;
      const outer = parent;
      parent = position;
      forEachChild(node, visit);
      parent = outer;
      ends[position] = count;
      childrenFirst[left] = position;
      left += 1;
    };
    visit(program);
    nodes.length = count;
    this.nodes = nodes;
    this.childrenFirst = childrenFirst.subarray(0, left);
    this.parents = parents;
    this.ends = ends;
    this.kinds = kinds;
    this.positions = positions;
  }

  /** All nodes of these kinds, in source order. */
  ofKind<K extends Kind>(...wanted: readonly K[]): NodeOf<K>[] {
    let count = 0;
    for (const kind of wanted) count += this.counts[this.numberOfKind.get(kind) ?? -1] ?? 0;
    this.mark(wanted, 1);
    const found = this.firstMarked(0, count);
    this.mark(wanted, 0);
    return found as NodeOf<K>[];
  }

  /** All nodes of these kinds inside a node, in source order; itself if it is of one of them. */
  inside<K extends Kind>(node: ast.Node, ...wanted: readonly K[]): NodeOf<K>[] {
    const position = this.positionOf(node);
    const end = this.endOf(position);
    const { kinds, isWanted } = this;
    this.mark(wanted, 1);
    let count = 0;
    for (let at = position; at < end; at++) count += isWanted[kinds[at]!]!;
    const found = this.firstMarked(position, count);
    this.mark(wanted, 0);
    return found as NodeOf<K>[];
  }

  /** All nodes of these kinds, children before their parents: the order for checks that depend on what is inside. */
  childrenFirstOfKind<K extends Kind>(...wanted: readonly K[]): NodeOf<K>[] {
    const { kinds, nodes, isWanted } = this;
    const found: ast.Node[] = [];
    this.mark(wanted, 1);
    for (const position of this.childrenFirst) if (isWanted[kinds[position]!] === 1) found.push(nodes[position]!);
    this.mark(wanted, 0);
    return found as NodeOf<K>[];
  }

  /** The node around that node; undefined for the program. */
  parentOf(node: ast.Node): ast.Node | undefined {
    return this.nodes[this.parents[this.positionOf(node)]!];
  }

  /** Whether one of the nodes around that node is of that kind. */
  isInside(node: ast.Node, kind: Kind): boolean {
    const number = this.numberOfKind.get(kind);
    for (let at = this.parents[this.positionOf(node)]!; at >= 0; at = this.parents[at]!) {
      if (this.kinds[at] === number) return true;
    }
    return false;
  }

  /** Position of a node of the program. */
  positionOf(node: ast.Node): number {
    return this.positions[node.id] ?? -1;
  }

  /** The position behind the last node that is inside the one at that position. */
  endOf(position: number): number {
    return this.ends[position] ?? position;
  }

  /** From that position on, so many nodes of the kinds that are marked. */
  private firstMarked(start: number, count: number): ast.Node[] {
    const { kinds, nodes, isWanted } = this;
    const found = new Array<ast.Node>(count);
    for (let at = start, index = 0; index < count; at++) {
      if (isWanted[kinds[at]!] === 1) found[index++] = nodes[at]!;
    }
    return found;
  }

  private mark(wanted: readonly Kind[], value: number): void {
    for (const kind of wanted) {
      const number = this.numberOfKind.get(kind);
      if (number !== undefined) this.isWanted[number] = value;
    }
  }
}
