/**
 * Several switches behind the port of one. All of them get the same tables; each keeps what is its own (learned
 * addresses, the ports that lead to the servers, register slots), and everything that is waited for is waited for on
 * all that are there: a bucket is idle when it is idle everywhere, a sweep has ended when the last one has, a write has
 * been made when every switch has acknowledged it. So the bucket protocol and the operations need not know how many
 * there are. A connection may change its way from one switch to another at any time: base servers are the same
 * everywhere, and so are exact pins.
 *
 * A session is with those that are there (`roster.ts`). When one of them is lost, or one that was away answers again,
 * the session is to be opened anew, with the others; it says who is away, and what then has to wait is decided by
 * `shift/absence.ts`. A switch that does not answer a call in time counts as lost, for the others must not wait for it.
 */
import type { Clock } from '../clock.ts';
import { type SwitchConfiguration, switchName } from '../config/types.ts';
import { parseSegment } from '../network/segment.ts';
import type { PinEvent } from '../shift/types.ts';
import { MemberSwitch } from './member.ts';
import { mergeEntries } from './merge.ts';
import {
  type ClassRate,
  type CountedTraffic,
  type MemberStatus,
  type PacketOrder,
  type SwitchConnector,
  type SwitchListener,
  SwitchLostError,
  type SwitchSession,
  type WriteFailure,
} from './port.ts';
import { isAway, type KnownSwitches, type Place, Roster } from './roster.ts';
import { type CountedTable, type EntryUpdate, isPinTable, keyText, type ReadEntry, type TableName } from './tables.ts';

/** Ports of a member have numbers of their own: those of each follow those of the one before. */
const PORTS = 0x10000;

/** When one switch has answered, how long the others have. */
const OTHERS_MS = 1_000;
/** How long a switch may take for a write, and for each of its updates; BMv2 makes a thousand of them a second. */
const WRITE_MS = 5_000;
const UPDATE_MS = 5;
/** How long it may take for anything else, a table of a million entries included. */
const ANSWER_MS = 30_000;

/** What is the same for all of them. */
export interface SeveralOptions {
  readonly macIdleMs: number;
  readonly clock: Clock;
  /** MAC addresses that live in the switches themselves. */
  reserved(): ReadonlySet<string>;
  /** What is known of switches from before, by name. */
  known(): KnownSwitches;
}

/** Makes one connector of those to all switches. @param connectorOf the way to one of them */
export function switchesConnector(
  switches: readonly SwitchConfiguration[],
  connectorOf: (one: SwitchConfiguration, index: number) => SwitchConnector,
  options: SeveralOptions,
): SwitchConnector {
  const members = switches.map((one, index) => {
    return { name: switchName(one, switches), configuration: one, connect: connectorOf(one, index) };
  });
  if (members.length === 1) return members[0]!.connect;
  const roster = new Roster(members, options.clock, () => options.known());
  return async (electionId, listener) => {
    const session = new SeveralSwitches(listener, options, roster);
    try {
      await session.open(electionId);
      return session;
    } catch (error) {
      session.close();
      throw error;
    }
  };
}

class SeveralSwitches implements SwitchSession {
  pipeline: 'kept' | 'pushed' = 'kept';
  /** Those that are there. */
  private readonly members: MemberSwitch[] = [];
  private readonly listener: SwitchListener;
  private readonly options: SeveralOptions;
  private readonly roster: Roster;
  /** Members on which an entry has fallen idle since it was written. */
  private readonly idle = new Map<string, Set<MemberSwitch>>();
  /** Sweep orders that have not ended everywhere: how many have, and what they reported. */
  private readonly sweeps = new Map<number, { ended: number; reports: number }>();
  /** Who belongs to it is settled. */
  private isOpen = false;
  private over = false;

  constructor(listener: SwitchListener, options: SeveralOptions, roster: Roster) {
    this.listener = listener;
    this.options = options;
    this.roster = roster;
  }

  async open(electionId: number): Promise<void> {
    const { roster } = this;
    const expected = roster.expected();
    const attempts = expected.map((place) => this.join(place, electionId));
    await this.settled(attempts);
    // One that has never been there must be, and if none is there it is said why.
    await Promise.all(attempts.filter((_, index) => roster.standing(expected[index]!) === 'new'));
    if (this.members.length === 0) await attempts[0];
    this.isOpen = true;
    this.members.sort((a, b) => a.index - b.index);
    for (const place of roster.places) {
      if (this.at(place.index) === undefined) {
        if (place.absence === undefined) roster.lost(place, 'no answer yet');
        this.awaitReturn(place, electionId);
      } else {
        if (place.emptied && roster.standing(place) !== 'isolated') this.pipeline = 'pushed';
        place.emptied = false;
      }
    }
  }

  /** Waits until all have answered or failed, or one has answered and the others have had their time. */
  private async settled(attempts: readonly Promise<void>[]): Promise<void> {
    let cancel = (): void => undefined;
    const patience = Promise.any(attempts).then(
      () => new Promise<void>((resolve) => (cancel = this.options.clock.after(OTHERS_MS, resolve))),
      () => undefined,
    );
    await Promise.race([Promise.allSettled(attempts), patience]);
    cancel();
  }

  get switches(): readonly MemberStatus[] {
    return this.roster.places.map((place) => {
      const { name, absence } = place;
      return {
        name,
        ...(absence === undefined ? {} : { absence }),
        isIsolated: this.roster.standing(place) === 'isolated',
      };
    });
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
    const answers = await this.writeAll(updates);
    const failures = new Map<number, WriteFailure>();
    for (const failure of answers.flat()) failures.set(failure.index, failure);
    // A pin that has no room somewhere must not be anywhere: it stays in its slot.
    const undone = updates.filter(
      ({ op, entry }, index) => op === 'insert' && isPinTable(entry.table) && failures.has(index),
    );
    if (undone.length > 0) {
      const deletions = undone.map(({ entry }) => ({ op: 'delete', entry }) as const);
      await this.writeAll(deletions);
    }
    return [...failures.values()];
  }

  async writeSettings(settings: Parameters<SwitchSession['writeSettings']>[0]): Promise<void> {
    await this.askAll(({ session }) => session.writeSettings(settings));
  }

  /** Each floods to its own ports. */
  async writeFloodGroup(): Promise<void> {
    await this.askAll((member) => member.session.writeFloodGroup(member.ports));
  }

  async writeClassRates(rates: readonly ClassRate[]): Promise<void> {
    await this.askAll(({ session }) => session.writeClassRates(rates));
  }

  async readTable(table: TableName, withAge: boolean): Promise<readonly ReadEntry[]> {
    const read = await this.askAll((member) => member.readTable(table, withAge));
    // Who has told an earlier session does not tell again.
    this.members.forEach((member, index) => {
      for (const { key, elapsedMs = 0, idleTimeoutMs } of read[index]!) {
        if (idleTimeoutMs > 0 && elapsedMs >= idleTimeoutMs) this.noteIdle(member, table, keyText(key));
      }
    });
    // Learned addresses are each switch's own, and the first one's the controller's business.
    if (table === 'macs' || table === 'mac_sources') return this.members[0]?.index === 0 ? read[0]! : [];
    return mergeEntries(table, read);
  }

  async readAges(
    table: TableName,
    keys: readonly (readonly (number | string)[])[],
  ): Promise<readonly (number | undefined)[]> {
    const ages = await this.askAll(({ session }) => session.readAges(table, keys));
    // Hit as lately as anywhere; not there if it is missing anywhere.
    return keys.map((_, index) => {
      const own = ages.map((list) => list[index]);
      return own.includes(undefined) ? undefined : Math.min(...(own as number[]));
    });
  }

  async sendDigestsAtOnce(): Promise<void> {
    await this.askAll(({ session }) => session.sendDigestsAtOnce());
  }

  async readCounts(table: CountedTable): Promise<ReadonlyMap<string, CountedTraffic> | undefined> {
    const sum = new Map<string, CountedTraffic>();
    for (const counts of await this.askAll(async ({ session }) => session.readCounts?.(table))) {
      // They run the same program.
      if (counts === undefined) return undefined;
      for (const [key, { packets, bytes }] of counts) {
        const before = sum.get(key) ?? { packets: 0, bytes: 0 };
        sum.set(key, { packets: before.packets + packets, bytes: before.bytes + bytes });
      }
    }
    return sum;
  }

  async readDrops(): Promise<readonly number[]> {
    const sum: number[] = [];
    for (const drops of await this.askAll(async ({ session }) => session.readDrops?.())) {
      for (const [reason, count] of (drops ?? []).entries()) sum[reason] = (sum[reason] ?? 0) + count;
    }
    return sum;
  }

  order(orders: readonly PacketOrder[]): void {
    for (const order of orders) {
      if (order.kind === 'release') {
        this.at(Math.floor(order.slot / this.slots))?.session.order([{ ...order, slot: order.slot % this.slots }]);
      } else if (order.kind === 'forward') {
        this.members[0]!.session.order([order]);
      } else if (order.kind === 'receive') {
        this.at(Math.floor(order.port / PORTS))?.session.order([{ ...order, port: order.port % PORTS }]);
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

  /** Has a switch be one of us, if it answers in time. @throws whatever says that it cannot */
  private async join(place: Place, electionId: number): Promise<void> {
    const { roster, options } = this;
    const { index, configuration } = place;
    const member = new MemberSwitch(index, configuration.ports, options.macIdleMs, () => options.reserved());
    const anew = roster.standing(place) === 'isolated';
    try {
      member.session = await place.connect(electionId, this.listenTo(member), anew);
    } catch (error) {
      if (isAway(error) && !this.over) roster.lost(place, error.message);
      throw error;
    }
    if (this.isOpen || this.over) {
      member.close();
      return;
    }
    roster.joined(place, member.session);
    this.members.push(member);
  }

  private awaitReturn(place: Place, electionId: number): void {
    this.roster
      .knock(place, electionId, () => this.over)
      .then(
        (isBack) => {
          if (isBack) this.change(`the switch ${place.name} answers again`);
        },
        (error: unknown) => this.lose(error instanceof Error ? error.message : String(error)),
      );
  }

  private at(index: number): MemberSwitch | undefined {
    return this.members.find((member) => member.index === index);
  }

  private listenTo(member: MemberSwitch): SwitchListener {
    return {
      onPinEvents: (events) => {
        const translated = events.flatMap((event) => this.translate(member, event));
        if (translated.length > 0 && !this.over) this.listener.onPinEvents(translated);
      },
      onMacEvents: (events) => {
        if (this.over) return;
        if (member.index === 0) this.listener.onMacEvents(events);
        this.try(member, member.learn(events));
      },
      onIdle: (table, keys) => {
        if (this.over) return;
        if (table === 'mac_sources' && member.index > 0) this.try(member, member.forget(keys));
        else this.onIdle(member, table, keys);
      },
      // The ports in answers to our questions are the first one's; the others learn theirs from the answers' frames.
      onPacketIn: (port, packet, server) => {
        if (this.over || (member.index > 0 && parseSegment(packet) === undefined)) return;
        this.listener.onPacketIn(port + member.index * PORTS, packet, server);
      },
      onLost: (reason) => this.loseMember(member, reason),
      onMembership: () => undefined,
    };
  }

  private onIdle(member: MemberSwitch, table: TableName, keys: readonly string[]): void {
    const everywhere = keys.filter((key) => {
      if (table === 'mac_sources') return true;
      return this.noteIdle(member, table, key) === this.members.length;
    });
    if (everywhere.length > 0) this.listener.onIdle(table, everywhere);
  }

  /** @returns on how many switches the entry has fallen idle */
  private noteIdle(member: MemberSwitch, table: TableName, key: string): number {
    const name = `${table} ${key}`;
    let idle = this.idle.get(name);
    if (idle === undefined) this.idle.set(name, (idle = new Set()));
    return idle.add(member).size;
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

  private writeAll(updates: readonly EntryUpdate[]): Promise<(readonly WriteFailure[])[]> {
    return this.askAll((member) => member.write(updates), WRITE_MS + updates.length * UPDATE_MS);
  }

  private askAll<T>(question: (member: MemberSwitch) => Promise<T>, patienceMs = ANSWER_MS): Promise<T[]> {
    return Promise.all(this.members.map((member) => this.ask(member, question(member), patienceMs)));
  }

  /** Waits for an answer, but not for ever. @throws SwitchLostError */
  private async ask<T>(member: MemberSwitch, answer: Promise<T>, patienceMs: number): Promise<T> {
    let cancel = (): void => undefined;
    const late = new Promise<never>((_, reject) => {
      const text = `no answer for ${Math.round(patienceMs / 1000)} s`;
      cancel = this.options.clock.after(patienceMs, () => reject(new SwitchLostError(text)));
    });
    try {
      return await Promise.race([answer, late]);
    } catch (error) {
      if (isAway(error)) this.loseMember(member, error.message);
      throw error;
    } finally {
      cancel();
    }
  }

  private try(member: MemberSwitch, work: Promise<void>): void {
    work.catch((error: unknown) => this.loseMember(member, error instanceof Error ? error.message : String(error)));
  }

  private loseMember({ index }: MemberSwitch, reason: string): void {
    if (this.over) return;
    const place = this.roster.places[index]!;
    this.roster.lost(place, reason);
    const text = `${place.name}: ${reason}`;
    if (this.members.every((member) => this.roster.places[member.index]!.absence !== undefined)) this.lose(text);
    else this.change(`the switch ${place.name} is away: ${reason}`);
  }

  /** Who is there has changed. */
  private change(text: string): void {
    if (this.over) return;
    this.over = true;
    this.listener.onMembership(text);
  }

  private lose(reason: string): void {
    if (this.over) return;
    this.close();
    this.listener.onLost(reason);
  }
}
