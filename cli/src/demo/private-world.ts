/**
 * Moves the whole demo into namespaces of its own: the process starts itself again under `unshare` with a new network,
 * mount and PID namespace (and, without root, a user namespace in which it is root). The inner process is the first of
 * its PID namespace, so when it ends, however it ends, the kernel ends every process in it, and with the last process
 * go the network namespaces and their interfaces. Nothing is named, mounted or left behind on the machine, hence there
 * is nothing stale to clean up at the next start either.
 *
 * The outer process waits, passes stop signals on by closing the IPC channel, and takes over the exit status. If it is
 * killed, the channel closes too and the inner one ends itself.
 */
import { spawn, spawnSync } from 'node:child_process';
import { commandFile } from '../command-line/repository.ts';
import { WORK_DIRECTORY_VARIABLE } from './work-directory.ts';

/** Set in the environment of the inner process. */
export const INSIDE_VARIABLE = 'MOORING_INSIDE_NAMESPACES';

/** Whether namespaces can be had, and if not, why. */
export type NamespaceSupport =
  | { readonly kind: 'available'; readonly unshareArguments: readonly string[] }
  | { readonly kind: 'unavailable'; readonly reason: string };

/** The facts that decide; given as an argument so that tests need no other machine. */
export interface NamespaceProbe {
  readonly platform: string;
  readonly isRoot: boolean;
  /** Runs a program to its end; status null means that it could not be started. */
  run(program: string, programArguments: readonly string[]): { status: number | null; stderr: string };
}

const NAMESPACES = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
const TRIAL = 'ip link set lo up && ip link add mooring0 type veth peer name mooring1';

/** Tries, without leaving a trace, whether this user may create the namespaces and interfaces the demo needs. */
export function probeNamespaces(probe: NamespaceProbe): NamespaceSupport {
  if (probe.platform !== 'linux') {
    return { kind: 'unavailable', reason: `network namespaces need Linux, this is ${probe.platform}` };
  }
  for (const [program, debianPackage] of [
    ['unshare', 'util-linux'],
    ['ip', 'iproute2'],
  ] as const) {
    if (probe.run(program, ['--version']).status === null && probe.run(program, ['-V']).status === null) {
      return { kind: 'unavailable', reason: `the program '${program}' is missing: apt install ${debianPackage}` };
    }
  }
  const variants = probe.isRoot
    ? [NAMESPACES, ['--user', '--map-root-user', ...NAMESPACES]]
    : [['--user', '--map-root-user', ...NAMESPACES]];
  let reason = '';
  for (const unshareArguments of variants) {
    const trial = probe.run('unshare', [...unshareArguments, 'sh', '-c', TRIAL]);
    if (trial.status === 0) return { kind: 'available', unshareArguments };
    reason = trial.stderr.trim().split('\n')[0] ?? '';
  }
  return { kind: 'unavailable', reason: `network namespaces are not permitted here (${reason || 'no reason given'})` };
}

/** The probe of the machine this runs on. */
export function machineProbe(): NamespaceProbe {
  return {
    platform: process.platform,
    isRoot: process.getuid?.() === 0,
    run(program, programArguments) {
      const done = spawnSync(program, programArguments, { encoding: 'utf8' });
      return { status: done.error ? null : done.status, stderr: done.stderr ?? '' };
    },
  };
}

/**
 * Runs this same command again inside the namespaces and resolves with its exit status.
 * @param argv the command line after `mooring`
 */
export function runInside(
  unshareArguments: readonly string[],
  argv: readonly string[],
  workDirectory: string,
  signal: AbortSignal,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn('unshare', [...unshareArguments, process.execPath, commandFile(), ...argv], {
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
      env: {
        ...process.env,
        [INSIDE_VARIABLE]: '1',
        [WORK_DIRECTORY_VARIABLE]: workDirectory,
        MOORING_NO_BUILD: '1',
      },
    });
    const stop = (): void => {
      if (child.connected) child.disconnect();
    };
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
}
