/**
 * The auditor that works by agents: for every established connection that a server's agent tells, it asks where the
 * switch would send that connection's packets now. A connection that was once sent to its server and then, for longer
 * than reports and packets can be late, is sent to another, has gone astray; each is told once. Connections that were
 * never sent there (made to the server directly) are nobody's business. A bucket whose registers may hold pins is given
 * the time in which those are reported again.
 */
import type { ShiftState } from '../shift/state.ts';
import { bucketOf } from '../shift/state.ts';
import type { Notice, ReportedConnection, ServerId } from '../shift/types.ts';

interface Watched {
  /** Since when its packets would go elsewhere; undefined: they go to its server. */
  sinceMs: number | undefined;
  told: boolean;
}

/** See the file's comment. */
export class Auditor {
  /** By server: connections that have been sent to it. */
  private readonly watched = new Map<ServerId, Map<string, Watched>>();
  private readonly graceMs: number;

  /** @param graceMs how late a report or a pin may be */
  constructor(graceMs: number) {
    this.graceMs = graceMs;
  }

  /** A server's connections. @returns what has gone astray, and how many were looked at */
  onReport(
    state: ShiftState,
    server: ServerId,
    connections: readonly ReportedConnection[],
    nowMs: number,
  ): { readonly astray: readonly Extract<Notice, { kind: 'astray' }>[]; readonly audited: number } {
    const before = this.watched.get(server) ?? new Map<string, Watched>();
    const after = new Map<string, Watched>();
    const astray: Extract<Notice, { kind: 'astray' }>[] = [];
    const ended = state.servers.get(server)?.ended === true;
    for (const { key, vip, bucket, halfOpen } of connections) {
      const found = bucketOf(state, { vip, bucket });
      if (halfOpen || ended || found === undefined) continue;
      const goesTo = state.pins.get(key)?.server ?? found.base;
      const known = before.get(key);
      if (goesTo === server) {
        after.set(key, { sinceMs: undefined, told: known?.told ?? false });
      } else if (known !== undefined) {
        const sinceMs = known.sinceMs ?? nowMs;
        const isLate = nowMs - sinceMs > this.graceMs;
        if (isLate && !known.told)
          astray.push({ kind: 'astray', name: { vip, bucket }, key, from: server, to: goesTo });
        after.set(key, { sinceMs, told: known.told || isLate });
      }
    }
    this.watched.set(server, after);
    return { astray, audited: connections.length };
  }
}
