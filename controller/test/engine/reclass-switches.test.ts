/**
 * Switches that go and come while clients move to another class: one that starts anew, and one of two that cannot be
 * reached at any moment of the move while it forwards. Between any two writes every connection speaks.
 */
import { describe, expect, it } from 'vitest';
import type { OperationRequest } from '../../src/control-api/types.ts';
import { endUnharmed, RIG_CONFIGURATION, Rig } from '../support/rig.ts';
import { TWO, TwoSwitches } from '../support/two-switches.ts';

const FAST = `
  - name: fast
    address: 10.0.0.1
    port: 80
    class: preferred
    buckets: 8
    servers:
      - { name: f1, address: 10.0.0.21, port: 8080, mac: 02:00:00:00:00:05, switchPort: 4 }
      - { name: f2, address: 10.0.0.22, port: 8080, mac: 02:00:00:00:00:06, switchPort: 4 }
`;
const CLASSES = 'classes: [{ name: preferred, prefixes: [10.9.0.0/16] }]\n';
const RECLASS: OperationRequest = { kind: 'reclass', prefix: '10.0.0.104/30', class: 'preferred' };

function speakBetweenWrites(rig: Rig, one: Rig['switch']): void {
  one.onCall = (what) => {
    if (what.startsWith('write')) rig.sendAll();
  };
}

describe('a switch that starts anew', () => {
  it.each([500, 1_500, 2_500, 3_500, 4_500, 6_000, 8_000])('%i ms after the beginning', async (afterMs) => {
    const rig = new Rig(`${RIG_CONFIGURATION}${FAST}${CLASSES}`);
    await rig.start();
    rig.openMany(40);
    const { id } = await rig.operate(RECLASS);
    await rig.advance(100, 100);
    rig.openMany(20);
    await rig.advance(afterMs, 100);
    rig.switch.reset();
    await rig.clock.advance(300, rig.settle);
    // Whoever is looked for may be on any server of the service.
    const names = ['s1', 'f1'].map((name) => rig.serverId(name));
    for (const { servers } of rig.engine.shift.doubts.values()) expect(servers).toEqual(expect.arrayContaining(names));
    rig.openMany(20);
    await rig.advance(20_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
    expect(rig.status().vips.map(({ name }) => name)).toEqual(['web', 'fast']);
    await endUnharmed(rig);
  });
});

it('a switch that starts anew when the new mapping is theirs: who is looked for stays where he is looked for', async () => {
  const rig = new Rig(`${RIG_CONFIGURATION}${FAST}${CLASSES}`);
  await rig.start();
  rig.openMany(40);
  const { id } = await rig.operate(RECLASS);
  rig.switch.loses = ({ kind }) => kind === 'swept';
  while (rig.journal.state.operations.get(id)!.phase !== 'settling') await rig.advance(100, 100);
  rig.switch.reset();
  rig.switch.loses = () => false;
  await rig.clock.advance(300, rig.settle);
  const moving = 3;
  expect([...rig.engine.shift.doubts.keys()]).toEqual([moving]);
  while (rig.engine.shift.doubts.size > 0) {
    expect(rig.status().classes.map(({ name }) => name)).toContain('none>preferred');
    expect(rig.status().classes.find(({ name }) => name === 'none>preferred')!.prefixes).toHaveLength(1);
    await rig.advance(100, 100);
  }
  await rig.advance(10_000);
  expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
  await endUnharmed(rig);
});

describe('two switches', () => {
  /** Calls to the second switch from the order of the move on, until it is over. */
  async function play(loseAt: number): Promise<{ readonly calls: number; readonly wasLost: boolean }> {
    const rig = new TwoSwitches(`${TWO}${FAST}${CLASSES}`);
    await rig.start();
    rig.openMany(30);
    let calls = 0;
    speakBetweenWrites(rig, rig.switch);
    rig.second.onCall = (what) => {
      if (++calls === loseAt) rig.second.setReachable(false);
      if (what.startsWith('write')) rig.sendAll();
    };
    const { id } = await rig.operate(RECLASS);
    await rig.advance(3_000);
    const wasLost = !rig.second.reachable;
    rig.openMany(20);
    await rig.advance(6_000);
    if (wasLost) expect(rig.operation(id).phase).not.toBe('finished');
    rig.second.setReachable(true);
    await rig.advance(30_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
    rig.expectAlike();
    await endUnharmed(rig);
    return { calls, wasLost };
  }

  it('one of them cannot be reached from any of its first calls on', async () => {
    let lost = 0;
    for (let at = 1; at <= 60; at += 1) if ((await play(at)).wasLost) lost++;
    expect(lost).toBeGreaterThan(40);
  }, 120_000);

  it('is not begun while one is away', async () => {
    const rig = new TwoSwitches(`${TWO}${FAST}${CLASSES}`);
    await rig.start();
    rig.second.setReachable(false);
    await rig.advance(500);
    await expect(rig.operate(RECLASS)).rejects.toThrow('a switch is away');
    const { id, phase } = await rig.operate({ ...RECLASS, queue: true });
    expect(phase).toBe('queued');
    rig.second.setReachable(true);
    await rig.advance(30_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
    await endUnharmed(rig);
  });
});
