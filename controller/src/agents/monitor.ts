/**
 * All agents together: keeps a client for every server that has one and is in service or on its way out, turns reports
 * into events of the bucket protocol (which connections there are, in which buckets), and hands reports to whoever else
 * wants them: the auditor, and the redirection of overflow. A server that comes back under a new id is reported under
 * the new one.
 */
import type { Clock } from '../clock.ts';
import type { Configuration, VipConfiguration } from '../config/types.ts';
import type { AgentStatus } from '../control-api/types.ts';
import { locator } from '../engine/locate.ts';
import type { Log } from '../engine/log.ts';
import { vipsOf } from '../engine/reconcile.ts';
import type { AgentSource } from '../engine/sources.ts';
import { type ClassRecord, classOfClient, serving } from '../intent/classes.ts';
import { vipPortOf } from '../intent/mapping.ts';
import { serviceOf } from '../intent/services.ts';
import type { Intent, ServerRecord } from '../intent/types.ts';
import { connectionKey } from '../shift/connection-key.ts';
import type { ReportedConnection, ServerId, ShiftEvent } from '../shift/types.ts';
import type { IpAddress } from '../text/addresses.ts';
import type { AgentClient, AgentConnector, AgentQuestion } from './client.ts';
import type { AgentReport } from './wire.ts';

/** What the monitor works with. */
export interface AgentMonitorHost {
  readonly configuration: Configuration;
  readonly intent: Intent;
  readonly clock: Clock;
  readonly log: Log;
  readonly connect: AgentConnector;
  enqueue(events: readonly ShiftEvent[]): void;
  /** Told of every report. */
  onReport(server: ServerId, status: AgentStatus, connections: readonly ReportedConnection[]): void;
  /** Told whenever it has been looked which servers have agents: four times a second. */
  onReview(): void;
}

interface Entry {
  readonly id: ServerId;
  readonly name: string;
  readonly client: AgentClient;
  status: AgentStatus | undefined;
}

const REVIEW_MS = 250;

/** See the file's comment. */
export class AgentMonitor implements AgentSource {
  private readonly host: AgentMonitorHost;
  private readonly entries = new Map<ServerId, Entry>();
  private cancel: () => void = () => undefined;
  private stopped = false;

  constructor(host: AgentMonitorHost) {
    this.host = host;
  }

  /** Begins to connect. */
  start(): void {
    if (this.stopped) return;
    this.review();
    this.cancel = this.host.clock.after(REVIEW_MS, () => this.start());
  }

  stop(): void {
    this.stopped = true;
    this.cancel();
    for (const { client } of this.entries.values()) client.close();
    this.entries.clear();
  }

  ask(server: ServerId, token: number): void {
    const entry = this.entries.get(server);
    if (entry === undefined) {
      this.host.enqueue([{ kind: 'agent', server, reachable: false }]);
      return;
    }
    entry.client.ask().then(
      (report) => {
        if (this.entries.get(server) === entry) this.onReport(entry, report, token);
      },
      (error: unknown) => {
        if (this.entries.get(server) === entry) this.onUnreachable(entry, (error as Error).message);
      },
    );
  }

  restart(): void {
    const reachable = [...this.entries.values()].filter(({ status }) => status !== undefined);
    this.host.enqueue(reachable.map(({ id }) => ({ kind: 'agent', server: id, reachable: true })));
  }

  connectionsOf(server: ServerId): number | undefined {
    return this.entries.get(server)?.status?.connections;
  }

  statusOf(server: ServerId): AgentStatus | undefined {
    return this.entries.get(server)?.status;
  }

  private review(): void {
    const wanted = new Set<ServerId>();
    for (const { record, address, question } of this.servers()) {
      wanted.add(record.id);
      if (this.entries.has(record.id)) continue;
      const listener = {
        onReport: (report: AgentReport) => this.onReport(this.entries.get(record.id), report, undefined),
        onUnreachable: (reason: string) => this.onUnreachable(this.entries.get(record.id), reason),
      };
      const client = this.host.connect(address, question, listener);
      this.entries.set(record.id, { id: record.id, name: record.name, client, status: undefined });
    }
    for (const [id, { client }] of this.entries) {
      if (wanted.has(id)) continue;
      client.close();
      this.entries.delete(id);
      if (this.host.intent.servers.has(id)) this.host.enqueue([{ kind: 'agent', server: id, reachable: false }]);
    }
    this.host.onReview();
  }

  private *servers(): Generator<{
    readonly record: ServerRecord;
    readonly address: string;
    readonly question: AgentQuestion;
  }> {
    const { configuration, intent } = this.host;
    for (const { id, vip } of vipsOf(configuration, intent)) {
      for (const { name, agent } of vip.servers) {
        const alive = ({ vip: of, state }: ServerRecord) => of === id && state !== 'dead' && state !== 'drained';
        const records = [...intent.servers.values()].filter((record) => record.name === name && alive(record));
        const [record] = records;
        // Of one that is two, while packets get to it in two ways, an agent cannot say which a connection came by.
        if (agent === undefined || record === undefined || records.length > 1) continue;
        yield { record, address: agent, question: questionFor(record, vip) };
      }
    }
  }

  private onReport(entry: Entry | undefined, report: AgentReport, token: number | undefined): void {
    if (entry === undefined || this.stopped) return;
    const { configuration, intent } = this.host;
    const record = intent.servers.get(entry.id);
    const services = vipsOf(configuration, intent);
    const service = services.find(({ id }) => id === record?.vip);
    if (record === undefined || service === undefined) return;
    const { id, vip: configured } = service;
    const locate = locator(services, intent);
    const isServed = servedBy(
      configured,
      services.map(({ vip: each }) => each),
      intent.classes,
    );
    const own = report.connections.filter(({ address, serverPort }) => isServed(address, serverPort));
    const connections = own.flatMap(({ address, port, halfOpen, serverPort }): ReportedConnection[] => {
      const key = connectionKey(serviceOf(intent, id), address, port, vipPortOf(configured, serverPort));
      const name = locate(key);
      return name === undefined ? [] : [{ key, ...name, halfOpen }];
    });
    const events: ShiftEvent[] = [];
    if (entry.status === undefined) {
      this.host.log.write('info', `the agent of server \`${entry.name}\` answers`);
      events.push({ kind: 'agent', server: entry.id, reachable: true });
    }
    entry.status = {
      connections: connections.length,
      halfOpen: connections.filter(({ halfOpen }) => halfOpen).length,
      acceptQueue: report.acceptQueue,
      acceptQueueLimit: report.acceptQueueLimit,
    };
    events.push({ kind: 'server-report', server: entry.id, token, connections });
    this.host.enqueue(events);
    this.host.onReport(entry.id, entry.status, connections);
  }

  private onUnreachable(entry: Entry | undefined, reason: string): void {
    if (entry === undefined || this.stopped) return;
    if (entry.status !== undefined) {
      const text = `the agent of server \`${entry.name}\` does not answer (${reason}): idle times count until it does`;
      this.host.log.write('warning', text);
    }
    entry.status = undefined;
    this.host.enqueue([{ kind: 'agent', server: entry.id, reachable: false }]);
  }
}

/**
 * Which clients' connections to a port are a VIP's, if it is for all ports: a server may take those of another VIP at
 * the same address as well.
 */
function servedBy(
  vip: VipConfiguration,
  vips: readonly VipConfiguration[],
  classes: readonly ClassRecord[],
): (client: IpAddress, port: number) => boolean {
  const { address, protocol } = vip;
  const there = vips.filter((other) => other.address === address && other.protocol === protocol);
  if (vip.port !== 'all' || there.length === 1) return () => true;
  return (client, port) => serving({ address, protocol, port }, classOfClient(client, classes), there) === vip;
}

/**
 * Where connections keep their port, those to the address that the server has in them: its own, or the VIP's if it gets
 * packets as they are.
 */
function questionFor({ port, address }: ServerRecord, vip: VipConfiguration): AgentQuestion {
  return port === 'all' ? { port, address: vip.forwarding === undefined ? address : vip.address } : { port };
}
