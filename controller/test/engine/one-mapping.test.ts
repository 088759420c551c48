/**
 * A program with one mapping at a time: what would take a second one is refused in the plan, also where it would have
 * to wait, and everything else goes on.
 */
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { OperationRequest } from '../../src/control-api/types.ts';
import { ALL_FEATURES } from '../../src/switch-port/program-features.ts';
import { endUnharmed, RIG_CONFIGURATION, Rig } from '../support/rig.ts';

const CONFIGURATION = `${RIG_CONFIGURATION}
  - name: fast
    address: 10.0.0.1
    port: 80
    class: preferred
    buckets: 16
    servers: [{ name: f1, address: 10.0.0.21, port: 8080, mac: '02:00:00:00:00:05', switchPort: 5 }]
classes: [{ name: preferred, prefixes: [10.9.0.0/16] }, { name: other, prefixes: [] }]
`;

let rig: Rig;
beforeEach(async () => {
  rig = new Rig(CONFIGURATION);
  rig.features = { ...ALL_FEATURES, comingMappings: false };
  await rig.start();
  rig.openMany(30);
});
afterEach(() => endUnharmed(rig));

it.each<[OperationRequest, string, RegExp]>([
  [{ kind: 'buckets', vip: 'web', buckets: 24 }, 'buckets', /^VIP `web`: .* second one, and the program has one/],
  [{ kind: 'remap', vip: 'web', hashSeed: 7 }, 'hashSeed', /^VIP `web`: .* second one/],
  [{ kind: 'remap', vip: 'web', affinity: 'client' }, 'affinity', /^VIP `web`: .* second one/],
  [
    { kind: 'reclass', prefix: '10.0.0.104/30', class: 'preferred' },
    'classes',
    /^VIP `web`: clients .* second mapping/,
  ],
])('refuses %o', async (request, field, message) => {
  // Somebody is at work on the VIP, for which the request would wait.
  await rig.operate({ kind: 'swap', vip: 'web', server: 's1', replacement: 's4' });
  const { contents } = rig.files;
  const journal = contents.get('journal')!.toString();
  const asked = rig.operate({ ...request, queue: true });
  await expect(asked).rejects.toMatchObject({
    body: { code: 'bad-request', field, message: expect.stringMatching(message) },
  });
  expect(contents.get('journal')!.toString()).toBe(journal);
});

it('divides buckets, and moves clients that stay at their VIP', async () => {
  // Behind those of the other VIP of its service there is room.
  await rig.operate({ kind: 'buckets', vip: 'fast', buckets: 32 });
  await rig.advance(3_000);
  expect(rig.status().vips.find(({ name }) => name === 'fast')).toMatchObject({ buckets: 32 });
  const moved = await rig.operate({ kind: 'reclass', prefix: '10.0.0.104/30', class: 'other' });
  await rig.advance(3_000);
  expect(rig.operation(moved.id)).toMatchObject({ outcome: 'done' });
});
