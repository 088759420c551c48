// Packets per second: the same program, entries and packets through this switch and simple_switch.
import { DataPlane, loadProgram } from '@mooring/softswitch';
import { findSimpleSwitch, measureSimpleSwitch } from './bmv2.ts';
import { accessList, labelStacks, loadBalancer, routing, type Workload } from './workloads.ts';

/** Packets per processor second of this switch, in the process, each written out to memory. */
export function measureDataPlane(workload: Workload): number {
  const sink = new Uint8Array(1 << 20);
  let at = 0;
  const plane: DataPlane = new DataPlane(loadProgram(workload.program), {
    output: (_port, start, length) => {
      if (at + length > sink.length) at = 0;
      sink.set(plane.memory.bytes.subarray(start, start + length), at);
      at += length;
    },
  });
  const { packets } = workload;
  let time = 0;
  const round = (count: number) => {
    for (let i = 0; i < count; i++) {
      for (const packet of packets) {
        plane.setTime(time++);
        plane.receive(0, packet);
      }
    }
  };
  // The code is optimised while it runs: the first seconds do not count, as with any just-in-time compiler.
  round(500);
  const rounds = 1000;
  const before = process.cpuUsage();
  round(rounds);
  const used = process.cpuUsage(before);
  return (rounds * packets.length) / ((used.user + used.system) / 1e6);
}

export async function benchmark() {
  const simpleSwitch = findSimpleSwitch();
  const rows = [];
  for (const workload of [loadBalancer(), routing(10_000), accessList(1_000), labelStacks()]) {
    const ours = measureDataPlane(workload);
    const theirs =
      simpleSwitch === undefined
        ? undefined
        : await measureSimpleSwitch(simpleSwitch, workload.program, workload.packets, 200);
    rows.push({
      name: workload.name,
      unit: 'packets/s',
      ours,
      ...(theirs === undefined ? { note: 'simple_switch is not installed' } : { theirs }),
      better: 'higher' as const,
      bar: '>= 10x',
    });
  }
  return rows;
}
