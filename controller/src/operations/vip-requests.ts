/**
 * Requests about a whole VIP: add one, remove one, change its mapping. What they mean and what speaks against them;
 * `vips.ts` and `remap.ts` carry them out.
 */
import { readVipDefinition } from '../config/vip-definition.ts';
import type { OperationRequest, Plan } from '../control-api/types.ts';
import { isOneWay } from '../intent/mapping.ts';
import type { Intent, VipRecord } from '../intent/types.ts';
import { planRemap, type RemapPlanInput } from '../planning/plan-remap.ts';
import type { ServerId, VipId } from '../shift/types.ts';
import { findVip, inService, type KnownVip } from './catalogue.ts';
import { resolveClientMove } from './client-moves.ts';
import { isInTheWay } from './concerned.ts';
import { NotYetError, OperationRefusedError } from './errors.ts';
import { checkNotLent } from './fallback.ts';
import type { OperationHost } from './host.ts';
import { comingMapping, mappingOf, resolveMapping } from './mappings.ts';
import { isWaiting, silentRemark } from './preparation.ts';
import { checkRoom, reclassesOf } from './reclass.ts';
import { sharesNow, titleOf } from './resolve.ts';
import type { RunningOperations } from './running.ts';
import { describe } from './status.ts';

const KINDS = ['add-vip', 'remove-vip', 'buckets', 'remap', 'reclass'];

/** Whether it is about a whole VIP. */
export function isVipRequest({ kind }: { readonly kind: string }): boolean {
  return KINDS.includes(kind);
}

/** @throws OperationRefusedError */
export function planVipRequest(
  host: OperationHost,
  running: RunningOperations,
  request: OperationRequest,
): { readonly plan: Plan; readonly vip: VipId } {
  const { configuration, intent } = host;
  const title = titleOf(request);
  if (request.kind !== 'remove-vip') checkAllThere(host);
  if (request.kind === 'add-vip') {
    const vip = readVipDefinition(request.vip, request.vipDefinition, configuration.vips, configuration.classes);
    const inService = vip.servers.filter(({ spare }) => !spare).length;
    const remarks = [`${vip.buckets} buckets on ${inService} servers; no connection of another VIP is concerned`];
    return { plan: { title, vips: [], remarks, start: 'now' }, vip: intent.nextVip };
  }
  if (request.kind === 'reclass') return planReclass(host, running, request);
  const { record, configuration: configured } = findVip(configuration, intent, request.vip);
  checkIdle(intent, running, record);
  if (request.kind === 'remove-vip') {
    if (intent.vips.size === 1) {
      throw new OperationRefusedError({
        code: 'conflict',
        field: 'vip',
        message: `VIP \`${record.name}\` is the last one`,
        hint: 'stop the controller instead',
      });
    }
    checkNotLent(intent, record.id, inService(intent, record.id));
    const remarks = ['new connections are dropped from now on; those that live are waited for until the deadline'];
    return { plan: { title, vips: [], remarks, start: 'now' }, vip: record.id };
  }
  return { plan: planMapping(host, { record, configuration: configured }, request), vip: record.id };
}

/**
 * Nothing else is to be under way on a VIP that changes as a whole, and every switch is to hear of it. @throws
 * NotYetError
 */
export function checkVipFree(host: OperationHost, running: RunningOperations, vip: VipRecord): void {
  checkAllThere(host);
  checkIdle(host.intent, running, vip);
}

function checkAllThere(host: OperationHost): void {
  if (!host.shift().awaiting) return;
  const message = 'a switch is away that may be forwarding, and it would not know of this';
  const hint = 'wait until it is back (--queue); if it does not forward any more: mooring isolate SWITCH';
  throw new NotYetError({ message, hint }, false);
}

function checkIdle(intent: Intent, running: RunningOperations, { id, name }: VipRecord): void {
  const busy = [...running].find(({ record }) => isInTheWay(intent, record, id) && !isWaiting(record.phase));
  if (busy === undefined) return;
  const message = `operation ${busy.record.id} (${describe(busy.record)}) is running on VIP \`${name}\``;
  throw new NotYetError({ field: 'vip', message, hint: 'wait for it (--queue), or abort it' }, false);
}

function checkSettled(host: OperationHost, { id, name }: VipRecord): void {
  const unsettled = (host.shift().vips.get(id) ?? []).filter(({ phase }) => phase !== 'steady').length;
  if (unsettled === 0) return;
  const message = `${unsettled} buckets of VIP \`${name}\` are not settled yet`;
  throw new NotYetError({ field: 'vip', message, hint: 'wait for them (--queue)' }, false);
}

function planReclass(
  host: OperationHost,
  running: RunningOperations,
  request: OperationRequest,
): { readonly plan: Plan; readonly vip: VipId } {
  const { configuration, intent } = host;
  const title = titleOf(request);
  const busy = reclassesOf(running)[0];
  if (busy !== undefined) {
    const message = `operation ${busy.record.id} (${describe(busy.record)}) moves clients just now`;
    throw new NotYetError({ field: 'classes', message, hint: 'wait for it (--queue), or abort it' }, false);
  }
  const move = resolveClientMove(configuration, intent, request);
  for (const { record } of move.vips.flatMap(({ from, to }) => [from, to])) {
    checkIdle(intent, running, record);
    checkSettled(host, record);
  }
  checkRoom(host, move);
  const first = move.vips[0]?.from.record.id ?? 0;
  if (move.vips.length === 0) {
    return { plan: { title, vips: [], remarks: ['every client stays at its VIP'], start: 'now' }, vip: first };
  }
  const plans = move.vips.map(({ from, to }) => {
    const [before, after] = [mappingOf(from), mappingOf(to)];
    const [current, coming] = [from, to].map(({ record }) => intent.assignments.get(record.id)!.current) as [
      ServerId[],
      ServerId[],
    ];
    return remapPlan(host, from, { before, after, current, coming }, to.record.id).plan;
  });
  const remarks = [
    `new connections of ${move.prefixes.join(', ')} go to the other VIP at once; each that lives stays where it is`,
    'the connections are those of all clients of the VIP: how many are of these is not known',
    ...plans
      .flatMap(({ estimate }) => (estimate === 'agents' ? [] : [silentRemark(configuration.timers.idleMs)]))
      .slice(0, 1),
  ];
  return { plan: { title, vips: plans, remarks, start: 'now' }, vip: first };
}

/** What a change of mapping would do. @param sharers the VIP whose servers then serve, each as its weight says */
function remapPlan(
  { intent, configuration, estimate }: OperationHost,
  { record, configuration: configured }: KnownVip,
  change: Pick<RemapPlanInput, 'before' | 'after' | 'current' | 'coming'>,
  sharers: VipId,
): ReturnType<typeof planRemap> {
  return planRemap({
    vip: record.name,
    ...change,
    weights: new Map(sharesNow(intent, sharers).map(({ server, weight }) => [server, weight])),
    nameOf: (server) => intent.servers.get(server)?.name ?? `server ${server}`,
    estimate: estimate(record.id),
    timers: configuration.timers,
    oneWay: isOneWay(configured),
  });
}

function planMapping(host: OperationHost, vip: KnownVip, request: OperationRequest): Plan {
  const { intent, configuration } = host;
  const { record } = vip;
  const title = titleOf(request);
  const change = resolveMapping(intent, vip, request);
  checkSettled(host, record);
  if (change.isDivision) {
    return { title, vips: [], remarks: ['every bucket is divided where it is: nothing moves'], start: 'now' };
  }
  const { current } = intent.assignments.get(record.id)!;
  const coming = comingMapping(intent, record, change).servers;
  const { plan, movedShare } = remapPlan(host, vip, { ...change, current, coming }, record.id);
  const percent = Math.round(100 * movedShare);
  const remarks = [
    `new connections go by the new mapping at once, ${percent} % of them to another server than before; each that lives stays where it is`,
    isOneWay(vip.configuration)
      ? 'every connection that speaks is pinned first; pins that the new mapping makes superfluous go with it'
      : 'pins that the new mapping makes superfluous go with it',
    ...(plan.estimate === 'agents' ? [] : [silentRemark(configuration.timers.idleMs)]),
  ];
  return { title, vips: [plan], remarks, start: 'now' };
}
