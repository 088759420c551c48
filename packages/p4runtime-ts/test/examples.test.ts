/**
 * The examples run, over real gRPC, against the fake switch: what is shown to users must work, and must go on
 * compiling.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { learnAddresses } from '../examples/learning-switch.ts';
import { serveEchoSwitch } from '../examples/own-switch.ts';
import { takeOverWhenAlone } from '../examples/take-over.ts';
import { P4RuntimeClient } from '../src/index.ts';
import { everything, everythingText, ids } from './fixtures/everything.ts';

const open: { close(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0).reverse()) one.close();
});

/** Lets other work go on until something holds. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

describe('examples', () => {
  it('learning switch', async () => {
    const { server, target } = await serveEchoSwitch('127.0.0.1:0');
    open.push(server);
    // The fixture's exact table without its selector serves as MAC table.
    const p4info = everythingText
      .replace('name: "Ingress.ecmp" alias: "ecmp"', 'name: "Ingress.macs" alias: "macs"')
      .replace('implementation_id: 0x11000001', '');
    const stop = new AbortController();
    const learned: bigint[] = [];
    const files = { p4info, deviceConfig: '{}' };
    const running = learnAddresses(server.address, files, stop.signal, (mac) => learned.push(mac));
    await until(() => target.digests.has(ids.learn));
    const sample = (mac: number) => [Uint8Array.of(mac), Uint8Array.of(3), Uint8Array.of(1)];
    for (let mac = 1; mac <= 16; mac++) target.emit({ kind: 'digest', digestId: ids.learn, samples: [sample(mac)] });
    await until(() => learned.length === 16);
    stop.abort();
    await running;
    expect(target.tables.get(ids.ecmp)?.size).toBe(16);
  });

  it('own switch', async () => {
    const { server, target } = await serveEchoSwitch('127.0.0.1:0');
    open.push(server);
    const client = await P4RuntimeClient.connect({ address: server.address });
    open.push(client);
    await client.setPipeline({ p4info: everything, deviceConfig: '{}' });
    const packets = client.packetsIn();
    client.packetOut(Uint8Array.of(1, 2, 3), { egress_port: 5, submit: 0 });
    expect((await packets.next()).value).toEqual({ payload: Uint8Array.of(1, 2, 3), metadata: { ingress_port: 5n } });
    expect(target.sent).toHaveLength(1);
  });

  it('take-over', async () => {
    const { server } = await serveEchoSwitch('127.0.0.1:0');
    open.push(server);
    const primary = await P4RuntimeClient.connect({ address: server.address, electionId: 40 });
    await primary.setPipeline({ p4info: everything, deviceConfig: '{}' });
    const backup = takeOverWhenAlone(server.address);
    // A second backup's answer shows that the first one's stream has long been joined.
    open.push(await P4RuntimeClient.connect({ address: server.address, electionId: 1 }));
    await new Promise((resolve) => setImmediate(resolve));
    primary.close();
    const client = await backup;
    open.push(client);
    expect([client.isPrimary, client.electionId, client.program.tables.size]).toEqual([true, 41n, 6]);
  });
});
