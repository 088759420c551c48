/**
 * Reads: which entities match a pattern, as messages in chunks (specification: "Read RPC").
 *
 * A read is consistent: no write is seen in part. So it has two halves. First, while no write is done, everything is collected that the answer is made
 * of: references to what the server remembers, which is never changed but replaced, and arrays of what packets change, asked of the switch in
 * chunks of entries. Then the messages are made and sent, a chunk at a time and as fast as the client takes them; a slow client holds up
 * nobody, and a million entries are never one huge message.
 */
import type { P4Data } from '../../gen/p4/v1/p4data_pb.ts';
import type { Entity, MeterCounterData, TableEntry } from '../../gen/p4/v1/p4runtime_pb.ts';
import { canonicalBytes } from '../../values/bytes.ts';
import { invalid, notFound, unsupported } from '../refusals.ts';
import type { PipelineState } from '../store/state.ts';
import type { DefaultEntry, StoredEntry, TableStore } from '../store/table-store.ts';
import { type ColourCells, DEFAULT_SLOT, type EntryParts, type EntryStates, type Switch } from '../switch.ts';
import { byId, checkIndex, registerWidth } from '../write/arrays.ts';
import { profileById } from '../write/profile.ts';
import { tableOf } from '../write/table.ts';
import { meterConfigMessage, targetMessage, watchMessage } from './messages.ts';

/** Takes the next entities of the answer; waits when the client is slow. */
export type Emit = (entities: Entity[]) => Promise<void>;

/** A part of the answer, collected but not yet made. */
export type Found = () => Iterable<Entity>;

/** Entities in one response message. */
const chunkSize = 1000;

type Case = Entity['entity'];

function entity(value: Case): Entity {
  return { $typeName: 'p4.v1.Entity', entity: value };
}

/** Some of the answer: what it will be made of, and how. Items must not change any more. */
function found<Item>(items: readonly Item[], toCase: (item: Item, position: number) => Case): Found {
  return function* () {
    for (let position = 0; position < items.length; position++) yield entity(toCase(items[position]!, position));
  };
}

/** Makes the entities of an answer and sends them in chunks. */
export async function emitAll(parts: Iterable<Found>, emit: Emit): Promise<void> {
  let chunk: Entity[] = [];
  for (const part of parts)
    for (const each of part()) {
      chunk.push(each);
      if (chunk.length < chunkSize) continue;
      await emit(chunk);
      chunk = [];
    }
  if (chunk.length > 0) await emit(chunk);
}

/**
 * Collects all entities that match one pattern.
 *
 * @throws RpcError
 */
export async function readPattern(state: PipelineState, target: Switch, pattern: Entity): Promise<Found[]> {
  const parts: Found[] = [];
  const { program } = state;
  const wanted = pattern.entity;
  switch (wanted.case) {
    case 'tableEntry':
      return readTables(state, target, wanted.value);
    case 'actionProfileMember': {
      const { actionProfileId, memberId } = wanted.value;
      const profiles = actionProfileId === 0 ? state.profiles.values() : [profileById(state, actionProfileId)];
      for (const profile of profiles) {
        const members = [...profile.members.values()].filter(
          (member) => memberId === 0 || actionProfileId === 0 || member.memberId === memberId,
        );
        parts.push(
          found(members, (member) => ({
            case: 'actionProfileMember',
            value: {
              $typeName: 'p4.v1.ActionProfileMember',
              actionProfileId: profile.info.id,
              memberId: member.memberId,
              action: state.actions.get(member.action.actionId)!.toMessage(member.action.params),
            },
          })),
        );
      }
      return parts;
    }
    case 'actionProfileGroup': {
      const { actionProfileId, groupId } = wanted.value;
      const profiles = actionProfileId === 0 ? state.profiles.values() : [profileById(state, actionProfileId)];
      for (const profile of profiles) {
        const groups = [...profile.groups.values()].filter(
          (group) => groupId === 0 || actionProfileId === 0 || group.groupId === groupId,
        );
        parts.push(
          found(groups, (group) => ({
            case: 'actionProfileGroup',
            value: {
              $typeName: 'p4.v1.ActionProfileGroup',
              actionProfileId: profile.info.id,
              groupId: group.groupId,
              maxSize: group.maxSize,
              members: group.members.map((member) => ({
                $typeName: 'p4.v1.ActionProfileGroup.Member',
                memberId: member.memberId,
                weight: member.weight,
                watchKind: watchMessage(member.watch),
              })),
            },
          })),
        );
      }
      return parts;
    }
    case 'counterEntry': {
      const { counterId, index } = wanted.value;
      const counters = counterId === 0 ? program.counters.items : [byId(program.counters, counterId, 'counter')];
      for (const counter of counters) {
        const only = counterId === 0 ? undefined : checkIndex(index, counter.size, `counter ${counter.alias}`);
        for (const indexes of chunks(counter.size, only)) {
          const cells = await target.readCounter(counter.id, indexes);
          parts.push(
            found(indexes, (cell, position) => ({
              case: 'counterEntry',
              value: {
                $typeName: 'p4.v1.CounterEntry',
                counterId: counter.id,
                index: { $typeName: 'p4.v1.Index', index: BigInt(cell) },
                data: counterData(cells.packets, cells.bytes, position),
              },
            })),
          );
        }
      }
      return parts;
    }
    case 'directCounterEntry':
      return readDirect(state, target, wanted.value.tableEntry, 'counter');
    case 'directMeterEntry':
      return readDirect(state, target, wanted.value.tableEntry, 'meter', wanted.value.counterData !== undefined);
    case 'meterEntry': {
      const { meterId, index } = wanted.value;
      const meters = meterId === 0 ? program.meters.items : [byId(program.meters, meterId, 'meter')];
      for (const meter of meters) {
        const only = meterId === 0 ? undefined : checkIndex(index, meter.size, `meter ${meter.alias}`);
        const { all, cells } = state.meters.get(meter.id)!;
        for (const indexes of chunks(meter.size, only)) {
          const colours = wanted.value.counterData && (await target.readMeter(meter.id, indexes));
          const configs = indexes.map((cell) => (cells.has(cell) ? cells.get(cell) : all));
          parts.push(
            found(indexes, (cell, position) => ({
              case: 'meterEntry',
              value: {
                $typeName: 'p4.v1.MeterEntry',
                meterId: meter.id,
                index: { $typeName: 'p4.v1.Index', index: BigInt(cell) },
                config: meterConfigMessage(configs[position]),
                counterData: meterCounterData(colours, position),
              },
            })),
          );
        }
      }
      return parts;
    }
    case 'packetReplicationEngineEntry':
      return [readReplication(state, wanted.value.type)];
    case 'valueSetEntry': {
      const { valueSetId } = wanted.value;
      const sets = valueSetId === 0 ? program.valueSets.items : [byId(program.valueSets, valueSetId, 'value set')];
      const members = sets.map((set) => state.valueSets.get(set.id)!);
      parts.push(
        found(sets, (set, position) => ({
          case: 'valueSetEntry',
          value: {
            $typeName: 'p4.v1.ValueSetEntry',
            valueSetId: set.id,
            members: members[position]!.map((key) => ({
              $typeName: 'p4.v1.ValueSetMember',
              match: state.valueSetKeys.get(set.id)!.toMessages(key),
            })),
          },
        })),
      );
      return parts;
    }
    case 'registerEntry': {
      const { registerId, index } = wanted.value;
      const registers = registerId === 0 ? program.registers.items : [byId(program.registers, registerId, 'register')];
      for (const register of registers) {
        const what = `register ${register.alias}`;
        registerWidth(register.type, what);
        const only = registerId === 0 ? undefined : checkIndex(index, register.size, what);
        for (const indexes of chunks(register.size, only)) {
          const cells = await target.readRegister(register.id, indexes);
          parts.push(
            found(indexes, (cell, position) => ({
              case: 'registerEntry',
              value: {
                $typeName: 'p4.v1.RegisterEntry',
                registerId: register.id,
                index: { $typeName: 'p4.v1.Index', index: BigInt(cell) },
                data: { $typeName: 'p4.v1.P4Data', data: registerData(register.type.kind, cells[position]!) },
              },
            })),
          );
        }
      }
      return parts;
    }
    case 'digestEntry': {
      const { digestId } = wanted.value;
      if (digestId !== 0) byId(program.digests, digestId, 'digest');
      const digests = [...state.digests].filter(([id]) => digestId === 0 || id === digestId);
      parts.push(
        found(digests, ([id, config]) => ({
          case: 'digestEntry',
          value: {
            $typeName: 'p4.v1.DigestEntry',
            digestId: id,
            config: { $typeName: 'p4.v1.DigestEntry.Config', ...config },
          },
        })),
      );
      return parts;
    }
    case 'externEntry':
      throw unsupported('Externs of other architectures are not supported.');
    case undefined:
      throw invalid('The read has an empty entity; wildcards are per kind of entity.');
  }
}

function registerData(kind: string, bytes: Uint8Array): P4Data['data'] {
  if (kind === 'bool') return { case: 'bool', value: bytes.some((byte) => byte !== 0) };
  if (kind === 'serializable-enum') return { case: 'enumValue', value: canonicalBytes(bytes) };
  return { case: 'bitstring', value: canonicalBytes(bytes) };
}

/** Indexes of an array in chunks, or the one. */
function* chunks(size: number, only: number | undefined): Generator<number[]> {
  if (only !== undefined) yield [only];
  else
    for (let start = 0; start < size; start += chunkSize)
      yield Array.from({ length: Math.min(chunkSize, size - start) }, (_, offset) => start + offset);
}

function counterData(packets: BigUint64Array | undefined, bytes: BigUint64Array | undefined, position: number) {
  return {
    $typeName: 'p4.v1.CounterData' as const,
    packetCount: BigInt.asIntN(64, packets?.[position] ?? 0n),
    byteCount: BigInt.asIntN(64, bytes?.[position] ?? 0n),
  };
}

function meterCounterData(colours: ColourCells | undefined, position: number): MeterCounterData | undefined {
  if (colours === undefined) return undefined;
  const { packets, bytes } = colours;
  const [green, yellow, red] = [0, 1, 2].map((colour) => counterData(packets, bytes, 3 * position + colour));
  return { $typeName: 'p4.v1.MeterCounterData', green, yellow, red };
}

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

async function readTables(state: PipelineState, target: Switch, pattern: TableEntry): Promise<Found[]> {
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
    for await (const { rows, states } of rowsOf(
      target,
      table,
      isOne ? pattern : undefined,
      pattern.isDefaultAction,
      parts,
    ))
      answer.push(
        found(rows, (row, position) => ({
          case: 'tableEntry',
          value: entryMessage(state, row, withMeter, states, position, parts),
        })),
      );
  }
  return answer;
}

async function* rowsOf(
  target: Switch,
  table: TableStore,
  pattern: TableEntry | undefined,
  isDefault: boolean,
  parts: EntryParts,
): AsyncGenerator<{ rows: Row[]; states: EntryStates }> {
  const live = parts.counters || parts.age || parts.colours;
  if (isDefault) {
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
  for (const entry of pattern === undefined ? table.entries() : selected(table, pattern)) {
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

async function readDirect(
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
    for await (const { rows, states } of rowsOf(
      target,
      table,
      isOne ? pattern : undefined,
      pattern.isDefaultAction,
      parts,
    )) {
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

function readReplication(
  state: PipelineState,
  wanted: Extract<Case, { case: 'packetReplicationEngineEntry' }>['value']['type'],
): Found {
  switch (wanted.case) {
    case 'multicastGroupEntry': {
      const { multicastGroupId } = wanted.value;
      const groups = [...state.multicast].filter(([id]) => multicastGroupId === 0 || id === multicastGroupId);
      return found(groups, ([id, { replicas, metadata }]) => ({
        case: 'packetReplicationEngineEntry',
        value: {
          $typeName: 'p4.v1.PacketReplicationEngineEntry',
          type: {
            case: 'multicastGroupEntry',
            value: {
              $typeName: 'p4.v1.MulticastGroupEntry',
              multicastGroupId: id,
              replicas: [...replicas],
              metadata,
            },
          },
        },
      }));
    }
    case 'cloneSessionEntry': {
      const { sessionId } = wanted.value;
      const sessions = [...state.clones].filter(([id]) => sessionId === 0 || id === sessionId);
      return found(sessions, ([id, { replicas, classOfService, packetLengthBytes }]) => ({
        case: 'packetReplicationEngineEntry',
        value: {
          $typeName: 'p4.v1.PacketReplicationEngineEntry',
          type: {
            case: 'cloneSessionEntry',
            value: {
              $typeName: 'p4.v1.CloneSessionEntry',
              sessionId: id,
              replicas: [...replicas],
              classOfService,
              packetLengthBytes,
            },
          },
        },
      }));
    }
    case undefined:
      throw invalid(
        'The packet replication engine entry is empty: say whether multicast groups or clone sessions are to be read.',
      );
  }
}
