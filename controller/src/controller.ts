/**
 * Puts a controller together and starts it: configuration, journal, switch, control socket, in that order, so that whatever is wrong
 * is said before anything is changed. The same function serves `mooring up`, the demo and tests; nothing here or below
 * ends the process.
 */
import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { httpsConnector } from './agents/client.ts';
import { superviseAgents } from './agents/supervise.ts';
import { applyConfiguration } from './apply.ts';
import { AuditLog } from './audit/audit-log.ts';
import { systemClock } from './clock.ts';
import { ConfigurationError } from './config/diagnostics.ts';
import { readConfiguration } from './config/read.ts';
import type { AgentAccess, Configuration } from './config/types.ts';
import { CONTROL_SOCKET_NAME, ControlClient } from './control-api/client.ts';
import { type ControlListener, ControlServer, type OperationAction } from './control-api/server.ts';
import type { Counters, OperationStatus, Status } from './control-api/types.ts';
import { Engine } from './engine/engine.ts';
import { explainConnections } from './engine/explain-connection.ts';
import { Log } from './engine/log.ts';
import { isolateSwitch } from './engine/members.ts';
import { statusOf } from './engine/status.ts';
import { switchDetailsOf } from './engine/switch-details.ts';
import { TrafficMeter } from './engine/traffic.ts';
import { systemProbe } from './health/probes.ts';
import { superviseHealth } from './health/supervise.ts';
import { beginIntent } from './intent/begin.ts';
import { intentFormat } from './intent/intent.ts';
import { nodeFiles } from './journal/files.ts';
import { Journal } from './journal/journal.ts';
import { OperationRefusedError } from './operations/errors.ts';
import type { Actor } from './operations/host.ts';
import type { Operations } from './operations/operations.ts';
import { titleOf } from './operations/resolve.ts';
import type { StartControllerOptions } from './options.ts';
import { signalReader } from './signals/signal-reader.ts';
import { ResetSupervisor } from './signals/supervise.ts';
import { p4runtimeConnector } from './switch-port/p4runtime.ts';
import type { SwitchConnector } from './switch-port/port.ts';
import { switchesConnector } from './switch-port/several.ts';

/** Stands in the status. */
export const CONTROLLER_VERSION = '0.1.0';
const JOURNAL_NAME = 'journal';
const AUDIT_NAME = 'audit.log';
const DEFAULT_CONNECT_TIMEOUT_MS = 5_000;

/** A controller at work. */
export interface RunningController {
  readonly configuration: Configuration;
  /** Absolute. */
  readonly stateDir: string;
  readonly socketPath: string;
  /** Speaks to it by its socket. */
  readonly client: ControlClient;
  status(): Status;
  /** The status's running totals, without the cost of the rest. */
  readonly counters: Readonly<Counters>;
  /** Ends it; the switch goes on as it is. */
  stop(): Promise<void>;
  /** Resolves when it has been stopped. Rejects when it cannot go on: the journal cannot be written, or our bug. */
  readonly finished: Promise<void>;
}

/**
 * Starts a controller and returns once the switch has everything.
 * @throws ConfigurationError, JournalDamagedError, IntentConflictError, SocketInUseError
 * @throws SwitchLostError when no switch answers, SwitchRefusedError when it will not do
 */
export async function startController(
  options: StartControllerOptions,
  /** For tests: another way to a switch. */
  connect?: SwitchConnector,
): Promise<RunningController> {
  const clock = options.clock ?? systemClock;
  const { configuration, directory } = await loadConfiguration(options);
  const keys = await readAgentKeys(configuration.agents, directory);
  const stateDir = options.stateDir ?? absolute(configuration.stateDir, directory);
  const address = options.switchAddress ?? configuration.switch.address;
  const log = new Log(() => clock.wallMs());
  if (options.onLog !== undefined) {
    const { onLog } = options;
    log.listen(({ level, text }) => onLog(level, text));
  }
  const listeners = new Set<ControlListener>();
  log.listen((line) => {
    for (const listener of listeners) listener.onLog(line);
  });

  const startedAtMs = clock.wallMs();
  let stopped = false;
  let ready = false;
  let engine: Engine | undefined;
  let resets: ResetSupervisor | undefined;
  const frame = () => ({ version: CONTROLLER_VERSION, startedAtMs, switchAddress: address, stopped, ready });
  const readSignals = signalReader(clock, () => engine?.session);
  const traffic = new TrafficMeter({
    clock,
    engine: () => engine,
    readSignals,
    isWatched: () => listeners.size > 0 && !stopped,
    onChange: () => {
      for (const listener of listeners) listener.onChange();
    },
  });
  const completed = (status: Status) => resets?.completeStatus(status) ?? status;
  const socketPath = join(stateDir, CONTROL_SOCKET_NAME);
  const whenReady = () => {
    if (engine === undefined) {
      throw new OperationRefusedError({ code: 'unavailable', message: 'the controller is still starting' });
    }
    return engine;
  };
  // The socket comes before the journal is opened, for it is what keeps two controllers from sharing one.
  const server = await ControlServer.listen(socketPath, {
    status: () => withTraffic(completed(statusOf(whenReady(), frame())), whenReady(), traffic),
    operation: (id) => {
      const found = whenReady().operations.get(id);
      return found === undefined ? undefined : (resets?.complete(found) ?? found);
    },
    operate: (request, who) => {
      const run = () => whenReady().operations.request(request, { who });
      return audited(titleOf(request), who, request.reason, () => whenReady().submit(run));
    },
    act: (action, id, who) => {
      const run = () => actOn(whenReady().operations, action, id, { who });
      return audited(`${action} ${id}`, who, undefined, () => whenReady().submit(run));
    },
    plan: async (request) => {
      const plan = await whenReady().submit(() => whenReady().operations.plan(request));
      return { plan, astray: whenReady().totals.astray, suspected: resets?.suspected ?? 0 };
    },
    apply: (request, dryRun, who) => {
      const run = () => applyConfiguration(whenReady(), request, dryRun, who);
      return dryRun ? run() : audited(`apply ${request.fileName}`, who, request.reason, run);
    },
    isolate: (name, who) =>
      audited(`isolate switch ${name}`, who, undefined, async () => {
        await whenReady().submit(() => isolateSwitch(whenReady(), name, who));
        return statusOf(whenReady(), frame()).switches.find((one) => one.name === name)!;
      }),
    audit: async (count) => (await audit?.read(count)) ?? [],
    queries: {
      connections: (client, vip) => explainConnections(whenReady(), client, vip),
      switchDetails: () => switchDetailsOf(whenReady(), address),
      log: () => log.lines,
    },
    listen(listener) {
      listeners.add(listener);
      traffic.wake();
      return () => listeners.delete(listener);
    },
  });
  /** Refusals are written down as well; what is accepted is by the operation itself. */
  async function audited<T>(what: string, who: string, why: string | undefined, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      if (error instanceof OperationRefusedError && audit !== undefined) {
        const result = `refused: ${error.message.split('\n')[0]!}`;
        audit.add({ who, what, ...(why === undefined ? {} : { why }), result });
        await audit.flush();
      }
      throw error;
    }
  }
  let audit: AuditLog | undefined;
  let journal: Journal<Parameters<typeof intentFormat.apply>[1], ReturnType<typeof intentFormat.empty>> | undefined;
  try {
    journal = await Journal.open(join(stateDir, JOURNAL_NAME), nodeFiles, intentFormat);
    audit = await AuditLog.open(join(stateDir, AUDIT_NAME), nodeFiles, () => clock.wallMs());
    const opened = journal;
    for (const remark of beginIntent(configuration, opened)) log.write('warning', remark);
    const { program } = options;
    const connectTimeoutMs = options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS;
    const switches = configuration.switches.map((one, index) => (index === 0 ? { ...one, address } : one));
    const connector = switchesConnector(
      switches,
      (one) => p4runtimeConnector({ address: one.address, deviceId: one.deviceId, program, connectTimeoutMs }),
      {
        macIdleMs: configuration.timers.macIdleMs,
        clock,
        known: () => opened.state.switches,
        reserved: () => new Set((engine?.options.configuration ?? configuration).vips.map(({ mac }) => mac)),
      },
    );
    engine = new Engine({
      configuration,
      journal,
      connect: connect ?? connector,
      clock,
      log,
      pinning: options.pins ?? true,
      audit,
      onChange: () => {
        for (const listener of listeners) listener.onChange();
      },
      onOperation: (operation) => {
        for (const listener of listeners) listener.onOperation(resets?.complete(operation) ?? operation);
      },
    });
    await engine.start();
  } catch (error) {
    engine?.stop();
    await server.close();
    await journal?.close();
    await audit?.close();
    throw error;
  }
  resets = new ResetSupervisor(engine, readSignals);
  resets.start();
  const health = superviseHealth(engine, systemProbe, readSignals);
  const agents = keys === undefined ? undefined : superviseAgents(engine, httpsConnector(keys, keys.intervalMs));
  const { pipeline } = engine.session ?? { pipeline: 'kept' };
  const opened = journal;
  const running = engine;
  const finished = running.run().finally(async () => {
    stopped = true;
    health.stop();
    resets?.stop();
    agents?.stop();
    running.stop();
    await server.close();
    await opened.close();
    await audit?.close();
  });
  // Whoever awaits `finished` hears of it; nobody need.
  finished.catch((error: unknown) => log.write('error', `the controller has stopped: ${String(error)}`));
  // A packet to a server that was not found yet would be dropped.
  await Promise.race([running.ready(), finished]);
  ready = true;
  log.write('info', `the switch at ${address} is ready (pipeline ${pipeline}), epoch ${opened.state.epoch}`);
  return {
    configuration,
    stateDir,
    socketPath,
    client: new ControlClient(socketPath),
    status: () => completed(statusOf(running, frame())),
    get counters() {
      return running.totals;
    },
    async stop() {
      running.stop();
      await finished.catch(() => undefined);
    },
    finished,
  };
}

/** The status with what goes to each server, where somebody looks. */
function withTraffic(status: Status, engine: Engine, traffic: TrafficMeter): Status {
  const vips = new Map([...engine.options.journal.state.vips.values()].map(({ name, id }) => [name, id]));
  const servers = status.servers.map((server) => {
    const known = traffic.of(vips.get(server.vip) ?? 0, server.id);
    return known === undefined ? server : { ...server, traffic: known };
  });
  return { ...status, servers };
}

/** The files that `agents` names. @throws ConfigurationError */
async function readAgentKeys(access: AgentAccess | undefined, directory: string) {
  if (access === undefined) return undefined;
  const read = async (name: string): Promise<string> => {
    try {
      return await readFile(absolute(name, directory), 'utf8');
    } catch (error) {
      const message = `cannot read ${name} of \`agents\`: ${(error as Error).message}`;
      throw new ConfigurationError(name, '', [{ line: 1, column: 1, length: 1, message }]);
    }
  };
  const { ca, certificate, key, intervalMs } = access;
  return { ca: await read(ca), certificate: await read(certificate), key: await read(key), intervalMs };
}

async function loadConfiguration(
  options: StartControllerOptions,
): Promise<{ readonly configuration: Configuration; readonly directory: string }> {
  const source = options.configuration;
  if (source.kind === 'text') {
    return { configuration: readConfiguration(source.name, source.text), directory: process.cwd() };
  }
  let text: string;
  try {
    text = await readFile(source.path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const reason = code === 'ENOENT' ? 'there is no such file' : (error as Error).message;
    throw new ConfigurationError(source.path, '', [
      { line: 1, column: 1, length: 1, message: `cannot read it: ${reason}` },
    ]);
  }
  return { configuration: readConfiguration(source.path, text), directory: dirname(resolve(source.path)) };
}

function actOn(operations: Operations, action: OperationAction, id: number, actor: Actor): OperationStatus {
  switch (action) {
    case 'approve':
      return operations.approve(id, actor);
    case 'pause':
      return operations.pause(id, actor);
    case 'resume':
      return operations.goOn(id, actor);
    case 'abort':
      return operations.abort(id, actor);
    case 'rollback':
      return operations.takeBack(id, actor);
    default:
      throw new Error(`unexpected action ${action satisfies never}`);
  }
}

function absolute(path: string, directory: string): string {
  return isAbsolute(path) ? path : join(directory, path);
}
