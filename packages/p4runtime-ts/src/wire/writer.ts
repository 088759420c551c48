/**
 * Protobuf's wire format, written: the few primitives that the generated encoders (`src/gen/wire.ts`) are made of.
 *
 * One growing buffer, reused from message to message; the result is copied out at its exact size. A nested message
 * reserves one byte for its length, which is enough for nearly all; longer ones are moved up afterwards.
 */
const encoder = new TextEncoder();

/** Appends wire format to a buffer. */
export class WireWriter {
  #buffer = Buffer.allocUnsafe(64 * 1024);
  #position = 0;

  /** Starts over. */
  reset(): void {
    this.#position = 0;
    // A huge message must not keep its memory for ever.
    if (this.#buffer.length > 4 * 1024 * 1024) this.#buffer = Buffer.allocUnsafe(64 * 1024);
  }

  /** A copy of what was written. */
  result(): Buffer {
    return Buffer.from(this.#buffer.subarray(0, this.#position));
  }

  #reserve(count: number): void {
    if (this.#position + count <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#position + count));
    this.#buffer.copy(grown, 0, 0, this.#position);
    this.#buffer = grown;
  }

  /** A field's tag: its number and wire type in one or two bytes. */
  tag(tag: number): void {
    this.uint32(tag);
  }

  uint32(value: number): void {
    this.#reserve(5);
    let rest = value >>> 0;
    while (rest > 0x7f) {
      this.#buffer[this.#position++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#buffer[this.#position++] = rest;
  }

  /** Negative numbers take ten bytes, as in every protobuf. */
  int32(value: number): void {
    if (value >= 0) this.uint32(value);
    else this.uint64(BigInt.asUintN(64, BigInt(value)));
  }

  uint64(value: bigint): void {
    if (value <= 0xffff_ffffn) {
      this.uint32(Number(value));
      return;
    }
    this.#reserve(10);
    let rest = value;
    while (rest > 0x7fn) {
      this.#buffer[this.#position++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#buffer[this.#position++] = Number(rest);
  }

  int64(value: bigint): void {
    this.uint64(value < 0n ? BigInt.asUintN(64, value) : value);
  }

  bool(value: boolean): void {
    this.uint32(value ? 1 : 0);
  }

  bytes(value: Uint8Array): void {
    this.uint32(value.length);
    this.#reserve(value.length);
    if (value.length <= 16)
      for (let index = 0; index < value.length; index++) this.#buffer[this.#position + index] = value[index]!;
    else this.#buffer.set(value, this.#position);
    this.#position += value.length;
  }

  string(value: string): void {
    this.bytes(encoder.encode(value));
  }

  /** Begins a nested message; give the result to `end`. */
  begin(): number {
    this.#reserve(1);
    return this.#position++;
  }

  /** Ends a nested message. */
  end(start: number): void {
    const length = this.#position - start - 1;
    if (length < 0x80) {
      this.#buffer[start] = length;
      return;
    }
    let size = 1;
    for (let rest = length >>> 7; rest > 0; rest >>>= 7) size++;
    this.#reserve(size - 1);
    this.#buffer.copyWithin(start + size, start + 1, this.#position);
    this.#position = start;
    this.uint32(length);
    this.#position = start + size + length;
  }
}
