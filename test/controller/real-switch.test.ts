/**
 * The controller on the real program: p4/v1model compiled by p4c-ts, run by the embedded switch, over gRPC. What the
 * fake switch of the controller's own tests assumes about the data plane is confirmed here, and so is that a bucket is
 * computed alike on both sides.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type OperationRequest, type RunningController, startController } from '@mooring/controller';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compileProgram } from '../support/program.ts';
import { configurationText, type Family, Network, type Transport } from './network.ts';

const programCompiled = compileProgram();

let network: Network;
let controller: RunningController;
let directory: string;
let traffic: NodeJS.Timeout;
/** What a test adds to the configuration. */
let adapt = (text: string): string => text;

/** Between two packets of a connection. */
const PERIOD_MS = 100;
const TIMEOUT_MS = 120_000;

async function start(): Promise<void> {
  controller = await startController({
    configuration: {
      kind: 'text',
      name: 'test.yaml',
      text: adapt(
        configurationText(network.address, network.family, network.transport, network.direct, network.allPorts),
      ),
    },
    program: await programCompiled,
    stateDir: directory,
  });
}

async function operate(request: OperationRequest) {
  const { id } = await controller.client.operate(request);
  return controller.client.waitForOperation(id);
}

async function begin(family: Family, transport: Transport = 'tcp', direct = false, allPorts = false): Promise<void> {
  directory = mkdtempSync(join(tmpdir(), 'mooring-controller-'));
  network = await Network.start(family, transport, direct, allPorts);
  await start();
  const send = (): void => {
    network.sendAll();
    if (network.connections.length < 100) network.openMany(1);
    traffic = setTimeout(send, PERIOD_MS);
  };
  send();
}

afterEach(async () => {
  adapt = (text) => text;
  clearTimeout(traffic);
  await controller.stop();
  await network.close();
  rmSync(directory, { recursive: true, force: true });
  expect(network.violations).toEqual([]);
});

function idOf(name: string): number {
  return controller.status().servers.find((server) => server.name === name)!.id;
}

describe.each(['ipv4', 'ipv6'] as const)('on the embedded switch, %s', { timeout: TIMEOUT_MS }, (family) => {
  beforeEach(() => begin(family));

  it('adds a server; the old connections of its buckets are learned, in the very buckets the controller computes', async () => {
    network.openMany(40);
    const added = await operate({ kind: 'add', server: 's4' });
    expect(added).toMatchObject({ outcome: 'done', progress: { buckets: 16 } });
    const { counters, vips, servers } = controller.status();
    expect(counters.learned).toBeGreaterThan(2);
    expect(vips[0]!.bucketMap.phase.every((phase) => phase === 'steady')).toBe(true);
    expect(servers.find((server) => server.name === 's4')).toMatchObject({
      state: 'active',
      buckets: 16,
      baseBuckets: 16,
    });
    // After a restart the pins' buckets are computed, not reported: a pin in the wrong one would count as redundant and
    // go.
    const { pinsExact } = counters;
    await controller.stop();
    await start();
    expect(controller.status().switch.pipeline).toBe('kept');
    network.sendAll();
    expect(controller.status().servers.reduce((sum, server) => sum + server.pins, 0)).toBe(pinsExact);
  });

  it('swaps a server while the controller is stopped and started again; the newcomer is found by asking for its address', async () => {
    network.openMany(30);
    const { id } = await controller.client.operate({ kind: 'swap', server: 's1', replacement: 's5' });
    network.openMany(15);
    await controller.stop();
    network.openMany(15);
    network.sendAll();
    await start();
    network.end((connection) => connection.server === 1);
    const swapped = await controller.client.waitForOperation(id);
    expect(swapped).toMatchObject({ outcome: 'done', replacement: 's5' });
    network.openMany(12);
    expect(network.connections.some((connection) => connection.server === 5)).toBe(true);
    expect(network.connections.some((connection) => connection.server === 1)).toBe(false);
    expect(controller.status().servers.find((server) => server.name === 's1')).toMatchObject({ state: 'drained' });
    expect(idOf('s5')).toBeGreaterThan(3);
  });

  it('an abort brings everything back', async () => {
    network.openMany(30);
    const before = controller.status().vips[0]!.bucketMap.current;
    const { id } = await controller.client.operate({ kind: 'swap', server: 's2', replacement: 's4' });
    // An operation is accepted once it is durable; the switch follows.
    while (!network.connections.some((connection) => connection.server === 4)) {
      await controller.client.status();
      network.openMany(1);
    }
    await controller.client.abort(id);
    network.end((connection) => connection.server === 4);
    const aborted = await controller.client.waitForOperation(id, {
      // Whoever was pinned to the newcomer before the abort reached the switch goes as well.
      onChange: () => network.end((connection) => connection.server === 4),
    });
    expect(aborted).toMatchObject({ outcome: 'aborted' });
    expect(controller.status().vips[0]!.bucketMap.base).toEqual(before);
  });
});

describe.each(['ipv4', 'ipv6'] as const)('UDP on the embedded switch, %s', { timeout: TIMEOUT_MS }, (family) => {
  beforeEach(() => begin(family, 'udp'));

  it('adds a server; flows that were there stay, and new ones come to it', async () => {
    network.openMany(40);
    const added = await operate({ kind: 'add', server: 's4' });
    expect(added).toMatchObject({ outcome: 'done', progress: { buckets: 16 } });
    expect(controller.status().counters.confirmed).toBeGreaterThan(2);
    network.openMany(30);
    expect(network.connections.some((flow) => flow.server === 4)).toBe(true);
  });

  it('swaps a server while the controller is stopped before the flip, and after it', async () => {
    network.openMany(30);
    const { id } = await controller.client.operate({ kind: 'swap', server: 's1', replacement: 's5' });
    await controller.stop();
    network.openMany(10);
    await start();
    // New flows go on going to the old server until the flip.
    while (!network.connections.some((flow) => flow.server === 5)) {
      await controller.client.status();
      network.openMany(1);
      if (network.connections.length > 200) network.connections.splice(100, 50);
    }
    await controller.stop();
    network.openMany(10);
    network.sendAll();
    await start();
    network.end((flow) => flow.server === 1);
    const swapped = await controller.client.waitForOperation(id);
    expect(swapped).toMatchObject({ outcome: 'done', replacement: 's5' });
    network.openMany(12);
    expect(network.connections.some((flow) => flow.server === 1)).toBe(false);
  });

  it('an abort before the flip brings everything back', async () => {
    network.openMany(30);
    const before = controller.status().vips[0]!.bucketMap.current;
    const { id } = await controller.client.operate({ kind: 'swap', server: 's2', replacement: 's4' });
    await controller.client.abort(id);
    const aborted = await controller.client.waitForOperation(id);
    expect(aborted).toMatchObject({ outcome: 'aborted' });
    expect(controller.status().vips[0]!.bucketMap.base).toEqual(before);
    expect(network.connections.some((flow) => flow.server === 4)).toBe(false);
  });
});

describe.each(['ipv4', 'ipv6'] as const)(
  'direct return on the embedded switch, %s',
  {
    timeout: TIMEOUT_MS,
  },
  (family) => {
    beforeEach(() => begin(family, 'tcp', true));

    it('swaps a server under connections whose answers the switch never sees; the newcomer is found though it owns the VIP', async () => {
      network.openMany(30);
      const { id } = await controller.client.operate({ kind: 'swap', server: 's1', replacement: 's5' });
      while (!network.connections.some((connection) => connection.server === 5)) {
        await controller.client.status();
        network.openMany(1);
        if (network.connections.length > 200) network.connections.splice(100, 50);
      }
      network.sendAll();
      network.end((connection) => connection.server === 1);
      const swapped = await controller.client.waitForOperation(id);
      expect(swapped).toMatchObject({ outcome: 'done', replacement: 's5' });
      network.openMany(12);
      expect(network.connections.some((connection) => connection.server === 1)).toBe(false);
    });
  },
);

const SECOND_PORT = 443;

describe.each([
  { family: 'ipv4', transport: 'tcp', direct: false },
  { family: 'ipv6', transport: 'tcp', direct: false },
  { family: 'ipv4', transport: 'udp', direct: false },
  { family: 'ipv4', transport: 'tcp', direct: true },
] as const)(
  'a VIP for all ports on the embedded switch, $family, $transport, direct: $direct',
  { timeout: TIMEOUT_MS },
  ({ family, transport, direct }) => {
    beforeEach(() => begin(family, transport, direct, true));

    it('swaps a server under connections from the same client ports to two of its ports', async () => {
      network.openMany(40);
      const old = [...network.connections];
      const { id } = await controller.client.operate({ kind: 'swap', server: 's1', replacement: 's4' });
      while (!network.connections.some((connection) => connection.server === 4)) {
        await controller.client.status();
        network.openMany(1);
        if (network.connections.length > 200) network.connections.splice(100, 50);
      }
      // Their twins are new connections, whatever has become of them.
      for (const ends of old) network.openFrom({ ...ends, vipPort: SECOND_PORT });
      const twins = network.connections.filter(({ vipPort }) => vipPort === SECOND_PORT);
      expect(twins.some(({ server }) => server === 4)).toBe(true);
      expect(twins.some(({ server }) => server === 1)).toBe(false);
      await controller.stop();
      network.sendAll();
      await start();
      network.end((connection) => connection.server === 1);
      expect(await controller.client.waitForOperation(id)).toMatchObject({ outcome: 'done', replacement: 's4' });
      const { address, port } = twins.find(({ server }) => server === 4)!;
      const client = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
      const { connections } = await controller.client.connections(client, 'web', SECOND_PORT);
      expect(connections).toMatchObject([{ vipPort: SECOND_PORT, server: 's4' }]);
    });
  },
);

describe('classes of clients on the embedded switch', { timeout: TIMEOUT_MS }, () => {
  const isPreferred = ({ address }: { readonly address: string }): boolean => Number(address.split('.')[3]) >= 104;

  function withClass(more: string): void {
    adapt = (text) => {
      const [before, spares] = text.split(/(?=^ +- \{ name: s4)/m) as [string, string];
      const [four, five] = spares.trimEnd().split('\n') as [string, string];
      const vip = before.slice(before.indexOf('  - name: web'), before.indexOf('    servers:'));
      return [
        `${before}${vip.replace('web', 'fast')}    class: preferred`,
        '    servers:',
        four.replace(', spare: true', ''),
        five,
        `classes: [{ name: preferred, prefixes: [10.0.0.104/29]${more} }]`,
        '',
      ].join('\n');
    };
  }

  it('each has its own servers, and a swap in one disturbs nobody', async () => {
    withClass('');
    await begin('ipv4');
    network.openMany(40);
    const { id } = await controller.client.operate({ kind: 'swap', vip: 'fast', server: 's4', replacement: 's5' });
    while (!network.connections.some((connection) => connection.server === 5)) {
      await controller.client.status();
      network.openMany(1);
      if (network.connections.length > 200) network.connections.splice(100, 50);
    }
    await controller.stop();
    await start();
    network.openMany(10);
    network.sendAll();
    expect(network.connections.every((one) => isPreferred(one) === one.server >= 4)).toBe(true);
    network.end((connection) => connection.server === 4);
    expect(await controller.client.waitForOperation(id)).toMatchObject({ outcome: 'done' });
  });

  it('a class sends no more SYNs than its rate', async () => {
    withClass(', synRate: 5');
    await begin('ipv4');
    const preferred = (): number => network.connections.filter(isPreferred).length;
    const [fast, others] = [preferred(), network.connections.length - preferred()];
    network.openMany(160);
    expect(network.connections.length - preferred() - others).toBe(80);
    expect(preferred() - fast).toBeLessThan(40);
  });
});

describe('links of a server on the embedded switch', { timeout: TIMEOUT_MS }, () => {
  it('share its connections by weight; one that goes down moves its own and nobody else', async () => {
    adapt = (text) =>
      text
        .replace('switchPort: 2 }', 'links: [{ switchPort: 2 }, { switchPort: 7 }, { switchPort: 8, weight: 2 }] }')
        .replace('[1, 2, 3, 4, 5, 9]', '[1, 2, 3, 4, 5, 7, 8, 9]');
    await begin('ipv4');
    clearTimeout(traffic);
    for (const port of [7, 8]) network.links.set(port, 2);
    network.openMany(400);
    const perPort = (): number[] => {
      network.framesBehind.clear();
      network.sendAll();
      return [1, 2, 3, 7, 8].map((port) => network.framesBehind.get(port) ?? 0);
    };
    const [one, two, three, seven, eight] = perPort() as [number, number, number, number, number];
    expect(Math.min(two, seven)).toBeGreaterThan(10);
    expect(eight).toBeGreaterThan(Math.max(two, seven));
    network.setPortUp(7, false);
    const down = perPort();
    expect([down[0], down[2], down[3]]).toEqual([one, three, 0]);
    expect(down[1]! + down[4]!).toBe(two + seven + eight);
    network.setPortUp(7, true);
    expect(perPort()).toEqual([one, two, three, seven, eight]);
    // A controller that comes back finds the group as it wants it, and the server can go like any other.
    await controller.stop();
    await start();
    expect(perPort()).toEqual([one, two, three, seven, eight]);
    network.end((connection) => connection.server === 2);
    expect(await operate({ kind: 'swap', server: 's2', replacement: 's4' })).toMatchObject({ outcome: 'done' });
  });
});
