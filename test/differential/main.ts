/**
 * `npm run differential -- [--first SEED] [--count N] [--packets N] [--bmv2-every N] [--keep FOLDER]`
 *
 * Runs differential cases against the compiler named by `MOORING_P4C` and, every so often, the switch named by `MOORING_BMV2`. Prints
 * every difference with its seed and closes with the numbers; the exit status is 1 if there was one.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runCase } from './case.ts';

const { values } = parseArgs({
  options: {
    first: { type: 'string', default: '1' },
    count: { type: 'string', default: '100' },
    packets: { type: 'string', default: '60' },
    'bmv2-every': { type: 'string', default: '10' },
    keep: { type: 'string' },
    includes: { type: 'string' },
  },
});
const first = Number(values.first);
const counts = { same: 0, difference: 0, 'refused by the other': 0 };
const refusals = new Map<string, number>();
if (values.keep !== undefined) mkdirSync(values.keep, { recursive: true });
let stopped = false;
process.once('SIGTERM', () => {
  stopped = true;
});
let seed = first;
for (; seed < first + Number(values.count) && !stopped; seed++) {
  const withSwitch = seed % Number(values['bmv2-every']) === 0;
  const result = await runCase(String(seed), {
    p4c: process.env.MOORING_P4C,
    bmv2: withSwitch ? process.env.MOORING_BMV2 : undefined,
    packets: Number(values.packets),
    includes: values.includes,
  });
  counts[result.verdict]++;
  if (result.verdict === 'difference') {
    console.log(`seed ${seed}: ${result.details}`);
    if (values.keep !== undefined) writeFileSync(join(values.keep, `${seed}.p4`), result.source);
  } else if (result.verdict !== 'same') {
    const reason = result.details.replace(/^\S*program\.p4\(\d+\): /, '').slice(0, 100);
    refusals.set(reason, (refusals.get(reason) ?? 0) + 1);
  }
}
for (const [reason, count] of refusals) console.log(`refused by the other compiler ${count} times: ${reason}`);
console.log(
  `${counts.same} the same, ${counts.difference} different, ${counts['refused by the other']} not compared; seeds ${first} to ${seed - 1}`,
);
process.exitCode = counts.difference > 0 ? 1 : 0;
