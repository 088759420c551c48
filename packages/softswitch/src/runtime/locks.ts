/**
 * Locks and a barrier between threads, in shared memory.
 *
 * A lock is one 32-bit word: 0 free, 1 held, 2 held and somebody sleeps. Taking and giving a free lock is one atomic
 * operation each; who finds it held tries for a while, because regions are short, and then sleeps, because the holder
 * may have lost its processor. Each lock has a cache line of its own.
 */

/** Words between locks: a cache line. */
const LOCK_STRIDE = 16;

/** Attempts before a thread goes to sleep; some microseconds. */
const SPINS = 400;

/** Bytes that so many locks take. */
export function lockBytes(count: number): number {
  return Math.max(1, count) * LOCK_STRIDE * 4;
}

export class Locks {
  readonly #words: Int32Array;

  constructor(buffer: SharedArrayBuffer) {
    this.#words = new Int32Array(buffer);
  }

  acquire(lock: number): void {
    if (Atomics.compareExchange(this.#words, lock * LOCK_STRIDE, 0, 1) !== 0) this.#acquireHeld(lock * LOCK_STRIDE);
  }

  release(lock: number): void {
    const at = lock * LOCK_STRIDE;
    if (Atomics.exchange(this.#words, at, 0) === 2) Atomics.notify(this.#words, at, 1);
  }

  #acquireHeld(at: number): void {
    const words = this.#words;
    for (let spin = 0; spin < SPINS; spin++)
      if (Atomics.load(words, at) === 0 && Atomics.compareExchange(words, at, 0, 1) === 0) return;
    while (Atomics.exchange(words, at, 2) !== 0) Atomics.wait(words, at, 2);
  }
}

/** Bytes of a barrier. */
export const BARRIER_BYTES = 2 * LOCK_STRIDE * 4;

/** A place where a fixed number of threads wait for each other. */
export class Barrier {
  readonly #words: Int32Array;
  readonly #parties: number;

  constructor(buffer: SharedArrayBuffer, parties: number) {
    this.#words = new Int32Array(buffer);
    this.#parties = parties;
  }

  /** Returns when every thread has called it as often as this one. */
  wait(): void {
    const words = this.#words;
    const round = Atomics.load(words, LOCK_STRIDE);
    if (Atomics.add(words, 0, 1) + 1 === this.#parties) {
      Atomics.store(words, 0, 0);
      Atomics.add(words, LOCK_STRIDE, 1);
      Atomics.notify(words, LOCK_STRIDE);
      return;
    }
    for (let spin = 0; spin < SPINS; spin++) if (Atomics.load(words, LOCK_STRIDE) !== round) return;
    while (Atomics.load(words, LOCK_STRIDE) === round) Atomics.wait(words, LOCK_STRIDE, round);
  }
}
