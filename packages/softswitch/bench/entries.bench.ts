// A million exact entries: how fast they come in over P4Runtime, what they cost in memory and in lookups.

import { P4RuntimeClient } from '@mooring/p4runtime-ts';
import { DataPlane, encodeArguments, loadProgram, startSwitch } from '@mooring/softswitch';
import { compileWithP4Info, ipv4Frame } from './workloads.ts';

const ENTRIES = 1_000_000;

/** Entries written over P4Runtime; fewer, because the rate does not depend on the number. */
const WRITTEN = 100_000;

/** The key of entry n: addresses that differ in all bytes. */
function keyOf(n: number): { source: number; destination: number; port: number } {
  return { source: Math.imul(n, 0x9e3779b1) >>> 0, destination: (0x0a000000 + (n & 0xffff)) >>> 0, port: n & 0xffff };
}

async function writeRate(program: { json: object; p4info: Uint8Array }): Promise<number> {
  await using running = await startSwitch({ grpcAddress: '127.0.0.1:0' });
  const client = await P4RuntimeClient.connect({ address: running.address!, deviceId: 0 });
  await client.setPipeline({ p4info: program.p4info, deviceConfig: JSON.stringify(program.json) });
  const updates = Array.from({ length: WRITTEN }, (_, n) => {
    const { source, destination, port } = keyOf(n);
    return {
      op: 'insert' as const,
      entity: {
        kind: 'table' as const,
        table: 'Forward.flows',
        match: {
          'hdr.ipv4.source': source,
          'hdr.ipv4.destination': destination,
          'hdr.ipv4.protocol': 6,
          'hdr.ports.source': port,
        },
        action: { name: 'Forward.forward', params: { port: 1 } },
      },
    };
  });
  const started = process.cpuUsage();
  await client.write(updates);
  const used = process.cpuUsage(started);
  const seconds = (used.user + used.system) / 1e6;
  client.close();
  return WRITTEN / seconds;
}

/** Nanoseconds of processor time a packet with this many entries in the table; packets go to entries in no order. */
function packetNs(json: object, entries: number): { ns: number; bytesPerEntry: number } {
  const before = process.memoryUsage();
  const plane = new DataPlane(loadProgram(json), { output: () => {} });
  const table = plane.tables.find((each) => each.plan.table.name.endsWith('flows'))!;
  const action = table.plan.table.actions.find((each) => plane.program.actions[each]!.name.endsWith('forward'))!;
  const data = encodeArguments(plane.program, action, [1n]);
  for (let n = 0; n < entries; n++) {
    const { source, destination, port } = keyOf(n);
    const match = [source, destination, 6, port].map((value) => ({ kind: 'exact' as const, value: BigInt(value) }));
    table.insert(n, match, 0, { kind: 'action', action, data }, 0);
  }
  const after = process.memoryUsage();
  const packets = Array.from({ length: 20_000 }, (_, i) => {
    const { source, destination, port } = keyOf(Math.imul(i, 7919) % entries < 0 ? 0 : (i * 7919) % entries);
    return ipv4Frame(source, destination, 6, port, 80);
  });
  const round = (count: number) => {
    for (let i = 0; i < count; i++) for (const packet of packets) plane.receive(0, packet);
  };
  round(40);
  const started = process.cpuUsage();
  round(50);
  const used = process.cpuUsage(started);
  return {
    ns: ((used.user + used.system) * 1000) / (50 * packets.length),
    bytesPerEntry: Math.max(0, after.rss - before.rss) / entries,
  };
}

export async function benchmark() {
  const program = compileWithP4Info('packages/softswitch/bench/programs/exact.p4');
  const few = packetNs(program.json, 1000);
  const many = packetNs(program.json, ENTRIES);
  return [
    {
      name: 'a packet with 1,000,000 entries (theirs: with 1,000)',
      unit: 'ns',
      ours: many.ns,
      theirs: few.ns,
      better: 'lower' as const,
      bar: '>= 0.67x',
    },
    { name: 'memory an entry', unit: 'bytes', ours: many.bytesPerEntry, better: 'lower' as const, bar: '<= 200' },
    {
      name: 'entries by P4Runtime Write',
      unit: 'entries/s',
      ours: await writeRate(program),
      better: 'higher' as const,
      bar: '>= 50,000',
      note: 'a processor second of client and server together',
    },
  ];
}
