// `npm run differential`: bundles test/differential/main.ts and runs it. See there for the options; `MOORING_P4C` and
// `MOORING_BMV2` name the compiler and the switch to compare with.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
// Beside the sources, so that npm packages and files named relative to a source are found.
const folder = mkdtempSync(join(root, 'test', 'differential', '.bundle-'));
try {
  const outfile = join(folder, 'main.mjs');
  await esbuild.build({
    entryPoints: [join(root, 'test', 'differential', 'main.ts')],
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    sourcemap: 'inline',
    conditions: ['mooring-source'],
    external: ['koffi'],
    define: { 'import.meta.url': JSON.stringify(`file://${root}/test/differential/compilers.ts`) },
    banner: {
      js: `import { createRequire } from 'node:module'; const require = createRequire('${root}/package.json');`,
    },
    logLevel: 'warning',
    outfile,
  });
  const { status } = spawnSync(process.execPath, ['--enable-source-maps', outfile, ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
