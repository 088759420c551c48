/**
 * One client's stream to one device, kept alive: arbitration, reconnection, and who hears what.
 *
 * A small state machine. `connecting`: a stream is being opened or the server has not yet answered the arbitration
 * message. `ready`: it has. `waiting`: the stream broke, and the next attempt comes after a pause that doubles up to a
 * limit. `closed`: for good. Time and transport are passed in. The session knows nothing of entities; `P4RuntimeClient`
 * stands on top.
 */
import type { StreamMessageRequest } from '../gen/p4/v1/p4runtime_pb.ts';
import type { Timers } from '../timers.ts';
import { Code, RpcError } from '../transport/rpc-error.ts';
import type { StreamHandle, Transport } from '../transport/transport.ts';
import type { StreamResponse } from '../wire/digest-list.ts';

/** What the server last said about who is primary for this client's role. */
export interface ArbitrationState {
  /** This client may write. */
  readonly isPrimary: boolean;
  /** The primary's election id; `undefined` when there is none. When this client is not primary, beat this one. */
  readonly electionId: bigint | undefined;
  readonly message: string;
}

/** What a session is made of. */
export interface SessionOptions {
  readonly transport: Transport;
  readonly timers: Timers;
  readonly deviceId: bigint;
  readonly role: string;
  /** `undefined`: never primary. */
  readonly electionId: bigint | undefined;
  readonly reconnect: boolean;
  /** First pause before a new attempt. */
  readonly reconnectDelayMs: number;
  /** Longest pause. */
  readonly maximumReconnectDelayMs: number;
  /** Every arbitration answer; `first` on each new stream. */
  readonly onArbitration: (state: ArbitrationState, first: boolean) => void;
  /** The stream broke (with an error or without) or an attempt failed. */
  readonly onDisconnect: (error: RpcError) => void;
  /** Everything else on the stream. */
  readonly onMessage: (message: StreamResponse) => void;
}

/** A 128-bit election id as the message has it. */
export function uint128(value: bigint) {
  return { $typeName: 'p4.v1.Uint128' as const, high: value >> 64n, low: BigInt.asUintN(64, value) };
}

/** See the file's comment. */
export class Session {
  readonly #options: SessionOptions;
  #electionId: bigint | undefined;
  #stream: StreamHandle | undefined;
  #state: 'connecting' | 'ready' | 'waiting' | 'closed' = 'waiting';
  #attempt = 0;
  #generation = 0;
  #cancelTimer: (() => void) | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#electionId = options.electionId;
  }

  get state(): 'connecting' | 'ready' | 'waiting' | 'closed' {
    return this.#state;
  }

  get electionId(): bigint | undefined {
    return this.#electionId;
  }

  /** Opens the stream. */
  start(): void {
    if (this.#state !== 'waiting') return;
    this.#state = 'connecting';
    const generation = ++this.#generation;
    this.#stream = this.#options.transport.openStream({
      message: (message) => {
        if (generation === this.#generation) this.#received(message);
      },
      closed: (error) => {
        if (generation === this.#generation) this.#broken(error);
      },
    });
    this.#arbitrate();
  }

  /** Runs for primary with another election id. The answer comes by `onArbitration`. */
  setElectionId(electionId: bigint | undefined): void {
    this.#electionId = electionId;
    if (this.#state === 'ready' || this.#state === 'connecting') this.#arbitrate();
  }

  #arbitrate(): void {
    const { deviceId, role } = this.#options;
    this.send({
      $typeName: 'p4.v1.StreamMessageRequest',
      update: {
        case: 'arbitration',
        value: {
          $typeName: 'p4.v1.MasterArbitrationUpdate',
          deviceId,
          role: role === '' ? undefined : { $typeName: 'p4.v1.Role', id: 0n, name: role, config: undefined },
          electionId: this.#electionId === undefined ? undefined : uint128(this.#electionId),
          status: undefined,
        },
      },
    });
  }

  /** Sends on the stream; `false`: full, wait for `drained`. Lost while there is no stream. */
  send(message: StreamMessageRequest): boolean {
    return this.#stream?.send(message) ?? false;
  }

  /** Resolves when there is room to send. */
  drained(): Promise<void> {
    return this.#stream?.drained() ?? Promise.resolve();
  }

  #received(message: StreamResponse): void {
    if (message.update.case !== 'arbitration') {
      this.#options.onMessage(message);
      return;
    }
    const { status, electionId } = message.update.value;
    const code = status?.code ?? Code.OK;
    const first = this.#state !== 'ready';
    this.#state = 'ready';
    this.#attempt = 0;
    const primaryId = electionId === undefined ? undefined : (electionId.high << 64n) | electionId.low;
    this.#options.onArbitration(
      {
        isPrimary: code === Code.OK,
        electionId: code === Code.NOT_FOUND ? undefined : primaryId,
        message: status?.message ?? '',
      },
      first,
    );
  }

  #broken(error: RpcError | undefined): void {
    this.#stream = undefined;
    this.#generation++;
    if (this.#state === 'closed') return;
    this.#state = 'waiting';
    const reason = error ?? new RpcError(Code.UNAVAILABLE, 'the switch closed the stream');
    if (this.#options.reconnect) {
      const { reconnectDelayMs, maximumReconnectDelayMs } = this.#options;
      const delayMs = Math.min(maximumReconnectDelayMs, reconnectDelayMs * 2 ** Math.min(this.#attempt++, 20));
      this.#cancelTimer = this.#options.timers.after(delayMs, () => this.start());
    }
    this.#options.onDisconnect(reason);
  }

  /** Ends the stream for good. */
  close(): void {
    this.#state = 'closed';
    this.#generation++;
    this.#cancelTimer?.();
    this.#stream?.close();
    this.#stream = undefined;
  }
}
