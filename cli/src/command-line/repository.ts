/**
 * Where the shipped files are: the P4 sources and the bundle itself. Both are found by walking up from this module to
 * the folder whose package.json is named `mooring`, because a bundled module may lie at any depth of `cli/dist` and a
 * test runs it from `cli/src`.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

let found: string | undefined;

/** Absolute path of the repository (or installed copy). */
export function repositoryRoot(): string {
  if (found) return found;
  let directory = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const manifest = join(directory, 'package.json');
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).name === 'mooring')
      return (found = directory);
    const parent = dirname(directory);
    if (parent === directory) throw new Error('the folder of Mooring was not found above its own bundle');
    directory = parent;
  }
}

/** Absolute path of the file that starts the command, for starting it again as another process. */
export function commandFile(): string {
  return join(repositoryRoot(), 'cli', 'bin', 'mooring.mjs');
}

/** Absolute path of the command's built bundle. */
export function distDirectory(): string {
  return join(repositoryRoot(), 'cli', 'dist');
}
