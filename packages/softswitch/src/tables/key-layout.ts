/**
 * How the fields of a table key are packed into 32-bit words.
 *
 * Comparing and hashing cost per word, so narrow fields share words: a key of address, protocol and port is two words,
 * not three. The generated lookup code and the control side pack by the same plan.
 */

/** A piece of a field: `width` bits of its limb `limb`, at `shift` in word `word`. */
export interface KeyPiece {
  readonly limb: number;
  readonly width: number;
  readonly word: number;
  readonly shift: number;
}

export interface KeyLayout {
  readonly words: number;
  /** Width of each field in bits. */
  readonly bitwidths: readonly number[];
  /** Pieces of each field, low limb first. */
  readonly fields: readonly (readonly KeyPiece[])[];
}

/** Plans a key; a field without bits takes no room. */
export function makeKeyLayout(bitwidths: readonly number[]): KeyLayout {
  const free: number[] = [];
  const fields = bitwidths.map((bitwidth) => {
    const pieces: KeyPiece[] = [];
    for (let limb = 0; 32 * limb < bitwidth; limb++) {
      const width = Math.min(32, bitwidth - 32 * limb);
      let word = free.findIndex((room) => room >= width);
      if (word < 0) word = free.push(32) - 1;
      pieces.push({ limb, width, word, shift: 32 - free[word]! });
      free[word]! -= width;
    }
    return pieces;
  });
  return { words: free.length, bitwidths, fields };
}

/** Packs one value per field into words. Values must fit their fields. */
export function packKey(layout: KeyLayout, values: readonly bigint[], target: Int32Array, offset = 0): void {
  target.fill(0, offset, offset + layout.words);
  const { fields } = layout;
  for (let field = 0; field < fields.length; field++) {
    const pieces = fields[field]!;
    const value = values[field]!;
    if (pieces.length === 1) {
      // Most fields are one limb; numbers are much faster than bigints.
      target[offset + pieces[0]!.word]! |= Number(value) << pieces[0]!.shift;
      continue;
    }
    for (const piece of pieces) {
      const limb = Number(BigInt.asUintN(piece.width, value >> BigInt(32 * piece.limb)));
      target[offset + piece.word]! |= limb << piece.shift;
    }
  }
}

/** The value of one field in packed words. */
export function unpackField(layout: KeyLayout, field: number, words: Int32Array, offset = 0): bigint {
  let value = 0n;
  for (const piece of layout.fields[field]!) {
    const mask = piece.width === 32 ? 0xffffffff : 2 ** piece.width - 1;
    value |= BigInt(((words[offset + piece.word]! >>> piece.shift) & mask) >>> 0) << BigInt(32 * piece.limb);
  }
  return value;
}

/** Hash of packed words. The generated lookups contain the same computation. */
export function hashWords(words: Int32Array, offset: number, count: number): number {
  let hash = HASH_SEED;
  for (let i = 0; i < count; i++) {
    hash = Math.imul(hash ^ words[offset + i]!, HASH_FACTOR);
    hash ^= hash >>> 15;
  }
  return hash;
}

export const HASH_SEED = 0x3c6ef372;
export const HASH_FACTOR = 0x9e3779b1 | 0;

/** Code of the hash of words held in variables. */
export function hashCode(words: readonly string[]): string[] {
  const lines = [`let h = ${HASH_SEED};`];
  for (const word of words) lines.push(`h = Math.imul(h ^ ${word}, ${HASH_FACTOR}); h ^= h >>> 15;`);
  return lines;
}
