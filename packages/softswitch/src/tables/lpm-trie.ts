/**
 * Longest prefix match on one field of at most 32 bits: a multibit trie with leaf pushing.
 *
 * The first level takes 16 bits (8 in small tables), the others 8 each, so a lookup is one to three memory reads. A
 * slot holds a record number (> 0), a child block (< 0) or nothing (0). Because every slot already knows the best
 * prefix covering it, an insertion writes its range of slots and a removal puts the next shorter prefix there.
 */

/** Tables up to this size start with 8 bits instead of 16, which saves 256 KiB each. */
const SMALL_TABLE = 2048;

const BLOCK = 256;

export class LpmTrie {
  /** Levels in one array: the first level, then blocks of 256. */
  slots: Int32Array;
  readonly firstBits: number;
  readonly #bitwidth: number;
  #blocks = 0;
  /** Prefix length of each record in the trie. */
  #lengths: Uint8Array;
  /** Left-aligned value of each record. */
  #values: Uint32Array;
  /** Prefixes by length: left-aligned value to record. */
  readonly #byLength: Map<number, number>[] = Array.from({ length: 33 }, () => new Map());

  constructor(bitwidth: number, maxSize: number) {
    this.#bitwidth = bitwidth;
    this.firstBits = maxSize <= SMALL_TABLE ? 8 : 16;
    this.slots = new Int32Array((1 << this.firstBits) + 4 * BLOCK);
    this.#lengths = new Uint8Array(64);
    this.#values = new Uint32Array(64);
  }

  /** The record of the longest matching prefix, or 0. `key` is the field's value as a 32-bit pattern. */
  lookup(key: number): number {
    const slots = this.slots;
    const aligned = key << (32 - this.#bitwidth);
    let slot = slots[aligned >>> (32 - this.firstBits)]!;
    for (let shift = 24 - this.firstBits; slot < 0; shift -= 8) slot = slots[((aligned >>> shift) & 255) - slot]!;
    return slot;
  }

  /** Adds a prefix. `value` is the field's value; bits beyond the prefix are 0. */
  insert(record: number, value: number, prefixLength: number): void {
    const aligned = (value << (32 - this.#bitwidth)) >>> 0;
    this.#grow(record);
    this.#lengths[record] = prefixLength;
    this.#values[record] = aligned;
    this.#byLength[prefixLength]!.set(aligned, record);
    this.#write(aligned, prefixLength, record, (old) => old === 0 || this.#lengths[old]! <= prefixLength);
  }

  remove(record: number): void {
    const length = this.#lengths[record]!;
    const aligned = this.#values[record]!;
    this.#byLength[length]!.delete(aligned);
    let heir = 0;
    for (let shorter = length - 1; shorter >= 0 && heir === 0; shorter--) {
      const mask = shorter === 0 ? 0 : (-1 << (32 - shorter)) >>> 0;
      heir = this.#byLength[shorter]!.get((aligned & mask) >>> 0) ?? 0;
    }
    this.#write(aligned, length, heir, (old) => old === record);
  }

  clear(): void {
    this.slots.fill(0);
    this.#blocks = 0;
    for (const map of this.#byLength) map.clear();
  }

  /** Writes `value` to every slot under a prefix that `replace` agrees to. */
  #write(aligned: number, length: number, value: number, replace: (old: number) => boolean): void {
    this.#writeLevel(0, this.firstBits, 0, aligned, length, value, replace);
  }

  #writeLevel(
    start: number,
    bits: number,
    depth: number,
    aligned: number,
    length: number,
    value: number,
    replace: (old: number) => boolean,
  ): void {
    const end = depth + bits;
    const position = ((aligned << depth) >>> 0) >>> (32 - bits);
    if (length > end) {
      const child = this.#child(start + position);
      this.#writeLevel(child, 8, end, aligned, length, value, replace);
      return;
    }
    const count = 2 ** (end - length);
    const first = start + (depth >= length ? 0 : position);
    for (let slot = first; slot < first + (depth >= length ? 2 ** bits : count); slot++) {
      const old = this.slots[slot]!;
      if (old < 0) this.#writeLevel(-old, 8, end, aligned, length, value, replace);
      else if (replace(old)) this.slots[slot] = value;
    }
  }

  /** The child block of a slot, made if there is none. */
  #child(slot: number): number {
    const old = this.slots[slot]!;
    if (old < 0) return -old;
    const start = (1 << this.firstBits) + this.#blocks * BLOCK;
    this.#blocks++;
    if (start + BLOCK > this.slots.length) {
      const larger = new Int32Array(this.slots.length * 2 + BLOCK);
      larger.set(this.slots);
      this.slots = larger;
    }
    this.slots.fill(old, start, start + BLOCK);
    this.slots[slot] = -start;
    return start;
  }

  #grow(record: number): void {
    if (record < this.#lengths.length) return;
    const size = Math.max(record + 1, this.#lengths.length * 2);
    const lengths = new Uint8Array(size);
    lengths.set(this.#lengths);
    this.#lengths = lengths;
    const values = new Uint32Array(size);
    values.set(this.#values);
    this.#values = values;
  }
}
