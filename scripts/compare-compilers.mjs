// Compares Mooring's P4 compiler with another one on random programs:
//   node scripts/compare-compilers.mjs p4c-bm2-ss [FIRST_SEED [COUNT]]
// Exit status 1 if any packet comes out differently.
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const [peer, from = '0', count = '100'] = process.argv.slice(2);
if (peer === undefined) {
  console.error('usage: node scripts/compare-compilers.mjs COMPILER [FIRST_SEED [COUNT]]');
  process.exit(2);
}
const root = new URL('..', import.meta.url).pathname;
const folder = mkdtempSync(join(root, 'node_modules', '.compare-'));
const outfile = join(folder, 'compare.mjs');
try {
  await build({
    entryPoints: [join(root, 'test/compare-compilers/compare.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['mooring-source'],
    packages: 'external',
    alias: Object.fromEntries(
      [
        ['@mooring/bmv2-harness/stf', 'packages/bmv2-harness/src/stf.ts'],
        ['@mooring/p4c-ts', 'packages/p4c-ts/src/index.ts'],
        ['@mooring/p4c-ts/node', 'packages/p4c-ts/src/node.ts'],
        ['@mooring/softswitch', 'packages/softswitch/src/index.ts'],
      ].map(([name, path]) => [name, join(root, path)]),
    ),
    outfile,
  });
  const { compareCompilers } = await import(pathToFileURL(outfile).href);
  process.exitCode = await compareCompilers(peer, Number(from), Number(count));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
