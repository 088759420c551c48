/**
 * BMv2's simple_switch_grpc as a process: finding it, starting it without network interfaces or privileges, ending it.
 *
 * Its P4Runtime server and its data plane service listen on unix sockets in a folder of their own, so any number of switches run side by side. Thrift, which
 * cannot be turned off, needs a TCP port: a free one is looked for, and another one tried when somebody else was faster. The kernel
 * kills the switch when this process ends, however it ends (util-linux's setpriv asks it to; without, only an orderly end does).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { deepenQueues } from './bmv2-queues.ts';

/** Names the command, where it is not on the search path. */
export const BMV2_VARIABLE = 'SIMPLE_SWITCH_GRPC';

/** Device id for P4Runtime and the data plane service. */
export const BMV2_DEVICE_ID = 1;

const QUEUE_DEPTH_PACKETS = 16_384;
const ATTEMPTS = 3;
/** Runs a program that dies with its parent. */
const LEASH = ['/usr/bin/setpriv', '--pdeathsig', 'KILL'] as const;

/** A running switch. */
export interface Bmv2Process {
  readonly pid: number;
  /** Where P4Runtime listens. */
  readonly p4runtimeAddress: string;
  /** Where the data plane service listens. */
  readonly dataplaneAddress: string;
  /** What the switch printed. */
  output(): string;
  close(): Promise<void>;
}

/** Absolute path of simple_switch_grpc: what `SIMPLE_SWITCH_GRPC` names, or from the search path; undefined if there is none. */
export function findBmv2(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  name = environment[BMV2_VARIABLE] || 'simple_switch_grpc',
): string | undefined {
  const folders = name.includes('/') ? [''] : (environment.PATH ?? '').split(delimiter).filter(Boolean);
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/**
 * Starts the switch without a program and waits until it can be talked to.
 *
 * @throws Error with what it printed when it does not come up
 */
export async function startBmv2Process(command: string, cpuPort: number, timeoutMs: number): Promise<Bmv2Process> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(command, cpuPort, timeoutMs);
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
  }
}

async function startOnce(command: string, cpuPort: number, timeoutMs: number): Promise<Bmv2Process> {
  const folder = mkdtempSync(join(tmpdir(), 'mooring-bmv2-'));
  const [p4runtime, dataplane] = [join(folder, 'p4runtime'), join(folder, 'dataplane')];
  const thriftPort = await freePort();
  const child = spawn(
    existsSync(LEASH[0]) ? LEASH[0] : command,
    [
      ...(existsSync(LEASH[0]) ? [...LEASH.slice(1), command] : []),
      ...['--no-p4', '--device-id', String(BMV2_DEVICE_ID), '--thrift-port', String(thriftPort)],
      ...['--notifications-addr', `ipc://${join(folder, 'notifications')}`, '--log-level', 'off'],
      ...['--', '--grpc-server-addr', `unix:${p4runtime}`, '--dp-grpc-server-addr', `unix:${dataplane}`],
      ...['--cpu-port', String(cpuPort)],
    ],
    { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  running.add(child);
  let printed = '';
  const remember = (data: Buffer): void => {
    printed = (printed + data.toString()).slice(-4000);
  };
  child.stdout.on('data', remember);
  child.stderr.on('data', remember);
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      printed += error.message;
      resolve();
    });
    child.once('exit', () => resolve());
  }).finally(() => running.delete(child));
  const close = async () => {
    child.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const deadlineMs = performance.now() + timeoutMs;
    const pollUntil = async (isThere: () => Promise<boolean>): Promise<void> => {
      while (!(await isThere())) {
        if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined)
          throw new Error(`${command} ended: ${printed.trim() || 'it printed nothing'}`);
        if (performance.now() > deadlineMs) throw new Error(`${command} does not come up within ${timeoutMs} ms`);
        await new Promise<void>((resolve) => setTimeout(resolve, 5));
      }
    };
    await pollUntil(async () => existsSync(p4runtime) && existsSync(dataplane) && (await accepts(thriftPort)));
    await deepenQueues(thriftPort, QUEUE_DEPTH_PACKETS);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    pid: child.pid!,
    p4runtimeAddress: `unix:${p4runtime}`,
    dataplaneAddress: `unix:${dataplane}`,
    output: () => printed,
    close,
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
