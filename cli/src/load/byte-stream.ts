/**
 * The byte streams that the load's two ends send and check. Each connection has two streams (one each way), and any
 * byte of either can be told from the connection's key and its position alone, so that either end verifies every byte
 * without a copy of what was sent. The bytes come from one fixed pseudo-random pad whose length is prime; a stream
 * starts at an offset mixed from its key. Checking is then one memory comparison per chunk, cheap enough for thousands
 * of connections in one process, and data of another connection, doubled, missing or shifted bytes all show as
 * mismatches.
 */
import { seededRandom } from './random.ts';

/** Prime, so that no record size repeats the pad in step. */
const PAD_LENGTH = 65_521;

const pad = (() => {
  const random = seededRandom(0x4d4f4f52);
  const bytes = Buffer.alloc(PAD_LENGTH * 2);
  for (let index = 0; index < PAD_LENGTH; index++) bytes[index] = Math.floor(random() * 256);
  bytes.copy(bytes, PAD_LENGTH, 0, PAD_LENGTH);
  return bytes;
})();

/** Which way a stream runs. */
export type StreamDirection = 'client-to-server' | 'server-to-client';

/** A position in one direction's stream of one connection. */
export class ByteStream {
  private offset: number;

  /** @param connectionKey 32-bit number that both ends know */
  constructor(connectionKey: number, direction: StreamDirection) {
    let mixed = (connectionKey ^ (direction === 'client-to-server' ? 0x9e3779b9 : 0x7f4a7c15)) >>> 0;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x45d9f3b) >>> 0;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x45d9f3b) >>> 0;
    this.offset = ((mixed ^ (mixed >>> 16)) >>> 0) % PAD_LENGTH;
  }

  /** The next `length` bytes (at most 65,521) to send. The buffer is shared: do not write into it. */
  next(length: number): Buffer {
    if (length > PAD_LENGTH) throw new RangeError(`a chunk has at most ${PAD_LENGTH} bytes, not ${length}`);
    const chunk = pad.subarray(this.offset, this.offset + length);
    this.offset = (this.offset + length) % PAD_LENGTH;
    return chunk;
  }

  /** Checks a received chunk against the stream's next bytes; returns how many bytes differ. */
  mismatches(chunk: Buffer): number {
    let different = 0;
    for (let start = 0; start < chunk.length; start += PAD_LENGTH) {
      const part = chunk.subarray(start, start + PAD_LENGTH);
      const expected = this.next(part.length);
      if (part.compare(expected) === 0) continue;
      for (let index = 0; index < part.length; index++) if (part[index] !== expected[index]) different++;
    }
    return different;
  }
}
