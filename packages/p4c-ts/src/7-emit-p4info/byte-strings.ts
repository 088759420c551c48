/** Numbers as P4Runtime's byte strings: big-endian, padded to the whole width, as p4c writes them. */

/** The bytes of a value that is `width` bits wide; negative values in two's complement. Width 0 gives one byte. */
export function toBytes(value: bigint, width: number): Uint8Array {
  const count = Math.max(1, Math.ceil(width / 8));
  const bytes = new Uint8Array(count);
  let rest = BigInt.asUintN(Math.max(width, 1), value);
  for (let i = count - 1; i >= 0; i -= 1) {
    bytes[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}
