/**
 * Several switches behind the port of one. All of them get the same tables; each keeps what is its own (learned addresses, the ports that
 * lead to the servers, register slots), and everything that is waited for is waited for on all of them: a bucket is idle when it is
 * idle everywhere, a sweep has ended when the last one has, a write has been made when every switch has acknowledged it. So the bucket
 * protocol and the operations need not know how many there are. A connection may change its way from one switch to another at any
 * time: base servers are the same everywhere, and so are exact pins.
 *
 * When the session to one of them is lost all are closed and opened again, and the difference between what each holds and what it
 * should hold is written to each. Nothing is changed on some of them only; while one is away packets go on as they do without a controller.
 */
import type { SwitchConfiguration } from '../config/types.ts';
import { parseSegment } from '../network/segment.ts';
import type { PinEvent } from '../shift/types.ts';
import { MemberSwitch } from './member.ts';
import { mergeEntries } from './merge.ts';
import type {
  ClassRate,
  CountedTraffic,
  PacketOrder,
  SwitchConnector,
  SwitchListener,
  SwitchSession,
  WriteFailure,
} from './port.ts';
import { type CountedTable, type EntryUpdate, isPinTable, keyText, type ReadEntry, type TableName } from './tables.ts';

/** Ports of a member have numbers of their own: those of each follow those of the one before. */
const PORTS = 0x10000;

/** What is the same for all of them. */
export interface SeveralOptions {
  readonly macIdleMs: number;
  /** MAC addresses that live in the switches themselves. */
  reserved(): ReadonlySet<string>;
}

/** A switch and the way to it. */
export interface SwitchMember {
  readonly configuration: SwitchConfiguration;
  readonly connect: SwitchConnector;
}

/** Makes one connector of several. */
export function severalConnector(members: readonly SwitchMember[], options: SeveralOptions): SwitchConnector {
  return async (electionId, listener) => {
    const session = new SeveralSwitches(listener, options);
    try {
      await session.open(members, electionId);
      return session;
    } catch (error) {
      session.close();
      throw error;
    }
  };
}

class SeveralSwitches implements SwitchSession {
  private readonly members: MemberSwitch[] = [];
  private readonly listener: SwitchListener;
  private readonly options: SeveralOptions;
  /** Members on which an entry has fallen idle since it was written. */
  private readonly idle = new Map<string, Set<MemberSwitch>>();
  /** Sweep orders that have not ended everywhere: how many have, and what they reported. */
  private readonly sweeps = new Map<number, { ended: number; reports: number }>();
  private over = false;

  constructor(listener: SwitchListener, options: SeveralOptions) {
    this.listener = listener;
    this.options = options;
  }

  async open(members: readonly SwitchMember[], electionId: number): Promise<void> {
    for (const [index, { configuration, connect }] of members.entries()) {
      const member = new MemberSwitch(index, configuration.ports, this.options.macIdleMs, () =>
        this.options.reserved(),
      );
      member.session = await connect(electionId, this.listenTo(member, configuration.address));
      this.members.push(member);
    }
  }

  get pipeline(): 'kept' | 'pushed' {
    return this.members.every(({ session }) => session.pipeline === 'kept') ? 'kept' : 'pushed';
  }

  get slots(): number {
    return Math.max(...this.members.map(({ session }) => session.slots));
  }

  get pinCapacity(): number {
    return Math.min(...this.members.map(({ session }) => session.pinCapacity));
  }

  get deviceId(): string {
    return this.members.map(({ session }) => session.deviceId).join(',');
  }

  get program() {
    return this.members[0]?.session.program;
  }

  async write(updates: readonly EntryUpdate[]): Promise<readonly WriteFailure[]> {
    for (const { entry } of updates) this.idle.delete(`${entry.table} ${keyText(entry.key)}`);
    const answers = await Promise.all(this.members.map((member) => member.write(updates)));
    const failures = new Map<number, WriteFailure>();
    for (const failure of answers.flat()) failures.set(failure.index, failure);
    // A pin that has no room somewhere must not be anywhere: it stays in its slot.
    const undone = updates.filter(
      ({ op, entry }, index) => op === 'insert' && isPinTable(entry.table) && failures.has(index),
    );
    if (undone.length > 0) {
      const deletions = undone.map(({ entry }) => ({ op: 'delete', entry }) as const);
      await Promise.all(this.members.map((member) => member.write(deletions)));
    }
    return [...failures.values()];
  }

  async writeSettings(settings: Parameters<SwitchSession['writeSettings']>[0]): Promise<void> {
    await Promise.all(this.members.map(({ session }) => session.writeSettings(settings)));
  }

  /** Each floods to its own ports. */
  async writeFloodGroup(): Promise<void> {
    await Promise.all(this.members.map((member) => member.session.writeFloodGroup(member.ports)));
  }

  async writeClassRates(rates: readonly ClassRate[]): Promise<void> {
    await Promise.all(this.members.map(({ session }) => session.writeClassRates(rates)));
  }

  async readTable(table: TableName, withAge: boolean): Promise<readonly ReadEntry[]> {
    const read = await Promise.all(this.members.map((member) => member.readTable(table, withAge)));
    return mergeEntries(table, read);
  }

  async readAges(
    table: TableName,
    keys: readonly (readonly (number | string)[])[],
  ): Promise<readonly (number | undefined)[]> {
    const ages = await Promise.all(this.members.map(({ session }) => session.readAges(table, keys)));
    // Hit as lately as anywhere; not there if it is missing anywhere.
    return keys.map((_, index) => {
      const own = ages.map((list) => list[index]);
      return own.includes(undefined) ? undefined : Math.min(...(own as number[]));
    });
  }

  async sendDigestsAtOnce(): Promise<void> {
    await Promise.all(this.members.map(({ session }) => session.sendDigestsAtOnce()));
  }

  async readCounts(table: CountedTable): Promise<ReadonlyMap<string, CountedTraffic>> {
    const sum = new Map<string, CountedTraffic>();
    for (const { session } of this.members) {
      for (const [key, { packets, bytes }] of (await session.readCounts?.(table)) ?? []) {
        const before = sum.get(key) ?? { packets: 0, bytes: 0 };
        sum.set(key, { packets: before.packets + packets, bytes: before.bytes + bytes });
      }
    }
    return sum;
  }

  async readDrops(): Promise<readonly number[]> {
    const sum: number[] = [];
    for (const { session } of this.members) {
      for (const [reason, count] of ((await session.readDrops?.()) ?? []).entries())
        sum[reason] = (sum[reason] ?? 0) + count;
    }
    return sum;
  }

  order(orders: readonly PacketOrder[]): void {
    for (const order of orders) {
      if (order.kind === 'release') {
        const member = this.members[Math.floor(order.slot / this.slots)];
        member?.session.order([{ ...order, slot: order.slot % this.slots }]);
      } else if (order.kind === 'forward') {
        this.members[0]!.session.order([order]);
      } else if (order.kind === 'receive') {
        const member = this.members[Math.floor(order.port / PORTS)];
        member?.session.order([{ ...order, port: order.port % PORTS }]);
      } else {
        if (order.kind === 'sweep') this.sweeps.set(order.tag, { ended: 0, reports: 0 });
        for (const { session } of this.members) session.order([order]);
      }
    }
  }

  close(): void {
    this.over = true;
    for (const member of this.members) member.close();
  }

  private listenTo(member: MemberSwitch, address: string): SwitchListener {
    return {
      onPinEvents: (events) => {
        const translated = events.flatMap((event) => this.translate(member, event));
        if (translated.length > 0 && !this.over) this.listener.onPinEvents(translated);
      },
      onMacEvents: (events) => {
        if (this.over) return;
        if (member.index === 0) this.listener.onMacEvents(events);
        this.try(member.learn(events), address);
      },
      onIdle: (table, keys) => {
        if (this.over) return;
        if (table === 'mac_sources' && member.index > 0) this.try(member.forget(keys), address);
        else this.onIdle(member, table, keys);
      },
      // The ports in answers to our questions are the first one's; the others learn theirs from the answers' frames.
      onPacketIn: (port, packet, server) => {
        if (this.over || (member.index > 0 && parseSegment(packet) === undefined)) return;
        this.listener.onPacketIn(port + member.index * PORTS, packet, server);
      },
      onLost: (reason) => this.lose(`${address}: ${reason}`),
    };
  }

  private onIdle(member: MemberSwitch, table: TableName, keys: readonly string[]): void {
    const everywhere = keys.filter((key) => {
      if (table === 'mac_sources') return true;
      const name = `${table} ${key}`;
      let idle = this.idle.get(name);
      if (idle === undefined) this.idle.set(name, (idle = new Set()));
      idle.add(member);
      return idle.size === this.members.length;
    });
    if (everywhere.length > 0) this.listener.onIdle(table, everywhere);
  }

  private translate(member: MemberSwitch, event: PinEvent): PinEvent[] {
    switch (event.kind) {
      case 'learned':
        return [event];
      case 'swept': {
        const sweep = this.sweeps.get(event.tag);
        if (sweep === undefined) return [];
        sweep.ended++;
        sweep.reports += event.reports;
        if (sweep.ended < this.members.length) return [];
        this.sweeps.delete(event.tag);
        return [{ ...event, reports: sweep.reports }];
      }
      default: {
        // A slot's name is its index and way; each member's indices follow those of the one before.
        const slot = event.slot + member.index * this.slots * 2;
        return [{ ...event, slot } as PinEvent];
      }
    }
  }

  private try(work: Promise<void>, address: string): void {
    work.catch((error: unknown) => this.lose(`${address}: ${error instanceof Error ? error.message : String(error)}`));
  }

  private lose(reason: string): void {
    if (this.over) return;
    this.close();
    this.listener.onLost(reason);
  }
}
