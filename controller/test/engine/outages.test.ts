/**
 * Servers that die and come back, on a fake switch: their own connections are lost, nobody else's packet goes astray.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RIG_CONFIGURATION, Rig } from '../support/rig.ts';

const CHECKED = RIG_CONFIGURATION.replace(
  '    servers:\n',
  '    health: { kind: tcp, interval: 200ms, rise: 2, fall: 2 }\n    servers:\n',
);

let rig: Rig;
let down: Set<string>;

function newRig(text: string): void {
  rig = new Rig(text);
  down = new Set();
  rig.probe = async (_, { name }) => (down.has(name) ? { ok: false, reason: 'connection refused' } : { ok: true });
}

beforeEach(() => newRig(CHECKED));

afterEach(async () => {
  expect(rig.violations).toEqual([]);
  await rig.dispose();
});

function server(name: string) {
  return rig.status().servers.find((candidate) => candidate.name === name)!;
}

/** The server's process is gone, and with it its connections. */
function die(name: string): number {
  const id = rig.serverId(name);
  const before = rig.connections.length;
  down.add(name);
  const left = rig.connections.filter((connection) => connection.server !== id);
  rig.connections.splice(0, before, ...left);
  return before - left.length;
}

describe('a server that dies', () => {
  it('its buckets move at once, nobody else notices, and it comes back under a new id', async () => {
    await rig.start();
    rig.openMany(80);
    await rig.advance(1_000);
    expect(server('s1')).toMatchObject({ health: 'up' });
    const before = rig.serverId('s2');
    expect(die('s2')).toBeGreaterThan(10);
    await rig.advance(600, 100);
    expect(server('s2')).toMatchObject({
      state: 'dead',
      health: 'down',
      healthReason: 'connection refused',
      buckets: 0,
    });
    expect(server('s1').buckets + server('s3').buckets).toBe(16);
    // No shift: base and current are one again, and new connections work.
    expect(rig.switch.entries('drain_watch').size).toBe(0);
    rig.openMany(40);
    await rig.advance(3_000);
    const [failover] = rig.engine.operations.list();
    expect(failover).toMatchObject({ kind: 'failover', server: 's2', outcome: 'done', progress: { buckets: 5 } });
    expect(rig.switch.entries('servers').has(`1/${before}`)).toBe(false);
    down.delete('s2');
    await rig.advance(1_000);
    rig.openMany(40);
    await rig.advance(6_000);
    expect(server('s2')).toMatchObject({ state: 'active', health: 'up', buckets: 5 });
    expect(rig.serverId('s2')).toBeGreaterThan(before);
  });

  it('in the middle of a drain: the drain ends at once', async () => {
    await rig.start();
    rig.openMany(60);
    const { id } = await rig.operate({ kind: 'drain', server: 's1' });
    rig.openMany(30);
    await rig.advance(2_000);
    expect(rig.operation(id).progress.committed).toBeLessThan(6);
    die('s1');
    rig.openMany(20);
    await rig.advance(3_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
    expect(server('s1').state).toBe('dead');
  });

  it('in the middle of being added: the addition is taken back', async () => {
    await rig.start();
    rig.openMany(60);
    const before = rig.status().vips[0]!.bucketMap.current;
    await rig.advance(1_000);
    const { id } = await rig.operate({ kind: 'swap', server: 's1', replacement: 's4' });
    rig.openMany(60);
    await rig.advance(500);
    die('s4');
    await rig.advance(5_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'aborted' });
    expect(rig.status().vips[0]!.bucketMap.current).toEqual(before);
    expect(server('s1')).toMatchObject({ state: 'active', buckets: 6 });
    rig.openMany(20);
  });

  it('connections pinned to it are listed as lost, and no others', async () => {
    await rig.start();
    rig.openMany(60);
    await rig.operate({ kind: 'disable', server: 's3' });
    await rig.advance(8_000);
    const lost = die('s3');
    expect(lost).toBeGreaterThan(5);
    await rig.advance(2_000);
    const failover = rig.engine.operations.list().find(({ kind }) => kind === 'failover')!;
    expect(failover.ended).toHaveLength(lost);
    expect([...rig.switch.entries('pins').values()].length).toBe(0);
  });

  it('a standby takes its place, and then it is the spare', async () => {
    newRig(CHECKED.replace('switchPort: 4, spare: true', 'switchPort: 4, spare: true, standby: true'));
    await rig.start();
    rig.openMany(60);
    await rig.advance(1_000);
    const before = rig.status().servers.filter(({ name }) => name === 's2' || name === 's3');
    die('s1');
    await rig.advance(600, 100);
    expect(server('s4')).toMatchObject({ state: 'active', buckets: 6 });
    for (const { name, buckets } of before) expect(server(name).buckets).toBe(buckets);
    rig.openMany(30);
    down.delete('s1');
    await rig.advance(4_000);
    expect(server('s1').state).toBe('drained');
    expect(server('s4').buckets).toBe(6);
  });

  it('who is added when it answers again, and not often enough yet, is not given up for what was', async () => {
    const wait = CHECKED.replace('rise: 2, fall: 2', 'rise: 9, fall: 2');
    newRig(wait);
    await rig.start();
    await rig.advance(4_000);
    die('s2');
    await rig.advance(1_000, 100);
    down.delete('s2');
    await rig.advance(300, 100);
    const { id } = await rig.operate({ kind: 'add', server: 's2' });
    rig.openMany(40);
    await rig.advance(1_000, 100);
    expect(server('s2')).toMatchObject({ health: 'down', buckets: 5 });
    await rig.advance(8_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
    expect(server('s2')).toMatchObject({ health: 'up', state: 'active' });
  });

  it('a server may have a standby of its own, which is for no other', async () => {
    const standbys = CHECKED.replace('switchPort: 4, spare: true', 'switchPort: 4, spare: true, standbyFor: s2');
    newRig(standbys);
    await rig.start();
    rig.openMany(40);
    await rig.advance(1_000);
    die('s1');
    await rig.advance(600, 100);
    expect(server('s4').state).toBe('spare');
    const { buckets } = server('s2');
    die('s2');
    await rig.advance(600, 100);
    expect(server('s4')).toMatchObject({ state: 'active', buckets });
  });

  it('when nobody answers any more everything stays as it is', async () => {
    await rig.start();
    rig.openMany(30);
    await rig.advance(1_000);
    const before = rig.status().vips[0]!.bucketMap.current;
    for (const name of ['s1', 's2', 's3', 's4', 's5']) down.add(name);
    await rig.advance(3_000);
    expect(rig.status().vips[0]!.bucketMap.current).toEqual(before);
    expect(rig.log.lines.some(({ text }) => text.includes('nobody else is up'))).toBe(true);
    down.clear();
    await rig.advance(2_000);
    expect(server('s1')).toMatchObject({ state: 'active', health: 'up' });
  });

  it('a controller that is killed meanwhile goes on with it', async () => {
    for (let at = 1; at <= 12; at++) {
      newRig(CHECKED);
      await rig.start();
      rig.openMany(40);
      await rig.operate({ kind: 'add', server: 's4' });
      rig.openMany(20);
      await rig.advance(1_500);
      die('s1');
      let calls = 0;
      const fault = (): void => {
        if (++calls >= at) throw new Error('killed');
      };
      rig.switch.onCall = fault;
      rig.files.onWrite = fault;
      await rig.clock.advance(700, rig.settle);
      rig.kill();
      rig.switch.onCall = () => undefined;
      rig.files.onWrite = () => undefined;
      await rig.start();
      await rig.advance(1_000);
      expect(server('s1').state, `fault at call ${at}`).toBe('dead');
      rig.openMany(20);
      await rig.advance(9_000);
      expect(rig.violations, `fault at call ${at}`).toEqual([]);
      const { base, current } = rig.status().vips[0]!.bucketMap;
      expect(base, `fault at call ${at}`).toEqual(current);
      expect(rig.engine.operations.list().every(({ phase }) => phase === 'finished')).toBe(true);
      if (at < 12) await rig.dispose();
    }
  });
});
