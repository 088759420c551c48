/**
 * A VIP's mapping changes while its connections live: another seed, any other number of buckets, another affinity.
 * Every packet of every connection is watched, before, during and after, whatever else happens meanwhile.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { applyConfiguration } from '../../src/apply.ts';
import type { OperationRequest } from '../../src/control-api/types.ts';
import { endUnharmed, RIG_CONFIGURATION, Rig } from '../support/rig.ts';

let rig: Rig;
beforeEach(() => {
  rig = new Rig();
});
afterEach(() => endUnharmed(rig));

const CHANGES: readonly (readonly [string, OperationRequest])[] = [
  ['another seed', { kind: 'remap', hashSeed: 0xdecade }],
  ['fewer buckets', { kind: 'buckets', buckets: 12 }],
  ['more buckets, and no multiple', { kind: 'buckets', buckets: 23 }],
  ['affinity by client', { kind: 'remap', affinity: 'client' }],
  ['all at once', { kind: 'remap', hashSeed: 7, buckets: 9, affinity: 'client' }],
];

/** Connections come and go for a while: each round a few begin and the oldest end. */
async function traffic(durationMs: number): Promise<void> {
  for (let passedMs = 0; passedMs < durationMs; passedMs += 500) {
    rig.openMany(6);
    const ending = new Set(rig.connections.slice(0, 4));
    if (rig.connections.length > 80) rig.close((connection) => ending.has(connection));
    await rig.advance(500);
  }
}

/**
 * Buckets of the switch that name a server for everybody: nothing refers to a coming mapping, and none of it is left.
 */
function expectOneMapping(first: number, count: number): void {
  const numbers = [...rig.switch.entries('buckets').keys()].map((key) => Number(key.split('/')[1]));
  expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, bucket) => first + bucket));
  expect(rig.switch.entries('coming_mappings').size + rig.switch.entries('coming_buckets').size).toBe(0);
  for (const { params } of rig.switch.entries('buckets').values()) expect(params[0]).toBe(params[1]);
}

describe.each(CHANGES)('%s', (_, request) => {
  it('no connection changes server, and only those that must are left pinned', async () => {
    await rig.start();
    rig.openMany(60);
    await traffic(3_000);
    const { id } = await rig.operate(request);
    await rig.advance(500);
    expect(rig.status().vips[0]!.coming).toBeDefined();
    await traffic(8_000);
    await rig.advance(8_000);
    expect(rig.operation(id)).toMatchObject({ phase: 'finished', outcome: 'done' });
    const after = rig.status().vips[0]!;
    expect(after).toMatchObject({ ...('buckets' in request ? { buckets: request.buckets } : {}) });
    expect(after.coming).toBeUndefined();
    expectOneMapping(16, after.buckets);
    // A pin for each connection that lives elsewhere than the new mapping says, and no other.
    const { bucketMap } = after;
    const strangers = rig.connections.filter((connection) => {
      return bucketMap.base[rig.switch.bucketOf(1, connection) - 16] !== connection.server;
    });
    expect(strangers.length).toBeGreaterThan(0);
    expect(strangers.length).toBeLessThan(rig.connections.length);
    expect(rig.switch.entries('pins').size).toBe(strangers.length);
  });

  it('survives crashes of the controller and of the switch at any time', async () => {
    await rig.start();
    rig.openMany(40);
    const { id } = await rig.operate(request);
    for (let round = 0; round < 12; round++) {
      await traffic(500 + 250 * round);
      rig.kill();
      await rig.start();
    }
    await rig.advance(10_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
    expectOneMapping(16, rig.status().vips[0]!.buckets);
  });

  it('is taken back before it is done: who is pinned stays where he is', async () => {
    await rig.start();
    rig.openMany(40);
    const { id } = await rig.operate(request);
    await traffic(1_000);
    await rig.abort(id);
    await traffic(4_000);
    await rig.advance(4_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'aborted' });
    expect(rig.status().vips[0]).toMatchObject({ buckets: 16, hashSeed: 0, affinity: 'connection' });
    expectOneMapping(0, 16);
    expect(rig.switch.entries('pins').size).toBeGreaterThan(0);
  });

  it('and back again, as the opposite operation', async () => {
    await rig.start();
    rig.openMany(40);
    const { id } = await rig.operate(request);
    await rig.advance(9_000);
    const back = await rig.engine.submit(() => rig.engine.operations.takeBack(id, { who: 'anna' }));
    await traffic(5_000);
    await rig.advance(9_000);
    expect(rig.operation(back.id)).toMatchObject({ outcome: 'done', rollsBack: id });
    expect(rig.status().vips[0]).toMatchObject({ buckets: 16, hashSeed: 0, affinity: 'connection' });
  });
});

describe('meanwhile', () => {
  it('a pause holds every bucket, over a restart', async () => {
    await rig.start();
    rig.openMany(30);
    const { id } = await rig.operate({ kind: 'remap', hashSeed: 0xdecade });
    await rig.engine.submit(() => rig.engine.operations.pause(id, { who: 'anna' }));
    await traffic(6_000);
    rig.kill();
    await rig.start();
    await traffic(6_000);
    expect(rig.operation(id)).toMatchObject({ phase: 'paused', progress: { committed: 0 } });
    await rig.engine.submit(() => rig.engine.operations.goOn(id, { who: 'anna' }));
    await rig.advance(9_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
  });

  it('a new mapping that is in place cannot be aborted any more', async () => {
    await rig.start();
    rig.openMany(4);
    const { id } = await rig.operate({ kind: 'remap', hashSeed: 0xdecade });
    // Handshakes that never complete: their slots have to expire before the buckets are settled.
    const ready = new Set<number>();
    for (let port = 1; port < 100 && rig.operation(id).phase !== 'settling'; port++) {
      rig.switch.fromClient(1, { address: 0x0a000063, port }, true);
      await rig.advance(100, 100);
      const { bucketMap, coming } = rig.status().vips[0]!;
      if (coming === undefined) continue;
      expect(bucketMap.phase.filter((phase) => phase === 'ready')).toHaveLength(coming.ready);
      // New connections each go to their own server in the coming mapping.
      expect(new Set(bucketMap.current)).toEqual(new Set([0]));
      ready.add(coming.ready);
    }
    expect(rig.operation(id).phase).toBe('settling');
    expect(Math.max(...ready)).toBeGreaterThan(0);
    await expect(rig.abort(id)).rejects.toThrow('has put the new mapping in place');
    await rig.advance(5_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
  });

  it('a server that dies is replaced in both mappings', async () => {
    rig = new Rig(
      RIG_CONFIGURATION.replace(
        '    buckets: 16',
        '    health: { kind: tcp, interval: 200ms, rise: 2, fall: 2 }\n    buckets: 16',
      ),
    );
    rig.probe = async (_, { name }) => (rig.down.has(name) ? { ok: false, reason: 'refused' } : { ok: true });
    await rig.start();
    rig.openMany(60);
    const { id } = await rig.operate({ kind: 'remap', hashSeed: 0xdecade });
    await traffic(500);
    const dead = rig.serverId('s2');
    rig.down.add('s2');
    rig.connections.splice(0, rig.connections.length, ...rig.connections.filter(({ server }) => server !== dead));
    await rig.advance(1_000, 100);
    expect(rig.status().servers.find(({ name }) => name === 's2')).toMatchObject({ state: 'dead' });
    await traffic(3_000);
    await rig.advance(10_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
    const { base, current } = rig.status().vips[0]!.bucketMap;
    expect([...base, ...current]).not.toContain(dead);
  });

  it('a switch that starts anew while everything is written anew is noticed', async () => {
    await rig.start();
    rig.switch.onCall = (what) => {
      if (what !== 'connect') return;
      rig.switch.onCall = () => undefined;
      rig.switch.reset();
    };
    const { id } = await rig.operate({ kind: 'remap', hashSeed: 0xdecade });
    await rig.advance(10_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
    expect(rig.status().counters.reconnects).toBe(1);
    expect(rig.log.lines.map(({ text }) => text)).toContain('a switch had started anew');
  });

  it('a switch that starts anew is told of both mappings again', async () => {
    await rig.start();
    rig.openMany(40);
    const { id } = await rig.operate({ kind: 'remap', hashSeed: 0xdecade });
    await rig.advance(4_000, 100);
    await rig.advance(400, 100);
    rig.switch.reset();
    await rig.clock.advance(300, rig.settle);
    rig.openMany(20);
    await rig.advance(12_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
    expectOneMapping(16, 16);
  });
});

it('one-way VIPs: whoever speaks is pinned before new ones go elsewhere', async () => {
  rig = new Rig(RIG_CONFIGURATION.replace('    port: 80', '    port: 80\n    protocol: udp'));
  await rig.start();
  rig.openMany(30);
  const { id } = await rig.operate({ kind: 'remap', hashSeed: 0xdecade, buckets: 11 });
  await rig.advance(1_000);
  await traffic(12_000);
  await rig.advance(9_000);
  expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
  expectOneMapping(16, 11);
});

it('a file with another seed, number of buckets and affinity is followed', async () => {
  await rig.start();
  rig.openMany(30);
  const text = RIG_CONFIGURATION.replace('    buckets: 16', '    buckets: 20\n    hashSeed: 99\n    affinity: client');
  const answer = applyConfiguration(rig.engine, { fileName: 'new.yaml', text }, false, 'anna');
  for (let round = 0; round < 4; round++) await rig.settle();
  expect((await answer).differences.map(({ what }) => what)).toEqual([
    'buckets of VIP web',
    'hashSeed of VIP web',
    'affinity of VIP web',
  ]);
  await rig.advance(10_000);
  expect(rig.status().vips[0]).toMatchObject({ buckets: 20, hashSeed: 99, affinity: 'client' });
});

it('what cannot be is refused, and the plan says what moves', async () => {
  await rig.start();
  await expect(rig.operate({ kind: 'remap', hashSeed: 0 })).rejects.toThrow('already');
  await expect(rig.operate({ kind: 'buckets', buckets: 2 })).rejects.toThrow('not enough for 3 servers');
  await expect(rig.operate({ kind: 'buckets', buckets: 65_535 })).rejects.toThrow('can have 65520 of another mapping');
  const plan = rig.engine.operations.plan({ kind: 'remap', hashSeed: 0xdecade });
  expect(plan.remarks[0]).toContain('66 % of them to another server');
  expect(plan.vips[0]!.flows).toHaveLength(6);
});
