/**
 * The client's calls over gRPC, in the clear or by TLS, with a client certificate where asked: P4Runtime's methods on an HTTP/2 connection.
 */

import { Code } from '../gen/google/rpc/code_pb.ts';
import type { ReadResponse, StreamMessageRequest } from '../gen/p4/v1/p4runtime_pb.ts';
import { type ClientTlsOptions, Http2Channel } from './http2-channel.ts';
import { RpcError } from './rpc-error.ts';
import { p4runtimeMethods } from './service.ts';
import type { CallOptions, StreamHandle, StreamListener, Transport } from './transport.ts';

export type { ClientTlsOptions } from './http2-channel.ts';

/** What is needed of a method: where it is and how its messages are written and read. */
interface Method<Request, Response> {
  readonly path: string;
  readonly requestSerialize: (request: Request) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => Response;
}

/** Responses of a Read that may wait for who asked. */
const READ_AHEAD = 64;

/** Connects lazily: the first call opens the connection, and the first one after a loss opens another. */
export function grpcTransport(address: string, tls?: ClientTlsOptions): Transport {
  const channel = new Http2Channel(address, tls);
  const unary =
    <Request, Response>(method: Method<Request, Response>) =>
    (request: Request, options: CallOptions): Promise<Response> =>
      callOnce(channel, method, request, options);
  return {
    write: unary(p4runtimeMethods.write),
    setForwardingPipelineConfig: unary(p4runtimeMethods.setForwardingPipelineConfig),
    getForwardingPipelineConfig: unary(p4runtimeMethods.getForwardingPipelineConfig),
    capabilities: unary(p4runtimeMethods.capabilities),
    read: (request, options) => callForMany(channel, p4runtimeMethods.read, request, options),
    openStream: (listener) => openStream(channel, listener),
    close: () => channel.close(),
  };
}

function callOnce<Request, Response>(
  channel: Http2Channel,
  method: Method<Request, Response>,
  request: Request,
  { timeoutMs, signal }: CallOptions,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    let response: Buffer | undefined;
    const call = channel.call(method.path, timeoutMs, {
      message: (bytes) => {
        response = bytes;
      },
      end: (error) => {
        signal?.removeEventListener('abort', cancel);
        if (error !== undefined) reject(error);
        else if (response === undefined) reject(new RpcError(Code.INTERNAL, 'the switch sent no answer'));
        else {
          try {
            resolve(method.responseDeserialize(response));
          } catch (thrown) {
            reject(new RpcError(Code.INTERNAL, `the answer cannot be read: ${thrown}`));
          }
        }
      },
    });
    const cancel = () => call.cancel();
    if (signal?.aborted) {
      cancel();
      return;
    }
    signal?.addEventListener('abort', cancel, { once: true });
    call.send(method.requestSerialize(request));
    call.end();
  });
}

async function* callForMany<Request>(
  channel: Http2Channel,
  method: Method<Request, ReadResponse>,
  request: Request,
  { timeoutMs, signal }: CallOptions,
): AsyncGenerator<ReadResponse> {
  const waiting: Buffer[] = [];
  let over = false;
  let failure: RpcError | undefined;
  let wake = () => {};
  const call = channel.call(method.path, timeoutMs, {
    message: (bytes) => {
      waiting.push(bytes);
      // Whoever reads slowly holds up the switch, and not our memory.
      if (waiting.length >= READ_AHEAD) call.pause();
      wake();
    },
    end: (error) => {
      over = true;
      failure = error;
      wake();
    },
  });
  const cancel = () => call.cancel();
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    call.send(method.requestSerialize(request));
    call.end();
    if (signal?.aborted) cancel();
    for (;;) {
      const batch = waiting.splice(0);
      call.resume();
      for (const bytes of batch) yield method.responseDeserialize(bytes);
      if (waiting.length > 0) continue;
      if (over) break;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    if (failure !== undefined) throw failure;
  } finally {
    signal?.removeEventListener('abort', cancel);
    if (!over) call.cancel();
  }
}

function openStream(channel: Http2Channel, listener: StreamListener): StreamHandle {
  const method = p4runtimeMethods.streamChannel;
  let isClosed = false;
  const call = channel.call(method.path, undefined, {
    message: (bytes) => {
      if (!isClosed) listener.message(method.responseDeserialize(bytes));
    },
    end: (error) => {
      if (isClosed) return;
      isClosed = true;
      listener.closed(error);
    },
  });
  return {
    send: (message: StreamMessageRequest) => (isClosed ? true : call.send(method.requestSerialize(message))),
    drained: () => (isClosed ? Promise.resolve() : call.drained()),
    close: () => {
      if (isClosed) return;
      isClosed = true;
      call.end();
      call.cancel();
    },
  };
}
