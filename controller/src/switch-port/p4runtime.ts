/**
 * The one place that speaks P4Runtime: Mooring's tables, digests and controller headers by the names of the P4 program, over
 * `@mooring/p4runtime-ts`. A session is one stream; the client's own reconnection is off, because after a loss the
 * controller has to reconcile anyway and opens a new session with a higher election id.
 *
 * The program on the switch is recognised by the pipeline's cookie, a hash of P4Info and device config. If it is the same, it and
 * its entries stay; otherwise it is pushed, which empties the switch.
 */
import { createHash } from 'node:crypto';
import {
  type ActionSetMember,
  ClientStateError,
  codeName,
  type DataOutput,
  type DigestList,
  formatIpv6,
  formatMac,
  P4RuntimeClient,
  Program,
  RpcError,
  readP4Info,
  type TableEntry,
  type TableEntryInput,
  type Transport,
  type UpdateInput,
} from '@mooring/p4runtime-ts';
import type { PipelineProgram } from '../options.ts';
import type { PinEvent } from '../shift/types.ts';
import { addressOf128Bits, formatIpv4, toIpv6Bits } from '../text/addresses.ts';
import {
  type ClassRate,
  type CountedTraffic,
  type MacEvent,
  type PacketOrder,
  type SwitchConnector,
  type SwitchListener,
  SwitchLostError,
  type SwitchProgram,
  SwitchRefusedError,
  type SwitchSession,
  type SwitchSettings,
  type WriteFailure,
} from './port.ts';
import {
  type Entry,
  type EntryUpdate,
  isPinTable,
  keyText,
  type ReadEntry,
  TABLE_NAMES,
  TABLES,
  type TableName,
  type Value,
} from './tables.ts';

/** How to reach a switch and what it shall run. */
export interface P4RuntimeOptions {
  /** host:port */
  readonly address: string;
  readonly deviceId: bigint;
  readonly program: PipelineProgram;
  /** How long to keep trying; a dead switch is told after this. */
  readonly connectTimeoutMs: number;
  /** In place of gRPC to `address`: a switch in the same process. Called for each session. */
  readonly transport?: () => Transport;
}

/** Operations of the `packet_out` header and kinds of `pin_event_t`; docs/DATAPLANE.md. */
const OPERATION = { forward: 0, flood: 1, release: 2, sweep: 3 } as const;
const EVENT = { confirmed: 1, learned: 2, released: 3, tentative: 4, swept: 5, held: 6 } as const;
const FLOOD_GROUP = 1;
const TICKS_PER_MS = 1000 / 1024;
/**
 * Reports that the switch has together come together, and none waits for others. BMv2's server takes that for "wait until the list is
 * full" (and looks for lists that have waited long enough ten times a second only); `sendDigestsAtOnce` is for such.
 */
const DIGEST_TIMEOUT_NS = 0;
const DIGEST_LIST_SIZE = 512;
const DIGEST_ACK_TIMEOUT_NS = 500_000_000;
/** An order about slots is all header. */
const NO_PAYLOAD = new Uint8Array(0);
/** An entry asked for by its key costs as much as this many that come with a whole table. */
const SINGLE_READ_COST = 4;
/** Entries asked for by one read. */
const SINGLE_READS = 500;
/** Packets a second. */
const UNREACHED_RATE = 1_000_000_000;
/** gRPC codes of the P4Runtime specification. */
const CODE_UNKNOWN = 2;
const CODE_RESOURCE_EXHAUSTED = 8;
const CODE_FAILED_PRECONDITION = 9;

/** Makes the connector for a switch. @throws P4InfoError when the program's P4Info cannot be read */
export function p4runtimeConnector(options: P4RuntimeOptions): SwitchConnector {
  const program = new Program(readP4Info(options.program.p4info));
  const cookie = createHash('sha256')
    .update(options.program.p4info)
    .update(options.program.deviceConfig)
    .digest()
    .readBigUInt64BE(0);
  return async (electionId, listener) => {
    const client = await connect(options, program, electionId);
    try {
      if (!client.isPrimary) {
        throw new SwitchRefusedError(
          `another controller is the primary of device ${options.deviceId} at ${options.address} ` +
            `(election id ${client.arbitration.electionId ?? 'unknown'}, ours is ${electionId})`,
        );
      }
      const session = new P4RuntimeSession(client, listener, program, options.deviceId, cookie);
      await session.prepare(options.program, cookie);
      return session;
    } catch (error) {
      client.close();
      throw translate(error);
    }
  };
}

async function connect(options: P4RuntimeOptions, program: Program, electionId: number): Promise<P4RuntimeClient> {
  const { address, deviceId, connectTimeoutMs, transport } = options;
  try {
    return await P4RuntimeClient.connect({
      ...(transport === undefined ? { address } : { transport: transport() }),
      deviceId,
      electionId,
      p4info: program,
      connectTimeoutMs,
      // Only while the first connection is being made; `P4RuntimeSession` ends with its stream.
      reconnect: true,
      onError: () => undefined,
    });
  } catch (error) {
    const reason = error instanceof RpcError ? `${codeName(error.code)}: ${error.message}` : String(error);
    throw new SwitchLostError(`no switch answers at ${address}: ${reason}`, { cause: error });
  }
}

class P4RuntimeSession implements SwitchSession {
  pipeline: 'kept' | 'pushed' = 'kept';
  readonly slots: number;
  readonly pinCapacity: number;
  readonly deviceId: string;
  readonly program: SwitchProgram;
  private readonly client: P4RuntimeClient;
  private epoch = 0;
  private over = false;
  /** How many entries tables have, as far as this session has read and written them. */
  private readonly entryCounts = Object.fromEntries(TABLE_NAMES.map((name) => [name, 0])) as Record<TableName, number>;

  constructor(client: P4RuntimeClient, listener: SwitchListener, program: Program, deviceId: bigint, cookie: bigint) {
    this.client = client;
    this.deviceId = String(deviceId);
    this.program = {
      id: `0x${cookie.toString(16).padStart(16, '0')}`,
      tableSizes: Object.fromEntries(TABLE_NAMES.map((table) => [table, Number(program.tables.get(table).size)])),
    };
    this.slots = Number(program.registers.get('first_key').size);
    this.pinCapacity = Number(program.tables.get('pins').size);
    client.onArbitration((state) => {
      if (state.isPrimary || this.over) return;
      this.over = true;
      const reason = client.isConnected ? 'another controller has become primary' : 'the connection was lost';
      client.close();
      listener.onLost(state.message === '' ? reason : `${reason} (${state.message})`);
    });
    client.onDigest(undefined, (list) => {
      if (list.digest === 'mac_event_t') listener.onMacEvents(decodeMacEvents(list));
      else if (list.digest === 'pin_event_t') listener.onPinEvents(decodePinEvents(list));
    });
    client.onIdleTimeout(({ entries }) => {
      const byTable = new Map<TableName, string[]>();
      for (const entry of entries) {
        const table = entry.table as TableName;
        const keys = byTable.get(table) ?? [];
        if (keys.length === 0) byTable.set(table, keys);
        keys.push(keyText(decodeKey(table, entry)));
      }
      for (const [table, keys] of byTable) listener.onIdle(table, keys);
    });
    client.onPacketIn(({ payload, metadata }) => listener.onPacketIn(Number(metadata.ingress_port), payload));
  }

  /** Keeps or pushes the pipeline and has digests sent. */
  async prepare(program: PipelineProgram, cookie: bigint): Promise<void> {
    if ((await this.runningCookie()) !== cookie) {
      const { p4info, deviceConfig } = program;
      await this.client.setPipeline({ p4info, deviceConfig, cookie });
      this.pipeline = 'pushed';
    }
    // Insert, and modify what is there: BMv2's server cannot list digests.
    const entities = digestEntities(DIGEST_LIST_SIZE);
    const inserted = await this.client.tryWrite(entities.map((entity) => ({ op: 'insert', entity })));
    const refused = entities.filter((_, index) => inserted[index]?.ok !== true);
    if (refused.length > 0) await this.client.write(refused.map((entity) => ({ op: 'modify', entity })));
  }

  async sendDigestsAtOnce(): Promise<void> {
    await this.guard(() => this.client.modify(...digestEntities(1)));
  }

  async write(updates: readonly EntryUpdate[]): Promise<readonly WriteFailure[]> {
    const results = await this.guard(() => this.client.tryWrite(updates.map(encodeUpdate)));
    for (const { index, ok } of results) if (ok) this.count(updates[index]!);
    return results.flatMap(({ index, ok, code, message }) => {
      if (ok) return [];
      const update = updates[index]!;
      // BMv2's server cannot say why an entry was not added.
      const full =
        code === CODE_RESOURCE_EXHAUSTED ||
        (code === CODE_UNKNOWN && update.op === 'insert' && isPinTable(update.entry.table));
      return [{ index, full, message: `${codeName(code)}: ${message}` }];
    });
  }

  async writeSettings({ epoch, tentativeMs, reportMs }: SwitchSettings): Promise<void> {
    const params = { epoch, tentative_lifetime: ticks(tentativeMs), report_interval: ticks(reportMs) };
    const entry: TableEntryInput = {
      kind: 'table',
      table: 'settings',
      isDefault: true,
      action: { name: 'set_settings', params },
    };
    await this.guard(() => this.client.modify(entry));
    this.epoch = epoch;
  }

  async writeFloodGroup(ports: readonly number[]): Promise<void> {
    await this.guard(async () => {
      const replicas = ports.map((port) => ({ port, instance: 1 }));
      const entity = { kind: 'multicast' as const, group: FLOOD_GROUP, replicas };
      // Modify, and insert what is not there: BMv2's server refuses to read a group that does not exist.
      const [modified] = await this.client.tryWrite([{ op: 'modify', entity }]);
      if (modified?.ok !== true) await this.client.write([{ op: 'insert', entity }]);
    });
  }

  async writeClassRates(rates: readonly ClassRate[]): Promise<void> {
    const updates = rates.map(({ id, synRate }): UpdateInput => {
      // Without a rate: one that no link reaches, for not every switch can take a rate back.
      const rate = synRate ?? UNREACHED_RATE;
      const config = { cir: rate, cburst: rate, pir: rate, pburst: rate };
      return { op: 'modify', entity: { kind: 'meter', meter: 'class_syns', index: id, config } };
    });
    await this.guard(() => this.client.write(updates));
  }

  async readTable(table: TableName, withAge: boolean): Promise<readonly ReadEntry[]> {
    const pattern: TableEntryInput = { kind: 'table', table, ...(withAge ? { timeSinceLastHitNs: 0 } : {}) };
    const entries = await this.guard(() => this.client.readAll(pattern));
    const found = entries.filter((entry) => !entry.isDefault).map((entry) => decodeEntry(table, entry));
    this.entryCounts[table] = found.length;
    return found;
  }

  async readAges(table: TableName, keys: readonly (readonly Value[])[]): Promise<readonly (number | undefined)[]> {
    const entries: TableEntry[] = [];
    if (keys.length * SINGLE_READ_COST > this.entryCounts[table]) {
      const whole: TableEntryInput = { kind: 'table', table, timeSinceLastHitNs: 0 };
      for (const entry of await this.guard(() => this.client.readAll(whole))) entries.push(entry);
    } else {
      for (let start = 0; start < keys.length; start += SINGLE_READS) {
        const patterns = keys.slice(start, start + SINGLE_READS).map((key): TableEntryInput => {
          return { kind: 'table', table, match: named(TABLES[table].key, key), timeSinceLastHitNs: 0 };
        });
        for (const entry of await this.guard(() => this.client.readAll(...patterns))) entries.push(entry);
      }
    }
    const ages = new Map(entries.map((entry) => [keyText(decodeKey(table, entry)), elapsedMs(entry)]));
    return keys.map((key) => ages.get(keyText(key)));
  }

  async readTraffic(): Promise<ReadonlyMap<string, CountedTraffic>> {
    const entries = await this.guard(() => this.client.readAll({ kind: 'table', table: 'servers', counter: {} }));
    return new Map(
      entries
        .filter((entry) => !entry.isDefault)
        .map((entry) => [
          keyText(decodeKey('servers', entry)),
          { packets: Number(entry.counter?.packets ?? 0), bytes: Number(entry.counter?.bytes ?? 0) },
        ]),
    );
  }

  async readDrops(): Promise<readonly number[]> {
    const cells = await this.guard(() => this.client.readAll({ kind: 'counter', counter: 'drops' }));
    const drops: number[] = [];
    for (const { index, packets } of cells) drops[Number(index)] = Number(packets);
    return Array.from(drops, (packets) => packets ?? 0);
  }

  order(orders: readonly PacketOrder[]): void {
    try {
      for (const order of orders) {
        const payload = order.kind === 'forward' || order.kind === 'flood' ? order.packet : NO_PAYLOAD;
        this.client.packetOut(payload, encodeOrder(order, this.epoch));
      }
    } catch (error) {
      // Lost with the stream, as a packet would be; whoever waits for an answer asks again.
      if (!(error instanceof ClientStateError)) throw error;
    }
  }

  close(): void {
    this.over = true;
    this.client.close();
  }

  private count({ op, entry }: EntryUpdate): void {
    if (op === 'insert') this.entryCounts[entry.table]++;
    if (op === 'delete') this.entryCounts[entry.table]--;
  }

  private async runningCookie(): Promise<bigint | undefined> {
    try {
      return (await this.client.getPipeline('cookie')).cookie;
    } catch (error) {
      if (error instanceof RpcError && error.code === CODE_FAILED_PRECONDITION) return undefined;
      throw error;
    }
  }

  private async guard<T>(call: () => Promise<T>): Promise<T> {
    if (this.over) throw new SwitchLostError('the session is over');
    try {
      return await call();
    } catch (error) {
      throw translate(error);
    }
  }
}

function translate(error: unknown): unknown {
  if (error instanceof RpcError) {
    return new SwitchLostError(error.message, { cause: error });
  }
  if (error instanceof ClientStateError) return new SwitchLostError(error.message, { cause: error });
  return error;
}

function digestEntities(maxListSize: number) {
  const config = { maxTimeoutNs: DIGEST_TIMEOUT_NS, maxListSize, ackTimeoutNs: DIGEST_ACK_TIMEOUT_NS };
  return ['pin_event_t', 'mac_event_t'].map((digest) => ({ kind: 'digest' as const, digest, config }));
}

function ticks(durationMs: number): number {
  return Math.ceil(durationMs * TICKS_PER_MS);
}

function named(names: readonly string[], values: readonly Value[]): Record<string, Value> {
  return Object.fromEntries(names.map((name, index) => [name, values[index]!]));
}

function encodeUpdate({ op, entry }: EntryUpdate): UpdateInput {
  const match = named(TABLES[entry.table].key, entry.key);
  if (op === 'delete') return { op, entity: { kind: 'table', table: entry.table, match } };
  const { action, params, idleTimeoutMs } = entry as Entry;
  if (entry.table === 'links') {
    return { op, entity: { kind: 'table', table: entry.table, match, action: { set: linkMembers(action, params) } } };
  }
  const names = (TABLES[entry.table].actions as Readonly<Record<string, readonly string[]>>)[action]!;
  return {
    op,
    entity: {
      kind: 'table',
      table: entry.table,
      match,
      action: { name: action, params: named(names, params) },
      ...(idleTimeoutMs === 0 ? {} : { idleTimeoutNs: BigInt(idleTimeoutMs) * 1_000_000n }),
    },
  };
}

/** A group from its members' parameters: MAC address, port, weight. A member is left out while its port is down. */
function linkMembers(name: string, params: readonly Value[]): ActionSetMember[] {
  const members: ActionSetMember[] = [];
  for (let index = 0; index < params.length; index += 3) {
    const [mac, port, weight] = params.slice(index, index + 3) as [string, number, number];
    members.push({ action: { name, params: { mac, egress_port: port } }, weight, watchPort: port });
  }
  return members;
}

/** Fields and parameters that are MAC addresses, and those that may be IPv6 addresses; all else are numbers. */
const MAC_FIELD = 'mac';
const IP_FIELDS: ReadonlySet<string> = new Set(['address', 'client_address', 'source', 'destination']);
/** Ends the name of a table or action for IPv6. */
const IPV6_SUFFIX = '_v6';

/** @param owner the table of a key field, the action of a parameter */
function decodeValue(owner: string, name: string, value: unknown): Value {
  if (name === MAC_FIELD) return typeof value === 'string' ? value : formatMac(value as bigint);
  if (IP_FIELDS.has(name) && owner.endsWith(IPV6_SUFFIX)) return formatIpv6(value as bigint);
  return Number(value);
}

/** Tables whose key is a prefix. */
const ANY_CLIENT = { client_classes: '0.0.0.0/0', client_classes_v6: '::/0' } as const;

function decodeKey(table: TableName, entry: TableEntry): Value[] {
  if (table === 'client_classes' || table === 'client_classes_v6') {
    const prefix = entry.match.client_address as { value: bigint; prefixLength: number } | undefined;
    if (prefix === undefined) return [ANY_CLIENT[table]];
    const { value, prefixLength } = prefix;
    return [`${table === 'client_classes' ? formatIpv4(Number(value)) : formatIpv6(value)}/${prefixLength}`];
  }
  return TABLES[table].key.map((name) => decodeValue(table, name, entry.match[name]));
}

function decodeEntry(table: TableName, entry: TableEntry): ReadEntry {
  const { action } = entry;
  if (table === 'links' && action !== undefined && 'set' in action) {
    const params = action.set.flatMap(({ action: { params }, weight }): Value[] => {
      return [decodeValue(table, MAC_FIELD, params.mac), Number(params.egress_port), weight];
    });
    return { table, key: decodeKey(table, entry), action: 'to_link', params, idleTimeoutMs: 0, elapsedMs: undefined };
  }
  if (action === undefined || !('name' in action)) throw new Error(`an entry of ${table} has no action of its own`);
  // Names come back as the P4Info has them, perhaps with the control they are in.
  const name = action.name.slice(action.name.lastIndexOf('.') + 1);
  const names = (TABLES[table].actions as Readonly<Record<string, readonly string[]>>)[name];
  if (names === undefined) throw new Error(`an entry of ${table} has the unexpected action ${action.name}`);
  return {
    table,
    key: decodeKey(table, entry),
    action: name,
    params: names.map((parameter) => decodeValue(name, parameter, action.params[parameter])),
    idleTimeoutMs: Number(entry.idleTimeoutNs / 1_000_000n),
    elapsedMs: elapsedMs(entry),
  };
}

function elapsedMs(entry: TableEntry): number | undefined {
  return entry.timeSinceLastHitNs === undefined ? undefined : Number(entry.timeSinceLastHitNs) / 1e6;
}

function encodeOrder(order: PacketOrder, epoch: number): Record<string, number | bigint> {
  const header = {
    operation: OPERATION[order.kind],
    egress_port: 0,
    epoch,
    way: 0,
    slot: 0,
    generation: 0,
    vip: 0,
    client_address: 0,
    client_port: 0,
    count: 0,
  };
  switch (order.kind) {
    case 'forward':
      return { ...header, egress_port: order.port };
    case 'flood':
      return header;
    case 'release':
      return {
        ...header,
        way: order.way,
        slot: order.slot,
        generation: order.generation,
        vip: order.vip,
        client_address: toIpv6Bits(order.clientAddress),
        client_port: order.clientPort,
      };
    case 'sweep':
      return { ...header, slot: order.first, count: order.count, generation: order.tag };
    default:
      throw new Error(`unexpected order ${JSON.stringify(order satisfies never)}`);
  }
}

type Sample = Readonly<Record<string, DataOutput>>;

function decodeMacEvents(list: DigestList): MacEvent[] {
  return list.entries.map((entry) => {
    const { mac, port } = entry as Sample;
    return { mac: decodeValue(list.digest, MAC_FIELD, mac) as string, port: Number(port) };
  });
}

function decodePinEvents(list: DigestList): PinEvent[] {
  return list.entries.flatMap((entry): PinEvent[] => {
    const sample = entry as Sample;
    const number = (field: string): number => Number(sample[field]);
    const slot = number('slot') * 2 + number('way');
    const generation = number('generation');
    const vip = number('vip');
    const key = keyText([vip, addressOf128Bits(sample.client_address as bigint), number('client_port')]);
    const pin = { key, vip, bucket: number('bucket'), server: number('server') };
    switch (number('kind')) {
      case EVENT.confirmed:
        return [{ kind: 'confirmed', slot, generation, pin }];
      case EVENT.held:
        return [{ kind: 'confirmed', slot, generation, pin, swept: true }];
      case EVENT.learned:
        return [{ kind: 'learned', pin }];
      case EVENT.released:
        return [{ kind: 'released', slot, generation, key }];
      case EVENT.tentative:
        return [{ kind: 'tentative', slot, pin }];
      case EVENT.swept:
        return [{ kind: 'swept', tag: generation, reports: number('slot') }];
      default:
        return [];
    }
  });
}
