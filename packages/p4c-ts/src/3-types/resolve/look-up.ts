// Looking names up: what a name means at the current place, what to say when it means nothing or too much, and which
// declarations it hides. The pass that moves through the program and fills the scopes is resolve-names.ts.

import type * as ast from '../../2-parse/ast.ts';
import type { Reporter } from '../../diagnostics/diagnostic.ts';
import type { Span } from '../../diagnostics/span.ts';
import { NodeTable } from '../support/node-table.ts';
import { positionOf } from '../support/positions.ts';
import { didYouMean } from '../support/suggest.ts';
import type { NamedThing, TypeDeclaration } from '../typed-program.ts';
import { callMatches } from './overloads.ts';
import { isTypeEntry, Scope, type ScopeEntry } from './scope.ts';

/** What resolution found out; nodes whose name could not be resolved are absent (an error was reported). */
export interface ResolvedNames {
  readonly paths: NodeTable<ast.PathExpression, NamedThing>;
  readonly typeNames: Map<ast.NamedType, TypeDeclaration>;
  readonly thisInstances: Map<ast.ThisExpression, ast.Instantiation>;
  /** Whatever some name refers to. */
  readonly used: Set<NamedThing | TypeDeclaration>;
  readonly errors: ast.EnumMember[];
  readonly matchKinds: ast.EnumMember[];
}

type Context = 'expression' | 'type';

/** Scopes and look-up. */
export class NameLookup {
  readonly result: ResolvedNames;
  protected readonly reporter: Reporter;
  protected readonly root = new Scope(undefined);
  protected scope = this.root;
  protected readonly matchKindsByName = new Map<string, ast.EnumMember>();
  /** Innermost value declaration around the current place: not visible in its own initializer. */
  protected declaration: ast.Node | undefined;
  /** Innermost type declaration around the current place: must not refer to itself. */
  protected typeDeclaration: ast.Node | undefined;

  constructor(program: ast.Program, reporter: Reporter) {
    this.reporter = reporter;
    this.result = {
      paths: new NodeTable(program),
      typeNames: new Map(),
      thisInstances: new Map(),
      used: new Set(),
      errors: [],
      matchKinds: [],
    };
  }

  // ----------------------------------------------------------------------------------------------------- look-up

  protected path(node: ast.PathExpression, args: readonly ast.Argument[] | undefined): void {
    let found = this.lookUp(node.name.name, 'expression', node.absolute ? this.root : this.scope, node.absolute);
    if (found.length > 1 && args !== undefined) {
      found = found.filter((entry) => mayCall(entry, args));
    }
    const entry = this.single(node.name, found, 'expression');
    if (entry !== undefined) this.refer(node, entry as NamedThing);
  }

  /** The path stands for that. */
  protected refer(node: ast.PathExpression, thing: NamedThing): void {
    this.result.paths.set(node, thing);
    this.result.used.add(thing);
  }

  protected typeName(node: ast.NamedType, args: readonly ast.Argument[] | undefined): void {
    const scope = node.absolute ? this.root : this.scope;
    let found = this.lookUp(node.name.name, 'type', scope, node.absolute);
    if (found.length > 1 && args !== undefined) found = found.filter((entry) => mayCall(entry, args));
    const entry = this.single(node.name, found, 'type');
    if (entry === undefined) return;
    if (entry === this.typeDeclaration) {
      this.reporter.error(
        'unsupported',
        node.name.span,
        `'${node.name.name}' refers to itself; self-referencing types are not supported`,
      );
      return;
    }
    this.result.typeNames.set(node, entry as TypeDeclaration);
    this.result.used.add(entry as TypeDeclaration);
  }

  protected lookUp(name: string, context: Context, from: Scope, onlyThere: boolean): readonly ScopeEntry[] {
    for (let scope: Scope | undefined = from; scope !== undefined; scope = onlyThere ? undefined : scope.parent) {
      const own = scope.own(name);
      if (own === undefined) continue;
      // One entry is the rule, and it is visible: then there is nothing to sort out.
      if (own.length === 1) {
        if (this.isVisible(own[0]!, context)) return own;
        continue;
      }
      const visible = own.filter((entry) => this.isVisible(entry, context));
      if (visible.length > 0) return visible;
    }
    if (context === 'expression') {
      const matchKind = this.matchKindsByName.get(name);
      if (matchKind !== undefined) return [matchKind];
    }
    return [];
  }

  private isVisible(entry: ScopeEntry, context: Context): boolean {
    if (context === 'type') return isTypeEntry(entry);
    if (entry.kind === 'StructField') return false;
    return entry.kind === 'ParserState' || entry !== (this.declaration as ScopeEntry | undefined);
  }

  protected single(name: ast.Identifier, found: readonly ScopeEntry[], context: Context): ScopeEntry | undefined {
    if (found.length === 1) return found[0];
    if (found.length === 0) {
      const what = context === 'type' ? 'type' : 'name';
      this.reporter.error('not-found', name.span, `${what} '${name.name}' is not declared here`, {
        suggestion: didYouMean(name.name, this.candidates(context)),
      });
    } else {
      this.reporter.error('duplicate', name.span, `'${name.name}' has several declarations that match`, {
        notes: found.map((entry) => ({ message: 'candidate', span: entrySpan(entry) })),
      });
    }
    return undefined;
  }

  protected *candidates(context: Context): Iterable<string> {
    for (const [name, entry] of this.scope.visibleNames()) {
      if (isTypeEntry(entry) === (context === 'type')) yield name;
    }
  }

  protected enter(): void {
    this.scope = new Scope(this.scope);
  }

  protected nested(body: () => void): void {
    const outer = this.scope;
    this.enter();
    body();
    this.scope = outer;
  }

  // --------------------------------------------------------------------------------------------------- shadowing

  /** Warns where a name hides another one; called with the declarations of a scope before it opens. */
  protected warnShadowing(declarations: readonly (ScopeEntry & { readonly name: ast.Identifier })[]): void {
    if (declarations.length === 0) return;
    const sameScope = new Map<string, ScopeEntry>();
    for (const entry of declarations) {
      const name = entry.name.name;
      const previous = sameScope.get(name);
      if (previous !== undefined) this.warnShadow(entry, previous);
      else sameScope.set(name, entry);
      for (const outer of this.lookUp(name, 'expression', this.scope, false)) {
        if (outer === entry) continue;
        if (outer.kind === 'Parameter' && isStatementDeclaration(entry)) {
          this.reporter.add({
            severity: 'error',
            class: 'shadow',
            message: `declaration of '${name}' hides the parameter '${name}'`,
            span: entry.name.span,
            notes: [{ message: 'the parameter', span: outer.name.span }],
            suggestion: 'give the declaration another name',
          });
        }
        this.warnShadow(entry, outer);
      }
    }
  }

  protected warnShadow(entry: ScopeEntry & { readonly name: ast.Identifier }, hidden: ScopeEntry): void {
    const span = entrySpan(hidden);
    this.reporter.warn('shadow', entry.name.span, `'${entry.name.name}' shadows an outer declaration of that name`, {
      notes: span === undefined ? [] : [{ message: 'this one is hidden', span }],
    });
  }
}

/** A declaration that may stand among statements. */
export type StatementDeclaration = ast.VariableDeclaration | ast.ConstantDeclaration | ast.Instantiation;

/** Whether the scope's entry, or the statement, is a declaration that may stand among statements. */
export function isStatementDeclaration(node: ScopeEntry | ast.Statement): node is StatementDeclaration {
  switch (node.kind) {
    case 'VariableDeclaration':
    case 'ConstantDeclaration':
    case 'Instantiation':
      return true;
    default:
      return false;
  }
}

function mayCall(entry: ScopeEntry, args: readonly ast.Argument[]): boolean {
  const parameters = callableParameters(entry);
  return parameters === undefined || callMatches(parameters, args);
}

function callableParameters(entry: ScopeEntry): readonly ast.Parameter[] | undefined {
  switch (entry.kind) {
    case 'FunctionDeclaration':
    case 'ActionDeclaration':
    case 'Method':
    case 'PackageTypeDeclaration':
      return entry.parameters;
    case 'ParserDeclaration':
    case 'ControlDeclaration':
      return entry.constructorParameters;
    default:
      return undefined;
  }
}

function entrySpan(entry: ScopeEntry): Span | undefined {
  return entry.kind === 'BuiltInState' ? undefined : positionOf(entry);
}
