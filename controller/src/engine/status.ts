/** The status as the control socket tells it, made from the engine's present state. Reads only. */
import type { BucketPhase, ServerStatus, Status, VipStatus } from '../control-api/types.ts';
import { completeMapping } from '../intent/mapping.ts';
import type { VipRecord } from '../intent/types.ts';
import { recordsOf } from '../operations/catalogue.ts';
import type { Bucket, ShiftState } from '../shift/state.ts';
import type { Engine } from './engine.ts';
import { vipsOf } from './reconcile.ts';
import { switchStatuses } from './switch-status.ts';

const LINES_SHOWN = 50;

/** What of the status does not come from the engine. */
export interface StatusFrame {
  readonly version: string;
  readonly startedAtMs: number;
  readonly switchAddress: string;
  readonly stopped: boolean;
  /** Whether every server in service has been found, or given up on, for the first time. */
  readonly ready: boolean;
}

/** The status now. */
export function statusOf(engine: Engine, frame: StatusFrame): Status {
  const { configuration, journal, clock, log, pinning } = engine.options;
  const intent = journal.state;
  const { session, shift, totals } = engine;
  const vips = vipsOf(configuration, intent);
  const state = frame.stopped
    ? 'stopped'
    : !engine.serving || !frame.ready
      ? 'starting'
      : session === undefined
        ? 'reconnecting'
        : 'serving';
  const switches = switchStatuses(engine, frame.switchAddress);
  return {
    version: frame.version,
    pid: process.pid,
    startedAtMs: frame.startedAtMs,
    nowMs: clock.wallMs(),
    epoch: intent.epoch,
    state,
    pinning,
    vips: vips.map(({ id, vip }): VipStatus => {
      const assignment = intent.assignments.get(id)!;
      const buckets = shift.vips.get(id) ?? [];
      const refuses = engine.operations.refusals.of(id);
      return {
        name: vip.name,
        address: vip.address,
        port: vip.port,
        protocol: vip.protocol,
        ...completeMapping(vip),
        ...comingOf(intent.vips.get(id)!, buckets),
        ...(refuses === undefined ? {} : { refuses }),
        bucketMap: {
          base: assignment.base.map((base, bucket) => buckets[bucket]?.base ?? base),
          current: assignment.current.map((current, bucket) => buckets[bucket]?.current ?? current),
          phase: assignment.base.map((_, bucket) => phaseOf(buckets[bucket])),
        },
      };
    }),
    classes: intent.classes.map(({ name, prefixes, synRate }) => ({ name, prefixes, synRate })),
    servers: vips.flatMap(({ id, vip }) => serversOf(engine, id, vip.name)),
    operations: engine.operations.list(),
    counters: {
      pinsExact: totals.pinsExact,
      pinsExactPeak: totals.pinsExactPeak,
      registerPins: totals.registerPins,
      registerPinsPeak: totals.registerPinsPeak,
      digests: totals.digests,
      confirmed: totals.confirmed,
      learned: totals.learned,
      releases: totals.releases,
      pinsRefused: totals.pinsRefused,
      astray: totals.astray,
      found: totals.found,
      bucketsInDoubt: bucketsInDoubt(shift),
      audited: totals.audited,
      bucketsFlipped: totals.bucketsFlipped,
      bucketsCommitted: totals.bucketsCommitted,
      bucketsAborted: totals.bucketsAborted,
      bucketsUnsealed: totals.bucketsUnsealed,
      sweeps: totals.sweeps,
      entriesWritten: totals.entriesWritten,
      writes: totals.writes,
      reconnects: totals.reconnects,
    },
    switch: switches[0]!,
    switches,
    log: log.lines.slice(-LINES_SHOWN),
  };
}

function comingOf({ coming }: VipRecord, buckets: readonly Bucket[]): Pick<VipStatus, 'coming'> {
  if (coming === undefined) return {};
  const ready = buckets.filter((bucket) => bucket.ready).length;
  return { coming: { ...completeMapping(coming), servers: coming.servers, ready } };
}

function bucketsInDoubt(shift: ShiftState): number {
  let count = 0;
  for (const vip of shift.doubts.keys()) for (const { inDoubt } of shift.vips.get(vip) ?? []) if (inDoubt) count++;
  return count;
}

/** A bucket that prepares its flip learns as well, only earlier; one that waits for a switch is on its way. */
export function phaseOf(bucket: Bucket | undefined): BucketPhase {
  if (bucket === undefined) return 'steady';
  if (bucket.ready) return 'ready';
  if (bucket.phase === 'waiting') return 'shifting';
  return bucket.phase === 'preparing' ? 'learning' : bucket.phase;
}

function healthOf(engine: Engine, vip: string, server: string): Pick<ServerStatus, 'health' | 'healthReason'> {
  const known = engine.health?.of(vip, server);
  if (known === undefined) return { health: 'unknown' };
  return { health: known.health, ...(known.reason === undefined ? {} : { healthReason: known.reason }) };
}

function serversOf(engine: Engine, vip: number, vipName: string): ServerStatus[] {
  const { configuration, journal } = engine.options;
  const records = recordsOf(journal.state, vip);
  // One to which packets get in two ways, while that changes, is there twice.
  const leaving = [...journal.state.servers.values()].filter(
    (server) => server.vip === vip && server.state === 'draining' && records.get(server.name) !== server,
  );
  const known: ServerStatus[] = [...records.values(), ...leaving].map((server) => {
    const view = engine.shift.servers.get(server.id);
    const agent = engine.agents?.statusOf(server.id);
    return {
      id: server.id,
      name: server.name,
      vip: vipName,
      address: server.address,
      port: server.port,
      weight: server.weight,
      enabled: server.enabled !== false,
      ...healthOf(engine, vipName, server.name),
      state: server.state,
      standby: false,
      buckets: view?.currents ?? 0,
      baseBuckets: view?.bases ?? 0,
      pins: view?.pins.size ?? 0,
      ...(agent === undefined ? {} : { agent }),
    };
  });
  const spares = configuration.vips
    .find((candidate) => candidate.name === vipName)!
    .servers.filter((server) => !records.has(server.name))
    .map(({ name, address, port, weight, standby }): ServerStatus => {
      const nothing = { id: 0, buckets: 0, baseBuckets: 0, pins: 0, enabled: true };
      const health = healthOf(engine, vipName, name);
      return { ...nothing, name, vip: vipName, address, port, weight, ...health, state: 'spare', standby };
    });
  return [...known, ...spares].sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
}
