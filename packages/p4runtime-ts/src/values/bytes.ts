/**
 * Numbers and P4Runtime's byte strings.
 *
 * P4Runtime sends unsigned and two's complement values as big-endian bytes in the *canonical* (shortest) form: no
 * leading zero bytes, zero is one zero byte. Data planes want a fixed length. These are the few conversions between
 * number, canonical bytes and padded bytes; all are linear and allocate only their result, because table writes go
 * through here.
 */

/** Bytes that `bitwidth` bits need. */
export function byteLength(bitwidth: number): number {
  return (bitwidth + 7) >>> 3;
}

/** All ones in the low `bitwidth` bits. */
export function maximum(bitwidth: number): bigint {
  return (1n << BigInt(bitwidth)) - 1n;
}

/** The unsigned big-endian number in `bytes`; 0 for none. */
export function toBigInt(bytes: Uint8Array): bigint {
  const length = bytes.length;
  if (length <= 6) {
    let small = 0;
    for (let index = 0; index < length; index++) small = small * 256 + bytes[index]!;
    return BigInt(small);
  }
  let value = 0n;
  for (let index = 0; index < length; index++) value = (value << 8n) | BigInt(bytes[index]!);
  return value;
}

/** `value` (0 or more) as exactly `length` big-endian bytes; higher bits are cut off. */
export function toPadded(value: bigint, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  if (value <= 0xffff_ffff_ffffn) {
    let rest = Number(value);
    for (let index = length - 1; index >= 0 && rest > 0; index--) {
      bytes[index] = rest & 0xff;
      rest = Math.floor(rest / 256);
    }
    return bytes;
  }
  let rest = value;
  for (let index = length - 1; index >= 0; index--) {
    bytes[index] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}

const SINGLE_BYTES: readonly Uint8Array[] = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte));

/** One byte. Most values in messages are that small, so the array is shared: it is not to be written into. */
export function singleByte(byte: number): Uint8Array {
  return SINGLE_BYTES[byte]!;
}

/** As `toCanonical`, of a whole number below 2^48. */
export function toCanonicalSmall(value: number): Uint8Array {
  if (value <= 0xff) return singleByte(value);
  let length = 2;
  for (let limit = 0x1_0000; value >= limit; limit *= 0x100) length++;
  const bytes = new Uint8Array(length);
  for (let index = length - 1, rest = value; index >= 0; index--, rest = Math.floor(rest / 0x100)) bytes[index] = rest;
  return bytes;
}

/** `value` (0 or more) in canonical form; not to be written into. */
export function toCanonical(value: bigint): Uint8Array {
  if (value <= 0xffn) return singleByte(Number(value));
  let length = 1;
  for (let rest = value >> 8n; rest > 0n; rest >>= 8n) length++;
  return toPadded(value, length);
}

/** The same number without leading zero bytes; a view of `bytes` or shared, not to be written into. */
export function canonicalBytes(bytes: Uint8Array): Uint8Array {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  if (start >= bytes.length - 1) return singleByte(bytes[start] ?? 0);
  return start === 0 ? bytes : bytes.subarray(start);
}

/** Whether `bytes`, taken as an unsigned number, fits `bitwidth` bits. */
export function fits(bytes: Uint8Array, bitwidth: number): boolean {
  const length = byteLength(bitwidth);
  let start = 0;
  while (start < bytes.length - length) if (bytes[start++] !== 0) return false;
  if (bytes.length < length) return true;
  const spare = length * 8 - bitwidth;
  return spare === 0 || bytes[start]! >>> (8 - spare) === 0;
}

/** The number in `bytes`, which fits, as exactly `length` bytes: the same array if it has that length already. */
export function padTo(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length === length) return bytes;
  const padded = new Uint8Array(length);
  if (bytes.length < length) padded.set(bytes, length - bytes.length);
  else padded.set(bytes.subarray(bytes.length - length));
  return padded;
}

/** The signed number that `value`, two's complement in `bitwidth` bits, stands for. */
export function toSigned(value: bigint, bitwidth: number): bigint {
  return BigInt.asIntN(bitwidth, value);
}

/** Whether all bytes are 0. */
export function isZero(bytes: Uint8Array): boolean {
  for (let index = 0; index < bytes.length; index++) if (bytes[index] !== 0) return false;
  return true;
}

/** Byte by byte; shorter first when one begins the other. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const difference = a[index]! - b[index]!;
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** The mask with the `prefixLength` highest of `bitwidth` bits set, padded. */
export function prefixMask(prefixLength: number, bitwidth: number): Uint8Array {
  const bytes = new Uint8Array(byteLength(bitwidth));
  const first = bytes.length * 8 - bitwidth;
  for (let bit = first; bit < first + prefixLength; bit++) bytes[bit >>> 3]! |= 0x80 >>> (bit & 7);
  return bytes;
}
