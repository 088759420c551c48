// Warnings of the initialization analysis, less those that an annotation around the place turns off (`@noWarn("...")`).
//
// The walk follows actions into where they are called, so what is silenced is a matter of the way the walk came, not of
// the place in the text alone: each annotated node silences its classes for as long as the walk is inside of it.

import type * as ast from '../../../2-parse/ast.ts';
import type { Reporter } from '../../../diagnostics/diagnostic.ts';
import type { Span } from '../../../diagnostics/span.ts';
import { isSilenced } from '../../support/no-warn.ts';

const WARNING_CLASSES = ['uninitialized-use', 'uninitialized-out-param', 'invalid-header'] as const;

/** A class of warnings that this analysis gives. */
export type WarningClass = (typeof WARNING_CLASSES)[number];

/** Warnings of one walk. */
export class Warnings {
  private readonly reporter: Reporter;
  /** Classes of warnings that an annotation around the place turns off. */
  private silenced: ReadonlySet<WarningClass> = new Set();

  constructor(reporter: Reporter) {
    this.reporter = reporter;
  }

  /** Runs a part of the walk that belongs to the node, whose annotations may turn warnings off. */
  within(node: ast.Node, run: () => void): void {
    const outer = this.silenced;
    const more = WARNING_CLASSES.filter((each) => isSilenced(node, each));
    if (more.length > 0) this.silenced = new Set([...outer, ...more]);
    run();
    this.silenced = outer;
  }

  /** Gives a warning unless its class is silenced here. */
  warn(warningClass: WarningClass, span: Span, message: string): void {
    if (!this.silenced.has(warningClass)) this.reporter.warn(warningClass, span, message);
  }
}
