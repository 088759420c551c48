/** The two compilers: our own in this process, and an installed one with p4c-bm2-ss's options. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CompileOptions, compile, formatDiagnostic } from '@mooring/p4c-ts';
import { nodeFileSystem } from '@mooring/p4c-ts/node';
import type { ProgramJson } from './program-json.ts';

/** A program, or why there is none. */
export type Compiled =
  | { readonly ok: true; readonly program: ProgramJson }
  | { readonly ok: false; readonly reason: string };

/** Where the architecture's declarations are, for our compiler. */
export const OWN_INCLUDES = fileURLToPath(new URL('../../p4/include/', import.meta.url));

/** Compiles a text with our compiler. `includes` may name other declarations of the architecture. */
export function compileOwn(text: string, includes = OWN_INCLUDES): Compiled {
  const files = nodeFileSystem();
  return compileOwnFile('program.p4', [includes], {
    ...files,
    read: (path: string) => (path === 'program.p4' ? text : files.read(path)),
  });
}

/** Compiles a file with our compiler. */
export function compileOwnFile(
  path: string,
  includePaths: readonly string[] = [OWN_INCLUDES],
  files: CompileOptions['files'] = nodeFileSystem(),
): Compiled {
  const result = compile(path, { files, includePaths, p4info: false });
  if (result.ok && result.bmv2 !== undefined) return { ok: true, program: plain(result.bmv2) };
  const errors = result.diagnostics.filter((each) => each.severity === 'error');
  return { ok: false, reason: errors.map((each) => formatDiagnostic(each, result.sourceMap)).join('\n') };
}

/** As it would be after a way through a file. */
function plain(value: object): ProgramJson {
  return JSON.parse(JSON.stringify(value)) as ProgramJson;
}

/** Compiles a text with an installed compiler. */
export function compileWith(command: string, text: string): Compiled {
  const folder = mkdtempSync(join(tmpdir(), 'mooring-differential-'));
  try {
    const source = join(folder, 'program.p4');
    writeFileSync(source, text);
    return compileFileWith(command, source);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Compiles a file with an installed compiler. */
export function compileFileWith(command: string, path: string, includePaths: readonly string[] = []): Compiled {
  const folder = mkdtempSync(join(tmpdir(), 'mooring-differential-'));
  try {
    const output = join(folder, 'program.json');
    const flags = includePaths.flatMap((each) => ['-I', each]);
    execFileSync(command, ['--Wdisable', ...flags, '-o', output, path], { stdio: 'pipe' });
    return { ok: true, program: JSON.parse(readFileSync(output, 'utf8')) as ProgramJson };
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: Buffer };
    const lines = (stderr?.toString() ?? message).split('\n').filter((line) => /error|bug/i.test(line));
    return { ok: false, reason: lines.slice(0, 2).join(' | ') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
