/**
 * One device: its switch, its pipelines, its controllers. Everything that changes something goes through one queue, so
 * two Writes never interleave, and a new primary is told only when the writes of the old one are done.
 */
import {
  type DigestListAck,
  type Entity,
  type MasterArbitrationUpdate,
  type PacketOut,
  type SetForwardingPipelineConfigRequest,
  type StreamMessageRequest,
  type Uint128,
  type Update,
  WriteRequest_Atomicity,
} from '../gen/p4/v1/p4runtime_pb.ts';
import type { Timers } from '../timers.ts';
import { Code, RpcError } from '../transport/rpc-error.ts';
import type { StreamResponse } from '../wire/digest-list.ts';
import type { UpdateList, WriteCall } from '../wire/write-request.ts';
import type { ArbitrationNotice, RoleArbitration } from './arbitration.ts';
import { Pipelines } from './pipeline.ts';
import { emitAll, type Found } from './read/answer.ts';
import { readPattern } from './read/read.ts';
import { keyMessage } from './read/tables.ts';
import { asRpcError, denied, errorDetails, exhausted, invalid, notFound, precondition } from './refusals.ts';
import { covers, idOf, type RoleRules, receives } from './role-config.ts';
import { Roles } from './roles.ts';
import { nothingHappened } from './saved-switch.ts';
import type { PipelineState } from './store/state.ts';
import { DigestLists } from './stream/digests.ts';
import { Outbox, type StreamSink } from './stream/outbox.ts';
import { ControllerHeaderCodec } from './stream/packet-io.ts';
import { streamError } from './stream/stream-error.ts';
import type { Switch, SwitchEvent } from './switch.ts';
import type { Translations } from './translation.ts';
import { EncodedEntries } from './write/encoded-entries.ts';
import { WriteInProgress } from './write/request.ts';

/** How a device behaves. */
export interface DeviceOptions {
  readonly deviceId: bigint;
  readonly target: Switch;
  readonly strict: boolean;
  readonly translations: Translations;
  readonly maximumStreams: number;
  readonly timers: Timers;
  /** Tells what has no other place to go: port changes, and what went wrong beside any call. */
  readonly onEvent: (event: DeviceEvent) => void;
}

/** What a device tells its owner. */
export type DeviceEvent =
  | { readonly kind: 'pipeline'; readonly deviceId: bigint; readonly program: string }
  | { readonly kind: 'port-status'; readonly deviceId: bigint; readonly port: number; readonly up: boolean }
  | { readonly kind: 'error'; readonly deviceId: bigint; readonly error: unknown };

/** A connected controller. */
interface Controller {
  readonly outbox: Outbox;
  readonly role: string;
}

function toBigInt128(id: Uint128 | undefined): bigint | undefined {
  return id === undefined ? undefined : (id.high << 64n) | id.low;
}

/** See the file's comment. */
export class Device {
  readonly deviceId: bigint;
  readonly #options: DeviceOptions;
  readonly #target: Switch;
  readonly #pipelines: Pipelines;
  readonly #roles: Roles<Controller>;
  readonly #digests = new Map<number, DigestLists>();
  readonly #encodedEntries = new WeakMap<PipelineState, EncodedEntries>();
  readonly #unsubscribe: () => void;
  #packetIn: ControllerHeaderCodec | undefined;
  #packetOut: ControllerHeaderCodec | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #queued = 0;
  #streams = 0;

  constructor(options: DeviceOptions) {
    this.deviceId = options.deviceId;
    this.#options = options;
    this.#target = options.target;
    this.#pipelines = new Pipelines(options.target, options);
    this.#roles = new Roles(options.strict);
    this.#unsubscribe = options.target.subscribe((event) => this.#switchEvent(event));
  }

  /** Stops listening to the switch. */
  close(): void {
    this.#unsubscribe();
    for (const digest of this.#digests.values()) digest.clear();
  }

  /** Runs `work` when all earlier work is done. */
  #enqueue<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#queued++;
    const result = this.#queue.then(work);
    this.#queue = result.then(
      () => this.#queued--,
      () => this.#queued--,
    );
    return result;
  }

  // --- who may -------------------------------------------------------------------------------------------------------

  /** Checks that a write comes from the primary of its role. */
  #authorize(role: string, electionId: bigint | undefined): void {
    const arbitration = this.#roles.get(role);
    if (arbitration === undefined || arbitration.size === 0) {
      // Scripts without a stream: BMv2 lets them write, as long as nobody else is there.
      if (!this.#options.strict && electionId === undefined && this.#streams === 0) return;
      if (arbitration === undefined && role !== '') throw notFound(`There is no role '${role}'.`);
    }
    if (arbitration?.isPrimary(electionId)) return;
    throw denied(
      'Only the primary controller may do this; the request has another election id than the primary, or there is none.',
    );
  }

  // --- writing -------------------------------------------------------------------------------------------------------

  /** Does a Write. Rejects with the error of the whole, which carries those of the updates. */
  async write(request: WriteCall): Promise<void> {
    this.#authorize(request.role, toBigInt128(request.electionId));
    if (this.#pipelines.current === undefined) throw precondition('No forwarding pipeline config is set yet.');
    await this.#enqueue(() => this.#write(request.updates, request.atomicity, this.#roles.scope(request.role)));
  }

  async #write(
    updates: UpdateList,
    atomicity: WriteRequest_Atomicity,
    scope: ((update: Update) => void) | undefined,
  ): Promise<void> {
    const state = this.#pipelines.current;
    if (state === undefined) throw precondition('No forwarding pipeline config is set yet.');
    let entries = this.#encodedEntries.get(state);
    if (entries === undefined) this.#encodedEntries.set(state, (entries = new EncodedEntries(state)));
    const { saved } = this.#pipelines;
    const isAtomic = atomicity !== WriteRequest_Atomicity.CONTINUE_ON_ERROR;
    const write = new WriteInProgress({ state, entries, target: this.#target, saved, updates, isAtomic, scope });
    await write.run();
    if (write.hasDigests) this.#configureDigests(state);
    write.throwErrors();
  }

  // --- reading -------------------------------------------------------------------------------------------------------

  /** Does a Read: all valid patterns are answered, the others reported at the end. */
  async read(role: string, patterns: readonly Entity[], emit: (entities: Entity[]) => Promise<void>): Promise<void> {
    if (this.#pipelines.current === undefined) throw precondition('No forwarding pipeline config is set yet.');
    const errors = new Map<number, RpcError>();
    // Writes wait while the answer is collected, not while the client takes it.
    const parts = await this.#enqueue(() => this.#collect(patterns, errors));
    const rules = this.#roles.rulesOf(role);
    const within = ({ entity }: Entity) => {
      const id = idOf(entity);
      return id === 0 || covers(rules, id);
    };
    await emitAll(parts, rules === undefined ? emit : (entities) => emit(entities.filter(within)));
    if (errors.size === 0) return;
    const [only] = errors.values();
    if (!this.#options.strict && patterns.length === 1 && only !== undefined) throw only;
    throw new RpcError(
      Code.UNKNOWN,
      `${errors.size} of ${patterns.length} requests failed.`,
      errorDetails(patterns.length, errors),
    );
  }

  async #collect(patterns: readonly Entity[], errors: Map<number, RpcError>): Promise<Found[]> {
    const state = this.#pipelines.current!;
    const target = this.#pipelines.saved === undefined ? this.#target : nothingHappened(state);
    const parts: Found[] = [];
    for (let index = 0; index < patterns.length; index++) {
      try {
        for (const part of await readPattern(state, target, patterns[index]!)) parts.push(part);
      } catch (error) {
        errors.set(index, asRpcError(error));
      }
    }
    return parts;
  }

  // --- pipeline ------------------------------------------------------------------------------------------------------

  /** Does a SetForwardingPipelineConfig. */
  async setPipeline(request: SetForwardingPipelineConfigRequest): Promise<void> {
    this.#authorize(request.role, toBigInt128(request.electionId));
    if (this.#roles.rulesOf(request.role)?.canSetPipeline === false)
      throw denied(`The configuration of role '${request.role}' does not allow setting the pipeline.`);
    await this.#enqueue(async () => {
      try {
        if (await this.#pipelines.set(request.action, request.config)) this.#pipelineChanged();
      } catch (error) {
        throw asRpcError(error);
      }
    });
  }

  /** The config that was set last. */
  get config(): PipelineState['config'] | undefined {
    return this.#pipelines.current?.config;
  }

  #pipelineChanged(): void {
    const state = this.#pipelines.running!;
    const headers = state.program.controllerHeaders;
    this.#packetIn = new ControllerHeaderCodec(headers.find('packet_in'), state.codecs, false);
    this.#packetOut = new ControllerHeaderCodec(headers.find('packet_out'), state.codecs, this.#options.strict);
    for (const digest of this.#digests.values()) digest.clear();
    this.#digests.clear();
    for (const [digestId, config] of state.digests) this.#addDigest(state, digestId, config);
    this.#options.onEvent({ kind: 'pipeline', deviceId: this.deviceId, program: state.program.name });
  }

  #configureDigests(state: PipelineState): void {
    if (state !== this.#pipelines.running) return;
    for (const [digestId, config] of state.digests) {
      const lists = this.#digests.get(digestId);
      if (lists === undefined) this.#addDigest(state, digestId, config);
      else lists.configure(config);
    }
    for (const [digestId, lists] of this.#digests)
      if (!state.digests.has(digestId)) {
        lists.clear();
        this.#digests.delete(digestId);
      }
  }

  #addDigest(state: PipelineState, digestId: number, config: Parameters<DigestLists['configure']>[0]): void {
    const info = state.program.digests.byId(digestId)!;
    const send = (value: Parameters<ConstructorParameters<typeof DigestLists>[3]>[0]) =>
      this.#toPrimaries({ case: 'digest', value }, (rules) => covers(rules, digestId));
    this.#digests.set(digestId, new DigestLists(info, config, this.#options.timers, send, this.#options.strict));
  }

  // --- streams -------------------------------------------------------------------------------------------------------

  /** Sends to the primary of every role whose rules admit it; `false` if there is none, or none could take it. */
  #toPrimaries(update: StreamResponse['update'], isFor: (rules: RoleRules | undefined) => boolean): boolean {
    let sent = false;
    for (const [role, { primary }] of this.#roles) {
      if (primary !== undefined && isFor(this.#roles.rulesOf(role)))
        sent = primary.outbox.send({ $typeName: 'p4.v1.StreamMessageResponse', update }) || sent;
    }
    return sent;
  }

  #switchEvent(event: SwitchEvent): void {
    switch (event.kind) {
      case 'packet-in':
        for (const packet of event.packets) {
          const unpacked = this.#packetIn?.unpack(packet);
          if (unpacked === undefined) continue;
          const value = { $typeName: 'p4.v1.PacketIn' as const, ...unpacked };
          this.#toPrimaries({ case: 'packet', value }, (rules) => receives(rules, value.metadata));
        }
        break;
      case 'digest':
        this.#digests.get(event.digestId)?.add(event.samples);
        break;
      case 'idle':
        this.#idle(event.tableId, event.slots);
        break;
      case 'port-status':
        this.#options.onEvent({ ...event, deviceId: this.deviceId });
        break;
    }
  }

  #idle(tableId: number, slots: readonly number[]): void {
    const table = this.#pipelines.running?.tables.get(tableId);
    if (table === undefined) return;
    const tableEntry = slots.flatMap((slot) => {
      const entry = table.bySlot(slot);
      if (entry === undefined || entry.extra.idleTimeoutNs === 0n) return [];
      const { metadata, controllerMetadata, idleTimeoutNs } = entry.extra;
      return [{ ...keyMessage(table, entry), metadata, controllerMetadata, idleTimeoutNs }];
    });
    if (tableEntry.length === 0) return;
    const timestamp = BigInt(Math.round(this.#options.timers.nowMs() * 1000)) * 1000n;
    const value = { $typeName: 'p4.v1.IdleTimeoutNotification' as const, tableEntry, timestamp };
    this.#toPrimaries({ case: 'idleTimeoutNotification', value }, (rules) => covers(rules, tableId));
  }

  /**
   * A controller's first arbitration message on a stream.
   *
   * @returns the stream's further handling
   * @throws RpcError; the stream must end with it
   */
  join(first: MasterArbitrationUpdate, sink: StreamSink): DeviceStream {
    if (this.#streams >= this.#options.maximumStreams)
      throw exhausted(`There are ${this.#streams} streams already, and no more are allowed.`);
    const role = first.role?.name ?? '';
    const arbitration = this.#roles.open(role);
    const controller: Controller = { outbox: new Outbox(sink), role };
    const { deviceId } = this;
    this.#announce(arbitration, this.#arbitrate(arbitration, controller, first));
    this.#streams++;
    let isOpen = true;
    return {
      message: (message) => {
        if (message.update.case !== 'arbitration') {
          this.#streamMessage(controller, arbitration, message);
          return;
        }
        const { value } = message.update;
        if (value.deviceId !== deviceId) throw precondition('The device id of a stream cannot change.');
        if ((value.role?.name ?? '') !== role)
          throw precondition('The role of a stream cannot change; open another one.');
        this.#announce(arbitration, this.#arbitrate(arbitration, controller, value));
      },
      end: (error) => controller.outbox.end(error),
      closed: () => {
        if (!isOpen) return;
        isOpen = false;
        this.#streams--;
        this.#announce(arbitration, arbitration.leave(controller));
      },
    };
  }

  #arbitrate(arbitration: RoleArbitration<Controller>, controller: Controller, message: MasterArbitrationUpdate) {
    let electionId = toBigInt128(message.electionId);
    // BMv2 takes an unset election id for 0, and makes such a client primary if it is alone.
    if (electionId === undefined && !this.#options.strict && arbitration.size === 0 && controller.role === '')
      electionId = 0n;
    this.#roles.adopt(controller.role, message.role?.config);
    const before = arbitration.primary;
    const notices = arbitration.update(controller, electionId, message.role?.config);
    if (arbitration.primary !== before) for (const digest of this.#digests.values()) digest.clear();
    return notices;
  }

  /** Tells backups at once, the new primary when the writes of its predecessor are done. */
  #announce(arbitration: RoleArbitration<Controller>, notices: readonly ArbitrationNotice<Controller>[]): void {
    for (const notice of notices) {
      if (notice.code !== Code.OK || this.#queued === 0) this.#notify(notice);
      else
        void this.#queue.then(() => {
          if (arbitration.primary === notice.to) this.#notify(notice);
        });
    }
  }

  #notify({ to, code, message, electionId, roleConfig }: ArbitrationNotice<Controller>): void {
    to.outbox.send({
      $typeName: 'p4.v1.StreamMessageResponse',
      update: {
        case: 'arbitration',
        value: {
          $typeName: 'p4.v1.MasterArbitrationUpdate',
          deviceId: this.deviceId,
          role:
            to.role === '' && roleConfig === undefined
              ? undefined
              : { $typeName: 'p4.v1.Role', id: 0n, name: to.role, config: roleConfig },
          electionId:
            electionId === undefined
              ? undefined
              : { $typeName: 'p4.v1.Uint128', high: electionId >> 64n, low: BigInt.asUintN(64, electionId) },
          status: { $typeName: 'google.rpc.Status', code, message, details: [] },
        },
      },
    });
  }

  #streamMessage(
    controller: Controller,
    arbitration: RoleArbitration<Controller>,
    message: StreamMessageRequest,
  ): void {
    const { update } = message;
    try {
      if (update.case === 'packet') {
        if (arbitration.primary !== controller) throw denied('Only the primary may send packets.');
        this.#sendPacket(update.value);
      } else if (update.case === 'digestAck') {
        if (arbitration.primary !== controller) throw denied('Only the primary may acknowledge digests.');
        this.#acknowledge(update.value);
      } else if (update.case === undefined) throw invalid('The message is empty.');
      else throw new RpcError(Code.UNIMPLEMENTED, 'Messages of other architectures are not supported.');
    } catch (error) {
      controller.outbox.send(streamError(asRpcError(error), update));
    }
  }

  #sendPacket(packet: PacketOut): void {
    if (this.#packetOut === undefined) throw precondition('No forwarding pipeline config is set yet.');
    this.#target.packetOut([this.#packetOut.pack(packet.payload, packet.metadata)]);
  }

  #acknowledge(ack: DigestListAck): void {
    if (this.#pipelines.running?.program.digests.byId(ack.digestId) === undefined)
      throw invalid(`There is no digest with id ${ack.digestId} in the running program.`);
    this.#digests.get(ack.digestId)?.acknowledge(ack.listId);
  }
}

/** A stream that has joined a device. */
export interface DeviceStream {
  /** @throws RpcError; the stream must end with it */
  message(message: StreamMessageRequest): void;
  end(error: RpcError | undefined): void;
  /** The client has gone. */
  closed(): void;
}
