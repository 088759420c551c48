/**
 * A client of p4.bm.DataplaneInterface, so that a test drives a switch's ports without network interfaces. It works
 * with BMv2's simple_switch_grpc (`--dp-grpc-server-addr`) as well.
 */
import * as grpc from '@grpc/grpc-js';
import {
  type PacketStreamRequest,
  type PacketStreamResponse,
  PortOperStatus,
  type SetPortOperStatusResponse,
} from '../gen/p4/bm/dataplane_interface_pb.ts';
import { RpcError } from '../transport/rpc-error.ts';
import { dataplaneMethods } from '../transport/service.ts';

/** A packet that left the switch. */
export interface DataplanePacket {
  readonly port: number;
  readonly packet: Uint8Array;
  /** Of the packet that caused it; 0 if it had none. */
  readonly id: bigint;
}

/** A connection with its packet stream. */
export class DataplaneClient {
  readonly #client: grpc.Client;
  readonly #stream: grpc.ClientDuplexStream<PacketStreamRequest, PacketStreamResponse>;
  readonly #deviceId: bigint;

  /** Opens the packet stream of the switch at `address` (`host:port` or `unix:path`). */
  constructor(address: string, deviceId: number | bigint = 0) {
    this.#deviceId = BigInt(deviceId);
    this.#client = new grpc.Client(address, grpc.credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
    const { path, requestSerialize, responseDeserialize } = dataplaneMethods.packetStream;
    this.#stream = this.#client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
    // Told by `packets`; without a reader it is no error of the process.
    this.#stream.on('error', () => {});
  }

  /** Puts a packet in at a port. `id`, if not 0, comes back with the packets it causes. */
  send(port: number, packet: Uint8Array, id: number | bigint = 0): void {
    const deviceId = this.#deviceId;
    this.#stream.write({ $typeName: 'p4.bm.PacketStreamRequest', id: BigInt(id), deviceId, port, packet });
  }

  /** Packets that leave, until the stream ends. To be called once. @throws RpcError when the switch ends the stream */
  async *packets(): AsyncGenerator<DataplanePacket> {
    try {
      for await (const { port, packet, id } of this.#stream as AsyncIterable<PacketStreamResponse>)
        yield { port, packet, id };
    } catch (error) {
      throw convert(error);
    }
  }

  /** No more packets will come in; the switch then ends the stream. */
  end(): void {
    this.#stream.end();
  }

  /** Makes a port go up or down. @throws RpcError */
  async setPortUp(port: number, up: boolean): Promise<void> {
    const { path, requestSerialize, responseDeserialize } = dataplaneMethods.setPortOperStatus;
    const operStatus = up ? PortOperStatus.OPER_STATUS_UP : PortOperStatus.OPER_STATUS_DOWN;
    const deviceId = this.#deviceId;
    await new Promise<SetPortOperStatusResponse | undefined>((resolve, reject) => {
      this.#client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        { $typeName: 'p4.bm.SetPortOperStatusRequest', deviceId, port, operStatus },
        (error, response) => (error === null ? resolve(response) : reject(convert(error))),
      );
    });
  }

  /** Closes the connection. */
  close(): void {
    this.#stream.cancel();
    this.#client.close();
  }
}

function convert(error: unknown): unknown {
  return error instanceof Error && 'code' in error && 'details' in error
    ? new RpcError(error.code as number, String(error.details))
    : error;
}
