/** Updates of a Write that are decoded when their turn comes: the same ones, and a damaged one spoils no other. */
import { create } from '@bufbuild/protobuf';
import { expect, it } from 'vitest';
import { writeRequestFromBytes, writeRequestToBytes } from '../src/gen/wire.ts';
import { Update_Type, WriteRequestSchema } from '../src/proto.ts';
import { WireError } from '../src/wire/reader.ts';
import { writeCallFromBytes } from '../src/wire/write-request.ts';

const request = create(WriteRequestSchema, {
  deviceId: 7n,
  role: 'r',
  electionId: { high: 1n, low: 2n },
  atomicity: 1,
  updates: [1, 2, 3].map((tableId) => ({
    type: Update_Type.INSERT,
    entity: { entity: { case: 'tableEntry' as const, value: { tableId, metadata: new Uint8Array(5).fill(0xee) } } },
  })),
});
const encoded = () => Uint8Array.from(writeRequestToBytes(request));

it('the same as decoded at once, in any order', () => {
  const { updates, ...rest } = writeRequestFromBytes(encoded());
  const { updates: later, ...call } = writeCallFromBytes(encoded());
  expect(call).toEqual(rest);
  expect(later.length).toBe(3);
  expect([2, 0, 1, 2].map((index) => later.at(index))).toEqual([updates[2], updates[0], updates[1], updates[2]]);
  expect(later.at(3)).toBeUndefined();
});

it('a damaged update is refused by itself', () => {
  const bytes = encoded();
  // The length of the second entry's metadata.
  const at = bytes.indexOf(0xee, bytes.indexOf(0xee) + 8) - 1;
  bytes[at] = 0x7f;
  const { updates } = writeCallFromBytes(bytes);
  expect(() => updates.at(1)).toThrow('INVALID_ARGUMENT: The update cannot be decoded.');
  expect([updates.at(0), updates.at(2)]).toEqual([request.updates[0], request.updates[2]]);
});

it('a request that is cut off is refused as a whole', () => {
  expect(() => writeCallFromBytes(encoded().subarray(0, -4))).toThrow(WireError);
});
