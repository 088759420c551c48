/**
 * A clock that stands still while this process is not being run. A stall must be the network's, not that of a busy
 * machine that gave the load generator no processor: each tick that comes late advances the clock by no more than
 * `longestTickMs`, and the rest is counted as paused. Times read between ticks are those of the last tick.
 */
export class RunningClock {
  /** Milliseconds of running time. */
  nowMs = 0;
  /** Milliseconds not counted. */
  pausedMs = 0;
  private lastWallMs: number;

  constructor(
    wallMs: number,
    private readonly longestTickMs: number,
  ) {
    this.lastWallMs = wallMs;
  }

  /** Takes note that it is now `wallMs` (monotonic). */
  tick(wallMs: number): void {
    const elapsedMs = wallMs - this.lastWallMs;
    const countedMs = Math.min(elapsedMs, this.longestTickMs);
    this.nowMs += countedMs;
    this.pausedMs += elapsedMs - countedMs;
    this.lastWallMs = wallMs;
  }
}
