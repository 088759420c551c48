/**
 * Entities between plain objects with names and P4Runtime's `Entity` messages.
 *
 * One function per kind and direction, and one switch over the kinds each way. A `purpose` says what the message is
 * for, because the same entity is complete in an insert, names only its key in a delete, and is a pattern in a read.
 */

import { assertNever } from '../assert-never.ts';
import type * as Entities from '../entities/types.ts';
import type { Entity as EntityMessage, Replica, TableEntry as TableEntryMessage } from '../gen/p4/v1/p4runtime_pb.ts';
import { UnknownNameError } from '../schema/names.ts';
import type { Program, TableInfo } from '../schema/program.ts';
import { toBigInt, toCanonical } from '../values/bytes.ts';
import {
  decodeAction,
  decodeTableAction,
  decodeWatchPort,
  encodeAction,
  encodeTableAction,
  encodeWatchPort,
} from './action.ts';
import { colourCounters, colourData, counterData, counterValue, meterConfig, meterValue } from './counters.ts';
import { decodeData, encodeData } from './data.ts';
import { EntityError, within } from './error.ts';
import { decodeMatch, encodeMatch } from './match.ts';
import type { Purpose } from './purpose.ts';

export type { Purpose } from './purpose.ts';

type Case = EntityMessage['entity'];

const noBytes = new Uint8Array(0);

function index(value: bigint | number | undefined) {
  return value === undefined ? undefined : { $typeName: 'p4.v1.Index' as const, index: BigInt(value) };
}

/**
 * The message of an entity.
 *
 * @throws EntityError when it does not fit the program
 */
export function encodeEntity(program: Program, input: Entities.EntityInput, purpose: Purpose): EntityMessage {
  return { $typeName: 'p4.v1.Entity', entity: encodeCase(program, input, purpose) };
}

function encodeCase(program: Program, input: Entities.EntityInput, purpose: Purpose): Case {
  switch (input.kind) {
    case 'table':
      return { case: 'tableEntry', value: encodeTableEntry(program, input, purpose) };
    case 'member': {
      const profile = byName('profile', program.profiles, input.profile, purpose);
      const object = `member ${input.member ?? 'any'} of action profile ${profile?.alias ?? 'any'}`;
      const action =
        input.action === undefined || purpose === 'delete' || purpose === 'read'
          ? undefined
          : encodeAction(program.actions, input.action, object);
      return {
        case: 'actionProfileMember',
        value: {
          $typeName: 'p4.v1.ActionProfileMember',
          actionProfileId: profile?.id ?? 0,
          memberId: input.member ?? 0,
          action,
        },
      };
    }
    case 'group': {
      const profile = byName('profile', program.profiles, input.profile, purpose);
      const withMembers = purpose === 'insert' || purpose === 'modify';
      return {
        case: 'actionProfileGroup',
        value: {
          $typeName: 'p4.v1.ActionProfileGroup',
          actionProfileId: profile?.id ?? 0,
          groupId: input.group ?? 0,
          maxSize: withMembers ? (input.maxSize ?? 0) : 0,
          members: (withMembers ? (input.members ?? []) : []).map((member) => ({
            $typeName: 'p4.v1.ActionProfileGroup.Member',
            memberId: member.member,
            weight: member.weight ?? 1,
            watchKind: encodeWatchPort(member.watchPort),
          })),
        },
      };
    }
    case 'counter':
      return {
        case: 'counterEntry',
        value: {
          $typeName: 'p4.v1.CounterEntry',
          counterId: byName('counter', program.counters, input.counter, purpose)?.id ?? 0,
          index: index(input.index),
          data: purpose === 'read' ? undefined : counterData(input),
        },
      };
    case 'direct-counter':
      return {
        case: 'directCounterEntry',
        value: {
          $typeName: 'p4.v1.DirectCounterEntry',
          tableEntry: encodeTableEntry(program, keyOf(input), purpose === 'read' ? 'read' : 'delete'),
          data: purpose === 'read' ? undefined : counterData(input),
        },
      };
    case 'meter':
      return {
        case: 'meterEntry',
        value: {
          $typeName: 'p4.v1.MeterEntry',
          meterId: byName('meter', program.meters, input.meter, purpose)?.id ?? 0,
          index: index(input.index),
          config: purpose === 'read' ? undefined : meterConfig(input.config),
          counterData: colourData(input.counters, purpose),
        },
      };
    case 'direct-meter':
      return {
        case: 'directMeterEntry',
        value: {
          $typeName: 'p4.v1.DirectMeterEntry',
          tableEntry: encodeTableEntry(program, keyOf(input), purpose === 'read' ? 'read' : 'delete'),
          config: purpose === 'read' ? undefined : meterConfig(input.config),
          counterData: colourData(input.counters, purpose),
        },
      };
    case 'multicast':
      return replication({
        case: 'multicastGroupEntry',
        value: {
          $typeName: 'p4.v1.MulticastGroupEntry',
          multicastGroupId: input.group ?? 0,
          replicas: (input.replicas ?? []).map(encodeReplica),
          metadata: input.metadata ?? noBytes,
        },
      });
    case 'clone':
      return replication({
        case: 'cloneSessionEntry',
        value: {
          $typeName: 'p4.v1.CloneSessionEntry',
          sessionId: input.session ?? 0,
          replicas: (input.replicas ?? []).map(encodeReplica),
          classOfService: input.classOfService ?? 0,
          packetLengthBytes: input.packetLengthBytes ?? 0,
        },
      });
    case 'digest':
      return {
        case: 'digestEntry',
        value: {
          $typeName: 'p4.v1.DigestEntry',
          digestId: byName('digest', program.digests, input.digest, purpose)?.id ?? 0,
          config:
            purpose === 'read' || purpose === 'delete'
              ? undefined
              : {
                  $typeName: 'p4.v1.DigestEntry.Config',
                  maxTimeoutNs: BigInt(input.config?.maxTimeoutNs ?? 0),
                  maxListSize: input.config?.maxListSize ?? 0,
                  ackTimeoutNs: BigInt(input.config?.ackTimeoutNs ?? 0),
                },
        },
      };
    case 'register': {
      const register = byName('register', program.registers, input.register, purpose);
      const { value } = input;
      return {
        case: 'registerEntry',
        value: {
          $typeName: 'p4.v1.RegisterEntry',
          registerId: register?.id ?? 0,
          index: index(input.index),
          data:
            register === undefined || value === undefined || purpose === 'read'
              ? undefined
              : within(`register ${register.alias}`, 'value', () => encodeData(register.type, value)),
        },
      };
    }
    case 'value-set': {
      const set = byName('valueSet', program.valueSets, input.valueSet, purpose);
      const only = set?.matchFields.items[0];
      const members = purpose === 'read' || set === undefined ? [] : (input.members ?? []);
      return {
        case: 'valueSetEntry',
        value: {
          $typeName: 'p4.v1.ValueSetEntry',
          valueSetId: set?.id ?? 0,
          members: members.map((member) => {
            const isKey = typeof member === 'object' && !(member instanceof Uint8Array);
            const key: Entities.Values<Entities.MatchInput> = isKey ? member : { [only?.name ?? '']: member };
            const match = encodeMatch(set!.matchFields, key, `value set ${set!.alias}`, true);
            return { $typeName: 'p4.v1.ValueSetMember', match };
          }),
        },
      };
    }
    default:
      return assertNever(input);
  }
}

function byName<Item>(
  property: string,
  items: { get(name: string): Item; readonly items: readonly { readonly alias: string }[] },
  name: string | undefined,
  purpose: Purpose,
): Item | undefined {
  if (name !== undefined) return within(property, '', () => items.get(name));
  if (purpose === 'read') return undefined;
  throw new EntityError(property, '', `its name is missing in this ${purpose}; only a read may leave it out.`);
}

function replication(
  type: NonNullable<Extract<Case, { case: 'packetReplicationEngineEntry' }>['value']>['type'],
): Case {
  return {
    case: 'packetReplicationEngineEntry',
    value: { $typeName: 'p4.v1.PacketReplicationEngineEntry', type },
  };
}

function encodeReplica(replica: Entities.ReplicaValue): Replica {
  return {
    $typeName: 'p4.v1.Replica',
    portKind: { case: 'port', value: toCanonical(BigInt(replica.port)) },
    instance: replica.instance ?? 0,
    backupReplicas: (replica.backups ?? []).map((backup) => ({
      $typeName: 'p4.v1.BackupReplica',
      port: toCanonical(BigInt(backup.port)),
      instance: backup.instance ?? 0,
    })),
  };
}

function decodeReplica(replica: Replica): Entities.ReplicaValue & { instance: number } {
  const { portKind } = replica;
  const port = portKind.case === 'port' ? Number(toBigInt(portKind.value)) : (portKind.value ?? 0);
  const backups = replica.backupReplicas.map((backup) => ({
    port: Number(toBigInt(backup.port)),
    instance: backup.instance,
  }));
  return { port, instance: replica.instance, ...(backups.length > 0 ? { backups } : {}) };
}

function keyOf(input: Entities.DirectCounterInput | Entities.DirectMeterInput): Entities.TableEntryInput {
  const { table, match, priority, isDefault } = input;
  return { kind: 'table', table, match, priority, isDefault };
}

function encodeTableEntry(program: Program, input: Entities.TableEntryInput, purpose: Purpose): TableEntryMessage {
  const table = byName('table', program.tables, input.table, purpose);
  const object = table === undefined ? 'table' : `table ${table.alias}`;
  if (table === undefined && (input.match !== undefined || input.action !== undefined))
    throw new EntityError(object, '', 'its name is missing; match and action only make sense within one table.');
  const writes = purpose === 'insert' || purpose === 'modify';
  if (table !== undefined && purpose !== 'read') checkPriority(table, input, object);
  const wantsMeter = purpose === 'read' ? input.meter !== undefined : writes && input.meter !== undefined;
  return {
    $typeName: 'p4.v1.TableEntry',
    tableId: table?.id ?? 0,
    match:
      table === undefined || input.isDefault
        ? []
        : encodeMatch(table.matchFields, input.match ?? {}, object, purpose !== 'read'),
    action:
      table === undefined || input.action === undefined || purpose === 'delete'
        ? undefined
        : encodeTableAction(table, input.action, object),
    priority: input.priority ?? 0,
    controllerMetadata: 0n,
    meterConfig: wantsMeter
      ? (meterConfig(input.meter) ??
        (purpose === 'read' ? meterConfig({ cir: 0, cburst: 0, pir: 0, pburst: 0 }) : undefined))
      : undefined,
    counterData: input.counter !== undefined && purpose !== 'delete' ? counterData(input.counter) : undefined,
    meterCounterData: colourData(input.meterCounters, purpose),
    isDefaultAction: input.isDefault ?? false,
    idleTimeoutNs: writes ? BigInt(input.idleTimeoutNs ?? 0) : 0n,
    timeSinceLastHit:
      purpose === 'read' && input.timeSinceLastHitNs !== undefined
        ? { $typeName: 'p4.v1.TableEntry.IdleTimeout', elapsedNs: 0n }
        : undefined,
    metadata: purpose === 'delete' ? noBytes : (input.metadata ?? noBytes),
    isConst: false,
  };
}

function checkPriority(table: TableInfo, input: Entities.TableEntryInput, object: string): void {
  const { priority = 0 } = input;
  if (input.isDefault) {
    if (priority !== 0) throw new EntityError(object, 'priority', 'a default entry has none.');
    if (input.match !== undefined && Object.keys(input.match).length > 0)
      throw new EntityError(object, 'match', 'a default entry has none.');
  } else if (table.needsPriority && !(Number.isInteger(priority) && priority > 0))
    throw new EntityError(
      object,
      'priority',
      'entries with ternary, range or optional fields need one, 1 or more; higher wins.',
    );
  else if (!table.needsPriority && priority !== 0)
    throw new EntityError(object, 'priority', 'this table has exact and lpm fields only, so its entries take none.');
}

/**
 * A received entity with names and plain values; `undefined` for kinds that this client does not know.
 *
 * @throws UnknownNameError when it names an object that the P4Info does not have (the switch runs another program)
 */
export function decodeEntity(program: Program, message: EntityMessage): Entities.Entity | undefined {
  const { entity } = message;
  switch (entity.case) {
    case 'tableEntry':
      return decodeTableEntry(program, entity.value);
    case 'actionProfileMember': {
      const { actionProfileId, memberId, action } = entity.value;
      const none = { $typeName: 'p4.v1.Action' as const, actionId: 0, params: [] };
      return {
        kind: 'member',
        profile: nameOf('action profile', program.profiles, actionProfileId),
        member: memberId,
        action: decodeAction(program, action ?? none),
      };
    }
    case 'actionProfileGroup': {
      const { actionProfileId, groupId, members, maxSize } = entity.value;
      return {
        kind: 'group',
        profile: nameOf('action profile', program.profiles, actionProfileId),
        group: groupId,
        maxSize,
        members: members.map((member) => {
          const watchPort = decodeWatchPort(member.watchKind);
          return { member: member.memberId, weight: member.weight, ...(watchPort === undefined ? {} : { watchPort }) };
        }),
      };
    }
    case 'counterEntry':
      return {
        kind: 'counter',
        counter: nameOf('counter', program.counters, entity.value.counterId),
        index: entity.value.index?.index ?? 0n,
        packets: entity.value.data?.packetCount ?? 0n,
        bytes: entity.value.data?.byteCount ?? 0n,
      };
    case 'directCounterEntry': {
      const { table, match, priority, isDefault } = decodeTableEntry(program, entity.value.tableEntry);
      return {
        kind: 'direct-counter',
        table,
        match,
        priority,
        isDefault,
        packets: entity.value.data?.packetCount ?? 0n,
        bytes: entity.value.data?.byteCount ?? 0n,
      };
    }
    case 'meterEntry': {
      const { meterId, index: cell, config, counterData: colours } = entity.value;
      return {
        kind: 'meter',
        meter: nameOf('meter', program.meters, meterId),
        index: cell?.index ?? 0n,
        ...(config === undefined ? {} : { config: meterValue(config) }),
        ...(colours === undefined ? {} : { counters: colourCounters(colours) }),
      };
    }
    case 'directMeterEntry': {
      const { table, match, priority, isDefault } = decodeTableEntry(program, entity.value.tableEntry);
      const { config, counterData: colours } = entity.value;
      return {
        kind: 'direct-meter',
        table,
        match,
        priority,
        isDefault,
        ...(config === undefined ? {} : { config: meterValue(config) }),
        ...(colours === undefined ? {} : { counters: colourCounters(colours) }),
      };
    }
    case 'packetReplicationEngineEntry': {
      const { type } = entity.value;
      if (type.case === 'multicastGroupEntry')
        return {
          kind: 'multicast',
          group: type.value.multicastGroupId,
          replicas: type.value.replicas.map(decodeReplica),
          metadata: type.value.metadata,
        };
      if (type.case !== 'cloneSessionEntry') return undefined;
      return {
        kind: 'clone',
        session: type.value.sessionId,
        replicas: type.value.replicas.map(decodeReplica),
        classOfService: type.value.classOfService,
        packetLengthBytes: type.value.packetLengthBytes,
      };
    }
    case 'digestEntry': {
      const { digestId, config } = entity.value;
      return {
        kind: 'digest',
        digest: nameOf('digest', program.digests, digestId),
        config: {
          maxTimeoutNs: config?.maxTimeoutNs ?? 0n,
          maxListSize: config?.maxListSize ?? 0,
          ackTimeoutNs: config?.ackTimeoutNs ?? 0n,
        },
      };
    }
    case 'registerEntry': {
      const { registerId, index: cell, data } = entity.value;
      const register = program.registers.byId(registerId);
      return {
        kind: 'register',
        register: nameOf('register', program.registers, registerId),
        index: cell?.index ?? 0n,
        value: data === undefined || register === undefined ? null : decodeData(register.type, data),
      };
    }
    case 'valueSetEntry': {
      const set = program.valueSets.byId(entity.value.valueSetId);
      return {
        kind: 'value-set',
        valueSet: nameOf('value set', program.valueSets, entity.value.valueSetId),
        members:
          set === undefined ? [] : entity.value.members.map((member) => decodeMatch(set.matchFields, member.match)),
      };
    }
    default:
      return undefined;
  }
}

function nameOf(what: string, items: { byId(id: number): { readonly alias: string } | undefined }, id: number): string {
  const item = items.byId(id);
  if (item !== undefined) return item.alias;
  throw new UnknownNameError(
    String(id),
    `The switch names a ${what} with id ${id}, which this client's P4Info does not have; it probably runs another program.`,
  );
}

/** A received table entry; `undefined` reads as an entry of no table, which is refused. */
export function decodeTableEntry(program: Program, entry: TableEntryMessage | undefined): Entities.TableEntry {
  const table = program.tables.byId(entry?.tableId ?? 0);
  const name = nameOf('table', program.tables, entry?.tableId ?? 0);
  const message = entry!;
  const action = decodeTableAction(program, message.action);
  const { counterData: counter, meterConfig: meter, meterCounterData: colours, timeSinceLastHit: hit } = message;
  return {
    kind: 'table',
    table: name,
    match: decodeMatch(table!.matchFields, message.match),
    priority: message.priority,
    ...(action === undefined ? {} : { action }),
    isDefault: message.isDefaultAction,
    idleTimeoutNs: message.idleTimeoutNs,
    metadata: message.metadata,
    ...(counter === undefined ? {} : { counter: counterValue(counter) }),
    ...(meter === undefined ? {} : { meter: meterValue(meter) }),
    ...(colours === undefined ? {} : { meterCounters: colourCounters(colours) }),
    ...(hit === undefined ? {} : { timeSinceLastHitNs: hit.elapsedNs }),
    isConst: message.isConst,
  };
}
