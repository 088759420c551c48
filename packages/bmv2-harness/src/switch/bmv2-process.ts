/**
 * BMv2's simple_switch_grpc as a process: finding it, starting it without network interfaces or privileges, ending it.
 *
 * Its P4Runtime server and its data plane service listen on unix sockets in a folder of their own, so any number of
 * switches run side by side. Thrift, which cannot be turned off, needs a TCP port: a free one is looked for, and
 * another one tried when somebody else was faster.
 */
import { accessSync, constants, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { deepenQueues } from './bmv2-queues.ts';
import { accepts, freePort, SwitchProcess } from './child-process.ts';

/** Names the command, where it is not on the search path. */
export const BMV2_VARIABLE = 'SIMPLE_SWITCH_GRPC';

/** Device id for P4Runtime and the data plane service. */
export const BMV2_DEVICE_ID = 1;

const QUEUE_DEPTH_PACKETS = 16_384;
const ATTEMPTS = 3;

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

/**
 * Absolute path of simple_switch_grpc: what `SIMPLE_SWITCH_GRPC` names, or from the search path; undefined if there is
 * none.
 */
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
  const child = new SwitchProcess({
    name: command,
    commandLine: [
      ...[command, '--no-p4', '--device-id', String(BMV2_DEVICE_ID), '--thrift-port', String(thriftPort)],
      ...['--notifications-addr', `ipc://${join(folder, 'notifications')}`, '--log-level', 'off'],
      ...['--', '--grpc-server-addr', `unix:${p4runtime}`, '--dp-grpc-server-addr', `unix:${dataplane}`],
      ...['--cpu-port', String(cpuPort)],
    ],
    folder,
  });
  const close = async () => {
    await child.close();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await child.until(
      async () => existsSync(p4runtime) && existsSync(dataplane) && (await accepts(thriftPort)),
      timeoutMs,
    );
    await deepenQueues(thriftPort, QUEUE_DEPTH_PACKETS);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    pid: child.pid,
    p4runtimeAddress: `unix:${p4runtime}`,
    dataplaneAddress: `unix:${dataplane}`,
    output: () => child.printed,
    close,
  };
}
