/**
 * Moves fields between packet bytes and limbs.
 *
 * Everything is decided at compile time: which bytes a field lies in, how they are shifted and masked, and how several
 * fields make up one 32-bit word to be written. `M` are the packet bytes, `D` a DataView on them (big-endian, so a word
 * is one load and a byte swap).
 */
import type { Code } from './code.ts';

/** A field as part of a bit string: where it starts, how wide it is and the limbs that hold it. */
export interface BitPiece {
  readonly offset: number;
  readonly width: number;
  readonly limbs: readonly string[];
}

/** Loads bits of the packet, sharing loads of the same bytes. */
export class BitLoader {
  readonly #code: Code;
  readonly #base: string;
  readonly #loads = new Map<string, string>();

  /** `base` is the variable with the position of bit 0. */
  constructor(code: Code, base: string) {
    this.#code = code;
    this.#base = base;
  }

  /** Limbs of the field of `width` bits at bit `offset`, unused bits 0. */
  field(offset: number, width: number): string[] {
    const limbs: string[] = [];
    for (let done = 0; done < width; done += 32) {
      const part = Math.min(32, width - done);
      limbs.push(this.#bits(offset + width - done - part, part));
    }
    return limbs.length === 0 ? ['0'] : limbs;
  }

  /** At most 32 bits, as a pattern. */
  #bits(offset: number, width: number): string {
    const first = offset >> 3;
    const last = (offset + width - 1) >> 3;
    const shift = 7 - ((offset + width - 1) & 7);
    const bytes = last - first + 1;
    if (bytes === 5) {
      const high = this.#load(first, 4);
      const value = `(${high} << ${8 - shift} | ${this.#load(first + 4, 1)} >>> ${shift})`;
      return width === 32 ? value : `(${value} & ${2 ** width - 1})`;
    }
    const loaded = this.#load(first, bytes);
    const shifted = shift === 0 ? loaded : `(${loaded} >>> ${shift})`;
    return (offset & 7) === 0 && bytes * 8 - shift === width
      ? shifted
      : `(${shifted} & ${width === 32 ? -1 : 2 ** width - 1})`;
  }

  #load(byte: number, count: number): string {
    const key = `${byte}/${count}`;
    const known = this.#loads.get(key);
    if (known !== undefined) return known;
    const at = byte === 0 ? this.#base : `${this.#base} + ${byte}`;
    let text: string;
    switch (count) {
      case 1:
        text = `M[${at}]`;
        break;
      case 2:
        text = `D.getUint16(${at})`;
        break;
      case 3:
        text = `D.getUint16(${at}) << 8 | M[${this.#base} + ${byte + 2}]`;
        break;
      default:
        text = `D.getInt32(${at})`;
    }
    const name = this.#code.bind(text, 'w');
    this.#loads.set(key, name);
    return name;
  }
}

/** Bits [low, low + width) of a number in limbs, as a pattern whose higher bits may be set. */
function slice(limbs: readonly string[], low: number, width: number): string {
  const limb = low >> 5;
  const shift = low & 31;
  const first = limbs[limb] ?? '0';
  if (shift === 0) return first;
  if (shift + width <= 32) return `(${first} >>> ${shift})`;
  return `(${first} >>> ${shift} | ${limbs[limb + 1] ?? '0'} << ${32 - shift})`;
}

/** The `width` (at most 32) bits at `start` of a bit string made of pieces, as a pattern. Gaps are 0. */
export function assemble(pieces: readonly BitPiece[], start: number, width: number): string {
  const parts: string[] = [];
  for (const piece of pieces) {
    const from = Math.max(start, piece.offset);
    const to = Math.min(start + width, piece.offset + piece.width);
    if (from >= to) continue;
    const bits = to - from;
    let part = slice(piece.limbs, piece.offset + piece.width - to, bits);
    const up = start + width - to;
    if (/^\d+$/.test(part)) part = String(bits === 32 ? Number(part) : Number(part) & (2 ** bits - 1));
    else if (!(width === 32 && from === start)) part = `(${part} & ${bits === 32 ? -1 : 2 ** bits - 1})`;
    parts.push(up === 0 ? part : `${part} << ${up}`);
  }
  return parts.length === 0 ? '0' : `(${parts.join(' | ')})`;
}

/** Writes a bit string of whole bytes to `M` (or another byte array with its view) at the position in `base`. */
export function emitStore(
  code: Code,
  base: string,
  pieces: readonly BitPiece[],
  bits: number,
  bytes = 'M',
  view = 'D',
): void {
  let byte = 0;
  const total = bits >> 3;
  while (byte < total) {
    const at = byte === 0 ? base : `${base} + ${byte}`;
    if (total - byte >= 4) {
      code.line(`${view}.setInt32(${at}, ${assemble(pieces, byte * 8, 32)});`);
      byte += 4;
    } else if (total - byte >= 2) {
      code.line(`${view}.setInt16(${at}, ${assemble(pieces, byte * 8, 16)});`);
      byte += 2;
    } else {
      code.line(`${bytes}[${at}] = ${assemble(pieces, byte * 8, 8)};`);
      byte += 1;
    }
  }
}
