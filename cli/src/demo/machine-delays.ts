/**
 * When the machine did not run what it should have: the longest that any thread of the demo waited for a processor,
 * interval by interval. A connection that stalls because the switch or its server was ready to run and was not run has
 * been stalled by the machine, not by a switch that dropped its packet; only the kernel can tell the two apart, and it
 * does: `/proc/<pid>/task/<tid>/schedstat` counts the nanoseconds each thread has spent on a run queue. What the
 * hypervisor took away comes from `/proc/stat`.
 *
 * Of each interval the wait of that process counts which waited longest. A stall is the machine's only if such waits
 * fill most of it: a lost SYN, which costs a second by itself, is not excused by a machine that is busy and has the
 * processes take turns. The run says how many there were.
 */
import { readdirSync, readFileSync } from 'node:fs';
import type { ClientTally } from '../load/tally.ts';

/** Between two samples. */
export const SAMPLE_INTERVAL_MS = 100;
/** A wait below this is everyday business. */
const NOTED_WAIT_MS = 20;
/** Of the ticks of /proc/stat. */
const TICK_MS = 10;

/** A stall is the machine's if this much of it was. */
const MACHINE_SHARE = 0.8;

/** What the machine is asked for; the files of /proc, given as functions so that tests need no machine. */
export interface ScheduleSource {
  /**
   * Nanoseconds that each thread of a process has waited for a processor, by thread id; empty when the process is gone.
   */
  waitsOf(pid: number): ReadonlyMap<number, number>;
  /** Milliseconds that the hypervisor has taken from each processor on average. */
  stolenMs(): number;
}

interface Interval {
  readonly fromMs: number;
  readonly toMs: number;
  readonly waitedMs: number;
}

/** Samples processes, and says afterwards how long they were held up. */
export class MachineDelays {
  private readonly intervals: Interval[] = [];
  private readonly before = new Map<number, number>();
  private stolenMs: number;
  private lastMs: number | undefined;
  /** The most that was waited within an interval. */
  worstMs = 0;

  constructor(private readonly source: ScheduleSource) {
    this.stolenMs = source.stolenMs();
  }

  /** Takes a sample at `nowMs`, unix milliseconds. */
  sample(pids: readonly number[], nowMs: number): void {
    let waitedMs = 0;
    for (const pid of pids) {
      let longestMs = 0;
      for (const [thread, ns] of this.source.waitsOf(pid)) {
        const before = this.before.get(thread);
        this.before.set(thread, ns);
        if (before !== undefined) longestMs = Math.max(longestMs, (ns - before) / 1e6);
      }
      waitedMs = Math.max(waitedMs, longestMs);
    }
    const stolenMs = this.source.stolenMs();
    waitedMs = Math.max(waitedMs, stolenMs - this.stolenMs);
    this.stolenMs = stolenMs;
    if (this.lastMs !== undefined && waitedMs >= NOTED_WAIT_MS) {
      // A long wait is told when it is over: it began before the interval did.
      this.intervals.push({ fromMs: Math.min(this.lastMs, nowMs - waitedMs), toMs: nowMs, waitedMs });
      this.worstMs = Math.max(this.worstMs, waitedMs);
    }
    this.lastMs = nowMs;
  }

  /** How long in all was waited for a processor between two moments (unix milliseconds). */
  between(fromMs: number, toMs: number): number {
    let sum = 0;
    for (const interval of this.intervals) {
      const commonMs = Math.min(toMs, interval.toMs) - Math.max(fromMs, interval.fromMs);
      if (commonMs > 0) sum += (interval.waitedMs * commonMs) / (interval.toMs - interval.fromMs);
    }
    return sum;
  }
}

/** Takes the stalls that are the machine's out of a tally. @returns it, and how many there were */
export function attributeStalls(
  tally: ClientTally,
  delays: Pick<MachineDelays, 'between'>,
): { readonly tally: ClientTally; readonly byMachine: number } {
  const faults = tally.faults.filter(({ what, atMs, awaitedMs = 0 }) => {
    return what !== 'stalled' || delays.between(atMs - awaitedMs, atMs) < awaitedMs * MACHINE_SHARE;
  });
  const byMachine = tally.faults.length - faults.length;
  return { tally: { ...tally, stalled: tally.stalled - byMachine, faults }, byMachine };
}

/** The machine this runs on. */
export const kernelSchedule: ScheduleSource = {
  waitsOf(pid) {
    const waits = new Map<number, number>();
    try {
      for (const thread of readdirSync(`/proc/${pid}/task`)) {
        const [, waitedNs] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ');
        waits.set(Number(thread), Number(waitedNs));
      }
    } catch {
      // It ends, or the kernel keeps no such statistics: then nothing is the machine's.
    }
    return waits;
  },
  stolenMs() {
    try {
      const lines = readFileSync('/proc/stat', 'utf8').split('\n');
      const processors = lines.filter((line) => /^cpu\d/.test(line)).length;
      const stolenTicks = Number(lines[0]!.trim().split(/\s+/)[8] ?? 0);
      return (stolenTicks * TICK_MS) / Math.max(1, processors);
    } catch {
      return 0;
    }
  },
};
