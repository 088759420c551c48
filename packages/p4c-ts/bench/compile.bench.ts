/**
 * How long Mooring's own program takes to compile, in this process and as a process of its own, beside p4c-bm2-ss where
 * that is on the PATH. CPU time, because the machines it runs on are shared; the minimum of many runs beside the
 * median, for the same reason. The in-process figure is of a warm compiler, as an editor or a test run has it.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { compile } from '../src/api/compile.ts';
import { nodeFileSystem, systemIncludePaths } from '../src/node.ts';

const WARM_UP_RUNS = 60;
const RUNS = 60;
const PROCESS_RUNS = 7;

interface Row {
  readonly name: string;
  readonly unit: string;
  readonly ours: number;
  readonly theirs?: number;
  readonly better: 'higher' | 'lower';
  readonly bar?: string;
  readonly note?: string;
}

/** Rows for the table of `npm run bench`. */
export async function benchmark(): Promise<Row[]> {
  const include = systemIncludePaths({})[0];
  if (include === undefined) throw new Error('the folder p4/include is not found');
  const program = join(dirname(include), 'v1model', 'mooring.p4');
  return [...warmRows(program), processRow(program)];
}

function warmRows(program: string): Row[] {
  const files = nodeFileSystem();
  const includePaths = systemIncludePaths({});
  const run = (): void => {
    const { ok, diagnostics } = compile(program, { files, includePaths });
    if (!ok) throw new Error(`mooring.p4 does not compile: ${diagnostics[0]?.message}`);
  };
  for (let count = 0; count < WARM_UP_RUNS; count += 1) run();
  const wallMs: number[] = [];
  const cpuMs: number[] = [];
  for (let count = 0; count < RUNS; count += 1) {
    const cpu = process.cpuUsage();
    const started = performance.now();
    run();
    wallMs.push(performance.now() - started);
    const used = process.cpuUsage(cpu);
    cpuMs.push((used.user + used.system) / 1000);
  }
  const name = 'compile mooring.p4, warm, in process';
  const note = `CPU time ${min(cpuMs).toFixed(1)} to ${median(cpuMs).toFixed(1)} ms (minimum, median)`;
  return [
    { name, unit: 'ms', ours: median(wallMs), better: 'lower', bar: '<= 30 ms', note: `median of ${RUNS}; ${note}` },
    { name, unit: 'ms', ours: min(wallMs), better: 'lower', bar: '<= 30 ms', note: `minimum of ${RUNS}` },
  ];
}

/** Whole processes, Node's start included; the two compilers take turns. */
function processRow(program: string): Row {
  const folder = mkdtempSync(join(tmpdir(), 'compile-bench-'));
  const command = join(dirname(program), '..', '..', 'cli', 'bin', 'mooring.mjs');
  const options = ['-o', join(folder, 'out.json'), '--p4runtime-files', join(folder, 'out.txtpb'), program];
  const hasPeer = spawnSync('p4c-bm2-ss', ['--version']).status === 0;
  const ours: number[] = [];
  const theirs: number[] = [];
  try {
    for (let count = 0; count <= PROCESS_RUNS; count += 1) {
      const own = wallMsOf(process.execPath, [command, 'compile', ...options]);
      const peer = hasPeer ? wallMsOf('p4c-bm2-ss', options) : undefined;
      // The first run fills caches.
      if (count === 0) continue;
      ours.push(own);
      if (peer !== undefined) theirs.push(peer);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  const row = {
    name: 'mooring compile mooring.p4, whole process',
    unit: 'ms',
    ours: median(ours),
    better: 'lower',
  } as const;
  if (!hasPeer) return { ...row, bar: '<= 0.75 of p4c-bm2-ss', note: 'p4c-bm2-ss is not on the PATH' };
  const ratio = (median(ours) / median(theirs)).toFixed(2);
  return { ...row, theirs: median(theirs), bar: '<= 0.75 of p4c-bm2-ss', note: `${ratio} of p4c-bm2-ss` };
}

function wallMsOf(command: string, args: readonly string[]): number {
  const started = performance.now();
  execFileSync(command, args, { stdio: 'ignore' });
  return performance.now() - started;
}

function min(values: readonly number[]): number {
  return Math.min(...values);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
