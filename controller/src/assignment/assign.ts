/**
 * Which bucket goes to which server: shares by weight, and as few buckets moved as that allows. A server's quota is its
 * exact share rounded down or up (largest remainder); who gets the odd buckets is decided for those that hold more than
 * the rounded-down share already, so that rounding never moves a bucket by itself. Then only what exceeds a quota
 * moves, and it goes to who lacks most. A bucket that is offered to the server that is still its base (a shift under
 * way) is taken first by it: that costs nothing at all.
 *
 * Pure and deterministic: the same input gives the same plan, before and after a restart.
 */

/** A server that may take buckets. */
export interface Share {
  readonly server: number;
  /** More than 0. */
  readonly weight: number;
}

/**
 * Computes the new assignment.
 * @param current server of each bucket now; 0, or a server without share, for a bucket that must move
 * @param base server that still serves the old connections of each bucket
 * @param shares who may have buckets, at least one
 * @returns server of each bucket
 */
export function assign(current: readonly number[], base: readonly number[], shares: readonly Share[]): number[] {
  const quotas = computeQuotas(current, shares);
  const result = [...current];
  const free: number[] = [];
  const held = new Map<number, number[]>();
  current.forEach((server, bucket) => {
    if (!quotas.has(server)) free.push(bucket);
    else {
      const others = held.get(server);
      if (others === undefined) held.set(server, [bucket]);
      else others.push(bucket);
    }
  });
  for (const [server, buckets] of held) {
    const excess = buckets.length - quotas.get(server)!;
    if (excess <= 0) continue;
    // Give away first what is still on its way here: its old connections are elsewhere anyway.
    const byCost = [...buckets].sort((a, b) => Number(base[a] === server) - Number(base[b] === server) || b - a);
    free.push(...byCost.slice(0, excess));
  }
  const lacking = new Map<number, number>();
  for (const [server, quota] of quotas) {
    const kept = Math.min(quota, held.get(server)?.length ?? 0);
    if (quota > kept) lacking.set(server, quota - kept);
  }
  const take = (bucket: number, server: number): void => {
    result[bucket] = server;
    const left = lacking.get(server)! - 1;
    if (left === 0) lacking.delete(server);
    else lacking.set(server, left);
  };
  free.sort((a, b) => a - b);
  const others = free.filter((bucket) => {
    const home = base[bucket]!;
    if (!lacking.has(home)) return true;
    take(bucket, home);
    return false;
  });
  // Round robin over those that lack most, so that a leaving server's buckets spread evenly over the others.
  for (const bucket of others) {
    let neediest = 0;
    let most = 0;
    for (const [server, count] of lacking) {
      if (count > most || (count === most && server < neediest)) {
        most = count;
        neediest = server;
      }
    }
    take(bucket, neediest);
  }
  return result;
}

/** Gives every bucket of each `from` to its `to` and moves nothing else: swaps. */
export function assignSwaps(
  current: readonly number[],
  swaps: readonly (readonly [from: number, to: number])[],
): number[] {
  const heirs = new Map(swaps);
  return current.map((server) => heirs.get(server) ?? server);
}

/** How many buckets each server shall have; they add up to the number of buckets. */
export function computeQuotas(current: readonly number[], shares: readonly Share[]): Map<number, number> {
  const total = shares.reduce((sum, share) => sum + share.weight, 0);
  const counts = new Map<number, number>();
  for (const server of current) counts.set(server, (counts.get(server) ?? 0) + 1);
  const quotas = new Map<number, number>();
  let left = current.length;
  const remainders = shares.map(({ server, weight }) => {
    const exact = (current.length * weight) / total;
    const floor = Math.floor(exact);
    quotas.set(server, floor);
    left -= floor;
    return { server, remainder: exact - floor, above: Math.sign((counts.get(server) ?? 0) - floor) };
  });
  // Who holds more than the rounded-down share anyway keeps one more; among equals the larger remainder has it.
  remainders.sort((a, b) => b.above - a.above || b.remainder - a.remainder || a.server - b.server);
  for (const { server, remainder } of remainders) {
    if (left === 0) break;
    if (remainder === 0) continue;
    quotas.set(server, quotas.get(server)! + 1);
    left--;
  }
  // Floating-point shares may leave one over.
  for (const { server } of remainders) {
    if (left === 0) break;
    quotas.set(server, quotas.get(server)! + 1);
    left--;
  }
  return quotas;
}
