/**
 * Resets of servers in shift, from the switch's counters to what people see; and that those outside a shift hurt
 * nobody.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { onServerDown } from '../../src/operations/outages.ts';
import { ResetSupervisor } from '../../src/signals/supervise.ts';
import { Rig } from '../support/rig.ts';

let rig: Rig;
let resets: ResetSupervisor;

beforeEach(async () => {
  rig = new Rig();
  await rig.start();
  resets = new ResetSupervisor(rig.engine, rig.readSignals);
  resets.start();
  await rig.advance(1_000);
});

afterEach(async () => {
  resets.stop();
  expect(rig.violations).toEqual([]);
  await rig.dispose();
});

const shown = (id: number) => resets.complete(rig.operation(id)).resets;

function reset(server: string, count: number): void {
  for (let index = 0; index < count; index++) rig.switch.countSignal(1, rig.serverId(server), 'noConnection');
}

describe('resets that say "no such connection"', () => {
  it('from a server in shift are suspected, and close the gate until a shift of the VIP is clean', async () => {
    await rig.advance(30_000);
    const { id } = await rig.operate({ kind: 'swap', server: 's1', replacement: 's4' });
    await rig.advance(1_500);
    expect(shown(id)).toEqual({ seen: 0, usual: 0, suspected: 0 });
    reset('s4', 2);
    await rig.advance(2_000);
    expect(shown(id)).toEqual({ seen: 2, usual: 0, suspected: 2 });
    expect(resets.suspected).toBe(2);
    reset('s3', 5);
    await rig.advance(10_000);
    expect(shown(id)!.seen).toBe(2);
    expect(rig.operation(id).outcome).toBe('done');
    const told = rig.log.lines.filter(({ text }) => text.includes('may have changed server'));
    expect(told).toEqual([expect.objectContaining({ level: 'warning' })]);
    await rig.operate({ kind: 'drain', server: 's2' });
    await rig.advance(12_000);
    expect(resets.suspected).toBe(0);
    expect(shown(id)!.suspected).toBeGreaterThan(0);
  });

  it('that the servers always send are no news', async () => {
    for (let second = 0; second < 40; second++) {
      reset('s1', 3);
      await rig.advance(1_000);
    }
    const { id } = await rig.operate({ kind: 'drain', server: 's1' });
    for (let second = 0; second < 3; second++) {
      reset('s1', 3);
      await rig.advance(1_000);
    }
    expect(shown(id)!.seen).toBeGreaterThan(3);
    expect(shown(id)!.suspected).toBe(0);
  });

  it('are expected of connections that a deadline has ended, one each', async () => {
    rig.openMany(60);
    await rig.advance(20_000);
    const { id } = await rig.operate({ kind: 'drain', server: 's1', deadlineMs: 1_500 });
    const s1 = rig.serverId('s1');
    for (let step = 0; step < 100 && rig.operation(id).ended === undefined; step++) await rig.advance(100, 100);
    const left = rig.connections.filter(({ server }) => server !== s1);
    rig.connections.splice(0, rig.connections.length, ...left);
    const ended = rig.operation(id).ended!.length;
    expect(ended).toBeGreaterThan(5);
    reset('s2', ended);
    await rig.advance(1_500);
    expect(shown(id)).toMatchObject({ seen: ended, suspected: 0 });
    reset('s2', 1);
    await rig.advance(1_500);
    expect(shown(id)).toMatchObject({ seen: ended + 1, suspected: 1 });
  });

  it("of connections that died with their server are nobody else's, also while the mapping changes", async () => {
    await rig.advance(30_000);
    const { id } = await rig.operate({ kind: 'remap', hashSeed: 5 });
    await rig.engine.submit(() => rig.engine.operations.pause(id, { who: 'anna' }));
    await rig.advance(1_500);
    await rig.engine.submit(() => onServerDown(rig.engine.operations, 'web', 's2', 'refused', () => false));
    await rig.advance(500);
    reset('s1', 4);
    await rig.advance(1_500);
    expect(shown(id)).toMatchObject({ seen: 0, suspected: 0 });
    expect(resets.suspected).toBe(0);
    // The dead one's are all in by now.
    await rig.advance(2_000);
    reset('s1', 3);
    await rig.advance(1_500);
    expect(shown(id)).toMatchObject({ seen: 3, suspected: 3 });
  });

  it('are not counted where the switch is away, and what came meanwhile is not lost', async () => {
    const { id } = await rig.operate({ kind: 'drain', server: 's1' });
    await rig.advance(1_000);
    rig.switch.drop('a cable was pulled');
    reset('s2', 1);
    await rig.advance(2_000);
    expect(shown(id)?.seen).toBe(1);
  });
});
