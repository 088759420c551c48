/** Health by the switch's counters: what counts for and against a server, and what says nothing of it. */
import { describe, expect, it } from 'vitest';
import { readConfiguration } from '../../src/config/read.ts';
import type { HealthCheck } from '../../src/config/types.ts';
import { DitchedSyns } from '../../src/health/ditched-syns.ts';
import type { ServerSignals } from '../../src/signals/signals.ts';
import { FakeAgents } from '../support/fake-agents.ts';
import { RIG_CONFIGURATION, Rig } from '../support/rig.ts';

const withHealth = (health: string, more = '') =>
  RIG_CONFIGURATION.replace('    servers:\n', `    health: { kind: syns, ${health} }\n${more}    servers:\n`);

function checkOf(text: string): HealthCheck {
  return readConfiguration('rig.yaml', text).vips[0]!.health!;
}

/** Checks of one server, each with what was counted of it in all; undefined: it is not in the switch. */
async function judge(health: string, counts: readonly (readonly [syns: number, synAcks: number] | undefined)[]) {
  let now: ServerSignals | undefined;
  const reading = async () => ({ atMs: 0, countedBy: '', servers: new Map(now === undefined ? [] : [['1/2', now]]) });
  const syns = new DitchedSyns(reading, () => false);
  const results: (boolean | undefined)[] = [];
  for (const count of counts) {
    now = count && { syns: count[0], synAcks: count[1], resets: 0, noConnection: 0 };
    const target = { name: 's2', counters: '1/2', host: '', port: 0 };
    results.push((await syns.check(checkOf(withHealth(health)), target)).ok);
  }
  return results;
}

describe('a server judged by its SYNs', () => {
  it('is good while any is answered, and bad when none is', async () => {
    expect(
      await judge('', [
        [0, 0],
        [20, 20],
        [40, 21],
        [60, 21],
        [80, 60],
      ]),
    ).toEqual([undefined, true, true, false, true]);
  });

  it('is bad from a share on, if one is said', async () => {
    expect(
      await judge('unanswered: 50%', [
        [0, 0],
        [20, 11],
        [40, 21],
        [60, 30],
      ]),
    ).toEqual([undefined, true, false, false]);
  });

  it('is not judged by a few: the interval goes on until there are enough', async () => {
    expect(
      await judge('minimum: 5', [
        [0, 0],
        [2, 0],
        [4, 0],
        [6, 0],
        [8, 1],
        [11, 1],
      ]),
    ).toEqual([undefined, undefined, undefined, false, undefined, true]);
  });

  it('is not judged by counters that begin anew, or are not there', async () => {
    expect(await judge('', [[100, 50], [12, 0], [24, 0], undefined, [36, 0]])).toEqual([
      undefined,
      undefined,
      false,
      undefined,
      false,
    ]);
  });

  it('more answers than SYNs, as a flood with forged senders brings, speak for it', async () => {
    expect(
      await judge('', [
        [0, 0],
        [20, 100],
      ]),
    ).toEqual([undefined, true]);
  });
});

describe('in service', () => {
  it('a server that answers no SYN any more is given up, and added again it gets a new chance', async () => {
    const rig = new Rig(withHealth('interval: 200ms, minimum: 3, fall: 2, rise: 2'));
    rig.probe = () => Promise.reject(new Error('nobody is asked'));
    await rig.start();
    const open = async (durationMs: number) => {
      for (let leftMs = durationMs; leftMs > 0; leftMs -= 100) {
        rig.openMany(10);
        await rig.advance(100, 100);
      }
    };
    const s2 = () => rig.status().servers.find(({ name }) => name === 's2')!;
    await open(2_000);
    expect(s2()).toMatchObject({ health: 'up', state: 'active' });
    rig.down.add('s2');
    const before = s2().id;
    rig.close(({ server }) => server === before);
    await open(2_000);
    expect(s2()).toMatchObject({
      state: 'dead',
      health: 'down',
      healthReason: expect.stringMatching(/^\d+ of \d+ SYNs had no answer$/),
    });
    // Nothing can be said of who gets no SYNs: an operator has to bring it back.
    await open(3_000);
    expect(s2().state).toBe('dead');
    rig.down.delete('s2');
    await rig.operate({ kind: 'add', server: 's2' });
    await open(3_000);
    expect(s2()).toMatchObject({ health: 'up' });
    expect(s2().id).not.toBe(before);
    expect(rig.violations).toEqual([]);
    await rig.dispose();
  });

  it('a spare and a server that is draining are not judged', async () => {
    const rig = new Rig(withHealth('interval: 200ms, minimum: 3, fall: 2'));
    rig.probe = () => Promise.reject(new Error('nobody is asked'));
    await rig.start();
    await rig.operate({ kind: 'drain', server: 's1' });
    rig.openMany(40);
    await rig.advance(3_000);
    const healthOf = (name: string) => rig.status().servers.find((server) => server.name === name)!.health;
    expect([healthOf('s1'), healthOf('s4')]).toEqual(['unknown', 'unknown']);
    await rig.dispose();
  });

  it('one whose agent says that its accept queue is full overflows and is not dead', async () => {
    const text = withHealth(
      'interval: 200ms, minimum: 3, fall: 2',
      '    overflow: { rule: next, above: 80%, below: 20% }\n',
    );
    const rig = new Rig(
      `${text.replaceAll(/name: (s\d),/g, "name: $1, agent: '$1:1',")}\nagents: { ca: a, certificate: b, key: c }\n`,
    );
    const agents = new FakeAgents(rig);
    rig.agentConnector = agents.connect;
    rig.probe = () => Promise.reject(new Error('nobody is asked'));
    await rig.start();
    agents.queues.set('s2', 100);
    rig.down.add('s2');
    for (let round = 0; round < 30; round++) {
      agents.tell();
      // What is under way to it still, redirected or not.
      for (let index = 0; index < 5; index++) rig.switch.countSignal(1, rig.serverId('s2'), 'syns');
      await rig.advance(100, 100);
    }
    expect(rig.status().servers.find(({ name }) => name === 's2')).toMatchObject({ state: 'active' });
    expect(rig.engine.operations.list().map(({ kind }) => kind)).toContain('overflow');
    await rig.dispose();
  });
});
