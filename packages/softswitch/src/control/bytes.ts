/**
 * Big-endian byte strings, as P4Runtime carries values, and the numbers they stand for. Up to six bytes go by way of a
 * double, which holds them exactly and is cheaper than BigInt arithmetic byte by byte: most keys are that short, and
 * entries come by the thousand.
 */

/** The unsigned number in a big-endian byte string. */
export function toBigInt(bytes: Uint8Array): bigint {
  if (bytes.length <= 6) {
    let value = 0;
    for (const byte of bytes) value = value * 256 + byte;
    return BigInt(value);
  }
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return value;
}

/** A number as a big-endian byte string of whole bytes for `bitwidth` bits. */
export function toBytes(value: bigint, bitwidth: number): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(bitwidth / 8));
  let rest = BigInt.asUintN(bitwidth, value);
  for (let i = bytes.length - 1; i >= 0; i--) {
    bytes[i] = Number(rest & 255n);
    rest >>= 8n;
  }
  return bytes;
}
