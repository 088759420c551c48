/**
 * The entries of one table, as the server remembers them: enough to refuse what must be refused and to read back what
 * was written, without asking the switch.
 *
 * Key and target of an entry are bytes in `EntryRecords`; what few entries have (timeouts, metadata, meter, action set)
 * is in maps by slot. To the code that handles entries one by one they are small immutable objects, made when asked
 * for: a change puts another one in the place of the old, so undoing a change is putting the old object back. Code that
 * handles them by the thousand works on the records.
 */
import type { TableEntry } from '../../gen/p4/v1/p4runtime_pb.ts';
import type { TableInfo } from '../../schema/program.ts';
import { RpcError } from '../../transport/rpc-error.ts';
import { type Constraint, entryConstraint } from '../constraints/check.ts';
import type { MeterRates } from '../switch.ts';
import type { CodecFactory } from '../translation.ts';
import type { StoredAction } from './action-codec.ts';
import { EntryRecords } from './entry-records.ts';
import { KeyCodec } from './key-codec.ts';
import type { OneShotSet } from './profile-store.ts';
import { Slots } from './slots.ts';

/** What an entry does: an action here, or an object in the table's action profile by its public id. */
export type StoredTarget =
  | StoredAction
  | { readonly kind: 'member'; readonly memberId: number }
  | { readonly kind: 'group'; readonly groupId: number }
  | { readonly kind: 'set'; readonly set: OneShotSet };

/** What few entries have. */
export interface EntryExtra {
  readonly idleTimeoutNs: bigint;
  readonly metadata: Uint8Array;
  readonly controllerMetadata: bigint;
  readonly isConst: boolean;
  readonly meter: MeterRates | undefined;
}

const noMetadata = new Uint8Array(0);

/** An entry with nothing special. */
export const plainExtra: EntryExtra = {
  idleTimeoutNs: 0n,
  metadata: noMetadata,
  controllerMetadata: 0n,
  isConst: false,
  meter: undefined,
};

/** An entry. */
export interface StoredEntry {
  readonly slot: number;
  readonly key: string;
  readonly target: StoredTarget;
  readonly extra: EntryExtra;
}

/** A table's default entry. */
export interface DefaultEntry {
  /** `undefined`: the program gives none that is known. */
  readonly target: StoredTarget | undefined;
  readonly extra: EntryExtra;
}

/** Kinds of target in a record. From `action` on: an action, by its position among the table's. */
export const targetTag = { member: 1, group: 2, object: 3, action: 4 } as const;

/** Bytes of a member's or group's id. */
const idBytes = 4;

/** The entries of one table. */
export class TableStore {
  readonly info: TableInfo;
  readonly keys: KeyCodec;
  /** What the program demands of entries (`@entry_restriction`). */
  readonly constraint: Constraint | undefined;
  readonly slots = new Slots();
  readonly records: EntryRecords;
  /** Of entries that have any, by slot. */
  readonly extras = new Map<number, EntryExtra>();
  /** Targets that are not plain bytes, by slot. */
  readonly #objects = new Map<number, StoredTarget>();
  /** Of each action that entries may have: its id, and the bytes of its arguments. */
  readonly #actions: readonly { readonly actionId: number; readonly length: number }[];
  readonly #scratch: Uint8Array;
  readonly initialDefault: DefaultEntry;
  defaultEntry: DefaultEntry;

  constructor(info: TableInfo, codecs: CodecFactory, initialDefault: StoredTarget | undefined) {
    this.info = info;
    this.keys = new KeyCodec(`table ${info.alias}`, info.matchFields.items, info.needsPriority, codecs);
    this.constraint = entryConstraint(info);
    this.#actions = info.actions.items.map(({ action }) => ({
      actionId: action.id,
      length: action.params.items.reduce((sum, param) => sum + codecs.codec(param.type).length, 0),
    }));
    const longest = Math.max(0, ...this.#actions.map(({ length }) => length));
    this.records = new EntryRecords(this.keys.length, info.profile === undefined ? longest : idBytes);
    this.#scratch = new Uint8Array(this.keys.length);
    this.initialDefault = { target: initialDefault, extra: plainExtra };
    this.defaultEntry = this.initialDefault;
  }

  /** Entries, without the default entry. */
  get size(): number {
    return this.records.size;
  }

  /** The entry with a key in its stored form. */
  get(key: string): StoredEntry | undefined {
    const slot = this.#slotOf(key);
    return slot < 0 ? undefined : this.bySlot(slot);
  }

  /** Whether there is an entry with a key in its stored form. */
  has(key: string): boolean {
    return this.#slotOf(key) >= 0;
  }

  #readKey(key: string): void {
    const scratch = this.#scratch;
    for (let at = 0; at < scratch.length; at++) scratch[at] = key.charCodeAt(at);
  }

  #slotOf(key: string): number {
    this.#readKey(key);
    return this.records.find(this.records.hash(this.#scratch, 0), this.#scratch, 0);
  }

  /**
   * Adds an entry, or puts another in its place (same key, same slot). While changes are taken back, two slots may have
   * the same key for a moment: an entry that was deleted and written anew within one request.
   */
  put(entry: StoredEntry): void {
    const { slot, key, target, extra } = entry;
    const { records } = this;
    if (records.tag(slot) !== 0) this.#objects.delete(slot);
    else {
      this.#readKey(key);
      records.insert(slot, records.hash(this.#scratch, 0), this.#scratch, 0, targetTag.object);
    }
    this.#setTarget(slot, target);
    if (extra === plainExtra) this.extras.delete(slot);
    else this.extras.set(slot, extra);
  }

  #setTarget(slot: number, target: StoredTarget): void {
    const { records } = this;
    const at = records.targetAt(slot);
    if (target.kind === 'action') {
      const position = this.#actions.findIndex(({ actionId }) => actionId === target.actionId);
      const { params } = target;
      if (position >= 0 && this.#actions[position]!.length === params.length && params.length <= records.targetBytes) {
        for (let index = 0; index < params.length; index++) records.bytes[at + index] = params.charCodeAt(index);
        records.setTag(slot, targetTag.action + position);
        return;
      }
    } else if (target.kind !== 'set' && records.targetBytes >= idBytes) {
      writeId(records.bytes, at, target.kind === 'member' ? target.memberId : target.groupId);
      records.setTag(slot, targetTag[target.kind]);
      return;
    }
    this.#objects.set(slot, target);
    records.setTag(slot, targetTag.object);
  }

  /** The entry with a key as messages; `undefined` also where the table cannot have such a key. */
  find({ match, priority }: Pick<TableEntry, 'match' | 'priority'>): StoredEntry | undefined {
    try {
      return this.get(this.keys.decode(match, priority).key);
    } catch (error) {
      if (error instanceof RpcError) return undefined;
      throw error;
    }
  }

  /** Takes an entry out. Its slot stays taken until `slots.release`. */
  remove({ slot }: StoredEntry): void {
    this.records.remove(slot);
    this.extras.delete(slot);
    this.#objects.delete(slot);
  }

  /** The entry that has a slot now. */
  bySlot(slot: number): StoredEntry | undefined {
    const tag = this.records.tag(slot);
    return tag === 0 ? undefined : this.#entry(this.records.bytes, slot, tag, this.extras, this.#objects);
  }

  #entry(
    bytes: Uint8Array,
    slot: number,
    tag: number,
    extras: ReadonlyMap<number, EntryExtra>,
    objects: ReadonlyMap<number, StoredTarget>,
  ): StoredEntry {
    const { records } = this;
    const key = latin1(bytes, slot * records.stride, records.keyBytes);
    const at = records.targetAt(slot);
    let target: StoredTarget;
    if (tag === targetTag.member) target = { kind: 'member', memberId: readId(bytes, at) };
    else if (tag === targetTag.group) target = { kind: 'group', groupId: readId(bytes, at) };
    else if (tag === targetTag.object) target = objects.get(slot)!;
    else {
      const { actionId, length } = this.#actions[tag - targetTag.action]!;
      target = { kind: 'action', actionId, params: latin1(bytes, at, length) };
    }
    return { slot, key, target, extra: extras.get(slot) ?? plainExtra };
  }

  /**
   * All entries as they are now, in order of their slots: later changes do not show. Costs a copy of the records, not
   * an object for each entry.
   */
  *entries(): Generator<StoredEntry> {
    const { stride, keyBytes, end } = this.records;
    const bytes = this.records.bytes.slice(0, end * stride);
    const [extras, objects] = [new Map(this.extras), new Map(this.#objects)];
    for (let slot = 0; slot < end; slot++) {
      const at = slot * stride + keyBytes;
      const tag = bytes[at]! | (bytes[at + 1]! << 8);
      if (tag !== 0) yield this.#entry(bytes, slot, tag, extras, objects);
    }
  }
}

/** A member's or group's id in a record. */
export function readId(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}

/** Writes what `readId` reads. */
export function writeId(bytes: Uint8Array, at: number, id: number): void {
  bytes[at] = id;
  bytes[at + 1] = id >>> 8;
  bytes[at + 2] = id >>> 16;
  bytes[at + 3] = id >>> 24;
}

function latin1(bytes: Uint8Array, at: number, length: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + at, length).toString('latin1');
}
