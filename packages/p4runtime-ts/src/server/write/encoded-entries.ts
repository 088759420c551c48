/**
 * Table entries straight from the bytes of a WriteRequest: the way that a million of them take.
 *
 * An update in the usual shape (fields in order, none twice, a table entry with its key and an action, a member or a
 * group, nothing else) is checked and carried out in one pass over its bytes, without a message, a byte string or a
 * closure for it. Whatever is unusual or wrong is left alone: `write` answers false and has changed nothing, and the
 * update is decoded and goes the long way, which alone knows how to word an error. So this file must never accept what
 * `table.ts` and `target.ts` would refuse, and need not accept all that they do.
 */
import { Update_Type } from '../../gen/p4/v1/p4runtime_pb.ts';
import { type BlockAction, blockOperation, blockTarget, operationAndTarget } from '../entry-block.ts';
import type { PlainParam } from '../store/action-codec.ts';
import type { PlainField } from '../store/key-codec.ts';
import type { PipelineState } from '../store/state.ts';
import { targetTag, writeId } from '../store/table-store.ts';
import type { Batch } from './batch.ts';
import { referRecord, type TableInBlock } from './block-builder.ts';

/** Tags of the fields that are known here, named as in p4runtime.proto. */
const tag = {
  updateType: 0x08,
  updateEntity: 0x12,
  entityTableEntry: 0x12,
  tableId: 0x08,
  match: 0x12,
  action: 0x1a,
  priority: 0x20,
  fieldId: 0x08,
  first: 0x0a,
  mask: 0x12,
  prefixLength: 0x10,
  tableAction: 0x0a,
  memberId: 0x10,
  groupId: 0x18,
  actionId: 0x08,
  param: 0x22,
  paramId: 0x10,
  paramValue: 0x1a,
} as const;

/** Tags of the kinds of match in a FieldMatch; ranges go the long way. */
const matchTags = { exact: 0x12, ternary: 0x1a, lpm: 0x22, optional: 0x3a, range: -1 } as const;

/** Fields of a key or arguments of an action that are kept track of in one number. */
const maximumParts = 30;

interface FieldPlan extends PlainField {
  readonly bit: number;
  readonly tag: number;
  /** Bits of the first byte that must be 0. */
  readonly spare: number;
}

interface ParamPlan extends PlainParam {
  readonly bit: number;
  readonly spare: number;
}

interface ActionPlan {
  readonly actionId: number;
  /** How a record says that it has this action. */
  readonly recordTag: number;
  readonly params: readonly ParamPlan[];
  /** Bits of all parameters. */
  readonly all: number;
  readonly bytes: number;
  readonly block: BlockAction;
}

interface TablePlan extends TableInBlock {
  readonly tableId: number;
  readonly fields: readonly FieldPlan[];
  /** Bits of the fields that must be there. */
  readonly required: number;
  /** The key that matches everything; undefined where all fields must be there. */
  readonly wildcard: Uint8Array | undefined;
  readonly hasPriority: boolean;
  readonly actions: readonly ActionPlan[];
}

const spareBits = (bitwidth: number, length: number) => 0xff & ~(0xff >>> (8 * length - bitwidth));

/** How a table's entries are read here; undefined if they must all go the long way. */
function planTable(state: PipelineState, tableId: number): TablePlan | undefined {
  const store = state.tables.get(tableId);
  if (store === undefined || state.references !== undefined) return undefined;
  const { info, keys } = store;
  const fields = keys.plainFields();
  if (fields === undefined || fields.length === 0 || fields.length > maximumParts) return undefined;
  if (info.isConst || store.constraint !== undefined) return undefined;
  const plans = fields.map((field, index) => ({
    ...field,
    bit: 1 << index,
    tag: matchTags[field.kind],
    spare: spareBits(field.bitwidth, field.length),
  }));
  const required = plans.reduce((bits, { kind, bit }) => (kind === 'exact' ? bits | bit : bits), 0);
  const wildcard = fields.every(({ kind }) => kind === 'exact') ? undefined : keys.wildcardKey();
  const actions = info.actions.items.flatMap((choice, position): ActionPlan[] => {
    const params = choice.inEntries ? state.actions.get(choice.action.id)?.plainParams() : undefined;
    if (params === undefined || params.length > maximumParts) return [];
    const bytes = params.reduce((sum, { length }) => sum + length, 0);
    return [
      {
        actionId: choice.action.id,
        recordTag: targetTag.action + position,
        params: params.map((param, index) => ({
          ...param,
          bit: 1 << index,
          spare: spareBits(param.bitwidth, param.length),
        })),
        all: 2 ** params.length - 1,
        bytes,
        block: { actionId: choice.action.id, paramBytes: params.map(({ length }) => length) },
      },
    ];
  });
  const profile = info.profile === undefined ? undefined : state.profiles.get(info.profile.id);
  const hasPriority = info.needsPriority;
  const block = {
    tableId,
    fields: fields.map(({ kind, length }) => ({ kind, length })),
    hasPriority,
    keyBytes: keys.length,
  };
  return { tableId, store, profile, fields: plans, required, wildcard, hasPriority, actions, block };
}

/** A length, and exactly as many bytes from there to `end`: where these begin; else -1. */
function onlyBytes(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at]!;
  if (first < 0x80) return at + 1 + first === end ? at + 1 : -1;
  const second = bytes[at + 1]!;
  if (second < 0x80) return at + 2 + ((first & 0x7f) | (second << 7)) === end ? at + 2 : -1;
  return -1;
}

/**
 * Puts a value at its place in `target`, with leading zeros; false if it is empty, has too many bytes or sets `spare`
 * bits.
 */
function putValue(
  bytes: Uint8Array,
  from: number,
  to: number,
  target: Uint8Array,
  offset: number,
  length: number,
  spare: number,
): boolean {
  let missing = length - (to - from);
  if (missing === length || missing < 0) return false;
  if (missing === 0 && (bytes[from]! & spare) !== 0) return false;
  let at = offset;
  for (; missing > 0; missing--) target[at++] = 0;
  for (let source = from; source < to; source++) target[at++] = bytes[source]!;
  return true;
}

/** See the file's comment. One for each pipeline's state. */
export class EncodedEntries {
  readonly #state: PipelineState;
  readonly #plans = new Map<number, TablePlan | undefined>();
  #lastPlan: TablePlan | undefined;
  #key = new Uint8Array(64);
  #params = new Uint8Array(64);
  /** What was read last: a number; a target. */
  #number = 0;
  #action: ActionPlan | undefined;
  #recordTag = 0;

  constructor(state: PipelineState) {
    this.#state = state;
  }

  /**
   * Carries out the update that lies in `bytes` from `start` to `end`, if it can be done here.
   *
   * @param owner the update's place in its request
   * @param expected updates of the request
   * @returns whether it is done; if not, nothing has changed
   */
  write(batch: Batch, bytes: Uint8Array, start: number, end: number, owner: number, expected: number): boolean {
    const type = bytes[start + 1]!;
    if (bytes[start] !== tag.updateType || bytes[start + 2] !== tag.updateEntity) return false;
    let at = onlyBytes(bytes, start + 3, end);
    if (at < 0 || bytes[at] !== tag.entityTableEntry) return false;
    at = onlyBytes(bytes, at + 1, end);
    if (at < 0 || bytes[at] !== tag.tableId) return false;
    at = this.#varint(bytes, at + 1, end);
    if (at < 0) return false;
    const plan = this.#planOf(this.#number);
    if (plan === undefined || !this.#entry(plan, bytes, at, end)) return false;
    switch (type) {
      case Update_Type.INSERT:
        return this.#insert(batch, plan, owner, expected);
      case Update_Type.MODIFY:
        return this.#modify(batch, plan, owner, expected);
      case Update_Type.DELETE:
        return this.#delete(batch, plan, owner, expected);
      default:
        return false;
    }
  }

  #planOf(tableId: number): TablePlan | undefined {
    if (this.#lastPlan?.tableId === tableId) return this.#lastPlan;
    let plan = this.#plans.get(tableId);
    if (plan === undefined && !this.#plans.has(tableId)) {
      plan = planTable(this.#state, tableId);
      this.#plans.set(tableId, plan);
      if (plan !== undefined) {
        const { records } = plan.store;
        if (records.keyBytes > this.#key.length) this.#key = new Uint8Array(records.keyBytes);
        if (records.targetBytes > this.#params.length) this.#params = new Uint8Array(records.targetBytes);
      }
    }
    if (plan !== undefined) this.#lastPlan = plan;
    return plan;
  }

  /** Reads a number of at most 32 bits into `#number`; returns where it ends, or -1. */
  #varint(bytes: Uint8Array, at: number, end: number): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      if (at >= end) return -1;
      const byte = bytes[at++]!;
      if (shift === 28 && byte > 0x0f) return -1;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.#number = value >>> 0;
        return at;
      }
    }
    return -1;
  }

  /** Reads the rest of a table entry into `#key`, `#params`, `#action` and `#recordTag`; whether it is in order. */
  #entry(plan: TablePlan, bytes: Uint8Array, from: number, end: number): boolean {
    const { fields, wildcard } = plan;
    const key = this.#key;
    if (wildcard !== undefined) for (let index = 0; index < wildcard.length; index++) key[index] = wildcard[index]!;
    this.#recordTag = 0;
    let seen = 0;
    let next = 0;
    let priority = -1;
    let at = from;
    while (at < end) {
      const which = bytes[at++]!;
      if (which === tag.match) {
        const length = bytes[at++]!;
        const fieldEnd = at + length;
        if (!(length < 0x80 && fieldEnd <= end) || bytes[at] !== tag.fieldId) return false;
        at = this.#varint(bytes, at + 1, fieldEnd);
        if (at < 0) return false;
        const id = this.#number;
        if (next >= fields.length || fields[next]!.id !== id) {
          next = fields.findIndex((field) => field.id === id);
          if (next < 0) return false;
        }
        const field = fields[next++]!;
        if ((seen & field.bit) !== 0 || bytes[at] !== field.tag) return false;
        seen |= field.bit;
        at = onlyBytes(bytes, at + 1, fieldEnd);
        if (at < 0 || bytes[at] !== tag.first) return false;
        if (field.kind === 'exact') {
          at = onlyBytes(bytes, at + 1, fieldEnd);
          if (at < 0 || !putValue(bytes, at, fieldEnd, key, field.offset, field.length, field.spare)) return false;
        } else if (!this.#value(field, bytes, at + 1, fieldEnd)) return false;
        at = fieldEnd;
      } else if (which === tag.action) {
        at = this.#varint(bytes, at, end);
        if (at < 0 || this.#recordTag !== 0) return false;
        const actionEnd = at + this.#number;
        if (actionEnd > end || !this.#target(plan, bytes, at, actionEnd)) return false;
        at = actionEnd;
      } else if (which === tag.priority) {
        at = this.#varint(bytes, at, end);
        if (at < 0 || priority >= 0 || this.#number > 0x7fffffff) return false;
        priority = this.#number;
      } else return false;
    }
    if ((seen & plan.required) !== plan.required) return false;
    if (!plan.hasPriority) return priority <= 0;
    if (priority <= 0) return false;
    const last = plan.store.records.keyBytes - 4;
    key[last] = priority >>> 24;
    key[last + 1] = priority >>> 16;
    key[last + 2] = priority >>> 8;
    key[last + 3] = priority;
    return true;
  }

  /** Reads the value of an lpm, ternary or optional field, whose first byte string begins at `from`, into the key. */
  #value(field: FieldPlan, bytes: Uint8Array, from: number, end: number): boolean {
    const { offset, length, spare, bitwidth } = field;
    const key = this.#key;
    let at = this.#varint(bytes, from, end);
    if (at < 0) return false;
    const valueEnd = at + this.#number;
    if (valueEnd > end || !putValue(bytes, at, valueEnd, key, offset, length, spare)) return false;
    at = valueEnd;
    switch (field.kind) {
      case 'optional':
        key[offset + length] = 1;
        return at === end;
      case 'lpm': {
        if (at >= end || bytes[at] !== tag.prefixLength || this.#varint(bytes, at + 1, end) !== end) return false;
        const prefixLength = this.#number;
        if (prefixLength < 1 || prefixLength > bitwidth) return false;
        key[offset + length] = prefixLength >>> 8;
        key[offset + length + 1] = prefixLength;
        // Bits beyond the prefix must be 0.
        const bit = 8 * length - bitwidth + prefixLength;
        let byte = offset + (bit >>> 3);
        if ((bit & 7) !== 0 && (key[byte++]! & (0xff >>> (bit & 7))) !== 0) return false;
        for (; byte < offset + length; byte++) if (key[byte] !== 0) return false;
        return true;
      }
      case 'ternary': {
        if (at >= end || bytes[at] !== tag.mask) return false;
        at = onlyBytes(bytes, at + 1, end);
        const mask = offset + length;
        if (at < 0 || !putValue(bytes, at, end, key, mask, length, spare)) return false;
        let any = 0;
        for (let index = 0; index < length; index++) {
          any |= key[mask + index]!;
          if ((key[offset + index]! & ~key[mask + index]!) !== 0) return false;
        }
        return any !== 0;
      }
      default:
        return false;
    }
  }

  /** Reads a TableAction. */
  #target(plan: TablePlan, bytes: Uint8Array, from: number, end: number): boolean {
    if (from >= end) return false;
    const which = bytes[from]!;
    if (which !== tag.tableAction) {
      if (which !== tag.memberId && which !== tag.groupId) return false;
      this.#recordTag = which === tag.memberId ? targetTag.member : targetTag.group;
      return this.#varint(bytes, from + 1, end) === end;
    }
    let at = onlyBytes(bytes, from + 1, end);
    if (at < 0 || at >= end || bytes[at] !== tag.actionId) return false;
    at = this.#varint(bytes, at + 1, end);
    if (at < 0) return false;
    const id = this.#number;
    const action = plan.actions.find((each) => each.actionId === id);
    if (action === undefined) return false;
    let seen = 0;
    let next = 0;
    while (at < end) {
      if (bytes[at] !== tag.param) return false;
      const length = bytes[at + 1]!;
      at += 2;
      const paramEnd = at + length;
      if (!(length < 0x80 && paramEnd <= end) || bytes[at] !== tag.paramId) return false;
      at = this.#varint(bytes, at + 1, paramEnd);
      if (at < 0 || bytes[at] !== tag.paramValue) return false;
      const paramId = this.#number;
      if (next >= action.params.length || action.params[next]!.id !== paramId) {
        next = action.params.findIndex((param) => param.id === paramId);
        if (next < 0) return false;
      }
      const param = action.params[next++]!;
      if ((seen & param.bit) !== 0) return false;
      seen |= param.bit;
      at = onlyBytes(bytes, at + 1, paramEnd);
      if (at < 0 || !putValue(bytes, at, paramEnd, this.#params, param.offset, param.length, param.spare)) return false;
      at = paramEnd;
    }
    this.#action = action;
    this.#recordTag = action.recordTag;
    return seen === action.all;
  }

  /**
   * Checks the target that was read, and makes ready what a record and a block need: the bytes in `#params`, and
   * `#number`.
   *
   * @returns bytes of the target in a record; -1 if the entry must go the long way
   */
  #checkTarget(plan: TablePlan): number {
    const { profile } = plan;
    if (this.#recordTag >= targetTag.action) return profile === undefined ? this.#action!.bytes : -1;
    if (this.#recordTag === 0 || profile === undefined || profile.oneShotSets > 0) return -1;
    const id = this.#number;
    if (this.#recordTag === targetTag.group && !profile.info.withSelector) return -1;
    const found = this.#recordTag === targetTag.member ? profile.members.get(id) : profile.groups.get(id);
    if (found === undefined) return -1;
    writeId(this.#params, 0, id);
    this.#number = found.slot;
    return 4;
  }

  /** Adds what was read to the batch's block. */
  #add(
    batch: Batch,
    plan: TablePlan,
    owner: number,
    expected: number,
    operation: number,
    slot: number,
    keyBytes: number,
  ): void {
    const block = batch.block(expected);
    if (operation !== blockOperation.insert) block.keepOld(plan, slot);
    if (operation === blockOperation.delete) {
      block.add(owner, operationAndTarget(operation, blockTarget.action), plan, slot, 0, this.#key, 0, this.#params, 0);
      return;
    }
    const kind =
      this.#recordTag === targetTag.member
        ? blockTarget.member
        : this.#recordTag === targetTag.group
          ? blockTarget.group
          : blockTarget.action;
    const isAction = kind === blockTarget.action;
    const number = isAction ? block.action(this.#action!.block) : this.#number;
    const paramBytes = isAction ? this.#action!.bytes : 0;
    const first = operationAndTarget(operation, kind);
    block.add(owner, first, plan, slot, number, this.#key, keyBytes, this.#params, paramBytes);
  }

  #insert(batch: Batch, plan: TablePlan, owner: number, expected: number): boolean {
    const { store } = plan;
    const { records, info } = store;
    const key = this.#key;
    const hash = records.hash(key, 0);
    if (records.find(hash, key, 0) >= 0 || (info.size > 0 && records.size >= info.size)) return false;
    const targetBytes = this.#checkTarget(plan);
    if (targetBytes < 0) return false;
    const slot = store.slots.take();
    records.insert(slot, hash, key, 0, this.#recordTag);
    this.#putTarget(plan, slot, targetBytes);
    this.#add(batch, plan, owner, expected, blockOperation.insert, slot, records.keyBytes);
    return true;
  }

  #putTarget(plan: TablePlan, slot: number, targetBytes: number): void {
    const { records } = plan.store;
    const at = records.targetAt(slot);
    for (let index = 0; index < targetBytes; index++) records.bytes[at + index] = this.#params[index]!;
    if (this.#recordTag < targetTag.action) referRecord(plan, slot, this.#recordTag, 1);
  }

  /** The slot of an entry with nothing special whose key was read; -1 if there is none. */
  #plainSlot({ store }: TablePlan): number {
    const { records } = store;
    const slot = records.find(records.hash(this.#key, 0), this.#key, 0);
    return slot < 0 || records.tag(slot) === targetTag.object || store.extras.has(slot) ? -1 : slot;
  }

  #modify(batch: Batch, plan: TablePlan, owner: number, expected: number): boolean {
    const slot = this.#plainSlot(plan);
    if (slot < 0) return false;
    const targetBytes = this.#checkTarget(plan);
    if (targetBytes < 0) return false;
    const { records } = plan.store;
    this.#add(batch, plan, owner, expected, blockOperation.modify, slot, records.keyBytes);
    referRecord(plan, slot, records.tag(slot), -1);
    records.setTag(slot, this.#recordTag);
    this.#putTarget(plan, slot, targetBytes);
    return true;
  }

  #delete(batch: Batch, plan: TablePlan, owner: number, expected: number): boolean {
    const slot = this.#recordTag === 0 ? this.#plainSlot(plan) : -1;
    if (slot < 0) return false;
    const { records } = plan.store;
    this.#add(batch, plan, owner, expected, blockOperation.delete, slot, 0);
    referRecord(plan, slot, records.tag(slot), -1);
    records.remove(slot);
    return true;
  }
}
