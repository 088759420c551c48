/**
 * How fast the registers can be swept without being in the way of packets. A switch gives a sweep order its attention
 * until it is done; a hardware one in no time, BMv2 in tens of microseconds a slot. So the order is made as large as is
 * answered within a few milliseconds, and after each the switch is left alone for twice as long as it took.
 */

const LEAST_CHUNK = 16;
const MOST_CHUNK = 4096;
/** An answer within this: the next order may be twice as large. */
const QUICK_MS = 5;
/** An answer after this: half as large. */
const SLOW_MS = 15;
const LONGEST_PAUSE_MS = 250;

/** See the file's comment. */
export class SweepPacer {
  /** Slots of the next order. */
  chunk: number;
  /** How long to wait before it, in milliseconds. */
  pauseMs = 0;
  private sent: { readonly tag: number; readonly atMs: number; readonly count: number } | undefined;

  constructor(chunk: number) {
    this.chunk = chunk;
  }

  /** An order goes out. */
  onSent(tag: number, count: number, nowMs: number): void {
    // The one before was not answered in time.
    if (this.sent !== undefined && this.sent.count > 0) this.chunk = Math.max(LEAST_CHUNK, this.chunk >> 2);
    this.sent = { tag, count, atMs: nowMs };
  }

  /** An order has been answered. @returns whether the pace has changed */
  onAnswered(tag: number, nowMs: number): boolean {
    if (this.sent?.tag !== tag) return false;
    const { atMs, count } = this.sent;
    this.sent = undefined;
    if (count === 0) return false;
    const tookMs = nowMs - atMs;
    this.pauseMs = Math.min(2 * tookMs, LONGEST_PAUSE_MS);
    const before = this.chunk;
    if (tookMs < QUICK_MS) this.chunk = Math.min(MOST_CHUNK, this.chunk * 2);
    else if (tookMs > SLOW_MS) this.chunk = Math.max(LEAST_CHUNK, this.chunk >> 1);
    return this.chunk !== before;
  }

  /** A new session: what was sent before is not answered any more. */
  forget(): void {
    this.sent = undefined;
  }
}
