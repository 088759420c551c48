/**
 * A switch in a few hundred lines for tests of the controller: tables, two ways of register slots, digests, idle
 * timeouts and orders, on a clock that the test moves. Client packets are given to it one by one and it says where they
 * go. It survives the controller, can lose its memory, refuse updates, and fail at a chosen call.
 */
import { bucketOfConnection } from '../../src/shift/bucket-hash.ts';
import { connectionKey } from '../../src/shift/connection-key.ts';
import { BY_COMING_MAPPING, type PinEvent } from '../../src/shift/types.ts';
import {
  type PacketOrder,
  type SwitchConnector,
  type SwitchListener,
  SwitchLostError,
  type SwitchSession,
  type WriteFailure,
} from '../../src/switch-port/port.ts';
import {
  type Entry,
  type EntryUpdate,
  keyText,
  type ReadEntry,
  TABLE_NAMES,
  type TableName,
  VIP_TABLES,
} from '../../src/switch-port/tables.ts';
import type { FakeClock } from '../../src/testing/fake-clock.ts';
import { ipAddress } from '../../src/text/addresses.ts';
import { decide, emptySlot, release, remember, type Slot, sweepSlot } from './data-plane.ts';

/** The packets that are counted of a server (docs/DATAPLANE.md). */
const SIGNALS = { syns: 1, synAcks: 2, resets: 3, noConnection: 4 } as const;

/** How long after the controller was last heard of it is counted upon (docs/DATAPLANE.md). */
const CONTROLLER_PATIENCE_MS = 300;

/** A connection's client, and to a VIP for all ports which of them. */
export interface ClientEnds {
  readonly address: number;
  readonly port: number;
  readonly vipPort?: number;
}

interface LiveEntry {
  entry: Entry;
  lastHitMs: number;
  notified: boolean;
}

function lengthOf(prefix: string): number {
  return Number(prefix.split('/')[1]);
}

function isWithin(client: number, prefix: string): boolean {
  const bits = 2 ** (32 - lengthOf(prefix));
  return Math.floor(client / bits) === Math.floor((ipAddress(prefix.split('/')[0]!) as number) / bits);
}

/** See the file's comment. */
export class FakeSwitch {
  readonly tables = new Map<TableName, Map<string, LiveEntry>>();
  readonly ways: Slot[][];
  readonly clock: FakeClock;
  readonly log: string[] = [];
  settings = { epoch: 0, tentativeMs: 66_000, reportMs: 1_000 };
  /** Called before every write, read and order; throws to break the session there. */
  onCall: (what: string) => void = () => undefined;
  /** When the controller last said that it is there. */
  private aliveMs = Number.NEGATIVE_INFINITY;
  pinRoom = Number.POSITIVE_INFINITY;
  /** Keeps reports back until they are asked for one by one, as BMv2 does. */
  keepsDigests = false;
  /** Digest events that get lost, asked of each. */
  loses: (event: PinEvent) => boolean = () => false;
  /** What entries of `signals` have counted, by their key. */
  readonly signalCounts = new Map<string, number>();
  arpAnswers = new Map<number, { readonly mac: string; readonly port: number }>();
  private hasPipeline = false;
  private electionId = 0;
  private listener: SwitchListener | undefined;
  private readonly slotsPerWay: number;

  constructor(clock: FakeClock, slotsPerWay = 8) {
    this.clock = clock;
    this.slotsPerWay = slotsPerWay;
    this.ways = [];
    this.reset();
  }

  /** Power off and on: everything is gone. */
  reset(): void {
    for (const table of TABLE_NAMES) this.tables.set(table, new Map());
    this.signalCounts.clear();
    this.ways.length = 0;
    for (let way = 0; way < 2; way++) this.ways.push(Array.from({ length: this.slotsPerWay }, emptySlot));
    this.hasPipeline = false;
    this.settings = { epoch: 0, tentativeMs: 66_000, reportMs: 1_000 };
    this.drop('the switch was restarted');
  }

  /** False: its control connection cannot be made; packets are forwarded all the same. */
  reachable = true;

  /** It answers neither writes nor attempts to connect. */
  hangs = false;

  /** Its control connection goes away, or can be made again. */
  setReachable(reachable: boolean): void {
    this.reachable = reachable;
    if (!reachable) this.drop('the cable was pulled');
  }

  /** An address is seen behind a port. */
  seeMac(mac: string, port: number): void {
    this.listener?.onMacEvents([{ mac, port }]);
  }

  /** Breaks the session. */
  drop(reason: string): void {
    const { listener } = this;
    this.listener = undefined;
    listener?.onLost(reason);
  }

  /** What `startController` connects with. */
  readonly connect: SwitchConnector = async (electionId, listener, anew = false) => {
    this.onCall('connect');
    if (!this.reachable || this.hangs) throw new SwitchLostError('no switch answers');
    if (electionId <= this.electionId) throw new Error(`election id ${electionId} is not above ${this.electionId}`);
    this.electionId = electionId;
    if (anew) this.reset();
    this.listener = listener;
    const pipeline = this.hasPipeline ? 'kept' : 'pushed';
    this.hasPipeline = true;
    return this.session(listener, pipeline);
  };

  private session(listener: SwitchListener, pipeline: 'kept' | 'pushed'): SwitchSession {
    const check = (what: string): void => {
      if (this.listener !== listener) throw new SwitchLostError('the session is over');
      this.onCall(what);
    };
    return {
      pipeline,
      slots: this.slotsPerWay,
      pinCapacity: 65_536,
      deviceId: '0',
      switches: [],
      write: async (updates) => {
        check(`write ${updates.length}`);
        if (this.hangs) await new Promise(() => undefined);
        return this.write(updates);
      },
      writeSettings: async (settings) => {
        check('settings');
        this.settings = settings;
      },
      writeClassRates: async (rates) => {
        check('class rates');
        for (const { id, synRate } of rates) this.log.push(`rate ${id} ${synRate ?? 'any'}`);
      },
      writeFloodGroup: async () => {
        check('flood group');
        this.log.push('flood group');
      },
      sendDigestsAtOnce: async () => {
        check('digests at once');
        this.keepsDigests = false;
      },
      readTable: async (table) => {
        check(`read ${table}`);
        return [...this.tables.get(table)!.values()].map((live) => this.read(live));
      },
      readAges: async (table, keys) => {
        check(`ages ${table}`);
        return keys.map((key) => {
          const live = this.tables.get(table)!.get(keyText(key));
          return live === undefined ? undefined : this.read(live).elapsedMs;
        });
      },
      readCounts: async (table) => {
        check(`counts of ${table}`);
        const keys = table === 'signals' ? [...this.tables.get(table)!.keys()] : [];
        return new Map(keys.map((key) => [key, { packets: this.signalCounts.get(key) ?? 0, bytes: 0 }]));
      },
      order: (orders) => {
        if (this.listener !== listener) return;
        this.onCall(`order ${orders.length}`);
        for (const order of orders) this.order(order);
      },
      close: () => {
        if (this.listener === listener) this.listener = undefined;
      },
    };
  }

  private read(live: LiveEntry): ReadEntry {
    return { ...live.entry, elapsedMs: this.clock.nowMs - live.lastHitMs };
  }

  private write(updates: readonly EntryUpdate[]): WriteFailure[] {
    const failures: WriteFailure[] = [];
    updates.forEach((update, index) => {
      const { table, key } = update.entry;
      const entries = this.tables.get(table)!;
      const text = keyText(key);
      this.log.push(`${update.op} ${table} ${text}`);
      const present = entries.has(text);
      if (update.op === 'insert' ? present : !present) {
        failures.push({ index, full: false, message: present ? 'ALREADY_EXISTS' : 'NOT_FOUND' });
      } else if (update.op === 'insert' && table === 'pins' && entries.size >= this.pinRoom) {
        failures.push({ index, full: true, message: 'RESOURCE_EXHAUSTED' });
      } else if (update.op === 'delete') {
        entries.delete(text);
      } else {
        entries.set(text, { entry: update.entry, lastHitMs: this.clock.nowMs, notified: false });
      }
    });
    return failures;
  }

  private order(order: PacketOrder): void {
    if (order.kind === 'flood') {
      const view = new DataView(order.packet.buffer, order.packet.byteOffset);
      this.answerArp(view.getUint32(38), order.packet.subarray(6, 12), view.getUint32(28));
    } else if (order.kind === 'alive') {
      this.aliveMs = this.clock.nowMs;
    } else if (order.kind === 'release') {
      const slot = this.ways[order.way]![order.slot]!;
      const key = connectionKey(order.vip, order.clientAddress, order.clientPort, order.vipPort);
      release(slot, key, order.generation);
      this.tell({ kind: 'released', slot: order.slot * 2 + order.way, generation: order.generation, key });
    } else if (order.kind === 'sweep') {
      let reports = 0;
      for (let index = order.first; index < Math.min(order.first + order.count, this.slotsPerWay); index++) {
        for (let way = 0; way < 2; way++) reports += this.sweep(index, way);
      }
      this.tell({ kind: 'swept', tag: order.tag, reports });
    }
  }

  /** @returns how many slots were reported */
  private sweep(index: number, way: number): number {
    const slot = this.ways[way]![index]!;
    const found = sweepSlot(slot, this.clock.nowMs, this.settings.tentativeMs);
    if (found === undefined) return 0;
    const name = index * 2 + way;
    const pin = { key: slot.key, vip: Number(slot.key.split('/')[0]), bucket: slot.bucket, server: slot.server };
    if (found === 'confirmed') {
      this.tell({ kind: 'confirmed', slot: name, generation: slot.generation, pin, swept: true });
    } else {
      this.tell({ kind: 'tentative', slot: name, pin });
    }
    return 1;
  }

  private tell(event: PinEvent): void {
    if (!this.keepsDigests && !this.loses(event)) this.listener?.onPinEvents([event]);
  }

  private answerArp(wanted: number, toMac: Uint8Array, toAddress: number): void {
    const answer = this.arpAnswers.get(wanted);
    if (answer === undefined) return;
    const frame = new Uint8Array(60);
    const view = new DataView(frame.buffer);
    const mac = Uint8Array.from(answer.mac.split(':').map((part) => Number.parseInt(part, 16)));
    frame.set(toMac, 0);
    frame.set(mac, 6);
    view.setUint16(12, 0x0806);
    view.setUint16(14, 1);
    view.setUint16(16, 0x0800);
    view.setUint16(18, 0x0604);
    view.setUint16(20, 2);
    frame.set(mac, 22);
    view.setUint32(28, wanted);
    frame.set(toMac, 32);
    view.setUint32(38, toAddress);
    this.listener?.onPacketIn(answer.port, frame, 0);
  }

  /** Entries of a table, as values by key text. */
  entries(table: TableName): Map<string, Entry> {
    return new Map([...this.tables.get(table)!].map(([key, live]) => [key, live.entry]));
  }

  private waysOf(key: string): Slot[] {
    // Two different hashes, as long as they are not always equal.
    const [, address, port, vipPort] = key.split('/').map(Number);
    const first = (address! * 31 + port! * 7 + vipPort!) % this.slotsPerWay;
    const second = (address! * 17 + port! * 13 + vipPort! * 3 + 5) % this.slotsPerWay;
    return [this.ways[0]![first]!, this.ways[1]![second]!];
  }

  /** Number of a client's class. */
  private classOf(client: number): number {
    const classes = [...this.tables.get('client_classes')!.values()].map(({ entry }) => entry);
    const ofClient = classes
      .map(({ key, params }) => ({ prefix: String(key[0]), clientClass: Number(params[0]) }))
      .filter(({ prefix }) => isWithin(client, prefix))
      .sort((a, b) => lengthOf(b.prefix) - lengthOf(a.prefix))[0];
    return ofClient?.clientClass ?? 0;
  }

  /** Parameters of the VIP that a client finds at a service. */
  private vipOf(service: number, client: number): readonly number[] | undefined {
    const clientClass = this.classOf(client);
    const entries = VIP_TABLES.flatMap((table) => [...this.tables.get(table)!.values()]).map(({ entry }) => entry);
    return entries
      .find(({ key, params }) => Number(params[0]) === service && Number(key.at(-1)) === clientClass)
      ?.params.map(Number);
  }

  /** Number of the bucket that a client's connection is in; -1 where there is no such VIP. */
  bucketOf(vip: number, { address, port, vipPort = 0 }: ClientEnds): number {
    const [, first = 0, buckets, seed, portMask] = this.vipOf(vip, address) ?? [];
    if (buckets === undefined || seed === undefined || portMask === undefined) return -1;
    return first + bucketOfConnection({ buckets, seed, portMask }, address, port, vipPort);
  }

  /** Who serves it in the coming mapping; undefined where nothing says so. */
  private comingServer(vip: number, { address, port, vipPort = 0 }: ClientEnds): number | undefined {
    const entry = this.tables.get('coming_mappings')!.get(`${vip}`)?.entry;
    if (entry === undefined) return undefined;
    const [buckets, seed, portMask] = entry.params.map(Number) as [number, number, number];
    const bucket = bucketOfConnection({ buckets, seed, portMask }, address, port, vipPort);
    const server = this.tables.get('coming_buckets')!.get(`${vip}/${bucket}`)?.entry.params[0];
    return server === undefined ? undefined : Number(server);
  }

  /** A client's packet. @returns the server it goes to, 0 for a drop */
  fromClient(vip: number, ends: ClientEnds, syn: boolean, acknowledges?: string): number {
    const { address, port, vipPort = 0 } = ends;
    const bucket = this.bucketOf(vip, ends);
    const key = connectionKey(vip, address, port, vipPort);
    const assignment = this.tables.get('buckets')!.get(`${vip}/${bucket}`)?.entry.params.map(Number);
    if (assignment === undefined) return 0;
    const mayRefuse = this.clock.nowMs - this.aliveMs < CONTROLLER_PATIENCE_MS;
    if (syn && mayRefuse && this.tables.get('refusals')!.has(`${vip}/${this.classOf(address)}`)) return 0;
    const [base, named, learn, seal, unsettled] = assignment as [number, number, number, number, number];
    const current = named === BY_COMING_MAPPING ? (this.comingServer(vip, ends) ?? base) : named;
    const livePin = this.tables.get('pins')!.get(key);
    if (livePin !== undefined) this.hit(livePin);
    const pin = livePin && { server: Number(livePin.entry.params[0]), closing: livePin.entry.params[1] === 1 };
    const ways = this.waysOf(key);
    const decision = decide(
      { key, bucket, syn, ...(acknowledges === undefined ? {} : { acknowledges }) },
      {
        base,
        current,
        learn: learn === 1,
        seal: seal === 1,
        unsettled: unsettled === 1,
        oneWay: this.vipOf(vip, address)![5] === 1,
        pin,
        aliveForPin: (server) => this.tables.get('pin_servers')!.has(String(server)),
        aliveForSlot: (server) => this.tables.get('slot_servers')!.has(String(server)),
      },
      ways,
      this.clock.nowMs,
      this.settings,
    );
    if (decision.unpinned && unsettled === 1) {
      const watch = this.tables.get('drain_watch')!.get(`${vip}/${bucket}`);
      if (watch !== undefined) this.hit(watch);
    }
    const { event } = decision;
    if (event?.kind === 'confirmed') {
      const slot = event.slot!;
      const way = this.ways[0]!.includes(slot) ? 0 : 1;
      const name = this.ways[way]!.indexOf(slot) * 2 + way;
      const pinned = { key, vip, bucket, server: slot.server };
      this.tell({ kind: 'confirmed', slot: name, generation: slot.generation, pin: pinned });
    } else if (event?.kind === 'learned') {
      this.tell({ kind: 'learned', pin: { key, vip, bucket, server: base } });
    }
    if (!this.tables.get('servers')!.has(`${vip}/${decision.server}`)) return 0;
    if (syn) this.countSignal(vip, decision.server, 'syns');
    return decision.server;
  }

  /** A server's SYN-ACK on its way to the client. */
  fromServer(vip: number, server: number, { address, port, vipPort = 0 }: ClientEnds, answer: number): void {
    const key = connectionKey(vip, address, port, vipPort);
    this.countSignal(vip, server, 'synAcks');
    remember(this.waysOf(key), key, server, answer);
  }

  /** A packet that `signals` counts, where the controller wants it counted. */
  countSignal(vip: number, server: number, signal: keyof typeof SIGNALS): void {
    const key = `${vip}/${server}/${SIGNALS[signal]}`;
    if (this.tables.get('signals')!.has(key)) this.signalCounts.set(key, (this.signalCounts.get(key) ?? 0) + 1);
  }

  private hit(live: LiveEntry): void {
    live.lastHitMs = this.clock.nowMs;
    live.notified = false;
  }

  /** Tells idle timeouts that have run out by now. To be called as time moves. */
  tick(): void {
    for (const [table, entries] of this.tables) {
      const idle: string[] = [];
      for (const [key, live] of entries) {
        const { idleTimeoutMs } = live.entry;
        if (idleTimeoutMs === 0 || live.notified || this.clock.nowMs - live.lastHitMs < idleTimeoutMs) continue;
        live.notified = true;
        idle.push(key);
      }
      if (idle.length > 0) this.listener?.onIdle(table, idle);
    }
  }
}
