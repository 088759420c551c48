/**
 * Carries out P4Runtime updates on a data plane.
 *
 * `check` finds out whether an update can be carried out, without effect, so that atomic batches are checked as a whole
 * before the first change. `applyUpdate` carries one out.
 */
import {
  DEFAULT_SLOT,
  type DirectAction,
  type EntryAction,
  type GroupMember,
  type MatchValue,
  type MeterRates,
  type PortReplica,
  SwitchError,
  type SwitchUpdate,
} from '@mooring/p4runtime-ts/switch';
import { limbCount } from '../compile/layout.ts';
import { assertNever } from '../model/types.ts';
import type { DataPlane } from '../runtime/dataplane.ts';
import { COLOURS, type Meters } from '../runtime/meters.ts';
import type { ValueSetMember } from '../runtime/value-set.ts';
import { type EntryTarget, encodeArguments, type FieldMatch, type TableRuntime } from '../tables/table.ts';
import { toBigInt } from './bytes.ts';
import type { PipelineMap, TableMap } from './pipeline-map.ts';

/** A running pipeline: a data plane, its ids, and what else updates change. */
export interface Pipeline {
  readonly dataPlane: DataPlane;
  readonly map: PipelineMap;
  /** Digests that are enabled, by learn list. */
  readonly enabledDigests: Set<number>;
  /** Whether members may watch a port of this number. */
  readonly canWatch: (port: number) => boolean;
}

/** Carries out an update. Throws SwitchError if it cannot be done; then nothing has changed. */
export function applyUpdate(pipeline: Pipeline, update: SwitchUpdate): void {
  const { dataPlane, map } = pipeline;
  switch (update.kind) {
    case 'table-insert': {
      const { table, runtime } = tableOf(pipeline, update.tableId);
      const match = table.keyOrder.map((position, key) =>
        convertMatch(update.match[position]!, dataPlane.program.tables[table.table]!.keys[key]!.bitwidth),
      );
      requireRoom(runtime, update.slot);
      runtime.insert(
        update.slot,
        match,
        update.priority,
        targetOf(pipeline, table, update.action),
        timeoutMs(update.idleTimeoutNs),
      );
      if (dataPlane.ownsShared) dataPlane.directMeters[table.table]?.reset(update.slot + 1);
      return;
    }
    case 'table-modify': {
      const { table, runtime } = tableOf(pipeline, update.tableId);
      runtime.modify(update.slot, targetOf(pipeline, table, update.action), timeoutMs(update.idleTimeoutNs));
      return;
    }
    case 'table-delete':
      tableOf(pipeline, update.tableId).runtime.remove(update.slot);
      return;
    case 'table-default': {
      const { table, runtime } = tableOf(pipeline, update.tableId);
      if (update.action === undefined) dataPlane.resetDefault(runtime);
      else runtime.setDefault(targetOf(pipeline, table, update.action));
      return;
    }
    case 'direct-counter':
      // Threads count apart and are added up: the first one has the value, the others begin at 0.
      tableOf(pipeline, update.tableId).runtime.setCounter(
        update.slot,
        dataPlane.ownsShared ? update.packets : 0n,
        dataPlane.ownsShared ? update.bytes : 0n,
      );
      return;
    case 'direct-meter': {
      const meters = directMetersOf(pipeline, update.tableId);
      if (dataPlane.ownsShared) configureMeter(meters, meterCell(update.slot), update.config, dataPlane.nowUs);
      return;
    }
    case 'direct-meter-counters': {
      const meters = directMetersOf(pipeline, update.tableId);
      if (!dataPlane.ownsShared) return;
      const { packets, bytes } = update.counts;
      for (let colour = 0; colour < COLOURS; colour++)
        meters.setCounter(meterCell(update.slot), colour, Number(packets[colour]), Number(bytes[colour]));
      return;
    }
    case 'member-set': {
      const profile = dataPlane.profiles[position(map.profiles, update.profileId, 'action profile')]!;
      const { action, data } = memberAction(pipeline, update.action);
      profile.setMember(update.member, action, data);
      return;
    }
    case 'member-delete':
      dataPlane.profiles[position(map.profiles, update.profileId, 'action profile')]!.deleteMember(update.member);
      return;
    case 'group-set':
      requireWatchable(pipeline, update.members);
      dataPlane.profiles[position(map.profiles, update.profileId, 'action profile')]!.setGroup(
        update.group,
        update.members,
        update.selection === 'random',
        update.before,
      );
      return;
    case 'group-delete':
      dataPlane.profiles[position(map.profiles, update.profileId, 'action profile')]!.deleteGroup(update.group);
      return;
    case 'counter': {
      const cells = dataPlane.counters[position(map.counters, update.counterId, 'counter')]!;
      forEachCell(update.index, cells.length / 2, (cell) => {
        cells[2 * cell] = dataPlane.ownsShared ? Number(update.packets) : 0;
        cells[2 * cell + 1] = dataPlane.ownsShared ? Number(update.bytes) : 0;
      });
      return;
    }
    case 'meter': {
      const meters = dataPlane.meters[position(map.meters, update.meterId, 'meter')]!;
      forEachCell(update.index, meters.declaration.size, (cell) => {
        if (dataPlane.ownsShared) configureMeter(meters, cell, update.config, dataPlane.nowUs);
      });
      return;
    }
    case 'meter-counters-reset': {
      const meters = dataPlane.meters[position(map.meters, update.meterId, 'meter')]!;
      forEachCell(update.index, meters.declaration.size, (cell) => {
        if (!dataPlane.ownsShared) return;
        for (let colour = 0; colour < COLOURS; colour++) meters.setCounter(cell, colour, 0, 0);
      });
      return;
    }
    case 'register': {
      const register = position(map.registers, update.registerId, 'register');
      const { bitwidth, size } = dataPlane.program.registers[register]!;
      const cells = dataPlane.registers[register]!;
      const count = limbCount(bitwidth);
      const value = BigInt.asUintN(bitwidth, toBigInt(update.value));
      forEachCell(update.index, size, (cell) => {
        if (!dataPlane.ownsShared) return;
        for (let limb = 0; limb < count; limb++)
          cells[cell * count + limb] = Number(BigInt.asIntN(32, value >> BigInt(32 * limb)));
      });
      return;
    }
    case 'value-set': {
      const set = position(map.valueSets, update.valueSetId, 'value set');
      dataPlane.valueSets[set]!.set(update.members.map((member) => valueSetMember(member)));
      return;
    }
    case 'multicast-set':
      requirePorts(update.replicas);
      dataPlane.replication.setGroup(update.groupId, update.replicas);
      return;
    case 'multicast-delete':
      dataPlane.replication.deleteGroup(update.groupId);
      return;
    case 'clone-set':
      requireSession(update);
      dataPlane.replication.setSession(
        update.sessionId,
        update.replicas,
        update.packetLengthBytes,
        Math.min(update.classOfService, dataPlane.priorityQueues - 1),
      );
      return;
    case 'clone-delete':
      dataPlane.replication.deleteSession(update.sessionId);
      return;
    case 'digest': {
      const list = position(map.digests, update.digestId, 'digest');
      if (update.enabled) pipeline.enabledDigests.add(list);
      else pipeline.enabledDigests.delete(list);
      return;
    }
    default:
      assertNever(update);
  }
}

/** Throws SwitchError if an update could not be carried out after those before it; changes nothing. */
export function checkUpdate(pipeline: Pipeline, update: SwitchUpdate): void {
  const { map } = pipeline;
  switch (update.kind) {
    case 'table-insert':
    case 'table-modify': {
      const { table, runtime } = tableOf(pipeline, update.tableId);
      targetOf(pipeline, table, update.action);
      if (update.kind === 'table-insert') requireRoom(runtime, update.slot);
      return;
    }
    case 'table-delete':
    case 'direct-counter':
      tableOf(pipeline, update.tableId);
      return;
    case 'direct-meter':
    case 'direct-meter-counters':
      directMetersOf(pipeline, update.tableId);
      return;
    case 'table-default': {
      const { table } = tableOf(pipeline, update.tableId);
      if (update.action !== undefined) targetOf(pipeline, table, update.action);
      return;
    }
    case 'member-set':
      position(map.profiles, update.profileId, 'action profile');
      memberAction(pipeline, update.action);
      return;
    case 'group-set':
      requireWatchable(pipeline, update.members);
      return;
    case 'multicast-set':
      requirePorts(update.replicas);
      return;
    case 'clone-set':
      requireSession(update);
      return;
    default:
  }
}

function position(map: ReadonlyMap<number, number>, id: number, kind: string): number {
  const found = map.get(id);
  if (found === undefined) throw new SwitchError('invalid-argument', `no ${kind} has id ${id}`);
  return found;
}

/** A table by its P4Info id. */
export function tableOf(pipeline: Pipeline, id: number): { table: TableMap; runtime: TableRuntime } {
  const table = pipeline.map.tables.get(id);
  if (table === undefined) throw new SwitchError('invalid-argument', `no table has id ${id}`);
  return { table, runtime: pipeline.dataPlane.tables[table.table]! };
}

/** The direct meters of a table. */
export function directMetersOf(pipeline: Pipeline, tableId: number): Meters {
  const { table } = tableOf(pipeline, tableId);
  const meters = pipeline.dataPlane.directMeters[table.table];
  if (meters === undefined) throw new SwitchError('invalid-argument', `table ${tableId} has no direct meter`);
  return meters;
}

/** The cell of an entry's direct meter: the default entry has the first. */
export function meterCell(slot: number): number {
  return slot === DEFAULT_SLOT ? 0 : slot + 1;
}

/** Throws SwitchError if a table cannot have an entry in a slot. */
export function requireRoom(runtime: TableRuntime, slot: number): void {
  if (slot >= runtime.records.capacity) {
    throw new SwitchError(
      'resource-exhausted',
      `table '${runtime.plan.table.name}' is full: it has room for ${runtime.records.capacity} entries`,
    );
  }
}

/**
 * The greatest class of service: `priority` has 3 bits in v1model. Classes for which a port has no queue share its last
 * one.
 */
const MAX_CLASS_OF_SERVICE = 7;

function requireSession({ replicas, classOfService }: Extract<SwitchUpdate, { kind: 'clone-set' }>): void {
  requirePorts(replicas);
  if (classOfService > MAX_CLASS_OF_SERVICE)
    throw new SwitchError(
      'invalid-argument',
      `class of service ${classOfService} is none: they are 0 to ${MAX_CLASS_OF_SERVICE}`,
    );
}

/** The greatest port: ports have 9 bits in v1model. */
const MAX_PORT = 511;

function requirePort(port: number): void {
  if (port > MAX_PORT)
    throw new SwitchError('invalid-argument', `port ${port} cannot be: ports are numbered 0 to ${MAX_PORT}`);
}

/** Throws SwitchError if a copy could never leave. Ports that are not there now may come. */
function requirePorts(replicas: readonly PortReplica[]): void {
  for (const { port, backups } of replicas) for (const target of [{ port }, ...backups]) requirePort(target.port);
}

function requireWatchable({ canWatch }: Pipeline, members: readonly GroupMember[]): void {
  for (const { watchPort } of members) {
    if (watchPort === undefined) continue;
    requirePort(watchPort);
    if (!canWatch(watchPort))
      throw new SwitchError('invalid-argument', `port ${watchPort} cannot be watched: this switch does not have it`);
  }
}

function forEachCell(index: number | undefined, size: number, change: (cell: number) => void): void {
  if (index !== undefined) {
    if (index >= size) throw new SwitchError('invalid-argument', `index ${index} is beyond the array's ${size} cells`);
    change(index);
    return;
  }
  for (let cell = 0; cell < size; cell++) change(cell);
}

function timeoutMs(ns: bigint): number {
  return ns === 0n ? 0 : Math.max(1, Number(ns / 1_000_000n));
}

/** Gives a cell its rates; one without an excess burst marks alike whether its meter is of one rate or of two. */
function configureMeter(meters: Meters, cell: number, config: MeterRates | undefined, nowUs: number): void {
  const rates = config && [
    { perSecond: Number(config.cir), burst: Number(config.cburst) },
    { perSecond: Number(config.pir), burst: Number(config.pburst) },
  ];
  meters.configure(cell, rates, nowUs, Number(config?.eburst ?? 0n));
}

function targetOf(pipeline: Pipeline, table: TableMap, action: EntryAction): EntryTarget {
  if (action.kind !== 'action') return action;
  const position = table.actions.get(action.actionId);
  if (position === undefined)
    throw new SwitchError('invalid-argument', `action ${action.actionId} is not an action of table ${table.id}`);
  return {
    kind: 'action',
    action: position,
    data: encodeArguments(pipeline.dataPlane.program, position, action.params.map(toBigInt)),
  };
}

function memberAction(pipeline: Pipeline, action: DirectAction): { action: number; data: Int32Array } {
  const found = position(pipeline.map.actions, action.actionId, 'action');
  return { action: found, data: encodeArguments(pipeline.dataPlane.program, found, action.params.map(toBigInt)) };
}

function convertMatch(match: MatchValue, bitwidth: number): FieldMatch {
  const fit = (bytes: Uint8Array) => BigInt.asUintN(bitwidth, toBigInt(bytes));
  switch (match.kind) {
    case 'exact':
      return { kind: 'exact', value: fit(match.value) };
    case 'lpm':
      return { kind: 'lpm', value: fit(match.value), prefixLength: match.prefixLength };
    case 'ternary':
      return { kind: 'ternary', value: fit(match.value), mask: fit(match.mask) };
    case 'range':
      return { kind: 'range', low: fit(match.low), high: fit(match.high) };
    case 'optional':
      return match.value === undefined
        ? { kind: 'ternary', value: 0n, mask: 0n }
        : { kind: 'ternary', value: fit(match.value), mask: (1n << BigInt(bitwidth)) - 1n };
    default:
      return assertNever(match);
  }
}

/** A value set member as words; each field has as many words as its bytes need. */
function valueSetMember(fields: readonly MatchValue[]): ValueSetMember {
  const values: number[] = [];
  const masks: number[] = [];
  const ranges: { word: number; low: number; high: number }[] = [];
  for (const field of fields) {
    const bytes = field.kind === 'range' ? field.low : (field.value ?? new Uint8Array(4));
    const bits = 8 * bytes.length;
    const match = convertMatch(field, bits);
    const mask = maskBits(match, bits);
    const value = match.kind === 'range' ? 0n : match.value;
    for (let limb = 0; 32 * limb < bits; limb++) {
      if (match.kind === 'range') {
        if (bits > 32) throw new SwitchError('unsupported', 'ranges in value sets must be at most 32 bits wide');
        ranges.push({ word: values.length, low: Number(match.low), high: Number(match.high) });
      }
      values.push(Number(BigInt.asIntN(32, value >> BigInt(32 * limb))));
      masks.push(Number(BigInt.asIntN(32, mask >> BigInt(32 * limb))));
    }
  }
  return { values, masks, ranges };
}

function maskBits(match: FieldMatch, bits: number): bigint {
  const full = (1n << BigInt(bits)) - 1n;
  switch (match.kind) {
    case 'exact':
      return full;
    case 'lpm':
      return (full >> BigInt(bits - match.prefixLength)) << BigInt(bits - match.prefixLength);
    case 'ternary':
      return match.mask;
    case 'range':
      return 0n;
  }
}
