/** The generated codecs against protobuf-es: same bytes understood, same objects, nothing but WireError for garbage. */
import {
  create,
  type DescField,
  type DescMessage,
  equals,
  fromBinary,
  type Message,
  ScalarType,
  toBinary,
} from '@bufbuild/protobuf';
import { reflect } from '@bufbuild/protobuf/reflect';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as wire from '../src/gen/wire.ts';
import {
  ReadRequestSchema,
  ReadResponseSchema,
  StreamMessageRequestSchema,
  StreamMessageResponseSchema,
  WriteRequestSchema,
} from '../src/proto.ts';
import { streamResponseFromBytes, streamResponseToBytes, wholeResponse } from '../src/wire/digest-list.ts';
import { WireError } from '../src/wire/reader.ts';

/** Any value of a scalar or enum field. */
function scalar(field: DescField): fc.Arbitrary<unknown> {
  if (field.enum !== undefined) return fc.constantFrom(...field.enum.values.map((value) => value.number));
  switch (field.scalar) {
    case ScalarType.STRING:
      return fc.string({ unit: 'grapheme', maxLength: 8 });
    case ScalarType.BYTES:
      return fc.oneof(fc.uint8Array({ maxLength: 5 }), fc.uint8Array({ minLength: 60, maxLength: 200 }));
    case ScalarType.BOOL:
      return fc.boolean();
    case ScalarType.UINT32:
      return fc.nat({ max: 0xffff_ffff });
    case ScalarType.INT32:
      return fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
    case ScalarType.UINT64:
      return fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
    default:
      return fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n });
  }
}

/** Any message of a type, with at most `depth` levels below it. */
function message(desc: DescMessage, depth: number): fc.Arbitrary<Message> {
  const one = (field: DescField) => (field.message !== undefined ? message(field.message, depth - 1) : scalar(field));
  const usable = desc.fields.filter((field) => field.message === undefined || depth > 0);
  return fc
    .tuple(
      ...usable.map((field) =>
        fc.option(field.fieldKind === 'list' ? fc.array(one(field), { maxLength: 3 }) : one(field), { nil: undefined }),
      ),
    )
    .map((values) => {
      const result = reflect(desc, create(desc));
      for (const [index, field] of usable.entries()) {
        const value = values[index];
        if (value === undefined || (field.oneof !== undefined && result.oneofCase(field.oneof) !== undefined)) continue;
        if (field.fieldKind === 'list') {
          for (const item of value as unknown[])
            result.get(field).add(field.message ? reflect(field.message, item as Message) : item);
        } else result.set(field, field.message ? reflect(field.message, value as Message) : value);
      }
      return result.message;
    });
}

const codecs = [
  ['WriteRequest', WriteRequestSchema, wire.writeRequestToBytes, wire.writeRequestFromBytes],
  ['ReadRequest', ReadRequestSchema, wire.readRequestToBytes, wire.readRequestFromBytes],
  ['ReadResponse', ReadResponseSchema, wire.readResponseToBytes, wire.readResponseFromBytes],
  [
    'StreamMessageRequest',
    StreamMessageRequestSchema,
    wire.streamMessageRequestToBytes,
    wire.streamMessageRequestFromBytes,
  ],
  [
    'StreamMessageResponse',
    StreamMessageResponseSchema,
    wire.streamMessageResponseToBytes,
    wire.streamMessageResponseFromBytes,
  ],
  [
    'StreamMessageResponse, samples one by one',
    StreamMessageResponseSchema,
    streamResponseToBytes,
    (bytes: Uint8Array) => wholeResponse(streamResponseFromBytes(bytes)),
  ],
] as unknown as [string, DescMessage, (message: Message) => Buffer, (bytes: Uint8Array) => Message][];

describe.each(codecs)('%s', (_, schema, encode, decode) => {
  it('is what protobuf-es makes of it (property)', () => {
    fc.assert(
      fc.property(message(schema, 6), (value) => {
        const canonical = toBinary(schema, value);
        expect(equals(schema, decode(canonical), value)).toBe(true);
        expect(equals(schema, fromBinary(schema, encode(value)), value)).toBe(true);
        expect(encode(decode(encode(value))).equals(encode(value))).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  it('throws WireError, and nothing else, for garbage (property)', () => {
    fc.assert(
      fc.property(
        message(schema, 4),
        fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 4 }),
        fc.nat(),
        (value, changes, cut) => {
          const bytes = Buffer.from(toBinary(schema, value));
          for (const [at, byte] of changes) if (bytes.length > 0) bytes[at % bytes.length] = byte;
          try {
            decode(bytes.subarray(0, bytes.length === 0 ? 0 : cut % (bytes.length + 1)));
          } catch (error) {
            expect(error).toBeInstanceOf(WireError);
          }
        },
      ),
    );
  });
});

describe('limits', () => {
  it('messages longer than a byte can say', () => {
    const updates = Array.from({ length: 500 }, (_, index) => ({
      type: 1,
      entity: { entity: { case: 'tableEntry' as const, value: { tableId: index, metadata: new Uint8Array(300) } } },
    }));
    const request = create(WriteRequestSchema, { updates });
    const theirs = Buffer.from(toBinary(WriteRequestSchema, request));
    expect(wire.writeRequestToBytes(request).equals(theirs)).toBe(true);
    expect(wire.writeRequestToBytes(wire.writeRequestFromBytes(theirs)).equals(theirs)).toBe(true);
  });

  it('unknown fields and groups are passed over', () => {
    const known = wire.writeRequestToBytes(create(WriteRequestSchema, { deviceId: 5n }));
    const unknown = Buffer.from('a006018006ff01aa060361626383065d0000803f8406', 'hex');
    expect(wire.writeRequestFromBytes(Buffer.concat([unknown, known])).deviceId).toBe(5n);
  });

  it('endless nesting is refused', () => {
    expect(() => wire.writeRequestFromBytes(Buffer.alloc(5000, 0x0b))).toThrow('nest deeper');
  });
});
