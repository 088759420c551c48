/**
 * The entries of one table, as the server remembers them: enough to refuse what must be refused and to read back what was
 * written, without asking the switch.
 *
 * An entry is one small immutable object; a change replaces it, so undoing a change is putting the old object back. What few entries
 * have (timeouts, metadata, meter, action set) hangs off `extra`, shared and `undefined` for the others.
 */
import type { TableEntry } from '../../gen/p4/v1/p4runtime_pb.ts';
import type { TableInfo } from '../../schema/program.ts';
import { RpcError } from '../../transport/rpc-error.ts';
import { type Constraint, entryConstraint } from '../constraints/check.ts';
import type { MeterRates } from '../switch.ts';
import type { CodecFactory } from '../translation.ts';
import type { StoredAction } from './action-codec.ts';
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

/** The entries of one table. */
export class TableStore {
  readonly info: TableInfo;
  readonly keys: KeyCodec;
  /** What the program demands of entries (`@entry_restriction`). */
  readonly constraint: Constraint | undefined;
  readonly slots = new Slots();
  readonly entries = new Map<string, StoredEntry>();
  readonly #bySlot: (StoredEntry | undefined)[] = [];
  readonly initialDefault: DefaultEntry;
  defaultEntry: DefaultEntry;

  constructor(info: TableInfo, codecs: CodecFactory, initialDefault: StoredTarget | undefined) {
    this.info = info;
    this.keys = new KeyCodec(`table ${info.alias}`, info.matchFields.items, info.needsPriority, codecs);
    this.constraint = entryConstraint(info);
    this.initialDefault = { target: initialDefault, extra: plainExtra };
    this.defaultEntry = this.initialDefault;
  }

  /** Adds an entry, or puts another in its place (same key, same slot). */
  put(entry: StoredEntry): void {
    this.entries.set(entry.key, entry);
    this.#bySlot[entry.slot] = entry;
  }

  /** The entry with a key as messages; `undefined` also where the table cannot have such a key. */
  find({ match, priority }: Pick<TableEntry, 'match' | 'priority'>): StoredEntry | undefined {
    try {
      return this.entries.get(this.keys.decode(match, priority).key);
    } catch (error) {
      if (error instanceof RpcError) return undefined;
      throw error;
    }
  }

  /** Takes an entry out. Its slot stays taken until `slots.release`. */
  remove(entry: StoredEntry): void {
    this.entries.delete(entry.key);
    this.#bySlot[entry.slot] = undefined;
  }

  /** The entry that has a slot now. */
  bySlot(slot: number): StoredEntry | undefined {
    return this.#bySlot[slot];
  }
}
