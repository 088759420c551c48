/** Which stalls are the machine's: those that processes waited for a processor through, and no lost packet's. */
import { expect, test } from 'vitest';
import { attributeStalls, kernelSchedule, MachineDelays } from '../../src/demo/machine-delays.ts';
import { emptyTally, type Fault } from '../../src/load/tally.ts';

const stall = (atMs: number, awaitedMs: number): Fault => ({
  what: 'stalled',
  server: 's1',
  phase: 'open',
  atMs,
  ageMs: 5_000,
  awaitedMs,
  port: 1,
});

/** Samples each 100 ms; `waits` are what two processes' threads wait in each interval, in milliseconds. */
function run(waits: readonly (readonly [number, number])[], stolen: readonly number[] = []): MachineDelays {
  const totals = [0, 0];
  let stolenMs = 0;
  const delays = new MachineDelays({
    waitsOf: (pid) => new Map([[pid, totals[pid]! * 1e6]]),
    stolenMs: () => stolenMs,
  });
  delays.sample([0, 1], 0);
  waits.forEach(([first, second], index) => {
    totals[0]! += first;
    totals[1]! += second;
    stolenMs += stolen[index] ?? 0;
    delays.sample([0, 1], (index + 1) * 100);
  });
  return delays;
}

test('whoever waits longest counts, and everyday waits do not', () => {
  const delays = run([
    [0, 0],
    [90, 60],
    [5, 15],
    [0, 95],
  ]);
  expect(delays.between(0, 10_000)).toBe(185);
  expect(delays.between(350, 10_000)).toBe(47.5);
  expect(delays.between(110, 160)).toBe(45);
  expect(delays.worstMs).toBe(95);
});

test('what the hypervisor takes away counts', () => {
  expect(
    run(
      [
        [0, 0],
        [0, 0],
      ],
      [0, 70],
    ).between(0, 1_000),
  ).toBe(70);
});

test('a stall is excused if the machine was most of it, and nothing else ever is', () => {
  const delays = run(Array.from({ length: 10 }, () => [90, 0] as const));
  const reset: Fault = { ...stall(1_000, 1_000), what: 'reset' };
  const faults = [stall(1_000, 1_000), stall(5_000, 1_040), reset];
  const { tally, byMachine } = attributeStalls({ ...emptyTally(), stalled: 2, reset: 1, faults }, delays);
  expect(byMachine).toBe(1);
  expect(tally).toMatchObject({ stalled: 1, reset: 1, faults: [stall(5_000, 1_040), reset] });
});

test('a lost SYN on a machine that is merely busy is not excused', () => {
  const delays = run(Array.from({ length: 11 }, () => [50, 60] as const));
  expect(attributeStalls({ ...emptyTally(), stalled: 1, faults: [stall(1_040, 1_040)] }, delays).byMachine).toBe(0);
});

test('the kernel tells of this very process', () => {
  expect(kernelSchedule.waitsOf(process.pid).get(process.pid)).toBeGreaterThanOrEqual(0);
  expect(kernelSchedule.waitsOf(2 ** 22 + 1).size).toBe(0);
  expect(kernelSchedule.stolenMs()).toBeGreaterThanOrEqual(0);
});
