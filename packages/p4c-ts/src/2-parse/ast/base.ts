/**
 * What all nodes of the tree have, and where their numbers come from. Nodes never change; what later phases find out
 * about one is in side tables of theirs. The number is given out per compilation and not by a global counter, so that
 * the same program always gets the same numbers, whatever was compiled before it.
 */
import type { Span } from '../../diagnostics/span.ts';

/**
 * Unique number of a node within one compilation: from 1, of names from -1 downwards, so that tables by number need no
 * room for those.
 */
export type NodeId = number;

/** What all nodes have. */
export interface NodeBase {
  readonly id: NodeId;
  readonly span: Span;
}

/** Gives out node ids; one for each compilation, shared by the parser and all passes that make nodes. */
export class NodeIds {
  private last = 0;
  /** The next free id, from 1. */
  next(): NodeId {
    this.last += 1;
    return this.last;
  }

  private lastName = 0;
  /** The next free id of a name, from -1 downwards. */
  nextOfName(): NodeId {
    this.lastName -= 1;
    return this.lastName;
  }
}
