/**
 * The whole controller on virtual time: the engine with its journal in memory and P4Runtime to a switch in the same
 * process, so that hours of service pass in minutes and the same seed gives the same run. What is left out is what
 * touches the machine: the control socket and the disk.
 */
import type { Transport } from '@mooring/p4runtime-ts';
import { readConfiguration } from '../config/read.ts';
import type { OperationRequest, OperationStatus, Status } from '../control-api/types.ts';
import type { Totals } from '../engine/counters.ts';
import { Engine } from '../engine/engine.ts';
import { Log } from '../engine/log.ts';
import { statusOf } from '../engine/status.ts';
import { beginIntent } from '../intent/begin.ts';
import { intentFormat } from '../intent/intent.ts';
import { Journal } from '../journal/journal.ts';
import { onServerDown, onServerUp } from '../operations/outages.ts';
import type { PipelineProgram } from '../options.ts';
import { p4runtimeConnector } from '../switch-port/p4runtime.ts';
import { featuresOf } from '../switch-port/program-features.ts';
import { switchesConnector } from '../switch-port/several.ts';
import type { FakeClock } from './fake-clock.ts';
import { MemoryFiles } from './memory-files.ts';

/** What a virtual controller is made of. */
export interface VirtualControllerOptions {
  /** `mooring.yaml`. */
  readonly configuration: string;
  readonly program: PipelineProgram;
  readonly clock: FakeClock;
  /** A new connection to a switch, by its index in the configuration. @throws whatever says that it does not answer */
  readonly transport: (index: number) => Transport;
  readonly onLog?: (level: 'info' | 'warning' | 'error', text: string) => void;
}

/** See the file's comment. Whoever moves the clock lets promises run in between. */
export class VirtualController {
  private constructor(
    private readonly engine: Engine,
    private readonly clock: FakeClock,
    private readonly startedAtMs: number,
    /** Rejects when the controller cannot go on. */
    readonly finished: Promise<void>,
  ) {}

  /** Starts it and returns once the switch has everything. @throws as `startController` */
  static async start(options: VirtualControllerOptions): Promise<VirtualController> {
    const { clock, program, transport } = options;
    const configuration = readConfiguration('virtual.yaml', options.configuration);
    const log = new Log(() => clock.wallMs());
    log.listen(({ level, text }) => options.onLog?.(level, text));
    const journal = await Journal.open('journal', new MemoryFiles(), intentFormat);
    beginIntent(configuration, journal);
    const connect = switchesConnector(
      configuration.switches,
      ({ address, deviceId }, index) => {
        const options = { address, deviceId, program, connectTimeoutMs: 5_000 };
        return p4runtimeConnector({ ...options, transport: () => transport(index) });
      },
      {
        macIdleMs: configuration.timers.macIdleMs,
        clock,
        known: () => journal.state.switches,
        reserved: () => new Set(configuration.vips.map(({ mac }) => mac)),
      },
    );
    const features = featuresOf(program);
    const engine = new Engine({ configuration, journal, connect, features, clock, log, pinning: true });
    await engine.start();
    return new VirtualController(engine, clock, clock.wallMs(), engine.run());
  }

  status(): Status {
    const { startedAtMs } = this;
    return statusOf(this.engine, {
      version: 'virtual',
      startedAtMs,
      switchAddress: 'in this process',
      stopped: false,
      ready: true,
    });
  }

  /** Running totals: what a status says of them, without the rest of a status. */
  get counters(): Readonly<Totals> {
    return this.engine.totals;
  }

  /**
   * Hands an operation in. The promise resolves once the clock's owner lets promises run. @throws OperationRefusedError
   */
  operate(request: OperationRequest): Promise<OperationStatus> {
    return this.engine.submit(() => this.engine.operations.request(request));
  }

  /** The checks' verdict that a server is dead. @param isDown which others are as well */
  serverDown(vip: string, server: string, isDown: (vip: string, server: string) => boolean): Promise<boolean> {
    return this.engine.submit(() => onServerDown(this.engine.operations, vip, server, 'no answer', isDown));
  }

  /** The checks' verdict that a dead server is there again; it serves once it is added. */
  serverUp(vip: string, server: string): Promise<void> {
    return this.engine.submit(() => onServerUp(this.engine.operations, vip, server));
  }

  /** An operation, if there is one of that number. */
  operation(id: number): OperationStatus | undefined {
    return this.engine.operations.get(id);
  }

  async stop(): Promise<void> {
    this.engine.stop();
    await this.clock.advance(0);
    await this.finished;
  }
}
