/**
 * Servers of everybody that stand in for those of a class. The VIPs of a service have one number in the switch, so a
 * bucket of one may have any server of the other. A server that others' buckets are on cannot leave: that would have to
 * move buckets of two VIPs.
 */
import type { Configuration, Fallback, VipConfiguration } from '../config/types.ts';
import { EVERYBODY } from '../intent/classes.ts';
import { serviceOf, vipsOfService } from '../intent/services.ts';
import type { Intent, ServerRecord, VipRecord } from '../intent/types.ts';
import type { VipId } from '../shift/types.ts';
import { OperationRefusedError } from './errors.ts';

/** The VIP for everybody of a VIP's service, and when the VIP's clients may come there; undefined: never. */
export function fallbackOf(
  configuration: Configuration,
  intent: Intent,
  vip: VipId,
): { readonly when: Fallback; readonly general: VipRecord } | undefined {
  const configured = ({ name }: VipRecord): VipConfiguration | undefined =>
    configuration.vips.find((candidate) => candidate.name === name);
  const when = configured(intent.vips.get(vip)!)?.fallback;
  const others = vipsOfService(intent, serviceOf(intent, vip));
  const general = others.find((other) => other.id !== vip && configured(other)?.class === EVERYBODY);
  return when === undefined || general === undefined ? undefined : { when, general };
}

/** @throws OperationRefusedError where one of the servers has buckets of another VIP */
export function checkNotLent(intent: Intent, vip: VipId, leaving: readonly ServerRecord[]): void {
  for (const { id, name, moving } of vipsOfService(intent, serviceOf(intent, vip))) {
    // Until clients that move are there, whatever concerns their servers waits anyway.
    if (id === vip || moving !== undefined) continue;
    const { base, current } = intent.assignments.get(id)!;
    const lent = leaving.find((server) => base.includes(server.id) || current.includes(server.id));
    if (lent === undefined) continue;
    throw new OperationRefusedError({
      code: 'conflict',
      field: 'server',
      message: `server \`${lent.name}\` stands in for servers of VIP \`${name}\``,
      hint: `bring one of these back first: mooring add SERVER --vip ${name}`,
    });
  }
}
