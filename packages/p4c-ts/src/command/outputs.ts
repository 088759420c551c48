/**
 * Which files a run of `mooring compile` writes, and what is in them. As with p4c, P4Info and entries are written as
 * soon as the front end has accepted the program, also when the back end then finds that the target cannot express it;
 * the BMv2 JSON only if there is no error at all.
 *
 * The protobuf runtime is loaded only here and only for the formats that need it: text, the usual one, is written
 * without.
 */
import { entriesText, p4infoText } from '../7-emit-p4info/text.ts';
import type { CompileResult } from '../api/options.ts';
import type { CompileArguments, P4RuntimeFormat } from './arguments.ts';

/** One file to be written. */
export interface OutputFile {
  readonly path: string;
  readonly content: string | Uint8Array;
}

/** Loads what needs the protobuf runtime. */
const runtime = () => import('../p4info.ts');

/** All files in the order in which they are to be written. */
export async function outputFiles(result: CompileResult, args: CompileArguments): Promise<OutputFile[]> {
  const files: OutputFile[] = [];
  if (result.controlPlane !== undefined && args.p4infoFiles.length + args.entriesFiles.length > 0) {
    const { controlPlane } = result;
    for (const path of args.p4infoFiles) {
      const format = formatOf(path, args);
      const content = format === 'text' ? p4infoText(controlPlane) : (await runtime()).p4infoFile(controlPlane, format);
      files.push({ path, content });
    }
    for (const path of args.entriesFiles) {
      const format = formatOf(path, args);
      const content =
        format === 'text' ? entriesText(controlPlane) : (await runtime()).entriesFile(controlPlane, format);
      files.push({ path, content });
    }
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
