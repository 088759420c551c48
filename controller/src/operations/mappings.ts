/**
 * What a request to change a VIP's mapping (seed, number of buckets, affinity) means: from which mapping to which,
 * whether it can be had by dividing buckets where they are, and whether there is room for two mappings side by side.
 *
 * A bucket is a connection's hash modulo the number of buckets, so a multiple of the number alone divides each bucket
 * into several that are still where the old one was: no connection changes server, nothing has to be shifted. Anything
 * else is a remap.
 */
import { assign } from '../assignment/assign.ts';
import type { OperationRequest } from '../control-api/types.ts';
import { completeMapping, isHashedAlike } from '../intent/mapping.ts';
import { freeNumbers, freeRanges } from '../intent/services.ts';
import type { ComingRecord, Intent, MappingConfiguration, VipRecord } from '../intent/types.ts';
import type { KnownVip } from './catalogue.ts';
import { OperationRefusedError } from './errors.ts';
import { sharesNow } from './resolve.ts';

/** A change of mapping. */
export interface MappingChange {
  readonly before: Required<MappingConfiguration>;
  readonly after: Required<MappingConfiguration>;
  /** Each bucket is divided where it is, and nothing moves. */
  readonly isDivision: boolean;
}

/** @throws OperationRefusedError where nothing would change, or there is no room for it */
export function resolveMapping(intent: Intent, vip: KnownVip, request: OperationRequest): MappingChange {
  const { record } = vip;
  const before = mappingOf(vip);
  const after = {
    buckets: request.buckets ?? before.buckets,
    hashSeed: request.hashSeed ?? before.hashSeed,
    affinity: request.affinity ?? before.affinity,
  };
  const isSameHash = isHashedAlike(before, after);
  const refuse = (field: string, message: string, hint: string): never => {
    throw new OperationRefusedError({ code: 'conflict', field, message, hint });
  };
  if (isSameHash && after.buckets === before.buckets) {
    const is = `${before.buckets} buckets, seed ${before.hashSeed} and affinity by ${before.affinity}`;
    refuse(request.kind === 'buckets' ? 'buckets' : 'vip', `the VIP has ${is} already`, 'nothing to do');
  }
  const servers = sharesNow(intent, record.id).length;
  if (servers === 0) refuse('vip', 'none of its own servers is in service', 'bring one back first: mooring add');
  if (after.buckets < servers) {
    refuse('buckets', `${after.buckets} buckets are not enough for ${servers} servers in service`, 'name more');
  }
  const free = freeRanges(intent, record.service ?? record.id);
  const behind = free.find(({ first }) => first === (record.firstBucket ?? 0) + before.buckets)?.count ?? 0;
  const isMultiple = isSameHash && after.buckets % before.buckets === 0;
  const isDivision = isMultiple && after.buckets - before.buckets <= behind;
  const room = Math.max(0, ...free.map(({ count }) => count));
  if (!isDivision && room < after.buckets) {
    refuse('buckets', `beside its ${before.buckets} buckets the VIP can have ${room} of another mapping`, 'name fewer');
  }
  return { before, after, isDivision };
}

/** The mapping of a VIP in service. */
export function mappingOf({ record, configuration }: KnownVip): Required<MappingConfiguration> {
  return completeMapping({ ...configuration, buckets: record.buckets });
}

/**
 * A coming mapping with its servers: shares as the weights say, and where the hash is the same as few connections as
 * possible elsewhere.
 */
export function comingMapping(intent: Intent, record: VipRecord, { before, after }: MappingChange): ComingRecord {
  const nobody = new Array<number>(after.buckets).fill(0);
  const { current } = intent.assignments.get(record.id)!;
  // A connection's two buckets are congruent modulo every number that divides both numbers of buckets.
  const likely = isHashedAlike(before, after) ? nobody.map((_, bucket) => current[bucket % before.buckets]!) : nobody;
  const servers = assign(nobody, likely, sharesNow(intent, record.id));
  return { ...after, firstBucket: freeNumbers(intent, record.service ?? record.id, after.buckets)!, servers };
}
