/**
 * Seeded randomness for the differential tests: the same seed gives the same programs, packets and entries on every
 * machine, so a case that fails is named by its seed alone.
 */

/** A repeatable source of random choices (sfc32 over a hash of the seed). */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: string | number) {
    let hash = 0x9e3779b9;
    for (const char of String(seed)) hash = Math.imul(hash ^ char.charCodeAt(0), 0x85ebca6b) ^ (hash >>> 13);
    this.#a = hash | 0;
    this.#b = Math.imul(hash, 0xc2b2ae35) | 0;
    this.#c = hash ^ 0x5bd1e995;
    for (let i = 0; i < 12; i++) this.bits32();
  }

  /** 32 random bits as an unsigned number. */
  bits32(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    return sum >>> 0;
  }

  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number {
    return this.bits32() % limit;
  }

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.bits32() < probability * 4294967296;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }

  /** One of the choices, each as likely as its weight says. */
  weighted<T>(choices: readonly (readonly [number, T])[]): T {
    let left = this.below(choices.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, choice] of choices) {
      if (left < weight) return choice;
      left -= weight;
    }
    throw new Error('no choice');
  }

  /** Uniform bits. */
  bits(width: number): bigint {
    let value = 0n;
    for (let i = 0; i < width; i += 32) value = (value << 32n) | BigInt(this.bits32());
    return BigInt.asUintN(width, value);
  }

  /**
   * A value of `width` bits of the kind that finds mistakes: often 0, 1, the greatest, the sign bit or small, else
   * uniform.
   */
  value(width: number): bigint {
    const greatest = (1n << BigInt(width)) - 1n;
    const chosen = this.weighted<() => bigint>([
      [2, () => 0n],
      [2, () => 1n],
      [1, () => greatest],
      [1, () => 1n << BigInt(Math.max(0, width - 1))],
      [1, () => (1n << BigInt(Math.max(0, width - 1))) - 1n],
      [4, () => BigInt(this.below(8))],
      [5, () => this.bits(width)],
    ])();
    return chosen & greatest;
  }

  shuffle<T>(items: readonly T[]): T[] {
    const shuffled = [...items];
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
    }
    return shuffled;
  }
}
