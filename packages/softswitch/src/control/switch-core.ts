/**
 * The P4Runtime side of the switch: implements `Switch` on a data plane in the same thread.
 *
 * Everything here is synchronous under its promises, so calls take effect in the order they are made. A new pipeline is
 * a new data plane that is filled before packets reach it; swapping the reference is the moment of change. What the
 * data plane tells (digests, packets to the controller, ageing) is gathered and delivered by `flush`, which the owner
 * calls when a batch of packets is done.
 */
import {
  type BlockFailure,
  type ColourCells,
  type CommitOptions,
  type CounterCells,
  DEFAULT_SLOT,
  type EntryBlock,
  type EntryParts,
  type EntryStates,
  type InitialEntry,
  type PreparedPipeline,
  type Switch,
  SwitchError,
  type SwitchEvent,
  type SwitchUpdate,
  type UpdateFailure,
} from '@mooring/p4runtime-ts/switch';
import { limbCount } from '../compile/layout.ts';
import { loadProgram } from '../model/load.ts';
import type { Program } from '../model/types.ts';
import { DataPlane } from '../runtime/dataplane.ts';
import type { PacketMemory } from '../runtime/memory.ts';
import { COLOURS, type Meters } from '../runtime/meters.ts';
import type { SharedState } from '../runtime/shared-state.ts';
import { toBytes } from './bytes.ts';
import { BlockWriter } from './entry-blocks.ts';
import type { P4InfoLike } from './p4info.ts';
import { mapPipeline } from './pipeline-map.ts';
import { defaultActionsOf, initialEntriesOf } from './program-entries.ts';
import { asSwitchError } from './switch-error.ts';
import { applyUpdate, checkUpdate, directMetersOf, meterCell, type Pipeline, tableOf } from './updates.ts';

export interface SwitchCoreOptions {
  /** Port of the controller; undefined: none. */
  readonly cpuPort: number | undefined;
  readonly dropPort: number;
  readonly priorityQueues: number;
  /** The ports that there are, beside the CPU port: any other one counts as down. Undefined: all there can be. */
  readonly ports?: ReadonlySet<number>;
  /** Refuse members that watch a port that is not there. */
  readonly strict?: boolean;
  /** Microseconds since the switch started. */
  readonly nowUs: () => number;
  readonly random?: () => number;
  /** Packet memory shared with ports. */
  readonly memory?: PacketMemory;
  /**
   * Called with packets that leave at other ports than the CPU port: bytes [start, start + length) of `bytes`, valid
   * during the call.
   */
  readonly output: (port: number, bytes: Uint8Array, start: number, length: number) => void;
  /** Called before a packet goes to the controller, to finish a checksum that was left to hardware. */
  readonly finishChecksum?: (start: number, length: number) => void;
  readonly log: (message: string) => void;
  /** Position among the threads that run the switch together; undefined: there is only this one. */
  readonly worker?: number;
}

/** A device config with the P4Info parts that matter. */
export interface CoreSource {
  readonly p4info: P4InfoLike;
  readonly deviceConfig: Uint8Array;
}

class Prepared implements PreparedPipeline {
  readonly initialEntries: readonly InitialEntry[];
  readonly defaultActions: PreparedPipeline['defaultActions'];
  readonly pipeline: Pipeline;

  constructor(pipeline: Pipeline) {
    this.pipeline = pipeline;
    this.initialEntries = initialEntriesOf(pipeline.dataPlane.program, pipeline.map);
    this.defaultActions = defaultActionsOf(pipeline.dataPlane.program, pipeline.map);
  }
}

/** Packets waiting for the controller before further ones are dropped. */
const MAX_PACKET_IN = 16384;

/** Digest samples waiting for the controller before further ones are dropped (they come again by design of digests). */
const MAX_DIGESTS = 65536;

export class SwitchCore implements Switch {
  readonly #options: SwitchCoreOptions;
  readonly #listeners = new Set<(event: SwitchEvent) => void>();
  readonly #downPorts = new Set<number>();
  readonly #blockWriters = new WeakMap<Pipeline, BlockWriter>();
  #pipeline: Pipeline | undefined;
  #packetIns: Uint8Array[] = [];
  #digests = new Map<number, Uint8Array[][]>();
  #digestCount = 0;
  /** Packets and digests dropped because the controller did not take them in time. */
  readonly dropped = { packetIns: 0, digests: 0 };

  constructor(options: SwitchCoreOptions) {
    this.#options = options;
  }

  /** The running data plane, if a pipeline was committed. */
  get dataPlane(): DataPlane | undefined {
    return this.#pipeline?.dataPlane;
  }

  /** Runs a program without P4Info, as when it is named on the command line. Control needs a P4Info later. */
  loadWithoutP4Info(source: string | Uint8Array, state?: SharedState): void {
    const empty: P4InfoLike = {
      tables: [],
      actions: [],
      actionProfiles: [],
      counters: [],
      meters: [],
      registers: [],
      valueSets: [],
      digests: [],
    };
    this.#pipeline = this.#build(source, empty, state);
  }

  #build(source: string | Uint8Array, p4info: P4InfoLike, state: SharedState | undefined): Pipeline {
    let program: Program;
    try {
      program = loadProgram(source);
    } catch (error) {
      throw asSwitchError(error);
    }
    const map = mapPipeline(program, p4info);
    const enabledDigests = new Set<number>();
    const digestIds = new Map([...map.digests].map(([id, list]) => [list, id]));
    try {
      const dataPlane: DataPlane = new DataPlane(program, {
        dropPort: this.#options.dropPort,
        priorityQueues: this.#options.priorityQueues,
        ...(this.#options.random === undefined ? {} : { random: this.#options.random }),
        ...(this.#options.memory === undefined ? {} : { memory: this.#options.memory }),
        ...(this.#options.worker === undefined ? {} : { sharing: { first: this.#options.worker === 0, state } }),
        isPortUp: (port) => !this.#downPorts.has(port) && this.#hasPort(port),
        output: (port, start, length) => {
          if (port === this.#options.cpuPort) this.#packetIn(dataPlane.memory.bytes, start, length);
          else this.#options.output(port, dataPlane.memory.bytes, start, length);
        },
        digest: (list, values) => {
          if (enabledDigests.has(list)) this.#digest(digestIds.get(list)!, values);
        },
        log: this.#options.log,
      });
      dataPlane.setTime(this.#options.nowUs());
      const canWatch = (port: number) => !this.#options.strict || this.#hasPort(port);
      return { dataPlane, map, enabledDigests, canWatch };
    } catch (error) {
      throw asSwitchError(error);
    }
  }

  #hasPort(port: number): boolean {
    const { ports, cpuPort } = this.#options;
    return ports === undefined || port === cpuPort || ports.has(port);
  }

  async prepare(source: CoreSource): Promise<PreparedPipeline> {
    return this.prepareNow(source);
  }

  /** `prepare`, at once. `state` is what the first of several threads shares with the others (`sharedStateOf`). */
  prepareNow(source: CoreSource, state?: SharedState): PreparedPipeline {
    return new Prepared(this.#build(source.deviceConfig, source.p4info, state));
  }

  /** What other threads need to prepare the same pipeline. */
  sharedStateOf(prepared: PreparedPipeline): SharedState | undefined {
    return (prepared as Prepared).pipeline.dataPlane.sharedState;
  }

  async commit(prepared: PreparedPipeline, options: CommitOptions): Promise<void> {
    this.commitNow(prepared, options);
  }

  commitNow(prepared: PreparedPipeline, options: CommitOptions): void {
    if (!(prepared instanceof Prepared))
      throw new SwitchError('internal', 'commit of a pipeline that this switch did not prepare');
    const { pipeline } = prepared;
    pipeline.dataPlane.setTime(this.#options.nowUs());
    if (options.preserve && this.#pipeline !== undefined) carryOver(this.#pipeline, pipeline);
    for (const update of options.updates) {
      try {
        applyUpdate(pipeline, update);
      } catch (error) {
        throw asSwitchError(error);
      }
    }
    this.#pipeline = pipeline;
  }

  discard(): void {
    // A prepared pipeline holds nothing but memory.
  }

  async apply(updates: readonly SwitchUpdate[], atomic: boolean): Promise<readonly UpdateFailure[]> {
    return this.applyNow(updates, atomic);
  }

  async applyBlocks(
    updates: readonly (SwitchUpdate | EntryBlock)[],
    atomic: boolean,
  ): Promise<readonly BlockFailure[]> {
    return this.applyNow(updates, atomic);
  }

  #blocksOf(pipeline: Pipeline): BlockWriter {
    let writer = this.#blockWriters.get(pipeline);
    if (writer === undefined) this.#blockWriters.set(pipeline, (writer = new BlockWriter(pipeline)));
    return writer;
  }

  /** `apply` and `applyBlocks`, at once. */
  applyNow(updates: readonly (SwitchUpdate | EntryBlock)[], atomic: boolean): readonly BlockFailure[] {
    const pipeline = this.#running();
    pipeline.dataPlane.setTime(this.#options.nowUs());
    if (atomic) {
      for (const [index, update] of updates.entries()) {
        try {
          if (update.kind === 'entry-block') {
            const refused = this.#blocksOf(pipeline).check(update);
            if (refused !== undefined) return [{ index, ...refused }];
          } else checkUpdate(pipeline, update);
        } catch (error) {
          return [{ index, error: asSwitchError(error) }];
        }
      }
    }
    const failures: BlockFailure[] = [];
    for (const [index, update] of updates.entries()) {
      try {
        if (update.kind === 'entry-block') this.#blocksOf(pipeline).apply(update, index, failures);
        else applyUpdate(pipeline, update);
      } catch (error) {
        failures.push({ index, error: asSwitchError(error) });
      }
    }
    return failures;
  }

  async readEntries(tableId: number, slots: readonly number[], parts: EntryParts): Promise<EntryStates> {
    return this.readEntriesNow(tableId, slots, parts);
  }

  readEntriesNow(tableId: number, slots: readonly number[], parts: EntryParts): EntryStates {
    const pipeline = this.#running();
    pipeline.dataPlane.setTime(this.#options.nowUs());
    const { runtime } = tableOf(pipeline, tableId);
    const states: { packets?: BigUint64Array; bytes?: BigUint64Array; ageNs?: BigUint64Array; colours?: ColourCells } =
      {};
    if (parts.counters) {
      const counters = slots.map((slot) => runtime.counter(slot));
      states.packets = BigUint64Array.from(counters, (each) => each.packets);
      states.bytes = BigUint64Array.from(counters, (each) => each.bytes);
    }
    if (parts.age) {
      states.ageNs = BigUint64Array.from(slots, (slot) =>
        slot === DEFAULT_SLOT ? 0n : BigInt(runtime.ageMs(slot)) * 1_000_000n,
      );
    }
    if (parts.colours) states.colours = colourCells(directMetersOf(pipeline, tableId), slots.map(meterCell));
    return states;
  }

  async readCounter(counterId: number, indexes: readonly number[]): Promise<CounterCells> {
    return this.readCounterNow(counterId, indexes);
  }

  readCounterNow(counterId: number, indexes: readonly number[]): CounterCells {
    const pipeline = this.#running();
    const position = pipeline.map.counters.get(counterId);
    if (position === undefined) throw new SwitchError('invalid-argument', `no counter has id ${counterId}`);
    const cells = pipeline.dataPlane.counters[position]!;
    return {
      packets: BigUint64Array.from(indexes, (index) => BigInt(cells[2 * index] ?? 0)),
      bytes: BigUint64Array.from(indexes, (index) => BigInt(cells[2 * index + 1] ?? 0)),
    };
  }

  async readMeter(meterId: number, indexes: readonly number[]): Promise<ColourCells> {
    return this.readMeterNow(meterId, indexes);
  }

  readMeterNow(meterId: number, indexes: readonly number[]): ColourCells {
    const pipeline = this.#running();
    const position = pipeline.map.meters.get(meterId);
    if (position === undefined) throw new SwitchError('invalid-argument', `no meter has id ${meterId}`);
    return colourCells(pipeline.dataPlane.meters[position]!, indexes);
  }

  async readRegister(registerId: number, indexes: readonly number[]): Promise<readonly Uint8Array[]> {
    return this.readRegisterNow(registerId, indexes);
  }

  readRegisterNow(registerId: number, indexes: readonly number[]): readonly Uint8Array[] {
    const pipeline = this.#running();
    const position = pipeline.map.registers.get(registerId);
    if (position === undefined) throw new SwitchError('invalid-argument', `no register has id ${registerId}`);
    const { bitwidth } = pipeline.dataPlane.program.registers[position]!;
    const cells = pipeline.dataPlane.registers[position]!;
    const count = limbCount(bitwidth);
    return indexes.map((index) =>
      pipeline.dataPlane.withRegister(position, index, () => {
        let value = 0n;
        for (let limb = count - 1; limb >= 0; limb--)
          value = (value << 32n) | BigInt(cells[index * count + limb]! >>> 0);
        return toBytes(value, bitwidth);
      }),
    );
  }

  packetOut(packets: readonly Uint8Array[]): void {
    const { cpuPort } = this.#options;
    if (cpuPort === undefined)
      throw new SwitchError('unsupported', 'this switch has no CPU port; start it with --cpu-port');
    for (const packet of packets) this.receive(cpuPort, packet);
  }

  subscribe(listener: (event: SwitchEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes a packet in at a port. Without a pipeline it is dropped. */
  receive(port: number, packet: Uint8Array): void {
    const dataPlane = this.#pipeline?.dataPlane;
    if (dataPlane === undefined) return;
    dataPlane.setTime(this.#options.nowUs());
    dataPlane.receive(port, packet);
  }

  /** Takes in a packet that lies in a buffer of the shared packet memory. */
  receiveInPlace(port: number, length: number, buffer: number, shift: number): void {
    const dataPlane = this.#pipeline?.dataPlane;
    if (dataPlane === undefined) return;
    dataPlane.setTime(this.#options.nowUs());
    dataPlane.receiveInPlace(port, length, buffer, shift);
  }

  /** Prepares for a batch of packets in buffers of the shared packet memory; see `DataPlane.lookAhead`. */
  lookAhead(first: number, count: number): void {
    this.#pipeline?.dataPlane.lookAhead(first, count);
  }

  /** Tells that a port went up or down. */
  setPortUp(port: number, up: boolean): void {
    if (up !== this.#downPorts.has(port)) return;
    if (up) this.#downPorts.delete(port);
    else this.#downPorts.add(port);
    this.#pipeline?.dataPlane.portChanged();
    this.#emit({ kind: 'port-status', port, up });
  }

  /** Looks for entries whose idle timeout has run out. */
  sweep(): void {
    const pipeline = this.#pipeline;
    // Threads share the times of the last hits; one of them looking is enough.
    if (pipeline === undefined || !pipeline.dataPlane.ownsShared) return;
    pipeline.dataPlane.setTime(this.#options.nowUs());
    for (const table of pipeline.map.tables.values()) {
      const slots = pipeline.dataPlane.tables[table.table]!.sweep();
      if (slots.length > 0) this.#emit({ kind: 'idle', tableId: table.id, slots });
    }
  }

  /** Delivers what the packets since the last call had to tell. */
  flush(): void {
    if (this.#packetIns.length > 0) {
      const packets = this.#packetIns;
      this.#packetIns = [];
      this.#emit({ kind: 'packet-in', packets });
    }
    if (this.#digestCount > 0) {
      const digests = this.#digests;
      this.#digests = new Map();
      this.#digestCount = 0;
      for (const [digestId, samples] of digests) this.#emit({ kind: 'digest', digestId, samples });
    }
  }

  #emit(event: SwitchEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  #packetIn(bytes: Uint8Array, start: number, length: number): void {
    if (this.#packetIns.length >= MAX_PACKET_IN) {
      this.dropped.packetIns++;
      return;
    }
    this.#options.finishChecksum?.(start, length);
    this.#packetIns.push(bytes.slice(start, start + length));
  }

  #digest(digestId: number, values: readonly Uint8Array[]): void {
    if (this.#digestCount >= MAX_DIGESTS) {
      this.dropped.digests++;
      return;
    }
    this.#digestCount++;
    let samples = this.#digests.get(digestId);
    if (samples === undefined) {
      samples = [];
      this.#digests.set(digestId, samples);
    }
    samples.push([...values]);
  }

  #running(): Pipeline {
    if (this.#pipeline === undefined) throw new SwitchError('unavailable', 'no pipeline is running');
    return this.#pipeline;
  }
}

/** What a meter's cells have counted. */
function colourCells(meters: Meters, cells: readonly number[]): ColourCells {
  const read = (value: (cell: number, colour: number) => number) =>
    BigUint64Array.from({ length: COLOURS * cells.length }, (_, i) =>
      BigInt(value(cells[Math.floor(i / COLOURS)]!, i % COLOURS)),
    );
  return {
    packets: read((cell, colour) => meters.packets(cell, colour)),
    bytes: read((cell, colour) => meters.bytes(cell, colour)),
  };
}

/**
 * Copies counters, meters and registers that both pipelines have alike. Of several threads the first copies what they
 * share.
 */
function carryOver(from: Pipeline, to: Pipeline): void {
  const pairs = (a: ReadonlyMap<number, number>, b: ReadonlyMap<number, number>) =>
    [...b].flatMap(([id, target]) => (a.has(id) ? [[a.get(id)!, target] as const] : []));
  for (const [source, target] of pairs(from.map.counters, to.map.counters)) {
    const cells = from.dataPlane.counters[source]!;
    if (cells.length === to.dataPlane.counters[target]!.length) to.dataPlane.counters[target]!.set(cells);
  }
  if (!to.dataPlane.ownsShared) return;
  for (const [source, target] of pairs(from.map.registers, to.map.registers)) {
    const same =
      from.dataPlane.program.registers[source]!.bitwidth === to.dataPlane.program.registers[target]!.bitwidth;
    const cells = from.dataPlane.registers[source]!;
    if (same && cells.length === to.dataPlane.registers[target]!.length) to.dataPlane.registers[target]!.set(cells);
  }
  for (const [source, target] of pairs(from.map.meters, to.map.meters)) {
    const old = from.dataPlane.meters[source]!;
    const now = to.dataPlane.meters[target]!;
    if (old.declaration.size === now.declaration.size && old.declaration.rateCount === now.declaration.rateCount)
      now.copyFrom(old);
  }
}
