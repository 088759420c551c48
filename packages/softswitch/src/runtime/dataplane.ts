/**
 * A program brought to life: compiled code, memory, tables, externs.
 *
 * A `DataPlane` is synchronous and has no IO: packets go in with a time, packets come out through a callback, and
 * nothing else happens. Time and randomness are given from outside, so the same input always gives the same output.
 * Changing the program means making another DataPlane.
 */

import { STRIPES } from '../compile/critical.ts';
import { SLOT } from '../compile/layout.ts';
import { PACKETS_AT_A_TIME } from '../compile/look-ahead.ts';
import {
  type CompiledProgram,
  compileProgram,
  DROP_NAMES,
  type GeneratedFunctions,
  hashFor,
} from '../compile/module.ts';
import { dataWordsOf } from '../compile/tables.ts';
import type { Program } from '../model/types.ts';
import { ExactIndex } from '../tables/exact-index.ts';
import { encodeArguments, type FieldMatch, TableRuntime } from '../tables/table.ts';
import type { TraceEvent } from '../trace/events.ts';
import { TraceRecorder } from '../trace/recorder.ts';
import { ActionProfileStore } from './action-profile.ts';
import { Engine } from './engine.ts';
import { sum16 } from './hash.ts';
import { AssertionFailed, formatMessage, LoopLimit, stateHelpers, valueHelpers } from './helpers.ts';
import { Locks } from './locks.ts';
import { MAX_PACKET_BYTES, PacketMemory } from './memory.ts';
import { Meters } from './meters.ts';
import { Replication } from './replication.ts';
import { allocateSharedState, registerBytes, type SharedState } from './shared-state.ts';
import { ValueSet } from './value-set.ts';

/** What a data plane needs of the world. */
export interface DataPlaneOptions {
  /** Port (value of egress_spec) that drops; 511 unless told otherwise. */
  readonly dropPort?: number;
  /** Queues of a port; 1 unless told otherwise. */
  readonly priorityQueues?: number;
  /** Numbers in [0, 1) for `random` and random groups. Repeatable unless told otherwise. */
  readonly random?: () => number;
  /** Whether a port is up; all are unless told otherwise. */
  readonly isPortUp?: (port: number) => boolean;
  /** Called with every packet sent: bytes [start, start + length) of `memory.bytes`, valid during the call. */
  readonly output: (port: number, start: number, length: number) => void;
  /**
   * Called with the fields of a digest, each big-endian in whole bytes. `list` is the position in `program.learnLists`.
   */
  readonly digest?: (list: number, values: readonly Uint8Array[]) => void;
  /** Called with the lines of `log_msg` and failed assertions. */
  readonly log?: (message: string) => void;
  /** Packet memory shared with ports; its own unless given. */
  readonly memory?: PacketMemory;
  /**
   * One of several data planes in as many threads: `state` is what they share, as the first of them has it in
   * `sharedState`; undefined makes it the first. Only the first writes shared state when an update or the program says
   * so.
   */
  readonly sharing?: { readonly first: boolean; readonly state: SharedState | undefined };
}

/** Packets that are looked ahead at once: what a batch of packets and their entries take fits the first cache. */
const MAX_LOOK_AHEAD = 4 * PACKETS_AT_A_TIME;

/** Entries from which a table is taken not to fit the caches. */
const LOOK_AHEAD_ENTRIES = 20_000;

/** Scratch room for hash inputs: a packet and some headers. */
const SCRATCH_BYTES = 2 * MAX_PACKET_BYTES;

export class DataPlane {
  readonly program: Program;
  readonly compiled: CompiledProgram;
  readonly memory: PacketMemory;
  readonly tables: readonly TableRuntime[];
  readonly profiles: readonly ActionProfileStore[];
  readonly meters: readonly Meters[];
  /** Direct meters of tables that have one, by table. */
  readonly directMeters: readonly (Meters | undefined)[];
  /** Packets and bytes of each cell of each indirect counter. */
  readonly counters: readonly Float64Array[];
  /** Limbs of each cell of each register, and one cell of zeros. */
  readonly registers: readonly Int32Array[];
  readonly valueSets: readonly ValueSet[];
  readonly replication: Replication;
  /** Drops by reason, in the order of `DROP_NAMES`. */
  readonly drops = new Float64Array(DROP_NAMES.length);
  /** Packet state (`F`); for tests and the tracer. */
  readonly state: Int32Array;
  /** What other threads' data planes of this program share with this one. */
  readonly sharedState: SharedState | undefined;
  /** Whether updates of registers, meters and other shared state are this data plane's to carry out. */
  readonly ownsShared: boolean;
  readonly #locks: Locks | undefined;
  readonly #engine: Engine;
  /** The time in microseconds. */
  readonly #time = new Float64Array(1);
  /** [ms since start, lowest position of the current buffer]. */
  readonly #integers = new Int32Array(2);
  readonly #packetStart: number;
  /** Queues of each port. */
  readonly priorityQueues: number;
  readonly #compileOptions: { readonly dropPort: number; readonly priorityQueues: number; readonly shared: boolean };
  readonly #imports: Record<string, unknown>;
  readonly #functions: GeneratedFunctions;
  readonly #aheadPositions = new Int32Array(MAX_LOOK_AHEAD);
  readonly #aheadHashes = new Int32Array(MAX_LOOK_AHEAD);
  /** What was read ahead, so that reading it is not for nothing in the compiler's eyes. */
  #touched = 0;
  /** The same program with calls of a tracer, made when the first packet is traced. */
  #instrumented: string | undefined;

  constructor(program: Program, options: DataPlaneOptions) {
    this.program = program;
    this.memory = options.memory ?? new PacketMemory();
    this.priorityQueues = options.priorityQueues ?? 1;
    this.#compileOptions = {
      dropPort: options.dropPort ?? 511,
      priorityQueues: this.priorityQueues,
      shared: options.sharing !== undefined,
    };
    this.compiled = compileProgram(program, { ...this.#compileOptions, trace: false });
    const { layout, plans, regions } = this.compiled;
    const shared =
      options.sharing === undefined
        ? undefined
        : (options.sharing.state ?? allocateSharedState(program, plans, regions));
    this.sharedState = shared;
    this.ownsShared = options.sharing?.first ?? true;
    this.#locks = shared && new Locks(shared.locks);
    const F = new Int32Array(layout.size);
    this.state = F;
    F[SLOT.truncate] = 0x7fffffff;
    const FB = new Uint8Array(F.buffer);
    const B = new Uint8Array(SCRATCH_BYTES);
    const I = this.#integers;
    const T = this.#time;
    const random = options.random ?? repeatableRandom();
    const isUp = options.isPortUp ?? (() => true);
    const lastHits = plans.map((_, i) => shared?.lastHits[i] && new Int32Array(shared.lastHits[i]));
    this.tables = plans.map((plan, i) => new TableRuntime(plan, () => I[0]!, lastHits[i]));
    this.profiles = program.actionProfiles.map((_, profile) => {
      const words = program.tables
        .filter((table) => table.actionProfile === profile)
        .flatMap((table) => table.actions.map((action) => dataWordsOf(program.actions[action]!.parameters)));
      return new ActionProfileStore(Math.max(0, ...words), random, isUp);
    });
    this.meters = program.meters.map((meter, i) => new Meters(meter, meter.direct ? 1 : meter.size, shared?.meters[i]));
    this.directMeters = program.tables.map((table, i) =>
      table.directMeter < 0
        ? undefined
        : new Meters(program.meters[table.directMeter]!, table.maxSize + 1, shared?.directMeters[i]),
    );
    this.counters = program.counters.map((counter) => new Float64Array(2 * counter.size));
    this.registers = program.registers.map(
      (register, i) => new Int32Array(shared?.registers[i] ?? new ArrayBuffer(registerBytes(register))),
    );
    this.valueSets = program.parseValueSets.map(() => new ValueSet());
    this.replication = new Replication(isUp);
    const host = {
      digest: options.digest ?? (() => {}),
      log: options.log ?? (() => {}),
    };
    this.#engine = new Engine(this.compiled, F, I, this.memory, this.drops, this.replication, host);
    this.#packetStart = this.memory.packetStart(0);
    const imports: Record<string, unknown> = {
      F,
      M: this.memory.bytes,
      D: this.memory.view,
      B,
      BD: new DataView(B.buffer),
      T,
      I,
      drops: this.drops,
      engine: this.#engine,
      trace: undefined,
      output: options.output,
      sum16,
      ...valueHelpers,
      ...stateHelpers(F, FB, this.memory.bytes, B),
      randomNumber: (low: number, high: number) => low + Math.floor(random() * (high - low + 1)),
      randomBig: (low: bigint, high: bigint) => randomBig(random, low, high),
      executeMeter: (meter: number, cell: number) => this.meters[meter]!.execute(cell, F[SLOT.ingressLength]!, T[0]!),
      executeDirectMeter: (table: number, record: number) =>
        this.directMeters[table]!.execute(record, F[SLOT.ingressLength]!, T[0]!),
      hasDefaultMeter: (table: number) => this.directMeters[table]!.isConfigured(0),
      logMessage: (message: number, values: readonly (number | bigint)[]) =>
        host.log(formatMessage(this.compiled.messages[message]!, values)),
      assertionFailed: (place: number) => {
        throw new AssertionFailed(this.compiled.assertions[place]);
      },
      loopLimit: () => {
        throw new LoopLimit('an action loops without end, the packet is dropped');
      },
      valueSetContains: (set: number, words: readonly number[], masks?: readonly number[]) =>
        this.valueSets[set]!.contains(words, masks),
      noAction: () => -1,
      locks: this.#locks,
    };
    for (const [i, register] of this.registers.entries()) imports[`R${i}`] = register;
    for (const [i, counter] of this.counters.entries()) imports[`C${i}`] = counter;
    for (const [i, profile] of this.profiles.entries()) imports[`P${i}`] = profile;
    for (const [i, calculation] of program.calculations.entries()) imports[`hash${i}`] = hashFor(calculation.algorithm);
    for (const [i, profile] of program.actionProfiles.entries()) {
      if (profile.selector !== undefined) imports[`selectorHash${i}`] = hashFor(profile.selector.algorithm);
    }
    for (const [i, table] of this.tables.entries()) {
      imports[`E${i}`] = table.records.elements;
      imports[`N${i}`] = table.records.counters;
      imports[`L${i}`] = lastHits[i];
      imports[`K${i}`] = table.scratchKey;
      imports[`X${i}`] = table.index;
      if (table.index instanceof ExactIndex) {
        imports[`H${i}_MASK`] = table.index.mask;
        imports[`H${i}_END`] = table.index.end;
      }
    }
    this.#imports = imports;
    this.#functions = new Function('imports', this.compiled.source)(imports) as GeneratedFunctions;
    this.#engine.functions = this.#functions;
    this.loadProgramEntries();
  }

  /** Sets the time for packets and control operations, in microseconds since the switch started. */
  setTime(nowUs: number): void {
    this.#time[0] = nowUs;
    this.#integers[0] = nowUs / 1000;
  }

  /** The time last set, in microseconds. */
  get nowUs(): number {
    return this.#time[0]!;
  }

  /** Takes a packet through the switch; outputs come before it returns. Bytes are copied. */
  receive(port: number, packet: Uint8Array): void {
    if (packet.length <= MAX_PACKET_BYTES) this.memory.bytes.set(packet, this.#packetStart);
    this.#engine.receive(packet.length, port, 0, 0);
  }

  /** Where a packet may be put before `receiveInPlace`. */
  get packetStart(): number {
    return this.#packetStart;
  }

  /**
   * Takes the packet of `length` bytes that lies in `memory` at the packet start of `buffer`, moved by `shift` bytes.
   */
  receiveInPlace(port: number, length: number, buffer = 0, shift = 0): void {
    this.#engine.receive(length, port, buffer, shift);
  }

  /**
   * Prepares for a batch: the packets that lie in the `count` buffers from `first` on are looked up in large tables all
   * at once, so that the memory their entries lie in is read at the same time. Changes nothing but the time that
   * packets take. Batches longer than `MAX_LOOK_AHEAD` are not prepared beyond that.
   */
  lookAhead(first: number, count: number): void {
    if (count < 2) return;
    const packets = Math.min(count, MAX_LOOK_AHEAD);
    let known = false;
    for (const { table, touch } of this.#functions.lookAhead) {
      if (this.tables[table]!.size < LOOK_AHEAD_ENTRIES) continue;
      for (let i = 0; i < packets && !known; i++) this.#aheadPositions[i] = this.memory.packetStart(first + i);
      known = true;
      this.#touched ^= touch(this.#aheadPositions, this.#aheadHashes, packets);
    }
  }

  /** Whether the program computes a checksum over payload, so that it needs real transport checksums. */
  get readsPayload(): boolean {
    return this.program.calculations.some((calculation) =>
      calculation.inputs.some((input) => input.kind === 'payload'),
    );
  }

  /**
   * Takes a packet through the switch like `receive`, and tells what happened to it on the way.
   *
   * Runs instrumented code on the same tables and registers; other packets are not slowed down.
   */
  trace(port: number, packet: Uint8Array): readonly TraceEvent[] {
    this.#instrumented ??= compileProgram(this.program, { ...this.#compileOptions, trace: true }).source;
    const recorder = new TraceRecorder({
      compiled: this.compiled,
      state: this.state,
      bytes: this.memory.bytes,
      tables: this.tables,
      registers: this.registers,
    });
    const imports = { ...this.#imports, trace: recorder };
    this.#engine.functions = new Function('imports', this.#instrumented)(imports) as GeneratedFunctions;
    try {
      this.receive(port, packet);
    } finally {
      this.#engine.functions = this.#functions;
    }
    return recorder.events;
  }

  /** Does something with a cell of a register while no packet of any thread uses it. */
  withRegister<T>(register: number, cell: number, action: () => T): T {
    const { registers, stripedRegisters } = this.compiled.regions;
    if (registers[register]! < 0) return action();
    const lock = registers[register]! + (stripedRegisters[register] ? cell & (STRIPES - 1) : 0);
    this.#locks!.acquire(lock);
    try {
      return action();
    } finally {
      this.#locks!.release(lock);
    }
  }

  /** Tells groups and replicas that a port went up or down. */
  portChanged(): void {
    for (const profile of this.profiles) profile.portChanged();
    this.replication.portChanged();
  }

  /** Sets default actions and constant entries as the program has them. Entry n of a table gets slot n. */
  loadProgramEntries(): void {
    for (const table of this.tables) {
      this.resetDefault(table);
      const { constEntries } = table.plan.table;
      // In the format the lowest priority wins, here the highest.
      for (const [slot, entry] of constEntries.entries()) {
        const match: FieldMatch[] = entry.match.map((each) =>
          each.kind === 'valid' ? { kind: 'exact', value: each.value } : (each as FieldMatch),
        );
        table.insert(
          slot,
          match,
          -entry.priority,
          { kind: 'action', action: entry.action, data: encodeArguments(this.program, entry.action, entry.data) },
          0,
        );
      }
    }
  }

  /** Gives a table the default action of the program. */
  resetDefault(table: TableRuntime): void {
    const entry = table.plan.table.defaultEntry;
    table.setDefault(
      entry === undefined
        ? undefined
        : { kind: 'action', action: entry.action, data: encodeArguments(this.program, entry.action, entry.data) },
    );
  }
}

/** A small generator (mulberry32) with a fixed seed. */
function repeatableRandom(): () => number {
  let state = 0x6d6f6f72;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296;
  };
}

/** Uniform enough: 64 bits of randomness over the span. */
function randomBig(random: () => number, low: bigint, high: bigint): bigint {
  const bits = (BigInt(Math.floor(random() * 4294967296)) << 32n) | BigInt(Math.floor(random() * 4294967296));
  return low + ((bits * (high - low + 1n)) >> 64n);
}
