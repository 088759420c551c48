/**
 * The forms a value can have in generated code, and conversions between them.
 *
 * - `number`: a JavaScript number, exact because its interval lies within +-2^53;
 * - `limbs`: a non-negative integer as 32-bit patterns (signed, low limb first), for wide fields that are mostly
 *   copied, masked and compared;
 * - `big`: a bigint, the slow form for what is left (wide products, wide signed numbers).
 */
import type { Code } from './code.ts';
import { bitLength, type Range } from './ranges.ts';

export type Value =
  | { readonly kind: 'number'; readonly code: string; readonly range: Range }
  | { readonly kind: 'limbs'; readonly limbs: readonly string[]; readonly bits: number }
  | { readonly kind: 'big'; readonly code: string };

export const SAFE = 1n << 53n;

/**
 * A range that passed a check. (The extra property keeps the compiler from concluding anything from a failed check.)
 */
type Checked = Range & { readonly checked: true };

export function isSafe(range: Range | undefined): range is Checked {
  return range !== undefined && range.low >= -SAFE && range.high <= SAFE;
}

export function isUint32(range: Range | undefined): range is Checked {
  return range !== undefined && range.low >= 0n && range.high < 1n << 32n;
}

/** Bits needed for every value of a non-negative range. */
export function bitsOf(range: Range): number {
  return Math.max(bitLength(range.high), 1);
}

/** The 32-bit patterns of a constant, modulo 2^bits. */
export function constantLimbs(value: bigint, bits: number): string[] {
  const limbs: string[] = [];
  for (let i = 0; i < Math.max(1, Math.ceil(bits / 32)); i++)
    limbs.push(String(BigInt.asIntN(32, value >> BigInt(32 * i))));
  return limbs;
}

/** A numeric literal that can stand anywhere in an expression. */
export function literal(value: bigint): string {
  return value < 0n ? `(${value})` : String(value);
}

/** The value as a JavaScript number; its interval must be safe. */
export function asNumber(value: Value): string {
  switch (value.kind) {
    case 'number':
      return value.code;
    case 'limbs':
      if (value.limbs.length === 1) return `(${value.limbs[0]} >>> 0)`;
      return `((${value.limbs[1]} >>> 0) * 4294967296 + (${value.limbs[0]} >>> 0))`;
    case 'big':
      return `Number(${value.code})`;
  }
}

/** The value as a bigint. */
export function asBig(value: Value): string {
  switch (value.kind) {
    case 'number':
      return /^\(?-?\d+\)?$/.test(value.code)
        ? `${value.code.replace(/[()]/g, '')}n`.replace(/^-(.*)$/, '(-$1)')
        : `BigInt(${value.code})`;
    case 'limbs':
      if (value.limbs.length === 1) return `BigInt(${value.limbs[0]} >>> 0)`;
      if (value.limbs.length === 2) return `big2(${value.limbs[0]}, ${value.limbs[1]})`;
      return `bigN([${value.limbs.join(', ')}])`;
    case 'big':
      return value.code;
  }
}

/** The value's low `bits` bits as patterns; bits of the top limb beyond them are whatever they are. */
export function asLimbs(value: Value, bits: number, code: Code): string[] {
  const count = Math.max(1, Math.ceil(bits / 32));
  switch (value.kind) {
    case 'number': {
      if (value.range.low === value.range.high) return constantLimbs(value.range.low, bits);
      const int32 = value.range.low >= -(1n << 31n) && value.range.high < 1n << 31n;
      if (count === 1) return [int32 ? value.code : `(${value.code} | 0)`];
      const name = code.bind(value.code);
      const limbs = [int32 ? name : `(${name} | 0)`];
      const sign = value.range.low < 0n ? `(${name} < 0 ? -1 : 0)` : '0';
      if (value.range.high < 1n << 32n && value.range.low >= -(1n << 32n)) limbs.push(sign);
      else limbs.push(`(Math.floor(${name} / 4294967296) | 0)`);
      while (limbs.length < count) limbs.push(sign);
      return limbs.slice(0, count);
    }
    case 'limbs': {
      const limbs = value.limbs.slice(0, count);
      while (limbs.length < count) limbs.push('0');
      return limbs;
    }
    case 'big': {
      const name = code.bind(value.code, 'g');
      return Array.from({ length: count }, (_, i) => `bigLimb(${name}, ${i})`);
    }
  }
}
