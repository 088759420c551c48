/**
 * `npm run fuzz -- [--seconds N] [--seed TEXT] [--packets N] [--only PART] [PROGRAM.json | PROGRAM.p4 ...]`
 *
 * A fifth of the time each random P4Runtime messages, damaged programs, and random forwarding state over P4Runtime with
 * damaged packets; the rest damaged packets alone. The two with packets go program by program, on the embedded switch
 * alone, or compared with simple_switch, named by `MOORING_BMV2` (forwarding state: simple_switch_grpc, named by
 * `SIMPLE_SWITCH_GRPC`). `--only messages`, `programs`, `control` and `packets` give all of the time to one of the
 * four. Programs are the suite's own and those named: BMv2 JSON, or P4 (which forwarding state needs). Prints what it
 * finds when it finds it, how many of each it did, which programs were never compared, and the heap before and after;
 * the exit status is 1 if there was anything.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { type CompiledProgram, compileFile, program } from '../conformance/p4runtime/support/program.ts';
import { startSimpleSwitch } from '../conformance/p4runtime/support/target.ts';
import type { ProgramJson } from '../differential/program-json.ts';
import { Random } from '../differential/random.ts';
import { type ControlledProgram, fuzzControl } from './control.ts';
import { fuzzMessages } from './messages.ts';
import { fuzzPackets, fuzzProgram, type NamedProgram, type PacketsResult } from './programs.ts';

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
const SHARES = { messages: 0.2, programs: 0.2, control: 0.2, packets: 0.4 };
const { only } = values;
if (only !== undefined && !(only in SHARES))
  throw new Error(`--only takes ${Object.keys(SHARES).join(', ')}, not '${only}'.`);
let found = 0;

function report(finding: string): void {
  found++;
  console.log(finding);
}

const OWN = ['keys', 'resources', 'selectors', 'redirect', 'controller'] as const;

function named(name: string, { p4info, deviceConfig }: CompiledProgram): ControlledProgram {
  return { name, p4info, program: JSON.parse(Buffer.from(deviceConfig).toString()) as ProgramJson };
}

/** The programs in P4 that were named, as far as our compiler takes them. */
function compileNamed(path: string): ControlledProgram[] {
  try {
    return [named(basename(path), compileFile(path))];
  } catch (error) {
    console.log(`${basename(path)} is left out: ${(error as Error).message.split('\n')[0]}`);
    return [];
  }
}

const [sources, files] = [positionals.filter(isSource), positionals.filter((path) => !isSource(path))];
const controlled = [...OWN.map((name) => named(name, program(name))), ...sources.flatMap(compileNamed)];
const programs: readonly NamedProgram[] = [
  ...controlled,
  ...files.map((path) => ({ name: basename(path), program: JSON.parse(readFileSync(path, 'utf8')) as ProgramJson })),
];

function isSource(path: string): boolean {
  return path.endsWith('.p4');
}

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
/**
 * Runs packets through one program after the other until the time is over; what became of them, as text.
 *
 * @param other the switch to compare with, and how it is named
 */
async function overPrograms<Each extends NamedProgram>(
  all: readonly Each[],
  random: Random,
  milliseconds: number,
  other: { readonly variable: string; readonly name: string; readonly isThere: boolean },
  run: (each: Each) => Promise<PacketsResult>,
): Promise<string> {
  const end = performance.now() + milliseconds;
  const counts = { same: 0, 'same in part': 0, 'not compared': 0, died: 0 };
  const died = new Set<string>();
  const compared = new Set<string>();
  if (!other.isThere)
    for (const each of all) {
      const result = await run(each);
      if (typeof result !== 'string') report(result.finding);
    }
  let runs = random.below(all.length);
  for (; performance.now() < end && found < 80; runs++) {
    const each = all[runs % all.length]!;
    const result = await run(each);
    if (typeof result === 'string') counts[result]++;
    else report(result.finding);
    if (result === 'died' || result === 'same in part') died.add(each.name);
    if (result !== 'not compared' && result !== 'died') compared.add(each.name);
  }
  const numbers = `${counts.same} the same, ${counts['same in part']} the same but for packets that ended the other switch, ${counts['not compared']} not compared, ${counts.died} ended the other switch`;
  const list = (what: string, names: readonly string[]) =>
    names.length === 0 ? '' : `; ${what}: ${names.length} (${names.join(', ')})`;
  const runsOf = `runs of ${values.packets} damaged packets over ${all.length} programs`;
  if (!other.isThere) return `${runsOf}, not compared: ${other.variable} names no ${other.name}: ${numbers}`;
  const never = all.map(({ name }) => name).filter((name) => !compared.has(name));
  return `${runsOf}, compared with ${other.name}: ${numbers}${list('ended', [...died])}${list('never compared', never)}`;
}

await measured('control', (random, milliseconds) => {
  const command = process.env.SIMPLE_SWITCH_GRPC;
  const start = command === undefined ? undefined : () => startSimpleSwitch(command);
  const other = { variable: 'SIMPLE_SWITCH_GRPC', name: 'simple_switch_grpc', isThere: start !== undefined };
  return overPrograms(controlled, random, milliseconds, other, (each) =>
    fuzzControl(each, random, Number(values.packets), start),
  );
});
await measured('packets', (random, milliseconds) => {
  const bmv2 = process.env.MOORING_BMV2;
  const other = { variable: 'MOORING_BMV2', name: 'simple_switch', isThere: bmv2 !== undefined };
  return overPrograms(programs, random, milliseconds, other, (each) =>
    fuzzPackets(each, random, Number(values.packets), bmv2),
  );
});
console.log(`${found} findings, seed ${values.seed}`);
process.exitCode = found > 0 ? 1 : 0;
