// Packets per second with two workers against one: in the process, the same packets for each worker, nothing but the
// data plane.
//
// What limits two workers is what they share. Programs without registers share nothing. The load balancer's steady
// state passes no register; counting by flow passes one at an index of the flow's own; one cell for all packets is the
// worst case there is.
import { defaultSwitchOptions } from '../src/host/arguments.ts';
import { startThreads } from '../src/host/threads.ts';
import { compileProgram, ipv4Frame, loadBalancer, routing, type Workload } from './workloads.ts';

const ROUNDS = 1500;
const REPETITIONS = 7;

/** All packets of the switch go through a register: through one cell, or each flow through its own. */
function counting(file: 'tickets' | 'flows', name: string): Workload {
  const program = compileProgram(`packages/softswitch/bench/programs/${file}.p4`);
  const packets = Array.from({ length: 1000 }, (_, i) => ipv4Frame(0x0a000001 + i, 0x0a010001, 6, 1024 + i, 80));
  return { name, program, packets };
}

/**
 * Packets per second of one worker alone and of two at once, each worker's packets by its own processor time, so that
 * other people's work on the machine does not count; time spent trying for a lock does. The best of some repetitions.
 */
async function measure(workload: Workload): Promise<{ one: number; two: number; overlap: number }> {
  const program = new TextEncoder().encode(JSON.stringify(workload.program));
  const half = await startThreads({ ...defaultSwitchOptions, workers: 2 }, program, () => {});
  try {
    const packets = workload.packets.map((bytes) => ({ port: 0, bytes }));
    const count = ROUNDS * packets.length;
    const play = (worker: number) => half.target.play(worker, packets, ROUNDS, false);
    await Promise.all([play(0), play(1)]);
    let one = 0;
    let two = 0;
    let overlap = 0;
    for (let i = 0; i < REPETITIONS; i++) {
      one = Math.max(one, count / (await play(i % 2)).cpuUs);
      const both = await Promise.all([play(0), play(1)]);
      const rate = both.reduce((sum, { cpuUs }) => sum + count / cpuUs, 0);
      if (rate <= two) continue;
      two = rate;
      overlap = both.reduce((sum, { cpuUs }) => sum + cpuUs, 0) / 2 / Math.max(...both.map(({ realUs }) => realUs));
    }
    return { one: one * 1e6, two: two * 1e6, overlap };
  } finally {
    await half.stop();
  }
}

export async function benchmark() {
  const rows = [];
  for (const [workload, bar] of [
    [loadBalancer(), '>= 1.7x'],
    [routing(10_000), '>= 1.7x'],
    [counting('flows', 'packets counted in a register by flow'), '>= 1.7x'],
    [counting('tickets', 'packets counted in one register cell'), undefined],
  ] as const) {
    const { one, two, overlap } = await measure(workload);
    rows.push({
      name: `two workers (theirs: one): ${workload.name}`,
      unit: 'packets/s',
      ours: two,
      theirs: one,
      better: 'higher' as const,
      ...(bar === undefined ? {} : { bar }),
      note: `${bar === undefined ? 'the worst case for sharing; ' : ''}each on a processor ${Math.round(100 * overlap)} % of the time`,
    });
  }
  return rows;
}
