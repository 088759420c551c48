/**
 * Timers by the thousand: those due in the same millisecond share one of the clock's, and come back together, so that
 * what belongs together is decided and written together.
 */
import type { Clock } from '../clock.ts';

/** See the file's comment. @typeParam E what comes back */
export class TimerWheel<E> {
  private readonly clock: Clock;
  private readonly onDue: (events: readonly E[]) => void;
  private readonly due = new Map<number, { readonly events: E[]; readonly cancel: () => void }>();

  constructor(clock: Clock, onDue: (events: readonly E[]) => void) {
    this.clock = clock;
    this.onDue = onDue;
  }

  /** Brings `event` back after `delayMs`, never early. */
  add(delayMs: number, event: E): void {
    const nowMs = this.clock.monotonicMs();
    const dueMs = Math.ceil(nowMs + delayMs);
    const shared = this.due.get(dueMs);
    if (shared !== undefined) {
      shared.events.push(event);
      return;
    }
    const events = [event];
    const cancel = this.clock.after(dueMs - nowMs, () => {
      this.due.delete(dueMs);
      this.onDue(events);
    });
    this.due.set(dueMs, { events, cancel });
  }

  /** Forgets them all. */
  clear(): void {
    for (const { cancel } of this.due.values()) cancel();
    this.due.clear();
  }
}
