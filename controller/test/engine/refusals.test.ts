/**
 * New connections are refused while no server has room: when that begins and ends, for whom, and that it outlasts
 * nothing that could end it. Every packet of every connection is watched.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeAgents } from '../support/fake-agents.ts';
import { endUnharmed, RIG_CONFIGURATION, Rig } from '../support/rig.ts';

const agentsOf = (text: string): string => text.replaceAll(/name: ([sg]\d),/g, "name: $1, agent: '$1:1',");
const overflow = (more: string): string =>
  `    overflow: { rule: next, above: 80%, below: 20%${more} }\n    servers:\n`;
const configuration = (more: string): string =>
  `${agentsOf(RIG_CONFIGURATION).replace('idle: 2s', 'idle: 10m').replace('    servers:\n', overflow(more))}
agents: { ca: ca.pem, certificate: c.pem, key: k.pem }
`;
const DROP = configuration(', whenFull: drop');
const ALL = ['s1', 's2', 's3'] as const;

let rig: Rig;
let agents: FakeAgents;

async function start(text: string): Promise<void> {
  rig = new Rig(text);
  agents = new FakeAgents(rig);
  rig.agentConnector = agents.connect;
  await rig.start();
  rig.openMany(40);
  await run(300);
}

async function run(durationMs: number): Promise<void> {
  for (let leftMs = durationMs; leftMs > 0; leftMs -= 100) {
    agents.tell();
    await rig.advance(100, 100);
  }
}

async function fill(queue: number, ...names: readonly string[]): Promise<void> {
  for (const name of names) agents.queues.set(name, queue);
  await run(500);
}

/** How many of so many SYNs are refused. */
function refused(count = 20): number {
  const before = rig.refusedConnections;
  rig.openMany(count);
  return rig.refusedConnections - before;
}

const refusals = (): unknown[] =>
  [...rig.switch.entries('refusals').values()].map(({ key, action }) => [...key, action]);
const log = (): string => rig.log.lines.map(({ text }) => text).join('\n');

afterEach(() => endUnharmed(rig));

describe('of a VIP that drops', () => {
  beforeEach(() => start(DROP));

  it('it begins when the last server is full and ends when the first has room', async () => {
    await fill(90, 's1', 's2');
    expect(refused()).toBe(0);
    expect(refusals()).toEqual([]);
    // Neither full nor with room to spare: it takes its own and others'.
    await fill(50, 's3');
    expect(refused()).toBe(0);
    await fill(85, 's3');
    expect(refusals()).toEqual([[1, 0, 'refuse_silently']]);
    expect(refused()).toBe(20);
    expect(rig.status().vips[0]!.refuses).toBe('drop');
    expect(log()).toContain('no server of VIP `web` has room: new connections are dropped');
    // Below what is full, and above what has room.
    await fill(50, 's3');
    expect(refused()).toBe(20);
    await fill(10, 's2');
    expect(refused()).toBe(0);
    expect(rig.connections.slice(-20).every(({ server }) => server !== rig.serverId('s1'))).toBe(true);
    expect(rig.status().vips[0]!.refuses).toBeUndefined();
    expect(log()).toContain('VIP `web` takes new connections again');
  });

  it('connections that live go on, and a drain of a full server ends', async () => {
    await fill(90, ...ALL);
    expect(refused()).toBe(20);
    const { id } = await rig.operate({ kind: 'drain', server: 's1' });
    rig.close(({ server }) => server === rig.serverId('s1'));
    await run(5_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
    expect(refused()).toBe(20);
    rig.sendAll();
  });

  it('a server that nothing is known of has room: one that comes, and one whose agent falls silent', async () => {
    await fill(90, ...ALL);
    await rig.operate({ kind: 'add', server: 's4' });
    agents.queues.set('s4', 90);
    await run(2_000);
    expect(refused()).toBe(20);
    agents.silent.add('s4');
    await run(300);
    expect(refused()).toBe(0);
    agents.silent.delete('s4');
    await run(300);
    expect(refused()).toBe(20);
  });

  it('all agents fall silent at once', async () => {
    await fill(90, ...ALL);
    expect(refused()).toBe(20);
    for (const name of ALL) agents.silent.add(name);
    await run(300);
    expect(refused()).toBe(0);
  });

  it('ends with the controller that has begun it, and begins anew with what agents tell', async () => {
    await fill(90, ...ALL);
    rig.kill();
    expect(refused()).toBe(20);
    await rig.clock.advance(300, rig.settle);
    expect(refused()).toBe(0);
    await rig.start();
    expect(refusals()).toEqual([]);
    await run(500);
    expect(refused()).toBe(20);
  });

  it('does not outlast the session in which it was begun', async () => {
    await fill(90, ...ALL);
    for (const name of ALL) agents.queues.set(name, 0);
    rig.switch.drop('the cable was pulled');
    await rig.clock.advance(100, rig.settle);
    expect(refusals()).toEqual([]);
  });

  it('begins and ends with the report that says so', async () => {
    await fill(90, 's1', 's2');
    for (const [queue, count] of [
      [90, 1],
      [0, 0],
    ] as const) {
      agents.queues.set('s3', queue);
      agents.tell();
      await rig.settle();
      expect(refusals()).toHaveLength(count);
    }
  });

  it('is made anew in a switch that has started anew', async () => {
    await fill(90, ...ALL);
    rig.switch.reset();
    await rig.clock.advance(1_000, rig.settle);
    await run(300);
    expect(refusals()).toEqual([[1, 0, 'refuse_silently']]);
    agents.silent.add('s2');
    await run(300);
    expect(refusals()).toEqual([]);
  });

  it('while the mapping changes all servers of the coming one are asked', async () => {
    await rig.operate({ kind: 'remap', vip: 'web', hashSeed: 7 });
    await fill(90, 's1', 's2');
    expect(refused()).toBe(0);
    await fill(90, 's3');
    expect(refused()).toBe(20);
    await fill(0, 's3');
    expect(refused()).toBe(0);
    rig.close(() => true);
    await run(8_000);
    expect(rig.status().vips[0]).toMatchObject({ hashSeed: 7 });
  });
});

it('answers with resets where that is wanted, and nothing at all where it is not', async () => {
  await start(configuration(', whenFull: reset'));
  await fill(90, ...ALL);
  expect(refusals()).toEqual([[1, 0, 'refuse_with_reset']]);
  await rig.dispose();
  await start(configuration(''));
  await fill(90, ...ALL);
  expect(refusals()).toEqual([]);
  expect(refused()).toBe(0);
});

it('counts connections as well, where only so many are allowed', async () => {
  await start(DROP.replaceAll(/(agent: 's[123]:1',)/g, '$1 maxConnections: 20,'));
  for (let round = 0; round < 12; round++) {
    rig.openMany(3);
    await run(100);
  }
  expect(refused()).toBe(20);
  rig.close(({ server }) => server === rig.serverId('s1'));
  await run(300);
  expect(refused(3)).toBe(0);
});

it("is a matter of each VIP: a class's own clients are refused, everybody else is not, and who may go elsewhere does", async () => {
  const gold = agentsOf(`
  - name: gold
    address: 10.0.0.1
    port: 80
    class: preferred
    buckets: 8
${overflow(', whenFull: drop')}      - { name: g1, address: 10.0.0.21, port: 8080, mac: 02:00:00:00:00:05, switchPort: 5 }
`);
  const CLASSES =
    'classes: [{ name: preferred, prefixes: [10.0.0.102/32] }, { name: other, prefixes: [10.0.0.103/32] }]\n';
  const withGold = (more: string): string =>
    DROP.replace('agents: {', `${gold.replace('    class', `${more}    class`)}${CLASSES}agents: {`);
  await start(withGold(''));
  await fill(90, 'g1');
  const from = (address: number): boolean => rig.open(address) !== undefined;
  expect([from(0x0a000065), from(0x0a000066), from(0x0a000067)]).toEqual([true, false, true]);
  await fill(0, 'g1');
  await fill(90, ...ALL);
  // Whoever has no VIP of his own is served as everybody is.
  expect([from(0x0a000065), from(0x0a000066), from(0x0a000067)]).toEqual([false, true, false]);
  await endUnharmed(rig);
  await start(withGold('    fallback: busy\n'));
  await fill(90, 'g1');
  expect(from(0x0a000066)).toBe(true);
  await fill(90, ...ALL);
  expect(from(0x0a000066)).toBe(false);
  await fill(0, 's2');
  expect(from(0x0a000066)).toBe(true);
});
