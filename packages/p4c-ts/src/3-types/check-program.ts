// The front end's second half: from a syntax tree to a typed program. This file is the table of contents.
//
// Each step may assume that the steps before it found no error; a step with errors ends the check, because what
// follows would report consequences. Within a step all errors are found. The order is that of p4c, so that the first
// error of a program is the same one.

import type * as ast from '../2-parse/ast.ts';
import type { Reporter } from '../diagnostics/diagnostic.ts';
import type { FileId } from '../diagnostics/span.ts';
import { Checker } from './check/checker.ts';
import { checkTopLevel } from './check/declarations.ts';
import { checkAfterFolding } from './checks/after-folding.ts';
import { checkAnnotationBodies } from './checks/annotation-bodies.ts';
import { checkBuiltIns } from './checks/built-ins.ts';
import { checkDuplicates } from './checks/duplicates.ts';
import { checkParsedProgram } from './checks/parsed-program.ts';
import { warnAboutUnused } from './checks/unused.ts';
import { foldEarly } from './fold/early-fold.ts';
import { checkLate } from './late/late-checks.ts';
import { resolveNames } from './resolve/resolve-names.ts';
import { NodeList } from './support/node-list.ts';
import type { TypedProgram } from './typed-program.ts';

/** Settings of `checkProgram`. */
export interface CheckOptions {
  /**
   * Whether a file belongs to the compiler or an architecture: nothing in it is reported as unused. Default: none does.
   */
  readonly isSystemFile?: ((file: FileId) => boolean) | undefined;
  /** Whether P4Info is wanted, so that names for the control plane must not conflict; default true. */
  readonly controlPlane?: boolean | undefined;
}

/**
 * Resolves names, infers and checks types, evaluates constants, and checks everything that p4c's front end checks.
 * Reports to `reporter`; returns undefined when there were errors. Never throws for any tree the parser can make.
 */
export function checkProgram(
  program: ast.Program,
  reporter: Reporter,
  options: CheckOptions = {},
): TypedProgram | undefined {
  const all = new NodeList(program);
  checkDuplicates(program, all, reporter);
  if (reporter.hasErrors()) return undefined;
  checkAnnotationBodies(all, reporter);
  if (reporter.hasErrors()) return undefined;
  checkParsedProgram(program, all, reporter);
  if (reporter.hasErrors()) return undefined;
  checkBuiltIns(program, all, reporter);
  if (reporter.hasErrors()) return undefined;
  const names = resolveNames(program, reporter);
  if (reporter.hasErrors()) return undefined;
  warnAboutUnused(all, names, reporter, options.isSystemFile ?? (() => false));
  const early = foldEarly(program, names, reporter);
  if (reporter.hasErrors()) return undefined;
  checkAfterFolding(all, early, reporter);
  if (reporter.hasErrors()) return undefined;

  const checker = new Checker(program, all, names, early, reporter);
  for (const declaration of program.declarations) checkTopLevel(checker, declaration);
  if (reporter.hasErrors()) return undefined;
  checker.folder.freeze();
  checkLate(checker, options.controlPlane ?? true);
  if (reporter.hasErrors()) return undefined;
  fillConstants(checker);
  return checker.tables.toTypedProgram(program, names);
}

/** Enters the value of every compile-time expression that has one. */
function fillConstants(checker: Checker): void {
  for (const expression of checker.tables.compileTime) {
    const value = checker.folder.valueOf(expression);
    if (value !== undefined) checker.tables.constants.set(expression, value);
  }
}
