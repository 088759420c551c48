/**
 * One run of the demo, from nothing to the report: compile the P4 program and start the hosts side by side, then the
 * switch, the controller (which pushes the program by P4Runtime), the servers and the load; play the scenes; count;
 * stop everything. What is started is stopped in reverse order however the run ends.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import type { ControlClient, Status } from '@mooring/controller/control';
import { CommandFailure } from '../command-line/errors.ts';
import { feedDisplay } from '../control-client/feed.ts';
import { type ClientTally, emptyTally, sumTallies } from '../load/tally.ts';
import type { Display } from '../ui/display.ts';
import type { UiServices } from '../ui/results.ts';
import { demoConfiguration } from './configuration.ts';
import { ControllerProcess } from './controller-process.ts';
import { attributeStalls, kernelSchedule, MachineDelays, SAMPLE_INTERVAL_MS } from './machine-delays.ts';
import { raisePriority } from './priority.ts';
import { type DemoReport, isSuccess, type StepReport, sumServerTallies } from './report.ts';
import type { Scene, Stage } from './scenes.ts';
import type { World } from './world.ts';
import type { WorldPlan } from './world-plan.ts';

/** What a run is made of. */
export interface DemoRunOptions {
  readonly plan: WorldPlan;
  readonly inService: readonly string[];
  readonly scenes: readonly Scene[];
  readonly startWorld: (plan: WorldPlan) => Promise<World>;
  /** Why the hosts are simulated, where they are. */
  readonly simulatedReason: string | undefined;
  readonly switchCommand: string | undefined;
  /** Random operations and incidents: the switch is a process that can be killed. */
  readonly chaos: boolean;
  /** Longer than any live connection is silent. */
  readonly idleMs: number;
  readonly pinning: boolean;
  readonly seed: number;
  readonly load: DemoLoad;
  readonly shortestRunMs: number;
  readonly connectionsWanted: number;
  readonly workDirectory: string;
  readonly display: Display;
  /** Whom the display asks about connections and the switch. */
  readonly servicesOf: (client: ControlClient) => UiServices;
  readonly signal: AbortSignal;
  /** Compiles the load balancer's program. */
  readonly compile: () => Promise<{ readonly deviceConfig: string; readonly p4info: string }>;
}

/** Size and rhythm of the load, over all clients. */
export interface DemoLoad {
  /** Live connections to keep up. */
  readonly connections: number;
  readonly openingsPerSecond: number;
  readonly meanLifetimeMs: number;
  readonly longestLifetimeMs: number;
  /** Bounds of the pause between an answer and the next record. */
  readonly shortestPauseMs: number;
  readonly longestPauseMs: number;
}

const TICK_MS = 100;
const MARATHONS_PER_SERVER_AND_CLIENT = 6;
const FINISH_PATIENCE_MS = 6_000;
const FINISH_PATIENCE_PER_CONNECTION_MS = 2;

/** Runs the demo. */
export async function runDemo(options: DemoRunOptions): Promise<DemoReport> {
  const { plan, display } = options;
  const startedMs = performance.now();
  const elapsedMs = (): number => performance.now() - startedMs;
  const log = (text: string, severity: 'info' | 'warning' | 'error' = 'info'): void =>
    display.dispatch({ kind: 'log', line: { atMs: elapsedMs(), text, severity } });
  const cleanUp: (() => unknown)[] = [raisePriority()];
  const ended = new AbortController();
  const signal = AbortSignal.any([options.signal, ended.signal]);
  const clock = setInterval(() => display.dispatch({ kind: 'clock', nowMs: elapsedMs() }), TICK_MS);
  cleanUp.push(() => clearInterval(clock));
  display.dispatch({
    kind: 'scenes',
    scenes: options.scenes.map((scene) => ({ title: scene.title, state: 'waiting' as const })),
  });
  try {
    log('compiling p4/v1model/mooring.p4, starting hosts');
    const compiling = options.compile().then((program) => {
      log(`compiled: ${Math.round(program.deviceConfig.length / 1024)} KB for the switch`);
      return program;
    });
    const [program, world] = await Promise.all([
      compiling,
      options.startWorld(plan).then((started) => {
        cleanUp.push(() => started.stop());
        log(`${started.hosts.length} hosts are up`);
        return started;
      }),
    ]);
    options.signal.throwIfAborted();
    const files = ControllerProcess.filesIn(options.workDirectory);
    const theSwitch = await world.startSwitch({
      command: options.switchCommand,
      asProcess: options.chaos,
      logFile: `${options.workDirectory}/switch.log`,
      signal,
    });
    cleanUp.push(() => theSwitch.stop());
    log(`the switch is up: ${theSwitch.description}, P4Runtime at ${theSwitch.address}`);
    mkdirSync(files.stateDirectory, { recursive: true });
    const { inService, idleMs } = options;
    const configuration = demoConfiguration(plan, { inService, switchAddress: theSwitch.address, idleMs });
    writeFileSync(files.configurationFile, configuration);
    writeFileSync(files.programFile, program.deviceConfig);
    writeFileSync(files.p4infoFile, program.p4info);
    const controller = new ControllerProcess({ ...files, switchAddress: theSwitch.address, pins: options.pinning });
    cleanUp.push(() => controller.kill());

    const servers = world.hosts.filter((host) => host.plan.role === 'server');
    const clients = world.hosts.filter((host) => host.plan.role === 'client');
    await Promise.all([...servers.map((host) => host.serve(plan.serverPort)), controller.start(signal)]);
    log('the controller has pushed the program and serves');

    let pinsAtMost = 0;
    const watchPins = (status: Status): void => {
      const { pinsExact, registerPins, pinsExactPeak } = status.counters;
      pinsAtMost = Math.max(pinsAtMost, pinsExact + registerPins, pinsExactPeak);
    };
    const feeding = feedDisplay(controller.client, (event) => display.dispatch(event), {
      signal,
      intervalMs: 150,
      elapsedMs,
      onStatus: watchPins,
    });
    display.attach(options.servicesOf(controller.client));
    feeding.catch((error: unknown) => log(`the controller's events: ${String(error)}`, 'error'));

    for (const [index, client] of clients.entries()) {
      client.load({
        address: plan.virtualAddress,
        port: plan.virtualPort,
        sourceAddresses: client.plan.addresses,
        seed: options.seed * 1_000 + index,
        target: Math.ceil(options.load.connections / clients.length),
        openingsPerSecond: options.load.openingsPerSecond / clients.length,
        meanLifetimeMs: options.load.meanLifetimeMs,
        longestLifetimeMs: options.load.longestLifetimeMs,
        shortestPauseMs: options.load.shortestPauseMs,
        longestPauseMs: options.load.longestPauseMs,
        marathonsPerServer: MARATHONS_PER_SERVER_AND_CLIENT,
      });
    }
    const delays = new MachineDelays(kernelSchedule);
    // Those that packets pass through: this one where the switch is in it.
    const processes = (): number[] =>
      [theSwitch.pid ?? process.pid, ...world.hosts.map(({ pid }) => pid)].flatMap((pid) => pid ?? []);
    const sampling = setInterval(() => delays.sample(processes(), Date.now()), SAMPLE_INTERVAL_MS);
    cleanUp.push(() => clearInterval(sampling));
    const tally = (): ClientTally =>
      clients.length > 0 ? sumTallies(clients.map((c) => c.clientTally)) : emptyTally();
    const tallying = setInterval(() => display.dispatch({ kind: 'tally', tally: tally() }), TICK_MS);
    cleanUp.push(() => clearInterval(tallying));

    const steps: StepReport[] = [];
    const stage: Stage = {
      signal,
      controller,
      shortestRunMs: options.shortestRunMs,
      connectionsWanted: options.connectionsWanted,
      aliveWanted: options.load.connections * 0.92,
      elapsedMs,
      tally,
      log,
      keepMarathonsOn: (names) => {
        for (const client of clients) client.setMarathonServers(names);
      },
      powerOff: (name) => {
        servers.find((host) => host.plan.name === name)?.stop();
        log(`${name} is switched off`);
      },
      announce: async (incident) => {
        await Promise.all(clients.map((client) => client.announce(incident)));
      },
      setLink: (name, link, up) => servers.find((host) => host.plan.name === name)?.setLink?.(link, up),
      restartSwitch: async () => {
        if (theSwitch.restart === undefined) throw new Error('the switch is no process that could be killed');
        await theSwitch.restart();
      },
      record: (step) => steps.push(step),
      wait: (milliseconds) =>
        new Promise((resolve, reject) => {
          if (signal.aborted) return reject(signal.reason);
          try {
            controller.throwIfEnded();
          } catch (error) {
            return reject(error);
          }
          const timer = setTimeout(() => {
            signal.removeEventListener('abort', stop);
            resolve();
          }, milliseconds);
          const stop = (): void => {
            clearTimeout(timer);
            reject(signal.reason);
          };
          signal.addEventListener('abort', stop, { once: true });
        }),
    };
    for (const [index, scene] of options.scenes.entries()) {
      display.dispatch({ kind: 'scene', index, state: 'running' });
      const step = await scene.play(stage);
      if (step) steps.push(step);
      display.dispatch({ kind: 'scene', index, state: step && step.outcome !== 'done' ? 'failed' : 'done' });
    }
    log('closing all connections and counting');
    const patienceMs = FINISH_PATIENCE_MS + options.load.connections * FINISH_PATIENCE_PER_CONNECTION_MS;
    const counted = sumTallies(await Promise.all(clients.map((client) => client.finish(patienceMs))));
    const { tally: connections, byMachine } = attributeStalls(counted, delays);
    display.dispatch({ kind: 'tally', tally: connections });
    const serverSide = sumServerTallies(servers.map((host) => host.serverTally));
    return {
      ok: isSuccess(connections, serverSide, steps),
      hosts: { kind: world.kind, ...(options.simulatedReason ? { reason: options.simulatedReason } : {}) },
      switch: theSwitch.description,
      pinning: options.pinning,
      seed: options.seed,
      durationMs: Math.round(elapsedMs()),
      connections,
      servers: serverSide,
      pinsAtMost,
      machine: { stalls: byMachine, worstWaitMs: Math.round(delays.worstMs) },
      steps,
      ...(options.chaos ? { chaos: true } : {}),
    };
  } catch (error) {
    if (options.signal.aborted) throw new CommandFailure('the demo was interrupted', { code: 'INTERRUPTED' });
    throw error;
  } finally {
    ended.abort();
    for (const stop of cleanUp.reverse()) await stop();
  }
}
