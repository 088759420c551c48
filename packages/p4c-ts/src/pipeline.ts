/**
 * The compiler, read from top to bottom. Each phase is a folder with a number; each takes what the one before made and
 * leaves it as it was. After a phase that reported errors nothing further runs, because later phases rely on a correct
 * program.
 *
 * | phase | in | out |
 * |---|---|---|
 * | 1-preprocess | files | one text with its origin |
 * | 2-parse | text | syntax tree |
 * | 3-types | syntax tree | side tables: what names mean, types, constant values |
 * | 4-elaborate | typed program | instantiated program as control-flow graphs (the IR) |
 * | 5-lower | IR | IR that the target can express |
 * | 6-emit-bmv2 | IR | BMv2 JSON |
 * | 7-emit-p4info | typed program | P4Info and the entries written in the program |
 *
 * `runPipeline` may throw only `InternalError` and what JavaScript itself throws; `compile` (api/compile.ts) catches
 * those.
 */
import { preprocess, readPreprocessed } from './1-preprocess/preprocess.ts';
import { NodeIds } from './2-parse/ast.ts';
import { parseProgram } from './2-parse/parse.ts';
import { printProgram } from './2-parse/print.ts';
import { checkProgram } from './3-types/check-program.ts';
import { systemFiles } from './3-types/support/system-files.ts';
import { elaborate } from './4-elaborate/elaborate.ts';
import { lower, passes } from './5-lower/lower.ts';
import { printIr } from './5-lower/print.ts';
import { emitBmv2 } from './6-emit-bmv2/emit.ts';
import { architectureOf } from './7-emit-p4info/architectures.ts';
import { emitP4Info } from './7-emit-p4info/emit-p4info.ts';
import type { CompileOptions, CompileOutput } from './api/options.ts';
import type { Reporter } from './diagnostics/diagnostic.ts';
import type { SourceMap } from './diagnostics/span.ts';

/** The phases' names, as `--dump-after` takes them. */
export const PHASES = [
  'preprocess',
  'parse',
  'types',
  'p4info',
  'elaborate',
  ...passes.map((pass) => `lower:${pass.name}` as const),
  'lower',
] as const;
export type Phase = (typeof PHASES)[number];

/** What all phases of one compilation share. */
export interface Compilation {
  readonly options: CompileOptions;
  readonly sourceMap: SourceMap;
  readonly reporter: Reporter;
  /** Everything made so far: kept also when a later phase fails. */
  readonly output: { -readonly [K in keyof CompileOutput]: CompileOutput[K] };
}

/** Compiles the program at `path`; results go into `compilation.output`, problems into its reporter. */
export function runPipeline(path: string, compilation: Compilation): void {
  const { options, sourceMap, reporter, output } = compilation;
  const failed = () => reporter.hasErrors();
  const dump = (phase: Phase, text: () => string) => {
    if (options.dumpAfter?.includes(phase) === true) options.onDump?.(phase, text());
  };

  const text =
    options.alreadyPreprocessed === true
      ? readPreprocessed(path, { ...options, sourceMap, reporter })
      : preprocess(path, { ...options, sourceMap, reporter });
  output.preprocessed = text;
  if (text === undefined) return;
  dump('preprocess', () => text.text);
  if (failed() || options.stopAfter === 'preprocess') return;

  const ids = new NodeIds();
  const program = parseProgram(text, reporter, ids);
  output.ast = program;
  dump('parse', () => printProgram(program));
  if (failed() || options.stopAfter === 'parse') return;

  const typed = checkProgram(program, reporter, {
    isSystemFile: systemFiles(sourceMap),
    controlPlane: options.p4info !== false,
  });
  output.typed = typed;
  if (typed === undefined || failed() || options.stopAfter === 'types') return;

  if (options.p4info !== false) {
    output.controlPlane = emitP4Info(typed, reporter, options.arch ?? architectureOf(typed));
    if (failed()) return;
  }
  if (options.checkOnly === true || options.stopAfter === 'p4info') return;

  const instantiated = elaborate(typed, reporter, {
    sourceName: path,
    emitExterns: options.emitExterns === true,
    ndebug: options.ndebug === true,
  });
  if (instantiated === undefined || failed()) return;
  dump('elaborate', () => printIr(instantiated));
  if (options.stopAfter === 'elaborate') return;

  lower(instantiated, reporter, sourceMap, (pass) => dump(`lower:${pass}`, () => printIr(instantiated)));
  if (failed()) return;
  dump('lower', () => printIr(instantiated));
  if (options.stopAfter === 'lower') return;

  const bmv2 = emitBmv2(instantiated, sourceMap, reporter);
  if (!failed()) output.bmv2 = bmv2;
}
