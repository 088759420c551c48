/**
 * The control thread's end of a data plane in another thread: a `Switch` that turns calls into messages.
 */
import { writeSync } from 'node:fs';
import type { MessagePort } from 'node:worker_threads';
import {
  type CommitOptions,
  type CounterCells,
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
import type { Answer, Call, FailuresAnswer, PreparedAnswer, Reply, SwitchStatistics } from './messages.ts';

class RemotePrepared implements PreparedPipeline {
  readonly initialEntries: readonly InitialEntry[];
  readonly defaultActions: PreparedPipeline['defaultActions'];
  readonly number: number;

  constructor(answer: PreparedAnswer) {
    this.initialEntries = answer.initialEntries;
    this.defaultActions = answer.defaultActions;
    this.number = answer.prepared;
  }
}

/** Packets to the switch that are not taken yet before further ones are dropped. */
const MAX_WAITING_PACKETS = 16384;

const WAKE = Uint8Array.of(1);

export class RemoteSwitch implements Switch {
  readonly #channel: MessagePort;
  readonly #wakeFd: number;
  readonly #hasCpuPort: boolean;
  readonly #waiting = new Map<number, { resolve: (value: Answer) => void; reject: (error: SwitchError) => void }>();
  readonly #listeners = new Set<(event: SwitchEvent) => void>();
  readonly #log: (message: string) => void;
  #nextId = 1;
  #packetsWaiting = 0;
  #closed = false;

  /** `wakeFd` is the writable end of the pipe the thread waits for. */
  constructor(channel: MessagePort, wakeFd: number, hasCpuPort: boolean, log: (message: string) => void) {
    this.#channel = channel;
    this.#wakeFd = wakeFd;
    this.#hasCpuPort = hasCpuPort;
    this.#log = log;
    channel.on('message', (reply: Reply) => this.#take(reply));
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

  /** Refuses everything from now on: the thread has ended. */
  fail(message: string): void {
    this.#closed = true;
    for (const { reject } of this.#waiting.values()) reject(new SwitchError('unavailable', message));
    this.#waiting.clear();
  }

  #call(call: Call): Promise<Answer> {
    if (this.#closed) return Promise.reject(new SwitchError('unavailable', 'the data plane has stopped'));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#channel.postMessage({ id, call });
      writeSync(this.#wakeFd, WAKE);
    });
  }

  async prepare(pipeline: PipelineSource): Promise<PreparedPipeline> {
    const answer = await this.#call({
      kind: 'prepare',
      p4info: plainP4Info(pipeline.p4info),
      deviceConfig: pipeline.deviceConfig,
    });
    return new RemotePrepared(answer as PreparedAnswer);
  }

  async commit(prepared: PreparedPipeline, options: CommitOptions): Promise<void> {
    await this.#call({ kind: 'commit', prepared: (prepared as RemotePrepared).number, options });
  }

  discard(prepared: PreparedPipeline): void {
    this.#call({ kind: 'discard', prepared: (prepared as RemotePrepared).number }).catch(() => {
      // The thread is gone, and the pipeline with it.
    });
  }

  async apply(updates: readonly SwitchUpdate[], atomic: boolean): Promise<readonly UpdateFailure[]> {
    const answer = (await this.#call({ kind: 'apply', updates, atomic })) as FailuresAnswer;
    return answer.map(({ index, kind, message }) => ({ index, error: new SwitchError(kind, message) }));
  }

  async readEntries(tableId: number, slots: readonly number[], parts: EntryParts): Promise<EntryStates> {
    return (await this.#call({ kind: 'readEntries', tableId, slots, parts })) as EntryStates;
  }

  async readCounter(counterId: number, indexes: readonly number[]): Promise<CounterCells> {
    return (await this.#call({ kind: 'readCounter', counterId, indexes })) as CounterCells;
  }

  async readRegister(registerId: number, indexes: readonly number[]): Promise<readonly Uint8Array[]> {
    return (await this.#call({ kind: 'readRegister', registerId, indexes })) as readonly Uint8Array[];
  }

  packetOut(packets: readonly Uint8Array[]): void {
    if (!this.#hasCpuPort)
      throw new SwitchError('unsupported', 'this switch has no CPU port; start it with --cpu-port');
    if (this.#packetsWaiting + packets.length > MAX_WAITING_PACKETS) return;
    this.#packetsWaiting += packets.length;
    const done = () => {
      this.#packetsWaiting -= packets.length;
    };
    this.#call({ kind: 'packetOut', packets }).then(done, done);
  }

  subscribe(listener: (event: SwitchEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Counts of packets and drops. */
  async statistics(): Promise<SwitchStatistics> {
    return (await this.#call({ kind: 'statistics' })) as SwitchStatistics;
  }

  /** Ends the thread's loop. */
  async stop(): Promise<void> {
    if (this.#closed) return;
    await this.#call({ kind: 'stop' });
    this.#closed = true;
  }
}
