/**
 * Metadata of packets from and to the controller, by name. Padding is filled in on the way out and left out on the way in, so that
 * users never meet it.
 */

import type { PlainValue, Values } from '../entities/types.ts';
import type { PacketMetadata } from '../gen/p4/v1/p4runtime_pb.ts';
import type { ControllerHeaderInfo, Program } from '../schema/program.ts';
import { toBigInt } from '../values/bytes.ts';
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
  const result: PacketMetadata[] = [];
  const given = new Set<number>();
  for (const name in values) {
    if (header === undefined)
      throw new EntityError(object, name, 'the program has no packet_out header, so it takes no metadata.');
    try {
      const field = header.fields.get(name);
      given.add(field.id);
      result.push({
        $typeName: 'p4.v1.PacketMetadata',
        metadataId: field.id,
        value: encodeValue(values[name]!, field.type),
      });
    } catch (error) {
      throw placed(error, object, `metadata ${name}`);
    }
  }
  for (const field of header?.fields ?? []) {
    if (given.has(field.id)) continue;
    if (!field.isPadding) throw new EntityError(object, `metadata ${field.name}`, 'is missing.');
    result.push({ $typeName: 'p4.v1.PacketMetadata', metadataId: field.id, value: new Uint8Array(1) });
  }
  return result;
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
