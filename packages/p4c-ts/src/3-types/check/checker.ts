// The state of one run of the type checker, and the helpers that all its parts use.
//
// How: the checker reads the program once, from top to bottom, parents after their children's types are known. Its
// parts (expressions, calls, tables, ...) are functions in files of their own that take the `Checker`. Where a
// construct may stand is judged from `context`, which the parts replace while they go down and restore afterwards
// (`within`).
//
// Why plain functions over one state object and not a visitor class: each rule of the language is then a function one
// can find by its name, with everything it depends on in its signature.

import type * as ast from '../../2-parse/ast.ts';
import type { ReportExtras, Reporter } from '../../diagnostics/diagnostic.ts';
import type { Span } from '../../diagnostics/span.ts';
import type { EarlyConstants } from '../fold/early-fold.ts';
import { TypedFolder } from '../fold/typed-fold.ts';
import type { ResolvedNames } from '../resolve/resolve-names.ts';
import type { NodeList } from '../support/node-list.ts';
import { containsErroneous, type FunctionType, type Type, type TypeVariable } from '../types.ts';
import { Fields } from './fields.ts';
import { SideTables } from './side-tables.ts';

/** What surrounds the place that is being checked. */
export interface Context {
  readonly parser: ast.ParserDeclaration | undefined;
  readonly control: ast.ControlDeclaration | undefined;
  readonly action: ast.ActionDeclaration | undefined;
  /** The function or abstract method's implementation whose body this is. */
  readonly functionType: FunctionType | undefined;
  readonly table: ast.TableDeclaration | undefined;
  /** Inside the `actions` property of `table`. */
  readonly inActionList: boolean;
  /** Inside the key set of a select case. */
  readonly inSelectCase: boolean;
  /** The instance whose abstract methods are being defined. */
  readonly instance: ast.Instantiation | undefined;
  /** The statement whose expression this is, when it is a switch. */
  readonly inSwitchExpression: boolean;
}

const TOP_LEVEL: Context = {
  parser: undefined,
  control: undefined,
  action: undefined,
  functionType: undefined,
  table: undefined,
  inActionList: false,
  inSelectCase: false,
  instance: undefined,
  inSwitchExpression: false,
};

/** A generic call or instantiation whose type arguments must turn out to be complete. */
export interface PendingInference {
  readonly node: ast.CallExpression | ast.ConstructorCallExpression | ast.Instantiation;
  readonly variables: readonly { readonly name: string; readonly type: Type | undefined }[];
}

/** One run over one program. */
export class Checker {
  readonly program: ast.Program;
  /** All its nodes, for checks that look for kinds. */
  readonly all: NodeList;
  readonly names: ResolvedNames;
  readonly early: EarlyConstants;
  readonly reporter: Reporter;
  readonly tables: SideTables;
  readonly folder: TypedFolder;
  /** Type variables of generic declarations. */
  readonly typeVariables = new Map<ast.TypeParameter, TypeVariable>();
  readonly fields = new Fields();
  /** Types of functions, extern methods and constructors, in terms of their own type variables. */
  readonly functionTypes = new Map<ast.FunctionDeclaration | ast.Method, FunctionType>();
  readonly pendingInferences: PendingInference[] = [];
  /** Unknowns of a construction that a later inference determined. */
  readonly lateBindings = new Map<TypeVariable, Type>();
  /** Where each call stands, for checks that run later. */
  readonly callContexts = new Map<ast.CallExpression, Context>();
  /** Checks to run once the whole program is checked. */
  readonly deferredChecks: (() => void)[] = [];
  context: Context = TOP_LEVEL;

  constructor(program: ast.Program, all: NodeList, names: ResolvedNames, early: EarlyConstants, reporter: Reporter) {
    this.program = program;
    this.all = all;
    this.names = names;
    this.early = early;
    this.reporter = reporter;
    this.tables = new SideTables(program);
    this.folder = new TypedFolder(this.tables, names, early, reporter);
  }

  /** Runs `body` with parts of the context replaced. */
  within<T>(changes: Partial<Context>, body: () => T): T {
    const outer = this.context;
    this.context = { ...outer, ...changes };
    try {
      return body();
    } finally {
      this.context = outer;
    }
  }

  /** Runs `body` on a part of an expression: what is there is not itself the expression of a switch. */
  inPart<T>(body: () => T): T {
    return this.context.inSwitchExpression ? this.within({ inSwitchExpression: false }, body) : body();
  }

  /** Reports a type error. */
  error(span: Span | undefined, message: string, extras?: ReportExtras): void {
    this.reporter.error('type-error', span, message, extras);
  }

  /** The type variable that stands for a type parameter. */
  typeVariable(parameter: ast.TypeParameter): TypeVariable {
    let variable = this.typeVariables.get(parameter);
    if (variable === undefined) {
      variable = { kind: 'type-variable', name: parameter.name.name, declaration: parameter };
      this.typeVariables.set(parameter, variable);
    }
    return variable;
  }

  isCompileTime(expression: ast.Expression): boolean {
    return this.tables.compileTime.has(expression);
  }

  isLeftValue(expression: ast.Expression): boolean {
    return this.tables.leftValues.has(expression);
  }

  /** Marks an expression as known at compile time if all its parts are. */
  markCompileTime(expression: ast.Expression, ...parts: readonly ast.Expression[]): void {
    for (const part of parts) if (!this.tables.compileTime.has(part)) return;
    this.tables.compileTime.add(expression);
  }

  /** The integer value of a compile-time expression, if it is known by now. */
  integerValue(expression: ast.Expression): bigint | undefined {
    const value = this.folder.valueOf(expression);
    return value?.kind === 'integer' ? value.value : undefined;
  }
}

/** Whether an erroneous type occurs in the type: then a message about it would only be a consequence. */
export function isErroneous(type: Type): boolean {
  return containsErroneous(type);
}
