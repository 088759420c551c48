/**
 * `compile`: the compiler as a library. A pure function of its arguments: it reads only through `options.files`, writes
 * nothing, keeps nothing between calls and never throws, whatever the program is. What goes wrong inside the compiler
 * itself (an invariant that does not hold) becomes one diagnostic of class `bug` that says so and asks for a report.
 */
import { InternalError, Reporter } from '../diagnostics/diagnostic.ts';
import { SourceMap } from '../diagnostics/span.ts';
import { type Compilation, runPipeline } from '../pipeline.ts';
import type { CompileOptions, CompileResult } from './options.ts';

/** Compiles the program at `path` (read through `options.files`). */
export function compile(path: string, options: CompileOptions): CompileResult {
  const sourceMap = new SourceMap();
  const reporter = new Reporter(options);
  const compilation: Compilation = { options, sourceMap, reporter, output: {} };
  guard(reporter, () => runPipeline(path, compilation));
  const ok = !reporter.hasErrors();
  return {
    ...compilation.output,
    ok,
    diagnostics: reporter.diagnostics(),
    errorCount: reporter.errorCount(),
    sourceMap,
  };
}

/**
 * The crash handler: runs `action`, and turns whatever it throws into a diagnostic. Running out of stack is the
 * program's doing (it nests too deeply for some phase); everything else is ours.
 */
export function guard(reporter: Reporter, action: () => void): void {
  try {
    action();
  } catch (error) {
    if (error instanceof RangeError && /call stack/i.test(error.message)) {
      reporter.error('overlimit', undefined, 'the program is nested too deeply for this compiler', {
        suggestion: 'split the most deeply nested expression or block with intermediate variables',
      });
      return;
    }
    const { message, span } = error instanceof InternalError ? error : { message: String(error), span: undefined };
    const frames = error instanceof Error ? (error.stack ?? '').split('\n').slice(1, 5) : [];
    reporter.error('bug', span, `the compiler itself failed: ${message}`, {
      notes: frames.map((frame) => ({ message: frame.trim() })),
      suggestion: 'this is our bug, not yours: please report it with the program that caused it',
    });
  }
}
