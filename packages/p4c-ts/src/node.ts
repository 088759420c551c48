/**
 * What the compiler needs of Node.js: source files on disk, and where the bundled `core.p4` and `v1model.p4` lie. Kept
 * out of the core so that it runs in a browser.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SourceFileSystem } from './1-preprocess/file-system.ts';
import type { CompileIo } from './command/run-compile.ts';

/** Files on disk; paths are relative to the working directory. */
export function nodeFileSystem(): SourceFileSystem {
  const cache = new Map<string, string | undefined>();
  return {
    read(path) {
      if (cache.has(path)) return cache.get(path);
      let text: string | undefined;
      try {
        text = readFileSync(path, 'utf8');
      } catch {
        text = undefined;
      }
      cache.set(path, text);
      return text;
    },
  };
}

/**
 * Folders with the language's own include files: `P4C_16_INCLUDE_PATH` if it is set (as for p4c), and `p4/include` of
 * this installation, which is looked for upwards from this file, because bundles lie at different depths.
 */
export function systemIncludePaths(environment: Readonly<Record<string, string | undefined>> = process.env): string[] {
  const paths: string[] = [];
  const fromEnvironment = environment.P4C_16_INCLUDE_PATH;
  if (fromEnvironment !== undefined && fromEnvironment !== '') paths.push(fromEnvironment);
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const candidate = join(folder, 'p4', 'include');
    if (existsSync(join(candidate, 'core.p4'))) {
      paths.push(candidate);
      return paths;
    }
    if (dirname(folder) === folder) return paths;
  }
}

/** `CompileIo` over this process. `version` is the installed version of Mooring. */
export function nodeCompileIo(version: string): CompileIo {
  return {
    files: nodeFileSystem(),
    systemIncludePaths: systemIncludePaths(),
    writeFile: (path, content) => writeFileSync(path, content),
    stdout: (text) => {
      process.stdout.write(text);
    },
    stderr: (text) => {
      process.stderr.write(text);
    },
    version,
  };
}
