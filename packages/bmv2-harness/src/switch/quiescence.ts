/**
 * Whether another process has nothing left to do, told from outside by what Linux says about its threads.
 *
 * If all threads sleep in two looks, and none has been scheduled between them, the process did nothing in the meantime:
 * no thread was running or ready, and each that could have woken another would have had to run. So what it was given
 * before the first look is done. This needs no help from the process and takes about a millisecond, where waiting "long
 * enough" takes seconds and is wrong on a busy machine.
 */
import { readdirSync, readFileSync } from 'node:fs';

/** One line a thread: its number, state, and how often it has run; undefined if one is not asleep or ends. */
function lookAt(pid: number): string | undefined {
  try {
    const lines: string[] = [];
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'latin1');
      // The state follows the name, which is in parentheses and may hold anything.
      if (stat[stat.lastIndexOf(')') + 2] !== 'S') return undefined;
      const timesRun = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ')[2];
      lines.push(`${thread} ${timesRun}`);
    }
    return lines.join('\n');
  } catch {
    return undefined;
  }
}

/** True if the process did nothing between two looks, some turns of the event loop apart. */
async function isIdle(pid: number): Promise<boolean> {
  const before = lookAt(pid);
  if (before === undefined) return false;
  await new Promise<void>((resolve) => setImmediate(resolve));
  return lookAt(pid) === before;
}

/**
 * Resolves when the process sleeps and nothing wakes it.
 *
 * @throws Error when it does not come to rest within `timeoutMs`
 */
export async function untilIdle(pid: number, timeoutMs: number): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  while (!(await isIdle(pid))) {
    if (performance.now() > deadlineMs) throw new Error(`process ${pid} does not come to rest within ${timeoutMs} ms`);
    await new Promise<void>((resolve) => setTimeout(resolve, 1));
  }
}
