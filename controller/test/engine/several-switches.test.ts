/**
 * One controller, two switches: connections go through either, and some change their way in the middle of a shift. Both
 * switches hold the same assignments and pins at the end, and a switch that loses its memory, or its session, is
 * brought up to date.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isolateSwitch } from '../../src/engine/members.ts';
import { BY_LINK } from '../../src/switch-port/tables.ts';
import type { FakeSwitch } from '../support/fake-switch.ts';
import type { Connection } from '../support/rig.ts';
import { assignments, SECOND, TWO, TwoSwitches } from '../support/two-switches.ts';

let rig: TwoSwitches;
let second: FakeSwitch;

beforeEach(async () => {
  rig = new TwoSwitches();
  second = rig.second;
  await rig.start();
});

afterEach(async () => {
  expect(rig.violations).toEqual([]);
  await rig.dispose();
});

describe('two switches', () => {
  it('a swap: connections through both live on, and both hold the same', async () => {
    rig.expectAlike();
    rig.openMany(60);
    const { id } = await rig.operate({ kind: 'swap', server: 's1', replacement: 's4' });
    rig.openMany(60);
    await rig.advance(3_000);
    expect(rig.operation(id).phase).toBe('shifting');
    rig.expectAlike();
    const s1 = rig.serverId('s1');
    rig.close((connection) => connection.server === s1);
    rig.openMany(20);
    await rig.advance(7_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
    rig.expectAlike();
    for (const one of [rig.switch, second]) {
      expect(one.ways.flat().every((slot) => slot.state !== 'confirmed')).toBe(true);
      expect(one.entries('drain_watch').size).toBe(0);
    }
  });

  it('old connections through the second switch alone keep the base from committing', async () => {
    rig.openMany(60);
    const s1 = rig.serverId('s1');
    const { id } = await rig.operate({ kind: 'drain', server: 's1' });
    rig.close((connection) => connection.server === s1 && connection.port % 3 !== 0);
    await rig.advance(6_000);
    const left = new Set(rig.connections.filter(({ server }) => server === s1).map(({ bucket }) => bucket)).size;
    expect(left).toBeGreaterThan(0);
    expect(rig.operation(id).progress).toMatchObject({ baseBucketsLeft: left });
    rig.close((connection) => connection.server === s1);
    await rig.advance(6_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
  });

  it('a connection whose pin is in the tables may change its way', async () => {
    rig.openMany(60);
    await rig.operate({ kind: 'add', server: 's4' });
    rig.openMany(40);
    await rig.advance(1_000);
    rig.way = ({ port }: Pick<Connection, 'port'>) => [rig.switch, second][port % 2]!;
    await rig.advance(7_000);
    rig.expectAlike();
  });

  it('a switch that comes back empty is filled, and one without a controller goes on meanwhile', async () => {
    rig.openMany(60);
    await rig.operate({ kind: 'add', server: 's4' });
    rig.openMany(30);
    await rig.advance(7_000);
    const pins = second.entries('pins').size;
    expect(pins).toBeGreaterThan(0);
    second.reset();
    rig.way = () => rig.switch;
    rig.sendAll();
    await rig.clock.advance(500, rig.settle);
    rig.expectAlike();
    expect(second.entries('pins').size).toBe(pins);
    rig.way = () => second;
    rig.sendAll();
  });

  it('a controller that dies between the writes to one and the other goes on', async () => {
    for (let at = 1; at <= 40; at += 3) {
      rig.openMany(6);
      const request = at % 2 === 1 ? ({ kind: 'weight', server: 's2', weight: 2 + at } as const) : undefined;
      if (request !== undefined) await rig.operate(request).catch(() => undefined);
      let calls = 0;
      second.onCall = () => {
        if (++calls === at) throw new Error('killed');
      };
      await rig.advance(2_000);
      second.onCall = () => undefined;
      rig.kill();
      await rig.start();
      await rig.advance(500);
      expect(rig.violations, `fault at call ${at}`).toEqual([]);
    }
    await rig.advance(8_000);
    rig.expectAlike();
    expect(rig.engine.operations.list().every(({ phase }) => phase === 'finished')).toBe(true);
  });
});

describe('a server with links', () => {
  it('has those of its links that a switch has seen, at that switch', async () => {
    await rig.dispose();
    const [near, far] = ['02:00:00:00:00:01', '02:00:00:00:01:01'];
    const links = `links: [{ switchPort: 1 }, { switchPort: 5, mac: '${far}', weight: 2 }] }`;
    rig = new TwoSwitches(TWO.replace(`mac: ${near}, switchPort: 1 }`, `mac: ${near}, ${links}`));
    await rig.start();
    const s1 = String(rig.serverId('s1'));
    const at = (one: FakeSwitch) => one.entries('links').get(s1)?.params;
    expect(at(rig.switch)).toEqual([near, 1, 1, far, 5, 2]);
    expect(at(rig.second)).toEqual([near, 1, 1, far, 5, 2]);
    rig.second.seeMac(far, 12);
    await rig.settle();
    expect(at(rig.second)).toEqual([far, 12, 2]);
    rig.second.seeMac(near, 11);
    await rig.settle();
    expect(at(rig.second)).toEqual([near, 11, 1, far, 12, 2]);
    expect(rig.second.entries('servers').get(`1/${s1}`)?.params.slice(0, 2)).toEqual([near, BY_LINK]);
    expect(at(rig.switch)).toEqual([near, 1, 1, far, 5, 2]);
    rig.openMany(30);
    await rig.advance(1_000);
  });
});

describe('one of two switches is away and goes on forwarding', () => {
  it('the other is driven: a dead server gives its buckets away at once, what is in shift waits, and all goes on at the return', async () => {
    rig.openMany(60);
    const { id } = await rig.operate({ kind: 'swap', server: 's1', replacement: 's4' });
    rig.openMany(40);
    await rig.advance(500);
    const [s1, s2, s4] = ['s1', 's2', 's4'].map((name) => rig.serverId(name)) as [number, number, number];
    expect(assignments(rig.switch).some(([base, current]) => base === s1 && current === s4)).toBe(true);
    const before = assignments(second);
    second.setReachable(false);
    await rig.advance(500);
    expect(rig.status()).toMatchObject({ state: 'serving' });
    // What it has pinned in its registers is looked for.
    expect(rig.status().counters.bucketsInDoubt).toBeGreaterThan(0);
    // Nobody is pinned any more where the other would not know of it.
    expect(assignments(rig.switch).every(([base, current]) => base === current)).toBe(true);
    rig.openMany(30);
    rig.die('s2');
    await rig.advance(1_000);
    expect(rig.status().servers.find(({ name }) => name === 's2')).toMatchObject({ state: 'dead', buckets: 0 });
    expect(assignments(rig.switch).flat()).not.toContain(s2);
    expect(assignments(second)).toEqual(before);
    // Orders are taken, and wait.
    const drain = await rig.operate({ kind: 'drain', server: 's3' });
    rig.openMany(30);
    await rig.advance(8_000);
    expect(rig.operation(id)).toMatchObject({ phase: 'shifting' });
    expect(rig.operation(drain.id)).toMatchObject({ phase: 'shifting' });
    expect(assignments(rig.switch).every(([base, current]) => base === current)).toBe(true);
    second.setReachable(true);
    await rig.advance(1_000);
    expect(assignments(rig.switch)).toEqual(assignments(second));
    expect(assignments(second).some(([base, current]) => base === s1 && current === s4)).toBe(true);
    await rig.advance(5_000);
    await rig.expectRest();
    expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
    expect(rig.operation(drain.id)).toMatchObject({ outcome: 'done' });
  });

  it('what has never been in shift is not looked for, however often the other one is connected to anew', async () => {
    rig.openMany(60);
    second.setReachable(false);
    await rig.advance(500);
    await rig.operate({ kind: 'swap', server: 's1', replacement: 's4' });
    for (let times = 0; times < 3; times++) {
      rig.switch.drop('the connection was lost');
      await rig.advance(1_000);
    }
    expect(rig.status().counters.bucketsInDoubt).toBe(0);
    second.setReachable(true);
    await rig.advance(1_000);
    await rig.expectRest();
  });

  it('a commit that was written there only is finished here', async () => {
    rig.openMany(60);
    const { id } = await rig.operate({ kind: 'swap', server: 's1', replacement: 's4' });
    const [s1, s4] = ['s1', 's4'].map((name) => rig.serverId(name)) as [number, number];
    rig.close(({ server }) => server === s1);
    // The controller dies with the journal and one switch told of the commit, and the other not.
    const isCommitted = () => rig.journal.state.assignments.get(1)!.base.includes(s4);
    rig.switch.onCall = () => {
      if (isCommitted()) throw new Error('killed');
    };
    for (let step = 0; step < 100 && !isCommitted(); step++) await rig.advance(100, 100);
    second.setReachable(false);
    rig.kill();
    rig.switch.onCall = () => undefined;
    expect(assignments(rig.switch).some(([base]) => base === s1)).toBe(true);
    const committed = rig.journal.state.assignments.get(1)!.base;
    await rig.start();
    await rig.advance(1_000);
    committed.forEach((base, bucket) => {
      if (base === s4) expect(assignments(rig.switch)[bucket]![0]).toBe(s4);
    });
    second.setReachable(true);
    await rig.advance(9_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
    await rig.expectRest();
  });

  it('where servers answer past the switch a flip is taken back as well, and prepared anew', async () => {
    await rig.dispose();
    rig = new TwoSwitches(
      TWO.replace('    port: 80\n', '    port: 80\n    forwarding: direct\n').replaceAll('8080', '80'),
    );
    await rig.start();
    const isFlipped = () => assignments(rig.switch).some(([base, current]) => base !== current);
    rig.openMany(30);
    const { id } = await rig.operate({ kind: 'swap', server: 's1', replacement: 's4' });
    for (let step = 0; step < 100 && !isFlipped(); step++) await rig.advance(100, 100);
    expect(isFlipped()).toBe(true);
    rig.second.setReachable(false);
    await rig.advance(500);
    expect(isFlipped()).toBe(false);
    rig.second.setReachable(true);
    await rig.advance(1_000);
    const s1 = rig.serverId('s1');
    rig.close(({ server }) => server === s1);
    await rig.advance(15_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
    await rig.expectRest();
  });

  it('connections of the one that is there may change to the one that is away', async () => {
    rig.openMany(60);
    await rig.operate({ kind: 'swap', server: 's1', replacement: 's4' });
    rig.openMany(40);
    await rig.advance(500);
    second.setReachable(false);
    await rig.advance(500);
    rig.way = () => rig.switch;
    // Pins of before are known to both; what is new is where both send what has no pin.
    rig.connections.splice(0, rig.connections.length, ...rig.connections.filter(({ port }) => port % 3 !== 0));
    rig.openMany(60);
    await rig.advance(1_000);
    rig.way = () => second;
    await rig.advance(3_000);
    rig.way = () => rig.switch;
    await rig.advance(3_000);
    second.setReachable(true);
    await rig.advance(1_000);
    await rig.expectRest();
  });

  it('a pin is not taken away while the one that is away would honour it', async () => {
    rig.openMany(60);
    await rig.operate({ kind: 'add', server: 's4' });
    rig.openMany(30);
    await rig.advance(9_000);
    const pins = rig.switch.entries('pins').size;
    expect(pins).toBeGreaterThan(0);
    second.setReachable(false);
    rig.close(() => true);
    await rig.advance(400_000, 100_000);
    expect(rig.switch.entries('pins').size).toBe(pins);
    second.setReachable(true);
    await rig.advance(400_000, 100_000);
    await rig.expectRest();
  });

  it('a controller that is started meanwhile knows that somebody is missing', async () => {
    rig.openMany(60);
    const { id } = await rig.operate({ kind: 'swap', server: 's1', replacement: 's4' });
    rig.openMany(40);
    await rig.advance(500);
    second.setReachable(false);
    await rig.advance(500);
    rig.kill();
    await rig.start();
    expect(rig.status().state).toBe('serving');
    rig.die('s3');
    rig.openMany(30);
    await rig.advance(8_000);
    expect(rig.status().servers.find(({ name }) => name === 's3')).toMatchObject({ state: 'dead', buckets: 0 });
    expect(rig.operation(id)).toMatchObject({ phase: 'shifting' });
    second.setReachable(true);
    await rig.advance(3_000);
    await rig.expectRest();
    expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
  });

  it('one that an operator has isolated is not waited for, and is emptied when it returns', async () => {
    rig.openMany(60);
    const { id } = await rig.operate({ kind: 'swap', server: 's1', replacement: 's4' });
    rig.openMany(40);
    await rig.advance(500);
    const isolate = async (name: string) => {
      const done = rig.engine.submit(() => isolateSwitch(rig.engine, name, 'anna'));
      done.catch(() => undefined);
      await rig.settle();
      return done;
    };
    await expect(isolate(SECOND)).rejects.toMatchObject({ body: { code: 'conflict', field: 'switch' } });
    await expect(isolate('127.0.0.1:956')).rejects.toMatchObject({
      body: { code: 'not-found', choices: ['127.0.0.1:9559', SECOND] },
    });
    second.setReachable(false);
    await rig.settle();
    rig.openMany(40);
    // It is off now; what lay in its registers only is looked for, which a fake server does not answer.
    rig.connections.splice(0, rig.connections.length, ...rig.connections.filter(({ port }) => port % 3 !== 0));
    rig.way = () => rig.switch;
    await rig.advance(3_000);
    const waiting = rig.status().vips[0]!.bucketMap.phase.filter((phase) => phase !== 'steady').length;
    expect(rig.status().switches[1]).toMatchObject({
      connected: false,
      error: 'no switch answers',
      away: { isolated: false, waitingBuckets: waiting, waitingOperations: [id] },
    });
    expect(rig.status().switches[0]).toMatchObject({ connected: true });
    await isolate(SECOND);
    await expect(isolate(SECOND)).rejects.toMatchObject({ body: { code: 'conflict' } });
    expect(rig.status().switches[1]).toMatchObject({ connected: false, away: { isolated: true, waitingBuckets: 0 } });
    const s1 = rig.serverId('s1');
    rig.close(({ server }) => server === s1);
    await rig.advance(9_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
    // A controller that is started meanwhile still knows, and it has changed more than the isolated one could be told.
    rig.kill();
    await rig.start();
    expect(rig.status().switches[1]).toMatchObject({ away: { isolated: true } });
    expect(second.ways.flat().some((slot) => slot.state === 'confirmed')).toBe(true);
    second.setReachable(true);
    await rig.advance(1_000);
    expect(second.ways.flat().every((slot) => slot.state === 'empty')).toBe(true);
    expect(rig.status().switches[1]).toMatchObject({ connected: true });
    expect(rig.status().switches[1]!.away).toBeUndefined();
    rig.expectAlike();
    rig.way = () => second;
    await rig.advance(1_000);
    await rig.expectRest();
  });

  it('a mapping that changes waits, and goes on at the return', async () => {
    rig.openMany(60);
    const { id } = await rig.operate({ kind: 'remap', hashSeed: 0xdecade, buckets: 11 });
    rig.openMany(40);
    await rig.advance(500);
    const toComing = (one: FakeSwitch) => assignments(one).filter(([, current]) => current === 0).length;
    expect([toComing(rig.switch), toComing(second)]).toEqual([16, 16]);
    second.setReachable(false);
    await rig.advance(500);
    // New connections go by the present mapping where the other one is away.
    expect([toComing(rig.switch), toComing(second)]).toEqual([0, 16]);
    expect(rig.status().switches[1]!.away).toMatchObject({ waitingBuckets: 16, waitingOperations: [id] });
    rig.openMany(30);
    const s2 = rig.die('s2');
    const own = rig.connections.filter(({ port }) => port % 3 !== 0);
    await rig.advance(1_000);
    const { bucketMap, coming } = rig.status().vips[0]!;
    expect([...bucketMap.base, ...coming!.servers]).not.toContain(s2);
    // What the one that is there knows of may go through the other, and back.
    rig.way = () => second;
    rig.connections.splice(0, rig.connections.length, ...own);
    await rig.advance(1_000);
    rig.way = () => rig.switch;
    rig.kill();
    await rig.start();
    await rig.advance(8_000);
    expect(rig.operation(id)).toMatchObject({ phase: 'shifting' });
    second.setReachable(true);
    await rig.advance(1_000);
    expect([toComing(rig.switch), toComing(second)]).toEqual([16, 16]);
    rig.way = ({ port }) => rig.both[port % 2]!;
    rig.openMany(30);
    await rig.advance(9_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
    for (const one of rig.both) expect(assignments(one)).toHaveLength(11);
    await rig.expectRest();
  });

  it('one that is lost while a new mapping takes its place has the old one until it is back', async () => {
    rig.openMany(60);
    const { id } = await rig.operate({ kind: 'remap', hashSeed: 0xdecade, buckets: 11 });
    await rig.advance(1_000);
    rig.openMany(30);
    // The first write of the new mapping does not reach it.
    second.onCall = () => {
      if (rig.status().vips[0]!.buckets === 11) second.setReachable(false);
    };
    for (let round = 0; round < 100 && second.reachable; round++) await rig.advance(100, 100);
    second.onCall = () => undefined;
    expect([rig.status().vips[0]!.buckets, second.entries('buckets').size]).toEqual([11, 16]);
    await rig.advance(1_000);
    const known = [...rig.connections];
    for (const turn of [1, 0, 1]) {
      rig.way = () => rig.both[turn]!;
      rig.connections.splice(0, rig.connections.length, ...known);
      await rig.advance(1_000);
    }
    second.setReachable(true);
    await rig.advance(9_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
    await rig.expectRest();
  });

  it('a change of mapping that is asked for meanwhile waits in the queue', async () => {
    rig.openMany(30);
    second.setReachable(false);
    await rig.settle();
    const { id, message } = await rig.operate({ kind: 'remap', hashSeed: 5, queue: true });
    expect(message).toContain('waits: a switch is away');
    await rig.advance(3_000);
    expect(rig.operation(id)).toMatchObject({ phase: 'queued' });
    second.setReachable(true);
    await rig.advance(10_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
    await rig.expectRest();
  });

  it('what both would have to know of a VIP is refused meanwhile', async () => {
    second.setReachable(false);
    await rig.settle();
    const refusal = { body: { code: 'conflict', message: expect.stringContaining('a switch is away') } };
    await expect(rig.operate({ kind: 'buckets', buckets: 32 })).rejects.toMatchObject(refusal);
    second.setReachable(true);
    await rig.advance(1_000);
    await rig.operate({ kind: 'buckets', buckets: 32 });
    await rig.advance(1_000);
    await rig.expectRest();
  });

  it('one that does not answer a write is not waited for', async () => {
    rig.openMany(60);
    second.hangs = true;
    rig.die('s2');
    await rig.advance(8_000);
    expect(rig.status().servers.find(({ name }) => name === 's2')).toMatchObject({ state: 'dead', buckets: 0 });
    expect(assignments(rig.switch).flat()).not.toContain(2);
    expect(rig.status().switches[1]).toMatchObject({ connected: false, error: 'no switch answers' });
    expect(rig.log.lines.map(({ text }) => text)).toContain(`the switch ${SECOND} is away: no answer for 5 s`);
    second.hangs = false;
    await rig.advance(1_000);
    await rig.expectRest();
  });

  it('a switch that never was there keeps the controller from starting', async () => {
    await rig.dispose();
    rig = new TwoSwitches();
    rig.second.setReachable(false);
    await expect(rig.start()).rejects.toThrow('no switch answers');
  });
});
