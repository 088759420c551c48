/**
 * One controller, speaking P4Runtime message by message: nothing is checked, completed or repeated on this side, so
 * that a test can send what a well-behaved client would not. What arrives on the stream waits until it is asked for.
 */
import {
  codeName,
  grpcTransport,
  RpcError,
  type StreamHandle,
  type Transport,
  wholeResponse,
} from '@mooring/p4runtime-ts';
import { create, type MessageInitShape } from '@mooring/p4runtime-ts/p4info';
import {
  CapabilitiesRequestSchema,
  type Entity,
  type EntitySchema,
  type GetForwardingPipelineConfigRequest_ResponseType,
  GetForwardingPipelineConfigRequestSchema,
  ReadRequestSchema,
  type SetForwardingPipelineConfigRequest_Action as SetAction,
  SetForwardingPipelineConfigRequestSchema,
  StreamMessageRequestSchema,
  type StreamMessageResponse,
  type StreamMessageRequestSchema as StreamRequest,
  Update_Type,
  WriteRequest_Atomicity,
  WriteRequestSchema,
} from '@mooring/p4runtime-ts/proto';
import type { CompiledProgram } from './program.ts';
import { DEVICE_ID } from './target.ts';

/** An entity as tests write it: what a message leaves out is unset. */
export type EntityInit = MessageInitShape<typeof EntitySchema>;

type Message = Exclude<StreamMessageResponse['update'], { case: undefined }>;
type Case = Message['case'];
type Content<C extends Case> = Extract<Message, { case: C }>['value'];

/** How long anything may take before it counts as not coming. */
const PATIENCE_MS = 5000;

/** `undefined` after a while instead of waiting for ever. */
export function within<Result>(promise: Promise<Result>, what: string, timeoutMs = PATIENCE_MS): Promise<Result> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${what} did not come within ${timeoutMs} ms`)), timeoutMs);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** How a controller presents itself. */
export interface PeerOptions {
  readonly electionId?: bigint | undefined;
  readonly role?: string;
  readonly deviceId?: bigint;
}

/** See the file's comment. */
export class Peer {
  readonly transport: Transport;
  readonly electionId: bigint | undefined;
  readonly role: string;
  readonly deviceId: bigint;
  #stream: StreamHandle | undefined;
  readonly #received: Message[] = [];
  #wake: () => void = () => {};
  /** Resolves when the stream is over, with the error it ended with. */
  closed: Promise<RpcError | undefined> = Promise.resolve(undefined);

  constructor(address: string, options: PeerOptions = {}) {
    this.transport = grpcTransport(address);
    this.electionId = options.electionId;
    this.role = options.role ?? '';
    this.deviceId = options.deviceId ?? DEVICE_ID;
  }

  #election(electionId = this.electionId) {
    return electionId === undefined ? undefined : { high: electionId >> 64n, low: BigInt.asUintN(64, electionId) };
  }

  /** Opens a stream without saying anything on it. */
  openStream(): void {
    this.closed = new Promise((resolve) => {
      this.#stream = this.transport.openStream({
        message: (response) => {
          const { update } = wholeResponse(response);
          if (update.case !== undefined) this.#received.push(update);
          this.#wake();
        },
        closed: resolve,
      });
    });
  }

  /** Sends a message on the stream. */
  send(update: MessageInitShape<typeof StreamRequest>['update']): void {
    this.#stream!.send(create(StreamMessageRequestSchema, update === undefined ? {} : { update }));
  }

  /** Says who this controller is; opens the stream if there is none. */
  arbitrate(electionId = this.electionId, deviceId = this.deviceId, roleConfig?: MessageRoleConfig): void {
    if (this.#stream === undefined) this.openStream();
    const role = this.role === '' && roleConfig === undefined ? undefined : { name: this.role, config: roleConfig };
    this.send({ case: 'arbitration', value: { deviceId, electionId: this.#election(electionId), role } });
  }

  /** The next message of a kind, waiting for it if need be; others stay where they are. */
  async next<C extends Case>(kind: C, timeoutMs = PATIENCE_MS): Promise<Content<C>> {
    const found = async (): Promise<Content<C>> => {
      for (;;) {
        const at = this.#received.findIndex((each) => each.case === kind);
        if (at >= 0) return this.#received.splice(at, 1)[0]!.value as Content<C>;
        await new Promise<void>((resolve) => {
          const before = this.#wake;
          this.#wake = () => {
            before();
            resolve();
          };
        });
      }
    };
    return within(found(), `a message '${kind}'`, timeoutMs);
  }

  /** Messages of a kind that have come and were not asked for. */
  pending(kind: Case): number {
    return this.#received.filter((each) => each.case === kind).length;
  }

  /** Ends the stream from this side. */
  closeStream(): void {
    this.#stream?.close();
    this.#stream = undefined;
  }

  close(): void {
    this.closeStream();
    this.transport.close();
  }

  // --- calls ---------------------------------------------------------------------------------------------------------

  /** Sets the pipeline; `undefined` for a request without config. */
  async setPipeline(
    action: SetAction,
    config: Partial<CompiledProgram> | undefined,
    options: { readonly cookie?: bigint; readonly electionId?: bigint | undefined } = {},
  ): Promise<void> {
    const { cookie } = options;
    await this.transport.setForwardingPipelineConfig(
      create(SetForwardingPipelineConfigRequestSchema, {
        deviceId: this.deviceId,
        role: this.role,
        electionId: this.#election('electionId' in options ? options.electionId : this.electionId),
        action,
        ...(config === undefined
          ? {}
          : {
              config: {
                ...(config.p4info === undefined ? {} : { p4info: config.p4info }),
                p4DeviceConfig: new Uint8Array(config.deviceConfig ?? []),
                ...(cookie === undefined ? {} : { cookie: { cookie } }),
              },
            }),
      }),
      { timeoutMs: 10_000 },
    );
  }

  async getPipeline(responseType: GetForwardingPipelineConfigRequest_ResponseType) {
    const { deviceId } = this;
    const request = create(GetForwardingPipelineConfigRequestSchema, { deviceId, responseType });
    return (await this.transport.getForwardingPipelineConfig(request, { timeoutMs: 10_000 })).config;
  }

  capabilities() {
    const request = create(CapabilitiesRequestSchema, { deviceId: this.deviceId });
    return this.transport.capabilities(request, { timeoutMs: 10_000 });
  }

  /** Does a Write with updates of all kinds. */
  async write(
    updates: readonly (readonly [type: 'insert' | 'modify' | 'delete' | 'unset', entity: EntityInit])[],
    atomicity = WriteRequest_Atomicity.CONTINUE_ON_ERROR,
  ): Promise<void> {
    await this.transport.write(
      create(WriteRequestSchema, {
        deviceId: this.deviceId,
        role: this.role,
        electionId: this.#election(),
        atomicity,
        updates: updates.map(([type, entity]) => ({ type: UPDATE_TYPES[type], entity })),
      }),
      { timeoutMs: 10_000 },
    );
  }

  insert(...entities: readonly EntityInit[]): Promise<void> {
    return this.write(entities.map((entity) => ['insert', entity] as const));
  }

  modify(...entities: readonly EntityInit[]): Promise<void> {
    return this.write(entities.map((entity) => ['modify', entity] as const));
  }

  delete(...entities: readonly EntityInit[]): Promise<void> {
    return this.write(entities.map((entity) => ['delete', entity] as const));
  }

  /** Reads; all answers together. */
  async read(...entities: readonly EntityInit[]): Promise<Entity[]> {
    const request = create(ReadRequestSchema, { deviceId: this.deviceId, role: this.role, entities: [...entities] });
    const result: Entity[] = [];
    for await (const response of this.transport.read(request, { timeoutMs: 10_000 })) result.push(...response.entities);
    return result;
  }
}

type MessageRoleConfig = { readonly typeUrl: string; readonly value: Uint8Array };

const UPDATE_TYPES = {
  unset: Update_Type.UNSPECIFIED,
  insert: Update_Type.INSERT,
  modify: Update_Type.MODIFY,
  delete: Update_Type.DELETE,
};

/**
 * The code a call ended with, by name. Where the error says how each update went, it is the first update's that is not
 * OK: the call as a whole then is UNKNOWN, which says nothing.
 */
export async function codeOf(call: Promise<unknown>): Promise<string> {
  const codes = await codesOf(call);
  return codes.find((code) => code !== 'OK') ?? 'OK';
}

/** The codes of each update of a failed Write; the code of the whole where there are no details. */
export async function codesOf(call: Promise<unknown>): Promise<string[]> {
  try {
    await call;
    return ['OK'];
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    if (error.updateErrors.length === 0) return [codeName(error.code)];
    return error.updateErrors.map(({ canonicalCode }) => codeName(canonicalCode));
  }
}
