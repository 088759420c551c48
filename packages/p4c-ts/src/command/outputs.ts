/**
 * Which files a run of `mooring compile` writes, and what is in them. As with p4c, P4Info and entries are written as soon as
 * the front end has accepted the program, also when the back end then finds that the target cannot express it; the
 * BMv2 JSON only if there is no error at all.
 *
 * The protobuf runtime is loaded only here and only when needed: most compilations write no P4Info, and start faster for it.
 */
import type { CompileResult } from '../api/options.ts';
import type { CompileArguments, P4RuntimeFormat } from './arguments.ts';

/** One file to be written. */
export interface OutputFile {
  readonly path: string;
  readonly content: string | Uint8Array;
}

/** All files in the order in which they are to be written. */
export async function outputFiles(result: CompileResult, args: CompileArguments): Promise<OutputFile[]> {
  const files: OutputFile[] = [];
  if (result.controlPlane !== undefined && args.p4infoFiles.length + args.entriesFiles.length > 0) {
    const { p4infoFile, entriesFile } = await import('../p4info.ts');
    const { controlPlane } = result;
    for (const path of args.p4infoFiles) files.push({ path, content: p4infoFile(controlPlane, formatOf(path, args)) });
    for (const path of args.entriesFiles)
      files.push({ path, content: entriesFile(controlPlane, formatOf(path, args)) });
  }
  if (args.outputFile !== undefined && result.ok && result.bmv2 !== undefined) {
    files.push({ path: args.outputFile, content: `${JSON.stringify(result.bmv2, undefined, 2)}\n` });
  }
  return files;
}

/** The format that a file's ending tells; undefined for other endings. */
export function formatOfEnding(path: string): P4RuntimeFormat | undefined {
  if (/\.(txtpb|txt|textproto|pbtxt)$/.test(path)) return 'text';
  if (path.endsWith('.bin')) return 'binary';
  return path.endsWith('.json') ? 'json' : undefined;
}

function formatOf(path: string, args: CompileArguments): P4RuntimeFormat {
  return formatOfEnding(path) ?? args.p4runtimeFormat ?? 'text';
}
