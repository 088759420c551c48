/**
 * Pipelines of one device: prepared, saved, committed, reconciled (specification: "SetForwardingPipelineConfig RPC").
 *
 * After VERIFY_AND_SAVE, reads and writes already speak of the new program although the old one still forwards: writes
 * are checked against the saved state and kept, and COMMIT hands them to the switch together with the pipeline.
 */
import { fromBinary } from '@bufbuild/protobuf';
import { P4DeviceConfigSchema } from '../gen/p4/tmp/p4config_pb.ts';
import {
  SetForwardingPipelineConfigRequest_Action as Action,
  type Entity,
  type ForwardingPipelineConfig,
  Update_Type,
} from '../gen/p4/v1/p4runtime_pb.ts';
import { Program } from '../schema/program.ts';
import { RpcError } from '../transport/rpc-error.ts';
import { ConstraintError } from './constraints/parse.ts';
import { meterConfigMessage, targetMessage, watchMessage } from './read/messages.ts';
import { keyMessage } from './read/tables.ts';
import { invalid, isSwitchError, notFound } from './refusals.ts';
import { PipelineState } from './store/state.ts';
import type { TableStore } from './store/table-store.ts';
import {
  type ColourCells,
  type ColourCounts,
  DEFAULT_SLOT,
  type PreparedPipeline,
  type Switch,
  type SwitchUpdate,
} from './switch.ts';
import type { Translations } from './translation.ts';
import { Batch } from './write/batch.ts';
import { applyUpdate } from './write/write.ts';

/** A pipeline that waits for COMMIT. */
export interface SavedPipeline {
  readonly prepared: PreparedPipeline;
  readonly state: PipelineState;
  /** Writes since it was saved. */
  readonly updates: SwitchUpdate[];
}

/** How a device treats pipelines. */
export interface PipelineOptions {
  readonly strict: boolean;
  readonly translations: Translations;
}

/** The device config without the wrapper of early clients. */
export function unwrapDeviceConfig(config: Uint8Array): Uint8Array {
  const first = config.find((byte) => byte !== 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d);
  if (first === 0x7b || config.length === 0) return config;
  try {
    const { deviceData } = fromBinary(P4DeviceConfigSchema, config);
    return deviceData.length > 0 ? deviceData : config;
  } catch {
    return config;
  }
}

/** The pipelines of one device. */
export class Pipelines {
  readonly #target: Switch;
  readonly #options: PipelineOptions;
  #running: PipelineState | undefined;
  #saved: SavedPipeline | undefined;

  constructor(target: Switch, options: PipelineOptions) {
    this.#target = target;
    this.#options = options;
  }

  /** What forwards packets. */
  get running(): PipelineState | undefined {
    return this.#running;
  }

  /** What waits for COMMIT. */
  get saved(): SavedPipeline | undefined {
    return this.#saved;
  }

  /** What reads and writes speak of. */
  get current(): PipelineState | undefined {
    return this.#saved?.state ?? this.#running;
  }

  /**
   * Does what a request asks.
   *
   * @returns whether another pipeline runs now
   * @throws RpcError INVALID_ARGUMENT, NOT_FOUND, or as the switch refuses
   */
  async set(action: Action, config: ForwardingPipelineConfig | undefined): Promise<boolean> {
    if (action === Action.COMMIT) {
      if (config !== undefined) throw invalid('COMMIT takes no config; it starts the one that was saved.');
      const saved = this.#saved;
      if (saved === undefined) throw notFound('There is no saved config; VERIFY_AND_SAVE comes first.');
      await this.#target.commit(saved.prepared, { preserve: false, updates: saved.updates });
      this.#running = saved.state;
      this.#saved = undefined;
      return true;
    }
    if (
      action !== Action.VERIFY &&
      action !== Action.VERIFY_AND_SAVE &&
      action !== Action.VERIFY_AND_COMMIT &&
      action !== Action.RECONCILE_AND_COMMIT
    )
      throw invalid(
        'The action is not set; it is VERIFY, VERIFY_AND_SAVE, VERIFY_AND_COMMIT, COMMIT or RECONCILE_AND_COMMIT.',
      );
    if (config?.p4info === undefined) throw invalid('The config, or the P4Info in it, is missing.');
    const { prepared, state } = await this.#prepare(config);
    if (action === Action.VERIFY) {
      this.#target.discard(prepared);
      return false;
    }
    if (action === Action.VERIFY_AND_SAVE) {
      this.#dropSaved();
      this.#saved = { prepared, state, updates: [] };
      return false;
    }
    const reconcile = action === Action.RECONCILE_AND_COMMIT && this.#running !== undefined;
    try {
      const updates = reconcile ? await this.#reconcile(this.#running!, state) : [];
      await this.#target.commit(prepared, { preserve: reconcile, updates });
    } catch (error) {
      this.#target.discard(prepared);
      throw error;
    }
    this.#dropSaved();
    this.#running = state;
    return true;
  }

  #dropSaved(): void {
    if (this.#saved !== undefined) this.#target.discard(this.#saved.prepared);
    this.#saved = undefined;
  }

  async #prepare(config: ForwardingPipelineConfig): Promise<{ prepared: PreparedPipeline; state: PipelineState }> {
    let program: Program;
    try {
      program = new Program(config.p4info!);
    } catch (error) {
      throw invalid(`The P4Info is not valid: ${(error as Error).message}`);
    }
    let prepared: PreparedPipeline;
    try {
      prepared = await this.#target.prepare({
        p4info: config.p4info!,
        deviceConfig: unwrapDeviceConfig(config.p4DeviceConfig),
      });
    } catch (error) {
      // Whatever the switch cannot realise is an invalid argument of this call, its gaps included.
      if (isSwitchError(error) && (error.kind === 'unsupported' || error.kind === 'invalid-argument'))
        throw invalid(error.message);
      throw error;
    }
    try {
      return { prepared, state: new PipelineState(program, config, prepared, this.#options) };
    } catch (error) {
      this.#target.discard(prepared);
      if (error instanceof ConstraintError) throw invalid(`A constraint in the program is wrong: ${error.message}`);
      throw error;
    }
  }

  /**
   * Replays everything that was written to the old pipeline into the new one; direct counters and meters keep what they
   * counted.
   */
  async #reconcile(old: PipelineState, next: PipelineState): Promise<SwitchUpdate[]> {
    const batch = new Batch();
    // The old state is consistent, but is not replayed in the order of its references.
    if (next.references !== undefined) next.references.isEnforced = false;
    try {
      for (const entity of entitiesOf(old)) {
        const isDefault = entity.case === 'tableEntry' && entity.value.isDefaultAction;
        const modifies = isDefault || entity.case === 'valueSetEntry' || entity.case === 'meterEntry';
        applyUpdate(next, batch, {
          $typeName: 'p4.v1.Update',
          type: modifies ? Update_Type.MODIFY : Update_Type.INSERT,
          entity: { $typeName: 'p4.v1.Entity', entity },
        });
      }
    } catch (error) {
      if (error instanceof RpcError)
        throw invalid(`The forwarding state does not fit the new program, so nothing was changed: ${error.reason}`);
      throw error;
    }
    if (next.references !== undefined) next.references.isEnforced = true;
    for (const table of old.tables.values()) await this.#carryDirect(table, next.tables.get(table.info.id), batch);
    return batch.unpacked();
  }

  /**
   * What the entries that a table had before have counted, those of the program included, for the entries that it has
   * now.
   */
  async #carryDirect(old: TableStore, next: TableStore | undefined, batch: Batch): Promise<void> {
    const counters = old.info.directCounter !== undefined && next?.info.directCounter !== undefined;
    const colours = old.info.directMeter !== undefined && next?.info.directMeter !== undefined;
    if (next === undefined || !(counters || colours)) return;
    const entries = [...old.entries()];
    const slots = [...entries.map(({ slot }) => slot), DEFAULT_SLOT];
    const states = await this.#target.readEntries(old.info.id, slots, { counters, age: false, colours });
    const tableId = next.info.id;
    for (let position = 0; position < slots.length; position++) {
      const entry = entries[position];
      const now = entry && next.find(keyMessage(old, entry));
      if (entry !== undefined && now === undefined) continue;
      const slot = now?.slot ?? DEFAULT_SLOT;
      // The entries of clients have been written again with their meters; those of the program have not.
      if (now?.extra.isConst && entry?.extra.meter !== undefined && colours) {
        next.put({ ...now, extra: { ...now.extra, meter: entry.extra.meter } });
        batch.push({ kind: 'direct-meter', tableId, slot, config: entry.extra.meter });
      }
      const [packets, bytes] = [states.packets?.[position] ?? 0n, states.bytes?.[position] ?? 0n];
      if (packets !== 0n || bytes !== 0n) batch.push({ kind: 'direct-counter', tableId, slot, packets, bytes });
      const counts = colourCounts(states.colours, position);
      if (counts !== undefined) batch.push({ kind: 'direct-meter-counters', tableId, slot, counts });
    }
  }
}

/** What a meter has counted, if anything. */
function colourCounts(colours: ColourCells | undefined, position: number): ColourCounts | undefined {
  const of = (cells: BigUint64Array | undefined): [bigint, bigint, bigint] => {
    const [green = 0n, yellow = 0n, red = 0n] = cells?.subarray(3 * position, 3 * position + 3) ?? [];
    return [green, yellow, red];
  };
  const counts = { packets: of(colours?.packets), bytes: of(colours?.bytes) };
  return [...counts.packets, ...counts.bytes].some((count) => count !== 0n) ? counts : undefined;
}

/** All that was written, as messages, in an order in which it can be written again. */
function* entitiesOf(state: PipelineState): Generator<Entity['entity']> {
  for (const { info, members } of state.profiles.values())
    for (const { memberId, action } of members.values())
      yield {
        case: 'actionProfileMember',
        value: {
          $typeName: 'p4.v1.ActionProfileMember',
          actionProfileId: info.id,
          memberId,
          action: state.actions.get(action.actionId)!.toMessage(action.params),
        },
      };
  for (const { info, groups } of state.profiles.values())
    for (const { groupId, maxSize, members } of groups.values())
      yield {
        case: 'actionProfileGroup',
        value: {
          $typeName: 'p4.v1.ActionProfileGroup',
          actionProfileId: info.id,
          groupId,
          maxSize,
          members: members.map((member) => ({
            $typeName: 'p4.v1.ActionProfileGroup.Member',
            memberId: member.memberId,
            weight: member.weight,
            watchKind: watchMessage(member.watch),
          })),
        },
      };
  for (const table of state.tables.values()) {
    for (const entry of table.entries()) {
      if (entry.extra.isConst || table.info.isConst) continue;
      const { meter, metadata, controllerMetadata, idleTimeoutNs } = entry.extra;
      yield {
        case: 'tableEntry',
        value: {
          ...keyMessage(table, entry),
          action: targetMessage(state, entry.target),
          meterConfig: meterConfigMessage(meter),
          metadata,
          controllerMetadata,
          idleTimeoutNs,
        },
      };
    }
    const { target, extra } = table.defaultEntry;
    if (
      table.defaultEntry !== table.initialDefault &&
      target !== undefined &&
      table.info.constDefaultActionId === undefined
    )
      yield {
        case: 'tableEntry',
        value: {
          ...keyMessage(table, undefined),
          action: table.info.profile === undefined ? targetMessage(state, target) : undefined,
          meterConfig: meterConfigMessage(extra.meter),
          metadata: extra.metadata,
          controllerMetadata: extra.controllerMetadata,
        },
      };
  }
  for (const [meterId, { all, cells }] of state.meters) {
    const config = meterConfigMessage(all);
    const base = { $typeName: 'p4.v1.MeterEntry' as const, meterId, counterData: undefined };
    if (config !== undefined) yield { case: 'meterEntry', value: { ...base, index: undefined, config } };
    for (const [cell, rates] of cells) {
      const index = { $typeName: 'p4.v1.Index' as const, index: BigInt(cell) };
      yield { case: 'meterEntry', value: { ...base, index, config: meterConfigMessage(rates) } };
    }
  }
  for (const [valueSetId, keys] of state.valueSets) {
    if (keys.length === 0) continue;
    const codec = state.valueSetKeys.get(valueSetId)!;
    const members = keys.map((key) => ({ $typeName: 'p4.v1.ValueSetMember' as const, match: codec.toMessages(key) }));
    yield { case: 'valueSetEntry', value: { $typeName: 'p4.v1.ValueSetEntry', valueSetId, members } };
  }
  for (const [multicastGroupId, { replicas, metadata }] of state.multicast)
    yield replication({
      case: 'multicastGroupEntry',
      value: { $typeName: 'p4.v1.MulticastGroupEntry', multicastGroupId, replicas: [...replicas], metadata },
    });
  for (const [sessionId, { replicas, classOfService, packetLengthBytes }] of state.clones)
    yield replication({
      case: 'cloneSessionEntry',
      value: {
        $typeName: 'p4.v1.CloneSessionEntry',
        sessionId,
        replicas: [...replicas],
        classOfService,
        packetLengthBytes,
      },
    });
  for (const [digestId, config] of state.digests)
    yield {
      case: 'digestEntry',
      value: {
        $typeName: 'p4.v1.DigestEntry',
        digestId,
        config: { $typeName: 'p4.v1.DigestEntry.Config', ...config },
      },
    };
}

type Replication = Extract<Entity['entity'], { case: 'packetReplicationEngineEntry' }>;

function replication(type: Replication['value']['type']): Replication {
  return { case: 'packetReplicationEngineEntry', value: { $typeName: 'p4.v1.PacketReplicationEngineEntry', type } };
}
