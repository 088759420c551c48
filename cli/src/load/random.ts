/**
 * Seeded random numbers for the load: the same seed opens connections with the same lifetimes and pauses, so that a run
 * that found something can be made again. The generator is the 32-bit "mulberry" mixing step: tiny, fast, and good
 * enough for choosing lifetimes; nothing here is secret.
 */

/** A source of numbers in [0, 1). */
export type RandomSource = () => number;

/** A generator of uniform numbers in [0, 1) from a 32-bit seed. */
export function seededRandom(seed: number): RandomSource {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/**
 * An exponentially distributed duration cut off at `longestMs` (drawn again, not clamped, so that no lump of equal
 * lifetimes ends at once).
 */
export function truncatedExponentialMs(random: RandomSource, meanMs: number, longestMs: number): number {
  const share = 1 - Math.exp(-longestMs / meanMs);
  return -meanMs * Math.log(1 - random() * share);
}

/** A uniform duration in [lowMs, highMs). */
export function uniformMs(random: RandomSource, lowMs: number, highMs: number): number {
  return lowMs + random() * (highMs - lowMs);
}
