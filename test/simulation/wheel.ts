/**
 * What each connection does next, a millisecond at a time: a timing wheel whose slots are linked lists through typed
 * arrays. A connection waits for exactly one thing at a time, so two numbers each are enough, and a million of them
 * cost nothing to keep.
 */

/** Milliseconds the wheel goes round in: longer than any wait. */
const SLOTS = 1 << 20;
const NONE = -1;

/** See the file's comment. */
export class TimingWheel {
  private readonly heads = new Int32Array(SLOTS).fill(NONE);
  private readonly nexts: Int32Array;

  /** @param capacity number of connections, known by their index */
  constructor(capacity: number) {
    this.nexts = new Int32Array(capacity);
  }

  /** Has a connection come up at a time, which is later than now and less than a round away. */
  schedule(connection: number, atMs: number): void {
    const slot = atMs & (SLOTS - 1);
    this.nexts[connection] = this.heads[slot]!;
    this.heads[slot] = connection;
  }

  /** Calls back for all that are due at a time; each may schedule itself anew. */
  due(atMs: number, visit: (connection: number) => void): void {
    const slot = atMs & (SLOTS - 1);
    let connection = this.heads[slot]!;
    this.heads[slot] = NONE;
    while (connection !== NONE) {
      const next = this.nexts[connection]!;
      visit(connection);
      connection = next;
    }
  }
}
