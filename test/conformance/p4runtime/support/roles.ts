/**
 * Role configurations. P4Runtime leaves their form to clients and servers; this is the one that Stratum and finsy use
 * (`P4RoleConfig`), written by hand, so that the suite does not depend on the server's own reading of it.
 */
import type { Peer } from './peer.ts';

/** What a role may do. */
export interface RoleInit {
  /** P4Info ids that nobody else may write. */
  readonly exclusive?: readonly number[];
  /** P4Info ids that others may write as well. */
  readonly shared?: readonly number[];
  readonly receivesPackets?: boolean;
  /** Only packets with this value of this metadata field are received. */
  readonly filter?: { readonly metadataId: number; readonly value: number };
  readonly canSetPipeline?: boolean;
}

/** The message in an `Any`. */
export function roleConfig({ exclusive = [], shared = [], receivesPackets, filter, canSetPipeline }: RoleInit) {
  const varint = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)]);
  const bytes = (field: number, content: readonly number[]) =>
    content.length === 0 ? [] : [(field << 3) | 2, content.length, ...content];
  const flag = (field: number, value = false) => (value ? [field << 3, 1] : []);
  const value = Uint8Array.from([
    ...bytes(1, exclusive.flatMap(varint)),
    ...bytes(2, shared.flatMap(varint)),
    ...(filter === undefined ? [] : bytes(3, [1 << 3, filter.metadataId, (2 << 3) | 2, 1, filter.value])),
    ...flag(4, receivesPackets),
    ...flag(5, canSetPipeline),
  ]);
  return { typeUrl: 'type.googleapis.com/stratum.P4RoleConfig', value };
}

/** Makes a controller primary of its role, with a configuration. Returns the code it is told. */
export async function joinRole(peer: Peer, init: RoleInit): Promise<number> {
  peer.arbitrate(peer.electionId, undefined, roleConfig(init));
  return (await peer.next('arbitration')).status!.code;
}
