/**
 * A VIP as the controller serves it, its buckets, and the mapping that is to take the present one's place; part of
 * `Status`.
 */
import type { Affinity, Refused, ServicePort } from '../config/types.ts';

/**
 * How far a bucket is. `steady`: base = current, no state in the switch. `shifting`: new connections go to `current`,
 * unpinned ones to `base`. `learning`: as shifting, and what is left unpinned is being pinned to the base. `sealed`:
 * the last check before the commit. `ready`: it could commit, and waits for the VIP's others to do so with them, to a
 * coming mapping. `settling`: committed (or aborted), pins may still lie in the registers.
 */
export type BucketPhase = 'steady' | 'shifting' | 'learning' | 'sealed' | 'ready' | 'settling';

/**
 * Every bucket of a VIP; the three arrays run parallel, one element a bucket; servers by their id (`ServerStatus.id`).
 * A `current` of 0: each connection's is the one it has in the coming mapping.
 */
export interface BucketMap {
  readonly base: readonly number[];
  readonly current: readonly number[];
  readonly phase: readonly BucketPhase[];
}

/** A virtual address as the controller serves it. */
export interface VipStatus {
  readonly name: string;
  /** IPv4, dotted. */
  readonly address: string;
  readonly port: ServicePort;
  readonly protocol: 'tcp' | 'udp';
  readonly affinity: Affinity;
  /** How many buckets. */
  readonly buckets: number;
  /** What goes into the hash. */
  readonly hashSeed: number;
  readonly bucketMap: BucketMap;
  /** While the mapping changes: what it will be. */
  readonly coming?: ComingMapping;
  /** No server that gets its new connections has room, and so the switch refuses them. */
  readonly refuses?: Refused;
}

/**
 * A mapping that new connections go by already, and that takes the place of a VIP's present one when all its buckets
 * are ready.
 */
export interface ComingMapping {
  readonly buckets: number;
  readonly hashSeed: number;
  readonly affinity: Affinity;
  /** Server of each of its buckets. */
  readonly servers: readonly number[];
  /** Buckets of the present mapping that are ready. */
  readonly ready: number;
}
