/**
 * Questions over the control socket: connections on the way of a swap, the switch in detail, the log, and rates while
 * somebody looks.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { type RunningController, startController } from '../../src/controller.ts';
import type { SwitchConnector } from '../../src/switch-port/port.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { FakeSwitch } from '../support/fake-switch.ts';
import { RIG_CONFIGURATION } from '../support/rig.ts';

let directory: string;
let fake: FakeSwitch;
let controller: RunningController;
let packets = 0;

/** The fake switch, as one that has counters and says what it runs. */
const withCounters: SwitchConnector = async (electionId, listener) => {
  const session = await fake.connect(electionId, listener);
  return Object.assign(session, {
    program: { id: '0x00000000000000aa', tableSizes: { pins: 1_000, buckets: 4_096 } },
    readCounts: async (table: string) =>
      new Map(table === 'signals' ? [] : [['1/1', { packets: (packets += 1_000), bytes: packets * 100 }]]),
    readDrops: async () => [0, 0, 7, 0, 0, 0, 0, 0, 0, 99],
  });
};

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'mooring-queries-'));
  const clock = new FakeClock();
  Object.defineProperty(clock, 'nowMs', { get: () => systemClock.monotonicMs() });
  fake = new FakeSwitch(clock);
  controller = await startController(
    {
      configuration: { kind: 'text', name: 'test.yaml', text: RIG_CONFIGURATION },
      program: { p4info: '', deviceConfig: new Uint8Array(0) },
      stateDir: directory,
    },
    withCounters,
  );
});

afterEach(async () => {
  await controller.stop();
  rmSync(directory, { recursive: true, force: true });
});

it('a connection: by its bucket, before and while that is on its way', async () => {
  const { client } = controller;
  const [before] = (await client.connections('192.0.2.7:51514')).connections;
  expect(before).toMatchObject({
    clientAddress: '192.0.2.7',
    clientPort: 51_514,
    vip: 'web',
    vipAddress: '10.0.0.1',
    phase: 'steady',
    decidedBy: 'base',
  });
  expect(before!.server).toBe(before!.base);
  await client.operate({ kind: 'swap', server: before!.server, replacement: 's4' });
  const [after] = (await client.connections('192.0.2.7:51514', 'web')).connections;
  expect(after).toMatchObject({
    bucket: before!.bucket,
    base: before!.server,
    current: 's4',
    server: before!.server,
    newConnectionServer: 's4',
    phase: 'shifting',
  });
  const { bucketMap } = (await client.status()).vips[0]!;
  expect(bucketMap.phase[after!.bucket]).toBe('shifting');
});

it('without a port, what is pinned, which is nothing; an address of the other family has no connections', async () => {
  expect(await controller.client.connections('192.0.2.7')).toEqual({ connections: [], omitted: 0 });
  expect(await controller.client.connections('[2001:db8::7]:1')).toEqual({ connections: [], omitted: 0 });
});

it('refuses what is no client and no VIP, with the choices', async () => {
  const { client } = controller;
  await expect(client.connections('s1')).rejects.toMatchObject({ status: 400, body: { field: 'client' } });
  await expect(client.connections('192.0.2.7:1', 'wbe')).rejects.toMatchObject({
    status: 404,
    body: { field: 'vip', choices: ['web'] },
  });
  await expect(client.log({ after: -1 })).rejects.toMatchObject({ status: 400, body: { field: 'after' } });
});

it('the switch: tables with room, servers behind ports, drops that are losses', async () => {
  const details = await controller.client.switchDetails();
  expect(details).toMatchObject({ connected: true, pipelineId: '0x00000000000000aa' });
  expect(details.tables).toContainEqual({ name: 'buckets', entries: 16, size: 4_096 });
  // What the program has not is not told of.
  expect(details.tables.map(({ name }) => name).sort()).toEqual(['buckets', 'pins']);
  expect(details.tables).toContainEqual({ name: 'pins', entries: 0, size: 1_000 });
  expect(details.ports.map(({ port }) => port)).toEqual([1, 2, 3, 4, 5]);
  expect(details.ports[1]).toEqual({ port: 2, state: 'unknown', servers: ['s2'], addresses: 0 });
  // An order that has done its work is counted by the program, but nothing was lost.
  expect(details.drops).toEqual([{ reason: 'assigned server is not known', packets: 7 }]);
});

it('the log: by level, text and number', async () => {
  const { client } = controller;
  const { lines } = await client.log();
  expect(lines.at(-1)!.text).toContain('is ready');
  expect((await client.log({ contains: 'IS READY' })).lines).toHaveLength(1);
  expect((await client.log({ level: 'error' })).lines).toEqual([]);
  expect((await client.log({ after: lines.at(-1)!.sequence })).lines).toEqual([]);
});

it('rates come while somebody looks', async () => {
  expect(controller.status().servers[0]!.traffic).toBeUndefined();
  for await (const event of controller.client.events({ intervalMs: 20 })) {
    if (event.kind !== 'status') continue;
    const { traffic } = event.status.servers[0]!;
    if ((traffic?.packetsPerSecond ?? 0) === 0) continue;
    expect(traffic!.bytesPerSecond).toBeCloseTo(traffic!.packetsPerSecond * 100, -3);
    expect(event.status.servers[1]!.traffic).toBeUndefined();
    break;
  }
});
