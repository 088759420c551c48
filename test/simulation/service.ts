/**
 * A simulated service: controller, switch and connections on one virtual time. Each millisecond the connections do what
 * is due; the switch hands over what it has to tell every few milliseconds, as a driver would; and whenever something
 * was told or a timer of the controller is due, the controller runs until it has nothing left to do.
 */
import { FakeClock, flushMicrotasks, VirtualController } from '@mooring/controller/testing';
import { Random } from '../differential/random.ts';
import type { Program } from '../support/program.ts';
import { CONNECTION_SECONDS, draw, drawResidual, meanOf, poisson, type StepDistribution } from './distributions.ts';
import { CLIENT_SWITCH_PORT, Network, SERVER_SWITCH_PORT, SERVICE_PORT, serverMac, VIP } from './network.ts';
import { MAX_SILENCE_MS, Population } from './population.ts';

/** How often the switch hands over digests. */
const FLUSH_MS = 5;
/** How often the switch looks for idle entries. */
const AGE_MS = 100;

/** What a service is like. */
export interface ServiceOptions {
  readonly seed: number;
  readonly program: Program;
  readonly servers: number;
  /** Of the servers, the last ones: known, not in service at first. */
  readonly spares?: number;
  readonly buckets: number;
  /** Live connections to aim at. */
  readonly liveConnections: number;
  /** How long they live; `CONNECTION_SECONDS` unless told otherwise. */
  readonly lifetimes?: StepDistribution;
  /** After which the last old connections are pinned, so that a shift ends. */
  readonly learnAfter: string;
  /** Watches the traffic, to compare other schemes. */
  readonly watch?: ConstructorParameters<typeof Population>[3];
}

/** Name of server `index`. */
export function serverName(index: number): string {
  return `s${index + 1}`;
}

/** The configuration of a service. */
export function configurationOf(options: ServiceOptions): string {
  const firstSpare = options.servers - (options.spares ?? 0);
  const servers = Array.from({ length: options.servers }, (_, index) => {
    const number = 1 + index;
    const address = `10.1.${number >> 8}.${number & 255}`;
    const spare = index >= firstSpare ? ', spare: true' : '';
    return (
      `      - { name: ${serverName(index)}, address: ${address}, port: ${SERVICE_PORT}, mac: '${serverMac(index)}', ` +
      `switchPort: ${SERVER_SWITCH_PORT}${spare} }`
    );
  });
  const idleMs = MAX_SILENCE_MS + 2_000;
  return [
    `switch: { address: '127.0.0.1:9559', ports: [${SERVER_SWITCH_PORT}, ${CLIENT_SWITCH_PORT}] }`,
    `timers: { idle: ${idleMs}ms, handshake: 5s, inFlight: 100ms, learnAfter: ${options.learnAfter}, report: 1s, macIdle: 24h }`,
    'vips:',
    `  - name: web`,
    `    address: ${VIP.address}`,
    `    port: ${VIP.port}`,
    `    mac: '${VIP.mac}'`,
    `    buckets: ${options.buckets}`,
    '    servers:',
    ...servers,
    '',
  ].join('\n');
}

/** See the file's comment. */
export class Service {
  readonly clock = new FakeClock();
  readonly random: Random;
  readonly network: Network;
  readonly population: Population;
  controller!: VirtualController;
  readonly warnings: string[] = [];
  private readonly lifetimes: StepDistribution;
  /** New connections a millisecond. */
  readonly arrivalsPerMs: number;
  private told = false;
  private failure: unknown;
  private readonly agenda: { readonly atMs: number; readonly act: () => void | Promise<void> }[] = [];

  private constructor(private readonly options: ServiceOptions) {
    this.random = new Random(options.seed);
    this.network = new Network(this.clock, () => {
      this.told = true;
    });
    const nothing = () => undefined;
    const watch = options.watch ?? { opened: nothing, sent: nothing, closed: nothing };
    const capacity = Math.ceil(1.3 * options.liveConnections) + 1_000;
    this.lifetimes = options.lifetimes ?? CONNECTION_SECONDS;
    this.population = new Population(capacity, this.network, this.random, watch);
    this.arrivalsPerMs = options.liveConnections / meanOf(this.lifetimes) / 1000;
  }

  /** Starts switch and controller. */
  static async start(options: ServiceOptions): Promise<Service> {
    const service = new Service(options);
    service.controller = await VirtualController.start({
      configuration: configurationOf(options),
      program: options.program,
      clock: service.clock,
      transport: service.network.transport,
      onLog: (level, text) => {
        if (level !== 'info') service.warnings.push(text);
      },
    });
    service.controller.finished.catch(() => undefined);
    await service.settle();
    return service;
  }

  /** Opens as many connections as a service has that has been at work for long, within a second. */
  async populate(): Promise<void> {
    const { clock, population, options, random } = this;
    const nowMs = clock.nowMs;
    for (let count = 0; count < options.liveConnections; count++) {
      population.begin(nowMs, drawResidual(this.lifetimes, random));
    }
    await this.run(1000);
  }

  /** Has something happen at a time of the service's clock. */
  at(atMs: number, act: () => void | Promise<void>): void {
    const index = this.agenda.findLastIndex((item) => item.atMs <= atMs);
    this.agenda.splice(index + 1, 0, { atMs, act });
  }

  /** Something that goes on beside the traffic: the run stops with its error, should it fail. */
  beside(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      this.failure ??= error;
    });
    this.told = true;
  }

  /** Lets time pass. @param each called every virtual second */
  async run(durationMs: number, each: () => void = () => undefined): Promise<void> {
    const { clock, population } = this;
    const endMs = clock.nowMs + durationMs;
    while (clock.nowMs < endMs) {
      const nowMs = clock.nowMs + 1;
      if ((clock.nextDueMs() ?? Number.POSITIVE_INFINITY) <= nowMs) await clock.advance(1);
      else clock.nowMs = nowMs;
      while (this.agenda[0] !== undefined && this.agenda[0].atMs <= nowMs) {
        const acting = this.agenda.shift()!.act();
        if (acting === undefined) continue;
        await this.settle();
        await acting;
      }
      population.run(nowMs);
      for (let count = poisson(this.arrivalsPerMs, this.random); count > 0; count--)
        population.begin(nowMs, draw(this.lifetimes, this.random));
      if (nowMs % FLUSH_MS === 0) this.network.flush();
      if (nowMs % AGE_MS === 0) this.network.age();
      if (this.told) await this.settle();
      if (this.failure !== undefined) throw this.failure;
      if (nowMs % 1000 === 0) each();
    }
  }

  /** Waits until all operations have ended. @throws Error when they have not within `patienceMs` of virtual time */
  async untilSettled(patienceMs: number, each?: () => void): Promise<void> {
    for (let leftMs = patienceMs; this.runningOperations() > 0; leftMs -= 1000) {
      if (leftMs <= 0) throw new Error(`operations have not ended after ${patienceMs} ms: ${this.warnings.join('; ')}`);
      await this.run(1000, each);
    }
  }

  /** Most exact pins there have been at once. */
  get peakPins(): number {
    return this.controller.counters.pinsExactPeak;
  }

  /** Most pins in registers that the controller knew of at once. */
  get peakSlots(): number {
    return this.controller.counters.registerPinsPeak;
  }

  runningOperations(): number {
    return this.controller.status().operations.filter((operation) => operation.phase !== 'finished').length;
  }

  async stop(): Promise<void> {
    await this.controller.stop();
    this.network.close();
  }

  private async settle(): Promise<void> {
    this.told = false;
    await flushMicrotasks();
    await this.clock.advance(0);
  }
}
