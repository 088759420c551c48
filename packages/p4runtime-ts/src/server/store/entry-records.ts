/**
 * Keys and targets of one table's entries in two flat arrays: a record of bytes per slot, and a hash index from keys to
 * slots.
 *
 * A million entries as objects are a million things for the garbage collector to walk over, and a string each to make
 * and hash. As bytes they are two arrays: a record is the key (see `KeyCodec`), two bytes that say what kind of target
 * it is (0: the slot is free), and the target's own bytes. The index is open addressed with linear probing; it keeps
 * the whole hash beside the slot, so a lookup touches no other key's record, and growing never reads a key. Removal
 * moves later entries of a run back instead of leaving tombstones.
 */

/** Bytes of a record that tell the target's kind. */
const TAG_BYTES = 2;

/** Slots there is room for at first. */
const INITIAL_CAPACITY = 16;

/** See the file's comment. */
export class EntryRecords {
  readonly keyBytes: number;
  readonly targetBytes: number;
  readonly stride: number;
  /** The records, by slot. Replaced when they grow. */
  bytes: Uint8Array;
  /** Pairs of hash and slot + 1; 0: free. */
  #index = new Int32Array(4 * INITIAL_CAPACITY);
  #mask = 2 * INITIAL_CAPACITY - 1;
  #size = 0;
  /** One more than the highest slot ever used. */
  #end = 0;

  /** @param targetBytes bytes of the longest target */
  constructor(keyBytes: number, targetBytes: number) {
    this.keyBytes = keyBytes;
    this.targetBytes = targetBytes;
    this.stride = keyBytes + TAG_BYTES + targetBytes;
    this.bytes = new Uint8Array(INITIAL_CAPACITY * this.stride);
  }

  /** Entries. */
  get size(): number {
    return this.#size;
  }

  /** All slots in use are below this. */
  get end(): number {
    return this.#end;
  }

  /** Hash of the key that begins at `at`. */
  hash(bytes: Uint8Array, at: number): number {
    const end = at + this.keyBytes;
    let hash = 0x3c6ef372;
    let next = at;
    for (; next + 4 <= end; next += 4) {
      const word = bytes[next]! | (bytes[next + 1]! << 8) | (bytes[next + 2]! << 16) | (bytes[next + 3]! << 24);
      hash = Math.imul(hash ^ word, 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    let rest = 0;
    for (; next < end; next++) rest = (rest << 8) | bytes[next]!;
    hash = Math.imul(hash ^ rest, 0x85ebca6b);
    return hash ^ (hash >>> 13);
  }

  /** The slot of the entry with the key that begins at `at` and has this hash; -1 if there is none. */
  find(hash: number, bytes: Uint8Array, at: number): number {
    const index = this.#index;
    for (let place = hash & this.#mask; ; place = (place + 1) & this.#mask) {
      const slot = index[2 * place + 1]! - 1;
      if (slot < 0) return -1;
      if (index[2 * place] === hash && this.hasKey(slot, bytes, at)) return slot;
    }
  }

  /** Whether the record of a slot has the key that begins at `at`. */
  hasKey(slot: number, bytes: Uint8Array, at: number): boolean {
    const records = this.bytes;
    const base = slot * this.stride;
    for (let offset = 0; offset < this.keyBytes; offset++)
      if (records[base + offset] !== bytes[at + offset]) return false;
    return true;
  }

  /** What kind of target a slot has; 0 when it is free. */
  tag(slot: number): number {
    if (slot >= this.#end) return 0;
    const at = slot * this.stride + this.keyBytes;
    return this.bytes[at]! | (this.bytes[at + 1]! << 8);
  }

  /** Says what kind of target a slot has, which is in use before and after. */
  setTag(slot: number, tag: number): void {
    const at = slot * this.stride + this.keyBytes;
    this.bytes[at] = tag;
    this.bytes[at + 1] = tag >>> 8;
  }

  /** Where the target's own bytes are. */
  targetAt(slot: number): number {
    return slot * this.stride + this.keyBytes + TAG_BYTES;
  }

  /**
   * Puts a key that is not there yet into a free slot, with the kind of its target. The target's bytes are the
   * caller's.
   */
  insert(slot: number, hash: number, bytes: Uint8Array, at: number, tag: number): void {
    if (slot >= this.#end) {
      this.#end = slot + 1;
      if (this.#end * this.stride > this.bytes.length) this.#growRecords();
    }
    const base = slot * this.stride;
    const records = this.bytes;
    for (let offset = 0; offset < this.keyBytes; offset++) records[base + offset] = bytes[at + offset]!;
    this.setTag(slot, tag);
    this.#link(slot, hash);
  }

  /**
   * Takes an entry out. Its record keeps key and target until the slot is used again, so that `restore` can bring it
   * back.
   */
  remove(slot: number): void {
    const index = this.#index;
    let hole = this.hash(this.bytes, slot * this.stride) & this.#mask;
    while (index[2 * hole + 1] !== slot + 1) {
      if (index[2 * hole + 1] === 0) throw new Error(`slot ${slot} is not in the index`);
      hole = (hole + 1) & this.#mask;
    }
    // Close the gap: an entry further on may move into it if its home is not between the gap and itself.
    for (let next = (hole + 1) & this.#mask; index[2 * next + 1] !== 0; next = (next + 1) & this.#mask) {
      const home = index[2 * next]! & this.#mask;
      if (((next - home) & this.#mask) < ((next - hole) & this.#mask)) continue;
      index[2 * hole] = index[2 * next]!;
      index[2 * hole + 1] = index[2 * next + 1]!;
      hole = next;
    }
    index[2 * hole + 1] = 0;
    this.setTag(slot, 0);
    this.#size--;
  }

  /** Undoes `remove`, as long as the slot has not been used since. */
  restore(slot: number, tag: number): void {
    this.setTag(slot, tag);
    this.#link(slot, this.hash(this.bytes, slot * this.stride));
  }

  #link(slot: number, hash: number): void {
    if (3 * ++this.#size > 2 * (this.#mask + 1)) this.#growIndex();
    this.#place(slot + 1, hash);
  }

  #place(reference: number, hash: number): void {
    const index = this.#index;
    let place = hash & this.#mask;
    while (index[2 * place + 1] !== 0) place = (place + 1) & this.#mask;
    index[2 * place] = hash;
    index[2 * place + 1] = reference;
  }

  #growRecords(): void {
    const larger = new Uint8Array(Math.max(this.#end * this.stride, 2 * this.bytes.length));
    larger.set(this.bytes);
    this.bytes = larger;
  }

  #growIndex(): void {
    const old = this.#index;
    this.#index = new Int32Array(2 * old.length);
    this.#mask = 2 * this.#mask + 1;
    for (let at = 0; at < old.length; at += 2) if (old[at + 1] !== 0) this.#place(old[at + 1]!, old[at]!);
  }
}
