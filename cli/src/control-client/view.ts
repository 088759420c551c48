/** Translates what the controller says into what the terminal shows. The only place where the UI meets the wire format. */
import type { OperationStatus, Status } from '@mooring/controller/control';
import type { ControllerView, OperationView, ServerState } from '../ui/model.ts';

const SERVER_STATES = {
  spare: 'standby',
  joining: 'active',
  active: 'active',
  draining: 'draining',
  drained: 'drained',
} as const satisfies Record<string, ServerState>;

/** `swap s2 by s5` */
export function operationTitle(operation: Pick<OperationStatus, 'kind' | 'server' | 'replacement'>): string {
  return operation.replacement
    ? `${operation.kind} ${operation.server} by ${operation.replacement}`
    : `${operation.kind} ${operation.server}`;
}

function operationView(operation: OperationStatus, nowMs: number): OperationView {
  return {
    id: String(operation.id),
    title: operationTitle(operation),
    phase: operation.phase === 'finished' ? (operation.outcome ?? 'done') : operation.phase,
    isOver: operation.phase === 'finished',
    bucketsTotal: operation.progress.buckets,
    bucketsCommitted: operation.progress.committed,
    elapsedMs: Math.max(0, (operation.finishedAtMs ?? nowMs) - operation.startedAtMs),
  };
}

/** The view of a status. */
export function controllerView(status: Status): ControllerView {
  return {
    servers: status.servers.map((server) => ({
      id: server.id,
      name: server.name,
      address: `${server.address}:${server.port}`,
      state: SERVER_STATES[server.state],
      health: server.health,
      buckets: server.buckets,
      pins: server.pins,
    })),
    vips: status.vips.map((vip) => ({
      name: vip.name,
      endpoint: `${vip.address}:${vip.port}`,
      protocol: vip.protocol,
      base: vip.bucketMap.base,
      current: vip.bucketMap.current,
      inShift: vip.bucketMap.phase.map((phase) => phase === 'shifting' || phase === 'learning' || phase === 'sealed'),
    })),
    operations: status.operations.map((operation) => operationView(operation, status.nowMs)),
    pins: status.counters.pinsExact + status.counters.registerPins,
    peakPins: status.counters.pinsExactPeak + status.counters.registerPinsPeak,
    switchAddress: status.switch.address,
    switchConnected: status.switch.connected,
  };
}
