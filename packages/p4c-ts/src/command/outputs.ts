/** Which files a successful run of `mooring compile` writes, and what is in them. */
import type { CompileResult } from '../api/options.ts';
import type { CompileArguments } from './arguments.ts';

/** One file to be written. */
export interface OutputFile {
  readonly path: string;
  readonly content: string | Uint8Array;
}

/** All files in the order in which they are to be written. */
export function outputFiles(result: CompileResult, args: CompileArguments): OutputFile[] {
  const files: OutputFile[] = [];
  if (args.outputFile !== undefined && result.bmv2 !== undefined) {
    files.push({ path: args.outputFile, content: `${JSON.stringify(result.bmv2, undefined, 2)}\n` });
  }
  return files;
}
