/**
 * What a packet's way through the switch needs beyond the straight line: clones, multicast, resubmission,
 * recirculation, digests.
 *
 * The order is simple_switch's: at the end of ingress first the clone, then the digest, then resubmission, multicast,
 * drop or unicast; at the end of egress the clone, then drop, deparsing, recirculation. Where BMv2 hands copies to
 * other threads, copies here wait in a queue until the packet at hand is done, or, for ingress clones, go first. A copy
 * is a copy of `F` and of the packet's bytes in a buffer of its own. Packets that wait for a pass through egress are
 * what is told as the depth of a queue; every other one finds its queue empty.
 */

import { fieldSlot, limbCount, SLOT } from '../compile/layout.ts';
import type { CompiledProgram, GeneratedFunctions } from '../compile/module.ts';
import { DROP } from '../compile/module.ts';
import { fieldDeclaration } from '../compile/ranges.ts';
import type { FieldRef } from '../model/types.ts';
import { AssertionFailed, LoopLimit } from './helpers.ts';
import { MAX_PACKET_BYTES, type PacketMemory } from './memory.ts';
import type { Replication } from './replication.ts';

/** Values of `instance_type`. */
export const INSTANCE = {
  normal: 0,
  ingressClone: 1,
  egressClone: 2,
  coalesced: 3,
  recirculated: 4,
  replication: 5,
  resubmitted: 6,
} as const;

/** Second passes and clones that one received packet may cause; BMv2 has no such limit and would go on for ever. */
const MAX_JOBS = 4096;

/** What the engine tells its surroundings. */
export interface EngineHost {
  digest(list: number, values: readonly Uint8Array[]): void;
  log(message: string): void;
}

/** A copy that waits for its turn. */
type Job =
  | {
      readonly kind: 'ingress';
      readonly buffer: number;
      readonly length: number;
      readonly port: number;
      readonly instance: number;
      readonly kept: Kept;
    }
  | {
      readonly kind: 'egress';
      readonly buffer: number;
      readonly state: Int32Array;
      readonly port: number;
      readonly rid: number;
      /** Packets that waited for the same queue before it. */
      readonly ahead: number;
    };

/** What a learn list sends: its position in the program, and where its fields lie in `F`. */
interface LearnPlan {
  readonly position: number;
  readonly fields: readonly { readonly slot: number; readonly bitwidth: number }[];
}

/** Elements of `F` and the values they shall have. */
type Kept = readonly (readonly [number, number])[];

export class Engine {
  readonly #compiled: CompiledProgram;
  readonly #F: Int32Array;
  readonly #I: Int32Array;
  readonly #memory: PacketMemory;
  readonly #drops: Float64Array;
  readonly #replication: Replication;
  readonly #host: EngineHost;
  readonly #fieldLists: ReadonlyMap<number, readonly number[]>;
  readonly #learnPlans: ReadonlyMap<number, LearnPlan>;
  readonly #spareStates: Int32Array[] = [];
  readonly #jobs: Job[] = [];
  #jobsDone = 0;
  #functions: GeneratedFunctions | undefined;

  constructor(
    compiled: CompiledProgram,
    F: Int32Array,
    I: Int32Array,
    memory: PacketMemory,
    drops: Float64Array,
    replication: Replication,
    host: EngineHost,
  ) {
    this.#compiled = compiled;
    this.#F = F;
    this.#I = I;
    this.#memory = memory;
    this.#drops = drops;
    this.#replication = replication;
    this.#host = host;
    this.#fieldLists = new Map(
      compiled.program.fieldLists.map((list) => [list.id, list.fields.flatMap((field) => this.#slotsOf(field))]),
    );
    const { program, layout } = compiled;
    this.#learnPlans = new Map(
      program.learnLists.map(({ id, fields }, position) => {
        const places = fields.map((field) => {
          return { slot: fieldSlot(program, layout, field), bitwidth: fieldDeclaration(program, field).bitwidth };
        });
        return [id, { position, fields: places }];
      }),
    );
  }

  set functions(functions: GeneratedFunctions) {
    this.#functions = functions;
  }

  /** Takes the packet of `length` bytes in a buffer through the switch, with everything that comes of it. */
  receive(length: number, port: number, buffer: number, shift: number): void {
    if (length > MAX_PACKET_BYTES) {
      this.#drops[DROP.tooLong]!++;
      return;
    }
    const start = this.#memory.packetStart(buffer) + shift;
    this.#I[1] = this.#memory.origin(buffer);
    try {
      this.#functions!.receive(start, start + length, port);
      if (this.#jobs.length > 0) this.#drain();
    } catch (error) {
      this.#abandon(error);
    }
  }

  /** Drops the packet and all its copies after an assertion failed. */
  #abandon(error: unknown): void {
    this.#functions!.unlock();
    this.#memory.giveAll();
    this.#jobs.length = 0;
    this.#jobsDone = 0;
    if (!(error instanceof AssertionFailed || error instanceof LoopLimit)) throw error;
    this.#drops[error instanceof LoopLimit ? DROP.passLimit : DROP.assertion]!++;
    this.#host.log(error.message);
  }

  #drain(): void {
    const { reset, runIngress, runEgress } = this.#functions!;
    const F = this.#F;
    for (let job = this.#jobs.shift(); job !== undefined; job = this.#jobs.shift()) {
      if (++this.#jobsDone > MAX_JOBS) {
        this.#drops[DROP.passLimit]!++;
        this.#memory.give(job.buffer);
        continue;
      }
      this.#I[1] = this.#memory.origin(job.buffer);
      if (job.kind === 'ingress') {
        const start = this.#memory.packetStart(job.buffer);
        reset();
        F[SLOT.start] = start;
        F[SLOT.end] = start + job.length;
        F[SLOT.length] = job.length;
        F[SLOT.ingressPort] = job.port;
        F[SLOT.ingressLength] = job.length;
        for (const [slot, value] of job.kept) F[slot] = value;
        F[this.#compiled.fields.instanceType] = job.instance;
        F[this.#compiled.fields.packetLength] = job.length;
        runIngress();
      } else {
        F.set(job.state);
        this.#spareStates.push(job.state);
        if (this.#compiled.fields.egressRid >= 0 && job.rid >= 0) F[this.#compiled.fields.egressRid] = job.rid;
        runEgress(job.port, job.ahead, this.#waiting(job.port, job.state));
      }
      this.#memory.give(job.buffer);
    }
    this.#jobsDone = 0;
  }

  /** Called at the end of ingress when the packet is cloned, learned, resubmitted or multicast. */
  endOfIngress(): void {
    const F = this.#F;
    if (F[SLOT.cloneSession] !== 0) this.#cloneIngress();
    if (F[SLOT.learn] !== 0) this.#learn(F[SLOT.learn]!);
    if (F[SLOT.resubmit] !== 0) {
      const list = F[SLOT.resubmit]!;
      this.#enqueueIngress(F[SLOT.start]!, F[SLOT.end]! - F[SLOT.start]!, INSTANCE.resubmitted, this.#keep(list));
      return;
    }
    const group = this.#compiled.fields.multicastGroup < 0 ? 0 : F[this.#compiled.fields.multicastGroup]!;
    if (group !== 0) {
      F[this.#compiled.fields.instanceType] = INSTANCE.replication;
      this.#clearFlags();
      this.#multicast(this.#replication.group(group));
      return;
    }
    F[SLOT.learn] = 0;
    this.#functions!.unicast();
  }

  #clearFlags(): void {
    const F = this.#F;
    F[SLOT.cloneSession] = 0;
    F[SLOT.cloneList] = 0;
    F[SLOT.learn] = 0;
    F[SLOT.resubmit] = 0;
    F[SLOT.recirculate] = 0;
  }

  /** Sends a copy of the state in `F` to each replica. */
  #multicast(replicas: readonly { readonly port: number; readonly instance: number }[]): void {
    if (replicas.length === 0) {
      this.#drops[DROP.noReplica]!++;
      return;
    }
    const F = this.#F;
    const rid = this.#compiled.fields.egressRid;
    const state = this.#snapshot();
    for (const [i, replica] of replicas.entries()) {
      if (i > 0) F.set(state);
      if (rid >= 0) F[rid] = replica.instance;
      this.#functions!.runEgress(replica.port, 0, 0);
    }
    this.#spareStates.push(state);
  }

  /** The clone of the packet as it came in, parsed anew. */
  #cloneIngress(): void {
    const F = this.#F;
    const session = F[SLOT.cloneSession]! & 0x7fff;
    const list = F[SLOT.cloneList]!;
    F[SLOT.cloneSession] = 0;
    F[SLOT.cloneList] = 0;
    const config = this.#replication.session(session);
    if (config === undefined) {
      this.#drops[DROP.noCloneSession]!++;
      return;
    }
    const length = F[SLOT.end]! - F[SLOT.start]!;
    const buffer = this.#copyPacket(F[SLOT.start]!, length);
    if (buffer < 0) return;
    const original = this.#snapshot();
    const kept = this.#keep(list);
    const port = F[SLOT.ingressPort]!;
    const { fields, layout } = this.#compiled;
    const start = this.#memory.packetStart(buffer);
    const lowest = this.#I[1]!;
    this.#I[1] = this.#memory.origin(buffer);
    this.#functions!.reset();
    F[SLOT.start] = start;
    F[SLOT.end] = start + length;
    F[SLOT.length] = length;
    F[SLOT.ingressLength] = original[SLOT.ingressLength]!;
    // The parser may look at the ingress port; all other metadata is 0 for it.
    F[fields.ingressPort] = port;
    this.#functions!.parse();
    F.fill(0, layout.metadataStart, layout.metadataEnd);
    for (const [slot, value] of kept) F[slot] = value;
    F[fields.instanceType] = INSTANCE.ingressClone;
    if (config.priority > 0 && fields.priority >= 0) F[fields.priority] = config.priority;
    if (config.packetLengthBytes > 0) F[SLOT.truncate] = config.packetLengthBytes;
    this.#multicast(config.replicas);
    F.set(original);
    this.#spareStates.push(original);
    this.#I[1] = lowest;
    this.#memory.give(buffer);
  }

  /** Called at the end of egress when the packet is cloned: the copy has the headers of now and starts egress anew. */
  cloneEgress(): void {
    const F = this.#F;
    const session = F[SLOT.cloneSession]! & 0x7fff;
    const list = F[SLOT.cloneList]!;
    F[SLOT.cloneSession] = 0;
    F[SLOT.cloneList] = 0;
    const config = this.#replication.session(session);
    if (config === undefined) {
      this.#drops[DROP.noCloneSession]!++;
      return;
    }
    const { fields, layout } = this.#compiled;
    const payload = F[SLOT.payload]!;
    const length = F[SLOT.end]! - payload;
    for (const replica of config.replicas) {
      const buffer = this.#copyPacket(payload, length);
      if (buffer < 0) return;
      const state = this.#snapshot();
      state.fill(0, layout.metadataStart, layout.metadataEnd);
      for (const [slot, value] of this.#keep(list)) state[slot] = value;
      state.fill(0, SLOT.cloneSession, SLOT.exit + 1);
      state[fields.instanceType] = INSTANCE.egressClone;
      if (config.priority > 0 && fields.priority >= 0) state[fields.priority] = config.priority;
      state[SLOT.start] = this.#memory.packetStart(buffer);
      state[SLOT.payload] = this.#memory.packetStart(buffer);
      state[SLOT.end] = state[SLOT.payload]! + length;
      if (config.packetLengthBytes > 0) state[SLOT.truncate] = config.packetLengthBytes;
      const { port, instance: rid } = replica;
      this.#jobs.push({ kind: 'egress', buffer, state, port, rid, ahead: this.#waiting(port, state) });
    }
  }

  /** Packets that wait for the queue of a port in which the packet with a state belongs. */
  #waiting(port: number, state: Int32Array): number {
    const { priority } = this.#compiled.fields;
    let count = 0;
    for (const job of this.#jobs)
      if (job.kind === 'egress' && job.port === port && (priority < 0 || job.state[priority] === state[priority]))
        count++;
    return count;
  }

  /** Called with the deparsed packet at `position`: it goes back to the parser. */
  recirculate(position: number, length: number): void {
    this.#enqueueIngress(position, length, INSTANCE.recirculated, this.#keep(this.#F[SLOT.recirculate]!));
  }

  #enqueueIngress(position: number, length: number, instance: number, kept: Kept): void {
    const buffer = this.#copyPacket(position, length);
    if (buffer >= 0)
      this.#jobs.push({ kind: 'ingress', buffer, length, port: this.#F[SLOT.ingressPort]!, instance, kept });
  }

  /** Copies bytes into a buffer of their own. Returns the buffer, or -1 when there is none. */
  #copyPacket(position: number, length: number): number {
    if (length > MAX_PACKET_BYTES) {
      this.#drops[DROP.tooLong]!++;
      return -1;
    }
    const buffer = this.#memory.take();
    if (buffer < 0) this.#drops[DROP.noBuffer]!++;
    else this.#memory.bytes.copyWithin(this.#memory.packetStart(buffer), position, position + length);
    return buffer;
  }

  /** A copy of `F`. */
  #snapshot(): Int32Array {
    const state = this.#spareStates.pop() ?? new Int32Array(this.#F.length);
    state.set(this.#F);
    return state;
  }

  /** The values of the fields of a field list. */
  #keep(list: number): Kept {
    return (this.#fieldLists.get(list) ?? []).map((slot) => [slot, this.#F[slot]!] as const);
  }

  #slotsOf(field: FieldRef): number[] {
    const { program, layout } = this.#compiled;
    const declaration = fieldDeclaration(program, field);
    const slot = fieldSlot(program, layout, field);
    const slots = Array.from(
      { length: declaration.variable ? Math.ceil(declaration.bitwidth / 32) : limbCount(declaration.bitwidth) },
      (_, i) => slot + i,
    );
    if (declaration.variable)
      slots.push(layout.headers[field.header]! + layout.types[program.headers[field.header]!.type]!.variableLength);
    return slots;
  }

  /** Hands the fields of a learn list to the host, each in whole bytes. */
  #learn(id: number): void {
    const plan = this.#learnPlans.get(id);
    if (plan === undefined) return;
    const F = this.#F;
    const values = plan.fields.map(({ slot, bitwidth }) => {
      const bytes = new Uint8Array((bitwidth + 7) >>> 3);
      for (let i = 0; i < bytes.length; i++) bytes[bytes.length - 1 - i] = F[slot + (i >> 2)]! >>> (8 * (i & 3));
      if (bitwidth % 8 !== 0) bytes[0]! &= 2 ** (bitwidth % 8) - 1;
      return bytes;
    });
    this.#host.digest(plan.position, values);
  }
}
