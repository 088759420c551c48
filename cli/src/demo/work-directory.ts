/**
 * The demo's scratch directory: configuration, compiled program, the controller's state and log. Its name carries the
 * process id of the outermost `mooring` process, so that one left behind by a killed run is recognised at the next
 * start and removed; a running demo's is left alone.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PREFIX = 'mooring-demo-';

/** Passes the directory to the inner process (see private-world.ts). */
export const WORK_DIRECTORY_VARIABLE = 'MOORING_DEMO_DIRECTORY';

function isRunning(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Removes what runs that were killed left behind, and makes a new directory. */
export function createWorkDirectory(parent = tmpdir(), processId = process.pid): string {
  for (const name of readdirSync(parent)) {
    const owner = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    if (owner !== undefined && !isRunning(Number(owner))) rmSync(join(parent, name), { recursive: true, force: true });
  }
  return mkdtempSync(join(parent, `${PREFIX}${processId}-`));
}

/** Removes the directory and all in it. */
export function removeWorkDirectory(path: string): void {
  rmSync(path, { recursive: true, force: true });
}
