/**
 * What the control socket is answered with. The socket listens before there is anything behind it, since it is what
 * keeps two controllers from sharing a state directory; so the desk opens with nothing, says that the controller is
 * still starting, and is given the engine, and those who watch it, once they are there. Whatever changes something goes
 * through the engine's queue of commands; refusals are written to the audit log here, what is accepted by the operation
 * itself.
 */
import { applyConfiguration } from './apply.ts';
import type { AuditLog } from './audit/audit-log.ts';
import type { Clock } from './clock.ts';
import type { ControlQueries } from './control-api/queries.ts';
import type { ControlListener, ControlService } from './control-api/server.ts';
import type {
  ApplyAnswer,
  ApplyRequest,
  AuditEntry,
  OperationAction,
  OperationRequest,
  OperationStatus,
  PlanAnswer,
  Status,
  SwitchStatus,
} from './control-api/types.ts';
import type { Engine } from './engine/engine.ts';
import { explainConnections } from './engine/explain-connection.ts';
import type { Log } from './engine/log.ts';
import { isolateSwitch } from './engine/members.ts';
import { statusOf } from './engine/status.ts';
import { switchDetailsOf } from './engine/switch-details.ts';
import { TrafficMeter } from './engine/traffic.ts';
import { withVip } from './operations/catalogue.ts';
import { OperationRefusedError } from './operations/errors.ts';
import type { Actor } from './operations/host.ts';
import type { Operations } from './operations/operations.ts';
import { titleOf } from './operations/resolve.ts';
import type { SignalReader } from './signals/signal-reader.ts';
import type { ResetSupervisor } from './signals/supervise.ts';

/** Stands in the status. */
const CONTROLLER_VERSION = '0.1.0';

/** What the desk answers from, once it is there. */
export interface DeskSources {
  readonly engine: Engine;
  readonly audit: AuditLog;
  readonly resets: ResetSupervisor;
  readonly readSignals: SignalReader;
}

/** See the file's comment. */
export class ControlDesk implements ControlService {
  private readonly clock: Clock;
  private readonly log: Log;
  private readonly switchAddress: string;
  private readonly startedAtMs: number;
  private readonly listeners = new Set<ControlListener>();
  private sources: (DeskSources & { readonly traffic: TrafficMeter }) | undefined;
  private isReady = false;
  private isStopped = false;
  readonly queries: ControlQueries;

  constructor(clock: Clock, log: Log, switchAddress: string) {
    this.clock = clock;
    this.log = log;
    this.switchAddress = switchAddress;
    this.startedAtMs = clock.wallMs();
    this.queries = {
      connections: (client, vip) => explainConnections(this.present().engine, client, vip),
      switchDetails: () => switchDetailsOf(this.present().engine, switchAddress),
      log: () => log.lines,
    };
    log.listen((line) => {
      for (const listener of this.listeners) listener.onLog(line);
    });
  }

  /** From now on there is something to answer from. */
  open(sources: DeskSources): void {
    const { engine, readSignals } = sources;
    const traffic = new TrafficMeter({
      clock: this.clock,
      engine,
      readSignals,
      isWatched: () => this.listeners.size > 0 && !this.isStopped,
      onChange: () => this.changed(),
    });
    this.sources = { ...sources, traffic };
    if (this.listeners.size > 0) traffic.wake();
  }

  /** The switch has everything. */
  ready(): void {
    this.isReady = true;
  }

  stop(): void {
    this.isStopped = true;
  }

  /** Tells whoever listens that the status may be different. */
  changed(): void {
    for (const listener of this.listeners) listener.onChange();
  }

  /** Tells whoever listens of an operation. */
  operationChanged(operation: OperationStatus): void {
    const completed = this.sources?.resets.complete(operation) ?? operation;
    for (const listener of this.listeners) listener.onOperation(completed);
  }

  status(): Status {
    const { engine, resets, traffic } = this.present();
    const status = statusOf(engine, {
      version: CONTROLLER_VERSION,
      startedAtMs: this.startedAtMs,
      switchAddress: this.switchAddress,
      stopped: this.isStopped,
      ready: this.isReady,
    });
    return withTraffic(resets.completeStatus(status), engine, traffic);
  }

  operation(id: number): OperationStatus | undefined {
    const { engine, resets } = this.present();
    const found = engine.operations.get(id);
    return found && resets.complete(found);
  }

  operate(request: OperationRequest, who: string): Promise<OperationStatus> {
    const { engine } = this.present();
    const run = () => engine.operations.request(meant(engine, request), { who });
    return this.audited(titleOf(request), who, request.reason, () => engine.submit(run));
  }

  act(action: OperationAction, id: number, actor: Actor): Promise<OperationStatus> {
    const { engine } = this.present();
    const run = () => {
      const status = actOn(engine.operations, action, id, actor);
      // Whoever watches sees it stand still or go on, and wants to know whom to ask.
      this.log.write('info', `operation ${id}: ${action} asked for by ${actor.who}`);
      return status;
    };
    return this.audited(`${action} ${id}`, actor.who, actor.why, () => engine.submit(run));
  }

  async plan(request: OperationRequest): Promise<PlanAnswer> {
    const { engine, resets } = this.present();
    const plan = await engine.submit(() => engine.operations.plan(meant(engine, request)));
    return { plan, astray: engine.totals.astray, suspected: resets.suspected };
  }

  apply(request: ApplyRequest, dryRun: boolean, who: string): Promise<ApplyAnswer> {
    const { engine } = this.present();
    const run = () => applyConfiguration(engine, request, dryRun, who);
    return dryRun ? run() : this.audited(`apply ${request.fileName}`, who, request.reason, run);
  }

  isolate(name: string, who: string): Promise<SwitchStatus> {
    const { engine } = this.present();
    return this.audited(`isolate switch ${name}`, who, undefined, async () => {
      await engine.submit(() => isolateSwitch(engine, name, who));
      return this.status().switches.find((one) => one.name === name)!;
    });
  }

  async audit(count: number): Promise<readonly AuditEntry[]> {
    return (await this.sources?.audit.read(count)) ?? [];
  }

  listen(listener: ControlListener): () => void {
    this.listeners.add(listener);
    this.sources?.traffic.wake();
    return () => this.listeners.delete(listener);
  }

  private present() {
    if (this.sources === undefined) {
      throw new OperationRefusedError({ code: 'unavailable', message: 'the controller is still starting' });
    }
    return this.sources;
  }

  private async audited<T>(what: string, who: string, why: string | undefined, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      if (error instanceof OperationRefusedError) {
        const { audit } = this.present();
        const result = `refused: ${error.message.split('\n')[0]!}`;
        audit.add({ who, what, ...(why === undefined ? {} : { why }), result });
        await audit.flush();
      }
      throw error;
    }
  }
}

/** The status with what goes to each server, where somebody looks. */
function withTraffic(status: Status, engine: Engine, traffic: TrafficMeter): Status {
  const { vips } = engine.options.journal.state;
  const services = new Map([...vips.values()].map(({ name, id, service = id }) => [name, service]));
  const servers = status.servers.map((server) => {
    const known = traffic.of(services.get(server.vip) ?? 0, server.id);
    return known === undefined ? server : { ...server, traffic: known };
  });
  return { ...status, servers };
}

/** What a person means who leaves out what goes without saying. */
function meant({ options: { configuration, journal } }: Engine, request: OperationRequest): OperationRequest {
  return withVip(configuration, journal.state, request);
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
