/** What goes into a compilation and what comes out: the library's types. See `compile` for how they are used. */
import type { SourceFileSystem } from '../1-preprocess/file-system.ts';
import type { PreprocessedText } from '../1-preprocess/segments.ts';
import type { Program } from '../2-parse/ast.ts';
import type { TypedProgram } from '../3-types/typed-program.ts';
import type { ControlPlane } from '../7-emit-p4info/model.ts';
import type { Diagnostic, WarningAction } from '../diagnostics/diagnostic.ts';
import type { SourceMap } from '../diagnostics/span.ts';
import type { Phase } from '../pipeline.ts';

/** Settings of one compilation. Only `files` has no default. */
export interface CompileOptions {
  /** Where the program and its includes are read from. */
  readonly files: SourceFileSystem;
  /** Folders searched by `#include`, in order. */
  readonly includePaths?: readonly string[];
  /** `name` or `name=text`. */
  readonly defines?: readonly string[];
  readonly undefines?: readonly string[];
  /** The program is preprocessed already: only line markers are read. */
  readonly alreadyPreprocessed?: boolean;
  /** Front end only (`--check`): any architecture, no back end, P4Info if `p4info` is set. */
  readonly checkOnly?: boolean;
  /**
   * The architecture, for P4Info: `v1model`, `psa`, `pna` or another name; by default told from the package of `main`.
   */
  readonly arch?: string;
  /** Make P4Info and the program's table entries; default true. */
  readonly p4info?: boolean;
  /** Keep calls of externs that v1model does not define, for a switch that brings them along. */
  readonly emitExterns?: boolean;
  /** Leave out `assert` and `assume`. */
  readonly ndebug?: boolean;
  /** Names of annotations to be ignored. */
  readonly disabledAnnotations?: readonly string[];
  /** What happens to warnings that `warningActions` does not name; default `warn`. */
  readonly defaultWarningAction?: WarningAction;
  /** By class of warning (`unused`, ...). */
  readonly warningActions?: ReadonlyMap<string, WarningAction>;
  /** After so many errors the rest is dropped; default 20. */
  readonly maxErrors?: number;
  /** Phases whose result is given to `onDump` as text. */
  readonly dumpAfter?: readonly string[];
  readonly onDump?: (phase: Phase, text: string) => void;
  /** Last phase to run. */
  readonly stopAfter?: Phase;
}

/** What the phases made; each is there if its phase ran, also when a later one failed. */
export interface CompileOutput {
  readonly preprocessed?: PreprocessedText | undefined;
  readonly ast?: Program | undefined;
  /** What names mean, types of expressions, values of constants. */
  readonly typed?: TypedProgram | undefined;
  /** P4Info and table entries; `@mooring/p4c-ts/p4info` makes messages and files of them. */
  readonly controlPlane?: ControlPlane | undefined;
  /** The BMv2 JSON document, as a plain object. */
  readonly bmv2?: Readonly<Record<string, unknown>> | undefined;
}

/** The result of `compile`. */
export interface CompileResult extends CompileOutput {
  /** True if there is no error. */
  readonly ok: boolean;
  /** Errors, warnings and information in the order found. */
  readonly diagnostics: readonly Diagnostic[];
  /** Errors found, those beyond `maxErrors` included. */
  readonly errorCount: number;
  /** Turns the spans of diagnostics and nodes into files, lines and columns. */
  readonly sourceMap: SourceMap;
}
