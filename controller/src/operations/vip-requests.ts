/**
 * Requests about a whole VIP: add one, remove one, change its mapping. What they mean and what speaks against them; `vips.ts` and `remap.ts`
 * carry them out.
 */
import { readVipDefinition } from '../config/vip-definition.ts';
import type { OperationRequest, Plan } from '../control-api/types.ts';
import { isOneWay } from '../intent/mapping.ts';
import type { VipRecord } from '../intent/types.ts';
import { planRemap } from '../planning/plan-remap.ts';
import type { VipId } from '../shift/types.ts';
import { findVip, type KnownVip } from './catalogue.ts';
import { NotYetError, OperationRefusedError } from './errors.ts';
import type { OperationHost } from './host.ts';
import { comingMapping, resolveMapping } from './mappings.ts';
import { isWaiting, silentRemark } from './preparation.ts';
import { sharesNow, titleOf } from './resolve.ts';
import type { RunningOperations } from './running.ts';
import { describe } from './status.ts';

const KINDS = ['add-vip', 'remove-vip', 'buckets', 'remap'];

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
  const { record, configuration: configured } = findVip(configuration, intent, request.vip);
  checkIdle(running, record);
  if (request.kind === 'remove-vip') {
    if (intent.vips.size === 1) {
      throw new OperationRefusedError({
        code: 'conflict',
        field: 'vip',
        message: `VIP \`${record.name}\` is the last one`,
        hint: 'stop the controller instead',
      });
    }
    const remarks = ['new connections are dropped from now on; those that live are waited for until the deadline'];
    return { plan: { title, vips: [], remarks, start: 'now' }, vip: record.id };
  }
  return { plan: planMapping(host, { record, configuration: configured }, request), vip: record.id };
}

/** Nothing else is to be under way on a VIP that changes as a whole, and every switch is to hear of it. @throws NotYetError */
export function checkVipFree(host: OperationHost, running: RunningOperations, vip: VipRecord): void {
  checkAllThere(host);
  checkIdle(running, vip);
}

function checkAllThere(host: OperationHost): void {
  if (!host.shift().awaiting) return;
  const message = 'a switch is away that may be forwarding, and it would not know of this';
  const hint = 'wait until it is back (--queue); if it does not forward any more: mooring isolate SWITCH';
  throw new NotYetError({ message, hint }, false);
}

function checkIdle(running: RunningOperations, { id, name }: VipRecord): void {
  const busy = [...running].find(({ record }) => record.vip === id && !isWaiting(record.phase));
  if (busy === undefined) return;
  const message = `operation ${busy.record.id} (${describe(busy.record)}) is running on VIP \`${name}\``;
  throw new NotYetError({ field: 'vip', message, hint: 'wait for it (--queue), or abort it' }, false);
}

function planMapping(host: OperationHost, vip: KnownVip, request: OperationRequest): Plan {
  const { intent, configuration } = host;
  const { record } = vip;
  const title = titleOf(request);
  const change = resolveMapping(intent, vip, request);
  const unsettled = (host.shift().vips.get(record.id) ?? []).filter(({ phase }) => phase !== 'steady').length;
  if (unsettled > 0) {
    const message = `${unsettled} buckets of the VIP are not settled yet`;
    throw new OperationRefusedError({ code: 'conflict', field: 'vip', message, hint: 'try again in a moment' });
  }
  if (change.isDivision) {
    return { title, vips: [], remarks: ['every bucket is divided where it is: nothing moves'], start: 'now' };
  }
  const oneWay = isOneWay(vip.configuration);
  const { plan, movedShare } = planRemap({
    vip: record.name,
    ...change,
    current: intent.assignments.get(record.id)!.current,
    coming: comingMapping(intent, record, change).servers,
    weights: new Map(sharesNow(intent, record.id).map(({ server, weight }) => [server, weight])),
    nameOf: (server) => intent.servers.get(server)?.name ?? `server ${server}`,
    estimate: host.estimate(record.id),
    timers: configuration.timers,
    oneWay,
  });
  const percent = Math.round(100 * movedShare);
  const remarks = [
    `new connections go by the new mapping at once, ${percent} % of them to another server than before; each that lives stays where it is`,
    oneWay
      ? 'every connection that speaks is pinned first; pins that the new mapping makes superfluous go with it'
      : 'pins that the new mapping makes superfluous go with it',
    ...(plan.estimate === 'agents' ? [] : [silentRemark(configuration.timers.idleMs)]),
  ];
  return { title, vips: [plan], remarks, start: 'now' };
}
