/**
 * Samples that are decoded when their turn comes: the same ones as decoded at once, and a damaged one spoils no other.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeData, encodeData } from '../src/codec/data.ts';
import { streamMessageResponseFromBytes } from '../src/gen/wire.ts';
import type { P4Data } from '../src/proto.ts';
import type { DataType } from '../src/schema/types.ts';
import {
  EncodedSamples,
  type StreamResponse,
  streamResponseFromBytes,
  streamResponseToBytes,
  wholeResponse,
} from '../src/wire/digest-list.ts';
import { WireError } from '../src/wire/reader.ts';

function listOf(data: readonly P4Data[], timestamp = 5n): StreamResponse {
  const value = { $typeName: 'p4.v1.DigestList' as const, digestId: 7, listId: 1n << 40n, data, timestamp };
  return { $typeName: 'p4.v1.StreamMessageResponse', update: { case: 'digest', value } };
}

function samplesOf(response: StreamResponse): EncodedSamples {
  const { update } = response;
  if (update.case !== 'digest' || !(update.value.data instanceof EncodedSamples)) throw new Error('no encoded samples');
  return update.value.data;
}

/** A struct and values for it. @param kinds of its members */
function structs(...kinds: ('unsigned' | 'signed' | 'bool')[]) {
  const member = fc.record({ kind: fc.constantFrom(...kinds), bitwidth: fc.integer({ min: 1, max: 200 }) });
  return fc.array(member, { minLength: 1, maxLength: 12 }).chain((members) => {
    const type: DataType = {
      kind: 'struct',
      name: 's',
      members: members.map(({ kind, bitwidth }, index) => ({
        name: `m${index}`,
        type: kind === 'bool' ? { kind } : { kind: 'bits', bitwidth, signed: kind === 'signed' },
      })),
    };
    const value = (index: number) => {
      const { kind, bitwidth } = members[index]!;
      const bits = BigInt(bitwidth);
      if (kind === 'bool') return fc.boolean();
      if (kind === 'unsigned') return fc.bigInt({ min: 0n, max: (1n << bits) - 1n });
      return fc.bigInt({ min: -(1n << (bits - 1n)), max: (1n << (bits - 1n)) - 1n });
    };
    const sample = fc.tuple(...members.map((_, index) => value(index)));
    const named = sample.map((values) => Object.fromEntries(values.map((each, index) => [`m${index}`, each])));
    return fc.record({ type: fc.constant(type), samples: fc.array(named, { minLength: 1, maxLength: 5 }) });
  });
}

it('numbers come straight from the bytes (property)', () => {
  fc.assert(
    fc.property(structs('unsigned'), ({ type, samples }) => {
      const list = samplesOf(
        streamResponseFromBytes(streamResponseToBytes(listOf(samples.map((each) => encodeData(type, each))))),
      );
      expect(samples.map((_, index) => list.numbersOf(index, type))).toEqual(samples);
    }),
  );
});

it('what is no struct of unsigned numbers is left to the general decoder, which finds it untouched (property)', () => {
  fc.assert(
    fc.property(structs('unsigned', 'signed', 'bool'), ({ type, samples }) => {
      const list = samplesOf(
        streamResponseFromBytes(streamResponseToBytes(listOf(samples.map((each) => encodeData(type, each))))),
      );
      const read = samples.map((_, index) => list.numbersOf(index, type) ?? decodeData(type, list.at(index)!));
      expect(read).toEqual(samples);
      if (type.kind !== 'struct') return;
      const unlike = {
        ...type,
        members: [...type.members, { name: 'more', type: { kind: 'bits', bitwidth: 8, signed: false } }],
      } as const;
      expect(list.numbersOf(0, unlike)).toBeUndefined();
      expect(list.numbersOf(0, { ...type, members: type.members.slice(1) })).toBeUndefined();
    }),
  );
});

it('any bytes are the same number, or the same mistake, as decoded at once (property)', () => {
  const type: DataType = {
    kind: 'struct',
    name: 's',
    members: ['a', 'b'].map((name) => ({ name, type: { kind: 'bits', bitwidth: 64, signed: false } })),
  };
  const bytes = streamResponseToBytes(
    listOf([encodeData(type, { a: 1n << 60n, b: 3n }), encodeData(type, { a: 0n, b: 300n })]),
  );
  const read = (decode: () => StreamResponse): unknown => {
    try {
      const { update } = decode();
      if (update.case !== 'digest') return wholeResponse({ $typeName: 'p4.v1.StreamMessageResponse', update });
      const { data, ...rest } = update.value;
      const values = Array.from({ length: data.length }, (_, index) => {
        const numbers = data instanceof EncodedSamples ? data.numbersOf(index, type) : undefined;
        return numbers ?? decodeData(type, data.at(index)!);
      });
      return { ...rest, values };
    } catch (error) {
      if (error instanceof WireError) return 'malformed';
      throw error;
    }
  };
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 255 })), { maxLength: 3 }),
      (changes) => {
        const changed = Uint8Array.from(bytes);
        for (const [at, byte] of changes) changed[at] = byte;
        expect(read(() => streamResponseFromBytes(changed))).toEqual(
          read(() => streamMessageResponseFromBytes(changed)),
        );
      },
    ),
    { numRuns: 2000 },
  );
});

it('a damaged sample is refused by itself', () => {
  const type: DataType = { kind: 'bits', bitwidth: 64, signed: false };
  const bytes = streamResponseToBytes(listOf([1n, 0xeeee_eeeen, 3n].map((value) => encodeData(type, value))));
  bytes[bytes.indexOf(0xee) - 1] = 0x7f;
  const samples = samplesOf(streamResponseFromBytes(bytes));
  expect(() => samples.at(1)).toThrow(WireError);
  expect([samples.at(0), samples.at(2)]).toEqual([encodeData(type, 1n), encodeData(type, 3n)]);
  expect([samples.at(3), samples.numbersOf(3, { kind: 'struct', name: 's', members: [] })]).toEqual([
    undefined,
    undefined,
  ]);
});
