/**
 * `npm run differential -- load-balancer [--seed TEXT] [--packets N]`
 *
 * Runs the load balancer's program on the embedded switch and on BMv2 (`simple_switch_grpc` on the search path, or
 * named by `SIMPLE_SWITCH_GRPC`) with the same random entries and packets. Prints what differs and the numbers; the
 * exit status is 1 if anything did.
 */
import { parseArgs } from 'node:util';
import { describeSwitches } from '@mooring/bmv2-harness';
import { compareOnSwitches } from './run.ts';

const { values } = parseArgs({
  options: { seed: { type: 'string', default: '1' }, packets: { type: 'string', default: '100000' } },
});
const absent = describeSwitches().find((each) => !each.isPresent);
if (absent !== undefined && !absent.isPresent) {
  console.log(`not run because ${absent.reason}`);
  process.exitCode = 1;
} else {
  const started = performance.now();
  let next = 0;
  const result = await compareOnSwitches({
    seed: values.seed,
    packets: Number(values.packets),
    other: 'bmv2',
    onProgress: (packets) => {
      if (packets < next) return;
      next = packets + 10_000;
      console.log(`${packets} packets, ${Math.round((performance.now() - started) / 1000)} s`);
    },
  });
  for (const difference of result.differences) console.log(difference);
  const digests = Object.entries(result.digests).map(([kind, count]) => `${kind}: ${count}`);
  console.log(`different digests by kind: ${digests.join(', ')}; drops by reason: ${result.drops.join(' ')}`);
  console.log(
    `seed ${values.seed}: ${result.packets} packets in, ${result.outputs} out (${result.outgoing} SYNs of servers), slots expired ${result.expiries} times; ` +
      `${result.differences.length} differences in packets, digests and counters`,
  );
  process.exitCode = result.differences.length > 0 ? 1 : 0;
}
