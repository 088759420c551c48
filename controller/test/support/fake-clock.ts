/** Time that stands still until a test moves it; what is due happens in order of its due time. */
import type { Clock } from '../../src/clock.ts';

/** See the file's comment. */
export class FakeClock implements Clock {
  nowMs = 1_000_000;
  private timers: { readonly dueMs: number; readonly sequence: number; readonly callback: () => void }[] = [];
  private sequence = 0;

  wallMs(): number {
    return this.nowMs;
  }

  monotonicMs(): number {
    return this.nowMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { dueMs: this.nowMs + Math.max(0, delayMs), sequence: this.sequence++, callback };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }

  /** When the next timer is due. */
  nextDueMs(): number | undefined {
    return this.timers.length === 0 ? undefined : Math.min(...this.timers.map((timer) => timer.dueMs));
  }

  /** Moves time forward and lets everything happen in between. @param settle run after each step */
  async advance(durationMs: number, settle: () => Promise<void> = flushMicrotasks): Promise<void> {
    const endMs = this.nowMs + durationMs;
    await settle();
    for (;;) {
      const due = this.timers
        .filter((timer) => timer.dueMs <= endMs)
        .sort((a, b) => a.dueMs - b.dueMs || a.sequence - b.sequence)[0];
      if (due === undefined) break;
      this.timers = this.timers.filter((timer) => timer !== due);
      this.nowMs = Math.max(this.nowMs, due.dueMs);
      due.callback();
      await settle();
    }
    this.nowMs = endMs;
    await settle();
  }
}

/** Lets pending promises and immediates run. */
export async function flushMicrotasks(): Promise<void> {
  for (let round = 0; round < 12; round++) await new Promise<void>((resolve) => setImmediate(resolve));
}
