/**
 * Puts a controller together and starts it: configuration, control socket, journal, switch, in that order, so that
 * whatever is wrong is said before anything is changed. The same function serves `mooring up`, the demo and tests;
 * nothing here or below ends the process.
 */
import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { httpsConnector } from './agents/client.ts';
import { superviseAgents } from './agents/supervise.ts';
import { AuditLog } from './audit/audit-log.ts';
import { systemClock } from './clock.ts';
import { ConfigurationError } from './config/diagnostics.ts';
import { readConfiguration } from './config/read.ts';
import type { AgentAccess, Configuration } from './config/types.ts';
import { CONTROL_SOCKET_NAME, ControlClient } from './control-api/client.ts';
import { ControlServer } from './control-api/server.ts';
import type { Counters, Status } from './control-api/types.ts';
import { ControlDesk, type DeskSources } from './control-desk.ts';
import { Engine } from './engine/engine.ts';
import { Log } from './engine/log.ts';
import { systemProbe } from './health/probes.ts';
import { superviseHealth } from './health/supervise.ts';
import { beginIntent } from './intent/begin.ts';
import { intentFormat } from './intent/intent.ts';
import { nodeFiles } from './journal/files.ts';
import { Journal } from './journal/journal.ts';
import { checkConfiguration } from './operations/abilities.ts';
import type { StartControllerOptions } from './options.ts';
import { signalReader } from './signals/signal-reader.ts';
import { ResetSupervisor } from './signals/supervise.ts';
import { p4runtimeConnector } from './switch-port/p4runtime.ts';
import type { SwitchConnector } from './switch-port/port.ts';
import { ALL_FEATURES, featuresOf } from './switch-port/program-features.ts';
import { switchesConnector } from './switch-port/several.ts';

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
  /** For tests: another way to a switch, whose program can do everything. */
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
  const desk = new ControlDesk(clock, log, address);
  const socketPath = join(stateDir, CONTROL_SOCKET_NAME);
  // The socket comes before the journal is opened, for it is what keeps two controllers from sharing one.
  const opened: Closable[] = [await ControlServer.listen(socketPath, desk)];
  const closeAll = async (): Promise<void> => {
    for (const one of opened) await one.close();
  };
  let sources: DeskSources;
  try {
    const journal = await Journal.open(join(stateDir, JOURNAL_NAME), nodeFiles, intentFormat);
    opened.push(journal);
    const audit = await AuditLog.open(join(stateDir, AUDIT_NAME), nodeFiles, () => clock.wallMs());
    opened.push(audit);
    const features = connect === undefined ? featuresOf(options.program) : ALL_FEATURES;
    checkConfiguration(features, configuration, journal.state);
    for (const remark of beginIntent(configuration, journal)) log.write('warning', remark);
    const engine: Engine = new Engine({
      configuration,
      journal,
      connect: connect ?? connectorOf(options, configuration, address, () => engine),
      features,
      clock,
      log,
      pinning: options.pins ?? true,
      audit,
      onChange: () => desk.changed(),
      onOperation: (operation) => desk.operationChanged(operation),
    });
    const readSignals = signalReader(clock, () => engine.session);
    sources = { engine, audit, readSignals, resets: new ResetSupervisor(engine, readSignals) };
    desk.open(sources);
    await startEngine(engine);
  } catch (error) {
    await closeAll();
    throw error;
  }
  const { engine, resets, readSignals } = sources;
  resets.start();
  const health = superviseHealth(engine, systemProbe, readSignals);
  const agents = keys === undefined ? undefined : superviseAgents(engine, httpsConnector(keys, keys.intervalMs));
  const { pipeline } = engine.session ?? { pipeline: 'kept' };
  const finished = engine.run().finally(async () => {
    desk.stop();
    health.stop();
    resets.stop();
    agents?.stop();
    engine.stop();
    await closeAll();
  });
  // Whoever awaits `finished` hears of it; nobody need.
  finished.catch((error: unknown) => log.write('error', `the controller has stopped: ${String(error)}`));
  // A packet to a server that was not found yet would be dropped.
  await Promise.race([engine.ready(), finished]);
  desk.ready();
  const { epoch } = engine.options.journal.state;
  log.write('info', `the switch at ${address} is ready (pipeline ${pipeline}), epoch ${epoch}`);
  return {
    configuration,
    stateDir,
    socketPath,
    client: new ControlClient(socketPath),
    status: () => desk.status(),
    get counters() {
      return engine.totals;
    },
    async stop() {
      engine.stop();
      await finished.catch(() => undefined);
    },
    finished,
  };
}

interface Closable {
  close(): Promise<void>;
}

async function startEngine(engine: Engine): Promise<void> {
  try {
    await engine.start();
  } catch (error) {
    engine.stop();
    throw error;
  }
}

/**
 * The way to all switches of the configuration, the first of them at `address`. @param engine is asked once it is there
 */
function connectorOf(
  options: StartControllerOptions,
  { switches, timers }: Configuration,
  address: string,
  engine: () => Engine,
): SwitchConnector {
  const { program, clock = systemClock, connectTimeoutMs = DEFAULT_CONNECT_TIMEOUT_MS } = options;
  return switchesConnector(
    switches.map((one, index) => (index === 0 ? { ...one, address } : one)),
    (one) => p4runtimeConnector({ address: one.address, deviceId: one.deviceId, program, connectTimeoutMs }),
    {
      macIdleMs: timers.macIdleMs,
      clock,
      known: () => engine().options.journal.state.switches,
      reserved: () => new Set(engine().options.configuration.vips.map(({ mac }) => mac)),
    },
  );
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

function absolute(path: string, directory: string): string {
  return isAbsolute(path) ? path : join(directory, path);
}
