/**
 * Arithmetic on numbers held as 32-bit limbs in generated code, low limb first. Limbs are JavaScript expressions that
 * V8 can keep as 32-bit integers; a BigInt would be allocated for every operation on every packet. One limb is a plain
 * operation with `| 0`, and only wider numbers pay for carries.
 */
import type { Code } from './code.ts';

/** Sum or difference, modulo the width of the limbs. */
export function addLimbs(code: Code, operator: '+' | '-', a: readonly string[], b: readonly string[]): string[] {
  if (a.length === 1) return [`(${a[0]} ${operator} ${b[0]} | 0)`];
  const limbs: string[] = [];
  let carry = '';
  for (let i = 0; i < a.length; i++) {
    const last = i === a.length - 1;
    if (last) {
      limbs.push(code.bind(`${a[i]} ${operator} ${b[i]}${carry} | 0`));
      break;
    }
    const sum = code.bind(`(${a[i]} >>> 0) ${operator} (${b[i]} >>> 0)${carry}`);
    limbs.push(code.bind(`${sum} | 0`));
    carry = operator === '+' ? ` + (${sum} > 4294967295 ? 1 : 0)` : ` - (${sum} < 0 ? 1 : 0)`;
  }
  return limbs;
}

/** Limbs moved up by `amount` bits, cut to `count` limbs. */
export function shiftLimbsLeft(code: Code, limbs: readonly string[], amount: number, count: number): string[] {
  if (count === 1) return [amount === 0 ? limbs[0]! : `(${limbs[0]} << ${amount})`];
  const bound = limbs.map((limb) => code.bind(limb));
  const words = amount >> 5;
  const bit = amount & 31;
  return Array.from({ length: count }, (_, i) => {
    const low = bound[i - words - 1];
    const high = bound[i - words];
    if (i < words) return '0';
    if (bit === 0) return high ?? '0';
    const parts = [
      high === undefined ? undefined : `${high} << ${bit}`,
      low === undefined ? undefined : `${low} >>> ${32 - bit}`,
    ];
    return `(${parts.filter((part) => part !== undefined).join(' | ') || '0'})`;
  });
}

/** Limbs moved down by `amount` bits; `rest` bits remain. */
export function shiftLimbsRight(code: Code, limbs: readonly string[], amount: number, rest: number): string[] {
  const bound = limbs.map((limb) => code.bind(limb));
  const bit = amount & 31;
  return Array.from({ length: Math.ceil(rest / 32) }, (_, i) => {
    const low = bound[i + (amount >> 5)]!;
    const high = bound[i + (amount >> 5) + 1];
    if (bit === 0) return low;
    return high === undefined ? `(${low} >>> ${bit})` : `(${low} >>> ${bit} | ${high} << ${32 - bit})`;
  });
}

/** Limbs ANDed with a constant's limbs; `redundant` where the mask is known to change nothing below its top. */
export function maskLimbs(
  limbs: readonly string[],
  mask: readonly string[],
  count: number,
  redundant: boolean,
): string[] {
  return Array.from({ length: count }, (_, i) => {
    if (mask[i] === '0' || limbs[i] === undefined) return '0';
    if (mask[i] === '-1' || redundant) return limbs[i]!;
    return `(${limbs[i]} & ${mask[i]})`;
  });
}

/** Limbs ORed or XORed. */
export function mergeLimbs(operator: '|' | '^', a: readonly string[], b: readonly string[]): string[] {
  return a.map((limb, i) => (limb === '0' ? b[i]! : b[i] === '0' ? limb : `(${limb} ${operator} ${b[i]})`));
}
