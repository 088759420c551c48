/**
 * SYNs that a server does not answer are resent by their clients. After some checks its new connections, the resent
 * ones among them, go to other servers; it is tried again, and given up if it goes on like that.
 */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { endUnharmed, RIG_CONFIGURATION, Rig } from '../support/rig.ts';

const COUNTED = RIG_CONFIGURATION.replace(
  '    servers:\n',
  '    health: { kind: syns, interval: 500ms, rise: 1, fall: 3, minimum: 3, reassign: 1 }\n    servers:\n',
);

let rig: Rig;
beforeEach(async () => {
  rig = new Rig(COUNTED);
  rig.probe = async () => ({ ok: true });
  await rig.start();
});
afterEach(() => endUnharmed(rig));

/** Clients connect; who gets no answer tries again from the same port. */
const waiting: number[] = [];
async function clients(durationMs: number): Promise<void> {
  for (let passedMs = 0; passedMs < durationMs; passedMs += 250) {
    for (let port = 20_000 + (rig.clock.nowMs % 20_000), last = port + 6; port < last; port++) waiting.push(port);
    for (const port of waiting.splice(0)) if (rig.openFrom(0x0a000065, port) === undefined) waiting.push(port);
    await rig.advance(250, 250);
  }
}

it('they reach another server when they are resent, and the silent one is given up in the end', async () => {
  await clients(2_000);
  const s2 = rig.serverId('s2');
  expect(rig.status().servers.find(({ name }) => name === 's2')).toMatchObject({ health: 'up' });
  rig.down.add('s2');
  rig.connections.splice(0, rig.connections.length, ...rig.connections.filter(({ server }) => server !== s2));
  await clients(1_000);
  const redirection = rig.engine.operations.list()[0]!;
  expect(redirection).toMatchObject({
    kind: 'overflow',
    server: 's2',
    why: expect.stringMatching(/SYNs had no answer/),
  });
  // Alive as far as anybody knows, and nobody waits for it.
  expect(rig.status().servers.find(({ name }) => name === 's2')).toMatchObject({ state: 'active', health: 'up' });
  await clients(500);
  expect(waiting.length).toBeLessThan(3);
  await clients(15_000);
  expect(rig.status().servers.find(({ name }) => name === 's2')).toMatchObject({ state: 'dead' });
  expect(waiting).toEqual([]);
  expect(rig.engine.operations.list().filter(({ kind }) => kind === 'overflow').length).toBeGreaterThan(1);
});

it('a server that answers again keeps its buckets', async () => {
  await clients(2_000);
  rig.down.add('s2');
  const s2 = rig.serverId('s2');
  rig.connections.splice(0, rig.connections.length, ...rig.connections.filter(({ server }) => server !== s2));
  await clients(1_250);
  rig.down.delete('s2');
  await clients(10_000);
  expect(rig.engine.operations.list().every(({ phase }) => phase === 'finished')).toBe(true);
  expect(rig.status().servers.find(({ name }) => name === 's2')).toMatchObject({ state: 'active', buckets: 5 });
  expect(rig.connections.some(({ server }) => server === s2)).toBe(true);
});
