/**
 * What was done to the network on purpose, so that its unavoidable consequences are not taken for faults, and nothing
 * else is excused. Two kinds: a server crashed (its own connections are lost, and an attempt that meets it before it
 * has been given up may fail or be late), and the switch was restarted (whatever waits must be answered within the time
 * that a recovery may take). The clock is the load's running clock; everything here is arithmetic on it.
 */

/** Longest time from the end of the switch to the answer of everything that waited. */
export const RECOVERY_LIMIT_MS = 3_000;

/** An incident, as it is announced to the load just before it happens (a crash), or just after (given up). */
export type Incident =
  | { readonly kind: 'server-crash'; readonly server: string }
  | { readonly kind: 'server-given-up'; readonly server: string }
  | { readonly kind: 'switch-restart' };

/** The incidents of a run. */
export class Incidents {
  private readonly crashes: { readonly server: string; readonly fromMs: number; untilMs: number }[] = [];
  private readonly restartsMs: number[] = [];

  /** Takes note that it happens at `nowMs`. */
  note(incident: Incident, nowMs: number): void {
    switch (incident.kind) {
      case 'server-crash':
        this.crashes.push({ server: incident.server, fromMs: nowMs, untilMs: Number.POSITIVE_INFINITY });
        return;
      case 'server-given-up':
        for (const crash of this.crashes) {
          if (crash.server === incident.server) crash.untilMs = Math.min(crash.untilMs, nowMs);
        }
        return;
      case 'switch-restart':
        this.restartsMs.push(nowMs);
        return;
      default:
        throw new Error(`unknown incident ${JSON.stringify(incident satisfies never)}`);
    }
  }

  /** Whether a server of this name has crashed, given up by now or not; none comes back. */
  hasCrashed(server: string): boolean {
    return this.crashes.some((crash) => crash.server === server);
  }

  /** Whether an attempt that began then, and has heard of no server by now, may have met a crashed one. */
  mayHaveMetCrashed(begunAtMs: number, nowMs: number): boolean {
    return this.crashes.some(({ fromMs, untilMs }) => begunAtMs <= untilMs && nowMs >= fromMs);
  }

  /** Until when what is awaited since then must have come. */
  dueAtMs(awaitedSinceMs: number, limitMs: number): number {
    let dueAtMs = awaitedSinceMs + limitMs;
    for (const restartMs of this.restartsMs) {
      if (restartMs <= dueAtMs && awaitedSinceMs < restartMs + RECOVERY_LIMIT_MS) {
        dueAtMs = Math.max(dueAtMs, restartMs + RECOVERY_LIMIT_MS);
      }
    }
    return dueAtMs;
  }

  /** How long after the last restart before it an answer came; undefined where none came in between. */
  sinceRestartMs(awaitedSinceMs: number, nowMs: number): number | undefined {
    const restartMs = this.restartsMs.findLast((candidate) => candidate <= nowMs);
    if (restartMs === undefined || awaitedSinceMs >= restartMs + RECOVERY_LIMIT_MS) return undefined;
    return nowMs - restartMs;
  }
}
