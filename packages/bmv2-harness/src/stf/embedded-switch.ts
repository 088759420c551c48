/**
 * Runs STF tests on the embedded switch as `startSwitch` starts it, in this process. Packets are processed while `send`
 * runs, at a time that advances by a millisecond a packet, so nothing ever waits. Orders go to the data plane and not
 * by P4Runtime, because STF has orders that P4Runtime lacks (registers, handles of entries, multicast nodes) and runs
 * programs of compilers that write no P4Info.
 */
import { type DataPlane, encodeArguments } from '@mooring/softswitch';
import { EmbeddedCore } from '../switch/embedded-core.ts';
import type { ResolvedEntry, StfProgramAction, StfTable } from './program.ts';
import { type MeterRate, StfError } from './statements.ts';
import type { CounterValue, Outputs, StfSwitch } from './stf-switch.ts';

interface MulticastNode {
  readonly replication: number;
  ports: readonly number[];
}

/** See the top of the file. */
export class EmbeddedSwitch implements StfSwitch {
  private readonly plane: DataPlane;
  private readonly outputs = new Map<number, Uint8Array[]>();
  private readonly slots = new Map<string, number>();
  private readonly groups = new Map<number, number[]>();
  private readonly nodes: MulticastNode[] = [];
  /** Clone sessions that go to a multicast group. */
  private readonly groupSessions = new Map<number, number>();
  private readonly actionIndexes: ReadonlyMap<number, number>;
  private readonly embedded: EmbeddedCore;

  /** Throws what loading the program throws. */
  constructor(json: object) {
    this.embedded = new EmbeddedCore({
      cpuPort: undefined,
      packetStepUs: 1000,
      onPacket: (port, bytes) => {
        const list = this.outputs.get(port);
        if (list === undefined) this.outputs.set(port, [bytes]);
        else list.push(bytes);
      },
    });
    this.embedded.core.loadWithoutP4Info(JSON.stringify(json));
    this.plane = this.embedded.core.dataPlane!;
    this.actionIndexes = new Map(this.plane.program.actions.map((action, index) => [action.id, index]));
  }

  private table(table: StfTable) {
    const found = this.plane.tables.find((candidate) => candidate.plan.table.name === table.name);
    if (found === undefined) throw new StfError(0, `the switch has no table ${table.name}`);
    return found;
  }

  private target(action: StfProgramAction, values: readonly bigint[]) {
    const index = this.actionIndexes.get(action.id) ?? action.id;
    return { kind: 'action' as const, action: index, data: encodeArguments(this.plane.program, index, values) };
  }

  async addEntry(entry: ResolvedEntry): Promise<number> {
    const table = this.table(entry.table);
    const taken = this.slots.get(entry.table.name) ?? table.plan.table.constEntries.length;
    this.slots.set(entry.table.name, taken + 1);
    const matches = entry.matches.map((match) =>
      match.kind === 'ternary' ? { ...match, value: match.value & match.mask } : match,
    );
    table.insert(taken, matches, entry.priority, this.target(entry.action, entry.arguments), 0);
    return taken;
  }

  async removeEntry(table: StfTable, handle: number): Promise<void> {
    this.table(table).remove(handle);
  }

  async setDefault(table: StfTable, action: StfProgramAction, values: readonly bigint[]): Promise<void> {
    this.table(table).setDefault(this.target(action, values));
  }

  async mirroringAdd(session: number, port: number): Promise<void> {
    this.groupSessions.delete(session);
    this.plane.replication.setSession(session, [{ port, instance: 0, backups: [] }], 0);
  }

  async mirroringAddMulticast(session: number, group: number): Promise<void> {
    this.groupSessions.set(session, group);
    this.updateReplication();
  }

  async mirroringDelete(session: number): Promise<void> {
    this.groupSessions.delete(session);
    this.plane.replication.deleteSession(session);
  }

  async multicastGroupCreate(group: number): Promise<void> {
    this.groups.set(group, []);
    this.updateReplication();
  }

  async multicastNodeCreate(replication: number, ports: readonly number[]): Promise<void> {
    this.nodes.push({ replication, ports });
  }

  async multicastNodeUpdate(node: number, ports: readonly number[]): Promise<void> {
    this.node(node).ports = ports;
    this.updateReplication();
  }

  async multicastNodeAssociate(group: number, node: number): Promise<void> {
    this.node(node);
    const nodes = this.groups.get(group);
    if (nodes === undefined) throw new StfError(0, `no multicast group ${group}`);
    nodes.push(node);
    this.updateReplication();
  }

  private node(handle: number): MulticastNode {
    const node = this.nodes[handle];
    if (node === undefined) throw new StfError(0, `no multicast node ${handle}`);
    return node;
  }

  private updateReplication(): void {
    const replicasOf = (group: number) =>
      (this.groups.get(group) ?? []).flatMap((handle) => {
        const { replication, ports } = this.nodes[handle]!;
        return ports.map((port) => ({ port, instance: replication, backups: [] }));
      });
    for (const group of this.groups.keys()) this.plane.replication.setGroup(group, replicasOf(group));
    for (const [session, group] of this.groupSessions) this.plane.replication.setSession(session, replicasOf(group), 0);
  }

  async readCounter(counter: string, index: number): Promise<CounterValue> {
    const { cells, at } = this.counterCell(counter, index);
    return { packets: cells[at] ?? 0, bytes: cells[at + 1] ?? 0 };
  }

  async writeCounter(counter: string, index: number, value: CounterValue): Promise<void> {
    const { cells, at } = this.counterCell(counter, index);
    cells[at] = value.packets;
    cells[at + 1] = value.bytes;
  }

  private counterCell(name: string, index: number): { cells: Float64Array; at: number } {
    const position = this.plane.program.counters.findIndex((counter) => counter.name === name);
    const counter = this.plane.program.counters[position];
    if (counter === undefined) throw new StfError(0, `the switch has no counter ${name}`);
    if (counter.table === undefined) return { cells: this.plane.counters[position]!, at: 2 * index };
    const table = this.plane.tables.find((candidate) => candidate.plan.table.name === counter.table);
    const cells = table?.records.counters;
    if (cells === undefined) throw new StfError(0, `table ${counter.table} has no counters`);
    return { cells, at: 2 * (index + 1) };
  }

  private registerCells(name: string): { cells: Int32Array; limbs: number; size: number } {
    const position = this.plane.program.registers.findIndex((register) => register.name === name);
    const register = this.plane.program.registers[position];
    if (register === undefined) throw new StfError(0, `the switch has no register ${name}`);
    const cells = this.plane.registers[position]!;
    return { cells, limbs: Math.max(1, Math.ceil(register.bitwidth / 32)), size: register.size };
  }

  async readRegister(name: string, index: number): Promise<bigint> {
    const { cells, limbs } = this.registerCells(name);
    let value = 0n;
    for (let limb = limbs - 1; limb >= 0; limb--) {
      value = (value << 32n) | BigInt((cells[index * limbs + limb] ?? 0) >>> 0);
    }
    return value;
  }

  async writeRegister(name: string, index: number, value: bigint): Promise<void> {
    const { cells, limbs, size } = this.registerCells(name);
    if (index >= size) throw new StfError(0, `register ${name} has ${size} cells`);
    for (let limb = 0; limb < limbs; limb++) {
      cells[index * limbs + limb] = Number(BigInt.asIntN(32, value >> BigInt(32 * limb)));
    }
  }

  async resetRegister(name: string): Promise<void> {
    this.registerCells(name).cells.fill(0);
  }

  async setMeterRates(name: string, index: number | undefined, rates: readonly MeterRate[]): Promise<void> {
    const position = this.plane.program.meters.findIndex((meter) => meter.name === name);
    const meter = this.plane.program.meters[position];
    if (meter === undefined) throw new StfError(0, `the switch has no meter ${name}`);
    const perSecond = rates.map((rate) => ({ perSecond: rate.rate * 1e6, burst: rate.burst }));
    const table = this.plane.program.tables.findIndex((candidate) => candidate.directMeter === position);
    const meters = meter.direct ? this.plane.directMeters[table] : this.plane.meters[position];
    if (meters === undefined) throw new StfError(0, `meter ${name} belongs to no table`);
    if (index !== undefined) {
      meters.configure(meter.direct ? index + 1 : index, perSecond, this.plane.nowUs);
      return;
    }
    for (let cell = 0; cell < meter.size; cell++) meters.configure(cell, perSecond, this.plane.nowUs);
  }

  async send(port: number, data: Uint8Array): Promise<void> {
    this.embedded.stepForPacket();
    this.embedded.core.receive(port, data);
  }

  async settle(): Promise<Outputs> {
    return this.outputs;
  }

  async close(): Promise<void> {}
}
