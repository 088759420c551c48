/**
 * The real program with features left out (p4/v1model on the embedded switch, over gRPC): pins are written, read and
 * released by keys that have no port of the VIP, connections live through shifts and restarts, and what was left out is
 * refused.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { compileProgram } from '../support/program.ts';
import { LiveNetwork } from './live-network.ts';

const LEFT_OUT = ['MOORING_NO_ALL_PORTS', 'MOORING_NO_ENCAPSULATION'];
const smaller = compileProgram(LEFT_OUT);
const smallest = compileProgram([...LEFT_OUT, 'MOORING_NO_IPV6']);

let live: LiveNetwork;

afterEach(async () => {
  await live.stop();
  expect(live.network.violations).toEqual([]);
});

function pinsOf({ controller }: LiveNetwork): number {
  return controller.status().servers.reduce((sum, { pins }) => sum + pins, 0);
}

describe.each([
  { family: 'ipv4', transport: 'tcp', program: smaller, which: 'with IPv6' },
  { family: 'ipv6', transport: 'tcp', program: smaller, which: 'with IPv6' },
  { family: 'ipv4', transport: 'tcp', program: smallest, which: 'without IPv6' },
  { family: 'ipv4', transport: 'udp', program: smallest, which: 'without IPv6' },
] as const)('no VIPs for all ports and tunnels, $which: $family, $transport', ({ family, transport, program }) => {
  it('adds and swaps servers, also with a restart in its midst, and refuses what it has not', {
    timeout: 120_000,
  }, async () => {
    live = await LiveNetwork.start(family, transport, false, program);
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
    if (program === smallest) {
      const six = { address: '2001:db8::30', port: 80, servers: [{ name: 't1', address: '2001:db8::31', port: 80 }] };
      const message = 'VIP `six`: the program has no IPv6, and it is 2001:db8::30';
      await expect(client.operate({ kind: 'add-vip', vip: 'six', vipDefinition: six })).rejects.toMatchObject({
        status: 400,
        body: { field: 'address', message },
      });
    }
    const forwarding = { kind: 'ipip', source: '10.0.0.99' } as const;
    await expect(client.operate({ kind: 'forwarding', forwarding })).rejects.toMatchObject({
      status: 400,
      body: { field: 'forwarding' },
    });
  });
});
