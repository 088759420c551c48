/**
 * Writes to counters, meters, registers and value sets: things that exist from the start and can only be modified
 * (specification: "CounterEntry & DirectCounterEntry", "MeterEntry & DirectMeterEntry", "ValueSetEntry",
 * "RegisterEntry").
 */

import { MeterSpec_Type } from '../../gen/p4/config/v1/p4info_pb.ts';
import {
  type CounterEntry,
  type DirectCounterEntry,
  type DirectMeterEntry,
  type Index,
  type MeterEntry,
  type RegisterEntry,
  Update_Type,
  type ValueSetEntry,
} from '../../gen/p4/v1/p4runtime_pb.ts';
import type { DataType } from '../../schema/types.ts';
import { byteLength, fits, padTo, toBigInt, toPadded } from '../../values/bytes.ts';
import { alreadyExists, exhausted, invalid, notFound, outOfRange, unsupported } from '../refusals.ts';
import type { PipelineState } from '../store/state.ts';
import type { TableStore } from '../store/table-store.ts';
import { DEFAULT_SLOT, type MatchValue } from '../switch.ts';
import type { Batch } from './batch.ts';
import { checkColours, checkCounter, directMeterRates, findEntry, meterRates, resetColours, tableOf } from './table.ts';

function modifyOnly(type: Update_Type, what: string): void {
  if (type !== Update_Type.MODIFY) throw invalid(`${what} can be modified only, not inserted or deleted.`);
}

/**
 * The index that a message names, `undefined` for all.
 *
 * @throws RpcError INVALID_ARGUMENT when negative, OUT_OF_RANGE beyond the array
 */
export function checkIndex(index: Index | undefined, size: number, what: string): number | undefined {
  if (index === undefined) return undefined;
  if (index.index < 0n) throw invalid(`${what}: the index ${index.index} is negative.`);
  if (index.index >= BigInt(size)) throw outOfRange(`${what}: the index ${index.index} is beyond its size, ${size}.`);
  return Number(index.index);
}

/** The object of a kind with an id. */
export function byId<Item>(items: { byId(id: number): Item | undefined }, id: number, what: string): Item {
  const item = items.byId(id);
  if (item !== undefined) return item;
  if (id === 0) throw invalid(`The ${what} id is missing.`);
  throw notFound(`There is no ${what} with id ${id} in the running program.`);
}

/** Writes cells of an indirect counter. */
export function writeCounter(state: PipelineState, batch: Batch, type: Update_Type, message: CounterEntry): void {
  modifyOnly(type, 'A counter');
  if (state.program.directCounters.byId(message.counterId) !== undefined)
    throw invalid('This is a direct counter; write it with a DirectCounterEntry.');
  const counter = byId(state.program.counters, message.counterId, 'counter');
  const index = checkIndex(message.index, counter.size, `counter ${counter.alias}`);
  if (message.data === undefined) return;
  checkCounter(message.data, `counter ${counter.alias}`);
  batch.push({
    kind: 'counter',
    counterId: counter.id,
    index,
    packets: counter.units.packets ? message.data.packetCount : 0n,
    bytes: counter.units.bytes ? message.data.byteCount : 0n,
  });
}

/** Writes the direct counter of an entry. */
export function writeDirectCounter(
  state: PipelineState,
  batch: Batch,
  type: Update_Type,
  message: DirectCounterEntry,
): void {
  modifyOnly(type, 'A direct counter');
  if (message.tableEntry === undefined) throw invalid('A direct counter needs its table entry.');
  const table = tableOf(state, message.tableEntry.tableId);
  const { directCounter, id, alias } = table.info;
  if (directCounter === undefined) throw invalid(`table ${alias} has no direct counter.`);
  const slot = slotOf(table, message.tableEntry);
  if (message.data === undefined) return;
  checkCounter(message.data, `direct counter of table ${alias}`);
  batch.push({
    kind: 'direct-counter',
    tableId: id,
    slot,
    packets: directCounter.units.packets ? message.data.packetCount : 0n,
    bytes: directCounter.units.bytes ? message.data.byteCount : 0n,
  });
}

function slotOf(table: TableStore, message: NonNullable<DirectCounterEntry['tableEntry']>): number {
  return message.isDefaultAction ? DEFAULT_SLOT : findEntry(table, message).slot;
}

/** Configures cells of an indirect meter. */
export function writeMeter(state: PipelineState, batch: Batch, type: Update_Type, message: MeterEntry): void {
  modifyOnly(type, 'A meter');
  if (state.program.directMeters.byId(message.meterId) !== undefined)
    throw invalid('This is a direct meter; write it with a DirectMeterEntry.');
  const meter = byId(state.program.meters, message.meterId, 'meter');
  const index = checkIndex(message.index, meter.size, `meter ${meter.alias}`);
  if (message.counterData !== undefined) checkColours(message.counterData, `meter ${meter.alias}`);
  const spec = state.program.p4info.meters.find((candidate) => candidate.preamble?.id === meter.id)?.spec;
  const config =
    message.config === undefined
      ? undefined
      : meterRates(message.config, spec?.type ?? MeterSpec_Type.TWO_RATE_THREE_COLOR, `meter ${meter.alias}`);
  const stored = state.meters.get(meter.id)!;
  const old = { all: stored.all, cells: index === undefined ? new Map(stored.cells) : undefined };
  const oldCell = index === undefined ? undefined : { had: stored.cells.has(index), value: stored.cells.get(index) };
  if (index === undefined) {
    stored.all = config;
    stored.cells.clear();
  } else stored.cells.set(index, config);
  batch.onUndo(() => {
    stored.all = old.all;
    for (const [cell, value] of old.cells ?? []) stored.cells.set(cell, value);
    if (index === undefined || oldCell === undefined) return;
    if (oldCell.had) stored.cells.set(index, oldCell.value);
    else stored.cells.delete(index);
  });
  batch.push({ kind: 'meter', meterId: meter.id, index, config });
  if (message.counterData !== undefined) batch.push({ kind: 'meter-counters-reset', meterId: meter.id, index });
}

/** Configures the direct meter of an entry. */
export function writeDirectMeter(
  state: PipelineState,
  batch: Batch,
  type: Update_Type,
  message: DirectMeterEntry,
): void {
  modifyOnly(type, 'A direct meter');
  if (message.tableEntry === undefined) throw invalid('A direct meter needs its table entry.');
  const table = tableOf(state, message.tableEntry.tableId);
  const { info } = table;
  if (info.directMeter === undefined) throw invalid(`table ${info.alias} has no direct meter.`);
  const config = message.config === undefined ? undefined : directMeterRates(state, info, message.config);
  const slot = slotOf(table, message.tableEntry);
  if (message.counterData !== undefined) checkColours(message.counterData, `direct meter of table ${info.alias}`);
  if (message.tableEntry.isDefaultAction) {
    const old = table.defaultEntry;
    table.defaultEntry = { ...old, extra: { ...old.extra, meter: config } };
    batch.onUndo(() => {
      table.defaultEntry = old;
    });
  } else {
    const old = findEntry(table, message.tableEntry);
    table.put({ ...old, extra: { ...old.extra, meter: config } });
    batch.onUndo(() => table.put(old));
  }
  batch.push({ kind: 'direct-meter', tableId: info.id, slot, config });
  if (message.counterData !== undefined) resetColours(batch, info.id, slot);
}

/** The width of a register's cells; only registers of numbers can be written and read. */
export function registerWidth(type: DataType, what: string): number {
  if (type.kind === 'bits') return type.bitwidth;
  if (type.kind === 'serializable-enum') return type.bitwidth;
  if (type.kind === 'bool') return 1;
  throw unsupported(`${what}: registers of kind ${type.kind} are not supported.`);
}

/** Writes cells of a register. */
export function writeRegister(state: PipelineState, batch: Batch, type: Update_Type, message: RegisterEntry): void {
  modifyOnly(type, 'A register');
  const register = byId(state.program.registers, message.registerId, 'register');
  const what = `register ${register.alias}`;
  const index = checkIndex(message.index, register.size, what);
  const width = registerWidth(register.type, what);
  const data = message.data?.data;
  let bytes: Uint8Array;
  if (data?.case === 'bitstring' && register.type.kind === 'bits') bytes = data.value;
  else if (data?.case === 'enumValue' && register.type.kind === 'serializable-enum') bytes = data.value;
  else if (data?.case === 'bool' && register.type.kind === 'bool') bytes = Uint8Array.of(data.value ? 1 : 0);
  else
    throw invalid(`${what}: the data is ${data?.case ?? 'missing'}, but its cells are of kind ${register.type.kind}.`);
  if (bytes.length === 0) throw outOfRange(`${what}: an empty byte string is not a value.`);
  batch.push({
    kind: 'register',
    registerId: register.id,
    index,
    value: fitRegister(register.type, bytes, width, what),
  });
}

function fitRegister(type: DataType, bytes: Uint8Array, width: number, what: string): Uint8Array {
  const length = byteLength(width);
  if (fits(bytes, width)) return padTo(bytes, length);
  if (type.kind === 'bits' && type.signed) {
    // A negative number in a shorter or longer string: undo or redo the sign extension.
    const value = BigInt.asIntN(bytes.length * 8, toBigInt(bytes));
    if (BigInt.asIntN(width, value) === value) return toPadded(BigInt.asUintN(width, value), length);
  }
  throw outOfRange(`${what}: 0x${Buffer.from(bytes).toString('hex')} does not fit ${width} bits.`);
}

/** Replaces the members of a value set. */
export function writeValueSet(state: PipelineState, batch: Batch, type: Update_Type, message: ValueSetEntry): void {
  modifyOnly(type, 'A value set');
  const set = byId(state.program.valueSets, message.valueSetId, 'value set');
  if (message.members.length > set.size)
    throw exhausted(`value set ${set.alias} holds ${set.size} members, not ${message.members.length}.`);
  const codec = state.valueSetKeys.get(set.id)!;
  const keys = new Set<string>();
  const members: MatchValue[][] = [];
  for (const member of message.members) {
    const { key, match } = codec.decode(member.match, 0);
    if (keys.has(key)) throw alreadyExists(`value set ${set.alias}: a member is given twice.`);
    keys.add(key);
    members.push(match);
  }
  const old = state.valueSets.get(set.id)!;
  state.valueSets.set(set.id, [...keys]);
  batch.onUndo(() => state.valueSets.set(set.id, old));
  batch.push({ kind: 'value-set', valueSetId: set.id, members });
}
