/**
 * A client's connection to a service in the same process: no port, no serialisation, the same behaviour.
 *
 * Messages are handed over as objects; each hop waits for a microtask, so that nobody is called back from inside his
 * own call, as with a network. Meant for tests and for one-process set-ups.
 */
import type { ReadResponse } from '../gen/p4/v1/p4runtime_pb.ts';
import type { P4RuntimeService } from '../server/service.ts';
import { Code, RpcError } from './rpc-error.ts';
import type { CallOptions, StreamHandle, StreamListener, Transport } from './transport.ts';

function aborted({ signal }: CallOptions): void {
  if (signal?.aborted) throw new RpcError(Code.CANCELLED, 'The call was cancelled.');
}

/** Connects to a service. Closing it ends its streams; the service goes on. */
export function inProcessTransport(service: P4RuntimeService): Transport {
  const streams = new Set<() => void>();
  return {
    async write(request, options) {
      aborted(options);
      await service.write(request);
      return { $typeName: 'p4.v1.WriteResponse' };
    },
    async setForwardingPipelineConfig(request, options) {
      aborted(options);
      await service.setForwardingPipelineConfig(request);
      return { $typeName: 'p4.v1.SetForwardingPipelineConfigResponse' };
    },
    async getForwardingPipelineConfig(request, options) {
      aborted(options);
      return service.getForwardingPipelineConfig(request);
    },
    async capabilities(request, options) {
      aborted(options);
      return service.capabilities(request);
    },
    read(request, options) {
      return readAll(service, request, options);
    },
    openStream(listener) {
      const handle = openStream(service, listener);
      streams.add(handle.close);
      return handle;
    },
    close() {
      for (const close of streams) close();
      streams.clear();
    },
  };
}

async function* readAll(
  service: P4RuntimeService,
  request: Parameters<P4RuntimeService['read']>[0],
  options: CallOptions,
): AsyncGenerator<ReadResponse> {
  aborted(options);
  const chunks: ReadResponse[] = [];
  let failure: unknown;
  await service
    .read(request, async (entities) => {
      chunks.push({ $typeName: 'p4.v1.ReadResponse', entities });
    })
    .catch((error: unknown) => {
      failure = error;
    });
  yield* chunks;
  if (failure !== undefined) throw failure;
}

function openStream(service: P4RuntimeService, listener: StreamListener): StreamHandle {
  let isOpen = true;
  const stream = service.openStream({
    send(message) {
      queueMicrotask(() => {
        if (isOpen) listener.message(message);
      });
      return true;
    },
    onDrain() {},
    end(error) {
      queueMicrotask(() => {
        if (!isOpen) return;
        isOpen = false;
        listener.closed(error);
      });
    },
  });
  return {
    send(message) {
      queueMicrotask(() => {
        if (isOpen) stream.message(message);
      });
      return true;
    },
    drained: () => Promise.resolve(),
    close() {
      if (!isOpen) return;
      isOpen = false;
      stream.closed();
    },
  };
}
