/**
 * How messages get to a P4Runtime server and back: what the client needs, whatever carries it.
 *
 * Two carriers exist: gRPC (`grpc-transport.ts`) and a direct connection to a server in the same process
 * (`in-process.ts`), which needs no port and makes tests quick.
 */
import type {
  CapabilitiesRequest,
  CapabilitiesResponse,
  GetForwardingPipelineConfigRequest,
  GetForwardingPipelineConfigResponse,
  ReadRequest,
  ReadResponse,
  SetForwardingPipelineConfigRequest,
  SetForwardingPipelineConfigResponse,
  StreamMessageRequest,
  WriteRequest,
  WriteResponse,
} from '../gen/p4/v1/p4runtime_pb.ts';
import type { StreamResponse } from '../wire/digest-list.ts';
import type { RpcError } from './rpc-error.ts';

/** Limits of one call. */
export interface CallOptions {
  /** The call fails with DEADLINE_EXCEEDED after this long; `undefined`: never. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** The six calls of P4Runtime. All failures are RpcErrors. */
export interface Transport {
  write(request: WriteRequest, options: CallOptions): Promise<WriteResponse>;
  read(request: ReadRequest, options: CallOptions): AsyncIterable<ReadResponse>;
  setForwardingPipelineConfig(
    request: SetForwardingPipelineConfigRequest,
    options: CallOptions,
  ): Promise<SetForwardingPipelineConfigResponse>;
  getForwardingPipelineConfig(
    request: GetForwardingPipelineConfigRequest,
    options: CallOptions,
  ): Promise<GetForwardingPipelineConfigResponse>;
  capabilities(request: CapabilitiesRequest, options: CallOptions): Promise<CapabilitiesResponse>;
  /** Opens a stream. `listener` hears messages, then exactly one close; nothing after that. */
  openStream(listener: StreamListener): StreamHandle;
  /** Ends everything. */
  close(): void;
}

/** What the client hears from its stream. */
export interface StreamListener {
  message(message: StreamResponse): void;
  /** The stream is over: by the server with an error, or with none. */
  closed(error: RpcError | undefined): void;
}

/** The client's end of a stream. */
export interface StreamHandle {
  /** Sends a message; `false`: its buffer is full, better wait for `drained`. After the close it does nothing. */
  send(message: StreamMessageRequest): boolean;
  /** Resolves when the buffer has room (or the stream is over). */
  drained(): Promise<void>;
  /** Closes the stream from this side. */
  close(): void;
}
