/**
 * The hash algorithms a BMv2 program can name, on a byte range.
 *
 * CRCs are table driven in their reflected or plain form; the 8, 16 and 32 bit ones stay in JavaScript's 32-bit
 * integers because every packet may compute one. 64-bit results (xxh64, crc64, identity) are pairs of 32-bit halves,
 * returned as bigint only where the caller needs all of them. `csum16` is the Internet checksum of RFC 1071.
 */
import { XxHash64 } from './xxhash.ts';

/** A hash of `bytes[start..end)`. 32-bit algorithms return an unsigned number, 64-bit ones a bigint. */
export type HashFunction = (bytes: Uint8Array, start: number, end: number) => number | bigint;

/** A hash and the width of its result. */
export interface HashAlgorithm {
  readonly bits: number;
  /** Makes a new function, with state of its own where the algorithm has any. */
  readonly create: () => HashFunction;
}

function reflectBits(value: number, bits: number): number {
  let result = 0;
  for (let i = 0; i < bits; i++) if ((value >>> i) & 1) result |= 1 << (bits - 1 - i);
  return result >>> 0;
}

/** A CRC of 8 to 32 bits whose input and output are both reflected, or both not. */
function crc(bits: number, polynomial: number, initial: number, finalXor: number, reflected: boolean): HashAlgorithm {
  const table = new Int32Array(256);
  const top = 2 ** (bits - 1);
  const mask = bits === 32 ? 0xffffffff : 2 ** bits - 1;
  const reflectedPolynomial = reflectBits(polynomial, bits);
  for (let i = 0; i < 256; i++) {
    let remainder: number;
    if (reflected) {
      remainder = i;
      for (let bit = 0; bit < 8; bit++)
        remainder = remainder & 1 ? (remainder >>> 1) ^ reflectedPolynomial : remainder >>> 1;
    } else {
      remainder = bits === 32 ? i << 24 : i << (bits - 8);
      for (let bit = 0; bit < 8; bit++)
        remainder = (remainder & top) !== 0 ? (remainder << 1) ^ polynomial : remainder << 1;
      remainder &= mask;
    }
    table[i] = remainder;
  }
  if (reflected) {
    const start = reflectBits(initial, bits) | 0;
    return {
      bits,
      create: () => (bytes, from, to) => {
        let value = start;
        for (let i = from; i < to; i++) value = table[(value ^ bytes[i]!) & 0xff]! ^ (value >>> 8);
        return (value ^ finalXor) >>> 0;
      },
    };
  }
  const shift = bits - 8;
  return {
    bits,
    create: () => (bytes, from, to) => {
      let value = initial | 0;
      for (let i = from; i < to; i++) value = table[((value >>> shift) ^ bytes[i]!) & 0xff]! ^ ((value << 8) & mask);
      return (value ^ finalXor) >>> 0;
    },
  };
}

/** A reflected or plain CRC of 64 bits. */
function crc64(polynomial: bigint, initial: bigint, finalXor: bigint, reflected: boolean): HashAlgorithm {
  const mask = (1n << 64n) - 1n;
  const flip = (value: bigint) => {
    let result = 0n;
    for (let i = 0n; i < 64n; i++) if ((value >> i) & 1n) result |= 1n << (63n - i);
    return result;
  };
  const table: bigint[] = [];
  const low = flip(polynomial);
  for (let i = 0; i < 256; i++) {
    let remainder = reflected ? BigInt(i) : BigInt(i) << 56n;
    for (let bit = 0; bit < 8; bit++) {
      if (reflected) remainder = remainder & 1n ? (remainder >> 1n) ^ low : remainder >> 1n;
      else remainder = (remainder >> 63n) & 1n ? ((remainder << 1n) ^ polynomial) & mask : (remainder << 1n) & mask;
    }
    table.push(remainder);
  }
  return {
    bits: 64,
    create: () => (bytes, from, to) => {
      let value = reflected ? flip(initial) : initial;
      for (let i = from; i < to; i++) {
        value = reflected
          ? table[Number((value ^ BigInt(bytes[i]!)) & 0xffn)]! ^ (value >> 8n)
          : table[Number(((value >> 56n) ^ BigInt(bytes[i]!)) & 0xffn)]! ^ ((value << 8n) & mask);
      }
      return value ^ finalXor;
    },
  };
}

/** The one's complement sum of big-endian 16-bit words, not yet complemented; an odd last byte is padded with zero. */
export function sum16(bytes: Uint8Array, start: number, end: number): number {
  let sum = 0;
  let i = start;
  for (; i + 1 < end; i += 2) sum += (bytes[i]! << 8) | bytes[i + 1]!;
  if (i < end) sum += bytes[i]! << 8;
  // 64 KiB hold 2^15 words, so the sum is below 2^31 and two folds are enough.
  sum = (sum & 0xffff) + (sum >>> 16);
  return (sum & 0xffff) + (sum >>> 16);
}

/** The Internet checksum. */
export function checksum16(bytes: Uint8Array, start: number, end: number): number {
  return ~sum16(bytes, start, end) & 0xffff;
}

function xorWords(bytesPerWord: number): HashAlgorithm {
  return {
    bits: 8 * bytesPerWord,
    create: () => (bytes, from, to) => {
      let result = 0;
      for (let i = from; i < to; i += bytesPerWord) {
        let word = 0;
        for (let j = 0; j < bytesPerWord; j++) word = (word << 8) | (i + j < to ? bytes[i + j]! : 0);
        result ^= word;
      }
      return result >>> 0;
    },
  };
}

/** Toeplitz with an all-zero key, which is what BMv2 has until a key is set over Thrift: the result is always 0. */
const toeplitz: HashAlgorithm = { bits: 32, create: () => () => 0 };

const identity: HashAlgorithm = {
  bits: 64,
  create: () => (bytes, from, to) => {
    let result = 0n;
    for (let i = from; i < to && i < from + 8; i++) result = (result << 8n) | BigInt(bytes[i]!);
    return result;
  },
};

const roundRobin: HashAlgorithm = {
  bits: 53,
  create: () => {
    let next = 0;
    return () => next++;
  },
};

const roundRobinConsistent: HashAlgorithm = {
  bits: 53,
  create: () => {
    const seen = new Map<string, number>();
    return (bytes, from, to) => {
      let key = '';
      for (let i = from; i < to; i++) key += String.fromCharCode(bytes[i]!);
      let value = seen.get(key);
      if (value === undefined) {
        value = seen.size;
        seen.set(key, value);
      }
      return value;
    };
  },
};

/** Bob Jenkins' one-at-a-time finish over FNV-1a; bytes enter as signed characters, as in BMv2 on x86. */
const hashEx: HashAlgorithm = {
  bits: 32,
  create: () => (bytes, from, to) => {
    let hash = 2166136261 | 0;
    for (let i = from; i < to; i++) hash = Math.imul(hash ^ ((bytes[i]! << 24) >> 24), 16777619);
    hash = (hash + (hash << 13)) | 0;
    hash ^= hash >>> 7;
    hash = (hash + (hash << 3)) | 0;
    hash ^= hash >>> 17;
    hash = (hash + (hash << 5)) | 0;
    return hash >>> 0;
  },
};

const xxh64: HashAlgorithm = {
  bits: 64,
  create: () => {
    const hasher = new XxHash64();
    return (bytes, from, to) => hasher.hash(bytes, from, to);
  },
};

const internetChecksum: HashAlgorithm = { bits: 16, create: () => checksum16 };

/** The algorithms by the names BMv2 gives them. */
export const knownHashAlgorithms: ReadonlyMap<string, HashAlgorithm> = new Map<string, HashAlgorithm>([
  ['xxh64', xxh64],
  ['bmv2_hash', xxh64],
  ['crc16', crc(16, 0x8005, 0, 0, true)],
  ['crc32', crc(32, 0x04c11db7, 0xffffffff, 0xffffffff, true)],
  ['crcCCITT', crc(16, 0x1021, 0xffff, 0, false)],
  ['cksum16', internetChecksum],
  ['csum16', internetChecksum],
  ['toeplitz', toeplitz],
  ['identity', identity],
  ['round_robin', roundRobin],
  ['round_robin_consistent', roundRobinConsistent],
  ['xor16', xorWords(2)],
  ['xor32', xorWords(4)],
  ['crc8_custom', crc(8, 0x07, 0, 0, false)],
  ['crc16_custom', crc(16, 0x8005, 0, 0, true)],
  ['crc32_custom', crc(32, 0x04c11db7, 0xffffffff, 0xffffffff, true)],
  ['crc64_custom', crc64(0x1bn, 0n, 0n, true)],
  ['hash_ex', hashEx],
]);
