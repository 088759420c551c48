// `npm run differential`: bundles test/differential/main.ts and runs it. See there for the options; `MOORING_P4C` and
// `MOORING_BMV2` name the compiler and the switch to compare with. `npm run differential -- load-balancer` does so with
// test/differential/load-balancer/main.ts.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import { externalNpm } from './external-npm.mjs';

const argv = process.argv.slice(2);
const part = argv[0] === 'load-balancer' ? ['load-balancer'] : [];
const root = dirname(dirname(fileURLToPath(import.meta.url)));
// Beside the sources, so that npm packages and files named relative to a source are found.
const folder = mkdtempSync(join(root, 'test', 'differential', '.bundle-'));
try {
  const outfile = join(folder, 'main.mjs');
  await esbuild.build({
    entryPoints: [join(root, 'test', 'differential', ...part, 'main.ts')],
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    sourcemap: 'inline',
    conditions: ['mooring-source'],
    plugins: [externalNpm],
    define: { 'import.meta.url': JSON.stringify(`file://${root}/test/differential/compilers.ts`) },
    logLevel: 'warning',
    outfile,
  });
  const { status } = spawnSync(process.execPath, ['--enable-source-maps', outfile, ...argv.slice(part.length)], {
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
