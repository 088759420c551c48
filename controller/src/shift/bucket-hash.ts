/**
 * Which bucket a connection falls into, computed as the switch does (p4/v1model/bucket-hash.p4): client port (masked;
 * of a VIP for all ports with the service's port by exclusive or) and address, mixed with each other by multiplications
 * with the seed, then CRC-32 over port, seed and address, modulo the number of buckets. Needed where the switch does
 * not say it: of pins read back, of connections that agents list, of whatever was reported by a bucket of a mapping
 * that is no longer the VIP's, and for the coming mapping of a VIP.
 */
import { crc32 } from '../journal/crc32.ts';
import { type IpAddress, toIpv6Bits } from '../text/addresses.ts';
import { connectionParts } from './connection-key.ts';
import type { ConnectionKey } from './types.ts';

/** What a VIP's hash depends on. */
export interface HashParameters {
  readonly buckets: number;
  /** As the switch multiplies with it (`multiplierOf`). */
  readonly seed: number;
  /** 0xffff, or 0 for affinity by client. */
  readonly portMask: number;
}

/**
 * The number that the switch is given for a seed, both of 32 bits. Seed 0 stays 0, by which nothing is mixed. Any other
 * becomes an odd number with bits all over, for products with small or even numbers mix little: the finalizer of
 * MurmurHash3 spreads it.
 */
export function multiplierOf(seed: number): number {
  if (seed === 0) return 0;
  const once = Math.imul(seed ^ (seed >>> 16), 0x85ebca6b);
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35);
  return ((twice ^ (twice >>> 16)) | 1) >>> 0;
}

/** The bucket of a client's connection. @param vipPort as in its key */
export function bucketOfConnection(
  { buckets, seed, portMask }: HashParameters,
  clientAddress: IpAddress,
  clientPort: number,
  vipPort: number,
): number {
  const words = wordsOf(clientAddress);
  let mixed = 0;
  for (const word of words) mixed = Math.imul(mixed ^ (mixed >>> 16) ^ word, seed);
  const port = ((clientPort ^ vipPort) & portMask) ^ (mixed >>> 16);
  const bytes = new DataView(new ArrayBuffer(6 + 4 * words.length));
  bytes.setUint16(0, port);
  bytes.setUint32(2, seed);
  for (const [index, word] of words.entries()) bytes.setUint32(6 + 4 * index, word);
  const last = bytes.byteLength - 4;
  bytes.setUint32(last, bytes.getUint32(last) ^ Math.imul(port, seed));
  return crc32(new Uint8Array(bytes.buffer)) % buckets;
}

/** The address in words of 32 bits, the first one first. */
function wordsOf(address: IpAddress): number[] {
  if (typeof address === 'number') return [address];
  const bits = toIpv6Bits(address);
  return [96n, 64n, 32n, 0n].map((shift) => Number(BigInt.asUintN(32, bits >> shift)));
}

/** The bucket of a connection, by its key. */
export function bucketOfKey(hash: HashParameters, key: ConnectionKey): number {
  const [, ...ends] = connectionParts(key);
  return bucketOfConnection(hash, ...ends);
}
