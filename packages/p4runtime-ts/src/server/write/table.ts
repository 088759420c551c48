/**
 * Writes to table entries, default entries and their direct resources (specification: "TableEntry").
 */

import { MeterSpec_Type } from '../../gen/p4/config/v1/p4info_pb.ts';
import {
  type CounterData,
  type MeterConfig,
  type MeterCounterData,
  type TableEntry,
  Update_Type,
} from '../../gen/p4/v1/p4runtime_pb.ts';
import type { TableInfo } from '../../schema/program.ts';
import { alreadyExists, denied, exhausted, invalid, notFound } from '../refusals.ts';
import type { PipelineState } from '../store/state.ts';
import { type EntryExtra, plainExtra, type StoredEntry, type TableStore } from '../store/table-store.ts';
import { DEFAULT_SLOT, type MeterRates } from '../switch.ts';
import type { Batch } from './batch.ts';
import { actionsOf, decodeTarget, disposeTarget, refer, targetToSwitch } from './target.ts';

/** The table that a message names. */
export function tableOf(state: PipelineState, tableId: number): TableStore {
  const table = state.tables.get(tableId);
  if (table !== undefined) return table;
  if (tableId === 0) throw invalid('The table id is missing.');
  throw notFound(`There is no table with id ${tableId} (0x${tableId.toString(16)}) in the running program.`);
}

/** Writes an entry. */
export function writeTableEntry(state: PipelineState, batch: Batch, type: Update_Type, message: TableEntry): void {
  const table = tableOf(state, message.tableId);
  const { info } = table;
  if (message.isConst) throw invalid(`table ${info.alias}: is_const may not be set in a write.`);
  if (message.timeSinceLastHit !== undefined && type !== Update_Type.DELETE)
    throw invalid(`table ${info.alias}: time_since_last_hit may not be set in a write.`);
  if (message.isDefaultAction) writeDefault(state, batch, type, message, table);
  else if (type === Update_Type.INSERT) insert(state, batch, message, table);
  else if (type === Update_Type.MODIFY) modify(state, batch, message, table);
  else remove(state, batch, message, table);
}

/** The stored entry that a message's key names. */
export function findEntry(table: TableStore, message: TableEntry): StoredEntry {
  checkPriority(table.info, message.priority);
  const entry = table.get(table.keys.decode(message.match, message.priority).key);
  if (entry === undefined) throw notFound(`table ${table.info.alias} has no entry with this key.`);
  return entry;
}

function checkPriority(info: TableInfo, priority: number): void {
  if (info.needsPriority && priority <= 0)
    throw invalid(
      `table ${info.alias}: entries need a priority of 1 or more, because it has ternary, range or optional fields.`,
    );
  if (!info.needsPriority && priority !== 0)
    throw invalid(`table ${info.alias}: entries take no priority, because it has exact and lpm fields only.`);
}

function insert(state: PipelineState, batch: Batch, message: TableEntry, table: TableStore): void {
  const { info } = table;
  if (info.matchFields.size === 0)
    throw invalid(`table ${info.alias} has no key, so it takes no entries but the default one.`);
  if (info.isConst) throw denied(`table ${info.alias} has constant entries.`);
  checkPriority(info, message.priority);
  const { key, match } = table.keys.decode(message.match, message.priority);
  table.constraint?.check({ match, params: [], priority: message.priority });
  if (table.has(key)) throw alreadyExists(`table ${info.alias} has an entry with this key already.`);
  if (info.size > 0 && table.size >= info.size)
    throw exhausted(`table ${info.alias} is full: it holds ${info.size} entries.`);
  if (message.action === undefined) throw invalid(`table ${info.alias}: an insert needs an action.`);
  const extra = extraOf(state, info, message);
  const target = decodeTarget(state, batch, table, message.action, undefined);
  const { references } = state;
  const uses = references?.usesOf(info.id, match, actionsOf(state, target.stored)) ?? [];
  const provides = references?.providesOf(info.id, match) ?? [];
  references?.require(uses, `table ${info.alias}: the entry`);
  const slot = table.slots.take();
  const entry: StoredEntry = { slot, key, target: target.stored, extra };
  table.put(entry);
  references?.countUses(uses, 1);
  references?.countProvides(provides, 1);
  refer(state, table, entry.target, 1);
  batch.onUndo(() => {
    refer(state, table, entry.target, -1);
    table.remove(entry);
    table.slots.release(slot);
    references?.countUses(uses, -1);
    references?.countProvides(provides, -1);
  });
  batch.push({
    kind: 'table-insert',
    tableId: info.id,
    slot,
    match,
    priority: message.priority,
    action: target.action,
    idleTimeoutNs: extra.idleTimeoutNs,
  });
  if (message.counterData !== undefined) pushCounter(batch, info, slot, message.counterData);
  if (extra.meter !== undefined) batch.push({ kind: 'direct-meter', tableId: info.id, slot, config: extra.meter });
}

function modify(state: PipelineState, batch: Batch, message: TableEntry, table: TableStore): void {
  const { info } = table;
  const old = findEntry(table, message);
  if ((info.isConst || old.extra.isConst) && (message.action !== undefined || message.idleTimeoutNs !== 0n))
    throw denied(`table ${info.alias}: this entry is constant; only its counter and meter may be modified.`);
  const extra = old.extra.isConst
    ? { ...old.extra, meter: extraOf(state, info, message).meter }
    : extraOf(state, info, message);
  const target =
    message.action === undefined ? undefined : decodeTarget(state, batch, table, message.action, old.target);
  const entry: StoredEntry = { ...old, target: target?.stored ?? old.target, extra };
  if (target !== undefined) exchangeUses(state, batch, table, old, entry);
  replace(state, batch, table, old, entry);
  if (target !== undefined || extra.idleTimeoutNs !== old.extra.idleTimeoutNs) {
    const action = target?.action ?? targetToSwitch(state, table, old.target);
    batch.push({ kind: 'table-modify', tableId: info.id, slot: old.slot, action, idleTimeoutNs: extra.idleTimeoutNs });
    target?.after?.();
  }
  if (message.counterData !== undefined) pushCounter(batch, info, old.slot, message.counterData);
  if (message.meterCounterData !== undefined) resetColours(batch, info.id, old.slot);
  if (extra.meter !== undefined || old.extra.meter !== undefined)
    batch.push({ kind: 'direct-meter', tableId: info.id, slot: old.slot, config: extra.meter });
}

function replace(state: PipelineState, batch: Batch, table: TableStore, old: StoredEntry, entry: StoredEntry): void {
  table.put(entry);
  const changed = entry.target !== old.target;
  if (changed) {
    refer(state, table, old.target, -1);
    refer(state, table, entry.target, 1);
  }
  batch.onUndo(() => {
    if (changed) {
      refer(state, table, entry.target, -1);
      refer(state, table, old.target, 1);
    }
    table.put(old);
  });
}

function exchangeUses(
  state: PipelineState,
  batch: Batch,
  table: TableStore,
  old: StoredEntry,
  entry: StoredEntry,
): void {
  const { references } = state;
  if (references === undefined) return;
  const before = references.usesOf(table.info.id, [], actionsOf(state, old.target));
  const after = references.usesOf(table.info.id, [], actionsOf(state, entry.target));
  references.exchangeUses(batch, before, after, `table ${table.info.alias}: the entry`);
}

function remove(state: PipelineState, batch: Batch, message: TableEntry, table: TableStore): void {
  const { info } = table;
  if (info.isConst) throw denied(`table ${info.alias} has constant entries.`);
  const entry = findEntry(table, message);
  if (entry.extra.isConst) throw denied(`table ${info.alias}: this entry is constant.`);
  releaseReferences(state, batch, table, entry);
  table.remove(entry);
  refer(state, table, entry.target, -1);
  batch.onUndo(() => {
    table.put(entry);
    refer(state, table, entry.target, 1);
  });
  batch.push({ kind: 'table-delete', tableId: info.id, slot: entry.slot });
  disposeTarget(state, batch, table, entry.target);
  batch.onSettled(() => table.slots.release(entry.slot));
}

function releaseReferences(state: PipelineState, batch: Batch, table: TableStore, entry: StoredEntry): void {
  const { references } = state;
  if (references === undefined) return;
  const match = table.keys.toMatch(entry.key);
  const provides = references.providesOf(table.info.id, match);
  const uses = references.usesOf(table.info.id, match, actionsOf(state, entry.target));
  references.checkRelease(provides, `table ${table.info.alias}: the entry cannot be deleted`);
  references.countProvides(provides, -1);
  references.countUses(uses, -1);
  batch.onUndo(() => {
    references.countProvides(provides, 1);
    references.countUses(uses, 1);
  });
}

function writeDefault(
  state: PipelineState,
  batch: Batch,
  type: Update_Type,
  message: TableEntry,
  table: TableStore,
): void {
  const { info } = table;
  if (type !== Update_Type.MODIFY)
    throw invalid(`table ${info.alias}: the default entry always exists; it can be modified only.`);
  if (message.match.length > 0) throw invalid(`table ${info.alias}: the default entry has no match.`);
  if (message.priority !== 0) throw invalid(`table ${info.alias}: the default entry has no priority.`);
  if (message.idleTimeoutNs !== 0n) throw invalid(`table ${info.alias}: the default entry has no idle timeout.`);
  if (info.constDefaultActionId !== undefined && (message.action !== undefined || !hasDirectResource(message)))
    throw denied(`table ${info.alias}: its default action is constant.`);
  if (info.profile !== undefined && message.action !== undefined)
    throw invalid(`table ${info.alias} has an action profile, and the default entry of such tables cannot be set.`);
  const old = table.defaultEntry;
  const target =
    message.action === undefined ? undefined : decodeTarget(state, batch, table, message.action, undefined, true);
  const isReset = message.action === undefined && info.constDefaultActionId === undefined;
  const meter = extraOf(state, info, message).meter;
  table.defaultEntry = isReset
    ? table.initialDefault
    : { target: target?.stored ?? old.target, extra: extraOf(state, info, message) };
  batch.onUndo(() => {
    table.defaultEntry = old;
  });
  if (target !== undefined || isReset) batch.push({ kind: 'table-default', tableId: info.id, action: target?.action });
  if (message.counterData !== undefined) pushCounter(batch, info, DEFAULT_SLOT, message.counterData);
  if (message.meterCounterData !== undefined) resetColours(batch, info.id, DEFAULT_SLOT);
  if (meter !== undefined || old.extra.meter !== undefined)
    batch.push({ kind: 'direct-meter', tableId: info.id, slot: DEFAULT_SLOT, config: isReset ? undefined : meter });
}

function hasDirectResource(message: TableEntry): boolean {
  return (
    message.counterData !== undefined || message.meterConfig !== undefined || message.meterCounterData !== undefined
  );
}

function extraOf(state: PipelineState, info: TableInfo, message: TableEntry): EntryExtra {
  const { idleTimeoutNs, metadata, controllerMetadata, meterConfig, counterData, meterCounterData } = message;
  if (idleTimeoutNs !== 0n) {
    if (!info.supportsIdleTimeout) throw invalid(`table ${info.alias} does not support idle timeouts.`);
    if (idleTimeoutNs < 0n) throw invalid(`table ${info.alias}: idle_timeout_ns is negative.`);
  }
  if (counterData !== undefined && info.directCounter === undefined)
    throw invalid(`table ${info.alias} has no direct counter.`);
  if (counterData !== undefined) checkCounter(counterData, `direct counter of table ${info.alias}`);
  if (meterCounterData !== undefined) {
    if (info.directMeter === undefined) throw invalid(`table ${info.alias} has no direct meter.`);
    checkColours(meterCounterData, `direct meter of table ${info.alias}`);
  }
  const meter = meterConfig === undefined ? undefined : directMeterRates(state, info, meterConfig);
  if (idleTimeoutNs === 0n && metadata.length === 0 && controllerMetadata === 0n && meter === undefined)
    return plainExtra;
  // A copy: the message's bytes are a view of the whole request, which must not stay in memory for their sake.
  return { idleTimeoutNs, metadata: new Uint8Array(metadata), controllerMetadata, isConst: false, meter };
}

/** Checks and converts the configuration of a table's direct meter. */
export function directMeterRates(state: PipelineState, info: TableInfo, config: MeterConfig): MeterRates {
  if (info.directMeter === undefined) throw invalid(`table ${info.alias} has no direct meter.`);
  const spec = state.program.p4info.directMeters.find((meter) => meter.preamble?.id === info.directMeter?.id)?.spec;
  return meterRates(config, spec?.type ?? MeterSpec_Type.TWO_RATE_THREE_COLOR, `direct meter of table ${info.alias}`);
}

/** Checks and converts a meter's configuration. */
export function meterRates(config: MeterConfig, type: MeterSpec_Type, what: string): MeterRates {
  const { cir, cburst, pir, pburst, eburst } = config;
  if ([cir, cburst, pir, pburst, eburst].some((value) => value < 0n))
    throw invalid(`${what}: rates and bursts cannot be negative.`);
  if (type !== MeterSpec_Type.SINGLE_RATE_THREE_COLOR && eburst !== 0n)
    throw invalid(`${what}: eburst is for single-rate three-colour meters only.`);
  if (type !== MeterSpec_Type.TWO_RATE_THREE_COLOR && (pir !== cir || pburst !== cburst))
    throw invalid(`${what}: a single-rate meter needs pir equal to cir and pburst equal to cburst.`);
  return { cir, cburst, pir, pburst, eburst };
}

/**
 * Checks the counters of a meter's colours, which clients can only take back to 0.
 *
 * @throws RpcError INVALID_ARGUMENT for anything but 0
 */
export function checkColours({ green, yellow, red }: MeterCounterData, what: string): void {
  for (const counter of [green, yellow, red])
    if (counter !== undefined && (counter.packetCount !== 0n || counter.byteCount !== 0n))
      throw invalid(`${what}: the counters of its colours can be set to 0 only.`);
}

/** Takes the counters of a direct meter's colours back to 0. */
export function resetColours(batch: Batch, tableId: number, slot: number): void {
  const none = [0n, 0n, 0n] as const;
  batch.push({ kind: 'direct-meter-counters', tableId, slot, counts: { packets: none, bytes: none } });
}

/** Checks a counter's value. */
export function checkCounter(data: CounterData, what: string): void {
  if (data.packetCount < 0n || data.byteCount < 0n) throw invalid(`${what}: a counter cannot be negative.`);
}

function pushCounter(batch: Batch, info: TableInfo, slot: number, data: CounterData): void {
  const { units } = info.directCounter!;
  batch.push({
    kind: 'direct-counter',
    tableId: info.id,
    slot,
    packets: units.packets ? data.packetCount : 0n,
    bytes: units.bytes ? data.byteCount : 0n,
  });
}
