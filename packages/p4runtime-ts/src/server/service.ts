/**
 * The P4Runtime service apart from any carrier: finds the device, and turns requests into its calls. gRPC
 * (`grpc-server.ts`) and the in-process connection (`transport/in-process.ts`) both stand on it.
 */
import type {
  CapabilitiesRequest,
  CapabilitiesResponse,
  Entity,
  ForwardingPipelineConfig,
  GetForwardingPipelineConfigRequest,
  GetForwardingPipelineConfigResponse,
  ReadRequest,
  SetForwardingPipelineConfigRequest,
  StreamMessageRequest,
} from '../gen/p4/v1/p4runtime_pb.ts';
import { GetForwardingPipelineConfigRequest_ResponseType as ResponseType } from '../gen/p4/v1/p4runtime_pb.ts';
import { systemTimers, type Timers } from '../timers.ts';
import { Code, RpcError } from '../transport/rpc-error.ts';
import type { WriteCall } from '../wire/write-request.ts';
import { Device, type DeviceEvent, type DeviceStream } from './device.ts';
import { asRpcError, invalid, notFound, precondition } from './refusals.ts';
import type { StreamSink } from './stream/outbox.ts';
import type { Switch } from './switch.ts';
import type { Translations } from './translation.ts';

/** The version of P4Runtime that the server speaks. */
export const apiVersion = '1.5.0';

/** What a service is made of. */
export interface ServiceOptions {
  /** The devices behind this service. Old clients use device 0, which the specification forbids. */
  readonly devices: readonly { readonly deviceId: bigint | number; readonly target: Switch }[];
  /**
   * Follow the specification to the letter. Without it (the default), what scripts written for BMv2 rely on is
   * tolerated: device id 0, writes and pipelines without a stream or election id, an unset election id as 0, empty byte
   * strings as 0, packet-outs without metadata, groups without max_size. A read of one pattern that fails ends with its
   * own code, not with UNKNOWN and details.
   */
  readonly strict?: boolean;
  /** What translated types (`@p4runtime_translation`) mean. */
  readonly translations?: Translations;
  /** Streams per device; 64 by default. */
  readonly maximumStreams?: number;
  readonly timers?: Timers;
  readonly onEvent?: (event: DeviceEvent) => void;
}

/** The server's end of a stream, for carriers. */
export interface ServerStream {
  message(message: StreamMessageRequest): void;
  closed(): void;
}

/** The six calls. All reject with RpcErrors. */
export class P4RuntimeService {
  readonly #devices = new Map<bigint, Device>();

  constructor(options: ServiceOptions) {
    for (const { deviceId, target } of options.devices) {
      const id = BigInt(deviceId);
      if (id === 0n && options.strict)
        throw new RangeError('Device id 0 is not allowed by the specification (strict).');
      if (this.#devices.has(id)) throw new RangeError(`There are two devices with id ${id}.`);
      this.#devices.set(
        id,
        new Device({
          deviceId: id,
          target,
          strict: options.strict ?? false,
          translations: options.translations ?? {},
          maximumStreams: options.maximumStreams ?? 64,
          timers: options.timers ?? systemTimers,
          onEvent: options.onEvent ?? (() => {}),
        }),
      );
    }
  }

  #device(deviceId: bigint): Device {
    const device = this.#devices.get(deviceId);
    if (device !== undefined) return device;
    throw notFound(`There is no device with id ${deviceId}; there is ${[...this.#devices.keys()].join(', ')}.`);
  }

  /** Write. */
  async write(request: WriteCall): Promise<void> {
    await this.#device(request.deviceId).write(request);
  }

  /** Read; `emit` takes the entities of one response message and resolves when there is room for the next. */
  async read(request: ReadRequest, emit: (entities: Entity[]) => Promise<void>): Promise<void> {
    await this.#device(request.deviceId).read(request.role, request.entities, emit);
  }

  /** SetForwardingPipelineConfig. */
  async setForwardingPipelineConfig(request: SetForwardingPipelineConfigRequest): Promise<void> {
    await this.#device(request.deviceId).setPipeline(request);
  }

  /** GetForwardingPipelineConfig. */
  async getForwardingPipelineConfig(
    request: GetForwardingPipelineConfigRequest,
  ): Promise<GetForwardingPipelineConfigResponse> {
    const { config } = this.#device(request.deviceId);
    return {
      $typeName: 'p4.v1.GetForwardingPipelineConfigResponse',
      config: config === undefined ? undefined : part(config, request.responseType),
    };
  }

  /** Capabilities. */
  async capabilities(request: CapabilitiesRequest): Promise<CapabilitiesResponse> {
    // Clients of earlier versions leave the device id unset.
    if (request.deviceId !== 0n) this.#device(request.deviceId);
    return { $typeName: 'p4.v1.CapabilitiesResponse', p4runtimeApiVersion: apiVersion, experimental: undefined };
  }

  /** StreamChannel: the first message must be an arbitration update, which finds the device. */
  openStream(sink: StreamSink): ServerStream {
    let stream: DeviceStream | undefined;
    let isOver = false;
    const fail = (error: RpcError) => {
      isOver = true;
      if (stream === undefined) sink.end(error);
      else {
        stream.end(error);
        stream.closed();
      }
    };
    return {
      message: (message) => {
        if (isOver) return;
        try {
          if (stream !== undefined) stream.message(message);
          else if (message.update.case === 'arbitration')
            stream = this.#device(message.update.value.deviceId).join(message.update.value, sink);
          else if (message.update.case === undefined) throw invalid('The message is empty.');
          else throw precondition('The first message on a stream must be an arbitration update.');
        } catch (error) {
          fail(asRpcError(error));
        }
      },
      closed: () => {
        isOver = true;
        stream?.closed();
      },
    };
  }

  /** Stops listening to the switches. */
  close(): void {
    for (const device of this.#devices.values()) device.close();
  }
}

function part(config: ForwardingPipelineConfig, type: ResponseType): ForwardingPipelineConfig {
  const { cookie } = config;
  const empty = { $typeName: 'p4.v1.ForwardingPipelineConfig' as const, cookie, p4DeviceConfig: new Uint8Array(0) };
  switch (type) {
    case ResponseType.ALL:
      return config;
    case ResponseType.COOKIE_ONLY:
      return empty;
    case ResponseType.P4INFO_AND_COOKIE:
      return { ...empty, p4info: config.p4info };
    case ResponseType.DEVICE_CONFIG_AND_COOKIE:
      return { ...empty, p4DeviceConfig: config.p4DeviceConfig };
    default:
      throw new RpcError(Code.INVALID_ARGUMENT, `The response type ${type} is unknown.`);
  }
}
