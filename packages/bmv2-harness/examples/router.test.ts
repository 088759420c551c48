// The router of `router.p4`, tested on every switch there is: a packet leaves by the longest prefix's port only.
import { fileURLToPath } from 'node:url';
import { ethernet, ipv4, packet, tcp, testEachSwitch } from '@mooring/bmv2-harness';
import { test } from 'vitest';

const program = fileURLToPath(new URL('router.p4', import.meta.url));
const [router, nextHop] = ['02:00:00:00:00:02', '02:00:00:00:00:03'];

testEachSwitch(test, 'forwards by longest prefix', { program, ports: 3 }, async (net) => {
  await net.add('routes', { destination: '10.0.0.0/8' }, 'forward', { port: 2, mac: nextHop });
  await net.add('routes', { destination: '10.0.3.0/24' }, 'forward', { port: 3, mac: nextHop });
  await net.send(1, packet(ethernet(), ipv4({ destination: '10.0.3.7' }), tcp()));
  const moved = ethernet({ source: router, destination: nextHop });
  await net.expect(3, packet(moved, ipv4({ destination: '10.0.3.7', ttl: 63 }), tcp()));
  await net.expectNothing();
});
