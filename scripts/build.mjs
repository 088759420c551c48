// Bundles every package and the command into `dist/` with esbuild: one ESM file per entry point, in well under a
// second, so that a fresh clone can run it on its first start. Types are checked separately (`npm run check`).
//
// Entry points are found, not listed: each workspace's `src/index.ts`, any other `exports` source, and every
// `src/**/*.worker.ts` (worker threads need a file of their own). The command is bundled with all of Mooring's own
// packages inside, because one file starts faster than many; npm packages stay outside.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import { externalNpm } from './external-npm.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

function filesUnder(directory, matches, found = []) {
  if (!existsSync(directory)) return found;
  for (const name of readdirSync(directory)) {
    const path = join(directory, name);
    if (statSync(path).isDirectory()) filesUnder(path, matches, found);
    else if (matches(path)) found.push(path);
  }
  return found;
}

/** Every workspace folder that has a package.json. */
function workspaces() {
  const packages = readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name));
  return [...packages, join(root, 'controller'), join(root, 'cli')].filter((path) =>
    existsSync(join(path, 'package.json')),
  );
}

/** The sources a workspace exports, and its worker threads. */
function entryPoints(workspace) {
  const manifest = JSON.parse(readFileSync(join(workspace, 'package.json'), 'utf8'));
  const exported = Object.values(manifest.exports ?? {})
    .map((target) => target['mooring-source'])
    .filter(Boolean)
    .map((path) => join(workspace, path));
  const workers = filesUnder(join(workspace, 'src'), (path) => path.endsWith('.worker.ts'));
  return [...new Set([...exported, ...workers])];
}

const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  sourcemap: 'linked',
  logLevel: 'warning',
  conditions: ['mooring-source'],
  jsx: 'automatic',
};

const builds = workspaces().map((workspace) => ({
  ...common,
  entryPoints: entryPoints(workspace),
  outbase: join(workspace, 'src'),
  outdir: join(workspace, 'dist'),
  splitting: true,
  plugins: [externalNpm],
}));

// The compiler's process entry once more as one CommonJS file: `mooring compile` loads it through V8's code cache,
// which exists for scripts only (see cli/bin/mooring.mjs).
const compiler = join(root, 'packages', 'p4c-ts');
if (existsSync(join(compiler, 'src', 'process.ts'))) {
  builds.push({
    ...common,
    entryPoints: [join(compiler, 'src', 'process.ts')],
    outdir: join(compiler, 'dist'),
    outExtension: { '.js': '.cjs' },
    format: 'cjs',
    sourcemap: false,
    minifyWhitespace: true,
    define: { 'import.meta.url': 'importMetaUrl' },
    banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
    plugins: [externalNpm],
  });
}

if (process.argv.includes('--watch')) {
  for (const options of builds) await (await esbuild.context(options)).watch();
  console.log('watching for changes');
} else {
  const startedMs = performance.now();
  await Promise.all(
    builds.filter((options) => options.entryPoints.length > 0).map((options) => esbuild.build(options)),
  );
  if (!process.argv.includes('--quiet')) {
    const places = [...new Set(builds.map((options) => relative(root, options.outdir)))].join(', ');
    console.log(`built ${places} in ${Math.round(performance.now() - startedMs)} ms`);
  }
}
