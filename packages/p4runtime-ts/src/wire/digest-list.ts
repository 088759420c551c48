/**
 * A digest list whose samples are made into messages, and out of them, one by one, when they are asked for.
 *
 * A list of some hundred samples would be ten thousand small objects that all live until its last sample was dealt
 * with, and so outlive a collection of young garbage. Sample by sample they die young; and the usual one, a struct of
 * plain numbers, is read from its bytes without any (`numbersOf`).
 */
import type { P4Data } from '../gen/p4/v1/p4data_pb.ts';
import type { DigestList, StreamMessageResponse } from '../gen/p4/v1/p4runtime_pb.ts';
import { readP4Data, streamMessageResponseFromBytes, streamMessageResponseToBytes } from '../gen/wire.ts';
import type { DataType } from '../schema/types.ts';
import { WireReader } from './reader.ts';

/** Samples in order; an array is one, too. */
export interface SampleList extends Iterable<P4Data> {
  readonly length: number;
  /** @throws WireError when it cannot be decoded */
  at(index: number): P4Data | undefined;
}

/** A DigestList whose samples may not be there as messages yet. */
export type SampledList = Omit<DigestList, 'data'> & { readonly data: SampleList };

/** A StreamMessageResponse in which the samples of a digest list may not be there as messages yet. */
export type StreamResponse = Omit<StreamMessageResponse, 'update'> & {
  readonly update:
    | Exclude<StreamMessageResponse['update'], { case: 'digest' }>
    | { readonly case: 'digest'; readonly value: SampledList };
};

/** Tags of the fields on the way to a sample: field number and wire type (2: with a length). */
const TAG = {
  digest: (3 << 3) | 2,
  digestId: 1 << 3,
  listId: 2 << 3,
  data: (3 << 3) | 2,
  timestamp: 4 << 3,
  struct: (5 << 3) | 2,
  member: (1 << 3) | 2,
  bitstring: (1 << 3) | 2,
} as const;

/** Samples as they came: sample `n` lies in the message from `places[2 * n]` to `places[2 * n + 1]`. */
export class EncodedSamples implements SampleList {
  readonly #bytes: Uint8Array;
  readonly #places: readonly number[];
  readonly #reader: WireReader;

  constructor(bytes: Uint8Array, places: readonly number[]) {
    this.#bytes = bytes;
    this.#places = places;
    this.#reader = new WireReader(bytes);
  }

  get length(): number {
    return this.#places.length / 2;
  }

  *[Symbol.iterator](): Iterator<P4Data> {
    for (let index = 0; index < this.length; index++) yield this.at(index)!;
  }

  at(index: number): P4Data | undefined {
    // With a reader of its own: a malformed sample may leave it anywhere.
    const reader = this.#enter(new WireReader(this.#bytes), index);
    return reader === undefined ? undefined : readP4Data(reader);
  }

  /**
   * A struct whose members are all unsigned numbers, by name; `undefined` for all else, which `at` decodes or refuses.
   */
  numbersOf(index: number, type: DataType): Record<string, bigint> | undefined {
    if (type.kind !== 'struct') return undefined;
    const reader = this.#enter(this.#reader, index);
    if (reader === undefined || !reader.descend(TAG.struct) || reader.end !== this.#places[2 * index + 1])
      return undefined;
    const end = reader.end;
    const result: Record<string, bigint> = {};
    for (const member of type.members) {
      if (member.type.kind !== 'bits' || member.type.signed || !reader.descend(TAG.member)) return undefined;
      const value = reader.unsigned(TAG.bitstring);
      if (value === undefined || reader.more) return undefined;
      result[member.name] = value;
      reader.end = end;
    }
    return reader.more ? undefined : result;
  }

  #enter(reader: WireReader, index: number): WireReader | undefined {
    const start = this.#places[2 * index];
    if (start === undefined) return undefined;
    reader.position = start;
    reader.end = this.#places[2 * index + 1]!;
    return reader;
  }
}

/**
 * A StreamMessageResponse from its bytes, which a digest list keeps.
 *
 * @throws WireError when it is malformed, the samples' insides apart
 */
export function streamResponseFromBytes(bytes: Uint8Array): StreamResponse {
  const reader = new WireReader(bytes);
  if (!reader.more || reader.uint32() !== TAG.digest) return streamMessageResponseFromBytes(bytes);
  reader.enter();
  if (reader.end !== bytes.length) return streamMessageResponseFromBytes(bytes);
  let digestId = 0;
  let listId = 0n;
  let timestamp = 0n;
  const places: number[] = [];
  while (reader.more) {
    const tag = reader.uint32();
    switch (tag) {
      case TAG.digestId:
        digestId = reader.uint32();
        break;
      case TAG.listId:
        listId = reader.uint64();
        break;
      case TAG.timestamp:
        timestamp = reader.int64();
        break;
      case TAG.data: {
        const outer = reader.enter();
        places.push(reader.position, reader.end);
        reader.position = reader.end;
        reader.leave(outer);
        break;
      }
      default:
        reader.skip(tag);
    }
  }
  const value = {
    $typeName: 'p4.v1.DigestList',
    digestId,
    listId,
    data: new EncodedSamples(bytes, places),
    timestamp,
  } as const;
  return { $typeName: 'p4.v1.StreamMessageResponse', update: { case: 'digest', value } };
}

/**
 * The same with all samples decoded.
 *
 * @throws WireError when one is malformed
 */
export function wholeResponse({ $typeName, update }: StreamResponse): StreamMessageResponse {
  if (update.case !== 'digest') return { $typeName, update };
  return { $typeName, update: { case: 'digest', value: { ...update.value, data: [...update.value.data] } } };
}

/** Bytes of a StreamMessageResponse; samples are made into messages one by one. */
export function streamResponseToBytes(response: StreamResponse): Buffer {
  // The encoder does no more with a list than go over it.
  return streamMessageResponseToBytes(response as StreamMessageResponse);
}
