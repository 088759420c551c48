/**
 * The P4Runtime service on gRPC (grpc-js), in the clear or by TLS, asking for client certificates where wanted.
 */
import * as grpc from '@grpc/grpc-js';
import type { ReadRequest, ReadResponse, StreamMessageRequest } from '../gen/p4/v1/p4runtime_pb.ts';
import { packDetails } from '../transport/rpc-error.ts';
import { detailsTrailer, maximumMessageBytes, p4runtimeMethods } from '../transport/service.ts';
import { type StreamResponse, streamResponseToBytes } from '../wire/digest-list.ts';
import { writeCallFromBytes } from '../wire/write-request.ts';
import { listen } from './listen.ts';
import { asRpcError } from './refusals.ts';
import { P4RuntimeService, type ServiceOptions } from './service.ts';

/** Certificates in PEM. */
export interface ServerTlsOptions {
  readonly cert: Uint8Array;
  readonly key: Uint8Array;
  /** Who signs client certificates. */
  readonly ca?: Uint8Array;
  /** Refuse clients without a certificate signed by `ca` (mutual TLS). */
  readonly requireClientCertificate?: boolean;
}

/** How to serve. */
export interface ServerOptions extends ServiceOptions {
  /** `host:port` (port 0: any free one) or `unix:path`. */
  readonly address: string;
  readonly tls?: ServerTlsOptions;
}

/** The call failed: the error as grpc-js wants it. */
function status(error: unknown): Partial<grpc.StatusObject> & { code: grpc.status; details: string } {
  const failure = asRpcError(error);
  const metadata = new grpc.Metadata();
  const details = packDetails(failure);
  if (details !== undefined) metadata.set(detailsTrailer, details);
  return { code: failure.code as number as grpc.status, details: failure.reason, metadata };
}

function unary<Request, Response>(
  handle: (request: Request) => Promise<Response>,
): grpc.handleUnaryCall<Request, Response> {
  return (call, callback) => {
    handle(call.request).then(
      (response) => callback(null, response),
      (error: unknown) => callback(status(error)),
    );
  };
}

/** A running server. Made by `P4RuntimeServer.start`. */
export class P4RuntimeServer {
  readonly service: P4RuntimeService;
  readonly #server: grpc.Server;
  /** Where it listens: as given, with the real port. */
  readonly address: string;

  private constructor(service: P4RuntimeService, server: grpc.Server, address: string) {
    this.service = service;
    this.#server = server;
    this.address = address;
  }

  /**
   * Begins to serve.
   *
   * @throws Error when the address cannot be had (in use, not permitted)
   */
  static async start(options: ServerOptions): Promise<P4RuntimeServer> {
    const service = new P4RuntimeService(options);
    const server = new grpc.Server({
      'grpc.max_receive_message_length': maximumMessageBytes,
      'grpc.max_send_message_length': maximumMessageBytes,
      // A client whose machine vanished without a word must not stay primary for ever.
      'grpc.keepalive_time_ms': 10_000,
      'grpc.keepalive_timeout_ms': 10_000,
    });
    const methods = {
      ...p4runtimeMethods,
      write: { ...p4runtimeMethods.write, requestDeserialize: writeCallFromBytes },
      streamChannel: { ...p4runtimeMethods.streamChannel, responseSerialize: streamResponseToBytes },
    };
    server.addService(methods, {
      write: unary(async (request: Parameters<P4RuntimeService['write']>[0]) => {
        await service.write(request);
        return { $typeName: 'p4.v1.WriteResponse' as const };
      }),
      setForwardingPipelineConfig: unary(
        async (request: Parameters<P4RuntimeService['setForwardingPipelineConfig']>[0]) => {
          await service.setForwardingPipelineConfig(request);
          return { $typeName: 'p4.v1.SetForwardingPipelineConfigResponse' as const };
        },
      ),
      getForwardingPipelineConfig: unary((request: Parameters<P4RuntimeService['getForwardingPipelineConfig']>[0]) =>
        service.getForwardingPipelineConfig(request),
      ),
      capabilities: unary((request: Parameters<P4RuntimeService['capabilities']>[0]) => service.capabilities(request)),
      read: (call: grpc.ServerWritableStream<ReadRequest, ReadResponse>) => void read(service, call),
      streamChannel: (call: grpc.ServerDuplexStream<StreamMessageRequest, StreamResponse>) =>
        streamChannel(service, call),
    });
    const { tls } = options;
    const credentials =
      tls === undefined
        ? grpc.ServerCredentials.createInsecure()
        : grpc.ServerCredentials.createSsl(
            tls.ca === undefined ? null : Buffer.from(tls.ca),
            [{ private_key: Buffer.from(tls.key), cert_chain: Buffer.from(tls.cert) }],
            tls.requireClientCertificate ?? false,
          );
    const address = await listen(server, options.address, credentials);
    return new P4RuntimeServer(service, server, address);
  }

  /** Stops serving at once: open calls and streams end. */
  close(): void {
    this.service.close();
    this.#server.forceShutdown();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

async function read(
  service: P4RuntimeService,
  call: grpc.ServerWritableStream<ReadRequest, ReadResponse>,
): Promise<void> {
  // One set of listeners for the whole call, whoever waits just now.
  let wake = () => {};
  for (const event of ['drain', 'cancelled', 'close']) call.on(event, () => wake());
  try {
    await service.read(call.request, (entities) => {
      if (call.cancelled || call.write({ $typeName: 'p4.v1.ReadResponse', entities })) return Promise.resolve();
      return new Promise((resolve) => {
        wake = resolve;
      });
    });
    call.end();
  } catch (error) {
    call.emit('error', status(error));
  }
}

function streamChannel(
  service: P4RuntimeService,
  call: grpc.ServerDuplexStream<StreamMessageRequest, StreamResponse>,
): void {
  const stream = service.openStream({
    send: (message) => call.write(message),
    onDrain: (callback) => call.on('drain', callback),
    end: (error) => {
      if (error === undefined) call.end();
      else call.emit('error', status(error));
    },
  });
  call.on('data', (message: StreamMessageRequest) => stream.message(message));
  call.on('end', () => {
    stream.closed();
    call.end();
  });
  call.on('cancelled', () => stream.closed());
  call.on('close', () => stream.closed());
  call.on('error', () => stream.closed());
}
