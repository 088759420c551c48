/**
 * `mooring compile` as the whole work of a process: the entry point of a bundle of its own, in CommonJS, that the
 * command's first file (cli/bin/mooring.mjs) loads through V8's code cache. Half of a short compilation's time is
 * otherwise spent on parsing the compiler; with the cache that is done once for each build.
 */
import { runCompile } from './command/run-compile.ts';
import { nodeCompileIo } from './node.ts';

/** Runs `mooring compile` with the words behind it. Resolves to the exit status; never rejects. */
export function compileProcess(argv: readonly string[], version: string): Promise<0 | 1> {
  return runCompile(argv.length === 0 ? ['--help'] : argv, nodeCompileIo(version));
}
