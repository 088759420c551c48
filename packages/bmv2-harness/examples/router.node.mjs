// The same router with node:test, and no build step: `node --test examples/router.node.mjs`.
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ethernet, ipv4, startSwitch, tcp } from '@mooring/bmv2-harness';

const program = fileURLToPath(new URL('router.p4', import.meta.url));

test('drops what no route matches', async (t) => {
  const net = await startSwitch({ program });
  t.after(() => net.close());
  await net.add('routes', { destination: '10.0.0.0/8' }, 'forward', { port: 2, mac: '02:00:00:00:00:03' });
  await net.send(1, [ethernet(), ipv4({ destination: '192.168.0.1' }), tcp()]);
  await net.expectNothing();
});
