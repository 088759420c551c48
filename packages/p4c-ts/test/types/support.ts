/** What the tests of the type checker share: a program in memory, its diagnostics and its side tables. */
import { NodeIds, type Program } from '../../src/2-parse/ast.ts';
import { parseProgram } from '../../src/2-parse/parse.ts';
import { checkProgram } from '../../src/3-types/check-program.ts';
import type { TypedProgram } from '../../src/3-types/typed-program.ts';
import type { Diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { preprocessed } from '../front/support.ts';

/** Just enough of a core library for small programs. */
export const CORE = `
error { NoError, PacketTooShort, NoMatch }
match_kind { exact, ternary, lpm }
action NoAction() {}
extern packet_in {
  void extract<T>(out T hdr);
  void extract<T>(out T variableSizeHeader, in bit<32> variableFieldSizeInBits);
  T lookahead<T>();
  void advance(in bit<32> sizeInBits);
}
extern packet_out { void emit<T>(in T hdr); }
extern void verify(in bool check, in error toSignal);
extern bool static_assert(bool check, string message);
`;

/** Lines that `CORE` puts before a program. */
export const CORE_LINES = CORE.split('\n').length - 1;

/** A checked program. */
export interface Checked {
  readonly program: Program;
  /** Undefined after an error. */
  readonly typed: TypedProgram | undefined;
  readonly diagnostics: readonly Diagnostic[];
  /** `line class` of each error, lines counted without `CORE`. */
  readonly errors: string[];
  /** `line class` of each warning. */
  readonly warnings: string[];
}

/** Checks `source`, preceded by `CORE` unless `bare`. Syntax errors count as errors, with class `syntax`. */
export function check(source: string, bare = false): Checked {
  const text = bare ? source : CORE + source;
  const { sourceMap, reporter, text: preprocessedText } = preprocessed(text);
  const program = parseProgram(preprocessedText, reporter, new NodeIds());
  const typed = reporter.hasErrors() ? undefined : checkProgram(program, reporter);
  const offset = bare ? 0 : CORE_LINES;
  const describe = (severity: Diagnostic['severity']): string[] =>
    reporter
      .diagnostics()
      .filter((item) => item.severity === severity)
      .filter((item) => item.span === undefined || sourceMap.position(item.span).line > offset)
      .map((item) => `${item.span === undefined ? '-' : sourceMap.position(item.span).line - offset} ${item.class}`);
  return {
    program,
    typed,
    diagnostics: reporter.diagnostics(),
    errors: describe('error'),
    warnings: describe('warning'),
  };
}
