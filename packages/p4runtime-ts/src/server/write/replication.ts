/**
 * Writes to multicast groups, clone sessions and digest configurations (specification: "PacketReplicationEngineEntry",
 * "DigestEntry").
 */
import {
  type CloneSessionEntry,
  type DigestEntry,
  type MulticastGroupEntry,
  type PacketReplicationEngineEntry,
  type Replica,
  Update_Type,
} from '../../gen/p4/v1/p4runtime_pb.ts';
import { toBigInt } from '../../values/bytes.ts';
import { alreadyExists, invalid, notFound, outOfRange } from '../refusals.ts';
import type { PipelineState } from '../store/state.ts';
import type { PortReplica } from '../switch.ts';
import { byId } from './arrays.ts';
import type { Batch } from './batch.ts';

/** The greatest `egress_rid`: 16 bits in v1model. */
const maximumInstance = 0xffff;

/** Writes a multicast group or a clone session. */
export function writeReplication(
  state: PipelineState,
  batch: Batch,
  type: Update_Type,
  message: PacketReplicationEngineEntry,
): void {
  switch (message.type.case) {
    case 'multicastGroupEntry':
      writeMulticast(state, batch, type, message.type.value);
      break;
    case 'cloneSessionEntry':
      writeClone(state, batch, type, message.type.value);
      break;
    case undefined:
      throw invalid('The packet replication engine entry is empty.');
  }
}

/** Puts a value into a map, or takes it out, with the checks that every keyed entity needs and its undo. */
function exchange<Value>(
  map: Map<number, Value>,
  batch: Batch,
  type: Update_Type,
  key: number,
  value: Value,
  what: string,
): void {
  const old = map.get(key);
  if (type === Update_Type.INSERT && old !== undefined) throw alreadyExists(`${what} exists already.`);
  if (type !== Update_Type.INSERT && old === undefined) throw notFound(`${what} does not exist.`);
  if (type === Update_Type.DELETE) map.delete(key);
  else map.set(key, value);
  batch.onUndo(() => {
    if (old === undefined) map.delete(key);
    else map.set(key, old);
  });
}

function writeMulticast(state: PipelineState, batch: Batch, type: Update_Type, message: MulticastGroupEntry): void {
  const { multicastGroupId: groupId, metadata } = message;
  if (groupId === 0) throw invalid('0 is not a multicast group id.');
  const what = `multicast group ${groupId}`;
  if (groupId > 0xffff) throw outOfRange(`${what}: ids go up to ${0xffff}.`);
  const isDelete = type === Update_Type.DELETE;
  const replicas = isDelete ? [] : decodeReplicas(message.replicas, what);
  const { references } = state;
  const provides = references?.ofMulticast(groupId) ?? [];
  if (isDelete) references?.checkRelease(provides, `${what} cannot be deleted`);
  const old = state.multicast.get(groupId);
  const before = (old && references?.usesOfReplicas(decodeReplicas(old.replicas, what))) ?? [];
  const after = references?.usesOfReplicas(replicas) ?? [];
  references?.exchangeUses(batch, before, after, what);
  exchange(state.multicast, batch, type, groupId, { replicas: message.replicas, metadata }, what);
  if (type !== Update_Type.MODIFY) {
    references?.countProvides(provides, isDelete ? -1 : 1);
    batch.onUndo(() => references?.countProvides(provides, isDelete ? 1 : -1));
  }
  batch.push(isDelete ? { kind: 'multicast-delete', groupId } : { kind: 'multicast-set', groupId, replicas });
}

function writeClone(state: PipelineState, batch: Batch, type: Update_Type, message: CloneSessionEntry): void {
  const { sessionId, classOfService, packetLengthBytes } = message;
  if (sessionId === 0) throw invalid('0 is not a clone session id.');
  const what = `clone session ${sessionId}`;
  if (sessionId > 0xffff) throw outOfRange(`${what}: ids go up to ${0xffff}.`);
  if (type === Update_Type.DELETE) {
    exchange(state.clones, batch, type, sessionId, { replicas: [], classOfService, packetLengthBytes }, what);
    batch.push({ kind: 'clone-delete', sessionId });
    return;
  }
  if (packetLengthBytes < 0) throw invalid(`${what}: packet_length_bytes is negative.`);
  const replicas = decodeReplicas(message.replicas, what);
  exchange(
    state.clones,
    batch,
    type,
    sessionId,
    { replicas: message.replicas, classOfService, packetLengthBytes },
    what,
  );
  batch.push({ kind: 'clone-set', sessionId, replicas, classOfService, packetLengthBytes });
}

/** A port as number. */
function portOf(bytes: Uint8Array, what: string): number {
  if (bytes.length === 0) throw invalid(`${what}: a port is missing.`);
  const port = toBigInt(bytes);
  if (port > 0xffff_ffffn) throw outOfRange(`${what}: the port ${port} does not fit 32 bits.`);
  return Number(port);
}

/**
 * Replicas as the switch gets them.
 *
 * @throws RpcError INVALID_ARGUMENT for duplicates, missing ports and instances that are too great
 */
export function decodeReplicas(replicas: readonly Replica[], what: string): PortReplica[] {
  const seen = new Set<string>();
  const note = (port: number, instance: number) => {
    if (instance > maximumInstance) throw invalid(`${what}: the instance ${instance} is above ${maximumInstance}.`);
    const pair = `${port}/${instance}`;
    if (seen.has(pair)) throw invalid(`${what}: port ${port} with instance ${instance} is there twice.`);
    seen.add(pair);
  };
  return replicas.map((replica) => {
    const { portKind, instance } = replica;
    const port = portKind.case === 'port' ? portOf(portKind.value, what) : (portKind.value ?? 0);
    if (portKind.case === undefined) throw invalid(`${what}: a replica has no port.`);
    note(port, instance);
    const ports = new Set([port]);
    const backups = replica.backupReplicas.map((backup) => {
      const backupPort = portOf(backup.port, what);
      if (ports.has(backupPort)) throw invalid(`${what}: port ${backupPort} cannot be its own backup.`);
      ports.add(backupPort);
      note(backupPort, backup.instance);
      return { port: backupPort, instance: backup.instance };
    });
    return { port, instance, backups };
  });
}

/** Starts, changes or stops a digest. */
export function writeDigest(state: PipelineState, batch: Batch, type: Update_Type, message: DigestEntry): void {
  const digest = byId(state.program.digests, message.digestId, 'digest');
  const what = `digest ${digest.alias}`;
  const { maxTimeoutNs = 0n, maxListSize = 0, ackTimeoutNs = 0n } = message.config ?? {};
  if (type !== Update_Type.DELETE && (maxTimeoutNs < 0n || ackTimeoutNs < 0n || maxListSize < 0))
    throw invalid(`${what}: timeouts and list size cannot be negative.`);
  exchange(state.digests, batch, type, digest.id, { maxTimeoutNs, maxListSize, ackTimeoutNs }, what);
  if (type !== Update_Type.MODIFY)
    batch.push({ kind: 'digest', digestId: digest.id, enabled: type === Update_Type.INSERT });
}
