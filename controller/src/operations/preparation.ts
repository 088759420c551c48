/**
 * Everything about a request that can be said without acting: what it means, what it would move, whether something is
 * in the way, and whether a person has to consent first. Used when a request comes in, when a plan is asked for, and
 * again when an operation that waited is about to start, so that what starts is always right for the moment in which it
 * starts.
 */
import type { ServerConfiguration } from '../config/types.ts';
import type { OperationRequest, Plan } from '../control-api/types.ts';
import { planVip } from '../planning/plan.ts';
import type { ServerId, VipId } from '../shift/types.ts';
import { checkRequest } from './abilities.ts';
import { findVip } from './catalogue.ts';
import { concernedVips } from './concerned.ts';
import { NotYetError, OperationRefusedError } from './errors.ts';
import type { OperationHost } from './host.ts';
import { type Resolved, resolveRequest, serversOf, sharesAfter, sharesNow, titleOf } from './resolve.ts';
import type { RunningOperations } from './running.ts';
import { describe } from './status.ts';
import { checkVipFree, isVipRequest, planVipRequest } from './vip-requests.ts';

/** A request that has been looked at. */
export interface Prepared {
  readonly start: Plan['start'];
  readonly plan: Plan;
  /** Undefined where it waits, or is about a whole VIP. */
  readonly resolved: Resolved | undefined;
  readonly vip: VipId;
}

/** @throws OperationRefusedError */
export function prepareRequest(host: OperationHost, running: RunningOperations, request: OperationRequest): Prepared {
  try {
    return prepareNow(host, running, request);
  } catch (error) {
    if (!(error instanceof OperationRefusedError) || !mayWait(error, running, request)) throw error;
    const vip = request.kind === 'reclass' ? 0 : findVip(host.configuration, host.intent, request.vip).record.id;
    const plan: Plan = { title: titleOf(request), vips: [], remarks: [error.body.message], start: 'queue' };
    return { start: 'queue', plan, resolved: undefined, vip };
  }
}

/** What speaks against it now may be over later. */
function mayWait(error: OperationRefusedError, running: RunningOperations, request: OperationRequest): boolean {
  if (request.kind === 'add-vip') return false;
  if (error instanceof NotYetError) return request.queue === true || error.waitsUnasked;
  const isSomeRunning = [...running].some(({ record }) => !isWaiting(record.phase));
  return request.queue === true && error.body.code === 'conflict' && isSomeRunning;
}

function prepareNow(host: OperationHost, running: RunningOperations, request: OperationRequest): Prepared {
  const { configuration, intent } = host;
  checkRequest(host, request);
  if (isVipRequest(request)) {
    const { plan, vip } = planVipRequest(host, running, request);
    const start = !request.approve && asks(host, request.kind, 0) ? 'approval' : 'now';
    return { start, plan: { ...plan, start }, resolved: undefined, vip };
  }
  if (request.kind === 'forwarding') checkVipFree(host, running, findVip(configuration, intent, request.vip).record);
  const resolved = resolveRequest(configuration, intent, request);
  checkFree(host, running, resolved);
  const plan = planOf(host, request, resolved);
  const share = Math.max(0, ...plan.vips.map(({ moves, buckets }) => moves / buckets));
  const start = !request.approve && asks(host, request.kind, share) ? 'approval' : 'now';
  return { start, plan: { ...plan, start }, resolved, vip: resolved.vip.record.id };
}

/** Whether an operation in this phase has not begun. */
export function isWaiting(phase: string): boolean {
  return phase === 'queued' || phase === 'awaiting-approval';
}

/** What nobody can know without agents (rule R12). */
export function silentRemark(idleMs: number): string {
  return `a live connection that is silent for more than ${Math.round(idleMs / 1000)} s breaks when its bucket commits`;
}

/** Over how long an operation moves its buckets. */
export function rampOf(host: OperationHost, request: OperationRequest): number {
  const comes = request.kind === 'add' || request.kind === 'enable' || request.kind === 'change';
  return request.rampMs ?? (comes ? host.configuration.policy.slowStartMs : 0);
}

function asks(host: OperationHost, kind: string, share: number): boolean {
  const { approval, askAbove } = host.configuration.policy;
  return (approval[kind] ?? approval.default) === 'ask' || share > askAbove;
}

function planOf(host: OperationHost, request: OperationRequest, resolved: Resolved): Plan {
  const { intent, configuration } = host;
  const { vip, coming, leaving } = resolved;
  const idOf = (_: ServerConfiguration, index: number): ServerId => -1 - index;
  const names = new Map<ServerId, string>(coming.map((server, index) => [-1 - index, server.name]));
  const { base, current } = intent.assignments.get(vip.record.id)!;
  const estimate = host.estimate(vip.record.id);
  const deadlineMs = request.deadlineMs ?? configuration.timers.drainDeadlineMs;
  const { plan } = planVip({
    vip: vip.record.name,
    current,
    base,
    sharesBefore: sharesNow(intent, vip.record.id),
    shares: sharesAfter(intent, resolved, idOf),
    swaps: resolved.isSwap ? leaving.map(({ id }, index) => [id, -1 - index]) : [],
    nameOf: (server) => names.get(server) ?? intent.servers.get(server)?.name ?? `server ${server}`,
    leaving: new Set(leaving.map(({ id }) => id)),
    estimate,
    timers: configuration.timers,
    deadlineMs,
    rampMs: rampOf(host, request),
  });
  const remarks: string[] = [];
  if (resolved.forwarding !== undefined) {
    remarks.push('a server is to take packets in both ways until its old connections have ended');
  }
  // Agents do not tell in which way a connection came.
  if ((estimate.source !== 'agents' || resolved.forwarding !== undefined) && plan.moves > 0) {
    remarks.push(silentRemark(configuration.timers.idleMs));
  }
  if (leaving.length > 0 && deadlineMs > 0) {
    remarks.push(`what is left after ${Math.round(deadlineMs / 1000)} s is listed and ended`);
  } else if (leaving.length > 0) {
    remarks.push('a connection that never ends blocks the drain: there is no deadline');
  }
  if (plan.pinsNeeded !== undefined && plan.pinsRoom !== undefined && plan.pinsNeeded > plan.pinsRoom) {
    remarks.push('the pins may not fit: new connections that find no room stay with the old server');
  }
  return { title: titleOf(request), vips: [plan], remarks, start: 'now' };
}

/** No server may take part in two operations. @throws NotYetError */
function checkFree(host: OperationHost, running: RunningOperations, resolved: Resolved): void {
  const { intent } = host;
  const names = serversOf(resolved, intent);
  for (const { record } of running) {
    if (record.kind === 'failover' || isWaiting(record.phase)) continue;
    if (!concernedVips(record).includes(resolved.vip.record.id)) continue;
    const takesAll = isVipRequest(record) || record.kind === 'forwarding';
    const part = [...record.leaving, ...record.coming, ...record.shares.map(({ server }) => server)];
    const name = part
      .map((id) => intent.servers.get(id)?.name)
      .find((other) => other !== undefined && names.has(other));
    if (name === undefined && !takesAll) continue;
    const who = name === undefined ? 'the VIP' : `server \`${name}\``;
    const message = `${who} takes part in operation ${record.id} (${describe(record)})`;
    const hint = `wait for it (--queue), or abort it: mooring abort ${record.id}`;
    // Such an operation is about all servers as they are.
    throw new NotYetError({ field: 'server', message, hint }, takesAll);
  }
}
