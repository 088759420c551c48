/**
 * Asks for processor time ahead of what else the machine does, for this process and its children: the demo is to
 * measure the switch, not the switch's neighbours. Two places decide on Linux: a process's nice value, and, where the
 * kernel groups processes by session (`sched_autogroup`, the default on Debian), the nice value of the group, which
 * outweighs it. Granted to root only; without it the demo runs as everybody does. The group is the user's whole
 * session, so its value is put back at the end.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';

const NICENESS = -10;
const AUTOGROUP = '/proc/self/autogroup';

/** Raises the priority where permitted; returns the way back. */
export function raisePriority(): () => void {
  try {
    setPriority(NICENESS);
    const before = / nice (-?\d+)/.exec(readFileSync(AUTOGROUP, 'utf8'))?.[1] ?? '0';
    writeFileSync(AUTOGROUP, String(NICENESS));
    return () => {
      try {
        writeFileSync(AUTOGROUP, before);
      } catch {
        // The kernel takes a few changes a second only; the session keeps its priority then.
      }
    };
  } catch {
    // Not permitted, or a kernel without such groups.
    return () => {};
  }
}
