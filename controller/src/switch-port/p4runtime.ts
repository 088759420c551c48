/**
 * The one place that speaks P4Runtime: Mooring's tables, digests and controller headers by the names of the P4 program,
 * over `@mooring/p4runtime-ts`. A session is one stream; the client's own reconnection is off, because after a loss the
 * controller has to reconcile anyway and opens a new session with a higher election id.
 *
 * The program on the switch is recognised by the pipeline's cookie, a hash of P4Info and device config. If it is the
 * same, it and its entries stay; otherwise it is pushed, which empties the switch.
 */
import { createHash } from 'node:crypto';
import {
  ClientStateError,
  Code,
  codeName,
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
import { decodeEntry, decodeKey, elapsedMs, encodeKey, encodeUpdate } from './entities.ts';
import { decodeMacEvents, decodePinEvents, encodeOrder } from './messages.ts';
import {
  type ClassRate,
  type CountedTraffic,
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
import { type ProgramLayout, programLayout, slotsOfProgram } from './program-features.ts';
import {
  type CountedTable,
  type EntryUpdate,
  isPinTable,
  keyText,
  type ReadEntry,
  TABLE_NAMES,
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

const FLOOD_GROUP = 1;
const TICKS_PER_MS = 1000 / 1024;
/**
 * Reports that the switch has together come together, and none waits for others. BMv2's server takes that for "wait
 * until the list is full" (and looks for lists that have waited long enough ten times a second only);
 * `sendDigestsAtOnce` is for such.
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
/**
 * Between attempts to reach a switch: packets wait for one that starts anew, and a client that resends does so after a
 * second.
 */
const RETRY_MS = 20;
const LONGEST_RETRY_MS = 40;
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
  return async (electionId, listener, anew = false) => {
    const client = await connect(options, program, electionId);
    try {
      if (!client.isPrimary) {
        throw new SwitchRefusedError(notPrimaryText(options, electionId, client.arbitration.electionId));
      }
      const session = new P4RuntimeSession(client, listener, program, options.deviceId, cookie);
      await session.prepare(options.program, cookie, anew);
      return session;
    } catch (error) {
      client.close();
      throw translate(error);
    }
  };
}

/**
 * Why the switch does not take this controller, and what to do. @param primary the primary's election id; undefined:
 * there is none
 */
function notPrimaryText({ deviceId, address }: P4RuntimeOptions, ours: number, primary: bigint | undefined): string {
  const device = `device ${deviceId} at ${address}`;
  return primary === undefined
    ? `${device} belongs to a controller that is gone: its election ids were above ours, ${ours}. ` +
        'Start with the state directory of that one, or restart the switch to begin anew'
    : `another controller is the primary of ${device}: its election id is ${primary}, ours is ${ours}. ` +
        'Stop it first';
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
      reconnectDelayMs: RETRY_MS,
      maximumReconnectDelayMs: LONGEST_RETRY_MS,
      onError: () => undefined,
    });
  } catch (error) {
    const reason = error instanceof RpcError ? error.message : String(error);
    // An election id that is in use, for example: there is an answer.
    const isRefusal = error instanceof RpcError && error.code === Code.INVALID_ARGUMENT;
    const what = isRefusal ? `the switch at ${address} does not take us` : `no switch answers at ${address}`;
    throw new SwitchLostError(`${what}: ${reason}`, { cause: error });
  }
}

class P4RuntimeSession implements SwitchSession {
  pipeline: 'kept' | 'pushed' = 'kept';
  readonly slots: number;
  readonly pinCapacity: number;
  readonly deviceId: string;
  readonly switches = [];
  readonly program: SwitchProgram;
  private readonly client: P4RuntimeClient;
  private readonly layout: ProgramLayout;
  private epoch = 0;
  private over = false;
  /** How many entries tables have, as far as this session has read and written them. */
  private readonly entryCounts = Object.fromEntries(TABLE_NAMES.map((name) => [name, 0])) as Record<TableName, number>;

  constructor(client: P4RuntimeClient, listener: SwitchListener, program: Program, deviceId: bigint, cookie: bigint) {
    this.client = client;
    this.layout = programLayout(program);
    this.deviceId = String(deviceId);
    this.program = {
      id: `0x${cookie.toString(16).padStart(16, '0')}`,
      tableSizes: Object.fromEntries([...this.layout.keys()].map((table) => [table, program.tables.get(table).size])),
    };
    this.slots = slotsOfProgram(program);
    this.pinCapacity = program.tables.get('pins').size;
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
    client.onPacketIn(({ payload, metadata }) => {
      listener.onPacketIn(Number(metadata.ingress_port), payload, Number(metadata.server ?? 0));
    });
  }

  /** Keeps or pushes the pipeline and has digests sent. */
  async prepare(program: PipelineProgram, cookie: bigint, anew: boolean): Promise<void> {
    if (anew || (await this.runningCookie()) !== cookie) {
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
    // Nobody relies on a table that the program has not: what would is refused before (operations/abilities.ts).
    const places = [...updates.keys()].filter((place) => this.layout.has(updates[place]!.entry.table));
    if (places.length === 0) return [];
    const own = places.map((place) => encodeUpdate(this.layout, updates[place]!));
    const results = await this.guard(() => this.client.tryWrite(own));
    for (const { index, ok } of results) if (ok) this.count(updates[places[index]!]!);
    return results
      .filter(({ ok }) => !ok)
      .map(({ index: at, code, message }) => {
        const index = places[at]!;
        const update = updates[index]!;
        // BMv2's server cannot say why an entry was not added.
        const full =
          code === CODE_RESOURCE_EXHAUSTED ||
          (code === CODE_UNKNOWN && update.op === 'insert' && isPinTable(update.entry.table));
        return { index, full, message: `${codeName(code)}: ${message}` };
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
    if (!this.layout.has(table)) return [];
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
          return { kind: 'table', table, match: encodeKey(this.layout, table, key), timeSinceLastHitNs: 0 };
        });
        for (const entry of await this.guard(() => this.client.readAll(...patterns))) entries.push(entry);
      }
    }
    const ages = new Map(entries.map((entry) => [keyText(decodeKey(table, entry)), elapsedMs(entry)]));
    return keys.map((key) => ages.get(keyText(key)));
  }

  async readCounts(table: CountedTable): Promise<ReadonlyMap<string, CountedTraffic> | undefined> {
    if (!this.layout.has(table)) return undefined;
    const entries = await this.guard(() => this.client.readAll({ kind: 'table', table, counter: {} }));
    return new Map(
      entries
        .filter((entry) => !entry.isDefault)
        .map((entry) => [
          keyText(decodeKey(table, entry)),
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
        const payload = 'packet' in order ? order.packet : NO_PAYLOAD;
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
