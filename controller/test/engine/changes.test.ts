/**
 * Plans, approval, queue, pause, weights, whole VIPs and rollback, on a fake switch with connections that must all
 * reach their servers.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { applyConfiguration } from '../../src/apply.ts';
import type { ApplyAnswer } from '../../src/control-api/types.ts';
import { BY_LINK } from '../../src/switch-port/tables.ts';
import { RIG_CONFIGURATION, Rig } from '../support/rig.ts';

let rig: Rig;

beforeEach(() => {
  rig = new Rig();
});

afterEach(async () => {
  expect(rig.violations).toEqual([]);
  await rig.dispose();
});

const ANNA = { who: 'anna' };

function buckets(): Record<string, number> {
  const inService = rig.status().servers.filter((server) => server.state === 'active' || server.state === 'joining');
  return Object.fromEntries(inService.map((server) => [server.name, server.buckets]));
}

/** Runs something in a turn of the engine. */
async function inTurn<T>(run: () => T): Promise<T> {
  const promise = rig.engine.submit(run);
  promise.catch(() => undefined);
  await rig.settle();
  return promise;
}

async function apply(text: string, dryRun = false): Promise<ApplyAnswer> {
  const promise = applyConfiguration(rig.engine, { fileName: 'new.yaml', text }, dryRun, 'anna');
  promise.catch(() => undefined);
  for (let round = 0; round < 8; round++) await rig.settle();
  return promise;
}

describe('a second VIP with another forwarding', () => {
  it('may have the same servers, and stays when the first goes', async () => {
    await rig.start();
    rig.openMany(20);
    const way = 'vips:\n';
    const direct = `${way}  - name: direct
    address: 10.0.0.2
    port: 8080
    buckets: 16
    forwarding: direct
    servers:
      - { name: s1, address: 10.0.0.11, mac: 02:00:00:00:00:01, switchPort: 1 }
      - { name: s2, address: 10.0.0.12, mac: 02:00:00:00:00:02, switchPort: 2 }
`;
    await apply(RIG_CONFIGURATION.replace(way, direct));
    expect(rig.status().servers.filter(({ vip }) => vip === 'direct')).toHaveLength(2);
    await rig.advance(1_000);
    rig.close(() => true);
    await apply(direct.replace(way, RIG_CONFIGURATION.slice(0, RIG_CONFIGURATION.indexOf(way)) + way));
    await rig.advance(12_000);
    expect(rig.status().vips.map(({ name }) => name)).toEqual(['direct']);
    const ways = [...rig.switch.entries('servers').values()].map(({ action }) => action);
    expect(ways).toEqual(['to_server_direct', 'to_server_direct']);
    // What is counted of servers that answer past the switch: resets that pass, and nobody's SYNs.
    expect([...rig.switch.entries('signals').keys()]).toEqual(['2/0/3', '2/0/4']);
  });
});

describe('a plan', () => {
  it('says what the operation then does, and does nothing', async () => {
    await rig.start();
    rig.openMany(30);
    const before = rig.switch.log.length;
    const plan = await inTurn(() => rig.engine.operations.plan({ kind: 'add', server: 's4' }));
    expect(rig.switch.log.length).toBe(before);
    expect(plan).toMatchObject({
      title: 'add s4',
      start: 'now',
      vips: [{ vip: 'web', buckets: 16, moves: 4, leastMoves: 4, estimate: 'unknown', pinsRoom: 65_536 }],
    });
    expect(plan.vips[0]!.shares.map(({ bucketsAfter }) => bucketsAfter)).toEqual([4, 4, 4, 4]);
    expect(plan.vips[0]!.oversubscription).toBe(1);
    const { id } = await rig.operate({ kind: 'add', server: 's4' });
    await rig.advance(6_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'done', progress: { buckets: 4 } });
  });

  it('estimates connections from earlier shifts', async () => {
    await rig.start();
    // Those that are there stay, so that the shift goes on; each new one lives for two seconds.
    rig.openMany(80);
    await rig.operate({ kind: 'swap', server: 's1', replacement: 's4' });
    for (let round = 0; round < 40; round++) {
      rig.openMany(8);
      await rig.advance(500);
      if (round >= 4) rig.connections.splice(80, 8);
    }
    rig.connections.length = 0;
    await rig.advance(6_000);
    const plan = await inTurn(() => rig.engine.operations.plan({ kind: 'drain', server: 's2' }));
    const [vip] = plan.vips;
    expect(vip!.estimate).toBe('observed');
    // 16 connections a second over 16 buckets, 2.5 s each, 5 buckets.
    expect(vip!.liveConnections).toBeGreaterThan(4);
    expect(vip!.liveConnections).toBeLessThan(30);
    expect(vip!.pinsNeeded).toBeGreaterThan(0);
  });
});

describe('approval', () => {
  it('an operation that the policy wants asked for waits with its plan, and is planned anew', async () => {
    rig = new Rig(`${RIG_CONFIGURATION}policy: { drain: ask, askAbove: 30% }\n`);
    await rig.start();
    const asked = await rig.operate({ kind: 'drain', server: 's1' });
    expect(asked).toMatchObject({ phase: 'awaiting-approval', plan: { title: 'drain s1', start: 'approval' } });
    expect(asked.message).toContain('mooring approve 1');
    await rig.advance(3_000);
    expect(buckets()).toEqual({ s1: 6, s2: 5, s3: 5 });
    // Above the share even an `auto` kind asks.
    const swapped = await rig.operate({ kind: 'swap', server: 's1', replacement: 's4' });
    expect(swapped.phase).toBe('awaiting-approval');
    await rig.kill();
    await rig.start();
    await inTurn(() => rig.engine.operations.approve(asked.id, ANNA));
    await rig.advance(6_000);
    expect(rig.operation(asked.id)).toMatchObject({ outcome: 'done' });
    // What was planned is no longer possible: said, and nothing is done.
    await expect(inTurn(() => rig.engine.operations.approve(swapped.id, ANNA))).rejects.toThrow('has left already');
    await rig.abort(swapped.id);
    expect(rig.operation(swapped.id)).toMatchObject({ outcome: 'aborted' });
    const willing = await rig.operate({ kind: 'drain', server: 's2', approve: true });
    expect(willing.phase).not.toBe('awaiting-approval');
  });
});

describe('the queue', () => {
  it('an operation waits for those that are in its way, over a restart', async () => {
    await rig.start();
    rig.openMany(40);
    const first = await rig.operate({ kind: 'swap', server: 's1', replacement: 's4' });
    await expect(rig.operate({ kind: 'drain', server: 's4' })).rejects.toMatchObject({ body: { code: 'conflict' } });
    const second = await rig.operate({ kind: 'drain', server: 's4', queue: true });
    expect(second).toMatchObject({ phase: 'queued' });
    rig.kill();
    await rig.start();
    rig.openMany(30);
    const s1 = rig.serverId('s1');
    rig.close((connection) => connection.server === s1);
    await rig.advance(8_000);
    expect(rig.operation(first.id)).toMatchObject({ outcome: 'done' });
    expect(rig.operation(second.id).phase).toBe('shifting');
    rig.close(() => true);
    await rig.advance(8_000);
    expect(rig.operation(second.id)).toMatchObject({ outcome: 'done' });
  });

  it('fails with the reason when it has become impossible', async () => {
    await rig.start();
    await rig.operate({ kind: 'remove', server: 's1' });
    const again = await rig.operate({ kind: 'drain', server: 's1', queue: true });
    await rig.advance(6_000);
    expect(rig.operation(again.id)).toMatchObject({ outcome: 'failed' });
  });
});

describe('a pause', () => {
  it('holds the buckets where they are and goes on, over a restart', async () => {
    await rig.start();
    rig.openMany(40);
    const { id } = await rig.operate({ kind: 'drain', server: 's1', deadlineMs: 4_000 });
    await rig.advance(500);
    expect(await inTurn(() => rig.engine.operations.pause(id, ANNA))).toMatchObject({ phase: 'paused' });
    rig.connections.length = 0;
    await rig.advance(6_000);
    expect(rig.operation(id)).toMatchObject({ phase: 'paused', progress: { buckets: 6, committed: 0 } });
    rig.kill();
    await rig.start();
    await rig.advance(6_000);
    expect(rig.operation(id)).toMatchObject({ phase: 'paused', progress: { committed: 0 } });
    // New connections are pinned to their new servers all the while.
    rig.openMany(30);
    const s1 = rig.serverId('s1');
    expect(rig.connections.some((connection) => connection.server === s1)).toBe(false);
    await inTurn(() => rig.engine.operations.goOn(id, ANNA));
    await rig.advance(6_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
  });

  it('can be aborted', async () => {
    await rig.start();
    const before = rig.status().vips[0]!.bucketMap.current;
    const { id } = await rig.operate({ kind: 'drain', server: 's1' });
    await inTurn(() => rig.engine.operations.pause(id, ANNA));
    await rig.abort(id);
    await rig.advance(6_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'aborted' });
    expect(rig.status().vips[0]!.bucketMap.base).toEqual(before);
  });

  it('a pause while buckets settle holds none of them, and what comes later ends', async () => {
    await rig.start();
    const { id } = await rig.operate({ kind: 'add', server: 's4', rampMs: 60_000 });
    const phases = () => rig.status().vips[0]!.bucketMap.phase.filter((phase) => phase !== 'steady');
    const moving = rig.status().vips[0]!.bucketMap.phase.indexOf('shifting');
    // Somebody begins a handshake again and again and never ends it: until that is certain the bucket settles.
    const ends = Array.from({ length: 1_000 }, (_, index) => ({ address: 0x0a000065, port: 2_000 + index }));
    const halfOpen = ends.find((one) => rig.switch.bucketOf(1, one) === moving)!;
    for (let round = 0; round < 1_000 && !phases().includes('settling'); round++) {
      expect(rig.switch.fromClient(1, halfOpen, true)).toBe(rig.serverId('s4'));
      await rig.advance(10, 10);
    }
    expect(phases()).toEqual(['settling']);
    await inTurn(() => rig.engine.operations.pause(id, ANNA));
    await rig.advance(2_000);
    expect(phases()).toEqual([]);
    await inTurn(() => rig.engine.operations.goOn(id, ANNA));
    await inTurn(() => rig.engine.operations.takeBack(id, ANNA));
    await rig.advance(8_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'aborted' });
  });
});

describe('shares', () => {
  it('a weight moves just what it must, and back', async () => {
    await rig.start();
    rig.openMany(60);
    const { id } = await rig.operate({ kind: 'weight', server: 's1', weight: 2 });
    rig.openMany(20);
    await rig.advance(7_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
    expect(buckets()).toEqual({ s1: 8, s2: 4, s3: 4 });
    await expect(rig.operate({ kind: 'weight', server: 's1', weight: 2 })).rejects.toThrow('has the weight 2 already');
    const back = await inTurn(() => rig.engine.operations.takeBack(id, ANNA));
    await rig.advance(7_000);
    expect(rig.operation(back.id)).toMatchObject({ outcome: 'done', kind: 'weight', rollsBack: id });
    expect(Object.values(buckets()).sort()).toEqual([5, 5, 6]);
  });

  it('a disabled server keeps its connections and its id, and is enabled again', async () => {
    await rig.start();
    rig.openMany(60);
    const s2 = rig.serverId('s2');
    await rig.operate({ kind: 'disable', server: 's2' });
    const old = rig.connections.filter((connection) => connection.server === s2).length;
    expect(old).toBeGreaterThan(5);
    rig.openMany(30);
    await rig.advance(8_000);
    expect(buckets()).toMatchObject({ s2: 0 });
    expect(rig.connections.filter((connection) => connection.server === s2).length).toBe(old);
    expect(rig.status().servers.find(({ name }) => name === 's2')).toMatchObject({ enabled: false, state: 'active' });
    const { id } = await rig.operate({ kind: 'enable', server: 's2' });
    await rig.advance(8_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
    expect(rig.serverId('s2')).toBe(s2);
    expect(buckets().s2).toBe(5);
  });

  it('a slow start hands its buckets over one after the other', async () => {
    await rig.start();
    const { id } = await rig.operate({ kind: 'add', server: 's4', rampMs: 8_000 });
    const seen = new Set<number>();
    for (let second = 0; second < 8; second++) {
      seen.add(buckets().s4!);
      await rig.advance(1_000);
    }
    expect([...seen]).toEqual([1, 2, 3, 4]);
    await rig.advance(6_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
  });
});

describe('rollback of what is over', () => {
  it('a swap is swapped back, a drained server comes back under a new id', async () => {
    await rig.start();
    const { id } = await rig.operate({ kind: 'swap', server: 's1', replacement: 's4' });
    const before = rig.serverId('s1');
    await rig.advance(6_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
    const back = await inTurn(() => rig.engine.operations.takeBack(id, ANNA));
    await rig.advance(6_000);
    expect(rig.operation(back.id)).toMatchObject({ outcome: 'done' });
    expect(buckets()).toEqual({ s1: 6, s2: 5, s3: 5 });
    expect(rig.serverId('s1')).toBeGreaterThan(before);
  });
});

describe('apply', () => {
  const FILE = RIG_CONFIGURATION.replace(/ +- \{ name: s2.*\n/, '')
    .replace('name: s3,', 'name: s3, weight: 2,')
    .replace(', switchPort: 4, spare: true', ', switchPort: 4');

  it('follows a file in one assignment, and finds nothing to do when asked again', async () => {
    await rig.start();
    rig.openMany(60);
    const dry = await apply(FILE, true);
    expect(dry.operations).toEqual([]);
    expect(dry.differences.map(({ kind, what }) => `${kind} ${what}`)).toEqual([
      'change server s3 of VIP web',
      'add server s4 of VIP web',
      'remove server s2 of VIP web',
    ]);
    const { operations } = await apply(FILE);
    expect(operations).toHaveLength(1);
    rig.openMany(30);
    rig.close(({ server }) => server === rig.serverId('s2'));
    await rig.advance(9_000);
    expect(rig.operation(operations[0]!.id)).toMatchObject({ outcome: 'done', kind: 'change' });
    expect(buckets()).toEqual({ s1: 4, s3: 8, s4: 4 });
    expect((await apply(FILE)).operations).toEqual([]);
  });

  it('the ways to a server change while it serves', async () => {
    await rig.start();
    rig.openMany(40);
    const one = 'mac: 02:00:00:00:00:01, switchPort: 1 }';
    const two = 'mac: 02:00:00:00:00:01, links: [{ switchPort: 1 }, { switchPort: 6, weight: 2 }] }';
    const wanted = RIG_CONFIGURATION.replace(one, two);
    const { differences, operations } = await apply(wanted);
    expect(differences).toMatchObject([
      {
        what: 'ways to server s1 of VIP web',
        detail: 'port 1 (02:00:00:00:00:01) to port 1 (02:00:00:00:00:01), port 6 (02:00:00:00:00:01, weight 2)',
      },
    ]);
    expect(operations).toEqual([]);
    await rig.advance(500);
    const s1 = rig.serverId('s1');
    expect(rig.switch.entries('servers').get(`1/${s1}`)?.params[1]).toBe(BY_LINK);
    expect(rig.switch.entries('links').get(String(s1))?.params).toEqual([
      '02:00:00:00:00:01',
      1,
      1,
      '02:00:00:00:00:01',
      6,
      2,
    ]);
    expect((await apply(wanted)).differences).toEqual([]);
    // Over a restart, and back.
    rig.kill();
    await rig.start();
    expect(rig.switch.entries('links').size).toBe(1);
    await apply(RIG_CONFIGURATION);
    await rig.advance(500);
    expect(rig.switch.entries('servers').get(`1/${s1}`)?.params[1]).toBe(1);
    expect(rig.switch.entries('links').size).toBe(0);
  });

  it('a file with one error or one impossible difference changes nothing', async () => {
    await rig.start();
    const before = JSON.stringify(rig.status().vips);
    await expect(apply(FILE.replace('port: 80\n', 'port: 80\n    bucket: 3\n'))).rejects.toThrow(
      'new.yaml(9:5): error: VIP `web` has an unknown key `bucket`; did you mean `buckets`?',
    );
    await expect(apply(FILE.replace('address: 10.0.0.1\n', 'address: 10.0.0.2\n'))).rejects.toThrow(
      'address of VIP web (10.0.0.1 to 10.0.0.2): clients are connected to the old one',
    );
    expect(JSON.stringify(rig.status().vips)).toBe(before);
    expect(rig.engine.operations.list()).toEqual([]);
  });

  it('a second VIP comes and goes, and the first one notices nothing', async () => {
    await rig.start();
    rig.openMany(40);
    const two = `${RIG_CONFIGURATION}  - name: mail
    address: 10.0.0.2
    port: 25
    buckets: 8
    servers:
      - { name: m1, address: 10.0.0.21, mac: 02:00:00:00:00:21, switchPort: 1 }
      - { name: m2, address: 10.0.0.22, mac: 02:00:00:00:00:22, switchPort: 2 }
`;
    await apply(two);
    expect(rig.status().vips.map(({ name }) => name)).toEqual(['web', 'mail']);
    expect([...rig.switch.entries('buckets').keys()].filter((key) => key.startsWith('2/'))).toHaveLength(8);
    await rig.advance(2_000);
    // A restart with the old file keeps it: operators' changes win.
    rig.kill();
    await rig.start();
    expect(rig.status().vips.map(({ name }) => name)).toEqual(['web', 'mail']);
    const { operations } = await apply(RIG_CONFIGURATION);
    expect(operations.map(({ kind }) => kind)).toEqual(['remove-vip']);
    await rig.advance(9_000);
    for (let round = 0; round < 4; round++) await rig.settle();
    expect(rig.operation(operations[0]!.id)).toMatchObject({ outcome: 'done' });
    expect(rig.status().vips.map(({ name }) => name)).toEqual(['web']);
    expect([...rig.switch.entries('buckets').keys()].filter((key) => key.startsWith('2/'))).toEqual([]);
    expect(rig.switch.entries('vips').size).toBe(1);
  });

  it('the removal of a VIP is taken back', async () => {
    await rig.start();
    await apply(`${RIG_CONFIGURATION}  - name: mail
    address: 10.0.0.2
    port: 25
    servers:
      - { name: m1, address: 10.0.0.21, mac: 02:00:00:00:00:21, switchPort: 1 }
`);
    const { id } = await rig.operate({ kind: 'remove-vip', vip: 'mail' });
    await rig.advance(500);
    await rig.abort(id);
    await rig.advance(6_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'aborted' });
    expect(rig.status().servers.find(({ name }) => name === 'm1')).toMatchObject({ state: 'active', buckets: 256 });
  });
});

describe('more buckets', () => {
  it('are divided where they are: nothing moves, and pins find their new buckets', async () => {
    await rig.start();
    rig.openMany(60);
    const added = await rig.operate({ kind: 'add', server: 's4' });
    await expect(rig.operate({ kind: 'buckets', buckets: 32 })).rejects.toThrow('is running on VIP `web`');
    rig.openMany(30);
    await rig.advance(7_000);
    expect(rig.operation(added.id)).toMatchObject({ outcome: 'done' });
    const pins = rig.switch.entries('pins').size;
    expect(pins).toBeGreaterThan(0);
    await rig.operate({ kind: 'buckets', buckets: 48 });
    for (let round = 0; round < 4; round++) await rig.settle();
    expect(rig.status().vips[0]!.buckets).toBe(48);
    await rig.advance(3_000);
    expect(rig.switch.entries('pins').size).toBe(pins);
    expect(buckets()).toEqual({ s1: 12, s2: 12, s3: 12, s4: 12 });
    // And what is divided can be shifted, and survives a restart.
    rig.kill();
    await rig.start();
    const { id } = await rig.operate({ kind: 'drain', server: 's2' });
    rig.openMany(30);
    rig.close(({ server }) => server === rig.serverId('s2'));
    await rig.advance(9_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
  });
});
