/**
 * A rig with two fake switches behind one controller. Connections go through either; the control connection of each can
 * be taken away while it goes on forwarding.
 */
import { expect } from 'vitest';
import { switchesConnector } from '../../src/switch-port/several.ts';
import { TABLE_NAMES, type TableName } from '../../src/switch-port/tables.ts';
import { FakeSwitch } from './fake-switch.ts';
import { RIG_CONFIGURATION, Rig } from './rig.ts';

export const TWO = RIG_CONFIGURATION.replace(
  'switch: { address: 127.0.0.1:9559, ports: [1, 2, 3, 4, 5] }',
  'switches:\n  - { address: 127.0.0.1:9559, ports: [1, 2, 3, 4, 5] }\n  - { address: 127.0.0.1:9560, ports: [11, 12, 13, 14] }',
).replace('    servers:\n', '    health: { kind: tcp, interval: 300ms, rise: 2, fall: 2 }\n    servers:\n');

/** Own addresses and ports. */
const OWN = new Set<TableName>(['macs', 'mac_sources', 'servers']);

/** What the second one is called. */
export const SECOND = '127.0.0.1:9560';

/** See the file's comment. */
export class TwoSwitches extends Rig {
  readonly second = new FakeSwitch(this.clock, 64);

  constructor(text = TWO) {
    super(text);
    this.connector = switchesConnector(this.configuration.switches, (_, index) => this.both[index]!.connect, {
      macIdleMs: 300_000,
      clock: this.clock,
      known: () => this.journal.state.switches,
      reserved: () => new Set(),
    });
    this.alsoTicks = this.second;
    this.probe = async (_, { name }) => (this.down.has(name) ? { ok: false, reason: 'refused' } : { ok: true });
    // Every third connection goes through the second switch.
    this.way = ({ port }) => this.both[port % 3 === 0 ? 1 : 0]!;
  }

  get both(): readonly [FakeSwitch, FakeSwitch] {
    return [this.switch, this.second];
  }

  override kill(): void {
    super.kill();
    this.second.drop('the controller was killed');
  }

  /** A server is switched off, and its connections with it. @returns its id */
  die(name: string): number {
    const id = this.serverId(name);
    this.down.add(name);
    const left = this.connections.filter(({ server }) => server !== id);
    this.connections.splice(0, this.connections.length, ...left);
    return id;
  }

  expectAlike(): void {
    for (const table of TABLE_NAMES) {
      if (OWN.has(table)) continue;
      const [here, there] = this.both.map((one) => one.entries(table));
      expect(Object.fromEntries(there!), table).toEqual(Object.fromEntries(here!));
    }
  }

  /** Connections end, everything comes to rest, and the switches agree. */
  async expectRest(): Promise<void> {
    this.close(() => true);
    await this.advance(20_000);
    expect(this.engine.operations.list().filter(({ phase }) => phase !== 'finished')).toEqual([]);
    this.expectAlike();
    for (const one of this.both) {
      expect(one.ways.flat().every((slot) => slot.state !== 'confirmed')).toBe(true);
      expect(assignments(one).every(([base, current]) => base === current)).toBe(true);
      expect(one.entries('pins').size).toBe(0);
      expect(one.entries('drain_watch').size).toBe(0);
    }
  }
}

/** Base and current server of a switch's buckets. */
export function assignments(one: FakeSwitch): (readonly [base: number, current: number])[] {
  return [...one.entries('buckets').values()].map(({ params }) => [Number(params[0]), Number(params[1])] as const);
}
