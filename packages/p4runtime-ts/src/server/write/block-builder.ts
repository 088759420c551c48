/**
 * An `EntryBlock` that grows, and how to take back what its entries have already changed in the stores.
 *
 * What a closure per entry would remember is here in numbers: operation and slot are in the block itself, and of what
 * was modified or deleted the kind and bytes of the old target are kept beside it.
 */
import {
  type BlockAction,
  type BlockTable,
  blockOperation,
  type EntryBlock,
  HEAD_NUMBERS,
  operationOf,
  unpackBlock,
} from '../entry-block.ts';
import type { ProfileStore } from '../store/profile-store.ts';
import { readId, type TableStore, targetTag } from '../store/table-store.ts';
import type { SwitchUpdate } from '../switch.ts';

/** A table whose entries come in blocks. */
export interface TableInBlock {
  readonly store: TableStore;
  readonly profile: ProfileStore | undefined;
  readonly block: BlockTable;
}

/** Counts an entry's reference to a member or group, by what its record says; actions refer to nothing. */
export function referRecord({ store, profile }: TableInBlock, slot: number, tag: number, change: 1 | -1): void {
  if (tag === targetTag.member) profile!.referMember(readId(store.records.bytes, store.records.targetAt(slot)), change);
  else if (tag === targetTag.group)
    profile!.referGroup(readId(store.records.bytes, store.records.targetAt(slot)), change);
}

/** See the file's comment. */
export class BlockBuilder {
  count = 0;
  readonly #tables: TableInBlock[] = [];
  readonly #actions: BlockAction[] = [];
  #heads: Int32Array;
  /** P4Runtime updates that the entries come from. */
  #owners: Int32Array;
  #data: Uint8Array;
  #used = 0;
  /** Of each entry where its old target is in `#old`: two bytes of tag, then its bytes. */
  #oldAt: Int32Array;
  #old: Uint8Array = new Uint8Array(0);
  #oldUsed = 0;

  /** @param expected about how many entries will come */
  constructor(expected: number) {
    this.#heads = new Int32Array(HEAD_NUMBERS * expected);
    this.#owners = new Int32Array(expected);
    this.#oldAt = new Int32Array(expected);
    this.#data = new Uint8Array(32 * expected);
  }

  /** The P4Runtime update that the first entry comes from. */
  get firstOwner(): number {
    return this.#owners[0]!;
  }

  /** The P4Runtime update that an entry comes from. */
  owner(item: number): number {
    return this.#owners[item]!;
  }

  /**
   * Adds an entry. For what is modified or deleted, `keepOld` comes first.
   *
   * @param first what is done (`operationAndTarget`)
   * @param number position of the action (see `action`), or slot of the member or group
   */
  add(
    owner: number,
    first: number,
    table: TableInBlock,
    slot: number,
    number: number,
    key: Uint8Array,
    keyBytes: number,
    params: Uint8Array,
    paramBytes: number,
  ): void {
    const { count } = this;
    if (count === this.#owners.length) this.#growEntries();
    if (this.#used + keyBytes + paramBytes > this.#data.length)
      this.#data = grown(this.#data, this.#used + keyBytes + paramBytes);
    let position = this.#tables.length - 1;
    if (position < 0 || this.#tables[position] !== table) position = this.#tableAt(table);
    const heads = this.#heads;
    const head = count * HEAD_NUMBERS;
    heads[head] = first;
    heads[head + 1] = position;
    heads[head + 2] = slot;
    heads[head + 3] = number;
    heads[head + 4] = this.#used;
    const data = this.#data;
    let at = this.#used;
    for (let index = 0; index < keyBytes; index++) data[at++] = key[index]!;
    for (let index = 0; index < paramBytes; index++) data[at++] = params[index]!;
    this.#used = at;
    this.#owners[count] = owner;
    this.count = count + 1;
  }

  #tableAt(table: TableInBlock): number {
    const found = this.#tables.indexOf(table);
    return found >= 0 ? found : this.#tables.push(table) - 1;
  }

  /** The position of an action in this block. */
  action(action: BlockAction): number {
    const last = this.#actions.length - 1;
    if (last >= 0 && this.#actions[last] === action) return last;
    const found = this.#actions.indexOf(action);
    return found >= 0 ? found : this.#actions.push(action) - 1;
  }

  /** Keeps the target that a slot has now, for the entry that is added next. */
  keepOld({ store: { records } }: TableInBlock, slot: number): void {
    if (this.count === this.#owners.length) this.#growEntries();
    const length = 2 + records.targetBytes;
    if (this.#oldUsed + length > this.#old.length) this.#old = grown(this.#old, this.#oldUsed + length);
    const from = records.targetAt(slot) - 2;
    for (let index = 0; index < length; index++) this.#old[this.#oldUsed + index] = records.bytes[from + index]!;
    this.#oldAt[this.count] = this.#oldUsed;
    this.#oldUsed += length;
  }

  #growEntries(): void {
    const larger = 2 * this.#owners.length + 16;
    this.#heads = grownNumbers(this.#heads, HEAD_NUMBERS * larger);
    this.#owners = grownNumbers(this.#owners, larger);
    this.#oldAt = grownNumbers(this.#oldAt, larger);
  }

  /** Takes back the entries of the updates in `failed`, or all, the last one first. */
  undo(failed: ReadonlySet<number> | undefined): void {
    for (let item = this.count - 1; item >= 0; item--)
      if (failed === undefined || failed.has(this.#owners[item]!)) this.#undo(item);
  }

  #undo(item: number): void {
    const head = item * HEAD_NUMBERS;
    const table = this.#tables[this.#heads[head + 1]!]!;
    const { store } = table;
    const { records } = store;
    const slot = this.#heads[head + 2]!;
    const operation = operationOf(this.#heads[head]!);
    if (operation !== blockOperation.delete) referRecord(table, slot, records.tag(slot), -1);
    if (operation === blockOperation.insert) {
      records.remove(slot);
      store.slots.release(slot);
      return;
    }
    const old = this.#oldAt[item]!;
    const tag = this.#old[old]! | (this.#old[old + 1]! << 8);
    const at = records.targetAt(slot);
    for (let index = 0; index < records.targetBytes; index++) records.bytes[at + index] = this.#old[old + 2 + index]!;
    if (operation === blockOperation.delete) records.restore(slot, tag);
    else records.setTag(slot, tag);
    referRecord(table, slot, tag, 1);
  }

  /** The switch has agreed to all but `failed`: slots of deleted entries may be used again. */
  settle(failed: ReadonlySet<number>): void {
    for (let item = 0; item < this.count; item++) {
      const head = item * HEAD_NUMBERS;
      if (operationOf(this.#heads[head]!) !== blockOperation.delete || failed.has(this.#owners[item]!)) continue;
      this.#tables[this.#heads[head + 1]!]!.store.slots.release(this.#heads[head + 2]!);
    }
  }

  /** The block, which is the receiver's. */
  finish(): EntryBlock {
    return {
      kind: 'entry-block',
      tables: this.#tables.map(({ block }) => block),
      actions: [...this.#actions],
      count: this.count,
      heads: this.#heads.slice(0, HEAD_NUMBERS * this.count),
      data: this.#data.slice(0, this.#used),
    };
  }

  /** The same as single updates, one an entry. */
  unpacked(): SwitchUpdate[] {
    return unpackBlock(this.finish());
  }
}

function grown(bytes: Uint8Array, needed: number): Uint8Array {
  const larger = new Uint8Array(Math.max(needed, 2 * bytes.length));
  larger.set(bytes);
  return larger;
}

function grownNumbers(numbers: Int32Array, length: number): Int32Array {
  const larger = new Int32Array(length);
  larger.set(numbers);
  return larger;
}
