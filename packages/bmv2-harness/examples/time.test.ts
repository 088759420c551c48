// Time on the embedded switch passes when the test says so: an hour without a packet takes a millisecond.
import { fileURLToPath } from 'node:url';
import { startSwitch } from '@mooring/bmv2-harness';
import { expect, test } from 'vitest';

const program = fileURLToPath(new URL('router.p4', import.meta.url));

test('an unused route is reported after an hour', async () => {
  await using net = await startSwitch({ program, ports: 2 });
  const forward = { port: 2, mac: '02:00:00:00:00:03' };
  await net.add('routes', { destination: '10.0.0.0/8' }, 'forward', forward, { idleTimeoutMs: 3_600_000 });
  await net.advance(3_500_000);
  await net.expectQuietController();
  await net.advance(200_000);
  expect((await net.expectIdle('routes')).match.destination).toMatchObject({ prefixLength: 8 });
});
