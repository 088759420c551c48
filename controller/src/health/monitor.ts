/**
 * Checks every server of every VIP that wants it, spares and dead ones included, and tells when a verdict changes. The
 * rhythm is each check's own: the next begins an interval after the last began, never two at a time for one server.
 * What a verdict means is not decided here. Servers that come and go, and checks that a new configuration changes, are
 * seen at the next round.
 */
import type { Clock } from '../clock.ts';
import type { Configuration, HealthCheck, ServerConfiguration, ServicePort } from '../config/types.ts';
import type { ServerHealth } from '../control-api/types.ts';
import { serviceOf } from '../intent/services.ts';
import type { Intent } from '../intent/types.ts';
import { recordsOf } from '../operations/catalogue.ts';
import type { CheckTarget } from './probes.ts';
import { type CheckResult, type HealthState, observe, UNCHECKED } from './tracker.ts';

/** What the monitor works with. */
export interface HealthMonitorHost {
  readonly configuration: Configuration;
  readonly intent: Intent;
  readonly clock: Clock;
  /** Never two at a time of one server. */
  readonly probe: (check: HealthCheck, target: CheckTarget) => Promise<CheckResult>;
  /** Told whenever a verdict is new, and with each check that finds a server down still. */
  onVerdict(vip: string, server: string, health: 'up' | 'down', reason: string | undefined): void;
  /**
   * Told after each check of a server that is up, where new connections may go elsewhere meanwhile: why they should, or
   * that they need not.
   */
  onDitched(vip: string, server: string, reason: string | undefined): void;
}

interface Checked {
  state: HealthState;
  cancel: () => void;
}

/** How often new servers are looked for. */
const REVIEW_MS = 250;

/** See the file's comment. */
export class HealthMonitor {
  private readonly host: HealthMonitorHost;
  private readonly checked = new Map<string, Checked>();
  private cancelReview: () => void = () => undefined;
  private stopped = false;

  constructor(host: HealthMonitorHost) {
    this.host = host;
  }

  /** Begins to check. */
  start(): void {
    if (this.stopped) return;
    this.review();
    this.cancelReview = this.host.clock.after(REVIEW_MS, () => this.start());
  }

  stop(): void {
    this.stopped = true;
    this.cancelReview();
    for (const { cancel } of this.checked.values()) cancel();
    this.checked.clear();
  }

  /** What is known of a server. */
  of(vip: string, server: string): { readonly health: ServerHealth; readonly reason?: string } {
    const state = this.checked.get(`${vip}/${server}`)?.state ?? UNCHECKED;
    return { health: state.health, ...(state.reason === undefined ? {} : { reason: state.reason }) };
  }

  /** Down, or failing just now: nobody to give another one's buckets to. */
  isSuspect(vip: string, server: string): boolean {
    const { health, against, reason } = this.checked.get(`${vip}/${server}`)?.state ?? UNCHECKED;
    return health === 'down' || (health === 'up' && against > 0) || (health === 'unknown' && reason !== undefined);
  }

  private review(): void {
    const wanted = new Set<string>();
    for (const { vip, server } of this.targets()) {
      const key = `${vip}/${server}`;
      wanted.add(key);
      if (this.checked.has(key)) continue;
      this.checked.set(key, { state: UNCHECKED, cancel: () => undefined });
      void this.check(key, vip, server);
    }
    for (const [key, { cancel }] of this.checked) {
      if (wanted.has(key)) continue;
      cancel();
      this.checked.delete(key);
    }
  }

  private *targets(): Generator<{ readonly vip: string; readonly server: string }> {
    for (const vip of this.host.configuration.vips) {
      if (vip.health === undefined) continue;
      const record = [...this.host.intent.vips.values()].find(({ name }) => name === vip.name);
      const known = record === undefined ? [] : [...recordsOf(this.host.intent, record.id).keys()];
      for (const server of new Set([...vip.servers.map(({ name }) => name), ...known])) yield { vip: vip.name, server };
    }
  }

  private async check(key: string, vip: string, server: string): Promise<void> {
    const entry = this.checked.get(key);
    const found = this.find(vip, server);
    if (entry === undefined || found === undefined || this.stopped) return;
    const { clock, probe } = this.host;
    const startedMs = clock.monotonicMs();
    const result = await probe(found.check, found.target).catch(
      (error: unknown): CheckResult => ({ ok: false, reason: String(error) }),
    );
    if (this.stopped || this.checked.get(key) !== entry) return;
    const before = entry.state.health;
    entry.state = observe(entry.state, result, found.check);
    const { health, reason } = entry.state;
    // One that answers again, and not often enough yet, may have been added by somebody who knows better.
    const isFailing = health === 'down' && result.ok === false;
    if (health !== 'unknown' && (health !== before || isFailing)) {
      this.host.onVerdict(vip, server, health, reason);
    }
    const { reassign } = found.check;
    if (reassign !== undefined && health === 'up') {
      const isDitched = result.ok === false && entry.state.against >= reassign;
      this.host.onDitched(vip, server, isDitched ? reason : undefined);
    }
    const restMs = Math.max(1, found.check.intervalMs - (clock.monotonicMs() - startedMs));
    entry.cancel = clock.after(restMs, () => void this.check(key, vip, server));
  }

  private find(vip: string, server: string): { readonly check: HealthCheck; readonly target: CheckTarget } | undefined {
    const { configuration, intent } = this.host;
    const service = configuration.vips.find(({ name }) => name === vip);
    const record = [...intent.vips.values()].find(({ name }) => name === vip);
    if (service?.health === undefined || record === undefined) return undefined;
    const listed = service.servers.find(({ name }) => name === server);
    const known = recordsOf(intent, record.id).get(server) ?? listed;
    if (known === undefined) return undefined;
    const at = addressOf(known, listed, service.health);
    const counters = `${serviceOf(intent, record.id)}/${'id' in known ? known.id : 0}`;
    return at && { check: service.health, target: { ...at, name: server, counters } };
  }
}

function addressOf(
  { address, port: own }: { readonly address: string; readonly port: ServicePort },
  listed: ServerConfiguration | undefined,
  check: HealthCheck,
): Pick<CheckTarget, 'host' | 'port'> | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(listed?.checkAddress ?? '');
  const elsewhere = match?.[3] === undefined ? undefined : Number(match[3]);
  const port = elsewhere ?? check.port ?? own;
  // A check of a VIP for all ports names its port, or the configuration is refused.
  return port === 'all' ? undefined : { host: match?.[1] ?? match?.[2] ?? address, port };
}
