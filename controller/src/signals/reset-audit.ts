/**
 * The auditor that works by resets. A server that gets a packet of a connection it does not have answers with a reset
 * without acknowledgment; a connection that changed server therefore shows as such a reset from the server it came to.
 * But not every such reset is one: a client that sends into a connection that its server has closed, a port scan and
 * plain garbage are answered in the same way, and the switch cannot tell them apart. So nothing is claimed of a single
 * reset. What servers send while they take part in a shift is compared with what the same servers send outside shifts;
 * what is above anything that this explains is *suspected* and told apart from what is certain (`astray`).
 *
 * Connections that a deadline ended on purpose are answered so as well, once each; those that died with their server
 * cannot be counted, so a failover is never suspected. A server counts as taking part until it has been out of the
 * shift for the idle time, so that connections which were silent meanwhile are heard as well.
 *
 * Pure: readings, times and who is in which operation come from outside.
 */

/** Which operation a server takes part in, by the server's name in the counters. */
export type Participants = ReadonlyMap<string, number>;

/** Resets that say "no such connection", of one operation. */
export interface OperationResets {
  /** From the servers that took part, while they did. */
  readonly seen: number;
  /** As many as the same servers would hardly exceed in that time by what they send outside shifts. */
  readonly usual: number;
}

interface Known {
  /** What the counter said last; undefined where that is no matter any more. */
  counted: number | undefined;
  /** Outside of shifts. */
  resets: number;
  durationMs: number;
}

interface Share {
  seen: number;
  durationMs: number;
}

/** How many standard deviations above the usual number are still put down to chance. */
const SIGMAS = 3;

/**
 * A shift is noticed a moment after its beginning, and what was counted until then passes for what is usual. In a time
 * as long as this it hardly weighs; what was counted in a shorter one is left out.
 */
const SHORTEST_USUAL_MS = 5_000;

/** See the file's comment. */
export class ResetAudit {
  private readonly servers = new Map<string, Known>();
  private readonly operations = new Map<number, Map<string, Share>>();
  private participants: Participants = new Map();
  private lastMs: number | undefined;

  /**
   * Takes a reading: what was counted since the last one belongs to those who took part then.
   * @param counted resets so far, by server
   * @param participants who takes part from now on
   */
  take(nowMs: number, counted: ReadonlyMap<string, number>, participants: Participants): void {
    const durationMs = this.lastMs === undefined ? 0 : nowMs - this.lastMs;
    for (const [server, count] of counted) {
      const known = this.servers.get(server);
      if (known?.counted === undefined) {
        this.servers.set(server, { resets: 0, durationMs: 0, ...known, counted: count });
        continue;
      }
      // Backwards: the switch, or the entry, is new.
      const more = Math.max(0, count - known.counted);
      known.counted = count;
      const operation = this.participants.get(server);
      if (operation === undefined) {
        if (participants.has(server) && durationMs < SHORTEST_USUAL_MS) continue;
        known.resets += more;
        known.durationMs += durationMs;
      } else {
        const share = this.shareOf(operation, server);
        share.seen += more;
        share.durationMs += durationMs;
      }
    }
    this.participants = participants;
    this.lastMs = nowMs;
  }

  /** The next reading has nothing to do with the last one: other switches have counted. */
  interrupt(): void {
    for (const known of this.servers.values()) known.counted = undefined;
    this.lastMs = undefined;
  }

  /** What is known of an operation; undefined where it was never looked at. */
  of(operation: number): OperationResets | undefined {
    const shares = this.operations.get(operation);
    if (shares === undefined) return undefined;
    let seen = 0;
    let expected = 0;
    let variance = 0;
    for (const [server, share] of shares) {
      seen += share.seen;
      const { resets, durationMs } = this.usualOf(server);
      if (durationMs === 0) continue;
      // Rates that were measured for a short time are uncertain themselves.
      const ratio = share.durationMs / durationMs;
      expected += resets * ratio;
      variance += resets * ratio * (1 + ratio);
    }
    return { seen, usual: Math.floor(expected + SIGMAS * Math.sqrt(variance)) };
  }

  /** Forgets operations that nobody knows any more, and servers that are gone and took part in none of the others. */
  forgetBut(operations: ReadonlySet<number>, servers: ReadonlyMap<string, unknown>): void {
    for (const id of this.operations.keys()) if (!operations.has(id)) this.operations.delete(id);
    const named = new Set([...this.operations.values()].flatMap((shares) => [...shares.keys()]));
    for (const name of this.servers.keys()) {
      if (!servers.has(name) && !named.has(name)) this.servers.delete(name);
    }
  }

  /** What a server sends outside shifts; of one that has known nothing else, what those of its VIP do. */
  private usualOf(server: string): { readonly resets: number; readonly durationMs: number } {
    const own = this.servers.get(server);
    if (own !== undefined && own.durationMs > 0) return own;
    const vip = `${server.split('/')[0]}/`;
    const others = [...this.servers].filter(([name]) => name.startsWith(vip)).map(([, known]) => known);
    return {
      resets: others.reduce((sum, known) => sum + known.resets, 0),
      durationMs: others.reduce((sum, known) => sum + known.durationMs, 0),
    };
  }

  private shareOf(operation: number, server: string): Share {
    let shares = this.operations.get(operation);
    if (shares === undefined) this.operations.set(operation, (shares = new Map()));
    let share = shares.get(server);
    if (share === undefined) shares.set(server, (share = { seen: 0, durationMs: 0 }));
    return share;
  }
}
