/**
 * One differential case: a generated program, entries and packets, through two compilers and two switches.
 *
 * A case is made from its seed alone. Both compilers' output runs on the embedded switch, which tells about the
 * compilers; one compiler's output runs on both switches, which tells about the switches.
 */
import { readFileSync } from 'node:fs';
import { runBmv2 } from './bmv2.ts';
import { type Compiled, compileFileWith, compileOwn, compileOwnFile, compileWith, OWN_INCLUDES } from './compilers.ts';
import { type EmbeddedRun, type Outputs, runEmbedded } from './embedded.ts';
import { generateProgram } from './generate/program.ts';
import { NO_DEFAULT } from './generate/statements.ts';
import { hasOddPrefixes, unusableProgram } from './known-differences.ts';
import { type Entry, type ProgramJson, withEntries } from './program-json.ts';
import { Random } from './random.ts';
import { type Packet, randomEntries, randomPackets } from './traffic.ts';

export interface CaseOptions {
  /** The other compiler; without it only our own is run. */
  readonly p4c: string | undefined;
  /** The other switch; without it only the embedded one is run. */
  readonly bmv2: string | undefined;
  readonly packets: number;
  /** Declarations of the architecture for our compiler. */
  readonly includes?: string | undefined;
}

export interface CaseResult {
  readonly source: string;
  /** `same`, `difference`, or that the other compiler refuses the program, so that there is nothing to compare. */
  readonly verdict: 'same' | 'difference' | 'refused by the other';
  readonly details: string;
}

/** Runs the case of a seed. */
export async function runCase(seed: string, options: CaseOptions): Promise<CaseResult> {
  const source = generateProgram(new Random(`program ${seed}`));
  const own = attempt(() => compileOwn(ownText(source), options.includes));
  const other = options.p4c === undefined ? own : compileWith(options.p4c, source);
  return compareCompiled(seed, source, own, other, options);
}

/** Compares on a program of somebody's, with entries and packets made from the seed. */
export async function runFile(path: string, seed: string, options: CaseOptions): Promise<CaseResult> {
  const includes = options.includes === undefined ? [] : [options.includes];
  const own = attempt(() => compileOwnFile(path, [...includes, OWN_INCLUDES]));
  const other = options.p4c === undefined ? own : compileFileWith(options.p4c, path, includes);
  return compareCompiled(seed, readFileSync(path, 'utf8'), own, other, options);
}

async function compareCompiled(
  seed: string,
  source: string,
  own: Compiled,
  other: Compiled,
  options: CaseOptions,
): Promise<CaseResult> {
  if (!other.ok)
    return {
      source,
      verdict: options.p4c === undefined ? 'difference' : 'refused by the other',
      details: other.reason,
    };
  if (!own.ok) return { source, verdict: 'difference', details: `not compiled: ${own.reason}` };
  const random = new Random(`traffic ${seed}`);
  const entries = randomEntries(other.program, random);
  const packets = randomPackets(other.program, random, options.packets);
  const result = compareRuns(own.program, other.program, entries, packets);
  const unusable = unusableProgram(result.details);
  if (unusable !== undefined) return { source, verdict: 'refused by the other', details: unusable };
  if (result.details !== '') return { source, verdict: 'difference', details: result.details };
  if (options.bmv2 !== undefined) {
    const loaded = withEntries(other.program, entries);
    if (hasOddPrefixes(loaded)) return { source, verdict: 'same', details: '' };
    const details = await compareSwitches(loaded, packets, result.run!, options.bmv2);
    if (details !== '') return { source, verdict: 'difference', details };
  }
  return { source, verdict: 'same', details: '' };
}

/** The text that our compiler gets: the other one needs the default of every `switch` written down. */
const ownText = (source: string) => source.split(NO_DEFAULT).join('');

/** Whether a variant of a seed's program still differs between the compilers, with the packets of the whole program. */
export function compilersDiffer(seed: string, options: CaseOptions, source: string): (variant: string) => boolean {
  const { p4c } = options;
  const whole = p4c === undefined ? undefined : compileWith(p4c, source);
  if (p4c === undefined || !whole!.ok) return () => false;
  const random = new Random(`traffic ${seed}`);
  randomEntries(whole!.program, random);
  const packets = randomPackets(whole!.program, random, options.packets);
  return (variant) => {
    const own = attempt(() => compileOwn(ownText(variant), options.includes));
    if (!own.ok) return false;
    const other = compileWith(p4c, variant);
    if (!other.ok) return false;
    const entries = randomEntries(other.program, new Random(`traffic ${seed}`));
    return /packets differ/.test(compareRuns(own.program, other.program, entries, packets).details);
  };
}

function attempt(compileIt: () => Compiled): Compiled {
  try {
    return compileIt();
  } catch (error) {
    return { ok: false, reason: `exception: ${(error as Error).stack}` };
  }
}

function compareRuns(
  own: ProgramJson,
  other: ProgramJson,
  entries: readonly Entry[],
  packets: readonly Packet[],
): { details: string; run?: EmbeddedRun } {
  let ours: EmbeddedRun;
  let theirs: EmbeddedRun;
  try {
    theirs = runEmbedded(withEntries(other, entries), packets);
  } catch (error) {
    return { details: `the other program does not run: ${(error as Error).stack}` };
  }
  if (own === other) return { details: '', run: theirs };
  try {
    // A table that can never be applied may be left out by one compiler only.
    const tables = new Set(own.pipelines.flatMap((pipeline) => pipeline.tables.map((table) => table.name)));
    const usable = entries.filter((entry) => tables.has(entry.table));
    ours = runEmbedded(withEntries(own, usable), packets);
  } catch (error) {
    return { details: `our program does not run: ${(error as Error).stack}` };
  }
  const at = theirs.perPacket.findIndex((outputs, i) => outputs.join() !== ours.perPacket[i]!.join());
  if (at < 0) return { details: '', run: theirs };
  const differing = theirs.perPacket.filter((outputs, i) => outputs.join() !== ours.perPacket[i]!.join()).length;
  return {
    details: [
      `${differing} of ${packets.length} packets differ; packet ${at} from port ${packets[at]!.port}:`,
      `  in     ${Buffer.from(packets[at]!.bytes).toString('hex')}`,
      `  ours   ${ours.perPacket[at]!.join(' ')}`,
      `  theirs ${theirs.perPacket[at]!.join(' ')}`,
    ].join('\n'),
  };
}

/**
 * What differs between the embedded switch and simple_switch, or ''. A difference counts only if it shows again with
 * packets far apart.
 */
export async function compareSwitches(
  program: ProgramJson,
  packets: readonly Packet[],
  run: EmbeddedRun,
  command: string,
): Promise<string> {
  // Packets that go round meet those behind them at another time on each switch.
  const unordered = /"op":"(resubmit|recirculate)"/.test(JSON.stringify(program));
  const inOrder = (outputs: Outputs) => (unordered ? outputs.map((each) => [...each].sort()) : outputs);
  let details = '';
  for (const pace of [{ quietMs: 500 }, { quietMs: 2500, spacingUs: 20_000 }]) {
    try {
      const found = await runBmv2(program, packets, { command, expected: run.outputs, ...pace });
      details = firstDifference(inOrder(run.outputs), inOrder(found));
    } catch (error) {
      details = (error as Error).message;
    }
    if (details === '') return '';
  }
  return details;
}

function firstDifference(ours: Outputs, theirs: Outputs): string {
  for (const [port, expected] of ours.entries()) {
    const found = theirs[port]!;
    const at = Array.from({ length: Math.max(expected.length, found.length) }).findIndex(
      (_, i) => expected[i] !== found[i],
    );
    if (at < 0) continue;
    const counts = `${expected.length} packets from the embedded switch, ${found.length} from the other`;
    return `port ${port}: ${counts}; number ${at}:\n  embedded ${expected[at]}\n  other    ${found[at]}`;
  }
  return '';
}
