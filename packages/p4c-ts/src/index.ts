/**
 * @mooring/p4c-ts: a P4_16 compiler for the v1model architecture, as a library.
 *
 * `compile(path, { files, includePaths })` takes a program through all phases and returns syntax tree, IR, BMv2 JSON,
 * P4Info and diagnostics. It needs no Node.js. The command (`mooring compile`) is in `@mooring/p4c-ts/command`; what
 * only Node.js has (files on disk, where the bundled includes lie) in `@mooring/p4c-ts/node`.
 */
export {
  layeredFileSystem,
  memoryFileSystem,
  type SourceFileSystem,
} from './1-preprocess/file-system.ts';
export type * as ast from './2-parse/ast.ts';
export { printProgram } from './2-parse/print.ts';
export { compile } from './api/compile.ts';
export type { CompileOptions, CompileOutput, CompileResult } from './api/options.ts';
export {
  type Diagnostic,
  type DiagnosticNote,
  ERROR_CLASSES,
  type ErrorClass,
  type Severity,
  WARNING_CLASSES,
  type WarningAction,
  type WarningClass,
} from './diagnostics/diagnostic.ts';
export { diagnosticToJson, type FormatOptions, formatDiagnostic } from './diagnostics/format.ts';
export { type Position, SourceMap, type Span } from './diagnostics/span.ts';
export { PHASES, type Phase } from './pipeline.ts';
