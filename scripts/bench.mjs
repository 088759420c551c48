// Runs every `bench/*.bench.ts` of the workspaces and prints one table. A benchmark compares two things measured in the
// same run, because the machines it runs on are small and noisy: what is printed is the ratio, and the bar it is held
// against. It is no test: nothing fails here, and nobody needs to wait for it.
//
// A benchmark module exports `benchmark(): Promise<Row[]>`, with rows of the shape described at `Row`. Where a foreign
// program (p4c-bm2-ss, simple_switch) is not installed, a row says so in `note` and leaves `theirs` out.
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as esbuild from 'esbuild';
import { externalNpm } from './external-npm.mjs';

/**
 * @typedef {object} Row
 * @property {string} name what is measured
 * @property {string} unit of `ours` and `theirs`, e.g. `ms` or `packets/s`
 * @property {number} [ours] left out where it cannot be measured here; `note` says why
 * @property {number} [theirs] the same of what it is compared with
 * @property {'higher' | 'lower'} better which direction is better
 * @property {string} [bar] the mark to reach, e.g. `>= 10x`
 * @property {string} [note] anything a reader must know
 */

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const only = process.argv.slice(2);

function benchmarkFiles() {
  const packages = readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name, 'bench'));
  return [...packages, join(root, 'controller', 'bench'), join(root, 'cli', 'bench')]
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
    .filter((path) => path.endsWith('.bench.ts'))
    .filter((path) => only.length === 0 || only.some((word) => path.includes(word)));
}

/** Bundles a benchmark so that it runs on plain Node, and imports it. */
async function load(path) {
  const folder = join(root, 'node_modules', '.cache', 'mooring-bench');
  mkdirSync(folder, { recursive: true });
  const outfile = join(folder, `${relative(root, path).replaceAll('/', '-')}.mjs`);
  await esbuild.build({
    entryPoints: [path],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    conditions: ['mooring-source'],
    logLevel: 'warning',
    plugins: [externalNpm],
  });
  return import(pathToFileURL(outfile).href);
}

/** @param {number | undefined} value */
const format = (value) =>
  value >= 1000 ? Math.round(value).toLocaleString('en') : value >= 10 ? value.toFixed(1) : value.toPrecision(3);

/** @param {Row} row */
function ratio(row) {
  if (row.ours === undefined || row.theirs === undefined) return '';
  const value = row.better === 'higher' ? row.ours / row.theirs : row.theirs / row.ours;
  return `${value.toFixed(value < 10 ? 2 : 0)}x better`;
}

const files = benchmarkFiles();
const rows = [];
for (const file of files) {
  process.stderr.write(`running ${relative(root, file)}\n`);
  const { benchmark } = await load(file);
  rows.push(...(await benchmark()));
}
const table = rows.map((row) => [
  row.name,
  row.ours === undefined ? '-' : `${format(row.ours)} ${row.unit}`,
  row.theirs === undefined ? '-' : `${format(row.theirs)} ${row.unit}`,
  ratio(row),
  row.bar ?? '',
  row.note ?? '',
]);
const heading = ['what', 'ours', 'theirs', 'ratio', 'bar', 'note'];
const widths = heading.map((title, column) => Math.max(title.length, ...table.map((line) => line[column].length)));
for (const line of [heading, ...table]) {
  console.log(
    line
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd(),
  );
}
