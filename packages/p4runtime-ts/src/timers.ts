/**
 * Time, passed in, so that tests run without waiting. `systemTimers` is the real one.
 */

/** What client and server need of time. */
export interface Timers {
  /** Milliseconds since the epoch. */
  nowMs(): number;
  /** Calls `callback` once after `delayMs`; returns a function that prevents it. */
  after(delayMs: number, callback: () => void): () => void;
}

/** The computer's clock. Its timers do not keep a process alive. */
export const systemTimers: Timers = {
  nowMs: () => Date.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
