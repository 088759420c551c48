/**
 * How a VIP's connections are spread over its buckets, and which numbers those have in the switch: what follows from
 * the configuration and the record of a VIP alone.
 */
import type { VipConfiguration } from '../config/types.ts';
import { type HashParameters, multiplierOf } from '../shift/bucket-hash.ts';
import type { BucketName, VipId } from '../shift/types.ts';
import { serviceOf, vipsOfService } from './services.ts';
import type { Intent, MappingConfiguration } from './types.ts';

/** The seed of a VIP whose configuration names none. */
export const FIRST_HASH_SEED = 0;

/** A mapping with the seed that it has where none is named. */
export function completeMapping(mapping: MappingConfiguration): Required<MappingConfiguration> {
  const { buckets, hashSeed = FIRST_HASH_SEED, affinity } = mapping;
  return { buckets, hashSeed, affinity };
}

/** What a VIP's connections are hashed with. */
export function hashOf(mapping: MappingConfiguration): HashParameters {
  const { buckets, hashSeed, affinity } = completeMapping(mapping);
  // By client address and port, or by address alone.
  return { buckets, seed: multiplierOf(hashSeed), portMask: affinity === 'client' ? 0 : 0xffff };
}

/** Whether two mappings differ in the number of buckets at most: then a connection's hash is the same in both. */
export function isHashedAlike(one: MappingConfiguration, other: MappingConfiguration): boolean {
  const [a, b] = [hashOf(one), hashOf(other)];
  return a.seed === b.seed && a.portMask === b.portMask;
}

/** What a connection's key says of the service's port: nothing where it has only one. */
export function vipPortOf({ port }: Pick<VipConfiguration, 'port'>, connectedTo: number): number {
  return port === 'all' ? connectedTo : 0;
}

/** A bucket's number in the switch: those of a VIP begin with another one after each change of mapping. */
export function switchBucket(intent: Intent, { vip, bucket }: BucketName): readonly [service: VipId, number: number] {
  return [serviceOf(intent, vip), (intent.vips.get(vip)?.firstBucket ?? 0) + bucket];
}

/** The bucket of a number in the switch; undefined where it is nobody's any more. */
export function bucketOfSwitch(intent: Intent, service: VipId, number: number): BucketName | undefined {
  for (const { id: vip, firstBucket = 0, buckets } of vipsOfService(intent, service)) {
    if (number >= firstBucket && number < firstBucket + buckets) return { vip, bucket: number - firstBucket };
  }
  return undefined;
}

/** Whether the switch cannot watch handshakes of the VIP's connections, so that they are learned before a flip. */
export function isOneWay(vip: VipConfiguration): boolean {
  return vip.protocol === 'udp' || vip.forwarding !== undefined;
}
