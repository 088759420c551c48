/**
 * Starts a whole switch: data plane, ports and P4Runtime server, in one process.
 *
 * With network interfaces, or with more than one worker, the data plane runs in threads of its own (`threads.ts`);
 * otherwise in the calling thread, packets come by `send` and leave to the listeners of `onFrame`, and pcap files are
 * played the same way. To a P4Runtime client there is no difference.
 */
import { readFileSync } from 'node:fs';
import { DataplaneServer, P4RuntimeServer } from '@mooring/p4runtime-ts/server';
import type { Switch } from '@mooring/p4runtime-ts/switch';
import { flushingSwitch } from '../control/flushing-switch.ts';
import { SwitchCore } from '../control/switch-core.ts';
import { PcapWriter, readPcap } from '../ports/pcap.ts';
import { defaultSwitchOptions, type SwitchArguments, type SwitchOptions } from './arguments.ts';
import { type Log, makeLog } from './log.ts';
import type { SwitchStatistics } from './messages.ts';
import { dropsByReason } from './statistics.ts';
import { startThreads } from './threads.ts';
import { readTlsFiles } from './tls-files.ts';

/** A packet that left at a port. The bytes belong to the listener. */
export type FrameListener = (port: number, frame: Buffer) => void;

/** A running switch. */
export interface RunningSwitch extends AsyncDisposable {
  /** Where the P4Runtime server listens, with the real port; undefined without one. */
  readonly address: string | undefined;
  /** Where the service p4.bm.DataplaneInterface listens; undefined without it. */
  readonly dataplaneAddress: string | undefined;
  /** The switch as P4Runtime sees it, for use without gRPC. */
  readonly target: Switch;
  /** Puts a packet in at a port. Only for switches without network interfaces. */
  send(port: number, frame: Uint8Array): void;
  /**
   * Calls `listener` for every packet that leaves. Only for switches without network interfaces. Returns the way to
   * stop that.
   */
  onFrame(listener: FrameListener): () => void;
  /** Tells that a port of a switch without network interfaces went up or down. */
  setPortUp(port: number, up: boolean): void;
  statistics(): Promise<SwitchStatistics>;
  /** Resolves when the switch has ended by itself: the files are played. Never for switches that run until closed. */
  readonly finished: Promise<void>;
  close(): Promise<void>;
}

/** The data plane's half of a running switch. */
export interface Half {
  readonly target: Switch;
  send(port: number, frame: Uint8Array): void;
  onFrame(listener: FrameListener): () => void;
  setPortUp(port: number, up: boolean): void;
  statistics(): Promise<SwitchStatistics>;
  readonly finished: Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts a switch.
 *
 * @param given what differs from `defaultSwitchOptions`; a parsed command line fits
 * @throws Error for people: interface missing, not permitted, address in use, program wrong. Then nothing is left
 * running.
 */
export async function startSwitch(given: Partial<SwitchOptions> | SwitchArguments): Promise<RunningSwitch> {
  const options: SwitchOptions = { ...defaultSwitchOptions, ...given };
  const log = makeLog(options);
  const program = options.programFile === undefined ? undefined : new Uint8Array(readFileSync(options.programFile));
  const onInterfaces =
    options.interfaces.length > 0 && options.useFilesSeconds === undefined && options.dataplaneAddress === undefined;
  // Files and the dataplane service give packets one after the other and want what each one causes at once.
  const inOrder = options.useFilesSeconds !== undefined || options.dataplaneAddress !== undefined;
  const inThreads = onInterfaces || (options.workers > 1 && !inOrder);
  const half = inThreads
    ? await startThreads(onInterfaces ? options : { ...options, interfaces: [] }, program, log)
    : startHere(options, program, log);
  let server: P4RuntimeServer | undefined;
  let dataplane: DataplaneServer | undefined;
  try {
    if (options.grpcAddress !== undefined) server = await startServer(options, half.target, log);
    if (options.dataplaneAddress !== undefined) {
      const { deviceId, dataplaneAddress: address } = options;
      dataplane = await DataplaneServer.start({ address, deviceId, ports: half });
      log('info', `data plane server at ${dataplane.address}`);
    }
  } catch (error) {
    server?.close();
    await half.stop();
    throw error;
  }
  let closed = false;
  const close = async () => {
    if (closed) return;
    closed = true;
    dataplane?.close();
    server?.close();
    await half.stop();
  };
  return {
    address: server?.address,
    dataplaneAddress: dataplane?.address,
    target: half.target,
    send: (port, frame) => half.send(port, frame),
    onFrame: (listener) => half.onFrame(listener),
    setPortUp: (port, up) => half.setPortUp(port, up),
    statistics: () => half.statistics(),
    finished: half.finished,
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function startServer(options: SwitchOptions, target: Switch, log: Log): Promise<P4RuntimeServer> {
  const { tls } = options;
  const server = await P4RuntimeServer.start({
    address: options.grpcAddress!,
    devices: [{ deviceId: options.deviceId, target }],
    strict: options.strict,
    onEvent: (event) => {
      if (event.kind === 'error')
        log('error', event.error instanceof Error ? event.error.message : String(event.error));
      else if (event.kind === 'port-status') log('info', `port ${event.port} is ${event.up ? 'up' : 'down'}`);
      else log('info', `pipeline ${event.program}`);
    },
    ...(tls === undefined ? {} : { tls: readTlsFiles(tls) }),
  });
  log('info', `P4Runtime server at ${server.address}`);
  return server;
}

/** The data plane in this thread. */
function startHere(options: SwitchOptions, program: Uint8Array | undefined, log: Log): Half {
  const startUs = performance.now() * 1000;
  const listeners = new Set<FrameListener>();
  const counts = { received: 0, sent: 0, unknown: 0 };
  const files = options.useFilesSeconds === undefined ? undefined : openFiles(options);
  const core = new SwitchCore({
    cpuPort: options.cpuPort,
    dropPort: options.dropPort,
    priorityQueues: options.priorityQueues,
    strict: options.strict,
    ...(files === undefined ? {} : { ports: new Set(files.writers.keys()) }),
    nowUs: () => performance.now() * 1000 - startUs,
    random: Math.random,
    output: (port, bytes, start, length) => {
      counts.sent++;
      const frame = Buffer.from(bytes.subarray(start, start + length));
      files?.writers.get(port)?.write(frame, Date.now() * 1000);
      for (const listener of listeners) listener(port, frame);
    },
    log: (message) => log('info', message),
  });
  if (program !== undefined) core.loadWithoutP4Info(program);
  const sweep = setInterval(() => core.sweep(), options.sweepIntervalMs);
  sweep.unref();
  let flushing = false;
  const flushSoon = () => {
    if (flushing) return;
    flushing = true;
    queueMicrotask(() => {
      flushing = false;
      core.flush();
    });
  };
  const send = (port: number, frame: Uint8Array) => {
    counts.received++;
    core.receive(port, frame);
    flushSoon();
  };
  let timer: NodeJS.Timeout | undefined;
  const finished =
    files === undefined
      ? new Promise<void>(() => {})
      : new Promise<void>((resolve, reject) => {
          timer = setTimeout(() => {
            try {
              for (const { port, bytes } of files.packets()) send(port, bytes);
              for (const writer of files.writers.values()) writer.close();
              files.writers.clear();
              resolve();
            } catch (error) {
              reject(error);
            }
          }, options.useFilesSeconds! * 1000);
        });
  return {
    target: flushingSwitch(core, flushSoon),
    send,
    onFrame: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    setPortUp: (port, up) => core.setPortUp(port, up),
    statistics: async () => ({
      received: counts.received,
      sent: counts.sent,
      drops: dropsByReason(core, { unknownPort: counts.unknown, oversized: 0, refused: 0 }),
    }),
    finished,
    stop: async () => {
      clearInterval(sweep);
      clearTimeout(timer);
      for (const writer of files?.writers.values() ?? []) writer.close();
    },
  };
}

/** pcap files as ports. */
function openFiles(options: SwitchOptions) {
  const writers = new Map(options.interfaces.map(({ port, name }) => [port, new PcapWriter(`${name}_out.pcap`)]));
  return {
    writers,
    /** Packets of all files in order of time. */
    packets: () =>
      options.interfaces
        .flatMap(({ port, name }) => readPcap(`${name}_in.pcap`).map(({ timeUs, bytes }) => ({ port, timeUs, bytes })))
        .sort((a, b) => a.timeUs - b.timeUs),
  };
}
