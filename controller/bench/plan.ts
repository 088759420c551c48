/**
 * How long a plan for 10,000 buckets and 500 servers takes, in processor time (the least of several rounds, so that other work on the
 * machine does not count), and how its moves compare with the fewest possible.
 *
 *     npx vite-node controller/bench/plan.ts
 */
import { planLargeChange } from '../test/support/large-change.ts';

let bestMs = Number.POSITIVE_INFINITY;
let said = '';
for (let round = 0; round < 20; round++) {
  const before = process.cpuUsage();
  const { plan } = planLargeChange();
  const { user, system } = process.cpuUsage(before);
  bestMs = Math.min(bestMs, (user + system) / 1000);
  said = `${plan.moves} moves, least possible ${plan.leastMoves}, most loaded ${plan.oversubscription.toFixed(3)}`;
}
console.log(`10,000 buckets, 500 servers: ${bestMs.toFixed(1)} ms of processor time; ${said}`);
