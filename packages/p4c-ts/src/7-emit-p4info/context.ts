/**
 * What all parts of P4Info generation share: the program, where problems are reported, the table of ids, the types
 * described so far, and what the architecture calls things. One object for each run, so that nothing is kept between
 * compilations.
 */
import type * as ast from '../2-parse/ast.ts';
import type { TypedProgram } from '../3-types/typed-program.ts';
import type { Reporter } from '../diagnostics/diagnostic.ts';
import { annotationFields, annotationNamed, documentation, type Evaluate } from './annotations.ts';
import { type ArchitectureNames, architectureNames } from './architectures.ts';
import type { Preamble, SymbolKind } from './model.ts';
import { Symbols } from './symbols.ts';
import { TypeSpecs } from './type-specs.ts';

export class P4InfoContext {
  readonly typed: TypedProgram;
  readonly reporter: Reporter;
  readonly symbols = new Symbols();
  readonly types: TypeSpecs;
  /** What the architecture calls things. */
  readonly names: ArchitectureNames;

  constructor(typed: TypedProgram, reporter: Reporter, arch: string) {
    this.names = architectureNames(arch);
    this.typed = typed;
    this.reporter = reporter;
    this.types = new TypeSpecs(typed, reporter);
  }

  /** Evaluates expressions of structured annotations: they know no constructor parameters. */
  readonly evaluate: Evaluate = (expression) => this.typed.constants.get(expression);

  /** The preamble of an object that was added to `symbols`. */
  preamble(
    kind: SymbolKind,
    name: string,
    annotations: readonly ast.Annotation[],
    isHidden?: (annotation: string) => boolean,
  ): Preamble {
    const doc = documentation(annotations);
    return {
      id: this.symbols.id(kind, name),
      name,
      alias: this.symbols.alias(name),
      ...annotationFields(annotations, this.evaluate, isHidden),
      ...(doc === undefined ? {} : { doc }),
    };
  }
}

/** True for what `@hidden` keeps from the control plane. */
export function isHidden(annotations: readonly ast.Annotation[]): boolean {
  return annotationNamed(annotations, 'hidden') !== undefined;
}
