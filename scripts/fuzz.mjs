// `npm run fuzz`: bundles test/fuzz/main.ts and runs it with the garbage collector at hand, so that leaks show. See there for the options;
// `MOORING_BMV2` names the simple_switch to compare with.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import { externalNpm } from './external-npm.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
// Beside the sources, so that npm packages and files named relative to a source are found.
const folder = mkdtempSync(join(root, 'test', 'fuzz', '.bundle-'));
try {
  const outfile = join(folder, 'main.mjs');
  await esbuild.build({
    entryPoints: [join(root, 'test', 'fuzz', 'main.ts')],
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    sourcemap: 'inline',
    conditions: ['mooring-source'],
    plugins: [
      externalNpm,
      {
        // Each source keeps its own place, from which it finds programs and declarations.
        name: 'own-url',
        setup(build) {
          build.onLoad({ filter: /\/test\/.*\.ts$/ }, async ({ path }) => {
            const { readFile } = await import('node:fs/promises');
            const text = await readFile(path, 'utf8');
            return { contents: text.replaceAll('import.meta.url', JSON.stringify(`file://${path}`)), loader: 'ts' };
          });
        },
      },
    ],
    logLevel: 'warning',
    outfile,
  });
  const { status } = spawnSync(
    process.execPath,
    ['--expose-gc', '--enable-source-maps', outfile, ...process.argv.slice(2)],
    { stdio: 'inherit' },
  );
  process.exitCode = status ?? 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
