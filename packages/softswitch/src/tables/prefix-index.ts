/**
 * Longest prefix match where the trie does not do: fields wider than 32 bits, or further exact fields in the key.
 *
 * One hash table holds all prefixes, keyed by the masked key; a lookup tries the prefix lengths in use, longest first.
 * Tables of real networks use few lengths, so this is a handful of probes.
 */
import { hashWords, type KeyLayout } from './key-layout.ts';
import type { Records } from './records.ts';

interface LengthInUse {
  readonly length: number;
  readonly mask: Int32Array;
  count: number;
}

export class PrefixIndex {
  readonly #records: Records;
  readonly #layout: KeyLayout;
  readonly #lpmField: number;
  readonly #slots: Int32Array;
  readonly #slotMask: number;
  #lengths: LengthInUse[] = [];
  #lengthOf: Int16Array;
  readonly #masked: Int32Array;

  constructor(records: Records, layout: KeyLayout, lpmField: number) {
    this.#records = records;
    this.#layout = layout;
    this.#lpmField = lpmField;
    let size = 16;
    while (size < 2 * records.capacity) size *= 2;
    this.#slots = new Int32Array(size);
    this.#slotMask = size - 1;
    this.#lengthOf = new Int16Array(records.capacity + 1);
    this.#masked = new Int32Array(Math.max(layout.words, 1));
  }

  /** The record of the longest matching prefix, or 0. */
  lookup(key: Int32Array): number {
    const words = this.#layout.words;
    const masked = this.#masked;
    const elements = this.#records.elements;
    for (const { length, mask } of this.#lengths) {
      for (let i = 0; i < words; i++) masked[i] = key[i]! & mask[i]!;
      let slot = (hashWords(masked, 0, words) + length) & this.#slotMask;
      for (let record = this.#slots[slot]!; record !== 0; record = this.#slots[slot]!) {
        if (this.#lengthOf[record] === length) {
          const base = this.#records.base(record);
          let i = 0;
          while (i < words && elements[base + i] === masked[i]) i++;
          if (i === words) return record;
        }
        slot = (slot + 1) & this.#slotMask;
      }
    }
    return 0;
  }

  /** Adds a record whose key, with 0 beyond the prefix, is written. */
  insert(record: number, prefixLength: number): void {
    this.#lengthOf[record] = prefixLength;
    let use = this.#lengths.find((each) => each.length === prefixLength);
    if (use === undefined) {
      use = { length: prefixLength, mask: this.#maskOf(prefixLength), count: 0 };
      this.#lengths = [...this.#lengths, use].sort((a, b) => b.length - a.length);
    }
    use.count++;
    let slot = this.#home(record);
    while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#slotMask;
    this.#slots[slot] = record;
  }

  remove(record: number): void {
    let hole = this.#home(record);
    while (this.#slots[hole] !== record) {
      if (this.#slots[hole] === 0) return;
      hole = (hole + 1) & this.#slotMask;
    }
    for (let next = (hole + 1) & this.#slotMask; this.#slots[next] !== 0; next = (next + 1) & this.#slotMask) {
      const home = this.#home(this.#slots[next]!);
      if (((next - home) & this.#slotMask) >= ((next - hole) & this.#slotMask)) {
        this.#slots[hole] = this.#slots[next]!;
        hole = next;
      }
    }
    this.#slots[hole] = 0;
    const use = this.#lengths.find((each) => each.length === this.#lengthOf[record])!;
    if (--use.count === 0) this.#lengths = this.#lengths.filter((each) => each !== use);
  }

  clear(): void {
    this.#slots.fill(0);
    this.#lengths = [];
  }

  #home(record: number): number {
    return (
      (hashWords(this.#records.elements, this.#records.base(record), this.#layout.words) + this.#lengthOf[record]!) &
      this.#slotMask
    );
  }

  #maskOf(prefixLength: number): Int32Array {
    const mask = new Int32Array(Math.max(this.#layout.words, 1));
    for (const [field, pieces] of this.#layout.fields.entries()) {
      const bitwidth = this.#layout.bitwidths[field]!;
      const length = field === this.#lpmField ? prefixLength : bitwidth;
      const ones = ((1n << BigInt(length)) - 1n) << BigInt(bitwidth - length);
      for (const piece of pieces) {
        mask[piece.word]! |= Number(BigInt.asUintN(piece.width, ones >> BigInt(32 * piece.limb))) << piece.shift;
      }
    }
    return mask;
  }
}
