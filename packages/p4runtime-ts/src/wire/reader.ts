/**
 * Protobuf's wire format, read: the few primitives that the generated decoders (`src/gen/wire.ts`) are made of.
 *
 * Everything is checked against the end of the message at hand, so malformed input throws and never reads beyond. Short
 * byte strings are copied, so that keeping one does not keep the whole request in memory; long ones (packets) are
 * views.
 */
import { singleByte } from '../values/bytes.ts';

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Byte strings up to this length are copied. */
const copyLimit = 64;

/** The bytes are not a protobuf message. */
export class WireError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'WireError';
  }
}

/** Walks over a message. */
export class WireReader {
  readonly #buffer: Uint8Array;
  position = 0;
  /** Where the present message ends. */
  end: number;
  #depth = 0;

  constructor(buffer: Uint8Array) {
    // A plain Uint8Array even for a Buffer, so that views of it are plain as well.
    this.#buffer = new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
    this.end = buffer.length;
  }

  get more(): boolean {
    return this.position < this.end;
  }

  #byte(): number {
    if (this.position >= this.end) throw new WireError('The message ends in the middle of a value.');
    return this.#buffer[this.position++]!;
  }

  uint32(): number {
    let byte = this.#byte();
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    for (let shift = 7; shift < 32; shift += 7) {
      byte = this.#byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    // A negative number, or needless bytes: the rest of up to ten is ignored.
    for (let index = 0; index < 5; index++) if (this.#byte() < 0x80) return value >>> 0;
    throw new WireError('A number has more than ten bytes.');
  }

  int32(): number {
    return this.uint32() | 0;
  }

  uint64(): bigint {
    let low = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#byte();
      low |= (byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt(low);
    }
    let value = BigInt(low);
    for (let shift = 28n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new WireError('A number has more than ten bytes.');
  }

  int64(): bigint {
    return BigInt.asIntN(64, this.uint64());
  }

  bool(): boolean {
    return this.uint64() !== 0n;
  }

  #length(): number {
    const length = this.uint32();
    if (length > this.end - this.position) throw new WireError('A field is longer than the message that holds it.');
    return length;
  }

  /** Bytes of a number, not to be written into: most are a single one, and those are shared. */
  value(): Uint8Array {
    const start = this.position;
    if (this.end - start >= 2 && this.#buffer[start] === 1) {
      this.position += 2;
      return singleByte(this.#buffer[start + 1]!);
    }
    return this.bytes();
  }

  bytes(): Uint8Array {
    const length = this.#length();
    const start = this.position;
    this.position += length;
    if (length > copyLimit) return this.#buffer.subarray(start, this.position);
    const copy = new Uint8Array(length);
    for (let index = 0; index < length; index++) copy[index] = this.#buffer[start + index]!;
    return copy;
  }

  string(): string {
    const length = this.#length();
    const start = this.position;
    this.position += length;
    if (length === 0) return '';
    try {
      return decoder.decode(this.#buffer.subarray(start, this.position));
    } catch {
      throw new WireError('A string is not UTF-8.');
    }
  }

  /** Enters a nested message; give the result to `leave`. */
  enter(): number {
    const length = this.#length();
    const outer = this.end;
    this.end = this.position + length;
    if (++this.#depth > 100) throw new WireError('Messages nest deeper than 100 levels.');
    return outer;
  }

  /**
   * Enters the nested message that comes next if it has this tag of one byte and fewer than 2^14 bytes; else stays. Not
   * to be left.
   */
  descend(tag: number): boolean {
    const length = this.#lengthAfter(tag);
    if (length < 0) return false;
    this.end = this.position + length;
    return true;
  }

  /** The unsigned number in the byte string that comes next, if it has this tag of one byte; else `undefined`. */
  unsigned(tag: number): bigint | undefined {
    const length = this.#lengthAfter(tag);
    if (length < 0) return undefined;
    const end = this.position + length;
    let value = 0n;
    for (; this.position < end - 6; this.position++) value = (value << 8n) | BigInt(this.#buffer[this.position]!);
    let low = 0;
    const rest = end - this.position;
    for (; this.position < end; this.position++) low = low * 256 + this.#buffer[this.position]!;
    return value === 0n ? BigInt(low) : (value << BigInt(8 * rest)) | BigInt(low);
  }

  /**
   * Passes over this tag and the length after it, and gives the length; -1 and no step if something else comes, or it
   * ends too early.
   */
  #lengthAfter(tag: number): number {
    const buffer = this.#buffer;
    let at = this.position;
    if (at + 2 > this.end || buffer[at++] !== tag) return -1;
    let length = buffer[at++]!;
    if (length >= 0x80) {
      if (at >= this.end || buffer[at]! >= 0x80) return -1;
      length = (length & 0x7f) | (buffer[at++]! << 7);
    }
    if (length > this.end - at) return -1;
    this.position = at;
    return length;
  }

  leave(outer: number): void {
    this.#depth--;
    this.end = outer;
  }

  /** Passes over a field that is not known. */
  skip(tag: number): void {
    if (tag >>> 3 === 0) throw new WireError('A field has the number 0.');
    switch (tag & 7) {
      case 0:
        this.uint64();
        return;
      case 1:
        this.#advance(8);
        return;
      case 2:
        this.#advance(this.#length());
        return;
      case 3: {
        if (++this.#depth > 100) throw new WireError('Messages nest deeper than 100 levels.');
        for (let inner = this.uint32(); inner !== ((tag & ~7) | 4); inner = this.uint32()) this.skip(inner);
        this.#depth--;
        return;
      }
      case 5:
        this.#advance(4);
        return;
      default:
        throw new WireError(`A field has the wire type ${tag & 7}, which does not exist here.`);
    }
  }

  #advance(count: number): void {
    if (count > this.end - this.position) throw new WireError('A field is longer than the message that holds it.');
    this.position += count;
  }
}
