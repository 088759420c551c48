/**
 * The service p4.bm.DataplaneInterface: packets in and out of a switch by gRPC, as test drivers for BMv2 use it.
 *
 * The switch takes a packet through before `send` returns, so the packets that leave meanwhile are those that it caused
 * and carry its id. Packets for a client that does not read are bounded twice: the client's own packets wait, and what
 * leaves for other reasons is dropped.
 */
import * as grpc from '@grpc/grpc-js';
import {
  type PacketStreamRequest,
  type PacketStreamResponse,
  PortOperStatus,
  type SetPortOperStatusRequest,
  type SetPortOperStatusResponse,
} from '../gen/p4/bm/dataplane_interface_pb.ts';
import { dataplaneMethods } from '../transport/service.ts';
import { listen } from './listen.ts';

/** The ports of a switch in the same process. */
export interface DataplanePorts {
  /** Takes a packet through; calls the listeners of `onFrame` before it returns. */
  send(port: number, packet: Uint8Array): void;
  /** Calls `listener` for each packet that leaves, with bytes it may keep. Returns the way to stop that. */
  onFrame(listener: (port: number, packet: Uint8Array) => void): () => void;
  setPortUp(port: number, up: boolean): void;
}

/** How to serve. */
export interface DataplaneServerOptions {
  /** `host:port` (port 0: any free one) or `unix:path`. */
  readonly address: string;
  readonly deviceId: number | bigint;
  readonly ports: DataplanePorts;
}

/** Ports have 9 bits in v1model. */
const MAX_PORT = 511;

/** Packets waiting for a client that does not read, before further ones are dropped. */
const MAX_WAITING = 16384;

type PacketStream = grpc.ServerDuplexStream<PacketStreamRequest, PacketStreamResponse>;

/** A running server. Made by `DataplaneServer.start`. */
export class DataplaneServer {
  readonly #server: grpc.Server;
  /** Where it listens: as given, with the real port. */
  readonly address: string;

  private constructor(server: grpc.Server, address: string) {
    this.#server = server;
    this.address = address;
  }

  /**
   * Begins to serve, in the clear.
   *
   * @throws Error when the address cannot be had (in use, not permitted)
   */
  static async start(options: DataplaneServerOptions): Promise<DataplaneServer> {
    const server = new grpc.Server();
    const deviceId = BigInt(options.deviceId);
    const { ports } = options;
    let isTaken = false;
    server.addService(dataplaneMethods, {
      packetStream: (stream: PacketStream) => {
        if (isTaken) {
          stream.emit('error', failure(grpc.status.RESOURCE_EXHAUSTED, 'Another client has the packet stream.'));
          return;
        }
        isTaken = true;
        servePackets(stream, deviceId, ports, () => {
          isTaken = false;
        });
      },
      setPortOperStatus: (
        call: grpc.ServerUnaryCall<SetPortOperStatusRequest, SetPortOperStatusResponse>,
        callback: grpc.sendUnaryData<SetPortOperStatusResponse>,
      ) => {
        const refusal = setPortStatus(call.request, deviceId, ports);
        if (refusal === undefined) callback(null, { $typeName: 'p4.bm.SetPortOperStatusResponse' });
        else callback(failure(grpc.status.INVALID_ARGUMENT, refusal));
      },
    });
    return new DataplaneServer(server, await listen(server, options.address, grpc.ServerCredentials.createInsecure()));
  }

  /** Stops serving at once. */
  close(): void {
    this.#server.forceShutdown();
  }
}

function failure(code: grpc.status, details: string) {
  return { code, details, metadata: new grpc.Metadata() };
}

function servePackets(stream: PacketStream, deviceId: bigint, ports: DataplanePorts, free: () => void): void {
  let id = 0n;
  const stop = ports.onFrame((port, packet) => {
    if (stream.writableLength >= MAX_WAITING) return;
    const hasRoom = stream.write({ $typeName: 'p4.bm.PacketStreamResponse', id, deviceId, port, packet });
    if (!hasRoom) stream.pause();
  });
  let isOver = false;
  const over = () => {
    if (isOver) return;
    isOver = true;
    stop();
    free();
  };
  const refuse = (code: grpc.status, details: string) => {
    over();
    stream.emit('error', failure(code, details));
  };
  stream.on('drain', () => stream.resume());
  stream.on('data', (request: PacketStreamRequest) => {
    // Like BMv2: what is for another device, or holds nothing, is passed over.
    if (isOver || request.deviceId !== deviceId || request.packet.length === 0) return;
    if (request.port > MAX_PORT) {
      refuse(grpc.status.INVALID_ARGUMENT, noPort(request.port));
      return;
    }
    id = request.id;
    try {
      ports.send(request.port, request.packet);
    } catch (error) {
      refuse(grpc.status.INTERNAL, error instanceof Error ? error.message : String(error));
    } finally {
      id = 0n;
    }
  });
  stream.on('end', () => {
    over();
    stream.end();
  });
  for (const event of ['cancelled', 'close', 'error']) stream.on(event, over);
}

/** Carries out the request; returns why it cannot be. */
function setPortStatus(request: SetPortOperStatusRequest, deviceId: bigint, ports: DataplanePorts): string | undefined {
  if (request.deviceId !== deviceId) return `There is no device ${request.deviceId}, this is device ${deviceId}.`;
  if (request.port > MAX_PORT) return noPort(request.port);
  switch (request.operStatus) {
    case PortOperStatus.OPER_STATUS_UP:
    case PortOperStatus.OPER_STATUS_DOWN:
      ports.setPortUp(request.port, request.operStatus === PortOperStatus.OPER_STATUS_UP);
      return undefined;
    default:
      return `The status is ${request.operStatus}, expected 1 (down) or 2 (up).`;
  }
}

function noPort(port: number): string {
  return `There is no port ${port}, ports go up to ${MAX_PORT}.`;
}
