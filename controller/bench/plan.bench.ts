/**
 * How long a plan for 10,000 buckets and 500 servers takes, in processor time (the least of several rounds, so that
 * other work on the machine does not count), and how its moves compare with the fewest possible.
 */
import { planLargeChange } from '../test/support/large-change.ts';

const ROUNDS = 20;

/** One row for `npm run bench`. */
export async function benchmark() {
  let bestMs = Number.POSITIVE_INFINITY;
  let note = '';
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    const { plan } = planLargeChange();
    const { user, system } = process.cpuUsage(before);
    bestMs = Math.min(bestMs, (user + system) / 1000);
    note = `${plan.moves} moves, least possible ${plan.leastMoves}; most loaded server ${plan.oversubscription.toFixed(3)} of its share`;
  }
  const name = 'plan for 10,000 buckets and 500 servers';
  return [{ name, unit: 'ms', ours: bestMs, better: 'lower' as const, bar: '<= 200', note }];
}
