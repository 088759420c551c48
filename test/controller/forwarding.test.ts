/**
 * Packets get to a VIP's servers in another way on the real program (p4/v1model on the embedded switch, over gRPC) while connections come and go: from
 * translated to untranslated and back. No packet of any connection reaches another server, or its own in the other way.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningController, startController } from '@mooring/controller';
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
  const { address, family, transport, allPorts } = network;
  const text = configurationText(address, family, transport, false, allPorts);
  const program = await programCompiled;
  controller = await startController({
    configuration: { kind: 'text', name: 'test.yaml', text },
    program,
    stateDir: directory,
  });
}

/** Until so many connections have begun in a way; whatever fails meanwhile is seen at the end. */
async function begun(isDirect: boolean, count: number): Promise<void> {
  while (network.connections.filter((one) => one.isDirect === isDirect).length < count) {
    await new Promise((resolve) => setTimeout(resolve, PERIOD_MS));
  }
}

afterEach(async () => {
  clearTimeout(traffic);
  await controller.stop();
  await network.close();
  rmSync(directory, { recursive: true, force: true });
});

const CASES: readonly (readonly [Family, Transport, boolean])[] = [
  ['ipv4', 'tcp', false],
  ['ipv6', 'tcp', false],
  ['ipv4', 'udp', false],
  ['ipv4', 'tcp', true],
];

describe.each(CASES)('%s, %s, all ports: %s', { timeout: TIMEOUT_MS }, (family, transport, allPorts) => {
  it('from translated to direct and, with a restart in its midst, back', async () => {
    directory = mkdtempSync(join(tmpdir(), 'mooring-forwarding-'));
    network = await Network.start(family, transport, false, allPorts);
    network.bothWays = true;
    await start();
    const send = (): void => {
      network.sendAll();
      if (network.connections.length < 120) network.openMany(2);
      traffic = setTimeout(send, PERIOD_MS);
    };
    network.openMany(60);
    send();
    const there = await controller.client.operate({ kind: 'forwarding', forwarding: { kind: 'direct' } });
    await begun(true, 20);
    expect(network.connections.filter(({ isDirect }) => !isDirect).length).toBeGreaterThan(50);
    network.end(({ isDirect }) => !isDirect);
    expect(await controller.client.waitForOperation(there.id)).toMatchObject({ outcome: 'done' });
    expect(network.connections.filter(({ isDirect }) => !isDirect)).toEqual([]);
    const back = await controller.client.operate({ kind: 'forwarding', forwarding: { kind: 'nat' } });
    network.openMany(20);
    await controller.stop();
    network.openMany(20);
    network.sendAll();
    await start();
    network.end(() => network.connections.length > 60);
    await begun(false, 20);
    network.end(({ isDirect }) => isDirect);
    expect(await controller.client.waitForOperation(back.id)).toMatchObject({ outcome: 'done' });
    network.sendAll();
    expect(network.violations).toEqual([]);
    expect((await controller.client.status()).counters.astray).toBe(0);
  });
});
