/**
 * The smallest data plane: it forwards nothing, remembers everything it is told by slot, and lets a test play the
 * packets.
 *
 * It is the executable form of the contract in `switch.ts`: it throws (as our bug) when the server breaks it, for
 * instance by naming a slot that is not taken. Tests read `tables`, `groups` ... to see what a data plane would see,
 * and call `emit`, `hit` and `fail`.
 */

import { assertNever } from '../assert-never.ts';
import {
  type ColourCells,
  type ColourCounts,
  type CommitOptions,
  type CounterCells,
  type EntryAction,
  type EntryParts,
  type EntryStates,
  type GroupMember,
  type MatchValue,
  type MeterRates,
  type PipelineSource,
  type PortReplica,
  type PreparedPipeline,
  type Switch,
  SwitchError,
  type SwitchEvent,
  type SwitchUpdate,
  type UpdateFailure,
} from '../server/switch.ts';

/** An entry as the data plane sees it. */
export interface FakeEntry {
  readonly match: readonly MatchValue[];
  readonly priority: number;
  action: EntryAction;
  idleTimeoutNs: bigint;
  packets: bigint;
  bytes: bigint;
  ageNs: bigint;
  meter: MeterRates | undefined;
  /** Of the meter's colours: green, yellow, red. */
  colours: ColourCounts;
}

/** What `prepare` answers, for tests of const entries and default actions. */
export type FakePipeline = Partial<PreparedPipeline>;

class Prepared implements PreparedPipeline {
  readonly source: PipelineSource;
  readonly initialEntries: PreparedPipeline['initialEntries'];
  readonly defaultActions: PreparedPipeline['defaultActions'];

  constructor(source: PipelineSource, { initialEntries = [], defaultActions = [] }: FakePipeline) {
    this.source = source;
    this.initialEntries = initialEntries;
    this.defaultActions = defaultActions;
  }
}

/** A key of a cell: P4Info id and index. */
type Cell = `${number}/${number}`;

/** See the file's comment. */
export class FakeSwitch implements Switch {
  /** What runs; `undefined` before the first commit. */
  running: PipelineSource | undefined;
  /** Entries by table id and slot. */
  tables = new Map<number, Map<number, FakeEntry>>();
  /** Default actions that were set, by table id. */
  defaults = new Map<number, EntryAction | undefined>();
  members = new Map<string, Extract<SwitchUpdate, { kind: 'member-set' }>['action']>();
  groups = new Map<string, readonly GroupMember[]>();
  counters = new Map<Cell, { packets: bigint; bytes: bigint }>();
  meters = new Map<Cell, MeterRates | undefined>();
  /** What meters have counted by colour. */
  colours = new Map<Cell, ColourCounts>();
  registers = new Map<Cell, Uint8Array>();
  valueSets = new Map<number, readonly (readonly MatchValue[])[]>();
  multicast = new Map<number, readonly PortReplica[]>();
  clones = new Map<number, Extract<SwitchUpdate, { kind: 'clone-set' }>>();
  digests = new Set<number>();
  /** Packets that the controller sent, header included. */
  readonly sent: Uint8Array[] = [];
  /** Every update that was applied, in order. */
  readonly log: SwitchUpdate[] = [];
  readonly #listeners = new Set<(event: SwitchEvent) => void>();
  readonly #pipeline: FakePipeline;
  #fail: ((update: SwitchUpdate) => string | undefined) | undefined;
  #gate: Promise<void> | undefined;

  /** @param pipeline what every `prepare` answers */
  constructor(pipeline: FakePipeline = {}) {
    this.#pipeline = pipeline;
  }

  async prepare(source: PipelineSource): Promise<PreparedPipeline> {
    if (Buffer.from(source.deviceConfig).includes('broken'))
      throw new SwitchError('invalid-argument', 'line 1: the device config is broken');
    return new Prepared(source, this.#pipeline);
  }

  async commit(prepared: PreparedPipeline, options: CommitOptions): Promise<void> {
    if (!(prepared instanceof Prepared)) throw new Error('commit got a pipeline that prepare did not make');
    this.running = prepared.source;
    this.tables = new Map();
    this.defaults = new Map();
    this.members = new Map();
    this.groups = new Map();
    this.meters = new Map();
    this.valueSets = new Map();
    this.multicast = new Map();
    this.clones = new Map();
    this.digests = new Set();
    if (!options.preserve) {
      this.counters = new Map();
      this.registers = new Map();
      this.colours = new Map();
    }
    for (const entry of prepared.initialEntries) {
      const table = this.#table(entry.tableId);
      table.set(table.size, { ...fresh, match: entry.match, priority: entry.priority, action: entry.action });
    }
    for (const update of options.updates) this.#apply(update);
  }

  discard(): void {}

  async apply(updates: readonly SwitchUpdate[], atomic: boolean): Promise<readonly UpdateFailure[]> {
    await this.#gate;
    const failures: UpdateFailure[] = [];
    for (const [index, update] of updates.entries()) {
      const problem = this.#fail?.(update);
      if (problem !== undefined) failures.push({ index, error: new SwitchError('resource-exhausted', problem) });
    }
    if (atomic && failures.length > 0) return failures.slice(0, 1);
    const failed = new Set(failures.map((failure) => failure.index));
    for (const [index, update] of updates.entries()) if (!failed.has(index)) this.#apply(update);
    return failures;
  }

  #table(tableId: number): Map<number, FakeEntry> {
    let table = this.tables.get(tableId);
    if (table === undefined) this.tables.set(tableId, (table = new Map()));
    return table;
  }

  /** The entry in a slot; the server must not name an empty one. */
  entry(tableId: number, slot: number): FakeEntry {
    const entry = this.#table(tableId).get(slot);
    if (entry === undefined) throw new Error(`the server named the empty slot ${slot} of table ${tableId}`);
    return entry;
  }

  #apply(update: SwitchUpdate): void {
    this.log.push(update);
    switch (update.kind) {
      case 'table-insert': {
        if (this.#table(update.tableId).has(update.slot)) throw new Error(`slot ${update.slot} is taken`);
        const { match, priority, action, idleTimeoutNs } = update;
        this.#table(update.tableId).set(update.slot, { ...fresh, match, priority, action, idleTimeoutNs });
        break;
      }
      case 'table-modify':
        Object.assign(this.entry(update.tableId, update.slot), {
          action: update.action,
          idleTimeoutNs: update.idleTimeoutNs,
        });
        break;
      case 'table-delete':
        this.entry(update.tableId, update.slot);
        this.#table(update.tableId).delete(update.slot);
        break;
      case 'table-default':
        this.defaults.set(update.tableId, update.action);
        break;
      case 'direct-counter':
        if (update.slot < 0)
          this.counters.set(`${update.tableId}/-1`, { packets: update.packets, bytes: update.bytes });
        else Object.assign(this.entry(update.tableId, update.slot), { packets: update.packets, bytes: update.bytes });
        break;
      case 'direct-meter':
        if (update.slot >= 0) this.entry(update.tableId, update.slot).meter = update.config;
        else this.meters.set(`${update.tableId}/-1`, update.config);
        break;
      case 'direct-meter-counters':
        if (update.slot >= 0) this.entry(update.tableId, update.slot).colours = update.counts;
        else this.colours.set(`${update.tableId}/-1`, update.counts);
        break;
      case 'member-set':
        this.members.set(`${update.profileId}/${update.member}`, update.action);
        break;
      case 'member-delete':
        if (!this.members.delete(`${update.profileId}/${update.member}`)) throw new Error('no such member');
        break;
      case 'group-set':
        for (const { member } of update.members)
          if (!this.members.has(`${update.profileId}/${member}`)) throw new Error('a group names an unknown member');
        this.groups.set(`${update.profileId}/${update.group}`, update.members);
        break;
      case 'group-delete':
        if (!this.groups.delete(`${update.profileId}/${update.group}`)) throw new Error('no such group');
        break;
      case 'counter':
        this.#cells(update.index, update.counterId, this.#size('counters', update.counterId), (cell) =>
          this.counters.set(cell, { packets: update.packets, bytes: update.bytes }),
        );
        break;
      case 'meter':
        this.#cells(update.index, update.meterId, this.#size('meters', update.meterId), (cell) =>
          this.meters.set(cell, update.config),
        );
        break;
      case 'meter-counters-reset':
        this.#cells(update.index, update.meterId, this.#size('meters', update.meterId), (cell) =>
          this.colours.delete(cell),
        );
        break;
      case 'register':
        this.#cells(update.index, update.registerId, this.#size('registers', update.registerId), (cell) =>
          this.registers.set(cell, update.value),
        );
        break;
      case 'value-set':
        this.valueSets.set(update.valueSetId, update.members);
        break;
      case 'multicast-set':
        this.multicast.set(update.groupId, update.replicas);
        break;
      case 'multicast-delete':
        if (!this.multicast.delete(update.groupId)) throw new Error('no such multicast group');
        break;
      case 'clone-set':
        this.clones.set(update.sessionId, update);
        break;
      case 'clone-delete':
        if (!this.clones.delete(update.sessionId)) throw new Error('no such clone session');
        break;
      case 'digest':
        if (update.enabled) this.digests.add(update.digestId);
        else this.digests.delete(update.digestId);
        break;
      default:
        assertNever(update);
    }
  }

  #size(kind: 'counters' | 'meters' | 'registers', id: number): number {
    return Number(this.running?.p4info[kind].find((item) => item.preamble?.id === id)?.size ?? 0);
  }

  #cells(index: number | undefined, id: number, size: number, set: (cell: Cell) => void): void {
    if (index !== undefined) set(`${id}/${index}`);
    else for (let cell = 0; cell < size; cell++) set(`${id}/${cell}`);
  }

  async readEntries(tableId: number, slots: readonly number[], parts: EntryParts): Promise<EntryStates> {
    const entries = slots.map((slot) =>
      slot < 0
        ? {
            ageNs: 0n,
            colours: this.colours.get(`${tableId}/-1`) ?? noColours,
            ...(this.counters.get(`${tableId}/-1`) ?? { packets: 0n, bytes: 0n }),
          }
        : this.entry(tableId, slot),
    );
    return {
      ...(parts.counters
        ? {
            packets: BigUint64Array.from(entries, (entry) => entry.packets),
            bytes: BigUint64Array.from(entries, (entry) => entry.bytes),
          }
        : {}),
      ...(parts.age ? { ageNs: BigUint64Array.from(entries, (entry) => entry.ageNs) } : {}),
      ...(parts.colours ? { colours: cellsOf(entries.map((entry) => entry.colours)) } : {}),
    };
  }

  async readCounter(counterId: number, indexes: readonly number[]): Promise<CounterCells> {
    const cells = indexes.map((index) => this.counters.get(`${counterId}/${index}`));
    return {
      packets: BigUint64Array.from(cells, (cell) => cell?.packets ?? 0n),
      bytes: BigUint64Array.from(cells, (cell) => cell?.bytes ?? 0n),
    };
  }

  async readMeter(meterId: number, indexes: readonly number[]): Promise<ColourCells> {
    return cellsOf(indexes.map((index) => this.colours.get(`${meterId}/${index}`) ?? noColours));
  }

  async readRegister(registerId: number, indexes: readonly number[]): Promise<readonly Uint8Array[]> {
    return indexes.map((index) => this.registers.get(`${registerId}/${index}`) ?? new Uint8Array(4));
  }

  packetOut(packets: readonly Uint8Array[]): void {
    this.sent.push(...packets);
  }

  subscribe(listener: (event: SwitchEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  // --- for tests -----------------------------------------------------------------------------------------------------

  /** Plays an event of the data plane. */
  emit(event: SwitchEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  /** Plays packets that hit an entry. */
  hit(tableId: number, slot: number, packets: number, bytes: number): void {
    const entry = this.entry(tableId, slot);
    entry.packets += BigInt(packets);
    entry.bytes += BigInt(bytes);
    entry.ageNs = 0n;
  }

  /** Refuses updates from now on for which `problem` gives a reason. */
  fail(problem: ((update: SwitchUpdate) => string | undefined) | undefined): void {
    this.#fail = problem;
  }

  /** Holds back every `apply` until the returned function is called. */
  hold(): () => void {
    let release = () => {};
    this.#gate = new Promise((resolve) => {
      release = resolve;
    });
    return () => {
      this.#gate = undefined;
      release();
    };
  }
}

const noColours: ColourCounts = { packets: [0n, 0n, 0n], bytes: [0n, 0n, 0n] };

function cellsOf(counts: readonly ColourCounts[]): ColourCells {
  return {
    packets: BigUint64Array.from(counts.flatMap(({ packets }) => packets)),
    bytes: BigUint64Array.from(counts.flatMap(({ bytes }) => bytes)),
  };
}

const fresh = { packets: 0n, bytes: 0n, ageNs: 0n, meter: undefined, colours: noColours, idleTimeoutNs: 0n };
