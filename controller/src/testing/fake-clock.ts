/**
 * Time that stands still until a test moves it; what is due happens in order of its due time, and of its making where
 * that is equal. A binary heap, because a simulated service has a timer for every bucket in shift.
 */
import type { Clock } from '../clock.ts';

interface Timer {
  readonly dueMs: number;
  readonly sequence: number;
  /** Undefined once cancelled: it stays in the heap until its time has come. */
  callback: (() => void) | undefined;
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.sequence < b.sequence);
}

/** See the file's comment. */
export class FakeClock implements Clock {
  nowMs = 1_000_000;
  private readonly heap: Timer[] = [];
  private sequence = 0;

  wallMs(): number {
    return this.nowMs;
  }

  monotonicMs(): number {
    return this.nowMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer: Timer = { dueMs: this.nowMs + Math.max(0, delayMs), sequence: this.sequence++, callback };
    this.push(timer);
    return () => {
      timer.callback = undefined;
    };
  }

  /** When the next timer is due. */
  nextDueMs(): number | undefined {
    while (this.heap.length > 0 && this.heap[0]!.callback === undefined) this.pop();
    return this.heap[0]?.dueMs;
  }

  /** Moves time forward and lets everything happen in between. @param settle run after each step */
  async advance(durationMs: number, settle: () => Promise<void> = flushMicrotasks): Promise<void> {
    const endMs = this.nowMs + durationMs;
    await settle();
    for (let dueMs = this.nextDueMs(); dueMs !== undefined && dueMs <= endMs; dueMs = this.nextDueMs()) {
      this.nowMs = Math.max(this.nowMs, dueMs);
      const { callback } = this.pop();
      callback?.();
      await settle();
    }
    this.nowMs = endMs;
    await settle();
  }

  private push(timer: Timer): void {
    const { heap } = this;
    let hole = heap.length;
    heap.push(timer);
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (!isBefore(timer, heap[parent]!)) break;
      heap[hole] = heap[parent]!;
      hole = parent;
    }
    heap[hole] = timer;
  }

  private pop(): Timer {
    const { heap } = this;
    const first = heap[0]!;
    const last = heap.pop()!;
    if (heap.length === 0) return first;
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, last)) break;
      heap[hole] = heap[child]!;
      hole = child;
    }
    heap[hole] = last;
    return first;
  }
}

/** Lets pending promises and immediates run. */
export async function flushMicrotasks(): Promise<void> {
  for (let round = 0; round < 12; round++) await new Promise<void>((resolve) => setImmediate(resolve));
}
