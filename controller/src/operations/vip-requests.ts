/**
 * Requests about a whole VIP: add one, remove one, divide its buckets. What they mean and what speaks against them; `vips.ts` carries
 * them out.
 *
 * A bucket is a connection's hash modulo the number of buckets, so a multiple of the number divides each bucket into several
 * that are still where the old one was: no connection changes server, nothing has to be shifted. Any other number, another
 * seed or another affinity would put living connections into buckets of other servers, with no moment at which all of them
 * are pinned; it is refused, and the way round is a second VIP.
 */
import { readVipDefinition } from '../config/vip-definition.ts';
import type { OperationRequest, Plan } from '../control-api/types.ts';
import type { VipId } from '../shift/types.ts';
import { findVip } from './catalogue.ts';
import { OperationRefusedError } from './errors.ts';
import type { OperationHost } from './host.ts';
import { isWaiting } from './preparation.ts';
import { titleOf } from './resolve.ts';
import type { RunningOperations } from './running.ts';
import { describe } from './status.ts';

const KINDS = ['add-vip', 'remove-vip', 'buckets'];
const MOST_BUCKETS = 65_535;

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
  if (request.kind !== 'remove-vip' && host.shift().awaiting) {
    throw new OperationRefusedError({
      code: 'conflict',
      message: 'a switch is away that may be forwarding, and it would not know of this',
      hint: 'wait until it is back; if it does not forward any more: mooring isolate SWITCH',
    });
  }
  if (request.kind === 'add-vip') {
    const vip = readVipDefinition(request.vip, request.vipDefinition, configuration.vips, configuration.classes);
    const inService = vip.servers.filter(({ spare }) => !spare).length;
    const remarks = [`${vip.buckets} buckets on ${inService} servers; no connection of another VIP is concerned`];
    return { plan: { title, vips: [], remarks, start: 'now' }, vip: intent.nextVip };
  }
  const { record } = findVip(configuration, intent, request.vip);
  const busy = [...running].find(({ record: other }) => other.vip === record.id && !isWaiting(other.phase));
  if (busy !== undefined) {
    throw new OperationRefusedError({
      code: 'conflict',
      field: 'vip',
      message: `operation ${busy.record.id} (${describe(busy.record)}) is running on VIP \`${record.name}\``,
      hint: 'wait for it, or abort it',
    });
  }
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
  checkBuckets(host, record.id, record.buckets, request.buckets!);
  const remarks = ['every bucket is divided where it is: nothing moves'];
  return { plan: { title, vips: [], remarks, start: 'now' }, vip: record.id };
}

function checkBuckets(host: OperationHost, vip: VipId, before: number, after: number): void {
  const refuse = (message: string, hint: string): never => {
    throw new OperationRefusedError({ code: 'conflict', field: 'buckets', message, hint });
  };
  if (after === before) refuse(`the VIP has ${before} buckets already`, 'nothing to do');
  if (after % before !== 0 || after > MOST_BUCKETS) {
    const choices = [2, 3, 4].map((factor) => before * factor).filter((count) => count <= MOST_BUCKETS);
    refuse(
      `${before} buckets can only be divided, into a multiple of their number (up to ${MOST_BUCKETS}): any other number ` +
        'would put living connections into buckets of other servers',
      choices.length === 0 ? 'add a second VIP instead' : `for example ${choices.join(', ')}`,
    );
  }
  const unsettled = (host.shift().vips.get(vip) ?? []).filter(({ phase }) => phase !== 'steady').length;
  if (unsettled > 0) refuse(`${unsettled} buckets of the VIP are not settled yet`, 'try again in a moment');
}
