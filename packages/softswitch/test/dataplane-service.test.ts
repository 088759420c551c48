/**
 * A switch whose ports are the service p4.bm.DataplaneInterface (`--dp-grpc-server-addr`), driven by a client over
 * gRPC.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataplaneClient, type DataplanePacket, RpcError } from '@mooring/p4runtime-ts';
import { parseSwitchArguments, startSwitch } from '@mooring/softswitch';
import { afterEach, expect, test } from 'vitest';
import { action, always, assign, base, EGRESS_SPEC, field } from './support/program.ts';

const open: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** A switch, device 3, that sends each packet to the port in its last byte. */
async function start() {
  const folder = mkdtempSync(join(tmpdir(), 'mooring-dataplane-'));
  open.push(() => rmSync(folder, { recursive: true }));
  const json = base();
  json.actions = [action(0, 'reflect', [assign(EGRESS_SPEC, field('h', 'b'))])];
  Object.assign(json.pipelines[0]!, { init_table: 'start', tables: [always('start', 0, 0, 'reflect', null)] });
  writeFileSync(join(folder, 'p.json'), JSON.stringify(json));
  const running = await startSwitch(
    parseSwitchArguments([
      ...['--device-id', '3', '-L', 'off', join(folder, 'p.json')],
      ...['--', '--grpc-server-addr', '127.0.0.1:0', '--dp-grpc-server-addr', '127.0.0.1:0'],
    ]),
  );
  open.push(() => running.close());
  return running;
}

function connect(address: string, deviceId = 3): DataplaneClient {
  const client = new DataplaneClient(address, deviceId);
  open.push(() => client.close());
  return client;
}

async function all(client: DataplaneClient): Promise<DataplanePacket[]> {
  const packets: DataplanePacket[] = [];
  for await (const packet of client.packets()) packets.push(packet);
  return packets;
}

const to = (port: number) => Uint8Array.of(0, 0, 0, 0, 0, 0, 0, port);

test('packets leave with the id of the one that came, in order; then the stream ends', async () => {
  const client = connect((await start()).dataplaneAddress!);
  client.send(1, to(5), 77);
  client.send(2, new Uint8Array());
  client.send(2, to(6));
  client.end();
  expect((await all(client)).map(({ port, packet, id }) => [port, Buffer.from(packet), id])).toEqual([
    [5, Buffer.from(to(5)), 77n],
    [6, Buffer.from(to(6)), 0n],
  ]);
});

test('many packets, none lost', async () => {
  const client = connect((await start()).dataplaneAddress!);
  for (let i = 1; i <= 3000; i++) client.send(1, to(5), i);
  client.end();
  expect((await all(client)).map(({ id }) => Number(id))).toEqual(Array.from({ length: 3000 }, (_, i) => i + 1));
});

test('packets for another device are passed over', async () => {
  const client = connect((await start()).dataplaneAddress!, 4);
  client.send(1, to(5));
  client.end();
  expect(await all(client)).toEqual([]);
});

test('one client at a time; the next after it has ended', async () => {
  const { dataplaneAddress } = await start();
  const first = connect(dataplaneAddress!);
  first.send(1, to(5));
  const packets = first.packets();
  await packets.next();
  const second = connect(dataplaneAddress!);
  await expect(all(second)).rejects.toThrow('RESOURCE_EXHAUSTED: Another client has the packet stream.');
  first.end();
  expect(await packets.next()).toMatchObject({ done: true });
  const third = connect(dataplaneAddress!);
  third.send(1, to(7));
  third.end();
  expect((await all(third)).map(({ port }) => port)).toEqual([7]);
});

test('ports go down and up', async () => {
  const running = await start();
  const events: unknown[] = [];
  running.target.subscribe((event) => events.push(event));
  const client = connect(running.dataplaneAddress!);
  await client.setPortUp(5, false);
  await client.setPortUp(5, true);
  expect(events).toEqual([
    { kind: 'port-status', port: 5, up: false },
    { kind: 'port-status', port: 5, up: true },
  ]);
  await expect(client.setPortUp(512, true)).rejects.toThrow('INVALID_ARGUMENT: There is no port 512');
  await expect(connect(running.dataplaneAddress!, 4).setPortUp(5, true)).rejects.toThrow(RpcError);
});

test('a port that cannot be ends the stream', async () => {
  const client = connect((await start()).dataplaneAddress!);
  client.send(512, to(5));
  await expect(all(client)).rejects.toThrow('INVALID_ARGUMENT: There is no port 512');
});

test('the command line: ports are files or gRPC, not both', () => {
  const dataplane = ['--no-p4', '--', '--dp-grpc-server-addr', '127.0.0.1:1'];
  expect(() => parseSwitchArguments(['--use-files', '1', ...dataplane])).toThrow('exclude each other');
  expect(parseSwitchArguments(['-i', '1@veth0', '--pcap', ...dataplane])).toMatchObject({
    dataplaneAddress: '127.0.0.1:1',
    warnings: [
      '--interface has no effect: with --dp-grpc-server-addr packets come and go by gRPC',
      '--pcap has no effect: with --dp-grpc-server-addr no interface is recorded',
    ],
  });
});
