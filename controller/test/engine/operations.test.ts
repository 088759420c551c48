/** Operations from request to end, on a fake switch with connections that must all reach their servers. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Rig } from '../support/rig.ts';

let rig: Rig;

beforeEach(() => {
  rig = new Rig();
});

afterEach(async () => {
  expect(rig.violations).toEqual([]);
  await rig.dispose();
});

function bucketsOf(name: string): number {
  return rig.status().servers.find((server) => server.name === name)!.buckets;
}

describe('a new service', () => {
  it('gets everything it needs and keeps no state for connections', async () => {
    await rig.start();
    rig.openMany(50);
    await rig.advance(5_000);
    const status = rig.status();
    expect(status.state).toBe('serving');
    expect(status.servers.map(({ name, state, buckets }) => [name, state, buckets])).toEqual([
      ['s1', 'active', 6],
      ['s2', 'active', 5],
      ['s3', 'active', 5],
      ['s4', 'spare', 0],
      ['s5', 'spare', 0],
    ]);
    expect(rig.switch.entries('pins').size).toBe(0);
    expect([...rig.switch.entries('buckets').values()].every((entry) => entry.params[4] === 0)).toBe(true);
  });
});

describe('add', () => {
  it('moves a share of the buckets; old connections stay, by learning, and the shift ends before they do', async () => {
    await rig.start();
    rig.openMany(60);
    const { id } = await rig.operate({ kind: 'add', server: 's4' });
    rig.openMany(60);
    await rig.advance(1_000);
    rig.openMany(20);
    await rig.advance(6_000);
    const operation = rig.operation(id);
    expect(operation).toMatchObject({ phase: 'finished', outcome: 'done' });
    expect(bucketsOf('s4')).toBe(4);
    expect(rig.status().servers.find((server) => server.name === 's4')!.state).toBe('active');
    // Old connections of the moved buckets are pinned to their servers, and only they.
    const s4 = rig.serverId('s4');
    const moved = [...rig.switch.entries('buckets')].filter(([, entry]) => entry.params[0] === s4).map(([key]) => key);
    const old = rig.connections.filter((c) => moved.includes(`1/${c.bucket}`) && c.server !== s4).length;
    expect(old).toBeGreaterThan(3);
    expect(rig.switch.entries('pins').size).toBe(old);
    expect([...rig.switch.entries('buckets').values()].every((entry) => entry.params[4] === 0)).toBe(true);
    expect(rig.switch.entries('drain_watch').size).toBe(0);
    // They are forgotten when they end.
    rig.close(() => true);
    await rig.advance(8_000);
    expect(rig.switch.entries('pins').size).toBe(0);
  });

  it('finds a server by ARP', async () => {
    rig.switch.arpAnswers.set(0x0a00000f, { mac: '02:00:00:00:00:05', port: 5 });
    await rig.start();
    const { id } = await rig.operate({ kind: 'add', server: 's5' });
    await rig.advance(6_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
    const entry = rig.switch.entries('servers').get(`1/${rig.serverId('s5')}`);
    expect(entry?.params).toEqual(['02:00:00:00:00:05', 5, 0x0a00000f, 8080]);
  });

  it('fails with the reason when nobody answers, and leaves nothing behind', async () => {
    await rig.start();
    const before = rig.switch.entries('buckets');
    const { id } = await rig.operate({ kind: 'add', server: 's5' });
    await rig.advance(6_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'failed' });
    expect(rig.operation(id).message).toContain('no answer to ARP for 10.0.0.15');
    expect(rig.switch.entries('buckets')).toEqual(before);
    expect(rig.status().servers.find((server) => server.name === 's5')!.state).toBe('spare');
  });
});

describe('swap and drain', () => {
  it('a swap ends when the last connection of the leaving server has closed', async () => {
    await rig.start();
    rig.openMany(60);
    const s1 = rig.serverId('s1');
    const { id } = await rig.operate({ kind: 'swap', server: 's1', replacement: 's4' });
    rig.openMany(60);
    await rig.advance(10_000);
    expect(rig.operation(id).phase).toBe('shifting');
    expect(rig.connections.filter((connection) => connection.server === s1).length).toBeGreaterThan(5);
    rig.close((connection) => connection.server === s1);
    rig.openMany(10);
    await rig.advance(5_000);
    expect(rig.operation(id)).toMatchObject({ phase: 'finished', outcome: 'done' });
    expect(rig.status().servers.find((server) => server.name === 's1')).toMatchObject({ state: 'drained', pins: 0 });
    expect(rig.switch.entries('servers').has(`1/${s1}`)).toBe(false);
    expect(rig.switch.entries('pins').size).toBe(0);
  });

  it('a bucket without old connections commits in idle plus in-flight time', async () => {
    await rig.start();
    const { id, startedAtMs } = await rig.operate({ kind: 'swap', server: 's1', replacement: 's4' });
    await rig.advance(4_000, 100);
    const { finishedAtMs } = rig.operation(id);
    expect(finishedAtMs! - startedAtMs).toBeLessThanOrEqual(2_000 + 300 + 300 + 200);
  });

  it('pinned connections of a leaving server are waited for, too', async () => {
    await rig.start();
    rig.openMany(40);
    const first = await rig.operate({ kind: 'add', server: 's4' });
    rig.openMany(40);
    await rig.advance(6_000);
    expect(rig.operation(first.id).outcome).toBe('done');
    // s1 now has connections of buckets that are s4's: they have pins.
    const s1 = rig.serverId('s1');
    const pinned = [...rig.switch.entries('pins').values()].filter((entry) => entry.params[0] === s1).length;
    expect(pinned).toBeGreaterThan(0);
    const second = await rig.operate({ kind: 'drain', server: 's1' });
    await rig.advance(5_000);
    rig.close(
      (connection) => connection.server === s1 && rig.status().vips[0]!.bucketMap.base[connection.bucket] === s1,
    );
    await rig.advance(5_000);
    expect(rig.operation(second.id)).toMatchObject({ phase: 'draining', progress: { pinsLeft: pinned } });
    rig.close((connection) => connection.server === s1);
    await rig.advance(6_000);
    expect(rig.operation(second.id)).toMatchObject({ outcome: 'done' });
  });

  it('at the deadline what is left is listed and ended, and nobody else', async () => {
    await rig.start();
    rig.openMany(60);
    const s2 = rig.serverId('s2');
    const { id } = await rig.operate({ kind: 'drain', server: 's2', deadlineMs: 3_000 });
    rig.openMany(30);
    const victims = rig.connections.filter((connection) => connection.server === s2);
    await rig.advance(3_000);
    const others = rig.connections.filter((connection) => connection.server !== s2);
    // From the deadline on the victims' packets may go anywhere; they keep sending, unchecked.
    rig.connections.length = 0;
    rig.connections.push(...others);
    for (let round = 0; round < 30; round++) {
      for (const victim of victims) rig.switch.fromClient(1, victim, false);
      await rig.advance(500);
    }
    expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
    expect(rig.operation(id).ended!.length).toBe(victims.length);
    expect(rig.switch.entries('pins').size).toBe(0);
  });

  it('remove forgets the server; a server that comes back has a new id', async () => {
    await rig.start();
    const before = rig.serverId('s3');
    const { id } = await rig.operate({ kind: 'remove', server: 's3' });
    await rig.advance(5_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
    expect(rig.status().servers.find((server) => server.name === 's3')!.state).toBe('spare');
    await rig.operate({ kind: 'add', server: 's3' });
    await rig.advance(5_000);
    expect(rig.serverId('s3')).toBeGreaterThan(before);
  });
});

describe('abort', () => {
  it('an aborted swap gives the buckets back and lets the newcomer drain', async () => {
    await rig.start();
    rig.openMany(60);
    const before = rig.status().vips[0]!.bucketMap.current;
    const { id } = await rig.operate({ kind: 'swap', server: 's1', replacement: 's4' });
    rig.openMany(60);
    await rig.advance(1_000);
    const s4 = rig.serverId('s4');
    await rig.abort(id);
    rig.openMany(30);
    expect(rig.connections.slice(-30).some((connection) => connection.server === s4)).toBe(false);
    await rig.advance(5_000);
    expect(rig.operation(id).phase).toBe('rolling-back');
    rig.close((connection) => connection.server === s4);
    await rig.advance(6_000);
    expect(rig.operation(id)).toMatchObject({ phase: 'finished', outcome: 'aborted' });
    expect(rig.status().vips[0]!.bucketMap.current).toEqual(before);
    expect(rig.status().servers.find((server) => server.name === 's4')!.state).toBe('spare');
  });

  it('an aborted drain of which half has committed is undone as gently', async () => {
    await rig.start();
    rig.openMany(60);
    const before = rig.status().vips[0]!.bucketMap.current;
    const s1 = rig.serverId('s1');
    const { id } = await rig.operate({ kind: 'drain', server: 's1' });
    rig.openMany(30);
    const half = new Set(before.flatMap((server, bucket) => (server === s1 && bucket % 2 === 0 ? [bucket] : [])));
    rig.close((connection) => half.has(connection.bucket));
    await rig.advance(3_000);
    expect(rig.operation(id).progress.committed).toBeGreaterThan(0);
    await rig.abort(id);
    rig.openMany(30);
    await rig.advance(10_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'aborted' });
    expect(rig.status().vips[0]!.bucketMap.base).toEqual(before);
  });
});

describe('several operations', () => {
  it('overlap as long as no server takes part in two', async () => {
    await rig.start();
    rig.openMany(80);
    const first = await rig.operate({ kind: 'add', server: 's4' });
    const second = await rig.operate({ kind: 'drain', server: 's2' });
    rig.openMany(40);
    await rig.advance(3_000);
    await expect(rig.operate({ kind: 'drain', server: 's4' })).rejects.toMatchObject({ body: { code: 'conflict' } });
    await expect(rig.operate({ kind: 'swap', server: 's2', replacement: 's5' })).rejects.toThrow('is leaving already');
    const s2 = rig.serverId('s2');
    rig.close((connection) => connection.server === s2);
    await rig.advance(10_000);
    expect(rig.operation(first.id)).toMatchObject({ outcome: 'done' });
    expect(rig.operation(second.id)).toMatchObject({ outcome: 'done' });
    expect(
      rig
        .status()
        .servers.filter((server) => server.state === 'active')
        .map((server) => server.buckets),
    ).toEqual([6, 5, 5]);
  });

  it('names what would have been right when it refuses', async () => {
    await rig.start();
    await expect(rig.operate({ kind: 'drain', server: 's11' })).rejects.toMatchObject({
      body: { code: 'not-found', field: 'server', choices: ['s1', 's2', 's3'], hint: 'did you mean `s1`?' },
    });
    await expect(rig.operate({ kind: 'swap', server: 's1', replacement: 's2' })).rejects.toThrow('in service already');
    await expect(rig.operate({ kind: 'drain', server: 's4' })).rejects.toThrow('is a spare and not in service');
    await rig.operate({ kind: 'drain', server: 's1' });
    await rig.operate({ kind: 'drain', server: 's2' });
    await expect(rig.operate({ kind: 'drain', server: 's3' })).rejects.toThrow('is the last one in service');
  });
});

describe('limits', () => {
  it('with room for few pins connections stay with the old server, and all live', async () => {
    await rig.start();
    rig.switch.pinRoom = 3;
    rig.openMany(60);
    await rig.operate({ kind: 'swap', server: 's1', replacement: 's4' });
    for (let round = 0; round < 8; round++) {
      rig.openMany(30);
      await rig.advance(500);
    }
    expect(rig.engine.totals.pinsRefused).toBeGreaterThan(0);
    rig.switch.pinRoom = Number.POSITIVE_INFINITY;
    await rig.advance(5_000);
    expect(rig.switch.entries('pins').size).toBeGreaterThan(3);
  });

  it('lost digests are made up for', async () => {
    await rig.start();
    rig.openMany(30);
    let count = 0;
    rig.switch.loses = (event) => event.kind !== 'swept' && count++ % 2 === 0;
    const { id } = await rig.operate({ kind: 'swap', server: 's1', replacement: 's4' });
    rig.openMany(60);
    const s1 = rig.serverId('s1');
    await rig.advance(3_000);
    rig.close((connection) => connection.server === s1);
    await rig.advance(5_000);
    rig.switch.loses = () => false;
    await rig.advance(6_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
    expect(rig.switch.ways.flat().every((slot) => slot.state !== 'confirmed')).toBe(true);
  });

  it('a switch that keeps digests back is asked for them one by one', async () => {
    rig.switch.keepsDigests = true;
    await rig.start();
    await rig.advance(1_000, 100);
    expect(rig.switch.keepsDigests).toBe(false);
    const { id } = await rig.operate({ kind: 'add', server: 's4' });
    await rig.advance(6_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
  });

  it('a switch that answers no orders about its registers breaks nothing, and people are told why nothing ends', async () => {
    rig.switch.loses = (event) => event.kind === 'swept';
    await rig.start();
    rig.openMany(30);
    const { id } = await rig.operate({ kind: 'drain', server: 's1' });
    const s1 = rig.serverId('s1');
    rig.close((connection) => connection.server === s1);
    rig.openMany(30);
    await rig.advance(30_000);
    expect(rig.operation(id).phase).not.toBe('finished');
    const silence = () => rig.log.lines.filter(({ text }) => text.startsWith('the switch has not answered orders'));
    expect(silence()).toHaveLength(1);
    rig.switch.loses = () => false;
    await rig.advance(10_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
    expect(silence()).toHaveLength(1);
  });

  it('without pinning the same swap breaks connections: the measurement can fail', async () => {
    await rig.start({ pinning: false });
    rig.openMany(60);
    const { id } = await rig.operate({ kind: 'swap', server: 's1', replacement: 's4' });
    await rig.advance(2_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
    expect(rig.violations.length).toBeGreaterThan(10);
    rig.violations.length = 0;
    rig.connections.length = 0;
  });
});
