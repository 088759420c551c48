/**
 * Names, where they are declared and where they are used. A name has its own place, apart from that of the construct
 * around it, because messages and editors point at names.
 */
import type { NodeBase } from '../ast.ts';

/** A name where it is declared or used. Not a node of its own meaning, but it has its own place. */
export interface Identifier extends NodeBase {
  readonly kind: 'Identifier';
  readonly name: string;
}
