/**
 * Reads: which entities match a pattern, as messages in chunks (specification: "Read RPC").
 *
 * A read is consistent: no write is seen in part. So it has two halves. First, while no write is done, everything is
 * collected that the answer is made of: references to what the server remembers, which is never changed but replaced,
 * and arrays of what packets change, asked of the switch in chunks of entries. Then the messages are made and sent, a
 * chunk at a time and as fast as the client takes them; a slow client holds up nobody, and a million entries are never
 * one huge message.
 */
import type { P4Data } from '../../gen/p4/v1/p4data_pb.ts';
import type { Entity } from '../../gen/p4/v1/p4runtime_pb.ts';
import { canonicalBytes } from '../../values/bytes.ts';
import { invalid, unsupported } from '../refusals.ts';
import type { PipelineState } from '../store/state.ts';
import type { Switch } from '../switch.ts';
import { byId, checkIndex, registerWidth } from '../write/arrays.ts';
import { profileById } from '../write/profile.ts';
import { type Case, chunks, type Found, found } from './answer.ts';
import { counterData, meterConfigMessage, meterCounterData, watchMessage } from './messages.ts';
import { readDirect, readTables } from './tables.ts';

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
