/**
 * Finds and reads the repository's source files for the house test. The walk is over the work tree, not over git, so
 * that a file is checked before it is committed; build output, generated code, golden files and installed packages are
 * left out.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Absolute path of the repository. */
export const repository = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

const LEFT_OUT = new Set(['node_modules', 'dist', 'gen', 'golden', 'fixtures', '.git']);

/** A source file: its path from the repository's root with forward slashes, and its text. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** All files under `directory` (relative to the root) whose name ends in one of `endings`. */
export function sourceFiles(directory: string, endings: readonly string[]): SourceFile[] {
  const found: SourceFile[] = [];
  const walk = (path: string): void => {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      if (LEFT_OUT.has(entry.name)) continue;
      const child = join(path, entry.name);
      if (entry.isDirectory()) walk(child);
      else if (endings.some((ending) => entry.name.endsWith(ending))) {
        found.push({ path: relative(repository, child).split(sep).join('/'), text: readFileSync(child, 'utf8') });
      }
    }
  };
  walk(join(repository, directory));
  return found;
}

/** Module names that a TypeScript or JavaScript text imports, statically, dynamically or by re-export. */
export function importedModules(text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  const names: string[] = [];
  for (const match of code.matchAll(/(?:[\s}*]from\s+|\bimport\s*\(\s*|\bimport\s+)['"]([^'"\n]+)['"]/g))
    names.push(match[1]!);
  return names;
}

/** The workspace folder a path belongs to, or undefined. */
export function workspaceOf(path: string): string | undefined {
  return /^(packages\/[^/]+|controller|cli)\//.exec(path)?.[1];
}
