// Bundles a TypeScript program with all of Mooring's packages and runs it: what `npm run differential`, `fuzz` and
// `simulate` stand on.
//
// The bundle lies beside the source while it runs, so that npm packages are found. Each source keeps its own
// `import.meta.url`, from which it finds programs and declarations.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as esbuild from 'esbuild';
import { externalNpm } from './external-npm.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const ownUrl = {
  name: 'own-url',
  setup(build) {
    build.onLoad({ filter: /\.tsx?$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const contents = text.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href));
      return { contents, loader: path.endsWith('x') ? 'tsx' : 'ts' };
    });
  },
};

/**
 * Runs a program; its exit status becomes this process's.
 * @param {string} entry the source, relative to the repository
 * @param {readonly string[]} argv its arguments
 * @param {readonly string[]} nodeFlags
 */
export async function bundleAndRun(entry, argv, nodeFlags = []) {
  const source = resolve(root, entry);
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
      plugins: [externalNpm, ownUrl],
      logLevel: 'warning',
      outfile,
    });
    const flags = [...nodeFlags, '--enable-source-maps'];
    const { status } = spawnSync(process.execPath, [...flags, outfile, ...argv], { stdio: 'inherit' });
    process.exitCode = status ?? 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
