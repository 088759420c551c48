/**
 * Exact match: an open-addressed hash table of record numbers with linear probing.
 *
 * Keys stay in the records; a slot of the hash table is 4 bytes. What bits a record's number leaves free in it hold bits of the key's hash, the
 * tag, so that a lookup touches another key's record almost never: one line of slots and one of records, however full the table. Deletion
 * moves later entries of the same run back instead of leaving tombstones, so lookups never get slower over time. The lookup itself
 * is generated code over `slots` and the records.
 */
import { hashWords } from './key-layout.ts';
import type { Records } from './records.ts';

export class ExactIndex {
  readonly slots: Int32Array;
  readonly mask: number;
  /** Bits of a slot that are bits of the hash. */
  readonly tagMask: number;
  readonly #records: Records;
  readonly #words: number;

  constructor(records: Records) {
    this.#records = records;
    this.#words = records.layout.keyWords;
    let size = 16;
    while (size < 1.5 * records.capacity) size *= 2;
    this.slots = new Int32Array(size);
    this.mask = size - 1;
    const recordBits = 32 - Math.clz32(records.capacity);
    this.tagMask = recordBits >= 32 ? 0 : -1 << recordBits;
  }

  /** Adds a record whose key is written and not in the table yet. */
  insert(record: number): void {
    const hash = this.#hash(record);
    let slot = hash & this.mask;
    while (this.slots[slot] !== 0) slot = (slot + 1) & this.mask;
    this.slots[slot] = record | (hash & this.tagMask);
  }

  remove(record: number): void {
    let hole = this.#hash(record) & this.mask;
    while (this.#recordIn(hole) !== record) {
      if (this.slots[hole] === 0) return;
      hole = (hole + 1) & this.mask;
    }
    // Close the gap: an entry further on may move into it if its home is not between the gap and itself.
    for (let next = (hole + 1) & this.mask; this.slots[next] !== 0; next = (next + 1) & this.mask) {
      const home = this.#hash(this.#recordIn(next)) & this.mask;
      if (((next - home) & this.mask) >= ((next - hole) & this.mask)) {
        this.slots[hole] = this.slots[next]!;
        hole = next;
      }
    }
    this.slots[hole] = 0;
  }

  clear(): void {
    this.slots.fill(0);
  }

  #recordIn(slot: number): number {
    return this.slots[slot]! & ~this.tagMask;
  }

  #hash(record: number): number {
    return hashWords(this.#records.elements, this.#records.base(record), this.#words);
  }
}
