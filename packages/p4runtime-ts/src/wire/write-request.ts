/**
 * A WriteRequest whose updates are decoded one by one, when they are asked for.
 *
 * A batch of a thousand entries would be some forty thousand small objects, most of which would outlive a collection of
 * young garbage just because the batch is so long. Decoded singly they die young, which about halves what a Write
 * costs; and table entries in the usual shape are taken from their bytes (`encoded`) without being decoded at all
 * (`server/write/encoded-entries.ts`). Where the updates lie is found beforehand, so a request that is cut off is
 * refused as a whole; an update that is malformed inside is refused by itself.
 */
import type { Update, WriteRequest } from '../gen/p4/v1/p4runtime_pb.ts';
import { readUpdate, writeRequestFromBytes } from '../gen/wire.ts';
import { Code, RpcError } from '../transport/rpc-error.ts';
import { WireError, WireReader } from './reader.ts';

/** Updates in order; an array is one, too. */
export interface UpdateList {
  readonly length: number;
  /** @throws RpcError INVALID_ARGUMENT when it cannot be decoded */
  at(index: number): Update | undefined;
  /** The updates as bytes, where they came so. */
  readonly encoded?: EncodedList;
}

/** Encoded updates: update `n` lies in `bytes` from `places[2 * n]` to `places[2 * n + 1]`. */
export interface EncodedList {
  readonly bytes: Uint8Array;
  readonly places: readonly number[];
}

/** A WriteRequest in which the updates may not be decoded yet. */
export type WriteCall = Omit<WriteRequest, 'updates'> & { readonly updates: UpdateList };

/** Tag of `WriteRequest.updates`: field 4, with a length. */
const updatesTag = (4 << 3) | 2;

class EncodedUpdates implements UpdateList {
  readonly encoded: EncodedList;
  #reader: WireReader;

  constructor(encoded: EncodedList) {
    this.encoded = encoded;
    this.#reader = new WireReader(encoded.bytes);
  }

  get length(): number {
    return this.encoded.places.length / 2;
  }

  at(index: number): Update | undefined {
    const { bytes, places } = this.encoded;
    const start = places[2 * index];
    if (start === undefined) return undefined;
    this.#reader.position = start;
    this.#reader.end = places[2 * index + 1]!;
    try {
      return readUpdate(this.#reader);
    } catch (error) {
      this.#reader = new WireReader(bytes);
      if (!(error instanceof WireError)) throw error;
      throw new RpcError(Code.INVALID_ARGUMENT, `The update cannot be decoded. ${error.message}`);
    }
  }
}

/**
 * A WriteRequest from its bytes, which it keeps.
 *
 * @throws WireError when it is malformed, the updates' insides apart
 */
export function writeCallFromBytes(bytes: Uint8Array): WriteCall {
  const reader = new WireReader(bytes);
  const places: number[] = [];
  const rest: Uint8Array[] = [];
  while (reader.more) {
    const from = reader.position;
    const tag = reader.uint32();
    if (tag === updatesTag) {
      const outer = reader.enter();
      places.push(reader.position, reader.end);
      reader.position = reader.end;
      reader.leave(outer);
    } else {
      reader.skip(tag);
      rest.push(bytes.subarray(from, reader.position));
    }
  }
  return { ...writeRequestFromBytes(Buffer.concat(rest)), updates: new EncodedUpdates({ bytes, places }) };
}
