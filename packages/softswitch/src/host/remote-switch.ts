/**
 * The control thread's end of the data planes in other threads: a `Switch` that turns calls into messages.
 *
 * Changes go to all threads, in the same order to each, and are answered when all have made them. What packets count is
 * added up; what threads share is asked of the first one. Tables are alike in all threads, so what one refuses all
 * refuse.
 */
import type { MessagePort } from 'node:worker_threads';
import {
  type BlockFailure,
  type ColourCells,
  type CommitOptions,
  type CounterCells,
  type EntryBlock,
  type EntryParts,
  type EntryStates,
  type InitialEntry,
  type PipelineSource,
  type PreparedPipeline,
  type Switch,
  SwitchError,
  type SwitchEvent,
  type SwitchUpdate,
  type UpdateFailure,
} from '@mooring/p4runtime-ts/switch';
import { plainP4Info } from '../control/p4info.ts';
import { threadOfPacket } from '../ports/flow.ts';
import type { Played, PortPacket } from '../ports/memory-ports.ts';
import type { Answer, Call, FailuresAnswer, PreparedAnswer, Reply, SwitchStatistics } from './messages.ts';

class RemotePrepared implements PreparedPipeline {
  readonly initialEntries: readonly InitialEntry[];
  readonly defaultActions: PreparedPipeline['defaultActions'];
  readonly number: number;

  constructor(number: number, answer: PreparedAnswer) {
    this.initialEntries = answer.initialEntries;
    this.defaultActions = answer.defaultActions;
    this.number = number;
  }
}

/** Packets to the switch that are not taken yet before further ones are dropped. */
const MAX_WAITING_PACKETS = 16384;

/** The way to one thread. */
export interface WorkerLink {
  readonly channel: MessagePort;
  /** Makes the thread look at its messages. */
  wake(): void;
}

interface Waiting {
  readonly resolve: (value: Answer) => void;
  readonly reject: (error: SwitchError) => void;
}

export class RemoteSwitch implements Switch {
  readonly #links: WorkerLink[] = [];
  readonly #hasCpuPort: boolean;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Set<(event: SwitchEvent) => void>();
  readonly #log: (message: string) => void;
  #nextId = 1;
  #nextPrepared = 1;
  #packetsWaiting = 0;
  #closed = false;

  constructor(hasCpuPort: boolean, log: (message: string) => void) {
    this.#hasCpuPort = hasCpuPort;
    this.#log = log;
  }

  /** Adds a thread. All must be there before the first call. */
  add(link: WorkerLink): void {
    this.#links.push(link);
    link.channel.on('message', (reply: Reply) => this.#take(reply));
  }

  #take(reply: Reply): void {
    switch (reply.kind) {
      case 'answer': {
        const call = this.#waiting.get(reply.id);
        this.#waiting.delete(reply.id);
        call?.resolve(reply.value);
        return;
      }
      case 'refusal': {
        const call = this.#waiting.get(reply.id);
        this.#waiting.delete(reply.id);
        call?.reject(new SwitchError(reply.errorKind, reply.message));
        return;
      }
      case 'event':
        for (const listener of this.#listeners) listener(reply.event);
        return;
      case 'log':
        this.#log(reply.message);
        return;
      case 'failed':
        this.fail(reply.message);
        return;
      case 'ready':
    }
  }

  /** Refuses everything from now on: a thread has ended. */
  fail(message: string): void {
    this.#closed = true;
    for (const { reject } of this.#waiting.values()) reject(new SwitchError('unavailable', message));
    this.#waiting.clear();
  }

  #call(link: WorkerLink, call: Call): Promise<Answer> {
    if (this.#closed) return Promise.reject(new SwitchError('unavailable', 'the data plane has stopped'));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      link.channel.postMessage({ id, call });
      link.wake();
    });
  }

  #callFirst(call: Call): Promise<Answer> {
    return this.#call(this.#links[0]!, call);
  }

  #callAll(call: Call): Promise<readonly Answer[]> {
    return Promise.all(this.#links.map((link) => this.#call(link, call)));
  }

  async prepare(pipeline: PipelineSource): Promise<PreparedPipeline> {
    const prepared = this.#nextPrepared++;
    const call = {
      kind: 'prepare' as const,
      prepared,
      p4info: plainP4Info(pipeline.p4info),
      deviceConfig: pipeline.deviceConfig,
      state: undefined,
    };
    const [first, ...others] = this.#links;
    const answer = (await this.#call(first!, call)) as PreparedAnswer;
    await Promise.all(others.map((link) => this.#call(link, { ...call, state: answer.state })));
    return new RemotePrepared(prepared, answer);
  }

  async commit(prepared: PreparedPipeline, options: CommitOptions): Promise<void> {
    await this.#callAll({ kind: 'commit', prepared: (prepared as RemotePrepared).number, options });
  }

  discard(prepared: PreparedPipeline): void {
    this.#callAll({ kind: 'discard', prepared: (prepared as RemotePrepared).number }).catch(() => {
      // A thread is gone, and the pipeline with it.
    });
  }

  async apply(updates: readonly SwitchUpdate[], atomic: boolean): Promise<readonly UpdateFailure[]> {
    return this.applyBlocks(updates, atomic);
  }

  async applyBlocks(
    updates: readonly (SwitchUpdate | EntryBlock)[],
    atomic: boolean,
  ): Promise<readonly BlockFailure[]> {
    const [answer] = (await this.#callAll({ kind: 'apply', updates, atomic })) as readonly FailuresAnswer[];
    return answer!.map(({ index, item, kind, message }) => ({ index, item, error: new SwitchError(kind, message) }));
  }

  async readEntries(tableId: number, slots: readonly number[], parts: EntryParts): Promise<EntryStates> {
    const call: Call = { kind: 'readEntries', tableId, slots, parts };
    if (!parts.counters) return (await this.#callFirst(call)) as EntryStates;
    const states = (await this.#callAll(call)) as readonly EntryStates[];
    const total = states[0]!;
    for (const { packets, bytes } of states.slice(1)) {
      addTo(total.packets!, packets!);
      addTo(total.bytes!, bytes!);
    }
    return total;
  }

  async readCounter(counterId: number, indexes: readonly number[]): Promise<CounterCells> {
    const cells = (await this.#callAll({ kind: 'readCounter', counterId, indexes })) as readonly CounterCells[];
    const total = cells[0]!;
    for (const { packets, bytes } of cells.slice(1)) {
      addTo(total.packets, packets);
      addTo(total.bytes, bytes);
    }
    return total;
  }

  /** Meters are shared, so one thread knows. */
  async readMeter(meterId: number, indexes: readonly number[]): Promise<ColourCells> {
    return (await this.#callFirst({ kind: 'readMeter', meterId, indexes })) as ColourCells;
  }

  async readRegister(registerId: number, indexes: readonly number[]): Promise<readonly Uint8Array[]> {
    return (await this.#callFirst({ kind: 'readRegister', registerId, indexes })) as readonly Uint8Array[];
  }

  packetOut(packets: readonly Uint8Array[]): void {
    if (!this.#hasCpuPort)
      throw new SwitchError('unsupported', 'this switch has no CPU port; start it with --cpu-port');
    if (this.#packetsWaiting + packets.length > MAX_WAITING_PACKETS) return;
    this.#packetsWaiting += packets.length;
    const done = () => {
      this.#packetsWaiting -= packets.length;
    };
    this.#callFirst({ kind: 'packetOut', packets }).then(done, done);
  }

  subscribe(listener: (event: SwitchEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Plays packets in one thread of a switch without network interfaces. */
  async play(worker: number, packets: readonly PortPacket[], rounds: number, keep: boolean): Promise<Played> {
    return (await this.#call(this.#links[worker]!, { kind: 'play', packets, rounds, keep })) as Played;
  }

  /** Takes a packet in at a port of a switch without network interfaces, in the thread of its flow. */
  async send(port: number, bytes: Uint8Array): Promise<readonly PortPacket[]> {
    const worker = threadOfPacket(bytes, this.#links.length);
    return (await this.play(worker, [{ port, bytes }], 1, true)).sent;
  }

  /** Tells that a port of a switch without network interfaces went up or down. */
  setPortUp(port: number, up: boolean): void {
    this.#callAll({ kind: 'portUp', port, up }).catch(() => {
      // The switch has stopped.
    });
  }

  /** Counts of packets and drops. */
  async statistics(): Promise<SwitchStatistics> {
    const all = (await this.#callAll({ kind: 'statistics' })) as readonly SwitchStatistics[];
    const drops: Record<string, number> = {};
    for (const each of all)
      for (const [reason, count] of Object.entries(each.drops)) drops[reason] = (drops[reason] ?? 0) + count;
    return {
      received: all.reduce((sum, each) => sum + each.received, 0),
      sent: all.reduce((sum, each) => sum + each.sent, 0),
      drops,
    };
  }

  /** Ends the threads' loops. */
  async stop(): Promise<void> {
    if (this.#closed) return;
    await this.#callAll({ kind: 'stop' });
    this.#closed = true;
  }
}

function addTo(total: BigUint64Array, more: BigUint64Array): void {
  for (const [i, count] of more.entries()) total[i] = total[i]! + count;
}
