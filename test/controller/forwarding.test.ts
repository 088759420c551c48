/**
 * Packets get to a VIP's servers in another way on the real program (p4/v1model on the embedded switch, over gRPC)
 * while connections come and go: from translated to untranslated and back. No packet of any connection reaches another
 * server, or its own in the other way.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { KINDS, LiveNetwork } from './live-network.ts';

const POLL_MS = 100;

let live: LiveNetwork;

/** Until so many connections have begun in a way; whatever fails meanwhile is seen at the end. */
async function begun(isDirect: boolean, count: number): Promise<void> {
  while (live.network.connections.filter((one) => one.isDirect === isDirect).length < count) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

afterEach(async () => {
  await live.stop();
  expect(live.network.violations).toEqual([]);
});

describe.each(KINDS)('%s, %s, all ports: %s', { timeout: 120_000 }, (family, transport, allPorts) => {
  it('from translated to direct and, with a restart in its midst, back', async () => {
    live = await LiveNetwork.start(family, transport, allPorts);
    const { network } = live;
    network.bothWays = true;
    const there = await live.controller.client.operate({ kind: 'forwarding', forwarding: { kind: 'direct' } });
    await begun(true, 20);
    expect(network.connections.filter(({ isDirect }) => !isDirect).length).toBeGreaterThan(50);
    network.end(({ isDirect }) => !isDirect);
    expect(await live.controller.client.waitForOperation(there.id)).toMatchObject({ outcome: 'done' });
    expect(network.connections.filter(({ isDirect }) => !isDirect)).toEqual([]);
    const back = await live.controller.client.operate({ kind: 'forwarding', forwarding: { kind: 'nat' } });
    await live.restartController();
    // Room for new ones.
    const few = new Set(network.connections.slice(0, 60));
    network.end((connection) => !few.has(connection));
    await begun(false, 20);
    network.end(({ isDirect }) => isDirect);
    expect(await live.controller.client.waitForOperation(back.id)).toMatchObject({ outcome: 'done' });
    network.sendAll();
    expect((await live.controller.client.status()).counters.astray).toBe(0);
  });
});
