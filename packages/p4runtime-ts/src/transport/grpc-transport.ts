/**
 * The client's calls over gRPC (grpc-js), in the clear or by TLS, with a client certificate where asked.
 */
import * as grpc from '@grpc/grpc-js';
import type { ReadResponse, StreamMessageRequest } from '../gen/p4/v1/p4runtime_pb.ts';
import { type StreamResponse, streamResponseFromBytes } from '../wire/digest-list.ts';
import { type RpcError, unpackError } from './rpc-error.ts';
import { detailsTrailer, maximumMessageBytes, p4runtimeMethods } from './service.ts';
import type { CallOptions, StreamHandle, StreamListener, Transport } from './transport.ts';

/** Certificates in PEM. */
export interface ClientTlsOptions {
  /** Who signed the server's certificate; the system's authorities by default. */
  readonly ca?: Uint8Array;
  /** This client's certificate and key, where the server asks for one (mutual TLS). */
  readonly cert?: Uint8Array;
  readonly key?: Uint8Array;
  /** The name in the server's certificate, where it is not the address. */
  readonly serverName?: string;
}

function buffer(bytes: Uint8Array | undefined): Buffer | null {
  return bytes === undefined ? null : Buffer.from(bytes);
}

/**
 * grpc-js wraps the system's reason in a history of the channel, part of which is often empty; the reason is what
 * helps.
 */
function plainReason(details: string): string {
  return /Last error: (?:Error: )?(.+?)\. Resolution note:/.exec(details)?.[1] ?? details;
}

function convert(error: grpc.ServiceError | grpc.StatusObject): RpcError {
  const trailer = error.metadata?.get(detailsTrailer)[0];
  return unpackError(error.code, plainReason(error.details), trailer instanceof Buffer ? trailer : undefined);
}

function callOptions(options: CallOptions): grpc.CallOptions {
  return options.timeoutMs === undefined ? {} : { deadline: Date.now() + options.timeoutMs };
}

/** Pauses between attempts to connect, which grow from the first to the longest. */
export interface ConnectPauses {
  readonly firstMs: number;
  readonly longestMs: number;
}

const PAUSES: ConnectPauses = { firstMs: 50, longestMs: 1000 };

/** Connects lazily: the first call opens the connection. */
export function grpcTransport(
  address: string,
  tls?: ClientTlsOptions,
  { firstMs, longestMs }: ConnectPauses = PAUSES,
): Transport {
  const credentials =
    tls === undefined
      ? grpc.credentials.createInsecure()
      : grpc.credentials.createSsl(buffer(tls.ca), buffer(tls.key), buffer(tls.cert));
  const client = new grpc.Client(address, credentials, {
    'grpc.max_receive_message_length': maximumMessageBytes,
    'grpc.max_send_message_length': maximumMessageBytes,
    'grpc.initial_reconnect_backoff_ms': firstMs,
    'grpc.max_reconnect_backoff_ms': longestMs,
    // grpc-js keeps what a stream has sent for a second attempt, and copies that list with each message that leaves.
    // There is none: sessions begin anew by themselves. Without the list, `drained` waits for the connection, not for
    // its first megabyte.
    'grpc.per_rpc_retry_buffer_size': 0,
    // A channel of its own: a dead switch must not slow down the channel of a living one, nor share its backoff.
    'grpc.use_local_subchannel_pool': 1,
    ...(tls?.serverName === undefined ? {} : { 'grpc.ssl_target_name_override': tls.serverName }),
  });

  function unary<Request, Response>(
    method: grpc.MethodDefinition<Request, Response>,
  ): (request: Request, options: CallOptions) => Promise<Response> {
    return (request, options) =>
      new Promise((resolve, reject) => {
        const call = client.makeUnaryRequest(
          method.path,
          method.requestSerialize,
          method.responseDeserialize,
          request,
          callOptions(options),
          (error, response) => {
            options.signal?.removeEventListener('abort', cancel);
            if (error !== null) reject(convert(error));
            else resolve(response as Response);
          },
        );
        const cancel = () => call.cancel();
        if (options.signal?.aborted) cancel();
        else options.signal?.addEventListener('abort', cancel, { once: true });
      });
  }

  return {
    write: unary(p4runtimeMethods.write),
    setForwardingPipelineConfig: unary(p4runtimeMethods.setForwardingPipelineConfig),
    getForwardingPipelineConfig: unary(p4runtimeMethods.getForwardingPipelineConfig),
    capabilities: unary(p4runtimeMethods.capabilities),
    async *read(request, options): AsyncGenerator<ReadResponse> {
      const method = p4runtimeMethods.read;
      const call = client.makeServerStreamRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        callOptions(options),
      );
      const cancel = () => call.cancel();
      options.signal?.addEventListener('abort', cancel, { once: true });
      try {
        for await (const response of call) yield response as ReadResponse;
      } catch (error) {
        throw error instanceof Error && 'code' in error ? convert(error as grpc.ServiceError) : error;
      } finally {
        options.signal?.removeEventListener('abort', cancel);
        call.cancel();
      }
    },
    openStream: (listener) => openStream(client, listener),
    close: () => client.close(),
  };
}

function openStream(client: grpc.Client, listener: StreamListener): StreamHandle {
  const method = p4runtimeMethods.streamChannel;
  const call = client.makeBidiStreamRequest(method.path, method.requestSerialize, streamResponseFromBytes);
  let isClosed = false;
  const closed = (error: RpcError | undefined) => {
    if (isClosed) return;
    isClosed = true;
    listener.closed(error);
  };
  call.on('data', (message: StreamResponse) => {
    if (!isClosed) listener.message(message);
  });
  call.on('error', (error: grpc.ServiceError) => closed(convert(error)));
  call.on('status', (status: grpc.StatusObject) => closed(status.code === 0 ? undefined : convert(status)));
  return {
    send(message: StreamMessageRequest) {
      return isClosed ? true : call.write(message);
    },
    drained() {
      if (isClosed || !call.writableNeedDrain) return Promise.resolve();
      return new Promise((resolve) => {
        call.once('drain', resolve);
        call.once('close', resolve);
      });
    },
    close() {
      if (isClosed) return;
      isClosed = true;
      call.end();
      call.cancel();
    },
  };
}
