/**
 * A VIP's seed, number of buckets and affinity change on the real program (p4/v1model on the embedded switch, over gRPC) while connections come and go:
 * both mappings are computed alike on both sides, and no packet of any connection reaches another server.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type OperationRequest, type RunningController, startController } from '@mooring/controller';
import { afterEach, describe, expect, it } from 'vitest';
import { compileProgram } from '../support/program.ts';
import { configurationText, type Family, Network, type Transport } from './network.ts';

const programCompiled = compileProgram();
const TIMEOUT_MS = 120_000;
const PERIOD_MS = 100;

let network: Network;
let controller: RunningController;
let directory: string;
let traffic: NodeJS.Timeout;

async function start(): Promise<void> {
  const { address, family, transport, direct, allPorts } = network;
  const text = configurationText(address, family, transport, direct, allPorts);
  const program = await programCompiled;
  controller = await startController({
    configuration: { kind: 'text', name: 'test.yaml', text },
    program,
    stateDir: directory,
  });
}

async function remap(request: OperationRequest): Promise<void> {
  const { id } = await controller.client.operate(request);
  expect(await controller.client.waitForOperation(id)).toMatchObject({ outcome: 'done' });
}

afterEach(async () => {
  clearTimeout(traffic);
  await controller.stop();
  await network.close();
  rmSync(directory, { recursive: true, force: true });
  expect(network.violations).toEqual([]);
});

const CASES: readonly (readonly [Family, Transport, boolean])[] = [
  ['ipv4', 'tcp', false],
  ['ipv6', 'tcp', false],
  ['ipv4', 'udp', false],
  ['ipv4', 'tcp', true],
];

describe.each(CASES)('%s, %s, all ports: %s', { timeout: TIMEOUT_MS }, (family, transport, allPorts) => {
  it('one change of mapping after the other, the last one with a restart in its midst', async () => {
    directory = mkdtempSync(join(tmpdir(), 'mooring-remap-'));
    network = await Network.start(family, transport, false, allPorts);
    await start();
    const send = (): void => {
      network.sendAll();
      if (network.connections.length < 120) network.openMany(2);
      traffic = setTimeout(send, PERIOD_MS);
    };
    network.openMany(60);
    send();
    await remap({ kind: 'remap', hashSeed: 0xdecade });
    await remap({ kind: 'buckets', buckets: 48 });
    const { id } = await controller.client.operate({ kind: 'remap', affinity: 'client', hashSeed: 0 });
    network.openMany(20);
    await controller.stop();
    network.openMany(20);
    network.sendAll();
    await start();
    expect(await controller.client.waitForOperation(id)).toMatchObject({ outcome: 'done' });
    const { vips, counters } = await controller.client.status();
    expect(vips[0]).toMatchObject({ buckets: 48, hashSeed: 0, affinity: 'client' });
    expect(counters.astray).toBe(0);
    // Whoever the new mapping has on his own server loses his pin with the same turn's last writes.
    clearTimeout(traffic);
    while ((await controller.client.status()).counters.pinsExact >= network.connections.length) network.sendAll();
  });
});
