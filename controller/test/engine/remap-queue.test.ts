/**
 * What happens to a VIP's servers while its mapping changes: a dead one's buckets go at once, in both mappings; who
 * comes, comes back, leaves or gets another weight waits until the change is over, says so, and then follows by itself.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CHECKED, startChecked } from '../support/checked-rig.ts';
import { endUnharmed, type Rig } from '../support/rig.ts';

const REMAP = { kind: 'remap', hashSeed: 0xdecade } as const;

let rig: Rig;

beforeEach(async () => {
  rig = await startChecked();
});

afterEach(() => endUnharmed(rig));

function server(name: string) {
  return rig.status().servers.find((candidate) => candidate.name === name)!;
}

/** The server is gone, and its connections with it. @returns what its id was */
function die(name: string): number {
  const id = rig.serverId(name);
  rig.down.add(name);
  rig.connections.splice(0, rig.connections.length, ...rig.connections.filter((one) => one.server !== id));
  return id;
}

function adds(name: string) {
  return rig.engine.operations.list().filter((one) => one.kind === 'add' && one.server === name);
}

describe('what operators ask for', () => {
  it('waits by itself, says for what, and is done afterwards', async () => {
    const { id } = await rig.operate(REMAP);
    const waiting = [
      await rig.operate({ kind: 'add', server: 's4' }),
      await rig.operate({ kind: 'weight', server: 's3', weight: 3 }),
      await rig.operate({ kind: 'drain', server: 's2' }),
    ];
    const what = `waits: the VIP takes part in operation ${id} (remap web: seed 14600926)`;
    for (const { phase, message } of waiting) expect([phase, message]).toEqual(['queued', what]);
    expect(rig.engine.operations.plan({ kind: 'disable', server: 's1' })).toMatchObject({ start: 'queue' });
    rig.kill();
    await rig.start();
    await rig.advance(1_000);
    for (const one of waiting) expect(rig.operation(one.id)).toMatchObject({ phase: 'queued', message: what });
    rig.close(() => true);
    await rig.advance(20_000);
    for (const one of [{ id }, ...waiting]) expect(rig.operation(one.id)).toMatchObject({ outcome: 'done' });
    expect(server('s4').buckets).toBeGreaterThan(2);
    expect(server('s3').buckets).toBeGreaterThan(8);
    expect(server('s2')).toMatchObject({ state: 'drained', buckets: 0 });
  });

  it('waits for buckets that have not settled, where it is asked to', async () => {
    rig.openMany(20);
    const { operations } = rig.engine;
    const to = rig.serverId('s2');
    // Nobody's operation: as after a switch has been away.
    await rig.engine.submit(() => operations.host.order({ kind: 'retarget', vip: 1, moves: [[0, to]] }));
    await expect(rig.operate(REMAP)).rejects.toThrow('1 buckets of VIP `web` are not settled yet');
    const { id, message } = await rig.operate({ ...REMAP, queue: true });
    expect(message).toContain('waits: 1 buckets of VIP `web` are not settled yet');
    await rig.advance(2_000);
    expect(rig.operation(id).phase).toBe('queued');
    await rig.advance(20_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
  });

  it('is taken back like anything that waits', async () => {
    await rig.operate(REMAP);
    const add = await rig.operate({ kind: 'add', server: 's4' });
    await rig.abort(add.id);
    expect(rig.operation(add.id)).toMatchObject({ outcome: 'aborted' });
    await rig.advance(15_000);
    expect(server('s4').state).toBe('spare');
  });

  it('asks for consent when its time has come, where the policy wants it', async () => {
    await rig.dispose();
    rig = await startChecked(`${CHECKED}policy: { drain: ask }\n`);
    await rig.operate(REMAP);
    const [drain, consented] = [
      await rig.operate({ kind: 'drain', server: 's2' }),
      await rig.operate({ kind: 'drain', server: 's3', approve: true }),
    ];
    expect([drain.phase, consented.phase]).toEqual(['queued', 'queued']);
    rig.close(() => true);
    await rig.advance(20_000);
    expect(rig.operation(drain.id)).toMatchObject({ phase: 'awaiting-approval', plan: { title: 'drain s2' } });
    expect(rig.operation(consented.id)).toMatchObject({ outcome: 'done' });
  });

  it('another change of mapping is refused, or waits where that is asked for', async () => {
    const { id } = await rig.operate(REMAP);
    await expect(rig.operate({ kind: 'remap', affinity: 'client' })).rejects.toThrow(`operation ${id} (remap web`);
    const next = await rig.operate({ kind: 'remap', affinity: 'client', queue: true });
    expect(next).toMatchObject({ phase: 'queued', message: expect.stringContaining(`operation ${id} (remap web`) });
    await rig.advance(20_000);
    expect(rig.operation(next.id)).toMatchObject({ outcome: 'done' });
    expect(rig.status().vips[0]).toMatchObject({ hashSeed: 0xdecade, affinity: 'client' });
  });

  it('a change of mapping waits for what concerns servers only where that is asked for', async () => {
    const { id } = await rig.operate({ kind: 'drain', server: 's2' });
    await expect(rig.operate(REMAP)).rejects.toThrow(`operation ${id} (drain s2) is running on VIP`);
    const remap = await rig.operate({ ...REMAP, queue: true });
    expect(remap.phase).toBe('queued');
    const s2 = rig.serverId('s2');
    rig.close((connection) => connection.server === s2);
    await rig.advance(25_000);
    expect(rig.operation(remap.id)).toMatchObject({ outcome: 'done' });
  });
});

describe('a server dies', () => {
  it('its buckets go at once in both mappings, and its return waits for the change to be over', async () => {
    const { id } = await rig.operate(REMAP);
    rig.openMany(40);
    await rig.advance(500, 100);
    const dead = die('s2');
    await rig.advance(600, 100);
    expect(server('s2')).toMatchObject({ state: 'dead', buckets: 0 });
    const { bucketMap, coming } = rig.status().vips[0]!;
    expect([...bucketMap.base, ...bucketMap.current, ...coming!.servers]).not.toContain(dead);
    rig.openMany(60);
    expect(rig.refusedConnections).toBe(0);
    rig.down.delete('s2');
    await rig.advance(600, 100);
    expect(rig.operation(id).phase).toBe('shifting');
    expect(adds('s2')).toMatchObject([
      {
        phase: 'queued',
        who: 'controller',
        message: `waits: the VIP takes part in operation ${id} (remap web: seed 14600926)`,
      },
    ]);
    await rig.advance(25_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
    expect(adds('s2')).toMatchObject([{ outcome: 'done' }]);
    expect(server('s2')).toMatchObject({ state: 'active', buckets: 5 });
    expect(rig.serverId('s2')).not.toBe(dead);
  });

  it('one that fails again meanwhile does not come back before it is well', async () => {
    const { id } = await rig.operate(REMAP);
    await rig.operate({ kind: 'add', server: 's4' });
    await rig.engine.submit(() => rig.engine.operations.pause(id, { who: 'anna' }));
    die('s2');
    await rig.advance(1_000, 100);
    rig.down.delete('s2');
    await rig.advance(1_000, 100);
    rig.kill();
    await rig.start();
    // Its checks are good once more, and it waits already.
    await rig.advance(1_000, 100);
    expect(adds('s2')).toMatchObject([{ phase: 'queued' }]);
    rig.down.add('s2').add('s4');
    await rig.advance(1_000, 100);
    expect(adds('s2')).toMatchObject([{ outcome: 'aborted', message: 'server `s2` is down again: refused' }]);
    // What an operator asked for is his.
    expect(adds('s4')).toMatchObject([{ phase: 'queued', who: 'operator' }]);
    rig.down.clear();
    await rig.engine.submit(() => rig.engine.operations.goOn(id, { who: 'anna' }));
    await rig.advance(25_000);
    expect(adds('s2').map(({ outcome }) => outcome)).toEqual(['done', 'aborted']);
    expect([server('s2').state, server('s4').state]).toEqual(['active', 'active']);
  });

  it('a standby whose way is known takes over at once; one that must be asked for it comes afterwards', async () => {
    await rig.dispose();
    rig = await startChecked(CHECKED.replaceAll('spare: true', 'spare: true, standby: true'));
    const { id } = await rig.operate(REMAP);
    const dead = [die('s1')];
    await rig.advance(600, 100);
    expect(server('s4').state).toBe('active');
    dead.push(die('s2'));
    await rig.advance(600, 100);
    const { bucketMap, coming } = rig.status().vips[0]!;
    for (const one of dead) expect([...bucketMap.base, ...bucketMap.current, ...coming!.servers]).not.toContain(one);
    expect(bucketMap.base).toContain(rig.serverId('s4'));
    expect(adds('s5')).toMatchObject([{ phase: 'queued', why: 'standby' }]);
    // A second one that dies does not have it come twice.
    die('s3');
    await rig.advance(600, 100);
    expect(adds('s5')).toHaveLength(1);
    rig.switch.arpAnswers.set(0x0a00000f, { mac: '02:00:00:00:00:05', port: 5 });
    await rig.advance(25_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
    expect([server('s4').state, server('s5').state]).toEqual(['active', 'active']);
  });
});
