/**
 * A controller on a fake switch with clients that keep score: every packet of a connection must reach the server that
 * the connection was made with, or the rig says which one did not. Time moves only when the test says so.
 */
import { expect } from 'vitest';
import type { AgentConnector } from '../../src/agents/client.ts';
import type { AgentMonitor } from '../../src/agents/monitor.ts';
import { superviseAgents } from '../../src/agents/supervise.ts';
import { readConfiguration } from '../../src/config/read.ts';
import type { Configuration } from '../../src/config/types.ts';
import type { OperationRequest, OperationStatus, Status } from '../../src/control-api/types.ts';
import { Engine } from '../../src/engine/engine.ts';
import { Log } from '../../src/engine/log.ts';
import { statusOf } from '../../src/engine/status.ts';
import type { HealthMonitor } from '../../src/health/monitor.ts';
import type { Probe } from '../../src/health/probes.ts';
import { superviseHealth } from '../../src/health/supervise.ts';
import { beginIntent } from '../../src/intent/begin.ts';
import { intentFormat } from '../../src/intent/intent.ts';
import type { Intent, IntentRecord } from '../../src/intent/types.ts';
import { Journal } from '../../src/journal/journal.ts';
import { type SignalReader, signalReader } from '../../src/signals/signal-reader.ts';
import type { SwitchConnector } from '../../src/switch-port/port.ts';
import { ALL_FEATURES, type ProgramFeatures } from '../../src/switch-port/program-features.ts';
import { FakeClock, flushMicrotasks } from '../../src/testing/fake-clock.ts';
import { MemoryFiles } from '../../src/testing/memory-files.ts';
import { type ClientEnds, FakeSwitch } from './fake-switch.ts';

/** Four servers in a LAN, the last one a spare; quick timers. */
export const RIG_CONFIGURATION = `
stateDir: state
switch: { address: 127.0.0.1:9559, ports: [1, 2, 3, 4, 5] }
timers: { idle: 2s, inFlight: 300ms, handshake: 1s, learnAfter: 1s, report: 200ms }
vips:
  - name: web
    address: 10.0.0.1
    port: 80
    buckets: 16
    servers:
      - { name: s1, address: 10.0.0.11, port: 8080, mac: 02:00:00:00:00:01, switchPort: 1 }
      - { name: s2, address: 10.0.0.12, port: 8080, mac: 02:00:00:00:00:02, switchPort: 2 }
      - { name: s3, address: 10.0.0.13, port: 8080, mac: 02:00:00:00:00:03, switchPort: 3 }
      - { name: s4, address: 10.0.0.14, port: 8080, mac: 02:00:00:00:00:04, switchPort: 4, spare: true }
      - { name: s5, address: 10.0.0.15, port: 8080, spare: true }
`;

/** A client's connection. */
export interface Connection extends Required<ClientEnds> {
  readonly bucket: number;
  server: number;
}

/** See the file's comment. */
export class Rig {
  readonly clock = new FakeClock();
  readonly switch = new FakeSwitch(this.clock, 64);
  readonly configuration: Configuration;
  readonly connections: Connection[] = [];
  readonly violations: string[] = [];
  readonly files = new MemoryFiles();
  engine!: Engine;
  journal!: Journal<IntentRecord, Intent>;
  log!: Log;
  finished: Promise<void> = Promise.resolve();
  /** Answers health checks; without it there are none. */
  probe: Probe | undefined;
  readonly readSignals: SignalReader = signalReader(this.clock, () => this.engine.session);
  private health: HealthMonitor | undefined;
  /** Stands in for the servers' agents; without it there are none. */
  agentConnector: AgentConnector | undefined;
  private agents: AgentMonitor | undefined;
  private nextPort = 1024;
  private answers = 0;
  refusedConnections = 0;
  /** Names of servers that answer nothing. */
  readonly down = new Set<string>();
  /** What its program can do. */
  features: ProgramFeatures = ALL_FEATURES;
  /** In place of the one switch, with another one whose idle timers must be told of time. */
  connector: SwitchConnector | undefined;
  alsoTicks: FakeSwitch | undefined;
  /** Through which switch a connection goes. */
  way: (connection: { readonly port: number }) => FakeSwitch = () => this.switch;

  constructor(text = RIG_CONFIGURATION) {
    this.configuration = readConfiguration('rig.yaml', text);
  }

  /** Starts the controller, or starts it again. */
  async start(options: { readonly pinning?: boolean; readonly compactAfter?: number } = {}): Promise<void> {
    const { clock } = this;
    this.log = new Log(() => clock.wallMs());
    this.journal = await Journal.open('journal', this.files, intentFormat, options.compactAfter);
    beginIntent(this.configuration, this.journal);
    this.engine = new Engine({
      configuration: this.configuration,
      journal: this.journal,
      connect: this.connector ?? this.switch.connect,
      features: this.features,
      clock,
      log: this.log,
      pinning: options.pinning ?? true,
    });
    await this.engine.start();
    this.finished = this.engine.run();
    this.finished.catch(() => undefined);
    this.health = this.probe === undefined ? undefined : superviseHealth(this.engine, this.probe, this.readSignals);
    this.agents = this.agentConnector === undefined ? undefined : superviseAgents(this.engine, this.agentConnector);
    await this.settle();
  }

  /** As kill -9: nothing is finished or flushed. */
  kill(): void {
    this.health?.stop();
    this.agents?.stop();
    this.engine.stop();
    this.switch.drop('the controller was killed');
  }

  /** Lets everything happen that happens without time passing. */
  readonly settle = async (): Promise<void> => {
    this.switch.tick();
    this.alsoTicks?.tick();
    await flushMicrotasks();
  };

  /** Moves time, with the connections sending a packet every `everyMs`. */
  async advance(durationMs: number, everyMs = 500): Promise<void> {
    for (let leftMs = durationMs; leftMs > 0; leftMs -= everyMs) {
      this.sendAll();
      await this.clock.advance(Math.min(everyMs, leftMs), this.settle);
    }
  }

  status(): Status {
    return statusOf(this.engine, { version: '0', startedAtMs: 0, switchAddress: 'fake', stopped: false, ready: true });
  }

  async operate(request: OperationRequest): Promise<OperationStatus> {
    const promise = this.engine.submit(() => this.engine.operations.request(request));
    promise.catch(() => undefined);
    await this.settle();
    return promise;
  }

  async abort(id: number): Promise<OperationStatus> {
    const promise = this.engine.submit(() => this.engine.operations.abort(id));
    promise.catch(() => undefined);
    await this.settle();
    return promise;
  }

  operation(id: number): OperationStatus {
    return this.engine.operations.get(id)!;
  }

  serverId(name: string): number {
    return this.status().servers.find((server) => server.name === name)!.id;
  }

  /** Opens a connection: SYN, SYN-ACK, ACK, each through the switch. */
  open(address = 0x0a000065 + (this.nextPort % 7)): Connection | undefined {
    const port = this.nextPort++;
    return this.openFrom(address, port);
  }

  /** As `open`, from a given port. @param vipPort to which port of a VIP for all ports */
  openFrom(address: number, port: number, vipPort = 0): Connection | undefined {
    const ends = { address, port, vipPort };
    const bucket = this.switch.bucketOf(1, ends);
    const server = this.way({ port }).fromClient(1, ends, true);
    if (server === 0 || this.down.has(this.journal.state.servers.get(server)?.name ?? '')) {
      this.refusedConnections++;
      return undefined;
    }
    const answer = ++this.answers;
    this.way({ port }).fromServer(1, server, ends, answer);
    const connection = { ...ends, bucket, server };
    const acknowledged = this.way({ port }).fromClient(1, ends, false, `${server}:${answer}`);
    if (acknowledged !== server) {
      this.violations.push(`handshake of ${port}: SYN to ${server}, ACK to ${acknowledged}`);
    }
    this.connections.push(connection);
    return connection;
  }

  openMany(count: number): void {
    for (let index = 0; index < count; index++) this.open();
  }

  /** Sends a packet of a connection and checks where it goes. */
  send(connection: Connection): void {
    const { port, server } = connection;
    const reached = this.way({ port }).fromClient(1, connection, false);
    if (reached !== server)
      this.violations.push(`connection from port ${port} lives on ${server}, packet went to ${reached}`);
  }

  sendAll(): void {
    for (const connection of this.connections) this.send(connection);
  }

  /** Closes connections. */
  close(matches: (connection: Connection) => boolean): void {
    const left = this.connections.filter((connection) => !matches(connection));
    for (const connection of this.connections) if (matches(connection)) this.send(connection);
    this.connections.length = 0;
    this.connections.push(...left);
  }

  async dispose(): Promise<void> {
    this.health?.stop();
    this.agents?.stop();
    this.engine?.stop();
    const done = this.finished.catch(() => undefined);
    await this.clock.advance(5_000);
    await done;
  }
}

/** A rig's end: no packet of a connection went astray, and the auditor saw none that did. */
export async function endUnharmed(rig: Rig): Promise<void> {
  expect(rig.violations).toEqual([]);
  expect(rig.status().counters.astray).toBe(0);
  await rig.dispose();
}
