/**
 * Clients come into another class while their connections live, and find another VIP with other servers there. Every
 * packet of every connection is watched, before, during and after, whatever else happens meanwhile.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { applyConfiguration } from '../../src/apply.ts';
import type { OperationRequest } from '../../src/control-api/types.ts';
import { endUnharmed, RIG_CONFIGURATION, Rig } from '../support/rig.ts';

const SERVERS = `
    servers:
      - { name: f1, address: 10.0.0.21, port: 8080, mac: 02:00:00:00:00:05, switchPort: 5 }
      - { name: f2, address: 10.0.0.22, port: 8080, mac: 02:00:00:00:00:06, switchPort: 5 }
      - { name: f3, address: 10.0.0.23, port: 8080, mac: 02:00:00:00:00:07, switchPort: 5, spare: true }
`;
const FAST = `
  - name: fast
    address: 10.0.0.1
    port: 80
    class: preferred
    buckets: 24
    hashSeed: 99
${SERVERS}`;
/** Clients of the rig are 10.0.0.101 to 10.0.0.107. */
const PREFIX = '10.0.0.104/30';
const CLASSES = (preferred: string): string => `classes: [{ name: preferred, prefixes: [${preferred}] }]\n`;
const CONFIGURATION = `${RIG_CONFIGURATION}${FAST}${CLASSES('10.9.0.0/16')}`;
/** Both VIPs' servers answer clients themselves. */
const DIRECT = CONFIGURATION.replaceAll('    port: 80\n', '    port: 80\n    forwarding: direct\n').replaceAll(
  ' port: 8080,',
  '',
);
const RECLASS: OperationRequest = { kind: 'reclass', prefix: PREFIX, class: 'preferred' };

let rig: Rig;
beforeEach(() => use(CONFIGURATION));
afterEach(() => endUnharmed(rig));

/** Between any two writes to the switch every connection speaks. */
function use(configuration: string): void {
  rig = new Rig(configuration);
  rig.switch.onCall = (what) => {
    if (what.startsWith('write')) rig.sendAll();
  };
}

const moves = ({ address }: { readonly address: number }): boolean => address >= 0x0a000068 && address <= 0x0a00006b;
const isFast = (server: number): boolean => rig.journal.state.servers.get(server)!.name.startsWith('f');

/** Connections come and go for a while: each round a few begin and the oldest end. */
async function traffic(durationMs: number): Promise<void> {
  for (let passedMs = 0; passedMs < durationMs; passedMs += 500) {
    rig.openMany(7);
    const ending = new Set(rig.connections.slice(0, 5));
    if (rig.connections.length > 80) rig.close((connection) => ending.has(connection));
    await rig.advance(500);
  }
}

/** The clients have their new mapping, and as sweeps are not answered, nothing settles. */
async function beSettling(id: number): Promise<void> {
  rig.switch.loses = ({ kind }) => kind === 'swept';
  for (let round = 0; round < 200; round++) {
    if (rig.journal.state.operations.get(id)!.phase === 'settling') return;
    await rig.advance(100, 100);
  }
  expect.unreachable('the mapping never changed');
}

/** Whether clients that begin a connection now get the servers of their class. */
function expectServed(isPreferred: (connection: { readonly address: number }) => boolean): void {
  const opened = Array.from({ length: 28 }, () => rig.open()!);
  for (const connection of opened) expect(isFast(connection.server)).toBe(isPreferred(connection));
}

/** Nothing is left of the move: the switch serves two VIPs, and each bucket is one of theirs. */
function expectAtRest(): void {
  expect(rig.status().vips.map(({ name }) => name)).toEqual(['web', 'fast']);
  expect(rig.switch.entries('buckets').size).toBe(16 + 24);
  expect(rig.switch.entries('coming_mappings').size + rig.switch.entries('coming_buckets').size).toBe(0);
  expect(rig.switch.entries('drain_watch').size).toBe(0);
  const classes = new Set([...rig.switch.entries('vips').values()].map(({ key }) => key[3]));
  expect(classes.size).toBe(2);
}

describe('clients in another class', () => {
  it('get its servers at once, and keep those of the connections that they have', async () => {
    await rig.start();
    rig.openMany(60);
    await traffic(2_000);
    expectServed(() => false);
    const { id } = await rig.operate(RECLASS);
    await rig.advance(500);
    expect(rig.status().vips.map(({ name }) => name)).toContain('web>fast');
    expectServed(moves);
    await traffic(6_000);
    await rig.advance(12_000);
    expect(rig.operation(id)).toMatchObject({ kind: 'reclass', vip: 'fast', phase: 'finished', outcome: 'done' });
    expectAtRest();
    expectServed(moves);
    expect(rig.connections.some((connection) => moves(connection) && !isFast(connection.server))).toBe(true);
  });

  it('and back again, as the opposite operation', async () => {
    await rig.start();
    rig.openMany(40);
    const { id } = await rig.operate(RECLASS);
    await traffic(3_000);
    await rig.advance(15_000);
    const back = await rig.engine.submit(() => rig.engine.operations.takeBack(id, { who: 'anna' }));
    await traffic(5_000);
    await rig.advance(15_000);
    expect(rig.operation(back.id)).toMatchObject({ outcome: 'done', rollsBack: id });
    expectAtRest();
    expectServed(() => false);
  });

  it('an abort leaves them where they were, and what they have begun meanwhile where it is', async () => {
    await rig.start();
    rig.openMany(40);
    const { id } = await rig.operate(RECLASS);
    await traffic(1_500);
    expect(rig.connections.some(({ server }) => isFast(server))).toBe(true);
    await rig.abort(id);
    await traffic(4_000);
    await rig.advance(12_000);
    expect(rig.operation(id)).toMatchObject({ vip: 'web', outcome: 'aborted' });
    expectAtRest();
    expectServed(() => false);
  });

  it('survives crashes of the controller at any time', async () => {
    await rig.start();
    rig.openMany(40);
    const { id } = await rig.operate(RECLASS);
    for (let round = 0; round < 14; round++) {
      await traffic(500 + 250 * round);
      rig.kill();
      await rig.start();
    }
    await rig.advance(15_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
    expectAtRest();
    expectServed(moves);
  });

  describe('a server dies', () => {
    const down = new Set<string>();
    beforeEach(async () => {
      down.clear();
      const health = '    health: { kind: tcp, interval: 200ms, rise: 1, fall: 2, comeback: wait }\n    servers:';
      use(CONFIGURATION.replaceAll('    servers:', health));
      rig.probe = async (_check, { name }) => (down.has(name) ? { ok: false, reason: 'no answer' } : { ok: true });
      await rig.start();
      rig.openMany(60);
    });

    /** Once it is given up nobody is sent to it any more. */
    async function kill(name: string): Promise<void> {
      const dead = rig.serverId(name);
      down.add(name);
      rig.down.add(name);
      rig.close(({ server }) => server === dead);
      await rig.advance(1_000, 100);
      expect(rig.journal.state.servers.get(dead)!.state).toBe('dead');
      rig.refusedConnections = 0;
    }

    it.each([
      ['of the VIP that they leave', 's1'],
      ['of the VIP that they come to', 'f1'],
    ])('%s, in the middle', async (_, name) => {
      const { id } = await rig.operate(RECLASS);
      await traffic(1_000);
      await kill(name);
      await traffic(6_000);
      await rig.advance(15_000);
      expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
      expectAtRest();
      expectServed(moves);
      expect(rig.refusedConnections).toBe(0);
    });

    it('of the VIP that they leave, and then it is taken back', async () => {
      const { id } = await rig.operate(RECLASS);
      await traffic(1_000);
      await kill('s1');
      await rig.abort(id);
      await traffic(6_000);
      await rig.advance(15_000);
      expect(rig.operation(id)).toMatchObject({ outcome: 'aborted' });
      expectAtRest();
      expect(rig.refusedConnections).toBe(0);
    });

    it('of the VIP that they come to, when its mapping is theirs already', async () => {
      const { id } = await rig.operate(RECLASS);
      await beSettling(id);
      await kill('f1');
      await traffic(2_000);
      expect(rig.operation(id).phase).toBe('settling');
      expect(rig.refusedConnections).toBe(0);
      rig.switch.loses = () => false;
      await traffic(6_000);
      await rig.advance(15_000);
      expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
      expect(rig.refusedConnections).toBe(0);
    });
  });

  it('wait for the VIP that they come to where its buckets move, and follow it', async () => {
    await rig.start();
    rig.openMany(40);
    const { id } = await rig.operate(RECLASS);
    await beSettling(id);
    const [f1, f2] = [rig.serverId('f1'), rig.serverId('f2')];
    const { current } = rig.journal.state.assignments.get(2)!;
    const swapped = current.map((server, bucket) => [bucket, server === f1 ? f2 : f1] as const);
    const { host } = rig.engine.operations;
    await rig.engine.submit(() => host.order({ kind: 'retarget', vip: 2, moves: swapped }));
    const buckets = swapped.map(([bucket]) => bucket);
    await rig.engine.submit(() => host.order({ kind: 'hold', vip: 2, buckets, held: true }));
    rig.switch.loses = () => false;
    await traffic(8_000);
    expect(rig.operation(id).phase).not.toBe('finished');
    await rig.engine.submit(() => host.order({ kind: 'hold', vip: 2, buckets, held: false }));
    await traffic(4_000);
    await rig.advance(20_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
    expectAtRest();
  });

  it('the file may say it, and a class, its VIP and its clients may come together', async () => {
    use(RIG_CONFIGURATION);
    await rig.start();
    rig.openMany(40);
    const apply = async (text: string) => {
      const answer = applyConfiguration(rig.engine, { fileName: 'new.yaml', text }, false, 'anna');
      for (let round = 0; round < 20; round++) await traffic(500);
      return answer;
    };
    const text = `${RIG_CONFIGURATION}${FAST}${CLASSES(PREFIX)}`;
    const { operations } = await apply(text);
    expect(operations.map(({ kind }) => kind)).toEqual(['add-vip', 'reclass']);
    await rig.advance(12_000);
    expect(rig.operation(operations[1]!.id)).toMatchObject({ outcome: 'done' });
    expectAtRest();
    expectServed(moves);
    expect((await apply(text)).differences).toEqual([]);
    const back = await apply(`${RIG_CONFIGURATION}${FAST}${CLASSES('[]').replace('[[]]', '[]')}`);
    await rig.advance(15_000);
    expect(rig.operation(back.operations[0]!.id)).toMatchObject({ kind: 'reclass', outcome: 'done' });
    expectServed(() => false);
  });

  it('servers that answer past the switch: all that speaks is pinned first', async () => {
    use(DIRECT);
    await rig.start();
    rig.openMany(60);
    const { id } = await rig.operate(RECLASS);
    await traffic(10_000);
    await rig.advance(15_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
    expectAtRest();
    expectServed(moves);
  });

  it('who finds another VIP at two services moves at both together, or at none', async () => {
    const second = (text: string): string =>
      text
        .slice(text.indexOf('  - name'))
        .replace(/name: (web|fast)/, 'name: $1-tls')
        .replace('port: 80\n', 'port: 443\n')
        .replaceAll(/([sf]\d, .*) port: 8080/g, '$1 port: 8443');
    use(`${RIG_CONFIGURATION}${FAST}${second(RIG_CONFIGURATION)}${second(FAST)}${CLASSES('10.9.0.0/16')}`);
    await rig.start();
    rig.openMany(30);
    const names = ['web', 'fast', 'web-tls', 'fast-tls'];
    const { id } = await rig.operate(RECLASS);
    await traffic(1_000);
    expect(rig.status().vips.map(({ name }) => name)).toEqual([...names, 'web>fast', 'web-tls>fast-tls']);
    await rig.abort(id + 1);
    await rig.advance(12_000);
    for (const each of [id, id + 1]) expect(rig.operation(each)).toMatchObject({ outcome: 'aborted' });
    expectServed(() => false);
    const again = await rig.operate(RECLASS);
    await rig.engine.submit(() => rig.engine.operations.pause(again.id + 1, { who: 'anna' }));
    await traffic(4_000);
    await rig.advance(10_000);
    // The first waits for the other.
    expect(rig.operation(again.id).phase).toBe('settling');
    await rig.engine.submit(() => rig.engine.operations.goOn(again.id + 1, { who: 'anna' }));
    await rig.advance(15_000);
    for (const each of [again.id, again.id + 1]) expect(rig.operation(each)).toMatchObject({ outcome: 'done' });
    expect(rig.status().vips.map(({ name }) => name)).toEqual(names);
    expectServed(moves);
  });

  it('what concerns the servers of either VIP waits until they are there', async () => {
    await rig.start();
    rig.openMany(30);
    await rig.operate(RECLASS);
    const swap = await rig.operate({ kind: 'swap', vip: 'web', server: 's2', replacement: 's4' });
    const add = await rig.operate({ kind: 'add', vip: 'fast', server: 'f3' });
    expect([swap.phase, add.phase]).toEqual(['queued', 'queued']);
    await expect(rig.operate({ kind: 'remap', vip: 'web', hashSeed: 5 })).rejects.toThrow('operation 1');
    await expect(rig.operate({ kind: 'reclass', prefix: '10.0.0.101/32', class: 'preferred' })).rejects.toThrow(
      'moves',
    );
    await traffic(5_000);
    rig.close(() => true);
    await rig.advance(25_000);
    for (const { id } of [swap, add]) expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
    expectAtRest();
  });
});

describe('one that waits for another', () => {
  it('and asks for the same finds nothing to do', async () => {
    await rig.start();
    rig.openMany(40);
    const { id } = await rig.operate(RECLASS);
    const same = await rig.operate({ ...RECLASS, queue: true });
    expect(same.phase).toBe('queued');
    await traffic(4_000);
    await rig.advance(15_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
    expect(rig.operation(same.id)).toMatchObject({ outcome: 'failed', message: expect.stringContaining('already') });
    expectAtRest();
    expectServed(moves);
  });

  it('and moves others the other way begins when that is over', async () => {
    use(CONFIGURATION.replace('10.9.0.0/16', '10.0.0.100/30'));
    await rig.start();
    rig.openMany(40);
    await rig.operate({ kind: 'reclass', prefix: '10.0.0.100/30', class: 'none' });
    const { id } = await rig.operate({ ...RECLASS, prefix: '10.0.0.106/32', queue: true });
    await traffic(8_000);
    await rig.advance(20_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
    expectAtRest();
    expectServed(({ address }) => address === 0x0a00006a);
  });

  it('and takes back what that does begins when it has ended', async () => {
    await rig.start();
    rig.openMany(40);
    await rig.operate(RECLASS);
    await rig.advance(500);
    const back = await rig.operate({ ...RECLASS, class: 'none', queue: true });
    await traffic(8_000);
    await rig.advance(25_000);
    expect(rig.operation(back.id)).toMatchObject({ outcome: 'done' });
    expectAtRest();
    expectServed(() => false);
  });
});

describe('a move of clients is refused', () => {
  it('where nothing would change, or a class is not known', async () => {
    await rig.start();
    await expect(rig.operate({ ...RECLASS, class: 'prefered' })).rejects.toMatchObject({
      body: { field: 'class', hint: 'did you mean `preferred`?' },
    });
    await expect(rig.operate({ ...RECLASS, class: 'none' })).rejects.toThrow('are in no class already');
    const within = { ...RECLASS, prefix: '10.9.1.0/24', class: 'none' };
    await expect(rig.operate(within)).rejects.toThrow('10.9.1.0/24 is within a prefix of class `preferred`');
  });

  it('where servers of one VIP answer past the switch', async () => {
    rig = new Rig(
      CONFIGURATION.replace('class: preferred\n', 'class: preferred\n    forwarding: direct\n').replaceAll(
        /(f\d, .*) port: 8080,/g,
        '$1',
      ),
    );
    await rig.start();
    await expect(rig.operate(RECLASS)).rejects.toThrow('give both the same `forwarding`');
  });
});
