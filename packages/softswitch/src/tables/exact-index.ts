/**
 * Exact match: the records themselves lie in an open-addressed hash table with linear probing.
 *
 * A lookup in a table larger than the caches costs what it waits for memory. So key, action and arguments of an entry
 * are where its key hashes to: one line of the cache, mostly, instead of one of a hash table and another one of the
 * record that it names. A bucket whose record number is 0 is free. The table is never nearly full (`records.ts`), so
 * that searches end soon. Deletion moves later entries of the same run back instead of leaving tombstones, so lookups
 * never get slower over time. Where a record lies is noted for the control side, which knows entries by number. The
 * lookup itself is generated code over the records.
 *
 * A record is written in a place of its own first (`begin`) and moves to its bucket as a whole (`insert`), because
 * where it belongs is known when its key is.
 */
import { hashWords } from './key-layout.ts';
import type { Records } from './records.ts';

export class ExactIndex {
  /** Buckets less one, as a mask of hashes. */
  readonly mask: number;
  /** Where the buckets end: the record of the default entry, which is what a lookup in vain finds. */
  readonly end: number;
  readonly #records: Records;
  readonly #number: number;
  readonly #stride: number;

  constructor(records: Records) {
    this.#records = records;
    this.mask = records.buckets - 1;
    this.#number = records.layout.number;
    this.#stride = records.layout.stride;
    this.end = records.base(0);
  }

  /** Gives a record that is not in the table a place to be written in. */
  begin(record: number): void {
    this.#records.places![record] = this.end + this.#stride;
  }

  /** Adds a record that is written and whose key is not in the table yet. */
  insert(record: number): void {
    const { elements } = this.#records;
    const places = this.#records.places!;
    const from = places[record]!;
    let base = this.#home(from);
    while (elements[base + this.#number] !== 0) base = this.#next(base);
    this.#move(from, base);
    elements[base + this.#number] = record;
    places[record] = base;
  }

  remove(record: number): void {
    const { elements } = this.#records;
    const places = this.#records.places!;
    let hole = places[record]!;
    // Close the gap: an entry further on may move into it if its home is not between the gap and itself.
    for (let next = this.#next(hole); elements[next + this.#number] !== 0; next = this.#next(next)) {
      const home = this.#home(next);
      const isBetween = hole < next ? home > hole && home <= next : home > hole || home <= next;
      if (isBetween) continue;
      this.#move(next, hole);
      places[elements[hole + this.#number]!] = hole;
      hole = next;
    }
    elements[hole + this.#number] = 0;
  }

  clear(): void {
    const { elements } = this.#records;
    for (let base = 0; base < this.end; base += this.#stride) elements[base + this.#number] = 0;
  }

  /** Where the record that lies at `base` belongs. */
  #home(base: number): number {
    const { elements, layout } = this.#records;
    return (hashWords(elements, base, layout.keyWords) & this.mask) * this.#stride;
  }

  /** Copies a record; a loop, because records are short. */
  #move(from: number, to: number): void {
    const { elements } = this.#records;
    for (let index = 0; index < this.#stride; index++) elements[to + index] = elements[from + index]!;
  }

  #next(base: number): number {
    const next = base + this.#stride;
    return next === this.end ? 0 : next;
  }
}
