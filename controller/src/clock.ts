/**
 * Time, passed in. The controller asks this clock for the hour and for timers and never the runtime itself, so that
 * tests run hours of protocol in milliseconds and in the same order each time.
 */

/** A source of time. */
export interface Clock {
  /** Unix time in milliseconds, for people. */
  wallMs(): number;
  /** Milliseconds that only ever go forward, for durations. */
  monotonicMs(): number;
  /** Calls back once after `delayMs`; returns a function that cancels it. */
  after(delayMs: number, callback: () => void): () => void;
}

/** The machine's own time. */
export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};
