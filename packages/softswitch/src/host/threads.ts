/**
 * Starts the data plane in threads of its own: one, or several that packets are dealt out to.
 *
 * The first thread opens the ports and loads the program; what it shares (registers, fanout groups) is given to the
 * others, which then start together. A thread that ends by itself takes the others with it: a switch that has lost part
 * of its data plane must be seen to be dead, not lose some of its packets.
 */
import { mkdirSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { MessageChannel, Worker } from 'node:worker_threads';
import { loadNative, type Native, systemError } from '../ports/native.ts';
import { BARRIER_BYTES } from '../runtime/locks.ts';
import type { SwitchOptions } from './arguments.ts';
import type { Log } from './log.ts';
import type { Reply, WorkerPorts, WorkerSettings } from './messages.ts';
import { RemoteSwitch, type WorkerLink } from './remote-switch.ts';
import type { FrameListener, Half } from './start.ts';

const O_NONBLOCK_CLOEXEC = 0o2004000;

const WAKE = Uint8Array.of(1);

/** A way to wake a thread, and what the thread waits for. */
interface WakeUp {
  readonly ports: WorkerPorts;
  wake(): void;
  close(): void;
}

type Ready = Extract<Reply, { kind: 'ready' }>;

/** The data plane in `options.workers` threads, on network interfaces if there are any. */
export async function startThreads(
  options: SwitchOptions,
  program: Uint8Array | undefined,
  log: Log,
): Promise<Half & { readonly target: RemoteSwitch }> {
  const native = options.interfaces.length === 0 ? undefined : loadNative();
  if (options.pcapDirectory !== undefined) mkdirSync(options.pcapDirectory, { recursive: true });
  const remote = new RemoteSwitch(options.cpuPort !== undefined, (message) => log('info', message));
  const workers: Worker[] = [];
  const exits: Promise<void>[] = [];
  const wakeUps: WakeUp[] = [];
  const common = {
    workers: options.workers,
    barrier: new SharedArrayBuffer(BARRIER_BYTES),
    startNs: process.hrtime.bigint(),
    cpuPort: options.cpuPort,
    dropPort: options.dropPort,
    priorityQueues: options.priorityQueues,
    strict: options.strict,
    program,
    sweepIntervalMs: options.sweepIntervalMs,
    pcapDirectory: options.pcapDirectory,
  };
  let stopping = false;

  const startOne = async (position: number, first: Ready | undefined): Promise<Ready> => {
    const wakeUp = native === undefined ? wakeByWord() : wakeByPipe(native, options, first);
    wakeUps.push(wakeUp);
    const settings: WorkerSettings = { ...common, worker: position, ports: wakeUp.ports, state: first?.state };
    const { port1, port2 } = new MessageChannel();
    const link: WorkerLink = { channel: port1, wake: () => wakeUp.wake() };
    const worker = new Worker(createRequire(import.meta.url).resolve('@mooring/softswitch/data-plane-worker'), {
      workerData: { settings, channel: port2 },
      transferList: [port2],
    });
    workers.push(worker);
    remote.add(link);
    exits.push(
      new Promise<void>((resolve) => {
        worker.once('exit', () => {
          remote.fail('the data plane has stopped');
          port1.close();
          resolve();
          if (!stopping) for (const other of workers) void other.terminate();
        });
      }),
    );
    const ready = await new Promise<Ready>((resolve, reject) => {
      port1.on('message', (reply: Reply) => {
        if (reply.kind === 'ready') resolve(reply);
        else if (reply.kind === 'failed') reject(new Error(reply.message));
      });
      worker.once('error', reject);
      worker.once('exit', () => reject(new Error('the data plane ended before it was ready')));
    });
    worker.on('error', (error) =>
      log('error', `the data plane has failed: ${error instanceof Error ? error.stack : String(error)}`),
    );
    return ready;
  };

  const end = async () => {
    await Promise.all(exits);
    for (const wakeUp of wakeUps) wakeUp.close();
  };
  try {
    const first = await startOne(0, undefined);
    await Promise.all(Array.from({ length: options.workers - 1 }, (_, i) => startOne(i + 1, first)));
  } catch (error) {
    stopping = true;
    for (const worker of workers) await worker.terminate();
    await end();
    throw error;
  }
  const listeners = new Set<FrameListener>();
  const notHere = () => {
    throw new Error('this switch has network interfaces as ports; packets do not go through the process');
  };
  const send = (port: number, frame: Uint8Array) => {
    remote.send(port, frame).then(
      (sent) => {
        for (const each of sent) for (const listener of listeners) listener(each.port, Buffer.from(each.bytes));
      },
      () => {}, // The switch has stopped.
    );
  };
  return {
    target: remote,
    send: native === undefined ? send : notHere,
    onFrame: (listener) => {
      if (native !== undefined) notHere();
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    setPortUp: native === undefined ? (port, up) => remote.setPortUp(port, up) : notHere,
    statistics: () => remote.statistics(),
    finished: new Promise<void>(() => {}),
    stop: async () => {
      stopping = true;
      await remote.stop().catch(() => {});
      await end();
    },
  };
}

/** For threads that sleep on packets in memory. */
function wakeByWord(): WakeUp {
  const buffer = new SharedArrayBuffer(4);
  const word = new Int32Array(buffer);
  return {
    ports: { kind: 'memory', wake: buffer },
    wake: () => {
      Atomics.store(word, 0, 1);
      Atomics.notify(word, 0);
    },
    close: () => {},
  };
}

/** For threads that sleep on network interfaces. */
function wakeByPipe(native: Native, options: SwitchOptions, first: Ready | undefined): WakeUp {
  const fds = new Uint8Array(8);
  if (native.calls.pipe2(fds, O_NONBLOCK_CLOEXEC) < 0) throw systemError(native, 'pipe to the data plane');
  const view = new DataView(fds.buffer);
  const [read, write] = [view.getInt32(0, true), view.getInt32(4, true)];
  const fanout = options.workers === 1 ? undefined : (first?.fanoutGroups ?? 'new');
  return {
    ports: { kind: 'interfaces', interfaces: options.interfaces, wakeFd: read, fanout },
    wake: () => writeSync(write, WAKE),
    close: () => {
      native.calls.close(read);
      native.calls.close(write);
    },
  };
}
