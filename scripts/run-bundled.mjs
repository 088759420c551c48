// `node scripts/run-bundled.mjs test/simulation/main.ts ARGUMENTS`: bundles a TypeScript program with all of Mooring's packages and
// runs it, with its own exit status. The bundle lies beside the source while it runs, so that npm packages are found, and
// `import.meta.url` is that of a file there.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as esbuild from 'esbuild';
import { externalNpm } from './external-npm.mjs';

const [entry, ...argv] = process.argv.slice(2);
if (entry === undefined) {
  console.error('usage: node scripts/run-bundled.mjs SOURCE.ts [ARGUMENTS]');
  process.exit(2);
}
const source = resolve(entry);
const folder = mkdtempSync(join(dirname(source), '.bundle-'));
try {
  const outfile = join(folder, 'main.mjs');
  await esbuild.build({
    entryPoints: [source],
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    sourcemap: 'inline',
    conditions: ['mooring-source'],
    plugins: [externalNpm],
    define: { 'import.meta.url': JSON.stringify(pathToFileURL(source).href) },
    logLevel: 'warning',
    outfile,
  });
  const { status } = spawnSync(process.execPath, ['--enable-source-maps', outfile, ...argv], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
