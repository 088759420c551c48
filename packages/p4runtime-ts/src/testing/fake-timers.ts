/**
 * Time that stands still until a test moves it. Timers fire in the order of their instants, also those that a firing
 * timer sets, as with a real clock.
 */
import type { Timers } from '../timers.ts';

/** Timers under a test's control. */
export class FakeTimers implements Timers {
  #nowMs = 1_000_000;
  #pending: { readonly atMs: number; readonly callback: () => void }[] = [];

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, callback };
    this.#pending.push(timer);
    return () => {
      this.#pending = this.#pending.filter((candidate) => candidate !== timer);
    };
  }

  /** Timers that wait. */
  get pending(): number {
    return this.#pending.length;
  }

  /** Lets time pass; timers fire in order. */
  advance(byMs: number): void {
    const untilMs = this.#nowMs + byMs;
    for (;;) {
      const due = this.#pending.filter((timer) => timer.atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (due === undefined) break;
      this.#pending = this.#pending.filter((timer) => timer !== due);
      this.#nowMs = Math.max(this.#nowMs, due.atMs);
      due.callback();
    }
    this.#nowMs = untilMs;
  }
}
