/**
 * The P4Runtime client: a switch as seen by a program that thinks in names and plain values.
 *
 * It holds one session (stream, arbitration, reconnection), one program (the P4Info that names are looked up in), and channels for what the
 * switch tells. Calls go straight to the transport; only the stream is supervised. After a reconnect nothing is repeated
 * silently: whoever needs state restored says so in an `onReady` handler, which runs after every successful connection.
 */
import { create } from '@bufbuild/protobuf';
import { decodeData } from '../codec/data.ts';
import { decodeEntity, decodeTableEntry, encodeEntity, type Purpose } from '../codec/entities.ts';
import { EntityError } from '../codec/error.ts';
import { decodePacketMetadata, encodePacketMetadata } from '../codec/packets.ts';
import type { DataOutput, Entity, EntityInput, EntityOf, PlainValue, TableEntry, Values } from '../entities/types.ts';
import type { P4Info } from '../gen/p4/config/v1/p4info_pb.ts';
import {
  CapabilitiesRequestSchema,
  ForwardingPipelineConfigSchema,
  GetForwardingPipelineConfigRequestSchema,
  GetForwardingPipelineConfigRequest_ResponseType as ResponseType,
  SetForwardingPipelineConfigRequest_Action as SetAction,
  SetForwardingPipelineConfigRequestSchema,
  type StreamMessageResponse,
  type Update,
  Update_Type,
  type WriteRequest,
  WriteRequest_Atomicity,
} from '../gen/p4/v1/p4runtime_pb.ts';
import { readP4Info } from '../schema/files.ts';
import { Program } from '../schema/program.ts';
import { systemTimers, type Timers } from '../timers.ts';
import { type ClientTlsOptions, grpcTransport } from '../transport/grpc-transport.ts';
import { Code, RpcError } from '../transport/rpc-error.ts';
import type { CallOptions, Transport } from '../transport/transport.ts';
import { ClientStateError, type UpdateInput, type UpdateResult, WriteError } from './errors.ts';
import { Channel } from './events.ts';
import { type ArbitrationState, Session, uint128 } from './session.ts';

/** How to connect. */
export interface ConnectOptions {
  /** `host:port` or `unix:path`. Either this or `transport`. */
  readonly address?: string;
  readonly transport?: Transport;
  readonly tls?: ClientTlsOptions;
  /** 0 by default, as BMv2's. */
  readonly deviceId?: bigint | number;
  /** 1 by default. `null`: never primary. */
  readonly electionId?: bigint | number | null;
  /** The default role, which may do everything, by default. */
  readonly role?: string;
  /** The program that names are looked up in, until a pipeline is set or fetched: P4Info as message, file content, or Program. */
  readonly p4info?: P4Info | Program | Uint8Array | string;
  /** Keep trying to connect for this long; 10 s by default. */
  readonly connectTimeoutMs?: number;
  /** A call without answer fails after this long; 60 s by default. */
  readonly callTimeoutMs?: number;
  /** Come back after the stream broke; true by default. */
  readonly reconnect?: boolean;
  /** First pause before coming back (it doubles from attempt to attempt); 50 ms by default. */
  readonly reconnectDelayMs?: number;
  /** Longest pause; 2 s by default. */
  readonly maximumReconnectDelayMs?: number;
  readonly timers?: Timers;
  /** Hears what handlers throw and what cannot be decoded; by default it is written to the standard error output. */
  readonly onError?: (error: unknown) => void;
}

/** A packet from the switch. */
export interface PacketIn {
  readonly payload: Uint8Array;
  readonly metadata: Values<bigint | string>;
}

/** A list of digests from the switch. */
export interface DigestList {
  readonly digest: string;
  readonly listId: bigint;
  readonly entries: readonly DataOutput[];
  /** When the switch made the list, in ns since the epoch. */
  readonly timestampNs: bigint;
}

/** Entries that were not hit for as long as their idle timeout. */
export interface IdleTimeout {
  readonly entries: readonly TableEntry[];
  readonly timestampNs: bigint;
}

/** A message on the stream that the switch did not obey. */
export interface StreamFault {
  readonly code: Code;
  readonly message: string;
  readonly about: 'packet-out' | 'digest-ack' | 'other';
}

/** What to run on the switch. */
export interface PipelineInput {
  /** P4Info as message, or a file's content in any of its formats. */
  readonly p4info: P4Info | Uint8Array | string;
  /** The target's own format; for BMv2 and the embedded switch the content of the BMv2 JSON file. */
  readonly deviceConfig: Uint8Array | string;
  /** `verify-and-commit` by default: starts it with empty tables. `reconcile-and-commit` keeps what still fits. */
  readonly action?: 'verify' | 'verify-and-save' | 'verify-and-commit' | 'reconcile-and-commit';
  /** The controller's own name for the config. */
  readonly cookie?: bigint;
}

/** What runs on the switch. */
export interface RunningPipeline {
  readonly p4info: P4Info | undefined;
  readonly deviceConfig: Uint8Array;
  readonly cookie: bigint | undefined;
}

/** How to write. */
export interface WriteOptions {
  /** What happens when an update fails: `continue` (the others go on; default), `rollback` (none stays), `dataplane-atomic` (and no packet
   *  sees a part). Switches may support `continue` only. */
  readonly atomicity?: 'continue' | 'rollback' | 'dataplane-atomic';
  /** Updates in one message, 5,000 by default. Atomic writes are never split. */
  readonly batchSize?: number;
  readonly signal?: AbortSignal;
}

const setActions = {
  verify: SetAction.VERIFY,
  'verify-and-save': SetAction.VERIFY_AND_SAVE,
  'verify-and-commit': SetAction.VERIFY_AND_COMMIT,
  'reconcile-and-commit': SetAction.RECONCILE_AND_COMMIT,
};

const atomicities = {
  continue: WriteRequest_Atomicity.CONTINUE_ON_ERROR,
  rollback: WriteRequest_Atomicity.ROLLBACK_ON_ERROR,
  'dataplane-atomic': WriteRequest_Atomicity.DATAPLANE_ATOMIC,
};

const updateTypes = { insert: Update_Type.INSERT, modify: Update_Type.MODIFY, delete: Update_Type.DELETE };

interface Waiter {
  readonly until: () => boolean;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** A connection to one device, in one role. Made by `P4RuntimeClient.connect`. */
export class P4RuntimeClient {
  readonly deviceId: bigint;
  readonly role: string;
  readonly #transport: Transport;
  readonly #timers: Timers;
  readonly #session: Session;
  readonly #callTimeoutMs: number;
  readonly #onError: (error: unknown) => void;
  readonly #packets: Channel<PacketIn>;
  readonly #digests: Channel<DigestList>;
  readonly #idle: Channel<IdleTimeout>;
  readonly #faults: Channel<StreamFault>;
  readonly #arbitrations: Channel<ArbitrationState>;
  readonly #readyHandlers = new Set<(client: P4RuntimeClient, signal: AbortSignal) => void | Promise<void>>();
  readonly #waiters = new Set<Waiter>();
  #connection: AbortController | undefined;
  #program: Program | undefined;
  #arbitration: ArbitrationState = { isPrimary: false, electionId: undefined, message: 'not connected' };
  #lastError: RpcError | undefined;

  private constructor(options: ConnectOptions) {
    if (options.transport === undefined && options.address === undefined)
      throw new ClientStateError('connect needs an address (host:port) or a transport.');
    this.#transport = options.transport ?? grpcTransport(options.address!, options.tls);
    this.#timers = options.timers ?? systemTimers;
    this.deviceId = BigInt(options.deviceId ?? 0);
    this.role = options.role ?? '';
    this.#callTimeoutMs = options.callTimeoutMs ?? 60_000;
    this.#onError = options.onError ?? ((error) => console.error(error));
    this.#program = options.p4info === undefined ? undefined : asProgram(options.p4info);
    this.#packets = new Channel(this.#onError);
    this.#digests = new Channel(this.#onError);
    this.#idle = new Channel(this.#onError);
    this.#faults = new Channel(this.#onError);
    this.#arbitrations = new Channel(this.#onError);
    this.#session = new Session({
      transport: this.#transport,
      timers: this.#timers,
      deviceId: this.deviceId,
      role: this.role,
      electionId: options.electionId === null ? undefined : BigInt(options.electionId ?? 1),
      reconnect: options.reconnect ?? true,
      reconnectDelayMs: options.reconnectDelayMs ?? 50,
      maximumReconnectDelayMs: options.maximumReconnectDelayMs ?? 2000,
      onArbitration: (state, first) => this.#arbitrated(state, first),
      onDisconnect: (error) => this.#disconnected(error),
      onMessage: (message) => this.#received(message),
    });
  }

  /**
   * Connects, and waits until the switch has answered the arbitration (whether this client became primary is in `arbitration`).
   * Keeps trying for `connectTimeoutMs`.
   *
   * @throws RpcError of the last attempt
   */
  static async connect(options: ConnectOptions): Promise<P4RuntimeClient> {
    const client = new P4RuntimeClient(options);
    const timeoutMs = options.connectTimeoutMs ?? 10_000;
    const connected = client.#wait(() => client.#session.state === 'ready');
    const cancel = client.#timers.after(timeoutMs, () => {
      const reason = client.#lastError ?? new RpcError(Code.DEADLINE_EXCEEDED, 'no answer');
      client.#rejectWaiters(
        new RpcError(
          reason.code,
          `cannot connect to ${options.address ?? 'the switch'} within ${timeoutMs} ms: ${reason.reason}`,
        ),
      );
    });
    client.#session.start();
    try {
      await connected;
      return client;
    } catch (error) {
      client.close();
      throw error;
    } finally {
      cancel();
    }
  }

  // --- state ---------------------------------------------------------------------------------------------------------

  /** What the switch last said about who is primary. */
  get arbitration(): ArbitrationState {
    return this.#arbitration;
  }

  /** Whether this client may write now. */
  get isPrimary(): boolean {
    return this.#arbitration.isPrimary && this.#session.state === 'ready';
  }

  /** Whether the stream stands. */
  get isConnected(): boolean {
    return this.#session.state === 'ready';
  }

  /** The election id that this client runs with. */
  get electionId(): bigint | undefined {
    return this.#session.electionId;
  }

  /**
   * The program that names are looked up in.
   *
   * @throws ClientStateError when none is known yet
   */
  get program(): Program {
    if (this.#program === undefined)
      throw new ClientStateError(
        'No program is known yet: give p4info to connect(), or call setPipeline() or adoptPipeline() first.',
      );
    return this.#program;
  }

  /** Looks names up in this program from now on. */
  useProgram(p4info: P4Info | Program | Uint8Array | string): Program {
    this.#program = asProgram(p4info);
    return this.#program;
  }

  /** Resolves when this client is primary. Rejects when it is closed, or `signal` is aborted. */
  async primary(signal?: AbortSignal): Promise<void> {
    await this.#wait(() => this.isPrimary, signal);
  }

  /**
   * Runs for primary with another election id; resolves with the switch's answer. With no argument: one above the present primary.
   */
  async runForPrimary(electionId?: bigint | number): Promise<ArbitrationState> {
    const id = electionId === undefined ? (this.#arbitration.electionId ?? 0n) + 1n : BigInt(electionId);
    let answered = false;
    const stop = this.#arbitrations.listen(() => {
      answered = true;
      this.#checkWaiters();
    });
    try {
      this.#session.setElectionId(id);
      await this.#wait(() => answered);
      return this.#arbitration;
    } finally {
      stop();
    }
  }

  #wait(until: () => boolean, signal?: AbortSignal): Promise<void> {
    if (until()) return Promise.resolve();
    if (this.#session.state === 'closed') return Promise.reject(new ClientStateError('The client is closed.'));
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

  #runReady(handler: (client: P4RuntimeClient, signal: AbortSignal) => void | Promise<void>): void {
    const { signal } = this.#connection!;
    const run = async () => handler(this, signal);
    run().catch((error: unknown) => {
      if (!signal.aborted) this.#onError(error);
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
   * Runs `handler` now if connected, and after every reconnection: the place to set up what the controller needs. Its signal is
   * aborted when that connection breaks. Returns a function that removes it.
   */
  onReady(handler: (client: P4RuntimeClient, signal: AbortSignal) => void | Promise<void>): () => void {
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
    if (this.#session.state === 'closed') return;
    this.#session.close();
    this.#connection?.abort(new ClientStateError('The client is closed.'));
    this.#connection = undefined;
    this.#rejectWaiters(new ClientStateError('The client is closed.'));
    for (const channel of [this.#packets, this.#digests, this.#idle, this.#faults, this.#arbitrations]) channel.close();
    this.#transport.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  // --- pipeline ------------------------------------------------------------------------------------------------------

  #call(signal?: AbortSignal): CallOptions {
    return { timeoutMs: this.#callTimeoutMs, ...(signal === undefined ? {} : { signal }) };
  }

  #electionMessage() {
    const id = this.#session.electionId;
    return id === undefined ? undefined : uint128(id);
  }

  /**
   * Loads a program; unless it is only verified or saved, names are looked up in it from then on.
   *
   * @throws RpcError when the switch refuses it
   */
  async setPipeline(input: PipelineInput): Promise<Program> {
    const p4info =
      input.p4info instanceof Uint8Array || typeof input.p4info === 'string' ? readP4Info(input.p4info) : input.p4info;
    const program = new Program(p4info);
    const action = input.action ?? 'verify-and-commit';
    const deviceConfig =
      typeof input.deviceConfig === 'string' ? Buffer.from(input.deviceConfig, 'utf8') : input.deviceConfig;
    await this.#transport.setForwardingPipelineConfig(
      create(SetForwardingPipelineConfigRequestSchema, {
        deviceId: this.deviceId,
        role: this.role,
        electionId: this.#electionMessage(),
        action: setActions[action],
        config: create(ForwardingPipelineConfigSchema, {
          p4info,
          p4DeviceConfig: new Uint8Array(deviceConfig),
          cookie: input.cookie === undefined ? undefined : { cookie: input.cookie },
        }),
      }),
      this.#call(),
    );
    if (action !== 'verify' && action !== 'verify-and-save') this.#program = program;
    return program;
  }

  /** Starts the program that was saved by `verify-and-save`, and adopts it. */
  async commitPipeline(): Promise<Program | undefined> {
    await this.#transport.setForwardingPipelineConfig(
      create(SetForwardingPipelineConfigRequestSchema, {
        deviceId: this.deviceId,
        role: this.role,
        electionId: this.#electionMessage(),
        action: SetAction.COMMIT,
      }),
      this.#call(),
    );
    return this.adoptPipeline();
  }

  /** What runs on the switch; `parts` saves fetching what is not needed. */
  async getPipeline(parts: 'all' | 'cookie' | 'p4info' | 'device-config' = 'all'): Promise<RunningPipeline> {
    const types = {
      all: ResponseType.ALL,
      cookie: ResponseType.COOKIE_ONLY,
      p4info: ResponseType.P4INFO_AND_COOKIE,
      'device-config': ResponseType.DEVICE_CONFIG_AND_COOKIE,
    };
    const response = await this.#transport.getForwardingPipelineConfig(
      create(GetForwardingPipelineConfigRequestSchema, { deviceId: this.deviceId, responseType: types[parts] }),
      this.#call(),
    );
    return {
      p4info: response.config?.p4info,
      deviceConfig: response.config?.p4DeviceConfig ?? new Uint8Array(0),
      cookie: response.config?.cookie?.cookie,
    };
  }

  /** Looks names up in the program that the switch runs; `undefined` when it runs none. */
  async adoptPipeline(): Promise<Program | undefined> {
    try {
      const { p4info } = await this.getPipeline('p4info');
      if (p4info === undefined) return undefined;
      this.#program = new Program(p4info);
      return this.#program;
    } catch (error) {
      if (error instanceof RpcError && error.code === Code.FAILED_PRECONDITION) return undefined;
      throw error;
    }
  }

  /** The version of P4Runtime that the switch speaks, e.g. `1.5.0`. */
  async capabilities(): Promise<{ readonly apiVersion: string }> {
    const response = await this.#transport.capabilities(
      create(CapabilitiesRequestSchema, { deviceId: this.deviceId }),
      this.#call(),
    );
    return { apiVersion: response.p4runtimeApiVersion };
  }

  // --- writing -------------------------------------------------------------------------------------------------------

  /** Inserts entities. See `write`. */
  insert(...entities: readonly EntityInput[]): Promise<void> {
    return this.write(entities.map((entity) => ({ op: 'insert', entity })));
  }

  /** Modifies entities. See `write`. */
  modify(...entities: readonly EntityInput[]): Promise<void> {
    return this.write(entities.map((entity) => ({ op: 'modify', entity })));
  }

  /** Deletes entities; only their key matters. See `write`. */
  delete(...entities: readonly EntityInput[]): Promise<void> {
    return this.write(entities.map((entity) => ({ op: 'delete', entity })));
  }

  /**
   * Writes updates in order.
   *
   * @throws EntityError before anything is sent, when an entity does not fit the program
   * @throws WriteError when the switch refused some updates; it lists them
   * @throws RpcError when the call failed as a whole
   */
  async write(updates: readonly UpdateInput[], options: WriteOptions = {}): Promise<void> {
    const results = await this.tryWrite(updates, options);
    if (results.some((result) => !result.ok)) throw new WriteError(results);
  }

  /**
   * As `write`, but gives each update's result instead of throwing WriteError.
   */
  async tryWrite(updates: readonly UpdateInput[], options: WriteOptions = {}): Promise<UpdateResult[]> {
    const { program } = this;
    const encoded = updates.map((update) => encodeUpdate(program, update));
    const atomicity = options.atomicity ?? 'continue';
    const size = atomicity === 'continue' ? Math.max(1, options.batchSize ?? 5000) : Math.max(1, updates.length);
    const results: UpdateResult[] = [];
    for (let start = 0; start < updates.length; start += size) {
      const batch = encoded.slice(start, start + size);
      const request: WriteRequest = {
        $typeName: 'p4.v1.WriteRequest',
        deviceId: this.deviceId,
        roleId: 0n,
        role: this.role,
        electionId: this.#electionMessage(),
        updates: batch,
        atomicity: atomicities[atomicity],
      };
      let errors: RpcError['updateErrors'] = [];
      try {
        await this.#transport.write(request, this.#call(options.signal));
      } catch (error) {
        if (!(error instanceof RpcError) || error.updateErrors.length !== batch.length) throw error;
        errors = error.updateErrors;
      }
      for (let offset = 0; offset < batch.length; offset++) {
        const error = errors[offset];
        const code = error?.canonicalCode ?? Code.OK;
        const index = start + offset;
        results.push({ index, update: updates[index]!, ok: code === Code.OK, code, message: error?.message ?? '' });
      }
    }
    return results;
  }

  // --- reading -------------------------------------------------------------------------------------------------------

  /**
   * Reads what matches the patterns, as it arrives. What a pattern leaves out matches everything.
   *
   * @throws EntityError, RpcError
   */
  async *read<Pattern extends EntityInput>(...patterns: readonly Pattern[]): AsyncGenerator<EntityOf<Pattern['kind']>> {
    const { program } = this;
    const entities = patterns.map((pattern) => encodeEntity(program, pattern, 'read'));
    const responses = this.#transport.read(
      { $typeName: 'p4.v1.ReadRequest', deviceId: this.deviceId, role: this.role, entities },
      this.#call(),
    );
    for await (const response of responses)
      for (const message of response.entities) {
        const entity: Entity | undefined = decodeEntity(program, message);
        if (entity !== undefined) yield entity as EntityOf<Pattern['kind']>;
      }
  }

  /** As `read`, all at once. */
  async readAll<Pattern extends EntityInput>(...patterns: readonly Pattern[]): Promise<EntityOf<Pattern['kind']>[]> {
    const result: EntityOf<Pattern['kind']>[] = [];
    for await (const entity of this.read(...patterns)) result.push(entity);
    return result;
  }

  // --- stream --------------------------------------------------------------------------------------------------------

  /**
   * Sends a packet with its metadata by name.
   *
   * @returns false when the stream's buffer is full; then better wait for `drained()`
   * @throws EntityError when the metadata do not fit; ClientStateError when there is no connection
   */
  packetOut(payload: Uint8Array, metadata: Values<PlainValue> = {}): boolean {
    if (this.#session.state !== 'ready') throw new ClientStateError('The packet was not sent: not connected.');
    const header = this.program.controllerHeaders.find('packet_out');
    return this.#session.send({
      $typeName: 'p4.v1.StreamMessageRequest',
      update: {
        case: 'packet',
        value: { $typeName: 'p4.v1.PacketOut', payload, metadata: encodePacketMetadata(header, metadata) },
      },
    });
  }

  /** Resolves when the stream has room for more packets. */
  drained(): Promise<void> {
    return this.#session.drained();
  }

  /** Calls `handler` with every packet from the switch. */
  onPacketIn(handler: (packet: PacketIn) => void | Promise<void>): () => void {
    return this.#packets.listen(handler);
  }

  /** A loop over packets from the switch. */
  packetsIn(): AsyncIterableIterator<PacketIn> {
    return this.#packets.iterate();
  }

  /**
   * Calls `handler` with every list of digests (of one digest, or all), and acknowledges the list once the handler has come back
   * without throwing.
   */
  onDigest(digest: string | undefined, handler: (list: DigestList) => void | Promise<void>): () => void {
    const wanted = digest === undefined ? undefined : this.program.digests.get(digest).alias;
    return this.#digests.listen(
      (list) => {
        if (wanted !== undefined && list.digest !== wanted) return undefined;
        return handler(list);
      },
      (list) => {
        if (wanted === undefined || list.digest === wanted) this.acknowledge(list);
      },
    );
  }

  /** A loop over lists of digests; a list is acknowledged when the loop asks for the next. */
  digestLists(): AsyncIterableIterator<DigestList> {
    return this.#digests.iterate((list) => this.acknowledge(list));
  }

  /** Tells the switch that a list was handled. Handlers and loops do it by themselves. */
  acknowledge(list: DigestList): void {
    this.#session.send({
      $typeName: 'p4.v1.StreamMessageRequest',
      update: {
        case: 'digestAck',
        value: {
          $typeName: 'p4.v1.DigestListAck',
          digestId: this.program.digests.get(list.digest).id,
          listId: list.listId,
        },
      },
    });
  }

  /** Calls `handler` when entries were not hit for as long as their idle timeout. */
  onIdleTimeout(handler: (event: IdleTimeout) => void | Promise<void>): () => void {
    return this.#idle.listen(handler);
  }

  /** A loop over idle timeouts. */
  idleTimeouts(): AsyncIterableIterator<IdleTimeout> {
    return this.#idle.iterate();
  }

  /** Calls `handler` when the switch did not obey a message on the stream. */
  onStreamError(handler: (fault: StreamFault) => void | Promise<void>): () => void {
    return this.#faults.listen(handler);
  }

  #received(message: StreamMessageResponse): void {
    const { update } = message;
    try {
      switch (update.case) {
        case 'packet':
          this.#packets.emit({
            payload: update.value.payload,
            metadata: decodePacketMetadata(this.program, update.value.metadata),
          });
          break;
        case 'digest': {
          const { digestId, listId, data, timestamp } = update.value;
          const digest = this.program.digests.byId(digestId);
          if (digest === undefined) throw new EntityError('digest', '', `the id ${digestId} is not in the P4Info.`);
          const entries = data.map((sample) => decodeData(digest.type, sample));
          this.#digests.emit({ digest: digest.alias, listId, entries, timestampNs: timestamp });
          break;
        }
        case 'idleTimeoutNotification':
          this.#idle.emit({
            entries: update.value.tableEntry.map((entry) => decodeTableEntry(this.program, entry)),
            timestampNs: update.value.timestamp,
          });
          break;
        case 'error': {
          const about =
            update.value.details.case === 'packetOut'
              ? 'packet-out'
              : update.value.details.case === 'digestListAck'
                ? 'digest-ack'
                : 'other';
          this.#faults.emit({ code: update.value.canonicalCode, message: update.value.message, about });
          break;
        }
        default:
          break;
      }
    } catch (error) {
      this.#onError(error);
    }
  }
}

function asProgram(p4info: P4Info | Program | Uint8Array | string): Program {
  if (p4info instanceof Program) return p4info;
  return new Program(p4info instanceof Uint8Array || typeof p4info === 'string' ? readP4Info(p4info) : p4info);
}

function encodeUpdate(program: Program, update: UpdateInput): Update {
  const purpose: Purpose = update.op;
  return {
    $typeName: 'p4.v1.Update',
    type: updateTypes[update.op],
    entity: encodeEntity(program, update.entity, purpose),
  };
}
