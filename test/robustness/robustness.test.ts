/**
 * Clients that die, drop their streams or do not read: the switch's memory stays bounded and the other clients notice
 * nothing. Switch and hostile client are processes of their own, the client killed by SIGKILL.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '@mooring/bmv2-harness/bmv2';
import { compile } from '@mooring/p4c-ts';
import { nodeFileSystem } from '@mooring/p4c-ts/node';
import { p4infoFile } from '@mooring/p4c-ts/p4info';
import { DataplaneClient, P4RuntimeClient } from '@mooring/p4runtime-ts';
import { afterEach, expect, test } from 'vitest';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const MEGABYTE = 2 ** 20;

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const each of cleanUps.splice(0).reverse()) await each();
});

async function kill(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve));
  if (child.exitCode === null && child.signalCode === null && child.kill('SIGKILL')) await gone;
}

/** The command's switch with the program, and a client that has just set it. */
async function start() {
  const folder = mkdtempSync(join(tmpdir(), 'mooring-robustness-'));
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }));
  const result = compile(at('flows.p4'), { files: nodeFileSystem(), includePaths: [at('../../p4/include/')] });
  if (!result.ok || result.bmv2 === undefined) throw new Error('the program does not compile');
  const p4info = join(folder, 'flows.p4info.txtpb');
  writeFileSync(p4info, p4infoFile(result.controlPlane!, 'text'));
  const [grpc, dataplane] = [await freePort(), await freePort()];
  const address = `127.0.0.1:${grpc}`;
  const own = ['--no-p4', '--device-id', '1', '-L', 'off', '--', '--cpu-port', '255'];
  const addresses = ['--grpc-server-addr', address, '--dp-grpc-server-addr', `127.0.0.1:${dataplane}`];
  const child = spawn(process.execPath, [at('../../cli/bin/mooring.mjs'), 'switch', ...own, ...addresses], {
    stdio: 'ignore',
  });
  cleanUps.push(() => kill(child));
  const connect = async (options: { electionId: bigint; role?: string }) => {
    const client = await P4RuntimeClient.connect({
      ...{ address, deviceId: 1, p4info: readFileSync(p4info), connectTimeoutMs: 25_000 },
      ...options,
    });
    cleanUps.push(() => client.close());
    return client;
  };
  const first = await connect({ electionId: 1n, role: 'first' });
  await first.setPipeline({ p4info: readFileSync(p4info), deviceConfig: JSON.stringify(result.bmv2) });
  const hostile = async (mode: string) => {
    const command = [at('hostile-client.mjs'), address, mode, p4info];
    const client = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'inherit'] });
    cleanUps.push(() => kill(client));
    await new Promise<void>((resolve, reject) => {
      client.stdout!.once('data', () => resolve());
      client.once('exit', () => reject(new Error('the hostile client has ended')));
    });
    return client;
  };
  const ports = new DataplaneClient(`127.0.0.1:${dataplane}`, 1);
  cleanUps.push(() => ports.close());
  const residentBytes = () => {
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)![1]) * 1024;
  };
  return { connect, hostile, ports, first, residentBytes };
}

/** A packet: kind, key, and padding. */
function packet(kind: number, c: number, length = 64): Uint8Array {
  const bytes = Buffer.alloc(length);
  bytes.writeUInt32BE(kind, 0);
  bytes.writeUInt32BE(c, 4);
  return new Uint8Array(bytes);
}

test('a client killed in the middle of a batch', { timeout: 60_000 }, async () => {
  const { connect, hostile, ports, first } = await start();
  const client = await hostile('write');
  // Another client reads meanwhile, and is answered.
  let during = 0;
  for await (const _ of first.read({ kind: 'table', table: 'flows' })) during++;
  expect(during).toBeGreaterThan(0);
  await kill(client);
  const next = await connect({ electionId: 1n });
  await expect.poll(() => next.isPrimary).toBe(true);
  const keys = new Set<bigint>();
  for await (const entry of next.read({ kind: 'table', table: 'flows' }))
    if (entry.kind === 'table') keys.add(BigInt(String(Object.values(entry.match ?? {})[0])));
  // Everything that was written is there from the first key to the last, on both sides of the switch.
  expect(Math.max(...[...keys].map(Number))).toBe(keys.size);
  await next.insert({
    kind: 'table',
    table: 'flows',
    match: { c: 0xffffffff },
    action: { name: 'mark', params: { value: 7 } },
  });
  const outputs = ports.packets();
  for (const c of [1, keys.size, 0xffffffff]) ports.send(3, packet(9, c));
  const values: number[] = [];
  for (let i = 0; i < 3; i++) values.push(Buffer.from((await outputs.next()).value!.packet).readUInt32BE(0));
  expect(values).toEqual([1, 1, 7]);
});

test('a client that reads nothing while packets flood in', { timeout: 90_000 }, async () => {
  const { connect, hostile, ports, first, residentBytes } = await start();
  const reader = await connect({ electionId: 1n });
  let received = 0;
  let last = -1;
  reader.onPacketIn(({ payload }) => {
    received++;
    last = Buffer.from(payload).readUInt32BE(4);
  });
  const client = await hostile('deaf');
  const flood = async (count: number) => {
    const from = received;
    // In steps, as the reading client keeps up, so that what is measured is what waits for the other one.
    for (let sent = 0; sent < count; ) {
      for (let i = 0; i < 200; i++) ports.send(1, packet(1, ++sent, 1000));
      await expect.poll(() => received, { timeout: 30_000, interval: 5 }).toBe(from + sent);
    }
    expect(last).toBe(count);
  };
  // The first flood fills what may wait for the deaf client, 16 MiB; another one must add nothing. Garbage comes and
  // goes with the collector's rounds, so one flood among several that adds little is enough: a queue without bound
  // grows by 25 MB with each.
  await flood(25_000);
  const growths: number[] = [];
  while (growths.length < 6 && !(growths[growths.length - 1]! < 15)) {
    const before = residentBytes();
    await flood(25_000);
    growths.push((residentBytes() - before) / MEGABYTE);
  }
  expect(growths[growths.length - 1], `growth by floods: ${growths.join(', ')}`).toBeLessThan(15);
  await kill(client);
  await first.insert({
    kind: 'table',
    table: 'flows',
    match: { c: 5 },
    action: { name: 'mark', params: { value: 7 } },
  });
});

test('streams that are dropped make room for others', { timeout: 60_000 }, async () => {
  const { connect, hostile, first } = await start();
  for (let round = 0; round < 3; round++) await kill(await hostile('streams'));
  // 120 streams would be more than the switch takes; those of the killed clients are gone.
  const client = await connect({ electionId: 100n, role: 'many' });
  await expect.poll(() => client.isPrimary).toBe(true);
  await first.insert({
    kind: 'table',
    table: 'flows',
    match: { c: 5 },
    action: { name: 'mark', params: { value: 7 } },
  });
});
