/**
 * Packets get to a VIP's servers in another way while its connections live: each connection keeps its server and the
 * way it has, new ones have the new way, and when the last old one has ended nothing of the old way is left.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { applyConfiguration } from '../../src/apply.ts';
import type { OperationRequest } from '../../src/control-api/types.ts';
import { CHECKED, startChecked } from '../support/checked-rig.ts';
import { endUnharmed, type Rig } from '../support/rig.ts';

type To = NonNullable<OperationRequest['forwarding']>;
const DIRECT: To = { kind: 'direct' };
const GUE: To = { kind: 'gue', source: '10.0.0.1', port: 6080 };

let rig: Rig;

beforeEach(async () => {
  rig = await startChecked();
});

afterEach(() => endUnharmed(rig));

const change = (forwarding: To) => rig.operate({ kind: 'forwarding', vip: 'web', forwarding });
const ids = () => new Map(rig.status().servers.map(({ name, id, state }) => [`${name} ${state}`, id]));
const ports = () =>
  rig
    .status()
    .servers.slice(0, 3)
    .map(({ port }) => port);
const inTurn = <T>(run: () => T): Promise<T> => rig.engine.submit(run);

/** @returns what a file changes */
async function apply(text: string): Promise<readonly string[]> {
  const answer = applyConfiguration(rig.engine, { fileName: 'new.yaml', text }, false, 'anna');
  for (let round = 0; round < 6; round++) await rig.settle();
  return (await answer).differences.map(({ what }) => what);
}

/** What the switch does with packets for each server of the VIP, and whether it takes the VIP for a one-way one. */
function ways(): { readonly actions: readonly string[]; readonly oneWay: number } {
  const actions = [...rig.switch.entries('servers').values()].map(({ action }) => action);
  return { actions: actions.sort(), oneWay: Number([...rig.switch.entries('vips').values()][0]!.params[5]) };
}

/** Whoever was there before a change has ended. */
async function old(before: ReadonlySet<unknown>): Promise<void> {
  rig.close((connection) => before.has(connection));
  await rig.advance(12_000);
}

describe.each([
  ['direct', DIRECT, 'to_server_direct'],
  ['a tunnel', GUE, 'to_server_gue'],
] as const)('from translated to %s, and back', (_, to, action) => {
  it('old connections keep their way, new ones have the new one', async () => {
    const before = ids();
    const living = new Set(rig.connections);
    const { id } = await change(to);
    await rig.advance(500);
    expect(ways()).toEqual({ actions: [...Array(3).fill('to_server'), ...Array(3).fill(action)].sort(), oneWay: 1 });
    await rig.advance(4_000);
    const after = ids();
    for (const name of ['s1', 's2', 's3']) {
      expect(after.get(`${name} draining`)).toBe(before.get(`${name} active`));
      expect(after.get(`${name} active`)).toBeGreaterThan(before.get(`${name} active`)!);
    }
    rig.openMany(30);
    await rig.advance(2_000);
    const news = rig.connections.filter((connection) => !living.has(connection));
    expect(news).toHaveLength(30);
    for (const { server } of news)
      expect([...after.entries()].find(([, one]) => one === server)![0]).toMatch(/ active$/);
    expect(rig.operation(id).phase).toBe('draining');
    await old(living);
    expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
    expect(ways()).toEqual({ actions: Array(3).fill(action), oneWay: 1 });
    expect(rig.status().servers.map(({ name, state }) => `${name} ${state}`)).toEqual([
      's1 active',
      's2 active',
      's3 active',
      's4 spare',
      's5 spare',
    ]);
    const back = await inTurn(() => rig.engine.operations.takeBack(id, { who: 'anna' }));
    await rig.advance(6_000);
    rig.openMany(30);
    expect(ways().oneWay).toBe(1);
    await old(new Set(news));
    expect(rig.operation(back.id)).toMatchObject({ outcome: 'done', rollsBack: id });
    expect(ways()).toEqual({ actions: Array(3).fill('to_server'), oneWay: 0 });
    expect(rig.switch.entries('returns').size).toBe(3);
    rig.openMany(20);
  });
});

describe('a change of forwarding', () => {
  it('is taken back at any time, over crashes: whoever has the new way keeps it until he ends', async () => {
    for (const atMs of [0, 500, 3_000, 6_000]) {
      const { id } = await change(DIRECT);
      await rig.advance(atMs);
      rig.openMany(20);
      rig.kill();
      await rig.start();
      await rig.advance(500);
      await rig.abort(id);
      rig.openMany(20);
      await rig.advance(1_000);
      rig.kill();
      await rig.start();
      await rig.advance(4_000);
      rig.close(() => true);
      await rig.advance(12_000);
      expect(rig.operation(id), `${atMs} ms`).toMatchObject({ outcome: 'aborted' });
      expect(ways()).toEqual({ actions: Array(3).fill('to_server'), oneWay: 0 });
      expect(rig.status().servers.filter(({ state }) => state === 'active')).toHaveLength(3);
      rig.openMany(60);
      await rig.advance(1_000);
    }
  });

  it('can be paused, and ends what is left at its deadline', async () => {
    const living = rig.connections.length;
    const { id } = await rig.operate({ kind: 'forwarding', forwarding: DIRECT, deadlineMs: 8_000 });
    await rig.advance(500);
    await inTurn(() => rig.engine.operations.pause(id, { who: 'anna' }));
    await rig.advance(15_000);
    expect(rig.operation(id)).toMatchObject({ phase: 'paused', progress: { committed: 0 } });
    await inTurn(() => rig.engine.operations.goOn(id, { who: 'anna' }));
    for (let step = 0; step < 200 && rig.operation(id).ended === undefined; step++) await rig.advance(100, 100);
    rig.connections.length = 0;
    await rig.advance(12_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
    expect(rig.operation(id).ended!.length).toBeGreaterThan(living / 2);
    expect(ways()).toEqual({ actions: Array(3).fill('to_server_direct'), oneWay: 1 });
  });

  it('a server that dies is gone in both ways at once, and comes back in the new one', async () => {
    const living = new Set(rig.connections);
    const { id } = await change(DIRECT);
    await rig.advance(4_000);
    rig.openMany(30);
    const dead = [...ids()].filter(([name]) => name.startsWith('s2 ')).map(([, one]) => one);
    expect(dead).toHaveLength(2);
    rig.down.add('s2');
    rig.connections.splice(
      0,
      rig.connections.length,
      ...rig.connections.filter(({ server }) => !dead.includes(server)),
    );
    await rig.advance(600, 100);
    const { base, current } = rig.status().vips[0]!.bucketMap;
    for (const one of dead) expect([...base, ...current]).not.toContain(one);
    rig.openMany(40);
    expect(rig.refusedConnections).toBe(0);
    rig.down.delete('s2');
    await rig.advance(1_000);
    expect(rig.engine.operations.list()[0]).toMatchObject({ kind: 'add', server: 's2', phase: 'queued' });
    await old(living);
    await rig.advance(12_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
    expect(
      rig
        .status()
        .servers.filter(({ state }) => state === 'active')
        .map(({ name }) => name),
    ).toEqual(['s1', 's2', 's3']);
    expect(ways()).toEqual({ actions: Array(3).fill('to_server_direct'), oneWay: 1 });
  });

  it('others wait for it, and it is refused with the reason where it cannot be', async () => {
    await expect(change({ kind: 'nat' })).rejects.toThrow("the VIP's forwarding is nat already");
    await expect(change({ kind: 'ipip', source: '2001:db8::1' })).rejects.toThrow('of the same kind as the addresses');
    const drain = await rig.operate({ kind: 'drain', server: 's3' });
    await expect(change(DIRECT)).rejects.toThrow(`operation ${drain.id} (drain s3) is running on VIP \`web\``);
    rig.close(() => true);
    await rig.advance(8_000);
    const plan = await inTurn(() => rig.engine.operations.plan({ kind: 'forwarding', forwarding: DIRECT }));
    expect(plan).toMatchObject({ title: 'forwarding of the VIP to direct', vips: [{ moves: 16, leastMoves: 16 }] });
    expect(plan.remarks[0]).toContain('in both ways until its old connections have ended');
    const { id } = await change(DIRECT);
    const add = await rig.operate({ kind: 'add', server: 's3' });
    expect(add).toMatchObject({
      phase: 'queued',
      message: expect.stringContaining(`operation ${id} (forwarding of web to direct)`),
    });
    await rig.advance(20_000);
    expect(rig.operation(add.id)).toMatchObject({ outcome: 'done' });
    expect(ways().actions).toEqual(Array(3).fill('to_server_direct'));
  });

  it('a file with another forwarding and another mapping is followed, one after the other', async () => {
    const text = CHECKED.replaceAll('port: 8080', 'port: 80').replace(
      'buckets: 16',
      'forwarding: direct\n    buckets: 20',
    );
    expect(await apply(text)).toEqual(['forwarding of VIP web', 'buckets of VIP web']);
    rig.close(() => true);
    await rig.advance(30_000);
    expect(rig.status().vips[0]).toMatchObject({ buckets: 20 });
    expect(ways()).toEqual({ actions: Array(3).fill('to_server_direct'), oneWay: 1 });
    expect(ports()).toEqual([80, 80, 80]);
    expect(await apply(text)).toEqual([]);
    // And back, to another port than before.
    const back = text.replaceAll('port: 80,', 'port: 8081,').replace('forwarding: direct\n    ', '');
    expect(await apply(back)).toEqual(['forwarding of VIP web']);
    await rig.advance(30_000);
    expect(ways()).toEqual({ actions: Array(3).fill('to_server'), oneWay: 0 });
    expect(ports()).toEqual([8081, 8081, 8081]);
  });
});
