/**
 * What the compiler says to people. Every phase reports through one `Reporter`, which only collects: nothing is
 * printed, thrown or counted anywhere else, so the library, the command and an editor see the same list, and a pass
 * can go on after an error and find the next.
 *
 * A diagnostic's code is its `class`, and classes are p4c's (`type-error`, `invalid`, ...), because scripts and
 * `--Wdisable/--Werror` know those. The catalogue (`catalogue.ts`) explains each of them with an example.
 * There are exactly three kinds of trouble: the user's (`error`), a construct that this compiler or its target does not
 * support (`error` with class `unsupported` or `target-error`, always naming the gap), and our own bug (class `bug`).
 */
import type { Span } from './span.ts';

/** How bad it is. Only an `error` makes the exit status 1. */
export type Severity = 'error' | 'warning' | 'info';

/** p4c's names of error classes; `syntax` is what p4c prints without a class, `bug` is our own fault. */
export const ERROR_CLASSES = [
  'syntax',
  'unknown',
  'unsupported',
  'unexpected',
  'expected',
  'not-found',
  'invalid',
  'expr',
  'overlimit',
  'insufficient',
  'uninitialized',
  'type-error',
  'target-error',
  'duplicate',
  'unreachable',
  'I/O error',
  'Target model error',
  'keys',
  'reserved',
  'legacy',
  'preprocessor',
  'bug',
] as const;
export type ErrorClass = (typeof ERROR_CLASSES)[number];

/** p4c's names of warning classes: what `--Wdisable=`, `--Wwarn=` and `--Werror=` take. */
export const WARNING_CLASSES = [
  'failed',
  'unknown',
  'invalid',
  'unsupported',
  'deprecated',
  'uninitialized',
  'unused',
  'missing',
  'ordering',
  'mismatch',
  'overflow',
  'ignore-prop',
  'type-inference',
  'parser-transition',
  'unreachable',
  'shadow',
  'uninitialized-use',
  'uninitialized-out-param',
  'ignore',
  'invalid-header',
  'duplicate-priorities',
  'entries-out-of-priority-order',
  'multi-header-extract',
  'expr',
  'duplicate',
  'branch',
  'keys',
  'legacy',
  'preprocessor',
] as const;
export type WarningClass = (typeof WARNING_CLASSES)[number];

/** Another place or fact that belongs to the message ("declared here"). */
export interface DiagnosticNote {
  readonly message: string;
  readonly span?: Span | undefined;
}

/** One message. */
export interface Diagnostic {
  readonly severity: Severity;
  readonly class: ErrorClass | WarningClass;
  /** What is wrong and what was expected, one sentence without a final full stop. */
  readonly message: string;
  /** Where; `undefined` only for what concerns no text at all (a missing file named on the command line). */
  readonly span: Span | undefined;
  readonly notes: readonly DiagnosticNote[];
  /** What to do next ("did you mean `x`?"). */
  readonly suggestion?: string | undefined;
}

/** The optional parts of a report. */
export interface ReportExtras {
  readonly notes?: readonly DiagnosticNote[];
  readonly suggestion?: string | undefined;
}

/** What to do with a class of warnings (`--Wdisable`, `--Wwarn`, `--Werror`). */
export type WarningAction = 'ignore' | 'warn' | 'error';

/** Settings of a reporter. */
export interface ReporterOptions {
  /** Action for all warnings that `warningActions` does not name; default `warn`. */
  readonly defaultWarningAction?: WarningAction;
  readonly warningActions?: ReadonlyMap<string, WarningAction>;
  /** After so many errors the rest is dropped and counted; default 20, as p4c. */
  readonly maxErrors?: number;
}

/** Collects diagnostics in the order in which they are found. Never throws. */
export class Reporter {
  private readonly list: Diagnostic[] = [];
  private readonly seen = new Set<string>();
  private errors = 0;
  private readonly options: ReporterOptions;

  constructor(options: ReporterOptions = {}) {
    this.options = options;
  }

  /** Reports a user's error, or a named gap (`unsupported`, `target-error`). */
  error(errorClass: ErrorClass, span: Span | undefined, message: string, extras: ReportExtras = {}): void {
    this.add({ severity: 'error', class: errorClass, span, message, notes: extras.notes ?? [], ...pick(extras) });
  }

  /** Reports a warning; dropped, kept or made an error as the options say for its class. */
  warn(warningClass: WarningClass, span: Span | undefined, message: string, extras: ReportExtras = {}): void {
    const action = this.actionFor(warningClass);
    if (action === 'ignore') return;
    const severity: Severity = action === 'error' ? 'error' : 'warning';
    this.add({ severity, class: warningClass, span, message, notes: extras.notes ?? [], ...pick(extras) });
  }

  /** Tells something that needs no action. */
  info(span: Span | undefined, message: string): void {
    this.add({ severity: 'info', class: 'unknown', span, message, notes: [] });
  }

  /** Adds a ready diagnostic. One that says the same about the same place was already added is dropped. */
  add(diagnostic: Diagnostic): void {
    const { span } = diagnostic;
    const key = `${diagnostic.severity} ${diagnostic.class} ${span?.file}:${span?.start} ${diagnostic.message}`;
    if (this.seen.has(key)) return;
    this.seen.add(key);
    if (diagnostic.severity === 'error') {
      this.errors += 1;
      if (this.errors > (this.options.maxErrors ?? 20)) return;
    }
    this.list.push(diagnostic);
  }

  /** True once an error was reported: later phases that need a correct program must not run. */
  hasErrors(): boolean {
    return this.errors > 0;
  }

  /** Number of errors reported, those beyond the limit included. */
  errorCount(): number {
    return this.errors;
  }

  /** Everything kept so far, in order. */
  diagnostics(): readonly Diagnostic[] {
    return this.list;
  }

  private actionFor(warningClass: WarningClass): WarningAction {
    const own = this.options.warningActions?.get(warningClass);
    if (own !== undefined) return own;
    // As p4c: hints about likely branches are off unless asked for.
    if (warningClass === 'branch') return 'ignore';
    return this.options.defaultWarningAction ?? 'warn';
  }
}

function pick(extras: ReportExtras): { suggestion?: string } {
  return extras.suggestion === undefined ? {} : { suggestion: extras.suggestion };
}

/** Ends a `switch` over a union: the compiler proves that no kind was forgotten, and at run time it is our bug. */
export function assertNever(value: never, where: string): never {
  throw new InternalError(`${where}: unexpected ${JSON.stringify((value as { kind?: unknown } | undefined)?.kind)}`);
}

/** Our bug: thrown where an invariant of the compiler itself is broken; reported by the crash handler of `compile`. */
export class InternalError extends Error {
  override readonly name = 'InternalError';
  readonly span: Span | undefined;
  constructor(message: string, span?: Span) {
    super(message);
    this.span = span;
  }
}
