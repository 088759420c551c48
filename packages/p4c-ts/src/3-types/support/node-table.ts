// Side tables for what nearly every expression has: arrays by the node's number, where a `Map` would keep three words
// for each node, grow by copying and hash every question. Nodes of one program only: numbers of another one mean other
// nodes.

import type * as ast from '../../2-parse/ast.ts';

/** What is known about nodes; to be read only. */
export interface NodeLookup<Key extends ast.Node, Value> {
  /** What is known about the node; undefined if nothing is. */
  get(node: Key): Value | undefined;
  has(node: Key): boolean;
}

/** A side table with room for all nodes of one program. */
export class NodeTable<Key extends ast.Node, Value> implements NodeLookup<Key, Value> {
  private readonly values: (Value | undefined)[];

  /** The program has the greatest number of its nodes. */
  constructor(program: ast.Program) {
    this.values = new Array<Value | undefined>(program.id + 1);
  }

  get(node: Key): Value | undefined {
    return this.values[node.id];
  }

  has(node: Key): boolean {
    return this.values[node.id] !== undefined;
  }

  set(node: Key, value: Value): void {
    this.values[node.id] = value;
  }
}

/** A set of nodes of one program. */
export class NodeSet<Key extends ast.Node> {
  private readonly members: Uint8Array;

  constructor(program: ast.Program) {
    this.members = new Uint8Array(program.id + 1);
  }

  has(node: Key): boolean {
    return this.members[node.id] === 1;
  }

  add(node: Key): void {
    this.members[node.id] = 1;
  }
}

/** A set of nodes of one program that keeps them in the order in which they came. */
export class OrderedNodeSet<Key extends ast.Node> extends NodeSet<Key> {
  private readonly order: Key[] = [];

  override add(node: Key): void {
    if (this.has(node)) return;
    super.add(node);
    this.order.push(node);
  }

  [Symbol.iterator](): ArrayIterator<Key> {
    return this.order.values();
  }
}
