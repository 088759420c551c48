/**
 * The real program with features left out (p4/v1model on the embedded switch, over gRPC): pins are written, read and released by keys that have no
 * port of the VIP, connections live through shifts and restarts, and what was left out is refused.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { compileProgram } from '../support/program.ts';
import { LiveNetwork } from './live-network.ts';

const smaller = compileProgram(['MOORING_NO_ALL_PORTS', 'MOORING_NO_ENCAPSULATION']);

let live: LiveNetwork;

afterEach(async () => {
  await live.stop();
  expect(live.network.violations).toEqual([]);
});

function pinsOf({ controller }: LiveNetwork): number {
  return controller.status().servers.reduce((sum, { pins }) => sum + pins, 0);
}

describe.each([
  ['ipv4', 'tcp'],
  ['ipv6', 'tcp'],
  ['ipv4', 'udp'],
] as const)('without VIPs for all ports and tunnels: %s, %s', { timeout: 120_000 }, (family, transport) => {
  it('adds and swaps servers, also with a restart in its midst, and refuses what it has not', async () => {
    live = await LiveNetwork.start(family, transport, false, smaller);
    const { network } = live;
    const add = await live.controller.client.operate({ kind: 'add', server: 's4' });
    expect(await live.controller.client.waitForOperation(add.id)).toMatchObject({ outcome: 'done' });
    const pins = pinsOf(live);
    expect(pins).toBeGreaterThan(2);
    await live.controller.stop();
    await live.startController();
    // Read back, they are the same, and each is in its own bucket: in another one it would be superfluous.
    expect(pinsOf(live)).toBe(pins);
    network.sendAll();

    const { id } = await live.controller.client.operate({ kind: 'swap', server: 's1', replacement: 's5' });
    await live.restartController();
    // Flows without handshakes begin there until the flip.
    const onChange = (): void => network.end(({ server }) => server === 1);
    expect(await live.controller.client.waitForOperation(id, { onChange })).toMatchObject({ outcome: 'done' });
    network.openMany(12);
    network.sendAll();
    expect(network.connections.some(({ server }) => server === 1)).toBe(false);

    const { client } = live.controller;
    const servers = [{ name: 't1', address: '10.0.0.31', port: 'all' as const }];
    const vipDefinition = { address: '10.0.0.30', port: 'all' as const, servers };
    await expect(client.operate({ kind: 'add-vip', vip: 'any', vipDefinition })).rejects.toMatchObject({
      status: 400,
      body: { field: 'port', message: 'VIP `any`: the program has no VIPs for all ports' },
    });
    const forwarding = { kind: 'ipip', source: '10.0.0.99' } as const;
    await expect(client.operate({ kind: 'forwarding', forwarding })).rejects.toMatchObject({
      status: 400,
      body: { field: 'forwarding' },
    });
  });
});
