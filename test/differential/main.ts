/**
 * `npm run differential -- [FILE.p4 ...] [--first SEED] [--count N] [--packets N] [--bmv2-every N] [--keep FOLDER [--reduce]]`
 *
 * Runs differential cases, or the files named in place of generated programs, against the compiler named by
 * `MOORING_P4C` and, every so often, the switch named by `MOORING_BMV2`. Prints every difference with its seed and
 * closes with the numbers; the exit status is 1 if there was one. With `--reduce`, which takes minutes, each program
 * kept is also made small.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type CaseOptions, compilersDiffer, runCase, runFile } from './case.ts';
import { reduce } from './reduce.ts';

const { values, positionals: files } = parseArgs({
  allowPositionals: true,
  options: {
    first: { type: 'string', default: '1' },
    count: { type: 'string', default: '100' },
    packets: { type: 'string', default: '60' },
    'bmv2-every': { type: 'string', default: '10' },
    keep: { type: 'string' },
    reduce: { type: 'boolean', default: false },
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
const last = first + (files.length > 0 ? files.length : Number(values.count));
for (; seed < last && !stopped; seed++) {
  const file = files[seed - first];
  const withSwitch = seed % Number(values['bmv2-every']) === 0;
  const options: CaseOptions = {
    p4c: process.env.MOORING_P4C,
    bmv2: withSwitch ? process.env.MOORING_BMV2 : undefined,
    packets: Number(values.packets),
    includes: values.includes,
  };
  const result = await (file === undefined
    ? runCase(String(seed), options)
    : runFile(file, String(values.first), options));
  counts[result.verdict]++;
  if ((seed - first) % 250 === 249) console.log(`up to seed ${seed}: ${JSON.stringify(counts)}`);
  if (result.verdict === 'difference') {
    console.log(`${file ?? `seed ${seed}`}: ${result.details}`);
    if (values.keep !== undefined && file === undefined) {
      writeFileSync(join(values.keep, `${seed}.p4`), result.source);
      const differ = values.reduce ? compilersDiffer(String(seed), options, result.source) : undefined;
      if (differ?.(result.source) === true)
        writeFileSync(join(values.keep, `${seed}.reduced.p4`), reduce(result.source, differ));
    }
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
