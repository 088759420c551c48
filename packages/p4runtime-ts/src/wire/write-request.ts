/**
 * A WriteRequest whose updates are decoded one by one, when they are asked for.
 *
 * A batch of a thousand entries would be some forty thousand small objects, most of which would outlive a collection of young garbage just
 * because the batch is so long. Decoded singly they die young, which about halves what a Write costs. Where the updates lie is found
 * beforehand, so a request that is cut off is refused as a whole; an update that is malformed inside is refused by itself.
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
}

/** A WriteRequest in which the updates may not be decoded yet. */
export type WriteCall = Omit<WriteRequest, 'updates'> & { readonly updates: UpdateList };

/** Tag of `WriteRequest.updates`: field 4, with a length. */
const updatesTag = (4 << 3) | 2;

class EncodedUpdates implements UpdateList {
  readonly #bytes: Uint8Array;
  /** Start and end of each. */
  readonly #places: readonly number[];
  #reader: WireReader;

  constructor(bytes: Uint8Array, places: readonly number[]) {
    this.#bytes = bytes;
    this.#places = places;
    this.#reader = new WireReader(bytes);
  }

  get length(): number {
    return this.#places.length / 2;
  }

  at(index: number): Update | undefined {
    const start = this.#places[2 * index];
    if (start === undefined) return undefined;
    this.#reader.position = start;
    this.#reader.end = this.#places[2 * index + 1]!;
    try {
      return readUpdate(this.#reader);
    } catch (error) {
      this.#reader = new WireReader(this.#bytes);
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
  return { ...writeRequestFromBytes(Buffer.concat(rest)), updates: new EncodedUpdates(bytes, places) };
}
