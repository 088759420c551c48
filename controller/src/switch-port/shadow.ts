/**
 * The tables as they should be beside the tables as they are, and the writes that make one the other. Everything the
 * controller wants goes into `desired`; a flush writes the differences, in stages, so that whatever an entry names is
 * there before it, pins are there before the assignment that relies on them changes, and go only after it. Reading the
 * switch into `actual` turns the same flush into reconciliation after a restart: nothing is wiped, only differences are
 * written.
 */

import type { WriteFailure } from './port.ts';
import {
  type Entry,
  type EntryUpdate,
  keyText,
  STAGES,
  sameEntry,
  TABLE_NAMES,
  TABLES,
  type TableName,
} from './tables.ts';

/** A refused entry. */
export interface RefusedEntry {
  readonly update: EntryUpdate;
  readonly failure: WriteFailure;
}

interface TableShadow {
  readonly desired: Map<string, Entry>;
  readonly actual: Map<string, Entry>;
  readonly dirty: Set<string>;
}

/** See the file's comment. */
export class Shadow {
  private readonly tables = new Map<TableName, TableShadow>(
    TABLE_NAMES.map((table) => [table, { desired: new Map(), actual: new Map(), dirty: new Set() }]),
  );

  /** Wants an entry. */
  set(entry: Entry): void {
    const shadow = this.tables.get(entry.table)!;
    const key = keyText(entry.key);
    shadow.desired.set(key, entry);
    shadow.dirty.add(key);
  }

  /** Wants it gone. */
  delete(table: TableName, key: readonly (number | string)[]): void {
    const shadow = this.tables.get(table)!;
    const text = keyText(key);
    shadow.desired.delete(text);
    shadow.dirty.add(text);
  }

  /** What is wanted under a key. */
  get(table: TableName, key: readonly (number | string)[]): Entry | undefined {
    return this.tables.get(table)!.desired.get(keyText(key));
  }

  /** All that is wanted in a table. */
  entries(table: TableName): IterableIterator<Entry> {
    return this.tables.get(table)!.desired.values();
  }

  /** Forgets what is wanted in a table; what is there stays until the next flush. */
  clear(table: TableName): void {
    const shadow = this.tables.get(table)!;
    for (const key of shadow.desired.keys()) shadow.dirty.add(key);
    shadow.desired.clear();
  }

  /** Takes over what a table of the switch holds. */
  load(table: TableName, entries: readonly Entry[]): void {
    const shadow = this.tables.get(table)!;
    shadow.actual.clear();
    for (const entry of entries) shadow.actual.set(keyText(entry.key), entry);
    for (const key of shadow.actual.keys()) shadow.dirty.add(key);
    for (const key of shadow.desired.keys()) shadow.dirty.add(key);
  }

  /** How many entries the switch holds. */
  size(table: TableName): number {
    return this.tables.get(table)!.actual.size;
  }

  /**
   * Writes all differences, stage by stage.
   * @param write as `SwitchSession.write`
   * @returns the updates that were refused; what they wanted is forgotten where it was to be added or changed
   */
  async flush(
    write: (updates: readonly EntryUpdate[]) => Promise<readonly WriteFailure[]>,
  ): Promise<{ readonly written: number; readonly writes: number; readonly refused: readonly RefusedEntry[] }> {
    const stages: EntryUpdate[][] = Array.from({ length: STAGES }, () => []);
    for (const [table, shadow] of this.tables) {
      const { setStage, deleteStage } = TABLES[table];
      for (const key of shadow.dirty) {
        const desired = shadow.desired.get(key);
        const actual = shadow.actual.get(key);
        if (desired === undefined) {
          if (actual !== undefined) stages[deleteStage]!.push({ op: 'delete', entry: actual });
        } else if (actual === undefined) {
          stages[setStage]!.push({ op: 'insert', entry: desired });
        } else if (!sameEntry(desired, actual)) {
          stages[setStage]!.push({ op: 'modify', entry: desired });
        }
      }
      shadow.dirty.clear();
    }
    const refused: RefusedEntry[] = [];
    let written = 0;
    let writes = 0;
    for (const updates of stages) {
      if (updates.length === 0) continue;
      const failures = new Map((await write(updates)).map((failure) => [failure.index, failure]));
      writes++;
      updates.forEach((update, index) => {
        const shadow = this.tables.get(update.entry.table)!;
        const key = keyText(update.entry.key);
        const failure = failures.get(index);
        if (failure === undefined) {
          written++;
          if (update.op === 'delete') shadow.actual.delete(key);
          else shadow.actual.set(key, update.entry);
        } else {
          refused.push({ update, failure });
          if (update.op === 'insert' && shadow.desired.get(key) === update.entry) shadow.desired.delete(key);
        }
      });
    }
    return { written, writes, refused };
  }
}
