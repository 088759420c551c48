/**
 * VIPs of the same address, protocol and port, for different classes of clients, are one service and have one number in
 * the switch. It is by that number that slots and pins name a connection and that servers are listed, so a client that
 * comes into another class takes its pins along, and any of the service's servers can have any of its connections. What
 * is each VIP's own are its buckets: their numbers in the switch do not overlap.
 */

import type { VipConfiguration } from '../config/types.ts';
import type { VipId } from '../shift/types.ts';
import { isSameService } from './classes.ts';
import type { Intent, VipRecord } from './types.ts';

/** Numbers that the buckets of a service can have: they have 16 bits. */
const BUCKET_NUMBERS = 65_536;

/** The number of a VIP's service in the switch. */
export function serviceOf({ vips }: Pick<Intent, 'vips'>, vip: VipId): VipId {
  return vips.get(vip)?.service ?? vip;
}

/** The VIPs of a service. */
export function vipsOfService({ vips }: Pick<Intent, 'vips'>, service: VipId): VipRecord[] {
  return [...vips.values()].filter(({ id, service: its = id }) => its === service);
}

/**
 * The service that a new VIP is of, if there is one and it has room for its buckets, and the first of their numbers.
 */
export function joinService(intent: Intent, vip: VipConfiguration): Pick<VipRecord, 'service' | 'firstBucket'> {
  const like = [...intent.vips.values()].find(({ definition }) => definition && isSameService(definition, vip));
  if (like === undefined) return {};
  const service = like.service ?? like.id;
  const firstBucket = freeNumbers(intent, service, vip.buckets);
  return firstBucket === undefined ? {} : { service, firstBucket };
}

/** So many bucket numbers in a row that no VIP of the service uses: the first of them. */
export function freeNumbers(intent: Intent, service: VipId, count: number): number | undefined {
  return freeRanges(intent, service).find((range) => range.count >= count)?.first;
}

/** Bucket numbers that no VIP of a service uses, in ranges by their first number. */
export function freeRanges(intent: Intent, service: VipId): { readonly first: number; readonly count: number }[] {
  const used = vipsOfService(intent, service).flatMap(({ firstBucket = 0, buckets, coming }) => [
    { first: firstBucket, count: buckets },
    ...(coming === undefined ? [] : [{ first: coming.firstBucket, count: coming.buckets }]),
  ]);
  used.sort((a, b) => a.first - b.first);
  const free: { first: number; count: number }[] = [];
  let next = 0;
  for (const { first, count } of [...used, { first: BUCKET_NUMBERS, count: 0 }]) {
    if (first > next) free.push({ first: next, count: first - next });
    next = Math.max(next, first + count);
  }
  return free;
}
