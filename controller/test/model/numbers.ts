/**
 * Very many numbers of 32 bits in a row, four bytes each. They lie in chunks, so that to add one never copies the
 * others.
 */

const CHUNK_BITS = 16;
const CHUNK = 1 << CHUNK_BITS;

/** A row of unsigned numbers of 32 bits that grows at its end. */
export class Numbers {
  private readonly chunks: Uint32Array[] = [];
  length = 0;

  push(value: number): void {
    const index = this.length++;
    let chunk = this.chunks[index >>> CHUNK_BITS];
    if (chunk === undefined) this.chunks.push((chunk = new Uint32Array(CHUNK)));
    chunk[index & (CHUNK - 1)] = value;
  }

  /** @param index below the length */
  at(index: number): number {
    return this.chunks[index >>> CHUNK_BITS]![index & (CHUNK - 1)]!;
  }
}
