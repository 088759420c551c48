/**
 * Other ways to keep connections on their servers, run on the same connections and the same changes as Mooring: for
 * each, how many connections would have broken, and how much state it would have held. They are models of the published
 * algorithms, not their code: each gets the assignment that its paper gives it, and its packets exactly when Mooring's
 * arrive.
 *
 * A connection is broken when a packet of it would reach another server than its first one while that one is still
 * there. Connections of servers that died are not counted.
 */

/** Bytes of an entry that names a connection (IPv4 5-tuple) and its server. */
export const ENTRY_BYTES = 16;
/** SilkRoad's: a digest of the connection and a version of the pool, 28 bits. */
export const SILKROAD_ENTRY_BYTES = 3.5;

const BUCKETS = 16_384;
const NOBODY = -1;

/** What a scheme has come to. */
export interface SchemeResult {
  readonly name: string;
  readonly broken: number;
  readonly peakEntries: number;
  readonly peakBytes: number;
}

/** The servers as every scheme sees them. */
export interface Pool {
  /** Gets new connections. */
  readonly serving: Uint8Array;
  /** Is there for its old connections: serving or draining. */
  readonly alive: Uint8Array;
}

/** Rendezvous hashing of buckets: a change of servers moves only the buckets it must. */
class Rendezvous {
  readonly server = new Int16Array(BUCKETS).fill(NOBODY);
  readonly previous = new Int16Array(BUCKETS);
  private readonly weight = new Float64Array(BUCKETS).fill(-1);
  /** Whose the bucket would be if nobody were away. */
  private readonly favourite = new Int16Array(BUCKETS);

  constructor(private readonly pool: Pool) {
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      this.assign(bucket, () => true);
      this.favourite[bucket] = this.server[bucket]!;
      this.assign(bucket, (server) => pool.serving[server] === 1);
    }
    this.previous.set(this.server);
  }

  /** Whether the return of a server that is away would move the bucket. */
  isUnsafe(bucket: number): boolean {
    return this.server[bucket] !== this.favourite[bucket];
  }

  /** A server has come or gone, as the pool says. */
  update(changed: number): void {
    const comes = this.pool.serving[changed] === 1;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const before = this.server[bucket]!;
      if (comes && mix(bucket, changed) > this.weight[bucket]!) {
        this.server[bucket] = changed;
        this.weight[bucket] = mix(bucket, changed);
      } else if (!comes && before === changed) {
        this.assign(bucket, (server) => this.pool.serving[server] === 1);
      }
      if (this.server[bucket] !== before) this.previous[bucket] = before;
    }
  }

  private assign(bucket: number, isCandidate: (server: number) => boolean): void {
    this.weight[bucket] = -1;
    for (let server = 0; server < this.pool.serving.length; server++) {
      const weight = mix(bucket, server);
      if (weight <= this.weight[bucket]! || !isCandidate(server)) continue;
      this.weight[bucket] = weight;
      this.server[bucket] = server;
    }
  }
}

function mix(a: number, b: number): number {
  let value = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b + 1, 0xc2b2ae35);
  value = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d);
  value = Math.imul(value ^ (value >>> 12), 0x297a2d39);
  return (value ^ (value >>> 15)) >>> 0;
}

/** One scheme: decides where a packet goes, and keeps what it needs for it. */
interface Scheme {
  readonly name: string;
  /** Where a packet of a connection goes; `own` is its first packet's server, or `NOBODY` for the first packet. */
  route(connection: number, hash: number, own: number): number;
  closed(connection: number): void;
  entries(): number;
  readonly entryBytes: number;
}

/** Everything that is compared, fed with the same traffic. */
export class Comparison {
  readonly pool: Pool;
  private readonly rendezvous: Rendezvous;
  private readonly schemes: readonly Scheme[];
  private readonly hashes: Int32Array;
  private readonly own: Int16Array[];
  /** Broken, or lost with its server: not judged any more. */
  private readonly isOver: Uint8Array[];
  private readonly broken: number[];
  private readonly peaks: number[];
  private openings = 0;
  private live = 0;
  private peakLive = 0;
  private readonly servingList: number[] = [];

  /** @param lruEntries size of the table of the scheme that tracks what it has room for */
  constructor(capacity: number, servers: number, serving: number, lruEntries: number) {
    const isServing = (_: unknown, server: number) => (server < serving ? 1 : 0);
    this.pool = {
      serving: Uint8Array.from({ length: servers }, isServing),
      alive: Uint8Array.from({ length: servers }, isServing),
    };
    this.rendezvous = new Rendezvous(this.pool);
    this.hashes = new Int32Array(capacity);
    this.schemes = [
      modulo(this.servingList),
      consistent(this.rendezvous),
      leastRecentlyUsed(this.rendezvous, this.hashes, lruEntries),
      beamer(this.rendezvous),
      jet(this.rendezvous, capacity),
    ];
    this.own = this.schemes.map(() => new Int16Array(capacity));
    this.isOver = this.schemes.map(() => new Uint8Array(capacity));
    this.broken = this.schemes.map(() => 0);
    this.peaks = this.schemes.map(() => 0);
    this.listServing();
  }

  /** A server dies, leaves (`draining`) or comes back. */
  change(server: number, to: 'dead' | 'draining' | 'serving'): void {
    this.pool.serving[server] = to === 'serving' ? 1 : 0;
    this.pool.alive[server] = to === 'dead' ? 0 : 1;
    this.rendezvous.update(server);
    this.listServing();
  }

  opened(connection: number): void {
    const hash = mix(connection, ++this.openings) | 0;
    this.hashes[connection] = hash;
    this.live++;
    this.peakLive = Math.max(this.peakLive, this.live);
    this.schemes.forEach((scheme, index) => {
      this.isOver[index]![connection] = 0;
      this.own[index]![connection] = scheme.route(connection, hash, NOBODY);
      this.peaks[index] = Math.max(this.peaks[index]!, scheme.entries());
    });
  }

  sent(connection: number): void {
    const hash = this.hashes[connection]!;
    this.schemes.forEach((scheme, index) => {
      const own = this.own[index]![connection]!;
      if (this.isOver[index]![connection] === 1) return;
      if (this.pool.alive[own] === 0) {
        this.isOver[index]![connection] = 1;
        return;
      }
      const reached = scheme.route(connection, hash, own);
      this.peaks[index] = Math.max(this.peaks[index]!, scheme.entries());
      if (reached === own) return;
      this.isOver[index]![connection] = 1;
      this.broken[index]!++;
    });
  }

  closed(connection: number): void {
    this.live--;
    for (const scheme of this.schemes) scheme.closed(connection);
  }

  results(): SchemeResult[] {
    const tracked = this.schemes.map((scheme, index) => ({
      name: scheme.name,
      broken: this.broken[index]!,
      peakEntries: this.peaks[index]!,
      peakBytes: Math.round(this.peaks[index]! * scheme.entryBytes),
    }));
    const all = { broken: 0, peakEntries: this.peakLive };
    return [
      { name: 'full tracking', ...all, peakBytes: this.peakLive * ENTRY_BYTES },
      { name: 'SilkRoad', ...all, peakBytes: Math.round(this.peakLive * SILKROAD_ENTRY_BYTES) },
      ...tracked,
    ];
  }

  private listServing(): void {
    this.servingList.length = 0;
    this.pool.serving.forEach((serving, server) => {
      if (serving === 1) this.servingList.push(server);
    });
  }
}

function bucketOf(hash: number): number {
  return hash & (BUCKETS - 1);
}

function stateless(name: string, route: Scheme['route']): Scheme {
  return { name, route, closed: () => undefined, entries: () => 0, entryBytes: 0 };
}

function modulo(serving: readonly number[]): Scheme {
  return stateless('plain hash', (_, hash) => serving[(hash >>> 0) % serving.length]!);
}

function consistent({ server }: Rendezvous): Scheme {
  return stateless('consistent hash', (_, hash) => server[bucketOf(hash)]!);
}

/** The server passes what it does not know on to the bucket's previous one. */
function beamer({ server, previous }: Rendezvous): Scheme {
  const route = (_: number, hash: number, own: number) => {
    const bucket = bucketOf(hash);
    return own !== NOBODY && previous[bucket] === own ? own : server[bucket]!;
  };
  return { ...stateless('Beamer', route), entries: () => BUCKETS, entryBytes: 8 };
}

/** Tracks connections as long as there is room, and forgets the one that was silent for longest. */
function leastRecentlyUsed({ server }: Rendezvous, hashes: Int32Array, room: number): Scheme {
  // By hash, so that a connection that takes the place of an ended one is another one. A Map keeps its order of
  // insertion.
  const table = new Map<number, number>();
  return {
    name: `tracking, ${room} entries`,
    route(connection) {
      const key = hashes[connection]!;
      const reached = table.get(key) ?? server[bucketOf(key)]!;
      table.delete(key);
      table.set(key, reached);
      if (table.size > room) table.delete(table.keys().next().value!);
      return reached;
    },
    // It does not see that a connection has ended.
    closed: () => undefined,
    entries: () => table.size,
    entryBytes: ENTRY_BYTES,
  };
}

/** Tracks the connections that the return of a server that is away would move. */
function jet(rendezvous: Rendezvous, capacity: number): Scheme {
  const tracked = new Int16Array(capacity).fill(NOBODY);
  let count = 0;
  return {
    name: 'JET',
    route(connection, hash) {
      if (tracked[connection] !== NOBODY) return tracked[connection]!;
      const bucket = bucketOf(hash);
      const reached = rendezvous.server[bucket]!;
      if (rendezvous.isUnsafe(bucket)) {
        tracked[connection] = reached;
        count++;
      }
      return reached;
    },
    closed(connection) {
      if (tracked[connection] !== NOBODY) count--;
      tracked[connection] = NOBODY;
    },
    entries: () => count,
    entryBytes: ENTRY_BYTES,
  };
}
