/**
 * XXH64 with seed 0, the default hash of BMv2's `bmv2_hash`.
 *
 * Written with bigints after the published algorithm; it is used by few programs, so clarity wins over speed.
 */
const MASK = (1n << 64n) - 1n;
const PRIME1 = 11400714785074694791n;
const PRIME2 = 14029467366897019727n;
const PRIME3 = 1609587929392839161n;
const PRIME4 = 9650029242287828579n;
const PRIME5 = 2870177450012600261n;

const rotate = (value: bigint, bits: bigint) => ((value << bits) | (value >> (64n - bits))) & MASK;
const round = (accumulator: bigint, input: bigint) =>
  (rotate((accumulator + input * PRIME2) & MASK, 31n) * PRIME1) & MASK;
const merge = (accumulator: bigint, value: bigint) => ((accumulator ^ round(0n, value)) * PRIME1 + PRIME4) & MASK;

export class XxHash64 {
  /** Hash of `bytes[start..end)` with seed 0. */
  hash(bytes: Uint8Array, start: number, end: number): bigint {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const length = end - start;
    let position = start;
    let hash: bigint;
    if (length >= 32) {
      let v1 = (PRIME1 + PRIME2) & MASK;
      let v2 = PRIME2;
      let v3 = 0n;
      let v4 = -PRIME1 & MASK;
      for (; position + 32 <= end; position += 32) {
        v1 = round(v1, view.getBigUint64(position, true));
        v2 = round(v2, view.getBigUint64(position + 8, true));
        v3 = round(v3, view.getBigUint64(position + 16, true));
        v4 = round(v4, view.getBigUint64(position + 24, true));
      }
      hash = (rotate(v1, 1n) + rotate(v2, 7n) + rotate(v3, 12n) + rotate(v4, 18n)) & MASK;
      for (const value of [v1, v2, v3, v4]) hash = merge(hash, value);
    } else {
      hash = PRIME5;
    }
    hash = (hash + BigInt(length)) & MASK;
    for (; position + 8 <= end; position += 8) {
      hash = (rotate(hash ^ round(0n, view.getBigUint64(position, true)), 27n) * PRIME1 + PRIME4) & MASK;
    }
    if (position + 4 <= end) {
      hash = (rotate(hash ^ ((BigInt(view.getUint32(position, true)) * PRIME1) & MASK), 23n) * PRIME2 + PRIME3) & MASK;
      position += 4;
    }
    for (; position < end; position++)
      hash = (rotate(hash ^ ((BigInt(bytes[position]!) * PRIME5) & MASK), 11n) * PRIME1) & MASK;
    hash = ((hash ^ (hash >> 33n)) * PRIME2) & MASK;
    hash = ((hash ^ (hash >> 29n)) * PRIME3) & MASK;
    return hash ^ (hash >> 32n);
  }
}
