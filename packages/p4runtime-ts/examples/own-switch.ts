/**
 * A data plane of one's own behind a full P4Runtime server: `serveEchoSwitch('127.0.0.1:0')`.
 *
 * The switch here forwards nothing; it starts from the fake of the testing sub-path and echoes what controllers send. A
 * real one implements the `Switch` interface from scratch; its comments say what each call must do. Validation,
 * read-back, arbitration, digest lists and all the rest come from the server.
 */
import { P4RuntimeServer, type Switch } from '@mooring/p4runtime-ts';
import { FakeSwitch } from '@mooring/p4runtime-ts/testing';

/** Answers every packet-out with the same packet as packet-in. */
export class EchoSwitch extends FakeSwitch {
  override packetOut(packets: readonly Uint8Array[]): void {
    super.packetOut(packets);
    this.emit({ kind: 'packet-in', packets });
  }
}

/** Serves device 0 until the returned server is closed. */
export async function serveEchoSwitch(address: string): Promise<{ server: P4RuntimeServer; target: EchoSwitch }> {
  const target = new EchoSwitch();
  const devices: readonly { deviceId: number; target: Switch }[] = [{ deviceId: 0, target }];
  const server = await P4RuntimeServer.start({
    address,
    devices,
    onEvent: (event) => {
      if (event.kind === 'error') console.error(event.error);
    },
  });
  return { server, target };
}
