/**
 * Translates what the controller says into what the terminal shows. The only place where the UI meets the wire format.
 */
import type { OperationStatus, Plan, ServerStatus, Status, SwitchStatus, VipStatus } from '@mooring/controller/control';
import type {
  ControllerView,
  OperationView,
  PlanView,
  ServerState,
  ServerView,
  SwitchView,
  TrafficView,
} from '../ui/model.ts';
import { absenceText } from './absence-text.ts';

/** `192.0.2.7:51514`, `[2001:db8::7]:51514`, `192.0.2.1:*` for all ports. */
export function endpointText(address: string, port: VipStatus['port'] | undefined): string {
  if (port === undefined) return address;
  const shown = port === 'all' ? '*' : port;
  return address.includes(':') ? `[${address}]:${shown}` : `${address}:${shown}`;
}

/** The state, and whether the operator has switched it off, in one word. */
export function serverState({ state, enabled }: ServerStatus): ServerState {
  return state === 'active' && enabled === false ? 'disabled' : state;
}

/** `swap s2 by s5` */
export function operationTitle(operation: Pick<OperationStatus, 'kind' | 'server' | 'replacement'>): string {
  return operation.replacement
    ? `${operation.kind} ${operation.server} by ${operation.replacement}`
    : `${operation.kind} ${operation.server}`;
}

function operationView(operation: OperationStatus, status: Status): OperationView {
  const { progress, deadlineAtMs, ended } = operation;
  return {
    id: String(operation.id),
    title: operationTitle(operation),
    vip: operation.vip,
    phase: operation.phase === 'finished' ? (operation.outcome ?? 'done') : operation.phase,
    isOver: operation.phase === 'finished',
    isPaused: operation.phase === 'paused',
    awaitsApproval: operation.phase === 'awaiting-approval',
    bucketsTotal: progress.buckets,
    bucketsCommitted: progress.committed,
    bucketsSettled: progress.settled,
    pinsLeft: progress.pinsLeft,
    baseBucketsLeft: progress.baseBucketsLeft,
    elapsedMs: Math.max(0, (operation.finishedAtMs ?? status.nowMs) - operation.startedAtMs),
    startedAtMs: operation.startedAtMs,
    deadlineInMs: deadlineAtMs === undefined ? undefined : deadlineAtMs - status.nowMs,
    message: operation.message,
    ended: (ended ?? []).map(({ clientAddress, clientPort, vipPort }) => {
      const client = endpointText(clientAddress, clientPort);
      return vipPort === undefined ? client : `${client} to port ${vipPort}`;
    }),
    astray: operation.astray ?? 0,
    resets: operation.resets,
    origin: [operation.who ?? '', operation.why ?? ''].filter((text) => text !== '').join(': '),
    plans: plansOf(operation.plan),
    remarks: operation.plan?.remarks ?? [],
  };
}

function plansOf(plan: Plan | undefined): PlanView[] {
  return (plan?.vips ?? []).map((vip) => ({
    vip: vip.vip,
    moves: vip.moves,
    leastMoves: vip.leastMoves,
    liveConnections: vip.liveConnections,
    pinsNeeded: vip.pinsNeeded,
    pinsRoom: vip.pinsRoom,
    expectedDrainMs: vip.expectedDrainMs,
  }));
}

/** Totals that have no place of their own on the screen, by what they are called. */
const COUNTER_NAMES = [
  ['bucketsFlipped', 'buckets flipped'],
  ['bucketsCommitted', 'committed'],
  ['bucketsAborted', 'aborted'],
  ['bucketsUnsealed', 'unsealed'],
  ['pinsRefused', 'pins refused'],
  ['digests', 'digests'],
  ['sweeps', 'sweeps'],
  ['reconnects', 'reconnects'],
] as const satisfies readonly (readonly [keyof Status['counters'], string])[];

/** What goes to all servers of a VIP together; undefined where nobody knows. */
function sumOf(servers: readonly ServerView[], vip: string): TrafficView | undefined {
  let sum: TrafficView | undefined;
  for (const { vip: of, traffic } of servers) {
    if (of !== vip || traffic === undefined) continue;
    sum = {
      packetsPerSecond: (sum?.packetsPerSecond ?? 0) + traffic.packetsPerSecond,
      bytesPerSecond: (sum?.bytesPerSecond ?? 0) + traffic.bytesPerSecond,
    };
  }
  return sum;
}

function switchView(status: SwitchStatus, nowMs: number): SwitchView {
  const { name, address, deviceId, connected, primary, pipeline, slots, error, away } = status;
  const absence = away === undefined ? undefined : absenceText(away, nowMs);
  return { name, address, deviceId, connected, primary, pipeline, slots, error, absence };
}

function serverView(server: ServerStatus, isTold: boolean): ServerView {
  const { id, name, vip, health, weight, buckets, baseBuckets, pins, agent } = server;
  return {
    ...{ id, name, vip, health, weight, buckets, baseBuckets, pins, agent },
    address: endpointText(server.address, server.port),
    state: serverState(server),
    healthReason: server.healthReason ?? '',
    isStandby: server.standby ?? false,
    traffic: isTold ? server.traffic : undefined,
  };
}

/** The view of a status. */
export function controllerView(status: Status): ControllerView {
  const { counters } = status;
  // While no switch can be asked, the last rates are not what goes through now.
  const isTold = status.switches.some(({ connected }) => connected);
  const servers = status.servers.map((server) => serverView(server, isTold));
  return {
    state: status.state,
    version: status.version,
    pid: status.pid,
    epoch: status.epoch,
    pinning: status.pinning,
    servers,
    vips: status.vips.map((vip) => ({
      name: vip.name,
      endpoint: endpointText(vip.address, vip.port),
      protocol: vip.protocol,
      affinity: vip.affinity,
      base: vip.bucketMap.base,
      current: vip.bucketMap.current,
      phase: vip.bucketMap.phase,
      traffic: sumOf(servers, vip.name),
      coming: vip.coming && {
        hash: `seed ${vip.coming.hashSeed}, affinity by ${vip.coming.affinity}`,
        servers: vip.coming.servers,
        ready: vip.coming.ready,
      },
      refuses: vip.refuses,
    })),
    operations: status.operations.map((operation) => operationView(operation, status)),
    pins: counters.pinsExact + counters.registerPins,
    peakPins: counters.pinsExactPeak + counters.registerPinsPeak,
    exactPins: counters.pinsExact,
    registerPins: counters.registerPins,
    astray: counters.astray ?? 0,
    audited: counters.audited ?? 0,
    counters: COUNTER_NAMES.map(([key, name]) => [name, counters[key]]),
    switch: switchView(status.switch, status.nowMs),
    otherSwitches: (status.switches ?? []).slice(1).map((one) => switchView(one, status.nowMs)),
  };
}
