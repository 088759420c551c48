/**
 * `npm run fuzz -- [--seconds N] [--seed TEXT] [--packets N] [--only PART] [PROGRAM.json ...]`
 *
 * A fifth of the time random P4Runtime messages, a fifth damaged programs, the rest damaged packets, first through every program on the embedded
 * switch alone, then program by program compared with the switch named by `MOORING_BMV2`; `--only messages`, `--only programs` and
 * `--only packets` give all of the time to one of the three. Programs are the suite's own and the BMv2 JSON files named. Prints what it finds when it
 * finds it, how many of each it did, which programs were never compared, and the heap before and after; the exit status is 1 if there was anything.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { program } from '../conformance/p4runtime/support/program.ts';
import type { ProgramJson } from '../differential/program-json.ts';
import { Random } from '../differential/random.ts';
import { fuzzMessages } from './messages.ts';
import { fuzzPackets, fuzzProgram, type NamedProgram } from './programs.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    packets: { type: 'string', default: '60' },
    only: { type: 'string' },
  },
});
const totalMs = Number(values.seconds) * 1000;
/** Share of the time that each part gets. */
const SHARES = { messages: 0.2, programs: 0.2, packets: 0.6 };
const { only } = values;
if (only !== undefined && !(only in SHARES))
  throw new Error(`--only takes ${Object.keys(SHARES).join(', ')}, not '${only}'.`);
const bmv2 = process.env.MOORING_BMV2;
let found = 0;

function report(finding: string): void {
  found++;
  console.log(finding);
}

const own = (['keys', 'resources', 'selectors', 'redirect', 'controller'] as const).map((name) => ({
  name,
  program: JSON.parse(Buffer.from(program(name).deviceConfig).toString()) as ProgramJson,
}));
const files = positionals.map(
  (path): NamedProgram => ({ name: basename(path), program: JSON.parse(readFileSync(path, 'utf8')) as ProgramJson }),
);
const programs: readonly NamedProgram[] = [...own, ...files];

/** Bytes in use after everything unused is gone. */
async function heapBytes(): Promise<number> {
  for (let i = 0; i < 4; i++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    globalThis.gc?.();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MB`;

/** Runs one part twice: for a tenth of its time to warm up, then in full, with the heap measured before and after. */
async function measured(
  name: keyof typeof SHARES,
  part: (random: Random, milliseconds: number) => Promise<string>,
): Promise<void> {
  if (only !== undefined && only !== name) return;
  const partMs = only === undefined ? totalMs * SHARES[name] : totalMs;
  await part(new Random(`${values.seed} ${name} warm-up`), partMs / 10);
  const before = await heapBytes();
  const done = await part(new Random(`${values.seed} ${name}`), partMs * 0.9);
  const after = await heapBytes();
  console.log(`${name}: ${done}; heap ${megabytes(before)} before, ${megabytes(after)} after`);
}

await measured('messages', async (random, milliseconds) => {
  const end = performance.now() + milliseconds;
  const result = await fuzzMessages(random, () => performance.now() > end);
  result.findings.forEach(report);
  const codes = [...result.codes].sort((a, b) => a[0] - b[0]).map(([code, count]) => `${code}: ${count}`);
  return `${result.sent} sent, answers by gRPC code ${codes.join(', ')}`;
});
await measured('programs', async (random, milliseconds) => {
  const end = performance.now() + milliseconds;
  const counts = { refused: 0, ran: 0 };
  while (performance.now() < end && found < 50) {
    const result = fuzzProgram(random.pick(programs), random);
    if (typeof result === 'string') counts[result]++;
    else report(result.finding);
  }
  return `damaged programs: ${counts.refused} refused, ${counts.ran} ran`;
});
await measured('packets', async (random, milliseconds) => {
  const end = performance.now() + milliseconds;
  const counts = { same: 0, 'same in part': 0, 'not compared': 0, died: 0 };
  const died = new Set<string>();
  const compared = new Set<string>();
  for (const each of programs) {
    const result = await fuzzPackets(each, random, Number(values.packets), undefined);
    if (typeof result !== 'string') report(result.finding);
  }
  let runs = random.below(programs.length);
  for (; performance.now() < end && found < 80; runs++) {
    const each = programs[runs % programs.length]!;
    const result = await fuzzPackets(each, random, Number(values.packets), bmv2);
    if (typeof result === 'string') counts[result]++;
    else report(result.finding);
    if (result === 'died' || result === 'same in part') died.add(each.name);
    if (result !== 'not compared' && result !== 'died') compared.add(each.name);
  }
  const numbers = `${counts.same} the same, ${counts['same in part']} the same but for packets that ended the other switch, ${counts['not compared']} not compared, ${counts.died} ended the other switch`;
  const list = (what: string, names: readonly string[]) =>
    names.length === 0 ? '' : `; ${what}: ${names.length} (${names.join(', ')})`;
  const runsOf = `runs of ${values.packets} damaged packets over ${programs.length} programs`;
  if (bmv2 === undefined) return `${runsOf}, not compared: MOORING_BMV2 names no simple_switch: ${numbers}`;
  const never = programs.map(({ name }) => name).filter((name) => !compared.has(name));
  return `${runsOf}, compared with simple_switch: ${numbers}${list('ended', [...died])}${list('never compared', never)}`;
});
console.log(`${found} findings, seed ${values.seed}`);
process.exitCode = found > 0 ? 1 : 0;
