/**
 * One of several switches: what it holds, and what is its own. An update that is meant for all becomes an insertion, a
 * change or nothing here, depending on what this one holds; the port to a server is the one behind which this switch
 * has seen the server's address.
 */
import type { MacEvent, SwitchSession, WriteFailure } from './port.ts';
import {
  BY_LINK,
  type Entry,
  type EntryUpdate,
  keyText,
  type ReadEntry,
  sameEntry,
  type TableName,
  type Value,
} from './tables.ts';

/** See the file's comment. */
export class MemberSwitch {
  readonly index: number;
  readonly ports: readonly number[];
  session!: SwitchSession;
  private readonly macIdleMs: number;
  private readonly reserved: () => ReadonlySet<string>;
  private readonly held = new Map<TableName, Map<string, Entry>>();
  /** The ways to the servers, `servers` and `links`, as they are meant for all. */
  private readonly ways = new Map<string, Entry>();
  /** Where addresses have been seen. */
  private readonly seen = new Map<string, number>();
  private queue: Promise<unknown> = Promise.resolve();

  /** @param index from 0; the first one's learned addresses are the controller's business */
  constructor(index: number, ports: readonly number[], macIdleMs: number, reserved: () => ReadonlySet<string>) {
    this.index = index;
    this.ports = ports;
    this.macIdleMs = macIdleMs;
    this.reserved = reserved;
  }

  /** As `SwitchSession.write`, with updates that are meant for all. @throws SwitchLostError */
  write(updates: readonly EntryUpdate[]): Promise<readonly WriteFailure[]> {
    return this.inOrder(async () => {
      const own: EntryUpdate[] = [];
      const places: number[] = [];
      updates.forEach((update, place) => {
        const { table } = update.entry;
        if (this.index > 0 && (table === 'macs' || table === 'mac_sources')) return;
        const translated = this.translate(update);
        if (translated === undefined) return;
        own.push(translated);
        places.push(place);
      });
      const failures = await this.carryOut(own);
      return failures.map((failure) => ({ ...failure, index: places[failure.index]! }));
    });
  }

  async readTable(table: TableName, withAge: boolean): Promise<readonly ReadEntry[]> {
    const entries = await this.session.readTable(table, withAge);
    this.held.set(table, new Map(entries.map((entry) => [keyText(entry.key), entry])));
    if (table === 'macs') {
      for (const { key, params } of entries) this.seen.set(String(key[0]), Number(params[0]));
    }
    return entries;
  }

  /** Addresses this switch has seen. @throws SwitchLostError */
  async learn(events: readonly MacEvent[]): Promise<void> {
    const reserved = this.reserved();
    const updates: EntryUpdate[] = [];
    for (const { mac, port } of events) {
      const group = Number.parseInt(mac.slice(0, 2), 16) & 1;
      if (group || mac === '00:00:00:00:00:00' || reserved.has(mac)) continue;
      const before = this.seen.get(mac);
      this.seen.set(mac, port);
      if (this.index > 0) {
        if (before !== undefined && before !== port) {
          updates.push({ op: 'delete', entry: { table: 'mac_sources', key: [mac, before] } });
        }
        const known = { table: 'mac_sources', key: [mac, port], action: 'mac_known', params: [] } as const;
        updates.push(
          { op: 'insert', entry: { table: 'macs', key: [mac], action: 'to_port', params: [port], idleTimeoutMs: 0 } },
          { op: 'insert', entry: { ...known, idleTimeoutMs: this.macIdleMs } },
        );
      }
      for (const entry of this.ways.values()) if (entry.params.includes(mac)) updates.push({ op: 'insert', entry });
    }
    if (updates.length === 0) return;
    await this.inOrder(() => this.carryOut(updates.flatMap((update) => this.translate(update) ?? [])));
  }

  /** Addresses that have fallen silent, by the key text of `mac_sources`. @throws SwitchLostError */
  async forget(keys: readonly string[]): Promise<void> {
    const updates = keys.flatMap((key): EntryUpdate[] => {
      const [mac, port] = key.split('/') as [string, string];
      const source: EntryUpdate = { op: 'delete', entry: { table: 'mac_sources', key: [mac, Number(port)] } };
      if (this.seen.get(mac) !== Number(port)) return [source];
      this.seen.delete(mac);
      return [source, { op: 'delete', entry: { table: 'macs', key: [mac] } }];
    });
    await this.inOrder(() => this.carryOut(updates.flatMap((update) => this.translate(update) ?? [])));
  }

  close(): void {
    this.session?.close();
  }

  /** What an update means here; undefined: nothing to do. */
  private translate(update: EntryUpdate): EntryUpdate | undefined {
    const { table, key } = update.entry;
    const text = keyText(key);
    const held = this.held.get(table)?.get(text);
    if (update.op === 'delete') {
      this.ways.delete(`${table} ${text}`);
      return held === undefined ? undefined : update;
    }
    let { entry } = update;
    if (table === 'servers' || table === 'links') {
      this.ways.set(`${table} ${text}`, entry);
      if (this.index > 0) entry = { ...entry, params: table === 'links' ? this.ownLinks(entry) : this.ownPort(entry) };
    }
    if (held === undefined) return { op: 'insert', entry };
    return sameEntry(held, entry) ? undefined : { op: 'modify', entry };
  }

  private ownPort({ params }: Entry): readonly Value[] {
    const [mac, port, ...more] = params as [string, number, ...Value[]];
    return port === BY_LINK ? params : [mac, this.seen.get(mac) ?? port, ...more];
  }

  /** Those that this switch has seen; where it has seen none, as they are. */
  private ownLinks({ params }: Entry): readonly Value[] {
    const own: Value[] = [];
    for (let at = 0; at < params.length; at += 3) {
      const [mac, , weight] = params.slice(at, at + 3) as [string, number, number];
      const port = this.seen.get(mac);
      if (port !== undefined) own.push(mac, port, weight);
    }
    return own.length > 0 ? own : params;
  }

  private async carryOut(updates: readonly EntryUpdate[]): Promise<readonly WriteFailure[]> {
    if (updates.length === 0) return [];
    const failures = await this.session.write(updates);
    const failed = new Set(failures.map(({ index }) => index));
    updates.forEach((update, index) => {
      if (failed.has(index)) return;
      const { table, key } = update.entry;
      let held = this.held.get(table);
      if (held === undefined) this.held.set(table, (held = new Map()));
      if (update.op === 'delete') held.delete(keyText(key));
      else held.set(keyText(key), update.entry);
    });
    return failures;
  }

  /** What this one is told by itself and what is meant for all, one after the other. */
  private inOrder<T>(work: () => Promise<T>): Promise<T> {
    const result = this.queue.then(work);
    this.queue = result.catch(() => undefined);
    return result;
  }
}
