/**
 * Generations of register slots are 16-bit serial numbers that wrap (as in RFC 1982): of two, the newer is the one less
 * than half the circle ahead. A slot is freed once per handshake at most, so 32,768 of them cannot pass between two
 * reports of the same pin while the digest channel keeps its order.
 */

const MODULUS = 0x10000;

/** Whether `generation` comes after `last`; anything comes after undefined. */
export function isNewer(generation: number, last: number | undefined): boolean {
  if (last === undefined) return true;
  const ahead = (generation - last + MODULUS) % MODULUS;
  return ahead > 0 && ahead < MODULUS / 2;
}
