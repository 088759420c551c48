// A million exact entries: what they cost in memory and in lookups. Packets go to entries at random over the whole
// table, or skewed as traffic is.

import { DataPlane, encodeArguments, loadProgram } from '@mooring/softswitch';
import { PacketMemory } from '../src/runtime/memory.ts';
import { compileProgram, ipv4Frame } from './workloads.ts';

const ENTRIES = 1_000_000;

/** The key of entry n: addresses that differ in all bytes. */
function keyOf(n: number): { source: number; destination: number; port: number } {
  return { source: Math.imul(n, 0x9e3779b1) >>> 0, destination: (0x0a000000 + (n & 0xffff)) >>> 0, port: n & 0xffff };
}

/** Packets of a batch, as ports take them in. */
const BATCH = 32;

/** Packets measured at a time, and how often; the best counts. */
const PACKETS = 1 << 20;
const REPETITIONS = 7;

interface FlowTable {
  readonly plane: DataPlane;
  readonly bytesPerEntry: number;
}

function flowTable(json: object, entries: number): FlowTable {
  const before = process.memoryUsage();
  const memory = new PacketMemory(BATCH);
  const plane = new DataPlane(loadProgram(json), { output: () => {}, memory });
  const table = plane.tables.find((each) => each.plan.table.name.endsWith('flows'))!;
  const action = table.plan.table.actions.find((each) => plane.program.actions[each]!.name.endsWith('forward'))!;
  const data = encodeArguments(plane.program, action, [1n]);
  for (let n = 0; n < entries; n++) {
    const { source, destination, port } = keyOf(n);
    const match = [source, destination, 6, port].map((value) => ({ kind: 'exact' as const, value: BigInt(value) }));
    table.insert(n, match, 0, { kind: 'action', action, data }, 0);
  }
  const after = process.memoryUsage();
  return { plane, bytesPerEntry: Math.max(0, after.rss - before.rss) / entries };
}

/**
 * Which entry each packet hits: all alike, or entry k in proportion to 1/k (the usual model of traffic), in no order.
 */
function chosenEntries(entries: number, distribution: 'uniform' | 'skewed'): Int32Array {
  let state = 1;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (Math.imul(state ^ (state >>> 16), 0x45d9f3b) >>> 0) / 4294967296;
  };
  return Int32Array.from({ length: PACKETS }, () => {
    const rank = distribution === 'uniform' ? Math.floor(next() * entries) : Math.floor(entries ** next()) - 1;
    return (Math.imul(rank, 7919) >>> 0) % entries;
  });
}

/** Nanoseconds of processor time a packet, written into packet memory and taken through the switch in batches. */
function packetNs({ plane }: FlowTable, chosen: Int32Array): number {
  const { view, bytes } = plane.memory;
  const starts = Array.from({ length: BATCH }, (_, i) => plane.memory.packetStart(PacketMemory.firstPortBuffer + i));
  for (const start of starts) bytes.set(ipv4Frame(1, 2, 6, 3, 80), start);
  const before = process.cpuUsage();
  for (let first = 0; first < chosen.length; first += BATCH) {
    for (let i = 0; i < BATCH; i++) {
      const { source, destination, port } = keyOf(chosen[first + i]!);
      view.setUint32(starts[i]! + 26, source);
      view.setUint32(starts[i]! + 30, destination);
      view.setUint16(starts[i]! + 34, port);
    }
    plane.lookAhead(PacketMemory.firstPortBuffer, BATCH);
    for (let i = 0; i < BATCH; i++) plane.receiveInPlace(0, 64, PacketMemory.firstPortBuffer + i);
  }
  const used = process.cpuUsage(before);
  return ((used.user + used.system) * 1000) / chosen.length;
}

export async function benchmark() {
  const program = compileProgram('packages/softswitch/bench/programs/exact.p4');
  const few = flowTable(program, 1000);
  const many = flowTable(program, ENTRIES);
  const rows: object[] = (['uniform', 'skewed'] as const).map((distribution) => {
    const [manyChosen, fewChosen] = [chosenEntries(ENTRIES, distribution), chosenEntries(1000, distribution)];
    let [ours, theirs] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let i = 0; i < REPETITIONS; i++) {
      ours = Math.min(ours, packetNs(many, manyChosen));
      theirs = Math.min(theirs, packetNs(few, fewChosen));
    }
    return {
      name: `a packet with 1,000,000 exact entries (theirs: 1,000), keys ${distribution}`,
      unit: 'ns',
      ours,
      theirs,
      better: 'lower' as const,
      bar: '>= 0.67x',
    };
  });
  return [
    ...rows,
    { name: 'memory an entry', unit: 'bytes', ours: many.bytesPerEntry, better: 'lower' as const, bar: '<= 200' },
  ];
}
