/**
 * The supervised half of the client: the stream's life, who is primary, and who waits for what. Calls and entities are
 * `client.ts`.
 *
 * Waiting is one list of conditions that is looked through whenever the state changes; `close` and the connect timeout
 * reject what is left, so no promise is forgotten.
 */
import { systemTimers, type Timers } from '../timers.ts';
import { grpcTransport } from '../transport/grpc-transport.ts';
import { Code, RpcError } from '../transport/rpc-error.ts';
import type { Transport } from '../transport/transport.ts';
import type { StreamResponse } from '../wire/digest-list.ts';
import { ClientStateError } from './errors.ts';
import { Channel } from './events.ts';
import { type ArbitrationState, Session } from './session.ts';
import type { ConnectOptions } from './types.ts';

interface Waiter {
  readonly until: () => boolean;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** A connection to one device, in one role, kept alive. */
export abstract class ClientConnection {
  readonly deviceId: bigint;
  readonly role: string;
  protected readonly transport: Transport;
  protected readonly session: Session;
  protected readonly onError: (error: unknown) => void;
  readonly #timers: Timers;
  readonly #arbitrations: Channel<ArbitrationState>;
  readonly #readyHandlers = new Set<(client: this, signal: AbortSignal) => void | Promise<void>>();
  readonly #waiters = new Set<Waiter>();
  #connection: AbortController | undefined;
  #arbitration: ArbitrationState = { isPrimary: false, electionId: undefined, message: 'not connected' };
  #lastError: RpcError | undefined;

  protected constructor(options: ConnectOptions) {
    if (options.transport === undefined && options.address === undefined)
      throw new ClientStateError('connect needs an address (host:port) or a transport.');
    const { reconnectDelayMs = 50, maximumReconnectDelayMs = 2000 } = options;
    // A stream can begin when there is a connection: its own pauses must not be longer.
    const pauses = { firstMs: reconnectDelayMs, longestMs: Math.min(maximumReconnectDelayMs, 1000) };
    this.transport = options.transport ?? grpcTransport(options.address!, options.tls, pauses);
    this.#timers = options.timers ?? systemTimers;
    this.deviceId = BigInt(options.deviceId ?? 0);
    this.role = options.role ?? '';
    this.onError = options.onError ?? ((error) => console.error(error));
    this.#arbitrations = new Channel(this.onError);
    this.session = new Session({
      transport: this.transport,
      timers: this.#timers,
      deviceId: this.deviceId,
      role: this.role,
      electionId: options.electionId === null ? undefined : BigInt(options.electionId ?? 1),
      reconnect: options.reconnect ?? true,
      reconnectDelayMs,
      maximumReconnectDelayMs,
      onArbitration: (state, first) => this.#arbitrated(state, first),
      onDisconnect: (error) => this.#disconnected(error),
      onMessage: (message) => this.received(message),
    });
  }

  /** A message on the stream that is no arbitration. */
  protected abstract received(message: StreamResponse): void;

  /** Waits for the first arbitration answer; closes when it does not come in time. */
  protected async start(address: string | undefined, timeoutMs: number): Promise<void> {
    const connected = this.#wait(() => this.session.state === 'ready');
    const cancel = this.#timers.after(timeoutMs, () => {
      const { code, reason } = this.#lastError ?? new RpcError(Code.DEADLINE_EXCEEDED, 'no answer');
      this.#rejectWaiters(
        new RpcError(code, `cannot connect to ${address ?? 'the switch'} within ${timeoutMs} ms: ${reason}`),
      );
    });
    this.session.start();
    try {
      await connected;
    } catch (error) {
      this.close();
      throw error;
    } finally {
      cancel();
    }
  }

  /** What the switch last said about who is primary. */
  get arbitration(): ArbitrationState {
    return this.#arbitration;
  }

  /** Whether this client may write now. */
  get isPrimary(): boolean {
    return this.#arbitration.isPrimary && this.session.state === 'ready';
  }

  /** Whether the stream stands. */
  get isConnected(): boolean {
    return this.session.state === 'ready';
  }

  /** The election id that this client runs with. */
  get electionId(): bigint | undefined {
    return this.session.electionId;
  }

  /** Resolves when this client is primary. Rejects when it is closed, or `signal` is aborted. */
  async primary(signal?: AbortSignal): Promise<void> {
    await this.#wait(() => this.isPrimary, signal);
  }

  /**
   * Runs for primary with another election id; resolves with the switch's answer. With no argument: one above the
   * present primary.
   */
  async runForPrimary(electionId?: bigint | number): Promise<ArbitrationState> {
    const id = electionId === undefined ? (this.#arbitration.electionId ?? 0n) + 1n : BigInt(electionId);
    let answered = false;
    const stop = this.#arbitrations.listen(() => {
      answered = true;
      this.#checkWaiters();
    });
    try {
      this.session.setElectionId(id);
      await this.#wait(() => answered);
      return this.#arbitration;
    } finally {
      stop();
    }
  }

  #wait(until: () => boolean, signal?: AbortSignal): Promise<void> {
    if (until()) return Promise.resolve();
    if (this.session.state === 'closed') return Promise.reject(new ClientStateError('The client is closed.'));
    return new Promise((resolve, reject) => {
      const waiter = { until, resolve, reject };
      this.#waiters.add(waiter);
      signal?.addEventListener('abort', () => {
        if (this.#waiters.delete(waiter)) reject(signal.reason as Error);
      });
    });
  }

  #checkWaiters(): void {
    for (const waiter of this.#waiters) {
      if (!waiter.until()) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }

  #rejectWaiters(error: Error): void {
    for (const waiter of this.#waiters) waiter.reject(error);
    this.#waiters.clear();
  }

  #arbitrated(state: ArbitrationState, first: boolean): void {
    this.#arbitration = state;
    if (first) {
      this.#connection = new AbortController();
      for (const handler of this.#readyHandlers) this.#runReady(handler);
    }
    this.#arbitrations.emit(state);
    this.#checkWaiters();
  }

  #runReady(handler: (client: this, signal: AbortSignal) => void | Promise<void>): void {
    const { signal } = this.#connection!;
    const run = async () => handler(this, signal);
    run().catch((error: unknown) => {
      if (!signal.aborted) this.onError(error);
    });
  }

  #disconnected(error: RpcError): void {
    this.#lastError = error;
    const was = this.#arbitration;
    this.#arbitration = { isPrimary: false, electionId: was.electionId, message: error.message };
    this.#connection?.abort(error);
    if (this.#connection !== undefined) this.#arbitrations.emit(this.#arbitration);
    this.#connection = undefined;
  }

  /**
   * Runs `handler` now if connected, and after every reconnection: the place to set up what the controller needs. Its
   * signal is aborted when that connection breaks. Returns a function that removes it.
   */
  onReady(handler: (client: this, signal: AbortSignal) => void | Promise<void>): () => void {
    this.#readyHandlers.add(handler);
    if (this.#connection !== undefined) this.#runReady(handler);
    return () => this.#readyHandlers.delete(handler);
  }

  /** Calls `handler` whenever who is primary changes, or the connection breaks. */
  onArbitration(handler: (state: ArbitrationState) => void | Promise<void>): () => void {
    return this.#arbitrations.listen(handler);
  }

  /** Ends the connection; loops end, waiting calls fail. */
  close(): void {
    if (this.session.state === 'closed') return;
    this.session.close();
    this.#connection?.abort(new ClientStateError('The client is closed.'));
    this.#connection = undefined;
    this.#rejectWaiters(new ClientStateError('The client is closed.'));
    this.#arbitrations.close();
    this.transport.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
