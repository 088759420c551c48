/**
 * Servers of everybody that stand in for those of a class: when none of these is left, or when one cannot keep up.
 * Every packet of every connection is watched.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { readConfiguration } from '../../src/config/read.ts';
import { onQueue } from '../../src/operations/overflow.ts';
import { endUnharmed, RIG_CONFIGURATION, Rig } from '../support/rig.ts';

const HEALTH = '    health: { kind: tcp, interval: 200ms, rise: 2, fall: 2 }\n';
const OVERFLOW = '    overflow: { rule: round-robin, above: 80%, below: 20% }\n';
const gold = (more: string): string => `
  - name: gold
    address: 10.0.0.1
    port: 80
    class: preferred
    buckets: 8
${more}    servers:
      - { name: g1, address: 10.0.0.21, port: 8080, mac: 02:00:00:00:00:05, switchPort: 5 }
      - { name: g2, address: 10.0.0.22, port: 8080, mac: 02:00:00:00:00:06, switchPort: 5 }
`;
/** Clients of the rig are 10.0.0.101 to 10.0.0.107: all of them. */
const CLASSES = 'classes: [{ name: preferred, prefixes: [10.0.0.96/28] }]\n';
const configuration = (more: string): string =>
  `${RIG_CONFIGURATION.replace('    servers:\n', `${HEALTH}    servers:\n`)}${gold(`${HEALTH}${more}`)}${CLASSES}`;

let rig: Rig;
const down = new Set<string>();
async function start(text: string): Promise<void> {
  down.clear();
  rig = new Rig(text);
  rig.probe = async (_, { name }) => (down.has(name) ? { ok: false, reason: 'no answer' } : { ok: true });
  await rig.start();
  rig.openMany(40);
  await rig.advance(500);
}

const nameOf = (server: number): string => rig.journal.state.servers.get(server)!.name;
const opened = (count: number): Set<string> =>
  new Set(Array.from({ length: count }, () => rig.open()).map((connection) => nameOf(connection!.server)));

async function die(...names: readonly string[]): Promise<void> {
  const dead = new Set(names.map((name) => rig.serverId(name)));
  for (const name of names) down.add(name);
  rig.connections.splice(0, rig.connections.length, ...rig.connections.filter(({ server }) => !dead.has(server)));
  await rig.advance(1_000, 100);
}

describe('when all of its own have failed', () => {
  afterEach(() => endUnharmed(rig));

  it('servers of everybody take over at once, and give back when one has come back', async () => {
    await start(configuration('    fallback: failed\n'));
    expect(opened(20)).toEqual(new Set(['g1', 'g2']));
    await die('g1');
    expect(opened(20)).toEqual(new Set(['g2']));
    await die('g2');
    expect(opened(40)).toEqual(new Set(['s1', 's2', 's3']));
    await expect(rig.operate({ kind: 'drain', vip: 'web', server: 's1' })).rejects.toThrow(
      'server `s1` stands in for servers of VIP `gold`',
    );
    await expect(rig.operate({ kind: 'remove-vip', vip: 'web' })).rejects.toThrow('stands in');
    await expect(rig.operate({ kind: 'remap', vip: 'gold', hashSeed: 3 })).rejects.toThrow('none of its own servers');
    rig.kill();
    await rig.start();
    expect(opened(40)).toEqual(new Set(['s1', 's2', 's3']));
    down.delete('g1');
    await rig.advance(8_000);
    expect(opened(20)).toEqual(new Set(['g1']));
    expect(rig.connections.some(({ server }) => nameOf(server).startsWith('s'))).toBe(true);
    await rig.advance(8_000);
    expect(rig.status().vips[1]!.bucketMap.phase.every((phase) => phase === 'steady')).toBe(true);
    const { id } = await rig.operate({ kind: 'drain', vip: 'web', server: 's1' });
    rig.close(({ server }) => nameOf(server) === 's1');
    await rig.advance(8_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
  });

  it('one of those who stand in dies, too: the others of everybody take over', async () => {
    await start(configuration('    fallback: failed\n'));
    await die('g1', 'g2');
    await die('s2');
    expect(opened(40)).toEqual(new Set(['s1', 's3']));
  });

  it('without a fallback everything stays as it is', async () => {
    await start(configuration(''));
    await die('g1', 'g2');
    expect(rig.status().servers.filter(({ state }) => state === 'dead')).toEqual([]);
  });
});

describe('when one cannot keep up', () => {
  afterEach(() => endUnharmed(rig));

  /** Servers that are full by their agents. */
  async function fill(...full: readonly string[]): Promise<void> {
    for (const name of full) {
      const status = { connections: 0, halfOpen: 0, acceptQueue: 90, acceptQueueLimit: 100 };
      const { operations } = rig.engine;
      const wanted = onQueue(operations, rig.serverId(name), status, () => undefined);
      if (wanted !== undefined) await rig.engine.submit(wanted);
    }
    await rig.settle();
  }

  it.each([
    ['always: as to any other of its own', 'always', ['g2', 's1', 's2', 's3'], ['s1', 's2', 's3']],
    ['busy: where no other of its own can', 'busy', ['g2'], ['s1', 's2', 's3']],
    ['failed: not at all', 'failed', ['g2'], ['g2']],
  ])('%s', async (_, fallback, first, second) => {
    await start(configuration(`    fallback: ${fallback}\n${OVERFLOW}`));
    const ofG1 = rig
      .status()
      .vips[1]!.bucketMap.base.flatMap((server, bucket) => (nameOf(server) === 'g1' ? [bucket] : []));
    const targets = (buckets: readonly number[]): Set<string> =>
      new Set(buckets.map((bucket) => nameOf(rig.status().vips[1]!.bucketMap.current[bucket]!)));
    await fill('g1');
    expect(targets(ofG1)).toEqual(new Set(first));
    await fill('g2');
    const ofG2 = [0, 1, 2, 3, 4, 5, 6, 7].filter((bucket) => !ofG1.includes(bucket));
    expect(targets(ofG2)).toEqual(new Set(second));
    rig.openMany(40);
    await rig.advance(1_000);
  });

  it('not while clients move to or from the VIP', async () => {
    await start(configuration(`    fallback: always\n${OVERFLOW}`));
    await rig.operate({ kind: 'reclass', prefix: '10.0.0.96/28', class: 'none' });
    await fill('g1');
    expect(rig.engine.operations.list().map(({ kind }) => kind)).toEqual(['reclass']);
    await rig.advance(12_000);
  });
});

describe('a configuration is refused', () => {
  const valid = configuration('    fallback: failed\n');
  it.each([
    ['a VIP without a class', '    port: 80\n', '    port: 80\n    fallback: failed\n', 'is for a VIP with a `class`'],
    ['no rule for overflow', 'fallback: failed', 'fallback: busy', 'needs `overflow`'],
    ['nobody to fall back to', '    port: 80\n', '    port: 81\n', 'there is no VIP for everybody at 10.0.0.1:80/tcp'],
    [
      'answers that go another way',
      'class: preferred',
      'class: preferred\n    forwarding: direct',
      'answer in another way',
    ],
  ])('%s', (_, from, to, why) => {
    expect(() => readConfiguration('mooring.yaml', valid.replace(from, to))).toThrow(why);
  });
});
