/**
 * Values and probe packets as the tests write them. Numbers become byte strings in P4Runtime's shortest form; where a
 * test is about the form, it gives the bytes itself.
 */
import type { FieldMatch } from '@mooring/p4runtime-ts/proto';

/** A number, or the very bytes to send. */
export type Value = number | bigint | Uint8Array;

/** A value as byte string: a number in its shortest form, zero being one byte. */
export function bytesOf(value: Value): Uint8Array {
  if (value instanceof Uint8Array) return value;
  const hex = value.toString(16);
  return new Uint8Array(Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex'));
}

/** Bytes from hexadecimal digits. */
export function hex(digits: string): Uint8Array {
  return new Uint8Array(Buffer.from(digits.replaceAll(' ', ''), 'hex'));
}

/** What a match field matches. */
export type Match = FieldMatch['fieldMatchType'];

export const exact = (value: Value): Match => ({
  case: 'exact',
  value: { $typeName: 'p4.v1.FieldMatch.Exact', value: bytesOf(value) },
});
export const lpm = (value: Value, prefixLen: number): Match => ({
  case: 'lpm',
  value: { $typeName: 'p4.v1.FieldMatch.LPM', value: bytesOf(value), prefixLen },
});
export const ternary = (value: Value, mask: Value): Match => ({
  case: 'ternary',
  value: { $typeName: 'p4.v1.FieldMatch.Ternary', value: bytesOf(value), mask: bytesOf(mask) },
});
export const range = (low: Value, high: Value): Match => ({
  case: 'range',
  value: { $typeName: 'p4.v1.FieldMatch.Range', low: bytesOf(low), high: bytesOf(high) },
});
export const optional = (value: Value): Match => ({
  case: 'optional',
  value: { $typeName: 'p4.v1.FieldMatch.Optional', value: bytesOf(value) },
});

/** Fields of the probe header. */
export interface Probe {
  readonly kind: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly result: number;
}

/** A probe packet: the header, and a payload. */
export function probe(fields: Partial<Probe>, payload = 'payload!'): Uint8Array {
  const bytes = Buffer.alloc(10 + payload.length);
  bytes[0] = fields.kind ?? 0;
  bytes[1] = fields.a ?? 0;
  bytes.writeUInt16BE(fields.b ?? 0, 2);
  bytes.writeUInt32BE(fields.c ?? 0, 4);
  bytes.writeUInt16BE(fields.result ?? 0, 8);
  bytes.write(payload, 10, 'latin1');
  return new Uint8Array(bytes);
}

/** The header of a packet that came back. */
export function readProbe(packet: Uint8Array): Probe {
  const bytes = Buffer.from(packet);
  return {
    kind: bytes.readUInt8(0),
    a: bytes.readUInt8(1),
    b: bytes.readUInt16BE(2),
    c: bytes.readUInt32BE(4),
    result: bytes.readUInt16BE(8),
  };
}
