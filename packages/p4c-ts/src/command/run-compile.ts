/**
 * `mooring compile`, without a process around it: arguments in, exit status out, every effect through `CompileIo`.
 * Files are written whole and last; which of them after an error, see outputs.ts.
 *
 * Exit status as p4c's: 0 done (warnings included), 1 otherwise.
 */
import type { SourceFileSystem } from '../1-preprocess/file-system.ts';
import { compile } from '../api/compile.ts';
import type { CompileResult } from '../api/options.ts';
import { diagnosticToJson, formatDiagnostic } from '../diagnostics/format.ts';
import { PHASES } from '../pipeline.ts';
import { type CompileArguments, compileHelp, parseCompileArguments } from './arguments.ts';
import { outputFiles } from './outputs.ts';

/** The world as the command sees it. */
export interface CompileIo {
  readonly files: SourceFileSystem;
  /** Folders with `core.p4` and the architectures, searched after all `-I`. */
  readonly systemIncludePaths: readonly string[];
  /** Writes a whole file; throws with a message for people if it cannot. */
  readonly writeFile: (path: string, content: string | Uint8Array) => void;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** What `--version` prints. */
  readonly version: string;
}

/** Runs the command; `argv` are the words behind `mooring compile`. Resolves to the exit status; never rejects. */
export async function runCompile(argv: readonly string[], io: CompileIo): Promise<0 | 1> {
  const parsed = parseCompileArguments(argv);
  switch (parsed.kind) {
    case 'help':
      io.stdout(compileHelp());
      return 0;
    case 'version':
      io.stdout(`mooring compile\nVersion ${io.version}\n`);
      return 0;
    case 'error':
      io.stderr(`error: ${parsed.message}\n`);
      return 1;
    case 'compile':
      return runWith(parsed.arguments, io);
  }
}

async function runWith(args: CompileArguments, io: CompileIo): Promise<0 | 1> {
  const unknownPhase = args.dumpAfter.find((name) => !(PHASES as readonly string[]).includes(name));
  if (unknownPhase !== undefined) {
    io.stderr(`error: there is no phase '${unknownPhase}'; choose from ${PHASES.join(', ')}\n`);
    return 1;
  }
  const result = compile(args.program, {
    files: io.files,
    includePaths: [...args.includePaths, ...io.systemIncludePaths],
    defines: args.defines,
    undefines: args.undefines,
    alreadyPreprocessed: args.alreadyPreprocessed,
    ...(args.arch === undefined || args.arch === 'ss' ? {} : { arch: args.arch }),
    checkOnly: args.checkOnly,
    p4info: args.p4infoFiles.length > 0 || args.entriesFiles.length > 0,
    emitExterns: args.emitExterns,
    ndebug: args.ndebug,
    disabledAnnotations: args.disabledAnnotations,
    defaultWarningAction: args.defaultWarningAction,
    warningActions: args.warningActions,
    ...(args.maxErrors === undefined ? {} : { maxErrors: args.maxErrors }),
    ...(args.preprocessOnly ? { stopAfter: 'preprocess' } : {}),
    dumpAfter: args.prettyPrintFile === undefined ? args.dumpAfter : [...args.dumpAfter, 'parse'],
    onDump: (phase, text) => {
      if (args.dumpAfter.includes(phase)) io.stdout(`// after ${phase}\n${text}`);
      if (phase === 'parse' && args.prettyPrintFile !== undefined) write(io, args.prettyPrintFile, text);
    },
  });
  report(result, args, io);
  if (args.preprocessOnly) {
    if (result.ok) io.stdout(result.preprocessed?.text ?? '');
    return result.ok ? 0 : 1;
  }
  const files = await outputFiles(result, args);
  const allWritten = files.every(({ path, content }) => write(io, path, content));
  return result.ok && allWritten ? 0 : 1;
}

function report(result: CompileResult, args: CompileArguments, io: CompileIo): void {
  if (args.json) {
    const diagnostics = result.diagnostics.map((item) => diagnosticToJson(item, result.sourceMap));
    io.stdout(`${JSON.stringify({ ok: result.ok, errors: result.errorCount, diagnostics }, undefined, 2)}\n`);
    return;
  }
  const lines = result.diagnostics.map((item) => formatDiagnostic(item, result.sourceMap));
  const shown = result.diagnostics.filter((item) => item.severity === 'error').length;
  if (result.errorCount > shown)
    lines.push(`${result.errorCount - shown} more errors are not shown (see --maxErrorCount)`);
  if (lines.length > 0) io.stderr(`${lines.join('\n')}\n`);
}

function write(io: CompileIo, path: string, content: string | Uint8Array): boolean {
  try {
    io.writeFile(path, content);
    return true;
  } catch (error) {
    io.stderr(
      `error[I/O error]: ${path} cannot be written: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    return false;
  }
}
