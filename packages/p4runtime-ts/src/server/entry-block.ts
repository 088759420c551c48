/**
 * Many changes of table entries as a few flat arrays, for switches that take them so (`Switch.applyBlocks`).
 *
 * A batch of a thousand entries as `SwitchUpdate`s is some ten thousand small objects, which cost more to make, to send
 * to another thread and to collect than the entries themselves. A block describes itself: how keys of its tables and
 * arguments of its actions lie in its bytes is in the block, so that `unpackBlock` needs nothing else.
 */
import type { EntryAction, MatchValue, SwitchUpdate } from './switch.ts';

/** How one match field lies in a key; see `EntryBlock.data`. */
export interface BlockField {
  readonly kind: 'exact' | 'lpm' | 'ternary' | 'range' | 'optional';
  /** Bytes of a value. */
  readonly length: number;
}

/** A table of a block. The same object for each block of the same pipeline (unless it went to another thread). */
export interface BlockTable {
  readonly tableId: number;
  /** In P4Info's order. */
  readonly fields: readonly BlockField[];
  readonly hasPriority: boolean;
  /** Bytes of a key, priority included. */
  readonly keyBytes: number;
}

/** An action of a block. */
export interface BlockAction {
  readonly actionId: number;
  /** Bytes of each argument, in P4Info's order. */
  readonly paramBytes: readonly number[];
}

/** What happens to an entry. */
export const blockOperation = { insert: 0, modify: 1, delete: 2 } as const;

/** What an entry does. */
export const blockTarget = { action: 0, member: 1, group: 2 } as const;

/** Numbers of an entry in `EntryBlock.heads`. */
export const HEAD_NUMBERS = 5;

/** Operation (`blockOperation`) and kind of target (`blockTarget`) as the first of an entry's numbers. */
export const operationAndTarget = (operation: number, target: number): number => operation | (target << 2);

/** The operation in the first of an entry's numbers. */
export const operationOf = (first: number): number => first & 3;

/** The kind of target in the first of an entry's numbers. */
export const targetOf = (first: number): number => first >> 2;

/** Changes of entries, to be made in order. None has a timeout, a meter or a counter's value. */
export interface EntryBlock {
  readonly kind: 'entry-block';
  readonly tables: readonly BlockTable[];
  readonly actions: readonly BlockAction[];
  /** Entries. */
  readonly count: number;
  /**
   * Five numbers an entry: what is done (`operationAndTarget`); position of the table in `tables`; slot; position of
   * the action in `actions`, or slot of the member or group; where its bytes begin in `data`.
   */
  readonly heads: Int32Array;
  /**
   * The key, then the action's arguments. A key's fields in order: exact its value; lpm value and two bytes of prefix
   * length; ternary value and mask; range low and high; optional value and one byte that is 1 if there is one; last,
   * where the table has priorities, four bytes of priority. Everything big-endian. Keys of entries that are modified or
   * deleted, and targets of those deleted, mean nothing.
   */
  readonly data: Uint8Array;
}

/** A block as the single updates that it stands for. */
export function unpackBlock(block: EntryBlock): SwitchUpdate[] {
  return Array.from({ length: block.count }, (_, index) => unpackEntry(block, index));
}

/** One entry of a block. */
export function unpackEntry({ tables, actions, heads, data }: EntryBlock, index: number): SwitchUpdate {
  const head = index * HEAD_NUMBERS;
  const { tableId, fields, hasPriority, keyBytes } = tables[heads[head + 1]!]!;
  const operation = operationOf(heads[head]!);
  const slot = heads[head + 2]!;
  if (operation === blockOperation.delete) return { kind: 'table-delete', tableId, slot };
  const number = heads[head + 3]!;
  const start = heads[head + 4]!;
  let at = start + keyBytes;
  const take = (length: number) => {
    at += length;
    return data.slice(at - length, at);
  };
  const target = targetOf(heads[head]!);
  let action: EntryAction;
  if (target === blockTarget.member) action = { kind: 'member', member: number };
  else if (target === blockTarget.group) action = { kind: 'group', group: number };
  else action = { kind: 'action', actionId: actions[number]!.actionId, params: actions[number]!.paramBytes.map(take) };
  if (operation === blockOperation.modify) return { kind: 'table-modify', tableId, slot, action, idleTimeoutNs: 0n };
  at = start;
  const matchOf = ({ kind, length }: BlockField): MatchValue => {
    const value = take(length);
    switch (kind) {
      case 'exact':
        return { kind, value };
      case 'lpm':
        at += 2;
        return { kind, value, prefixLength: (data[at - 2]! << 8) | data[at - 1]! };
      case 'ternary':
        return { kind, value, mask: take(length) };
      case 'range':
        return { kind, low: value, high: take(length) };
      case 'optional':
        return { kind, value: data[at++] === 0 ? undefined : value };
    }
  };
  const match = fields.map(matchOf);
  const priority = hasPriority ? (data[at]! << 24) | (data[at + 1]! << 16) | (data[at + 2]! << 8) | data[at + 3]! : 0;
  return { kind: 'table-insert', tableId, slot, match, priority, action, idleTimeoutNs: 0n };
}
