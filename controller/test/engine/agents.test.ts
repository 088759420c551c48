/**
 * With agents on the servers: drains that end with the last connection, silent connections that live, redirection, and
 * the auditor.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeAgents } from '../support/fake-agents.ts';
import { RIG_CONFIGURATION, Rig } from '../support/rig.ts';

/** Idle times so long that nothing could end by them within a test. */
const WITH_AGENTS = `${RIG_CONFIGURATION.replace('idle: 2s', 'idle: 10m')
  .replaceAll(/name: (s\d),/g, "name: $1, agent: '$1:1',")
  .replace('    servers:\n', '    overflow: { rule: next, above: 80%, below: 20% }\n    servers:\n')}
agents: { ca: ca.pem, certificate: c.pem, key: k.pem }
`;

let rig: Rig;
let agents: FakeAgents;

function newRig(text: string): void {
  rig = new Rig(text);
  agents = new FakeAgents(rig);
  rig.agentConnector = agents.connect;
}

beforeEach(() => newRig(WITH_AGENTS));

afterEach(async () => {
  expect(rig.violations).toEqual([]);
  await rig.dispose();
});

async function run(durationMs: number): Promise<void> {
  for (let leftMs = durationMs; leftMs > 0; leftMs -= 100) {
    agents.tell();
    await rig.advance(100, 100);
  }
}

/** Time passes, and no connection says anything. */
async function inSilence(durationMs: number): Promise<void> {
  for (let leftMs = durationMs; leftMs > 0; leftMs -= 100) {
    agents.tell();
    await rig.clock.advance(100, rig.settle);
  }
}

describe('a drain with agents', () => {
  it('ends as soon as the last connection has, and not before, however silent it is', async () => {
    await rig.start();
    rig.openMany(60);
    await run(300);
    const s1 = rig.serverId('s1');
    const { id } = await rig.operate({ kind: 'drain', server: 's1' });
    rig.openMany(30);
    await inSilence(3_000);
    expect(rig.operation(id)).toMatchObject({ phase: 'shifting', progress: { buckets: 6, committed: 0 } });
    const last = rig.connections.findLast((connection) => connection.server === s1)!;
    rig.close((connection) => connection.server === s1 && connection !== last);
    await run(2_000);
    expect(rig.operation(id).progress).toMatchObject({ committed: 5, baseBucketsLeft: 1 });
    rig.close((connection) => connection === last);
    await run(2_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
    expect(rig.status().servers.find(({ name }) => name === 's1')!.state).toBe('drained');
    expect(rig.status().counters.astray).toBe(0);
    expect(rig.status().counters.audited).toBeGreaterThan(100);
  });

  it('pins of connections that have ended go at once; silent ones stay', async () => {
    await rig.start();
    rig.openMany(60);
    await run(300);
    await rig.operate({ kind: 'add', server: 's4' });
    // Learned from the lists: nobody has to say anything.
    await inSilence(3_000);
    const [operation] = rig.engine.operations.list();
    expect(operation).toMatchObject({ outcome: 'done' });
    const pins = rig.switch.entries('pins').size;
    expect(pins).toBeGreaterThan(3);
    await inSilence(5_000);
    expect(rig.switch.entries('pins').size).toBe(pins);
    rig.sendAll();
    rig.close(() => true);
    await run(1_500);
    expect(rig.switch.entries('pins').size).toBe(0);
  });

  it('falls back to idle times while an agent does not answer', async () => {
    newRig(WITH_AGENTS.replace('idle: 10m', 'idle: 2s'));
    await rig.start();
    rig.openMany(60);
    await run(300);
    const s1 = rig.serverId('s1');
    const { id } = await rig.operate({ kind: 'drain', server: 's1' });
    await run(500);
    rig.close((connection) => connection.server === s1);
    agents.silent.add('s1');
    await run(6_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
  });

  it('an estimate is a count', async () => {
    await rig.start();
    rig.openMany(64);
    await run(500);
    const live = rig.connections.filter(({ server }) => server === rig.serverId('s2')).length;
    const promise = rig.engine.submit(() => rig.engine.operations.plan({ kind: 'drain', server: 's2' }));
    await rig.settle();
    expect((await promise).vips[0]).toMatchObject({ estimate: 'agents', liveConnections: live });
  });
});

describe('overflow', () => {
  it('new connections go around a full server until it has caught up; nothing commits meanwhile', async () => {
    await rig.start();
    rig.openMany(40);
    await run(300);
    const s1 = rig.serverId('s1');
    agents.queues.set('s1', 90);
    await run(500);
    const [redirection] = rig.engine.operations.list();
    expect(redirection).toMatchObject({ kind: 'overflow', server: 's1', phase: 'shifting', progress: { buckets: 6 } });
    rig.openMany(40);
    expect(rig.connections.slice(-40).some(({ server }) => server === s1)).toBe(false);
    agents.queues.set('s1', 50);
    rig.close((connection) => connection.server === s1);
    await run(3_000);
    expect(rig.operation(redirection!.id).phase).toBe('shifting');
    expect(rig.status().vips[0]!.bucketMap.base.filter((server) => server === s1)).toHaveLength(6);
    agents.queues.set('s1', 5);
    await run(3_000);
    expect(rig.operation(redirection!.id)).toMatchObject({ outcome: 'done' });
    rig.openMany(40);
    expect(rig.connections.slice(-40).some(({ server }) => server === s1)).toBe(true);
    await run(500);
  });

  it('goes on to others when who has taken over becomes full as well, and comes back from there', async () => {
    await rig.start();
    const [s1, s2, s3] = ['s1', 's2', 's3'].map((name) => rig.serverId(name));
    const takers = (): Set<number> => {
      rig.openMany(40);
      return new Set(rig.connections.slice(-40).map(({ server }) => server));
    };
    agents.queues.set('s1', 90);
    await run(500);
    expect(takers()).toEqual(new Set([s2, s3]));
    agents.queues.set('s2', 90);
    await run(500);
    expect(takers()).toEqual(new Set([s3]));
    expect(rig.log.lines.at(-1)!.text).toContain('what it takes for `s1` goes to `s3`');
    // It is remembered where they are.
    rig.kill();
    await rig.start();
    await run(500);
    expect(takers()).toEqual(new Set([s3]));
    agents.queues.set('s1', 0);
    await run(500);
    expect(takers()).toEqual(new Set([s1, s3]));
    agents.queues.set('s2', 0);
    await run(500);
    expect(takers()).toEqual(new Set([s1, s2, s3]));
    rig.close(() => true);
    await run(3_000);
    expect(rig.engine.operations.list().every(({ phase }) => phase === 'finished')).toBe(true);
  });

  it('ends where an operator moves the buckets', async () => {
    newRig(WITH_AGENTS.replace('rule: next', 'rule: round-robin'));
    await rig.start();
    rig.openMany(30);
    await run(300);
    agents.queues.set('s1', 90);
    await run(500);
    const current = rig.status().vips[0]!.bucketMap.current;
    expect(new Set(current)).toEqual(new Set([rig.serverId('s2'), rig.serverId('s3')]));
    const { id } = await rig.operate({ kind: 'drain', server: 's1' });
    rig.close(() => true);
    agents.queues.set('s1', 0);
    await run(5_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
    expect(rig.engine.operations.list().every(({ phase }) => phase === 'finished')).toBe(true);
  });
});

describe('as many connections as a server may have', () => {
  const LIMITED = WITH_AGENTS.replace(/ {4}overflow.*\n/, '').replace(
    "name: s1, agent: 's1:1',",
    "name: s1, agent: 's1:1', maxConnections: 20,",
  );

  it('are not exceeded while others have room, and it gets new ones again when a tenth has ended', async () => {
    newRig(LIMITED);
    await rig.start();
    const s1 = rig.serverId('s1');
    const held = () => rig.connections.filter(({ server }) => server === s1);
    for (let round = 0; round < 40; round++) {
      rig.openMany(3);
      await run(100);
    }
    expect(held().length).toBeGreaterThanOrEqual(20);
    expect(held().length).toBeLessThanOrEqual(22);
    const [redirection] = rig.engine.operations.list();
    expect(redirection).toMatchObject({ kind: 'overflow', server: 's1', why: expect.stringContaining('may have 20') });
    const some = new Set(held().slice(19));
    rig.close((connection) => some.has(connection));
    await run(500);
    expect(rig.operation(redirection!.id).phase).toBe('shifting');
    const more = new Set(held().slice(18));
    rig.close((connection) => more.has(connection));
    await run(3_000);
    expect(rig.operation(redirection!.id)).toMatchObject({ outcome: 'done' });
  });
});

describe('the auditor', () => {
  it('sees what goes wrong where pinning is off, and counts each connection once', async () => {
    await rig.start({ pinning: false });
    rig.openMany(60);
    await run(500);
    const s1 = rig.serverId('s1');
    const live = rig.connections.filter(({ server }) => server === s1).length;
    await rig.operate({ kind: 'swap', server: 's1', replacement: 's4' });
    await run(4_000);
    expect(rig.status().counters.astray).toBe(live);
    rig.violations.length = 0;
  });
});
