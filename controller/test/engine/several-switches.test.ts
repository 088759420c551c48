/**
 * One controller, two switches: connections go through either, and some change their way in the middle of a shift. Both switches hold the
 * same assignments and pins at the end, and a switch that loses its memory, or its session, is brought up to date.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { severalConnector } from '../../src/switch-port/several.ts';
import { TABLE_NAMES, type TableName } from '../../src/switch-port/tables.ts';
import { FakeSwitch } from '../support/fake-switch.ts';
import { type Connection, RIG_CONFIGURATION, Rig } from '../support/rig.ts';

const TWO = RIG_CONFIGURATION.replace(
  'switch: { address: 127.0.0.1:9559, ports: [1, 2, 3, 4, 5] }',
  'switches:\n  - { address: 127.0.0.1:9559, ports: [1, 2, 3, 4, 5] }\n  - { address: 127.0.0.1:9560, ports: [11, 12, 13, 14] }',
);

/** Own addresses and ports. */
const OWN = new Set<TableName>(['macs', 'mac_sources', 'servers']);

let rig: Rig;
let second: FakeSwitch;

beforeEach(async () => {
  rig = new Rig(TWO);
  second = new FakeSwitch(rig.clock, 64);
  const switches = [rig.switch, second];
  const [one, two] = rig.configuration.switches;
  rig.connector = severalConnector(
    [
      { configuration: one!, connect: rig.switch.connect },
      { configuration: two!, connect: second.connect },
    ],
    { macIdleMs: 300_000, reserved: () => new Set() },
  );
  rig.alsoTicks = second;
  // Every third connection goes through the second switch.
  rig.way = ({ port }) => switches[port % 3 === 0 ? 1 : 0]!;
  await rig.start();
});

afterEach(async () => {
  expect(rig.violations).toEqual([]);
  await rig.dispose();
});

function expectAlike(): void {
  for (const table of TABLE_NAMES) {
    if (OWN.has(table)) continue;
    const [here, there] = [rig.switch.entries(table), second.entries(table)];
    expect(Object.fromEntries(there), table).toEqual(Object.fromEntries(here));
  }
}

describe('two switches', () => {
  it('a swap: connections through both live on, and both hold the same', async () => {
    expectAlike();
    rig.openMany(60);
    const { id } = await rig.operate({ kind: 'swap', server: 's1', replacement: 's4' });
    rig.openMany(60);
    await rig.advance(3_000);
    expect(rig.operation(id).phase).toBe('shifting');
    expectAlike();
    const s1 = rig.serverId('s1');
    rig.close((connection) => connection.server === s1);
    rig.openMany(20);
    await rig.advance(7_000);
    expect(rig.operation(id)).toMatchObject({ outcome: 'done' });
    expectAlike();
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
    expectAlike();
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
    expectAlike();
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
      second.drop('the controller was killed');
      await rig.start();
      await rig.advance(500);
      expect(rig.violations, `fault at call ${at}`).toEqual([]);
    }
    await rig.advance(8_000);
    expectAlike();
    expect(rig.engine.operations.list().every(({ phase }) => phase === 'finished')).toBe(true);
  });
});
