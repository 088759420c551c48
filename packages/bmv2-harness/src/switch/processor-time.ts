/**
 * The processor time of another process, from Linux's `/proc`. Measurements compare switches by it: on a machine that
 * others use as well, it is the one number that their work does not change.
 */
import { readFileSync } from 'node:fs';

/** Ticks of `/proc/PID/stat` a second (`USER_HZ`, the same on every architecture Node runs on). */
const TICKS = 100;

/** Processor seconds that a process has used so far, all threads together. */
export function cpuSecondsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}
