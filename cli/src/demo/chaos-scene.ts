/**
 * The scene of `mooring demo --chaos`: carries out what the planner (chaos-plan.ts) chooses, as operators, power cuts
 * and crashes would, through the controller's socket, by SIGKILL, and by starting again what had ended. Each operation
 * is printed as it is ordered and becomes a line of the report when it has ended; nothing here judges connections,
 * which is the load's business. The load is told of an incident before it happens, so that it can tell lost connections
 * of a crashed server from all others (load/incidents.ts).
 */
import {
  ControllerUnreachableError,
  ControlRefusedError,
  type OperationRequest,
  type Status,
} from '@mooring/controller/control';
import { seededRandom } from '../load/random.ts';
import { type ChaosIncident, type ChaosOperation, ChaosPlanner, type ChaosView, chaosTitle } from './chaos-plan.ts';
import { DEMO_CLASS, DEMO_VIP } from './configuration.ts';
import type { StepReport } from './report.ts';
import type { Scene, Stage } from './scenes.ts';

/** Size and dice of a chaos run. */
export interface ChaosOptions {
  readonly operations: number;
  readonly seed: number;
  /** Servers that are neither drained nor crashed; they carry the connections that live through the run. */
  readonly residents: readonly string[];
  /** Servers that may crash. */
  readonly crashes: number;
  /** Servers with two links to the switch. */
  readonly twoLinks: readonly string[];
  readonly clientPrefixes: readonly string[];
}

const POLL_INTERVAL_MS = 100;
const CONTROLLER_AWAY_MS = 1_000;
/** What the switch has yet to be told when the controller's status calls a server dead already. */
const GIVEN_UP_MARGIN_MS = 500;
const AFTERMATH_MS = 2_000;

/** Plays `operations` operations; their reports are handed to `stage.record`. */
export function chaosScene(options: ChaosOptions): Scene {
  return {
    title: `chaos, ${options.operations} operations`,
    async play(stage) {
      await new ChaosRun(stage, options).play();
      return undefined;
    },
  };
}

class ChaosRun {
  private readonly planner: ChaosPlanner;
  private readonly crashed = new Set<string>();
  private readonly downLinks = new Map<string, number>();
  private readonly running = new Set<Promise<void>>();
  private incidents = 0;
  private failure: unknown;

  constructor(
    private readonly stage: Stage,
    private readonly options: ChaosOptions,
  ) {
    this.planner = new ChaosPlanner(
      seededRandom(options.seed * 7_877 + 1),
      new Set(options.residents),
      options.crashes,
    );
  }

  async play(): Promise<void> {
    const { stage, options } = this;
    for (let ordered = 0; ordered < options.operations; ) {
      const status = await this.serving();
      const step = this.planner.next(this.view(status));
      if (step.kind === 'wait') {
        await stage.wait(POLL_INTERVAL_MS);
      } else {
        ordered++;
        const title = chaosTitle(step.operation);
        stage.log(
          `${ordered}/${options.operations}: ${title}${this.running.size > 0 ? `, ${this.running.size} under way` : ''}`,
        );
        const task = this.carryOut(step.operation, title).then(
          (report) => {
            this.running.delete(task);
            stage.record(report);
          },
          (error: unknown) => {
            this.running.delete(task);
            this.failure ??= error;
          },
        );
        this.running.add(task);
        await stage.wait(step.pauseMs);
      }
      if (this.failure !== undefined) throw this.failure;
    }
    await Promise.all(this.running);
    if (this.failure !== undefined) throw this.failure;
    await stage.wait(AFTERMATH_MS);
  }

  private view(status: Status): ChaosView {
    const unfinished = status.operations.filter(({ phase }) => phase !== 'finished');
    const { buckets, hashSeed, affinity } = status.vips.find(({ name }) => name === DEMO_VIP)!;
    const servers = status.servers.filter(({ vip }) => vip === DEMO_VIP);
    const inClass = status.classes.find(({ name }) => name === DEMO_CLASS)?.prefixes ?? [];
    const busy = new Set(unfinished.flatMap(({ server, replacement }) => [server, replacement ?? server]));
    return {
      servers: servers.map(({ name, state, enabled, weight }) => ({
        name,
        state,
        enabled,
        weight,
        isBusy: busy.has(name),
        isAlive: !this.crashed.has(name),
        links: this.options.twoLinks.includes(name) ? 2 : 1,
        downLink: this.downLinks.get(name),
      })),
      mapping: {
        buckets,
        hashSeed,
        affinity,
        isBusy: unfinished.some(({ kind }) => kind === 'remap' || kind === 'buckets'),
      },
      clients: {
        prefixes: this.options.clientPrefixes,
        inClass,
        className: DEMO_CLASS,
        isBusy: unfinished.some(({ kind }) => kind === 'reclass'),
      },
      running: this.running.size,
      incidentRunning: this.incidents > 0,
      isSearching: (status.counters.bucketsInDoubt ?? 0) > 0,
    };
  }

  /** The controller's status, once it and the switch are there. */
  private async serving(wanted: (status: Status) => boolean = () => true): Promise<Status> {
    for (;;) {
      const status = await this.stage.controller.client.status().catch((error: unknown) => {
        // Not there, or there and not ready to answer.
        if (error instanceof ControllerUnreachableError) return undefined;
        if (error instanceof ControlRefusedError && error.status === 503) return undefined;
        throw error;
      });
      if (status?.state === 'serving' && wanted(status)) return status;
      await this.stage.wait(POLL_INTERVAL_MS / 2);
    }
  }

  private async carryOut(operation: ChaosOperation, title: string): Promise<StepReport> {
    switch (operation.kind) {
      case 'link-down':
      case 'link-up':
        return { ...(await this.changeLink(operation)), title, outcome: 'done' };
      case 'crash':
      case 'kill-controller':
      case 'kill-in-turn':
      case 'restart-switch': {
        this.incidents++;
        try {
          return { ...(await this.incident(operation)), title, outcome: 'done' };
        } finally {
          this.incidents--;
        }
      }
      default:
        return { ...(await this.operate(operation)), title };
    }
  }

  private async changeLink({
    kind,
    server,
    link,
  }: Extract<ChaosIncident, { kind: 'link-down' | 'link-up' }>): Promise<Omit<StepReport, 'title' | 'outcome'>> {
    const isUp = kind === 'link-up';
    if (isUp) this.downLinks.delete(server);
    else this.downLinks.set(server, link);
    this.stage.setLink(server, link, isUp);
    return { buckets: 0, timeToDrainMs: 0, how: 'done after' };
  }

  private async incident(
    operation: Exclude<ChaosIncident, { kind: 'link-down' | 'link-up' }>,
  ): Promise<Omit<StepReport, 'title' | 'outcome'>> {
    const { stage } = this;
    const sinceMs = stage.elapsedMs();
    switch (operation.kind) {
      case 'crash': {
        const { server } = operation;
        this.crashed.add(server);
        await stage.announce({ kind: 'server-crash', server });
        stage.powerOff(server);
        const status = await this.serving(({ servers }) =>
          servers.some((s) => s.name === server && s.state === 'dead'),
        );
        const buckets = status.operations.find((o) => o.kind === 'failover' && o.server === server)?.progress.buckets;
        const givenUpAfterMs = stage.elapsedMs() - sinceMs;
        await stage.wait(GIVEN_UP_MARGIN_MS);
        await stage.announce({ kind: 'server-given-up', server });
        return { buckets: buckets ?? 0, timeToDrainMs: givenUpAfterMs, how: 'given up after' };
      }
      case 'kill-controller': {
        await this.restartController();
        return { buckets: 0, timeToDrainMs: stage.elapsedMs() - sinceMs, how: 'back after' };
      }
      case 'kill-in-turn': {
        await this.restartController();
        return this.restartSwitch();
      }
      case 'restart-switch':
        return this.restartSwitch();
      default:
        throw new Error(`unknown incident ${JSON.stringify(operation satisfies never)}`);
    }
  }

  private async restartController(): Promise<void> {
    const { controller, signal } = this.stage;
    await controller.kill();
    await this.stage.wait(CONTROLLER_AWAY_MS);
    await controller.start(signal);
  }

  private async restartSwitch(): Promise<Omit<StepReport, 'title' | 'outcome'>> {
    const { stage } = this;
    const before = await this.serving();
    await stage.announce({ kind: 'switch-restart' });
    const killedMs = stage.elapsedMs();
    await stage.restartSwitch();
    await this.serving(({ counters }) => counters.reconnects > before.counters.reconnects);
    return { buckets: 0, timeToDrainMs: stage.elapsedMs() - killedMs, how: 'back with all its entries after' };
  }

  /** Asks the controller, again where it dies before it has answered, and waits for the end. */
  private async operate(request: OperationRequest): Promise<Omit<StepReport, 'title'>> {
    const { client } = this.stage.controller;
    for (;;) {
      const atMs = this.stage.elapsedMs();
      try {
        const isAboutServers = request.server !== undefined;
        const vip = request.kind === 'reclass' ? {} : { vip: DEMO_VIP };
        const begun = await client.operate({ ...request, ...vip, queue: !isAboutServers });
        const ended = await client.waitForOperation(begun.id, { signal: this.stage.signal, persistent: true });
        const met = [request.server, request.replacement].some((name) => this.crashed.has(name ?? ''));
        return {
          outcome: ended.outcome === 'done' ? 'done' : met ? 'met a crash' : `${ended.outcome}: ${ended.message}`,
          buckets: ended.progress.buckets,
          timeToDrainMs: this.stage.elapsedMs() - atMs,
          how: 'done after',
        };
      } catch (error) {
        if (error instanceof ControlRefusedError && error.status !== 503) {
          this.stage.log(`refused: ${error.message}`, 'warning');
          return { outcome: 'refused', buckets: 0, timeToDrainMs: 0 };
        }
        if (!(error instanceof ControllerUnreachableError || error instanceof ControlRefusedError)) throw error;
        await this.serving();
      }
    }
  }
}
