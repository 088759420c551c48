/**
 * Metadata of packets from and to the controller, by name. Padding is filled in on the way out and left out on the way
 * in, so that users never meet it.
 */

import type { PlainValue, Values } from '../entities/types.ts';
import type { PacketMetadata } from '../gen/p4/v1/p4runtime_pb.ts';
import type { ControllerHeaderInfo, Program } from '../schema/program.ts';
import { toBigInt, toCanonical } from '../values/bytes.ts';
import { decodeValue, encodeValue } from '../values/plain.ts';
import { EntityError, placed } from './error.ts';

/**
 * Metadata for a packet-out: every field of the header, padding aside, must be given.
 *
 * @throws EntityError
 */
export function encodePacketMetadata(
  header: ControllerHeaderInfo | undefined,
  values: Values<PlainValue>,
): PacketMetadata[] {
  const object = 'packet-out';
  const fields = header?.fields.items ?? [];
  const result: PacketMetadata[] = new Array(fields.length);
  for (const name in values) {
    if (header === undefined)
      throw new EntityError(object, name, 'the program has no packet_out header, so it takes no metadata.');
    try {
      const field = header.fields.get(name);
      result[field.index] = metadata(field.id, encodeValue(values[name]!, field.type));
    } catch (error) {
      throw placed(error, object, `metadata ${name}`);
    }
  }
  for (const field of fields) {
    if (result[field.index] !== undefined) continue;
    if (!field.isPadding) throw new EntityError(object, `metadata ${field.name}`, 'is missing.');
    result[field.index] = metadata(field.id, toCanonical(0n));
  }
  return result;
}

function metadata(metadataId: number, value: Uint8Array): PacketMetadata {
  return { $typeName: 'p4.v1.PacketMetadata', metadataId, value };
}

/** Metadata of a received packet by name, padding left out. */
export function decodePacketMetadata(program: Program, metadata: readonly PacketMetadata[]): Values<bigint | string> {
  const header = program.controllerHeaders.find('packet_in');
  const result: Record<string, bigint | string> = {};
  for (const { metadataId, value } of metadata) {
    const field = header?.fields.byId(metadataId);
    if (field?.isPadding) continue;
    result[field?.name ?? `#${metadataId}`] = field === undefined ? toBigInt(value) : decodeValue(value, field.type);
  }
  return result;
}
