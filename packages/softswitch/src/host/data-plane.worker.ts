/**
 * The thread of the data plane: packets from interfaces through the program and out again, control calls in between.
 *
 * The thread sleeps in one system call for all its sources and never returns to the event loop: requests are fetched
 * when the wake-up pipe says that there are some. So every control call happens between two packets, and no packet sees
 * half a change.
 *
 * Several such threads run one switch on replicas of its tables. A change reaches all of them; each stops before it and
 * goes on after it only when all the others have done so too. So no packet of any thread sees a change that another
 * packet after it does not see.
 */
import { type MessagePort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { PreparedPipeline } from '@mooring/p4runtime-ts/switch';
import { SwitchCore } from '../control/switch-core.ts';
import { asSwitchError } from '../control/switch-error.ts';
import { MemoryPorts } from '../ports/memory-ports.ts';
import { PacketSockets } from '../ports/packet-sockets.ts';
import { InterfaceRecorder } from '../ports/pcap.ts';
import type { PortHost, PortSet } from '../ports/port-set.ts';
import { Barrier } from '../runtime/locks.ts';
import type { Answer, Call, Reply, Request, WorkerPorts, WorkerSettings } from './messages.ts';
import { dropsByReason } from './statistics.ts';

const { settings, channel } = workerData as { settings: WorkerSettings; channel: MessagePort };

/** Packets lost to bugs that are written to the log. */
const MAX_LOGGED_FAILURES = 10;

function reply(message: Reply): void {
  channel.postMessage(message);
}

/** Attempts at reading two clocks at the same time. */
const CLOCK_READINGS = 16;

/**
 * From this thread's `performance.now`, in µs, to the time since the switch started. The thread may lose its processor
 * between reading the one clock and the other, by which it would tell another time than its fellows for ever; the
 * reading that took least is right to a fraction of a µs.
 */
function clockOffsetUs(): number {
  let offsetUs = 0;
  let leastMs = Number.POSITIVE_INFINITY;
  for (let i = 0; i < CLOCK_READINGS; i++) {
    const beforeMs = performance.now();
    const sinceStartNs = process.hrtime.bigint() - settings.startNs;
    const tookMs = performance.now() - beforeMs;
    if (tookMs >= leastMs) continue;
    leastMs = tookMs;
    offsetUs = Number(sinceStartNs) / 1000 - (beforeMs + tookMs / 2) * 1000;
  }
  return offsetUs;
}

function run(): void {
  const offsetUs = clockOffsetUs();
  const nowUs = () => performance.now() * 1000 + offsetUs;
  const several = settings.workers > 1;
  const { sockets, memoryPorts, fanoutGroups } = openPorts(settings.ports);
  const barrier = new Barrier(settings.barrier, settings.workers);
  const counts = { received: 0, sent: 0 };
  const recorders = new Map(
    settings.pcapDirectory === undefined
      ? []
      : sockets.status().map(({ port, name }) => [port, new InterfaceRecorder(settings.pcapDirectory!, name)]),
  );
  const { bytes } = sockets.memory;
  const core = new SwitchCore({
    cpuPort: settings.cpuPort,
    dropPort: settings.dropPort,
    priorityQueues: settings.priorityQueues,
    strict: settings.strict,
    ...(settings.ports.kind === 'memory' ? {} : { ports: new Set(settings.ports.interfaces.map(({ port }) => port)) }),
    nowUs,
    random: Math.random,
    memory: sockets.memory,
    output: (port, _bytes, start, length) => {
      counts.sent++;
      if (recorders.size > 0) recorders.get(port)?.sent(bytes.subarray(start, start + length));
      sockets.send(port, start, length);
    },
    finishChecksum: (start, length) => sockets.finishChecksum(start, length),
    log: (message) => reply({ kind: 'log', message }),
    ...(several ? { worker: settings.worker } : {}),
  });
  core.subscribe((event) => {
    // Every thread sees links go up and down; one of them tells.
    if (event.kind !== 'port-status' || settings.worker === 0) reply({ kind: 'event', event });
  });
  for (const { port, up } of sockets.status()) if (!up) core.setPortUp(port, false);
  if (settings.program !== undefined) core.loadWithoutP4Info(settings.program, settings.state);

  const prepared = new Map<number, PreparedPipeline>();
  /** Carries out a change while no thread has a packet under way. */
  const together = <T>(change: () => T): T => {
    if (!several) return change();
    barrier.wait();
    try {
      return change();
    } finally {
      barrier.wait();
    }
  };
  let stopped = false;
  const carryOut = (call: Exclude<Call, { kind: 'play' }>): Answer => {
    switch (call.kind) {
      case 'prepare': {
        const pipeline = core.prepareNow(call, call.state);
        prepared.set(call.prepared, pipeline);
        return {
          state: core.sharedStateOf(pipeline),
          initialEntries: pipeline.initialEntries,
          defaultActions: pipeline.defaultActions,
        };
      }
      case 'commit': {
        const pipeline = prepared.get(call.prepared);
        if (pipeline === undefined) throw new Error('commit of an unknown pipeline');
        together(() => core.commitNow(pipeline, call.options));
        prepared.delete(call.prepared);
        return undefined;
      }
      case 'discard':
        prepared.delete(call.prepared);
        return undefined;
      case 'apply':
        return together(() => core.applyNow(call.updates, call.atomic)).map(({ index, item, error }) => ({
          index,
          item,
          kind: error.kind,
          message: error.message,
        }));
      case 'readEntries':
        return core.readEntriesNow(call.tableId, call.slots, call.parts);
      case 'readCounter':
        return core.readCounterNow(call.counterId, call.indexes);
      case 'readMeter':
        return core.readMeterNow(call.meterId, call.indexes);
      case 'readRegister':
        return core.readRegisterNow(call.registerId, call.indexes);
      case 'packetOut':
        core.packetOut(call.packets);
        return undefined;
      case 'portUp':
        core.setPortUp(call.port, call.up);
        return undefined;
      case 'statistics':
        return { received: counts.received, sent: counts.sent, drops: dropsByReason(core, sockets.drops) };
      case 'stop':
        stopped = true;
        return undefined;
    }
  };
  let failures = 0;
  const host: PortHost = {
    receive: (port, length, buffer, shift) => {
      counts.received++;
      if (recorders.size > 0) {
        const start = sockets.memory.packetStart(buffer) + shift;
        recorders.get(port)?.received(bytes.subarray(start, start + length));
      }
      try {
        core.receiveInPlace(port, length, buffer, shift);
      } catch (error) {
        // A bug of ours that one packet has found must not take the switch down: the packet is lost, the next one
        // starts afresh.
        if (failures++ < MAX_LOGGED_FAILURES) {
          reply({
            kind: 'log',
            message: `bug in softswitch, packet lost: ${error instanceof Error ? error.stack : String(error)}`,
          });
        }
      }
    },
    lookAhead: (first, count) => core.lookAhead(first, count),
    portStatus: (port, up) => core.setPortUp(port, up),
    needsRealChecksums: () => core.dataPlane?.readsPayload ?? false,
  };
  reply({ kind: 'ready', state: core.dataPlane?.sharedState, fanoutGroups });

  /** Answers to `play` that are due. */
  const played: Reply[] = [];
  let nextSweepUs = settings.sweepIntervalMs * 1000;
  while (!stopped) {
    const waitMs = Math.max(0, Math.ceil((nextSweepUs - nowUs()) / 1000));
    const woken = sockets.wait(waitMs, host);
    // What packets had to tell goes out before answers to later calls.
    core.flush();
    for (const answer of played.splice(0)) reply(answer);
    if (woken) {
      for (
        let message = receiveMessageOnPort(channel);
        message !== undefined;
        message = receiveMessageOnPort(channel)
      ) {
        const { id, call } = message.message as Request;
        try {
          if (call.kind === 'play') {
            if (memoryPorts === undefined) throw new Error('only a switch without network interfaces plays packets');
            memoryPorts.play(call.packets, call.rounds, call.keep, (value) =>
              played.push({ kind: 'answer', id, value }),
            );
          } else reply({ kind: 'answer', id, value: carryOut(call) });
        } catch (error) {
          const refusal = asSwitchError(error);
          reply({ kind: 'refusal', id, errorKind: refusal.kind, message: refusal.message });
        }
      }
      core.flush();
    }
    sockets.flush();
    if (nowUs() >= nextSweepUs) {
      nextSweepUs = nowUs() + settings.sweepIntervalMs * 1000;
      core.sweep();
      for (const recorder of recorders.values()) recorder.flush();
    }
  }
  sockets.close();
  for (const recorder of recorders.values()) recorder.close();
  channel.close();
}

function openPorts(ports: WorkerPorts): {
  sockets: PortSet;
  memoryPorts: MemoryPorts | undefined;
  fanoutGroups: readonly number[];
} {
  if (ports.kind === 'memory') {
    const memoryPorts = new MemoryPorts(ports.wake);
    return { sockets: memoryPorts, memoryPorts, fanoutGroups: [] };
  }
  const sockets = new PacketSockets(ports.interfaces, ports.wakeFd, ports.fanout);
  return { sockets, memoryPorts: undefined, fanoutGroups: sockets.fanoutGroups };
}

try {
  run();
} catch (error) {
  reply({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
  channel.close();
}
