/**
 * One table at run time, seen from the control side: entries are put into records and indexed for lookup.
 *
 * Entries are named by slot (a small number given by the caller); record slot + 1 holds them. The key is written before
 * the index knows the record, and the index forgets it before anything else changes, so a lookup never sees half an
 * entry.
 */

import { limbCount } from '../compile/layout.ts';
import { dataWordsOf, INDIRECT, type TablePlan } from '../compile/tables.ts';
import type { Program } from '../model/types.ts';
import { ExactIndex } from './exact-index.ts';
import { packKey, unpackField } from './key-layout.ts';
import { LpmTrie } from './lpm-trie.ts';
import { PrefixIndex } from './prefix-index.ts';
import { PriorityIndex, type RangeBounds } from './priority-index.ts';
import { Records } from './records.ts';

/** What one key field must be. Values are unsigned and fit the field. */
export type FieldMatch =
  | { readonly kind: 'exact'; readonly value: bigint }
  | { readonly kind: 'lpm'; readonly value: bigint; readonly prefixLength: number }
  | { readonly kind: 'ternary'; readonly value: bigint; readonly mask: bigint }
  | { readonly kind: 'range'; readonly low: bigint; readonly high: bigint };

/** What an entry does. `action` is the program-wide number, `data` the limbs of its arguments. */
export type EntryTarget =
  | { readonly kind: 'action'; readonly action: number; readonly data: Int32Array }
  | { readonly kind: 'member'; readonly member: number }
  | { readonly kind: 'group'; readonly group: number };

/** An entry that cannot be stored. */
export class TableError extends Error {}

/** The limbs of an action's arguments. Arguments are cut to the parameters' widths. */
export function encodeArguments(program: Program, action: number, values: readonly bigint[]): Int32Array {
  const { parameters } = program.actions[action]!;
  const data = new Int32Array(dataWordsOf(parameters));
  let at = 0;
  for (const [i, { bitwidth }] of parameters.entries()) {
    const value = BigInt.asUintN(bitwidth, values[i]!);
    for (let limb = 0; limb < limbCount(bitwidth); limb++)
      data[at++] = Number(BigInt.asIntN(32, value >> BigInt(32 * limb)));
  }
  return data;
}

export class TableRuntime {
  readonly plan: TablePlan;
  readonly records: Records;
  readonly index: ExactIndex | LpmTrie | PrefixIndex | PriorityIndex | undefined;
  /** Key words of the packet at hand, for indexes that are called with them. */
  readonly scratchKey: Int32Array;
  /** Idle timeout of each record in ms; 0: none. */
  #timeouts: Float64Array | undefined;
  /** When the timeout was last told, plus 1: it runs from there anew unless the entry is hit later; 0: not told. */
  #told: Float64Array | undefined;
  /** Matches that cannot be read back from key words. */
  readonly #matches = new Map<number, readonly FieldMatch[]>();
  #ageing = 0;
  #highest = 0;
  #count = 0;
  readonly #nowMs: () => number;
  /** Times of the last hits of all records where threads share them; otherwise they are in the records. */
  readonly #lastHits: Int32Array | undefined;

  /** `nowMs` is the time as packets stamp it: ms since the switch started. */
  constructor(plan: TablePlan, nowMs: () => number, lastHits?: Int32Array) {
    this.plan = plan;
    this.#nowMs = nowMs;
    this.#lastHits = lastHits;
    this.records = new Records(plan.record, plan.table.maxSize, plan.table.withCounters);
    this.scratchKey = new Int32Array(Math.max(1, plan.key.words));
    switch (plan.lookup) {
      case 'exact':
        this.index = new ExactIndex(this.records);
        break;
      case 'trie':
        this.index = new LpmTrie(plan.table.keys[0]!.bitwidth, plan.table.maxSize);
        break;
      case 'prefix':
        this.index = new PrefixIndex(this.records, plan.key, plan.lpmField);
        break;
      case 'priority':
        this.index = new PriorityIndex(plan.key, plan.rangeFields);
        break;
      case 'none':
        this.index = undefined;
    }
  }

  /** Entries in the table. */
  get size(): number {
    return this.#count;
  }

  /** Adds an entry. The highest `priority` wins, where keys have priorities. */
  insert(slot: number, match: readonly FieldMatch[], priority: number, target: EntryTarget, timeoutMs: number): void {
    const record = slot + 1;
    const { records, plan } = this;
    if (match.length !== plan.table.keys.length) {
      throw new TableError(
        `table '${plan.table.name}' has ${plan.table.keys.length} key fields, the entry has ${match.length}`,
      );
    }
    const base = this.openRecord(slot);
    packKey(plan.key, this.#keyValues(match), records.elements, base);
    this.#writeTarget(record, target);
    this.#setTimeout(record, timeoutMs);
    this.closeRecord(slot);
    if (plan.lookup !== 'exact') this.#matches.set(record, match);
    const { index } = this;
    if (index instanceof LpmTrie)
      index.insert(record, records.elements[base]!, prefixOf(match[0]!, plan.table.keys[0]!.bitwidth));
    else if (index instanceof PrefixIndex)
      index.insert(record, prefixOf(match[plan.lpmField]!, plan.table.keys[plan.lpmField]!.bitwidth));
    else if (index instanceof PriorityIndex) this.#insertPriority(index, record, match, priority);
  }

  /** Where the free record for a new entry begins; the caller writes key and target, then calls `closeRecord`. */
  openRecord(slot: number): number {
    const { records, plan } = this;
    if (slot >= records.capacity) {
      throw new TableError(
        `table '${plan.table.name}' has room for ${records.capacity} entries, slot ${slot} is beyond`,
      );
    }
    if (records.used[slot + 1] !== 0) throw new TableError(`slot ${slot} of table '${plan.table.name}' is in use`);
    if (this.index instanceof ExactIndex) this.index.begin(slot + 1);
    return records.base(slot + 1);
  }

  /** The record is written: counters begin at 0, and in an exact table packets find the entry from now on. */
  closeRecord(slot: number): void {
    const record = slot + 1;
    const { records, index } = this;
    if (records.counters !== undefined) records.counters.fill(0, 2 * record, 2 * record + 2);
    records.used[record] = 1;
    this.#count++;
    if (record > this.#highest) this.#highest = record;
    if (index instanceof ExactIndex) index.insert(record);
  }

  /** Where the record of an entry begins. */
  usedRecord(slot: number): number {
    this.#requireUsed(slot);
    return this.records.base(slot + 1);
  }

  /** Writes what an entry shall do into its record. */
  writeTarget(slot: number, target: EntryTarget): void {
    this.#writeTarget(slot + 1, target);
  }

  /** Sets an entry's timeout; the entry counts as hit now. */
  setTimeout(slot: number, timeoutMs: number): void {
    this.#setTimeout(slot + 1, timeoutMs);
  }

  /** Gives an entry another action or timeout. Counters stay; the entry counts as hit now. */
  modify(slot: number, target: EntryTarget, timeoutMs: number): void {
    this.#requireUsed(slot);
    this.#writeTarget(slot + 1, target);
    this.#setTimeout(slot + 1, timeoutMs);
  }

  remove(slot: number): void {
    this.#requireUsed(slot);
    const record = slot + 1;
    this.index?.remove(record);
    this.records.used[record] = 0;
    this.#matches.delete(record);
    this.#count--;
    if (this.#timeouts !== undefined && this.#timeouts[record]! > 0) {
      this.#timeouts[record] = 0;
      this.#ageing--;
    }
  }

  /** Sets the default action; undefined: none. */
  setDefault(target: EntryTarget | undefined): void {
    if (target === undefined) this.records.elements[this.records.base(0) + this.plan.record.action] = -1;
    else this.#writeTarget(0, target);
  }

  /** Removes all entries. */
  clear(): void {
    this.index?.clear();
    this.records.used.fill(0);
    this.#timeouts?.fill(0);
    this.#matches.clear();
    this.#ageing = 0;
    this.#count = 0;
    this.#highest = 0;
  }

  /** Packets and bytes counted for a slot; slot -1 is the default entry. */
  counter(slot: number): { packets: bigint; bytes: bigint } {
    const { counters } = this.records;
    if (counters === undefined) return { packets: 0n, bytes: 0n };
    return { packets: BigInt(counters[2 * (slot + 1)]!), bytes: BigInt(counters[2 * (slot + 1) + 1]!) };
  }

  setCounter(slot: number, packets: bigint, bytes: bigint): void {
    const { counters } = this.records;
    if (counters === undefined) throw new TableError(`table '${this.plan.table.name}' has no direct counter`);
    counters[2 * (slot + 1)] = Number(packets);
    counters[2 * (slot + 1) + 1] = Number(bytes);
  }

  /** Milliseconds since the entry was last hit, or made. */
  ageMs(slot: number): number {
    if (this.plan.record.lastHit < 0) return 0;
    return elapsedMs(this.#lastHitOf(slot + 1), this.#nowMs());
  }

  #lastHitOf(record: number): number {
    return this.#lastHits?.[record] ?? this.records.elements[this.records.base(record) + this.plan.record.lastHit]!;
  }

  /** Slots whose idle timeout has run out since they were last told. */
  sweep(): number[] {
    if (this.#ageing === 0) return [];
    const expired: number[] = [];
    const now = this.#nowMs();
    for (let record = 1; record <= this.#highest; record++) {
      const timeout = this.#timeouts![record]!;
      if (timeout === 0) continue;
      const sinceHit = elapsedMs(this.#lastHitOf(record), now);
      const told = this.#told![record]!;
      if (sinceHit < timeout || (told !== 0 && Math.min(sinceHit, (now - told + 1) >>> 0) < timeout)) continue;
      this.#told![record] = now + 1;
      expired.push(record - 1);
    }
    return expired;
  }

  /** The slot of the entry a packet with these key words would hit, or -1. */
  find(match: readonly FieldMatch[]): number {
    for (let record = 1; record <= this.#highest; record++) {
      if (this.records.used[record] === 0) continue;
      const words = new Int32Array(this.plan.key.words);
      packKey(this.plan.key, this.#keyValues(match), words);
      const base = this.records.base(record);
      if (words.every((word, i) => word === this.records.elements[base + i])) return record - 1;
    }
    return -1;
  }

  /**
   * The values fields contribute to the key words: without the bits beyond a prefix or outside the mask of the table's
   * key.
   */
  #keyValues(match: readonly FieldMatch[]): bigint[] {
    return match.map((each, i) => {
      const { bitwidth, mask } = this.plan.table.keys[i]!;
      const value = each.kind === 'lpm' ? each.value & maskOf(each, bitwidth) : keyValue(each);
      return mask === undefined ? value : value & mask;
    });
  }

  /** Some entries that a key does not match, except `besides`, each with the first key field that differs. */
  differences(key: readonly bigint[], limit: number, besides: number): { slot: number; field: number }[] {
    const result: { slot: number; field: number }[] = [];
    const { keys } = this.plan.table;
    for (let record = 1; record <= this.#highest && result.length < limit; record++) {
      if (this.records.used[record] === 0 || record - 1 === besides) continue;
      const match = this.#matchOf(record);
      const field = match?.findIndex((each, i) => !accepts(each, key[i]!, keys[i]!.bitwidth)) ?? -1;
      if (field >= 0) result.push({ slot: record - 1, field });
    }
    return result;
  }

  /**
   * What an entry of an exact table or a prefix matches, from its key words; of others what they were inserted with.
   */
  #matchOf(record: number): readonly FieldMatch[] | undefined {
    const { plan, records } = this;
    if (plan.lookup === 'priority' || plan.lookup === 'trie' || plan.lookup === 'prefix')
      return this.#matches.get(record);
    return plan.table.keys.map((_, i) => ({
      kind: 'exact',
      value: unpackField(plan.key, i, records.elements, records.base(record)),
    }));
  }

  #requireUsed(slot: number): void {
    if (this.records.used[slot + 1] !== 1)
      throw new TableError(`table '${this.plan.table.name}' has no entry in slot ${slot}`);
  }

  #writeTarget(record: number, target: EntryTarget): void {
    const { elements } = this.records;
    const { table, record: layout } = this.plan;
    const base = this.records.base(record);
    switch (target.kind) {
      case 'action': {
        const position = table.actions.indexOf(target.action);
        if (position < 0) throw new TableError(`the action is not among those of table '${table.name}'`);
        elements.set(target.data, base + layout.data);
        elements[base + layout.action] = position;
        return;
      }
      case 'member':
      case 'group':
        if (table.actionProfile < 0) throw new TableError(`table '${table.name}' has no action profile`);
        elements[base + layout.data] = target.kind === 'member' ? target.member : -1 - target.group;
        elements[base + layout.action] = INDIRECT;
    }
  }

  #setTimeout(record: number, timeoutMs: number): void {
    const { lastHit } = this.plan.record;
    if (lastHit < 0) return;
    if (this.#lastHits !== undefined) this.#lastHits[record] = this.#nowMs();
    else this.records.elements[this.records.base(record) + lastHit] = this.#nowMs();
    if (this.#timeouts === undefined) {
      if (timeoutMs === 0) return;
      this.#timeouts = new Float64Array(this.records.capacity + 1);
      this.#told = new Float64Array(this.records.capacity + 1);
    }
    if (this.#timeouts[record]! > 0) this.#ageing--;
    this.#timeouts[record] = timeoutMs;
    this.#told![record] = 0;
    if (timeoutMs > 0) this.#ageing++;
  }

  #insertPriority(index: PriorityIndex, record: number, match: readonly FieldMatch[], priority: number): void {
    const { key, table } = this.plan;
    const value = new Int32Array(key.words);
    const mask = new Int32Array(key.words);
    const masks = match.map((each, i) => maskOf(each, table.keys[i]!.bitwidth));
    packKey(
      key,
      this.#keyValues(match).map((each, i) => each & masks[i]!),
      value,
    );
    packKey(key, masks, mask);
    const ranges: RangeBounds[] = match.flatMap((each, field) =>
      each.kind === 'range' ? [{ field, low: each.low, high: each.high }] : [],
    );
    index.insert(record, priority, value, mask, ranges);
  }
}

/**
 * How much later another thread's time may be than this one's, in ms; beyond, the 32 bits that times have went round.
 */
const CLOCK_SKEW_MS = 1000;

/**
 * Milliseconds from one time to another, both of 32 bits; 0 where another thread has already stamped a time that is yet
 * to come here.
 */
function elapsedMs(from: number, to: number): number {
  const elapsed = (to - from) >>> 0;
  return elapsed >= 2 ** 32 - CLOCK_SKEW_MS ? 0 : elapsed;
}

/** Whether a field's value is what a match wants. */
function accepts(match: FieldMatch, value: bigint, bitwidth: number): boolean {
  if (match.kind === 'range') return value >= match.low && value <= match.high;
  return ((value ^ match.value) & maskOf(match, bitwidth)) === 0n;
}

/** The value a field contributes to the key words. */
function keyValue(match: FieldMatch): bigint {
  return match.kind === 'range' ? 0n : match.value;
}

function prefixOf(match: FieldMatch, bitwidth: number): number {
  return match.kind === 'lpm' ? match.prefixLength : bitwidth;
}

function maskOf(match: FieldMatch, bitwidth: number): bigint {
  const full = (1n << BigInt(bitwidth)) - 1n;
  switch (match.kind) {
    case 'exact':
      return full;
    case 'lpm':
      return (full >> BigInt(bitwidth - match.prefixLength)) << BigInt(bitwidth - match.prefixLength);
    case 'ternary':
      return match.mask;
    case 'range':
      return 0n;
  }
}
