/**
 * How many connections may wait to be accepted on a port. The kernel's socket list in /proc has the queue's length and
 * not its limit; its socket diagnostics have both, and `ss` of iproute2 prints them (for a listening socket: Recv-Q
 * waiting, Send-Q limit). Where there is no `ss`, the limit of the whole machine stands in, which no queue exceeds.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Before Linux 5.4; what a kernel without the file has. */
const FALLBACK = 128;
const PATIENCE_MS = 1_000;

/** The limit of the accept queue of the listeners at `port`, or at all ports, several together. */
export function readAcceptQueueLimit(port: number | 'all'): Promise<number> {
  return new Promise((resolve) => {
    const filter = ['-H', '-l', '-t', '-n', ...(port === 'all' ? [] : [`sport = :${port}`])];
    execFile('ss', filter, { timeout: PATIENCE_MS }, (error, stdout) => {
      const limit = error === null ? parseListeners(stdout) : undefined;
      resolve(limit ?? machineLimit());
    });
  });
}

/** The sum of the limits that `ss -H -l -t -n` prints; undefined when it names no listener. */
export function parseListeners(text: string): number | undefined {
  const limits = [...text.matchAll(/^LISTEN\s+\d+\s+(\d+)\s/gm)].map((match) => Number(match[1]));
  return limits.length === 0 ? undefined : limits.reduce((sum, limit) => sum + limit, 0);
}

function machineLimit(): number {
  try {
    const limit = Number.parseInt(readFileSync('/proc/sys/net/core/somaxconn', 'latin1'), 10);
    return Number.isInteger(limit) && limit > 0 ? limit : FALLBACK;
  } catch {
    return FALLBACK;
  }
}
