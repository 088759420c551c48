/**
 * Which bucket a connection falls into, computed as the switch does (`hash` in p4/v1model): CRC-32 over client port (masked; of a VIP for
 * all ports with the service's port by exclusive or), seed and client address, modulo the number of buckets. Needed where the switch does not say it: of pins read back, of connections that agents
 * list, of whatever was reported by a bucket of a mapping that is no longer the VIP's, and for the coming mapping of a VIP.
 */
import { crc32 } from '../journal/crc32.ts';
import { type IpAddress, toIpv6Bits } from '../text/addresses.ts';
import { connectionParts } from './connection-key.ts';
import type { ConnectionKey } from './types.ts';

/** What a VIP's hash depends on. */
export interface HashParameters {
  readonly buckets: number;
  readonly seed: number;
  /** 0xffff, or 0 for affinity by client. */
  readonly portMask: number;
}

/** The bucket of a client's connection. @param vipPort as in its key */
export function bucketOfConnection(
  hash: HashParameters,
  clientAddress: IpAddress,
  clientPort: number,
  vipPort: number,
): number {
  const isIpv4 = typeof clientAddress === 'number';
  const bytes = new Uint8Array(isIpv4 ? 10 : 22);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, (clientPort ^ vipPort) & hash.portMask);
  view.setUint32(2, hash.seed);
  if (isIpv4) {
    view.setUint32(6, clientAddress);
  } else {
    const bits = toIpv6Bits(clientAddress);
    view.setBigUint64(6, bits >> 64n);
    view.setBigUint64(14, BigInt.asUintN(64, bits));
  }
  return crc32(bytes) % hash.buckets;
}

/** The bucket of a connection, by its key. */
export function bucketOfKey(hash: HashParameters, key: ConnectionKey): number {
  const [, ...ends] = connectionParts(key);
  return bucketOfConnection(hash, ...ends);
}
