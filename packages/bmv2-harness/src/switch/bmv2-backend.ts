/**
 * BMv2 as a switch under test: packets by its data plane service (p4.bm.DataplaneInterface), entries by P4Runtime.
 *
 * `settle` watches the process until it sleeps, which covers orders, digests and packets of the controller. For packets
 * it then uses what BMv2 promises: when a client ends its packet stream, the switch answers only after every packet
 * that came by it is gone, however many still lay in buffers on the way. So the stream is ended and opened anew.
 */
import { DataplaneClient, P4RuntimeClient, RpcError } from '@mooring/p4runtime-ts';
import { type Backend, type BackendOptions, turnEventLoop } from './backend.ts';
import { BMV2_DEVICE_ID, BMV2_VARIABLE, findBmv2, startBmv2Process } from './bmv2-process.ts';
import { untilIdle } from './quiescence.ts';

/** gRPC status of a stream that is asked for before the one before it is put away. */
const RESOURCE_EXHAUSTED = 8;
const UNAVAILABLE = 14;

/**
 * Starts it with the program loaded.
 *
 * @throws Error when it is not installed or does not come up
 */
export async function startBmv2Backend(options: BackendOptions): Promise<Backend> {
  const command = findBmv2();
  if (command === undefined)
    throw new Error(
      `BMv2 is not installed: no simple_switch_grpc on the search path, and ${BMV2_VARIABLE} names none. \`mooring doctor\` says how to get it.`,
    );
  const child = await startBmv2Process(command, options.cpuPort, options.timeoutMs);
  let client: P4RuntimeClient;
  try {
    client = await P4RuntimeClient.connect({ address: child.p4runtimeAddress, deviceId: BMV2_DEVICE_ID });
    await client.setPipeline(options.program);
  } catch (error) {
    await child.close();
    throw new Error(`BMv2 did not take the program: ${(error as Error).message}\n${child.output()}`.trim());
  }
  let stream = new PacketStream(child.dataplaneAddress, options);
  const untilSettled = async () => {
    await turnEventLoop();
    await untilIdle(child.pid, options.timeoutMs);
    await turnEventLoop(4);
  };
  // Without a stream BMv2 throws away what the controller's packets cause, so one is always open.
  await untilSettled();
  const backend: Backend = {
    client,
    send(port, packet, id) {
      stream.send(port, packet, id);
    },
    async settle() {
      await untilSettled();
      if (stream.isUnused) return;
      await stream.finish();
      stream = new PacketStream(child.dataplaneAddress, options);
      await untilSettled();
    },
    async advance(byMs) {
      await new Promise<void>((resolve) => setTimeout(resolve, byMs));
      await backend.settle();
    },
    trace: () => undefined,
    async setPortUp(port, up) {
      const dataplane = new DataplaneClient(child.dataplaneAddress, BMV2_DEVICE_ID);
      try {
        await dataplane.setPortUp(port, up);
      } finally {
        dataplane.close();
      }
    },
    async close() {
      client.close();
      stream.close();
      await child.close();
    },
  };
  return backend;
}

/**
 * A packet stream and what came by it. BMv2 lets one client in at a time, and may not have let go of the last yet: then
 * all is sent again.
 */
class PacketStream {
  readonly #address: string;
  readonly #options: BackendOptions;
  readonly #sent: (readonly [port: number, packet: Uint8Array, id: number])[] = [];
  #dataplane: DataplaneClient;
  #received: Promise<unknown>;

  constructor(address: string, options: BackendOptions) {
    this.#address = address;
    this.#options = options;
    this.#dataplane = new DataplaneClient(address, BMV2_DEVICE_ID);
    this.#received = this.#receive();
  }

  async #receive(): Promise<unknown> {
    try {
      for await (const { port, packet, id } of this.#dataplane.packets())
        this.#options.onPacket({ port, bytes: packet, cause: Number(id) });
      return undefined;
    } catch (error) {
      return error;
    }
  }

  get isUnused(): boolean {
    return this.#sent.length === 0;
  }

  send(port: number, packet: Uint8Array, id: number): void {
    this.#sent.push([port, packet, id]);
    this.#dataplane.send(port, packet, id);
  }

  /** Resolves when the switch is done with every packet. */
  async finish(): Promise<void> {
    const deadlineMs = performance.now() + this.#options.timeoutMs;
    for (;;) {
      this.#dataplane.end();
      const error = await this.#received;
      this.#dataplane.close();
      if (error === undefined) return;
      const isRefused = error instanceof RpcError && (error.code === RESOURCE_EXHAUSTED || error.code === UNAVAILABLE);
      if (!isRefused || performance.now() > deadlineMs) throw error;
      this.#dataplane = new DataplaneClient(this.#address, BMV2_DEVICE_ID);
      this.#received = this.#receive();
      for (const [port, packet, id] of this.#sent) this.#dataplane.send(port, packet, id);
    }
  }

  close(): void {
    this.#dataplane.close();
  }
}
