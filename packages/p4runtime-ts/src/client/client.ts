/**
 * The P4Runtime client: a switch as seen by a program that thinks in names and plain values.
 *
 * It holds one session (stream, arbitration, reconnection), one program (the P4Info that names are looked up in), and
 * channels for what the switch tells. Calls go straight to the transport; only the stream is supervised. After a
 * reconnect nothing is repeated silently: whoever needs state restored says so in an `onReady` handler, which runs
 * after every successful connection.
 */
import { create } from '@bufbuild/protobuf';
import { decodeEntity, encodeEntity, type Purpose } from '../codec/entities.ts';
import { encodePacketMetadata } from '../codec/packets.ts';
import type { Entity, EntityInput, EntityOf, PlainValue, Values } from '../entities/types.ts';
import type { P4Info } from '../gen/p4/config/v1/p4info_pb.ts';
import {
  CapabilitiesRequestSchema,
  ForwardingPipelineConfigSchema,
  GetForwardingPipelineConfigRequestSchema,
  GetForwardingPipelineConfigRequest_ResponseType as ResponseType,
  SetForwardingPipelineConfigRequest_Action as SetAction,
  SetForwardingPipelineConfigRequestSchema,
  type Update,
  Update_Type,
  type WriteRequest,
  WriteRequest_Atomicity,
} from '../gen/p4/v1/p4runtime_pb.ts';
import { readP4Info } from '../schema/files.ts';
import { Program } from '../schema/program.ts';
import { Code, RpcError } from '../transport/rpc-error.ts';
import type { CallOptions } from '../transport/transport.ts';
import type { StreamResponse } from '../wire/digest-list.ts';
import { ClientConnection } from './connection.ts';
import { ClientStateError, type UpdateInput, type UpdateResult, WriteError } from './errors.ts';
import { Channel } from './events.ts';
import { decodeStreamMessage } from './received.ts';
import { uint128 } from './session.ts';
import type {
  ConnectOptions,
  DigestList,
  IdleTimeout,
  PacketIn,
  PipelineInput,
  RunningPipeline,
  StreamFault,
  WriteOptions,
} from './types.ts';

export type * from './types.ts';

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

/** A connection to one device, in one role. Made by `P4RuntimeClient.connect`. */
export class P4RuntimeClient extends ClientConnection {
  readonly #callTimeoutMs: number;
  readonly #packets: Channel<PacketIn>;
  readonly #digests: Channel<DigestList>;
  readonly #idle: Channel<IdleTimeout>;
  readonly #faults: Channel<StreamFault>;
  #program: Program | undefined;

  private constructor(options: ConnectOptions) {
    super(options);
    this.#callTimeoutMs = options.callTimeoutMs ?? 60_000;
    this.#program = options.p4info === undefined ? undefined : asProgram(options.p4info);
    this.#packets = new Channel(this.onError);
    this.#digests = new Channel(this.onError);
    this.#idle = new Channel(this.onError);
    this.#faults = new Channel(this.onError);
  }

  /**
   * Connects, and waits until the switch has answered the arbitration (whether this client became primary is in
   * `arbitration`). Keeps trying for `connectTimeoutMs`.
   *
   * @throws RpcError of the last attempt
   */
  static async connect(options: ConnectOptions): Promise<P4RuntimeClient> {
    const client = new P4RuntimeClient(options);
    await client.start(options.address, options.connectTimeoutMs ?? 10_000);
    return client;
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

  override close(): void {
    super.close();
    for (const channel of [this.#packets, this.#digests, this.#idle, this.#faults]) channel.close();
  }

  // --- pipeline ------------------------------------------------------------------------------------------------------

  #call(signal?: AbortSignal): CallOptions {
    return { timeoutMs: this.#callTimeoutMs, ...(signal === undefined ? {} : { signal }) };
  }

  #electionMessage() {
    const id = this.session.electionId;
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
    await this.transport.setForwardingPipelineConfig(
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
    await this.transport.setForwardingPipelineConfig(
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
    const response = await this.transport.getForwardingPipelineConfig(
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
    const response = await this.transport.capabilities(
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
        await this.transport.write(request, this.#call(options.signal));
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
    const responses = this.transport.read(
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
    if (this.session.state !== 'ready') throw new ClientStateError('The packet was not sent: not connected.');
    const header = this.program.controllerHeaders.find('packet_out');
    return this.session.send({
      $typeName: 'p4.v1.StreamMessageRequest',
      update: {
        case: 'packet',
        value: { $typeName: 'p4.v1.PacketOut', payload, metadata: encodePacketMetadata(header, metadata) },
      },
    });
  }

  /** Resolves when the stream has room for more packets. */
  drained(): Promise<void> {
    return this.session.drained();
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
   * Calls `handler` with every list of digests (of one digest, or all), and acknowledges the list once the handler has
   * come back without throwing.
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
    this.session.send({
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

  protected override received(message: StreamResponse): void {
    try {
      const received = decodeStreamMessage(this.program, message);
      switch (received?.kind) {
        case 'packet':
          this.#packets.emit(received.value);
          break;
        case 'digest':
          this.#digests.emit(received.value);
          break;
        case 'idle':
          this.#idle.emit(received.value);
          break;
        case 'fault':
          this.#faults.emit(received.value);
          break;
        default:
          break;
      }
    } catch (error) {
      this.onError(error);
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
