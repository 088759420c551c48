/** Which VIPs an operation is about, so that others wait for it. */
import { serviceOf } from '../intent/services.ts';
import type { Intent, OperationRecord } from '../intent/types.ts';
import type { VipId } from '../shift/types.ts';

/** The VIPs that an operation is about: its own, and those that clients leave and come to by it. */
export function concernedVips({ vip, route }: OperationRecord): readonly VipId[] {
  return route === undefined ? [vip] : [vip, route.from, route.to];
}

/**
 * Whether an operation is in the way of one that is about the whole VIP: of a service one VIP can have a coming mapping
 * at a time.
 */
export function isInTheWay(intent: Intent, record: OperationRecord, vip: VipId): boolean {
  const isRemap = record.mappingBefore !== undefined;
  return concernedVips(record).includes(vip) || (isRemap && serviceOf(intent, record.vip) === serviceOf(intent, vip));
}
