/**
 * What a role may do, where its configuration says so (specification: "Role Config").
 *
 * P4Runtime leaves the message to server and clients. This server understands the one that Stratum and finsy use,
 * `P4RoleConfig`: ids that only this role may write, ids that it shares with others, whether and which packets it
 * receives, whether it may set the pipeline. It is read by hand, five fields, so that no foreign schema is needed. A
 * configuration of another type restricts nothing, except in strict mode, where it is refused.
 */
import type { Any } from '@bufbuild/protobuf/wkt';
import type { Entity, PacketMetadata } from '../gen/p4/v1/p4runtime_pb.ts';
import { canonicalBytes } from '../values/bytes.ts';
import { WireError, WireReader } from '../wire/reader.ts';
import { invalid } from './refusals.ts';

/** The rules of a role. */
export interface RoleRules {
  /** Ids that nobody else may write. */
  readonly exclusive: ReadonlySet<number>;
  readonly shared: ReadonlySet<number>;
  readonly receivesPackets: boolean;
  /** Only packets with this metadata value are received. */
  readonly packetFilter: { readonly metadataId: number; readonly value: Uint8Array } | undefined;
  readonly canSetPipeline: boolean;
}

const LENGTH = 2;

/** Numbers of a repeated field, packed or not. */
function readIds(reader: WireReader, tag: number, into: Set<number>): void {
  if ((tag & 7) !== LENGTH) {
    into.add(reader.uint32());
    return;
  }
  const outer = reader.enter();
  while (reader.more) into.add(reader.uint32());
  reader.leave(outer);
}

function readFilter(reader: WireReader): RoleRules['packetFilter'] {
  const filter = { metadataId: 0, value: new Uint8Array(0) as Uint8Array };
  const outer = reader.enter();
  while (reader.more) {
    const tag = reader.uint32();
    if (tag >>> 3 === 1) filter.metadataId = reader.uint32();
    else if (tag >>> 3 === 2) filter.value = canonicalBytes(reader.bytes());
    else reader.skip(tag);
  }
  reader.leave(outer);
  return filter;
}

/**
 * The rules in a role's configuration; `undefined` for full access.
 *
 * @throws RpcError INVALID_ARGUMENT when it is malformed or, in strict mode, of another type
 */
export function roleRules(config: Any | undefined, isStrict: boolean): RoleRules | undefined {
  if (config === undefined) return undefined;
  if (!/[/.]P4RoleConfig$/.test(config.typeUrl)) {
    if (isStrict) throw invalid(`The role config is '${config.typeUrl}'; this server knows P4RoleConfig.`);
    return undefined;
  }
  const exclusive = new Set<number>();
  const shared = new Set<number>();
  const rest = { receivesPackets: false, packetFilter: undefined as RoleRules['packetFilter'], canSetPipeline: false };
  try {
    const reader = new WireReader(config.value);
    while (reader.more) {
      const tag = reader.uint32();
      const field = tag >>> 3;
      if (field === 1) readIds(reader, tag, exclusive);
      else if (field === 2) readIds(reader, tag, shared);
      else if (field === 3) rest.packetFilter = readFilter(reader);
      else if (field === 4) rest.receivesPackets = reader.bool();
      else if (field === 5) rest.canSetPipeline = reader.bool();
      else reader.skip(tag);
    }
  } catch (error) {
    if (error instanceof WireError) throw invalid(`The role config is malformed. ${error.message}`);
    throw error;
  }
  return { exclusive, shared, ...rest };
}

/** Whether a role with these rules has to do with an object. */
export function covers(rules: RoleRules | undefined, id: number): boolean {
  return rules === undefined || rules.exclusive.has(id) || rules.shared.has(id);
}

/** Whether a role with these rules receives a packet. */
export function receives(rules: RoleRules | undefined, metadata: readonly PacketMetadata[]): boolean {
  if (rules === undefined) return true;
  const { packetFilter } = rules;
  if (!rules.receivesPackets || packetFilter === undefined) return rules.receivesPackets;
  const found = metadata.find(({ metadataId }) => metadataId === packetFilter.metadataId);
  return found !== undefined && Buffer.compare(canonicalBytes(found.value), packetFilter.value) === 0;
}

/** The P4Info id that a write is about; 0 where entities have none (packet replication). */
export function idOf(entity: Entity['entity']): number {
  switch (entity.case) {
    case 'tableEntry':
      return entity.value.tableId;
    case 'directCounterEntry':
    case 'directMeterEntry':
      return entity.value.tableEntry?.tableId ?? 0;
    case 'actionProfileMember':
    case 'actionProfileGroup':
      return entity.value.actionProfileId;
    case 'counterEntry':
      return entity.value.counterId;
    case 'meterEntry':
      return entity.value.meterId;
    case 'valueSetEntry':
      return entity.value.valueSetId;
    case 'registerEntry':
      return entity.value.registerId;
    case 'digestEntry':
      return entity.value.digestId;
    default:
      return 0;
  }
}
