/**
 * Carries out blocks of table entries (`EntryBlock`) on a data plane.
 *
 * Entries of exact tables, and all arguments of actions, go from their bytes to the words of records without a bigint
 * or an object between: for each byte of a key, or of arguments, it is known beforehand which word it belongs to and
 * how far it is shifted. That needs P4Info and program to agree about widths; where they do not, and for other kinds of
 * tables, an entry is unpacked and goes the way of single updates.
 */
import {
  type BlockAction,
  type BlockFailure,
  type BlockTable,
  blockOperation,
  blockTarget,
  type EntryBlock,
  HEAD_NUMBERS,
  operationOf,
  SwitchError,
  targetOf,
  unpackEntry,
} from '@mooring/p4runtime-ts/switch';
import { dataWordsOf } from '../compile/tables.ts';
import type { TableRuntime } from '../tables/table.ts';
import type { TableMap } from './pipeline-map.ts';
import { asSwitchError } from './switch-error.ts';
import { applyUpdate, checkUpdate, type Pipeline, requireRoom, tableOf } from './updates.ts';

/** Where the bytes of a value, first byte first, go: word and shift of each. */
interface Places {
  readonly words: Uint8Array;
  readonly shifts: Uint8Array;
}

/** A table of a block, found in the pipeline. */
interface TablePlan {
  readonly map: TableMap;
  readonly runtime: TableRuntime;
  readonly keyBytes: number;
  /** Undefined: keys must be unpacked. */
  readonly key: Places | undefined;
  readonly keyWords: number;
}

/** An action of a block as one table has it. */
interface ActionPlan {
  /** Among the table's actions. */
  readonly position: number;
  /** Undefined: arguments must be unpacked. */
  readonly params: Places | undefined;
  readonly dataWords: number;
}

/** Collects places value by value. */
class PlacesBuilder {
  readonly words: number[] = [];
  readonly shifts: number[] = [];

  /** Adds a value of `bytes` bytes; `placeOf` tells word and shift of a 32-bit limb of it. */
  add(bytes: number, placeOf: (limb: number) => { readonly word: number; readonly shift: number }): void {
    for (let byte = bytes - 1; byte >= 0; byte--) {
      const { word, shift } = placeOf(byte >>> 2);
      this.words.push(word);
      this.shifts.push(shift + 8 * (byte & 3));
    }
  }

  build(): Places {
    return { words: Uint8Array.from(this.words), shifts: Uint8Array.from(this.shifts) };
  }
}

/** Words that places can name. */
const MAX_WORDS = 255;

function planTable(pipeline: Pipeline, table: BlockTable): TablePlan {
  const { table: map, runtime } = tableOf(pipeline, table.tableId);
  const { plan } = runtime;
  const plain = { map, runtime, keyBytes: table.keyBytes, keyWords: plan.key.words };
  const isPlain =
    plan.lookup === 'exact' &&
    // A new entry's meter must be reset besides.
    plan.table.directMeter < 0 &&
    plan.key.words <= MAX_WORDS &&
    plan.table.keys.every((key, i) => key.mask === undefined && key.bitwidth === map.matchWidths[map.keyOrder[i]!]) &&
    table.fields.every(({ kind, length }, i) => kind === 'exact' && length === Math.ceil(map.matchWidths[i]! / 8));
  if (!isPlain) return { ...plain, key: undefined };
  const builder = new PlacesBuilder();
  for (const [field, { length }] of table.fields.entries()) {
    const pieces = plan.key.fields[map.keyOrder.indexOf(field)]!;
    builder.add(length, (limb) => pieces[limb]!);
  }
  return { ...plain, key: builder.build() };
}

function planAction(pipeline: Pipeline, { map, runtime }: TablePlan, action: BlockAction): ActionPlan {
  const number = map.actions.get(action.actionId);
  if (number === undefined)
    throw new SwitchError('invalid-argument', `action ${action.actionId} is not an action of table ${map.id}`);
  const position = runtime.plan.table.actions.indexOf(number);
  const { parameters } = pipeline.dataPlane.program.actions[number]!;
  const widths = pipeline.map.paramWidths.get(action.actionId);
  const dataWords = dataWordsOf(parameters);
  const isPlain =
    position >= 0 &&
    dataWords <= MAX_WORDS &&
    parameters.length === action.paramBytes.length &&
    parameters.every(({ bitwidth }, i) => bitwidth === widths?.[i] && Math.ceil(bitwidth / 8) === action.paramBytes[i]);
  if (!isPlain) return { position, params: undefined, dataWords };
  const builder = new PlacesBuilder();
  let start = 0;
  for (const [i, { bitwidth }] of parameters.entries()) {
    const first = start;
    builder.add(action.paramBytes[i]!, (limb) => ({ word: first + limb, shift: 0 }));
    start += dataWordsOf([{ bitwidth }]);
  }
  return { position, params: builder.build(), dataWords };
}

/** Puts a value into the words from `base` on, which are cleared first. */
function putWords(
  places: Places,
  count: number,
  data: Uint8Array,
  at: number,
  elements: Int32Array,
  base: number,
): void {
  const { words, shifts } = places;
  for (let word = 0; word < count; word++) elements[base + word] = 0;
  for (let index = 0; index < words.length; index++)
    elements[base + words[index]!]! |= data[at + index]! << shifts[index]!;
}

/** Carries out blocks on one pipeline. */
export class BlockWriter {
  readonly #pipeline: Pipeline;
  /** By P4Info id. */
  readonly #tables = new Map<number, TablePlan>();
  readonly #actions = new Map<TablePlan, Map<number, ActionPlan>>();

  constructor(pipeline: Pipeline) {
    this.#pipeline = pipeline;
  }

  #plansOf(block: EntryBlock): TablePlan[] {
    return block.tables.map((table) => {
      let plan = this.#tables.get(table.tableId);
      if (plan === undefined) this.#tables.set(table.tableId, (plan = planTable(this.#pipeline, table)));
      return plan;
    });
  }

  #actionOf(table: TablePlan, action: BlockAction): ActionPlan {
    let plans = this.#actions.get(table);
    if (plans === undefined) this.#actions.set(table, (plans = new Map()));
    let plan = plans.get(action.actionId);
    if (plan === undefined) {
      plan = planAction(this.#pipeline, table, action);
      plans.set(action.actionId, plan);
    }
    return plan;
  }

  /** The first entry that could not be carried out after those before it, and why; changes nothing. */
  check(block: EntryBlock): { item: number; error: SwitchError } | undefined {
    const tables = this.#plansOf(block);
    const { heads } = block;
    for (let item = 0; item < block.count; item++) {
      const head = item * HEAD_NUMBERS;
      try {
        const operation = operationOf(heads[head]!);
        if (operation === blockOperation.delete) continue;
        const table = tables[heads[head + 1]!]!;
        if (operation === blockOperation.insert) requireRoom(table.runtime, heads[head + 2]!);
        if (targetOf(heads[head]!) !== blockTarget.action) continue;
        const action = this.#actionOf(table, block.actions[heads[head + 3]!]!);
        if (action.params === undefined) checkUpdate(this.#pipeline, unpackEntry(block, item));
      } catch (error) {
        return { item, error: asSwitchError(error) };
      }
    }
    return undefined;
  }

  /** Carries out all entries that can be, in order; adds the others to `failures`. */
  apply(block: EntryBlock, index: number, failures: BlockFailure[]): void {
    const tables = this.#plansOf(block);
    const { heads } = block;
    for (let item = 0; item < block.count; item++) {
      try {
        const head = item * HEAD_NUMBERS;
        const table = tables[heads[head + 1]!]!;
        if (operationOf(heads[head]!) === blockOperation.delete) table.runtime.remove(heads[head + 2]!);
        else if (!this.#write(table, block, head)) applyUpdate(this.#pipeline, unpackEntry(block, item));
      } catch (error) {
        failures.push({ index, item, error: asSwitchError(error) });
      }
    }
  }

  /** Inserts or modifies an entry; false if it must be unpacked for that. */
  #write(table: TablePlan, block: EntryBlock, head: number): boolean {
    const { runtime, key } = table;
    const { heads, data } = block;
    const operation = operationOf(heads[head]!);
    const isInsert = operation === blockOperation.insert;
    const kind = targetOf(heads[head]!);
    const slot = heads[head + 2]!;
    const number = heads[head + 3]!;
    const at = heads[head + 4]!;
    if (key === undefined) return false;
    const action = kind === blockTarget.action ? this.#actionOf(table, block.actions[number]!) : undefined;
    if (action !== undefined && action.params === undefined) return false;
    if (isInsert) requireRoom(runtime, slot);
    const base = isInsert ? runtime.openRecord(slot) : runtime.usedRecord(slot);
    const { elements } = runtime.records;
    if (isInsert) putWords(key, table.keyWords, data, at, elements, base);
    if (action !== undefined) {
      const { record } = runtime.plan;
      putWords(action.params!, action.dataWords, data, at + table.keyBytes, elements, base + record.data);
      elements[base + record.action] = action.position;
    } else {
      runtime.writeTarget(
        slot,
        kind === blockTarget.member ? { kind: 'member', member: number } : { kind: 'group', group: number },
      );
    }
    runtime.setTimeout(slot, 0);
    if (isInsert) runtime.closeRecord(slot);
    return true;
  }
}
