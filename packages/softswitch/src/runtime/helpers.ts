/**
 * Helper functions of generated code: what is too rare or too bulky to generate inline. They close over the state of
 * one switch.
 */
import { SLOT } from '../compile/layout.ts';

const MASK64 = (1n << 64n) - 1n;

/** Thrown by `assert` and `assume`; the packet is dropped. */
export class AssertionFailed extends Error {}

/** Thrown when an action loops too long; the packet is dropped. */
export class LoopLimit extends Error {}

/** Helpers on plain values. */
export const valueHelpers = {
  big2: (low: number, high: number): bigint => (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0),
  bigN: (limbs: readonly number[]): bigint => {
    let value = 0n;
    for (let i = limbs.length - 1; i >= 0; i--) value = (value << 32n) | BigInt(limbs[i]! >>> 0);
    return value;
  },
  bigLimb: (value: bigint, limb: number): number => Number(BigInt.asIntN(32, value >> BigInt(32 * limb))),
  bigDivide: (a: bigint, b: bigint): bigint => (b === 0n ? 0n : a / b),
  bigRemainder: (a: bigint, b: bigint): bigint => (b === 0n ? 0n : a % b),
  bigClamp: (value: bigint, low: bigint, high: bigint): bigint => (value < low ? low : value > high ? high : value),
  bigShiftLeft: (value: bigint, by: bigint): bigint => (by < 0n || by > 65536n ? 0n : value << by),
  toBig: (value: number | bigint): bigint => (typeof value === 'bigint' ? value : BigInt(value)),
  /** `base + hash % size` in 64-bit arithmetic; size 0 counts as 1. */
  hashOffset: (hash: bigint, base: bigint, size: bigint): bigint => ((hash % (size & MASK64 || 1n)) + base) & MASK64,
};

/** Helpers on the packet state. `F` and `FB` are the same memory; places are indices of `F`. */
export function stateHelpers(F: Int32Array, FB: Uint8Array, M: Uint8Array, B: Uint8Array) {
  return {
    variableValue(place: number, lengthPlace: number): bigint {
      let value = 0n;
      const bytes = F[lengthPlace]! >> 3;
      for (let i = 0; i < bytes; i++) value = (value << 8n) | BigInt(FB[place * 4 + i]!);
      return value;
    },
    sameVariable(a: number, aLength: number, b: number, bLength: number): boolean {
      if (F[aLength] !== F[bLength]) return false;
      const bytes = F[aLength]! >> 3;
      for (let i = 0; i < bytes; i++) if (FB[a * 4 + i] !== FB[b * 4 + i]) return false;
      return true;
    },
    copyVariable(target: number, targetLength: number, source: number, sourceLength: number): void {
      F[targetLength] = F[sourceLength]!;
      FB.copyWithin(target * 4, source * 4, source * 4 + (F[sourceLength]! >> 3));
    },
    loadVariable(place: number, position: number, bytes: number): void {
      for (let i = 0; i < bytes; i++) FB[place * 4 + i] = M[position + i]!;
    },
    storeVariable(place: number, position: number, bytes: number): void {
      for (let i = 0; i < bytes; i++) M[position + i] = FB[place * 4 + i]!;
    },
    appendVariable(place: number, bits: number, n: number): number {
      const bytes = bits >> 3;
      for (let i = 0; i < bytes; i++) B[n + i] = FB[place * 4 + i]!;
      return n + bytes;
    },
    appendVariableBits(place: number, bits: number, n: number): number {
      let position = n;
      for (let i = 0; i < bits >> 3; i++) position = appendBits(position, FB[place * 4 + i]!, 8);
      return position;
    },
    appendBits,
    appendPayload(n: number): number {
      const start = F[SLOT.payload]!;
      const end = payloadEnd();
      for (let i = start; i < end; i++) B[n + i - start] = M[i]!;
      return n + end - start;
    },
    payloadEnd,
    clearBehind(from: number, to: number): void {
      M.fill(0, from, to);
    },
    /** Moves a stack's elements up by `count`, emptying the first ones. Contents move with validity. */
    pushStack(
      base: number,
      stride: number,
      valid: number,
      members: number,
      size: number,
      count: number,
      next: number,
    ): void {
      if (count === 0) return;
      F[next] = Math.min(size, F[next]! + count);
      for (let i = size - 1; i >= count; i--) swapElements(base, stride, valid, members, i, i - count);
      for (let i = 0; i < Math.min(size, count); i++) F.fill(0, valid + i * members, valid + (i + 1) * members);
    },
    /** Moves a stack's elements down by `count`, emptying the last ones. */
    popStack(
      base: number,
      stride: number,
      valid: number,
      members: number,
      size: number,
      count: number,
      next: number,
    ): void {
      if (count === 0) return;
      F[next] = Math.max(0, F[next]! - count);
      let i = 0;
      for (; i < size - count; i++) swapElements(base, stride, valid, members, i, i + count);
      for (; i < size; i++) F.fill(0, valid + i * members, valid + (i + 1) * members);
    },
  };

  function appendBits(n: number, value: number, width: number): number {
    for (let bit = 0; bit < width; bit++) {
      const position = n + bit;
      const mask = 128 >> (position & 7);
      if ((value >>> (width - 1 - bit)) & 1) B[position >> 3]! |= mask;
      else if ((position & 7) === 0) B[position >> 3] = 0;
      else B[position >> 3]! &= ~mask;
    }
    return n + width;
  }

  function payloadEnd(): number {
    return Math.min(F[SLOT.end]!, F[SLOT.payload]! + F[SLOT.truncate]!);
  }

  function swapElements(base: number, stride: number, valid: number, members: number, a: number, b: number): void {
    for (let i = 0; i < stride; i++) {
      const kept = F[base + a * stride + i]!;
      F[base + a * stride + i] = F[base + b * stride + i]!;
      F[base + b * stride + i] = kept;
    }
    for (let i = 0; i < members; i++) {
      const kept = F[valid + a * members + i]!;
      F[valid + a * members + i] = F[valid + b * members + i]!;
      F[valid + b * members + i] = kept;
    }
  }
}

/** Formats a `log_msg`: `{}` takes the next value, `\{` and `\}` are braces. */
export function formatMessage(format: string, values: readonly (number | bigint)[]): string {
  let next = 0;
  return format
    .replace(/(\\?)\{([^}]*)\}/g, (whole: string, escaped: string) =>
      escaped === '' && next < values.length ? String(values[next++]) : whole,
    )
    .replace(/\\([{}])/g, '$1');
}
