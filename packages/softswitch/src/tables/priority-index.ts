/**
 * Ternary and range match: entries in order of priority, the first that matches wins.
 *
 * Every entry is a row of (value, mask) words and, for range fields, (low, high) bounds. Rows are kept sorted by
 * falling priority, equal ones in order of insertion. Small tables are scanned. For larger ones the scan is turned by
 * ninety degrees: for each byte of the key a table says, as a bitmap over rows, which rows accept each of its 256
 * values, and for each range field which rows accept each interval between bounds. ANDing the bitmaps word by word from
 * the highest priority, the first non-zero word holds the winner: 32 rows per step, and no row is looked at twice.
 * Bitmaps are costly to build, so after a change the table is scanned until as many lookups have come as it has rows.
 */
import type { KeyLayout } from './key-layout.ts';

/** Bounds of a range field, as unsigned bigints on the control side. */
export interface RangeBounds {
  readonly field: number;
  readonly low: bigint;
  readonly high: bigint;
}

interface Row {
  readonly record: number;
  readonly priority: number;
  readonly sequence: number;
  readonly value: Int32Array;
  readonly mask: Int32Array;
  readonly ranges: readonly RangeBounds[];
}

/** Tables up to this many rows are scanned. */
const SCAN_LIMIT = 24;

/** Bitmaps are not built for more rows than this; the scan takes over again. */
const BITMAP_LIMIT = 1 << 15;

export class PriorityIndex {
  readonly #layout: KeyLayout;
  readonly #rangeFields: readonly number[];
  #rows: Row[] = [];
  readonly #byRecord = new Map<number, Row>();
  #sequence = 0;
  #sorted = true;
  #built = false;
  /** Scan form: per row, words of (value, mask). */
  #flat = new Int32Array(0);
  #records = new Int32Array(0);
  /** Lookups to go until the bitmaps are built. */
  #scansLeft = 0;
  /** Bitmap form; 0 while it is not built. */
  #bitmapWords = 0;
  /** Bytes of the key that some row looks at: word and shift, and the bitmap of each of the 256 values. */
  #byteWord: number[] = [];
  #byteShift: number[] = [];
  #byteMaps: Int32Array[] = [];
  #rangeStarts: Float64Array[] = [];
  #rangeMaps: Int32Array[] = [];
  #offsets = new Int32Array(0);
  #maps: Int32Array[] = [];

  /** Range fields must be at most 53 bits wide to use bitmaps; wider ones are compared as bigints. */
  constructor(layout: KeyLayout, rangeFields: readonly number[]) {
    this.#layout = layout;
    this.#rangeFields = rangeFields;
  }

  insert(record: number, priority: number, value: Int32Array, mask: Int32Array, ranges: readonly RangeBounds[]): void {
    const row: Row = { record, priority, sequence: this.#sequence++, value, mask, ranges };
    this.#rows.push(row);
    this.#byRecord.set(record, row);
    this.#sorted = false;
    this.#built = false;
  }

  remove(record: number): void {
    const row = this.#byRecord.get(record);
    if (row === undefined) return;
    this.#byRecord.delete(record);
    this.#built = false;
    this.#sorted = false;
  }

  clear(): void {
    this.#rows = [];
    this.#byRecord.clear();
    this.#built = false;
    this.#sorted = false;
  }

  /** The record of the matching entry of highest priority, or 0. */
  lookup(key: Int32Array): number {
    if (!this.#built) this.#build();
    if (this.#bitmapWords > 0) return this.#lookupBitmap(key);
    if (--this.#scansLeft === 0) this.#buildBitmaps();
    const words = this.#layout.words;
    const flat = this.#flat;
    let at = 0;
    for (let row = 0; row < this.#records.length; row++) {
      let i = 0;
      while (i < words && ((key[i]! & flat[at + words + i]!) ^ flat[at + i]!) === 0) i++;
      if (i === words && (this.#rangeFields.length === 0 || this.#inRanges(this.#rows[row]!, key)))
        return this.#records[row]!;
      at += 2 * words;
    }
    return 0;
  }

  #inRanges(row: Row, key: Int32Array): boolean {
    for (const { field, low, high } of row.ranges) {
      const value = this.#fieldValue(field, key);
      if (value < low || value > high) return false;
    }
    return true;
  }

  #fieldValue(field: number, key: Int32Array): number | bigint {
    const pieces = this.#layout.fields[field]!;
    if (this.#layout.bitwidths[field]! <= 53) {
      let value = 0;
      for (const piece of pieces) {
        const mask = piece.width === 32 ? -1 : 2 ** piece.width - 1;
        value += (((key[piece.word]! >>> piece.shift) & mask) >>> 0) * (piece.limb === 0 ? 1 : 4294967296);
      }
      return value;
    }
    let value = 0n;
    for (const piece of pieces) {
      const mask = piece.width === 32 ? -1 : 2 ** piece.width - 1;
      value |= BigInt(((key[piece.word]! >>> piece.shift) & mask) >>> 0) << BigInt(32 * piece.limb);
    }
    return value;
  }

  #lookupBitmap(key: Int32Array): number {
    const maps = this.#maps;
    const offsets = this.#offsets;
    const bytes = this.#byteWord.length;
    const words = this.#bitmapWords;
    for (let i = 0; i < bytes; i++) offsets[i] = ((key[this.#byteWord[i]!]! >>> this.#byteShift[i]!) & 255) * words;
    for (let r = 0; r < this.#rangeStarts.length; r++) {
      offsets[bytes + r] =
        this.#interval(this.#rangeStarts[r]!, this.#fieldValue(this.#rangeFields[r]!, key) as number) * words;
    }
    const count = maps.length;
    for (let word = 0; word < words; word++) {
      let rows = -1;
      for (let i = 0; i < count && rows !== 0; i++) rows &= maps[i]![offsets[i]! + word]!;
      if (rows !== 0) {
        const row = word * 32 + 31 - Math.clz32(rows & -rows);
        if (row < this.#records.length) return this.#records[row]!;
      }
    }
    return 0;
  }

  /** Position of the last start that is not above `value`. */
  #interval(starts: Float64Array, value: number): number {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= value) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #build(): void {
    if (!this.#sorted) {
      this.#rows = [...this.#byRecord.values()].sort((a, b) => b.priority - a.priority || a.sequence - b.sequence);
      this.#sorted = true;
    }
    this.#built = true;
    const { words } = this.#layout;
    const rows = this.#rows;
    this.#records = Int32Array.from(rows, (row) => row.record);
    this.#flat = new Int32Array(rows.length * 2 * words);
    for (const [i, row] of rows.entries()) {
      this.#flat.set(row.value, i * 2 * words);
      this.#flat.set(row.mask, i * 2 * words + words);
    }
    const narrow = this.#rangeFields.every((field) => this.#layout.bitwidths[field]! <= 53);
    this.#bitmapWords = 0;
    this.#scansLeft = rows.length > SCAN_LIMIT && rows.length <= BITMAP_LIMIT && narrow ? rows.length : 0;
  }

  #buildBitmaps(): void {
    const rows = this.#rows;
    const words = Math.ceil(rows.length / 32);
    this.#bitmapWords = words;
    this.#byteWord = [];
    this.#byteShift = [];
    this.#byteMaps = [];
    for (let word = 0; word < this.#layout.words; word++) {
      for (let shift = 24; shift >= 0; shift -= 8) {
        if (!rows.some((row) => ((row.mask[word]! >>> shift) & 255) !== 0)) continue;
        const map = new Int32Array(256 * words);
        for (const [i, row] of rows.entries()) {
          const mask = (row.mask[word]! >>> shift) & 255;
          const value = (row.value[word]! >>> shift) & 255;
          const bit = 1 << (i & 31);
          // Every value that agrees in the masked bits: step through the subsets of the free bits.
          const free = ~mask & 255;
          for (let subset = free; ; subset = (subset - 1) & free) {
            map[(value | subset) * words + (i >> 5)]! |= bit;
            if (subset === 0) break;
          }
        }
        this.#byteWord.push(word);
        this.#byteShift.push(shift);
        this.#byteMaps.push(map);
      }
    }
    this.#rangeStarts = [];
    this.#rangeMaps = [];
    for (const field of this.#rangeFields) {
      const bounds = rows.map((row) => row.ranges.find((range) => range.field === field));
      const starts = [
        ...new Set([
          0,
          ...bounds.flatMap((each) => (each === undefined ? [] : [Number(each.low), Number(each.high) + 1])),
        ]),
      ].sort((a, b) => a - b);
      const positions = new Map(starts.map((start, i) => [start, i]));
      const map = new Int32Array(starts.length * words);
      for (const [i, each] of bounds.entries()) {
        const from = each === undefined ? 0 : positions.get(Number(each.low))!;
        const to = each === undefined ? starts.length : positions.get(Number(each.high) + 1)!;
        for (let interval = from; interval < to; interval++) map[interval * words + (i >> 5)]! |= 1 << (i & 31);
      }
      this.#rangeStarts.push(Float64Array.from(starts));
      this.#rangeMaps.push(map);
    }
    this.#maps = [...this.#byteMaps, ...this.#rangeMaps];
    this.#offsets = new Int32Array(this.#maps.length);
  }
}
