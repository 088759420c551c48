/**
 * The entries of one table, as records in one `Int32Array`.
 *
 * A record holds what a packet needs of an entry side by side: key words, action, action data, time of the last hit. A
 * hit then costs one or two cache lines however many entries there are. Record 0 is the default entry; entry `slot` of
 * the control side is record slot + 1. In exact tables a record lies where its key hashes to, in others where its
 * number says. The array is allocated for the table's declared size and more; the operating system gives memory only
 * for what is touched.
 *
 * Counters are doubles (exact up to 2^53), two a record: packets and bytes.
 */

export interface RecordLayout {
  readonly keyWords: number;
  /**
   * Element of the action's position in the table's action list, or -1 for none; of tables with action profile, the
   * target (see `pack`).
   */
  readonly action: number;
  /** First element of the action data. */
  readonly data: number;
  readonly dataWords: number;
  /** Element of the time of the last hit in ms since the switch started; -1 where the table does not age. */
  readonly lastHit: number;
  /**
   * Element of the record's own number, where records lie in a hash table (`exact-index.ts`); -1 where number n lies at
   * n * stride.
   */
  readonly number: number;
  readonly stride: number;
}

/**
 * Lays out records, as tightly as they go: rounding them up to whole cache lines makes a large table slower, because
 * less of it is in the cache.
 */
export function makeRecordLayout(keyWords: number, dataWords: number, ageing: boolean, isHashed = false): RecordLayout {
  const action = keyWords;
  const data = action + 1;
  let stride = data + dataWords;
  const lastHit = ageing ? stride++ : -1;
  const number = isHashed ? stride++ : -1;
  return { keyWords, action, data, dataWords, lastHit, number, stride };
}

/** Records beyond the declared size, for batches that insert before they delete. */
const SPARE_RECORDS = 1024;

/**
 * A hash table that can have more entries than this has at most a third of its places taken, others two thirds: it does
 * not fit the caches, so looking at a second place may be a second wait for memory.
 */
const LARGE_TABLE = 1 << 16;

/** Entries that a table of a declared size can hold. */
export function recordCapacity(maxSize: number): number {
  return maxSize + SPARE_RECORDS;
}

export class Records {
  readonly layout: RecordLayout;
  /** Greatest number of entries. */
  readonly capacity: number;
  readonly elements: Int32Array;
  /** Where records lie whose layout has a number: first elements, by record. The index moves them. */
  readonly places: Int32Array | undefined;
  /** Places that such records can have, a power of two; else 0. */
  readonly buckets: number;
  /** 1 for records in use. */
  readonly used: Uint8Array;
  readonly counters: Float64Array | undefined;

  constructor(layout: RecordLayout, maxSize: number, withCounters: boolean) {
    this.layout = layout;
    this.capacity = recordCapacity(maxSize);
    let buckets = 0;
    if (layout.number >= 0) {
      buckets = 16;
      while (buckets < (this.capacity > LARGE_TABLE ? 3 : 1.5) * this.capacity) buckets *= 2;
      // Behind the buckets come the default entry and a place for a record that is being written.
      this.elements = new Int32Array((buckets + 2) * layout.stride);
      this.places = new Int32Array(this.capacity + 1);
      this.places[0] = buckets * layout.stride;
    } else this.elements = new Int32Array((this.capacity + 1) * layout.stride);
    this.buckets = buckets;
    this.elements[this.base(0) + layout.action] = -1;
    this.used = new Uint8Array(this.capacity + 1);
    this.counters = withCounters ? new Float64Array(2 * (this.capacity + 1)) : undefined;
  }

  /** First element of a record. */
  base(record: number): number {
    return this.places === undefined ? record * this.layout.stride : this.places[record]!;
  }
}
