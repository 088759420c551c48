/**
 * Reads of tables: entries, and the direct counters and meters that belong to entries (specification: "TableEntry",
 * "DirectCounterEntry", "DirectMeterEntry"). All of them go over the entries that a pattern selects, a chunk at a time,
 * because what packets change is asked of the switch by the chunk.
 */
import type { TableEntry } from '../../gen/p4/v1/p4runtime_pb.ts';
import { invalid, notFound } from '../refusals.ts';
import type { PipelineState } from '../store/state.ts';
import type { DefaultEntry, StoredEntry, TableStore } from '../store/table-store.ts';
import { DEFAULT_SLOT, type EntryParts, type EntryStates, type Switch } from '../switch.ts';
import { tableOf } from '../write/table.ts';
import { chunkSize, type Found, found } from './answer.ts';
import { counterData, meterConfigMessage, meterCounterData, targetMessage } from './messages.ts';

/** Entries of a table that a pattern selects. */
function* selected(table: TableStore, pattern: TableEntry): Generator<StoredEntry> {
  const { info } = table;
  const { action, priority, controllerMetadata, metadata } = pattern;
  const actionId = action?.type.case === 'action' ? action.type.value.actionId : 0;
  if (actionId !== 0 && info.actions.byId(actionId) === undefined)
    throw invalid(`table ${info.alias} has no action with id ${actionId}.`);
  let candidates: Iterable<StoredEntry> | undefined;
  if (pattern.match.length > 0) {
    if (info.needsPriority && priority === 0) {
      // Without priority the key is incomplete: all entries with this match.
      const wanted = table.keys.decode(pattern.match, 0).key.slice(0, -4);
      candidates = entriesWithMatch(table, wanted);
    } else {
      const entry = table.get(table.keys.decode(pattern.match, priority).key);
      candidates = entry === undefined ? [] : [entry];
    }
  }
  for (const entry of candidates ?? table.entries()) {
    if (priority !== 0 && table.keys.priorityOf(entry.key) !== priority) continue;
    if (actionId !== 0 && !(entry.target.kind === 'action' && entry.target.actionId === actionId)) continue;
    if (controllerMetadata !== 0n && entry.extra.controllerMetadata !== controllerMetadata) continue;
    if (metadata.length > 0 && Buffer.compare(metadata, entry.extra.metadata) !== 0) continue;
    yield entry;
  }
}

function* entriesWithMatch(table: TableStore, match: string): Generator<StoredEntry> {
  for (const entry of table.entries()) if (entry.key.startsWith(match)) yield entry;
}

/** An entry of the answer; without `entry` the default entry. */
interface Row {
  readonly table: TableStore;
  readonly entry: StoredEntry | undefined;
  readonly content: StoredEntry | DefaultEntry;
}

/** Collects entries of tables, each with what is asked of it. @throws RpcError */
export async function readTables(state: PipelineState, target: Switch, pattern: TableEntry): Promise<Found[]> {
  const answer: Found[] = [];
  const isOne = pattern.tableId !== 0;
  const tables = isOne ? [tableOf(state, pattern.tableId)] : [...state.tables.values()];
  for (const table of tables) {
    const { info } = table;
    if (isOne && pattern.timeSinceLastHit !== undefined && (!info.supportsIdleTimeout || pattern.isDefaultAction))
      throw invalid(`table ${info.alias} does not support idle timeouts, so time_since_last_hit cannot be read.`);
    if (isOne && pattern.counterData !== undefined && info.directCounter === undefined)
      throw invalid(`table ${info.alias} has no direct counter.`);
    const asksMeter = pattern.meterConfig !== undefined || pattern.meterCounterData !== undefined;
    if (isOne && asksMeter && info.directMeter === undefined) throw invalid(`table ${info.alias} has no direct meter.`);
    const parts = {
      counters: pattern.counterData !== undefined && info.directCounter !== undefined,
      age: pattern.timeSinceLastHit !== undefined && info.supportsIdleTimeout && !pattern.isDefaultAction,
      colours: pattern.meterCounterData !== undefined && info.directMeter !== undefined,
    };
    const withMeter = pattern.meterConfig !== undefined && info.directMeter !== undefined;
    for await (const { rows, states } of rowsOf(target, table, pattern, parts))
      answer.push(
        found(rows, (row, position) => ({
          case: 'tableEntry',
          value: entryMessage(state, row, withMeter, states, position, parts),
        })),
      );
  }
  return answer;
}

/** Rows of a table, a chunk at a time; a pattern without table selects all entries of every table. */
async function* rowsOf(
  target: Switch,
  table: TableStore,
  pattern: TableEntry,
  parts: EntryParts,
): AsyncGenerator<{ rows: Row[]; states: EntryStates }> {
  const live = parts.counters || parts.age || parts.colours;
  if (pattern.isDefaultAction) {
    if (table.defaultEntry.target === undefined) return;
    const states = live ? await target.readEntries(table.info.id, [DEFAULT_SLOT], parts) : {};
    yield { rows: [{ table, entry: undefined, content: table.defaultEntry }], states };
    return;
  }
  let rows: Row[] = [];
  const chunk = async () => {
    const slots = rows.map(({ entry }) => entry!.slot);
    return { rows, states: live ? await target.readEntries(table.info.id, slots, parts) : {} };
  };
  for (const entry of pattern.tableId === 0 ? table.entries() : selected(table, pattern)) {
    rows.push({ table, entry, content: entry });
    if (rows.length < chunkSize) continue;
    yield await chunk();
    rows = [];
  }
  if (rows.length > 0) yield await chunk();
}

function entryMessage(
  state: PipelineState,
  { table, entry, content }: Row,
  withMeter: boolean,
  states: EntryStates,
  position: number,
  parts: EntryParts,
): TableEntry {
  const { extra, target } = content;
  return {
    ...keyMessage(table, entry),
    action: target === undefined ? undefined : targetMessage(state, target),
    controllerMetadata: extra.controllerMetadata,
    metadata: extra.metadata,
    idleTimeoutNs: extra.idleTimeoutNs,
    isConst: extra.isConst || (table.info.isConst && entry !== undefined),
    meterConfig: withMeter ? meterConfigMessage(extra.meter) : undefined,
    counterData: parts.counters ? counterData(states.packets, states.bytes, position) : undefined,
    meterCounterData: meterCounterData(states.colours, position),
    timeSinceLastHit: parts.age
      ? { $typeName: 'p4.v1.TableEntry.IdleTimeout', elapsedNs: BigInt.asIntN(64, states.ageNs?.[position] ?? 0n) }
      : undefined,
  };
}

/** The key part of an entry as message; what identifies it, and nothing else. */
export function keyMessage(table: TableStore, entry: StoredEntry | undefined): TableEntry {
  return {
    $typeName: 'p4.v1.TableEntry',
    tableId: table.info.id,
    match: entry === undefined ? [] : table.keys.toMessages(entry.key),
    priority: entry === undefined ? 0 : table.keys.priorityOf(entry.key),
    isDefaultAction: entry === undefined,
    action: undefined,
    controllerMetadata: 0n,
    metadata: new Uint8Array(0),
    idleTimeoutNs: 0n,
    isConst: false,
    meterConfig: undefined,
    counterData: undefined,
    meterCounterData: undefined,
    timeSinceLastHit: undefined,
  };
}

/** Collects direct counters or direct meters. @throws RpcError */
export async function readDirect(
  state: PipelineState,
  target: Switch,
  pattern: TableEntry | undefined,
  what: 'counter' | 'meter',
  withColours = false,
): Promise<Found[]> {
  const answer: Found[] = [];
  if (pattern === undefined) throw invalid(`A direct ${what} entry needs its table entry.`);
  const isOne = pattern.tableId !== 0;
  const tables = isOne ? [tableOf(state, pattern.tableId)] : [...state.tables.values()];
  for (const table of tables) {
    const { info } = table;
    if ((what === 'counter' ? info.directCounter : info.directMeter) === undefined) {
      if (isOne) throw invalid(`table ${info.alias} has no direct ${what}.`);
      continue;
    }
    const parts = { counters: what === 'counter', age: false, colours: withColours };
    let count = 0;
    for await (const { rows, states } of rowsOf(target, table, pattern, parts)) {
      count += rows.length;
      answer.push(
        found(rows, (row, position) => {
          const tableEntry = keyMessage(table, row.entry);
          return what === 'counter'
            ? {
                case: 'directCounterEntry',
                value: {
                  $typeName: 'p4.v1.DirectCounterEntry',
                  tableEntry,
                  data: counterData(states.packets, states.bytes, position),
                },
              }
            : {
                case: 'directMeterEntry',
                value: {
                  $typeName: 'p4.v1.DirectMeterEntry',
                  tableEntry,
                  config: meterConfigMessage(row.content.extra.meter),
                  counterData: meterCounterData(states.colours, position),
                },
              };
        }),
      );
    }
    if (count === 0 && isOne && pattern.match.length > 0)
      throw notFound(`table ${info.alias} has no entry with this key.`);
  }
  return answer;
}
