/**
 * A VIP's seed, number of buckets and affinity change on the real program (p4/v1model on the embedded switch, over
 * gRPC) while connections come and go: both mappings are computed alike on both sides, and no packet of any connection
 * reaches another server.
 */
import type { OperationRequest } from '@mooring/controller';
import { afterEach, describe, expect, it } from 'vitest';
import { KINDS, LiveNetwork } from './live-network.ts';

let live: LiveNetwork;

async function remap(request: OperationRequest): Promise<void> {
  const { client } = live.controller;
  const { id } = await client.operate(request);
  expect(await client.waitForOperation(id)).toMatchObject({ outcome: 'done' });
}

afterEach(async () => {
  await live.stop();
  expect(live.network.violations).toEqual([]);
});

describe.each(KINDS)('%s, %s, all ports: %s', { timeout: 120_000 }, (family, transport, allPorts) => {
  it('one change of mapping after the other, the last one with a restart in its midst', async () => {
    live = await LiveNetwork.start(family, transport, allPorts);
    const { network } = live;
    await remap({ kind: 'remap', hashSeed: 0xdecade });
    await remap({ kind: 'buckets', buckets: 48 });
    const { id } = await live.controller.client.operate({ kind: 'remap', affinity: 'client', hashSeed: 0 });
    await live.restartController();
    const { client } = live.controller;
    expect(await client.waitForOperation(id)).toMatchObject({ outcome: 'done' });
    const { vips, counters } = await client.status();
    expect(vips[0]).toMatchObject({ buckets: 48, hashSeed: 0, affinity: 'client' });
    expect(counters.astray).toBe(0);
    // Whoever the new mapping has on his own server loses his pin with the same turn's last writes.
    live.stopTraffic();
    while ((await client.status()).counters.pinsExact >= network.connections.length) network.sendAll();
  });
});
