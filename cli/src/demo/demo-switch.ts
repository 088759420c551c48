/**
 * The switch in the middle of the demo's hosts: the embedded one in this process (its packets in a worker thread), or a
 * program that takes simple_switch_grpc's command line, BMv2 itself or `mooring switch`. Both are started by the very
 * same arguments and get their program by P4Runtime from the controller.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { deepenQueues } from '@mooring/bmv2-harness/bmv2';
import type { RunningSwitch } from '@mooring/softswitch';
import { CommandFailure, UsageError } from '../command-line/errors.ts';

/** Where the switch's P4Runtime server listens; inside the demo's own network namespace, so nobody is in the way. */
export const SWITCH_ADDRESS = '127.0.0.1:9559';

/** For a switch that shares the machine's network with others. */
const ANY_FREE_ADDRESS = '127.0.0.1:0';

/** The port packets to and from the controller pass; must be the program's MOORING_CPU_PORT. */
const CPU_PORT = 510;

/** A running switch. */
export interface DemoSwitch {
  /** host:port of its P4Runtime server. */
  readonly address: string;
  readonly description: string;
  /** Its process, where it is one of its own. */
  readonly pid?: number | undefined;
  /**
   * Kills it with SIGKILL and starts it again, empty; resolves when it takes connections. Only a switch that is a
   * process has it.
   */
  restart?(): Promise<void>;
  stop(): Promise<void>;
}

/** A program that is a switch. */
export interface SwitchCommand {
  readonly description: string;
  /** Program and leading arguments. */
  readonly words: readonly string[];
}

/** simple_switch_grpc's arguments for these interfaces. */
export function switchArguments(
  ports: readonly { readonly port: number; readonly interfaceName: string }[],
  address = SWITCH_ADDRESS,
): string[] {
  return [
    '--device-id',
    '0',
    '--no-p4',
    ...ports.flatMap(({ port, interfaceName }) => ['-i', `${port}@${interfaceName}`]),
    '--',
    '--grpc-server-addr',
    address,
    '--cpu-port',
    String(CPU_PORT),
  ];
}

/** BMv2's default, on the loopback interface of the demo's own network namespace. */
const BMV2_THRIFT_PORT = 9090;
const QUEUE_DEPTH_PACKETS = 4096;
const POLL_INTERVAL_MS = 50;
const START_PATIENCE_MS = 15_000;

function acceptsConnections(address: string): Promise<boolean> {
  const [host, port] = address.split(':');
  return new Promise((resolve) => {
    const socket = connect({ host: host!, port: Number(port) });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/**
 * Starts a foreign switch and waits until its P4Runtime server takes connections.
 * @throws CommandFailure with the end of its output when it does not start
 */
export async function startForeignSwitch(
  command: SwitchCommand,
  argv: readonly string[],
  logFile: string,
  signal: AbortSignal,
): Promise<DemoSwitch> {
  const [program, ...leading] = command.words;
  if (program === undefined) throw new CommandFailure('--switch names no program', { code: 'NO_SWITCH' });
  const start = (): Promise<ChildProcess> => startProcess(program, [...leading, ...argv], logFile, signal);
  let child = await start();
  const deeper = await deepenQueues(BMV2_THRIFT_PORT, QUEUE_DEPTH_PACKETS);
  return {
    address: SWITCH_ADDRESS,
    get pid() {
      return child.pid;
    },
    description: deeper
      ? `${command.description}, egress queues of ${QUEUE_DEPTH_PACKETS} packets`
      : command.description,
    async restart() {
      await new Promise((resolve) => {
        child.once('exit', resolve);
        if (!child.kill('SIGKILL')) resolve(undefined);
      });
      child = await start();
      if (deeper) await deepenQueues(BMV2_THRIFT_PORT, QUEUE_DEPTH_PACKETS);
    },
    async stop() {
      child.kill('SIGKILL');
    },
  };
}

/** Starts the process, and resolves when it listens. */
async function startProcess(
  program: string,
  argv: readonly string[],
  logFile: string,
  signal: AbortSignal,
): Promise<ChildProcess> {
  const log = openSync(logFile, 'a');
  const child = spawn(program, [...argv], { stdio: ['ignore', log, log] });
  closeSync(log);
  let failure: string | undefined;
  child.on('error', (error) => {
    failure = `${program} could not be started: ${error.message}`;
  });
  child.on('exit', (code) => {
    failure ??= `${program} ended with status ${code ?? 'unknown'}:\n${readFileSync(logFile, 'utf8').slice(-1_500)}`;
  });
  const deadlineMs = performance.now() + START_PATIENCE_MS;
  while (!(await acceptsConnections(SWITCH_ADDRESS))) {
    signal.throwIfAborted();
    if (performance.now() > deadlineMs) failure ??= `${program} does not listen at ${SWITCH_ADDRESS}`;
    if (failure) {
      child.kill('SIGKILL');
      throw new CommandFailure(failure, {
        code: 'SWITCH_FAILED',
        hint: 'Leave --switch out to use the embedded switch.',
      });
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS));
  }
  return child;
}

/** Starts the embedded switch; what it cannot do here (no such interface, port in use) is a failure of the command. */
async function startSoftswitch(argv: readonly string[]): Promise<RunningSwitch> {
  const { parseSwitchArguments, startSwitch, UsageError: SwitchUsageError } = await import('@mooring/softswitch');
  try {
    return await startSwitch(parseSwitchArguments(argv));
  } catch (error) {
    if (error instanceof SwitchUsageError) throw new UsageError(error.message);
    throw new CommandFailure(`the embedded switch did not start: ${(error as Error).message}`, {
      code: 'SWITCH_FAILED',
    });
  }
}

function asDemoSwitch(running: RunningSwitch): DemoSwitch {
  return { address: running.address ?? SWITCH_ADDRESS, description: 'embedded switch', stop: () => running.close() };
}

/** Starts the embedded switch on network interfaces. */
export async function startEmbeddedSwitch(argv: readonly string[]): Promise<DemoSwitch> {
  return asDemoSwitch(await startSoftswitch(argv));
}

/**
 * Starts the embedded switch with ports in this process. Frames are handed over in turns of the event loop, not within
 * each other's handling, as on a wire.
 */
export async function startEmbeddedSwitchInProcess(
  deliver: (port: number, frame: Buffer) => void,
): Promise<{ readonly demoSwitch: DemoSwitch; send(port: number, frame: Buffer): void }> {
  const running = await startSoftswitch(switchArguments([], ANY_FREE_ADDRESS));
  let onTheWire: (() => void)[] = [];
  const soon = (handOver: () => void): void => {
    onTheWire.push(handOver);
    if (onTheWire.length > 1) return;
    setImmediate(() => {
      const due = onTheWire;
      onTheWire = [];
      for (const each of due) each();
    });
  };
  running.onFrame((port, frame) => soon(() => deliver(port, frame)));
  return {
    demoSwitch: asDemoSwitch(running),
    send: (port, frame) => soon(() => running.send(port, frame)),
  };
}
