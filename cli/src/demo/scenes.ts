/**
 * The demo's script: what happens to the servers, in order, while the load runs. Each scene drives the controller
 * through its control socket exactly as the operating commands do, waits for the operation's end, and then switches the
 * server that left off, because "safe to power off" is only proven by doing it. The script knows hosts and controller
 * by small interfaces, so that it is the same on the kernel's TCP, on simulated hosts, and on any switch.
 */
import type { OperationRequest, OperationStatus } from '@mooring/controller/control';
import { controllerFailure } from '../control-client/connect.ts';
import { operationTitle } from '../control-client/view.ts';
import type { Incident } from '../load/incidents.ts';
import type { ClientTally } from '../load/tally.ts';
import type { ControllerProcess } from './controller-process.ts';
import type { StepReport } from './report.ts';

/** What a scene may do. */
export interface Stage {
  readonly signal: AbortSignal;
  readonly controller: ControllerProcess;
  /** Least length of the whole run, and at most how long scenes may take, in milliseconds since its start. */
  readonly shortestRunMs: number;
  /** Connections to have opened in all before the end. */
  readonly connectionsWanted: number;
  /** Live connections at which the load has ramped up. */
  readonly aliveWanted: number;
  elapsedMs(): number;
  tally(): ClientTally;
  log(text: string, severity?: 'info' | 'warning' | 'error'): void;
  /** Names the servers that stay, for the connections that live through the run. */
  keepMarathonsOn(servers: readonly string[]): void;
  powerOff(server: string): void;
  /** Tells the load what is about to be done to the network; resolves when it knows. */
  announce(incident: Incident): Promise<void>;
  /** Takes a link of a server down, or up again. */
  setLink(server: string, link: number, up: boolean): void;
  /** Kills the switch and starts it again, empty. */
  restartSwitch(): Promise<void>;
  /** Adds a line to the report, beside those that scenes return. */
  record(step: StepReport): void;
  wait(milliseconds: number): Promise<void>;
}

/** A scene; what it returns goes into the report. */
export interface Scene {
  readonly title: string;
  play(stage: Stage): Promise<StepReport | undefined>;
}

const POLL_INTERVAL_MS = 50;
/** How long each change is left to work before the next: resets, if any, show within a record or two. */
const AFTERMATH_MS = 1_000;
const KILL_AFTER_MS = 2_000;
const CONTROLLER_AWAY_MS = 1_500;
const LONGEST_RUN_MS = 58_000;

async function until(stage: Stage, condition: () => boolean, deadlineMs: number): Promise<void> {
  while (!condition() && stage.elapsedMs() < deadlineMs) await stage.wait(POLL_INTERVAL_MS);
}

function step(operation: OperationStatus, controllerAwayMs?: number): StepReport {
  return {
    title: operationTitle(operation),
    outcome: operation.outcome === 'done' ? 'done' : `${operation.outcome ?? 'unfinished'}: ${operation.message}`,
    buckets: operation.progress.buckets,
    timeToDrainMs: (operation.finishedAtMs ?? Date.now()) - operation.startedAtMs,
    ...(controllerAwayMs === undefined ? {} : { controllerAwayMs }),
  };
}

/** Begins an operation; a controller that is gone or refuses is the demo's failure, in the controller's own words. */
async function begin(stage: Stage, request: OperationRequest): Promise<OperationStatus> {
  try {
    return await stage.controller.client.operate(request);
  } catch (error) {
    throw controllerFailure(error);
  }
}

async function operate(stage: Stage, request: OperationRequest): Promise<OperationStatus> {
  const { client } = stage.controller;
  const begun = await begin(stage, request);
  return client.waitForOperation(begun.id, { signal: stage.signal, persistent: true });
}

/** The load reaches its target on the servers that serve from the start. */
export function rampUp(stayFromStart: readonly string[]): Scene {
  return {
    title: 'ramp up',
    async play(stage) {
      stage.keepMarathonsOn(stayFromStart);
      await until(stage, () => stage.tally().alive >= stage.aliveWanted, stage.elapsedMs() + 15_000);
      stage.log(`${stage.tally().alive} connections are alive`);
      await stage.wait(AFTERMATH_MS);
      return undefined;
    },
  };
}

/** A server joins. */
export function addServer(server: string, stay: readonly string[]): Scene {
  return {
    title: `add ${server}`,
    async play(stage) {
      const operation = await operate(stage, { kind: 'add', server });
      stage.keepMarathonsOn(stay);
      await stage.wait(AFTERMATH_MS);
      return step(operation);
    },
  };
}

/** A server is replaced, and the controller is killed in the middle of it and started again. */
export function swapServers(server: string, replacement: string, stay: readonly string[]): Scene {
  return {
    title: `swap ${server} by ${replacement}, kill -9`,
    async play(stage) {
      const { client } = stage.controller;
      const begun = await begin(stage, { kind: 'swap', server, replacement });
      stage.keepMarathonsOn(stay);
      await stage.wait(KILL_AFTER_MS);
      await stage.controller.kill();
      const awaySinceMs = stage.elapsedMs();
      stage.log('kill -9: there is no controller now; the switch goes on alone', 'warning');
      await stage.wait(CONTROLLER_AWAY_MS);
      await stage.controller.start(stage.signal);
      const awayMs = stage.elapsedMs() - awaySinceMs;
      stage.log('the controller is back: it read its journal and the switch, and goes on where it was');
      const operation = await client.waitForOperation(begun.id, { signal: stage.signal, persistent: true });
      if (operation.outcome === 'done') stage.powerOff(server);
      await stage.wait(AFTERMATH_MS);
      return step(operation, awayMs);
    },
  };
}

/** A server is drained and removed. */
export function removeServer(server: string): Scene {
  return {
    title: `remove ${server}`,
    async play(stage) {
      const operation = await operate(stage, { kind: 'remove', server });
      if (operation.outcome === 'done') stage.powerOff(server);
      await stage.wait(AFTERMATH_MS);
      return step(operation);
    },
  };
}

/** The load goes on until enough connections have been opened. */
export function carryOn(): Scene {
  return {
    title: 'carry on',
    async play(stage) {
      const enough = (): boolean =>
        stage.tally().opened >= stage.connectionsWanted && stage.elapsedMs() >= stage.shortestRunMs;
      await until(stage, enough, LONGEST_RUN_MS);
      return undefined;
    },
  };
}

/** The demo's scenes: three servers become four, one is replaced, one leaves. */
export function demoScenes(): readonly Scene[] {
  return [
    rampUp(['s1']),
    addServer('s4', ['s1', 's4']),
    swapServers('s2', 's5', ['s1', 's4', 's5']),
    removeServer('s3'),
    carryOn(),
  ];
}
