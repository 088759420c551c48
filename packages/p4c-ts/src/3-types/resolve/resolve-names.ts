// Name resolution: one pass from top to bottom that finds the declaration behind every name.
//
// How: a chain of scopes follows the nesting of the program; declarations enter their scope as the pass reaches them.
// Names of fields, methods and enum members are not resolved here, because they depend on types: the checker does that.
// Names in expressions see everything, names in types see types only (so a variable may be called like a type).
//
// Why a pass of its own and not part of type checking: a misspelt name is then reported as such before any consequence
// of it, all of them in one run; and the constant folder, which computes widths that types need, has names already.

import type * as ast from '../../2-parse/ast.ts';
import type { Reporter } from '../../diagnostics/diagnostic.ts';
import type { Span } from '../../diagnostics/span.ts';
import { positionOf } from '../support/positions.ts';
import { didYouMean } from '../support/suggest.ts';
import type { NamedThing, TypeDeclaration } from '../typed-program.ts';
import { callMatches } from './overloads.ts';
import { acceptState, isTypeEntry, rejectState, Scope, type ScopeEntry } from './scope.ts';

/** What resolution found out; nodes whose name could not be resolved are absent (an error was reported). */
export interface ResolvedNames {
  readonly paths: Map<ast.PathExpression, NamedThing>;
  readonly typeNames: Map<ast.NamedType, TypeDeclaration>;
  readonly thisInstances: Map<ast.ThisExpression, ast.Instantiation>;
  /** The match kind behind a key's, by the key element's path. */
  readonly errors: ast.EnumMember[];
  readonly matchKinds: ast.EnumMember[];
}

/** Resolves all names of the program; reports names without declaration, ambiguous ones, and shadowing. */
export function resolveNames(program: ast.Program, reporter: Reporter): ResolvedNames {
  const resolver = new Resolver(reporter);
  resolver.resolveProgram(program);
  return resolver.result;
}

type Context = 'expression' | 'type';

/** Keywords that may stand in an expression; annotation tokens do not tell them from names. */
const KEYWORDS = new Set(['bit', 'int', 'bool', 'varbit', 'error', 'string', 'tuple', 'list', 'this', 'true', 'false']);

class Resolver {
  readonly result: ResolvedNames = {
    paths: new Map(),
    typeNames: new Map(),
    thisInstances: new Map(),
    errors: [],
    matchKinds: [],
  };
  private readonly reporter: Reporter;
  private readonly root = new Scope(undefined);
  private scope = this.root;
  private readonly matchKindsByName = new Map<string, ast.EnumMember>();
  private errorDeclared = false;
  /** Innermost value declaration around the current place: not visible in its own initializer. */
  private declaration: ast.Node | undefined;
  /** Innermost type declaration around the current place: must not refer to itself. */
  private typeDeclaration: ast.Node | undefined;
  private instance: ast.Instantiation | undefined;
  private inFunction = false;
  private inMethod = false;

  constructor(reporter: Reporter) {
    this.reporter = reporter;
  }

  resolveProgram(program: ast.Program): void {
    for (const declaration of program.declarations) this.topLevel(declaration);
  }

  // ------------------------------------------------------------------------------------------------ declarations

  private topLevel(node: ast.TopLevelDeclaration): void {
    switch (node.kind) {
      case 'ErrorDeclaration':
        this.errorDeclared = true;
        this.result.errors.push(...node.members);
        return;
      case 'MatchKindDeclaration':
        for (const member of node.members) {
          this.result.matchKinds.push(member);
          if (!this.matchKindsByName.has(member.name.name)) this.matchKindsByName.set(member.name.name, member);
        }
        return;
      case 'ConstantDeclaration':
      case 'Instantiation':
      case 'FunctionDeclaration':
      case 'ActionDeclaration':
        this.valueDeclaration(node);
        return;
      default:
        this.typeDeclarationNode(node);
    }
  }

  private typeDeclarationNode(
    node: Exclude<
      ast.TopLevelDeclaration,
      | ast.ErrorDeclaration
      | ast.MatchKindDeclaration
      | ast.ConstantDeclaration
      | ast.Instantiation
      | ast.FunctionDeclaration
      | ast.ActionDeclaration
    >,
  ): void {
    this.scope.add(node.name.name, node);
    const outer = this.typeDeclaration;
    this.typeDeclaration = node;
    this.nested(() => {
      if ('typeParameters' in node) this.openTypeParameters(node.typeParameters);
      this.annotations(node.annotations);
    });
    switch (node.kind) {
      case 'HeaderDeclaration':
      case 'HeaderUnionDeclaration':
      case 'StructDeclaration':
        this.nested(() => {
          this.openTypeParameters(node.typeParameters);
          for (const field of node.fields) {
            this.annotations(field.annotations);
            this.type(field.type);
            this.scope.add(field.name.name, field);
          }
        });
        break;
      case 'EnumDeclaration':
        break;
      case 'SerializableEnumDeclaration':
        this.type(node.underlyingType);
        this.nested(() => {
          for (const member of node.members) {
            if (member.value !== undefined) this.expression(member.value);
            this.scope.add(member.name.name, member);
          }
        });
        break;
      case 'TypedefDeclaration':
        if ('name' in node.type && 'annotations' in node.type) this.typeDeclarationNode(node.type);
        else this.type(node.type as ast.TypeNode);
        break;
      case 'NewtypeDeclaration':
        this.type(node.type);
        break;
      case 'ExternDeclaration':
        this.externDeclaration(node);
        break;
      case 'ParserTypeDeclaration':
      case 'ControlTypeDeclaration':
      case 'PackageTypeDeclaration':
        this.nested(() => {
          this.openTypeParameters(node.typeParameters);
          if (node.kind !== 'PackageTypeDeclaration') this.warnShadowing([...node.typeParameters, ...node.parameters]);
          this.parameters(node.parameters);
        });
        break;
      case 'ParserDeclaration':
        this.parserDeclaration(node);
        break;
      case 'ControlDeclaration':
        this.controlDeclaration(node);
        break;
    }
    this.typeDeclaration = outer;
  }

  private externDeclaration(node: ast.ExternDeclaration): void {
    this.nested(() => {
      this.openTypeParameters(node.typeParameters);
      this.warnShadowing(node.typeParameters);
      for (const method of node.methods) {
        const outer = this.inMethod;
        this.inMethod = true;
        this.nested(() => {
          this.openTypeParameters(method.typeParameters);
          this.warnShadowing(method.typeParameters);
          if (method.returnType !== undefined) this.type(method.returnType);
          this.parameters(method.parameters);
        });
        this.inMethod = outer;
      }
    });
  }

  private parserDeclaration(node: ast.ParserDeclaration): void {
    this.warnShadowing([
      ...node.typeParameters,
      ...node.parameters,
      ...node.constructorParameters,
      ...node.locals,
      ...node.states,
    ]);
    this.nested(() => {
      this.openTypeParameters(node.typeParameters);
      this.parameters(node.parameters);
      this.parameters(node.constructorParameters);
      this.nested(() => {
        this.scope.add('accept', acceptState);
        this.scope.add('reject', rejectState);
        for (const state of node.states) this.scope.add(state.name.name, state);
        this.nested(() => {
          for (const local of node.locals) this.valueDeclaration(local);
          for (const state of node.states) {
            const outer = this.declaration;
            this.declaration = state;
            this.annotations(state.annotations);
            this.block(state.statements, state.transition);
            this.declaration = outer;
          }
        });
      });
    });
  }

  private controlDeclaration(node: ast.ControlDeclaration): void {
    this.warnShadowing([...node.typeParameters, ...node.parameters, ...node.constructorParameters, ...node.locals]);
    this.nested(() => {
      this.openTypeParameters(node.typeParameters);
      this.parameters(node.parameters);
      this.parameters(node.constructorParameters);
      this.nested(() => {
        for (const local of node.locals) this.valueDeclaration(local);
        this.annotations(node.body.annotations);
        this.block(node.body.statements);
      });
    });
  }

  /** Declarations of values: visible after (functions, actions and tables: inside, but not directly to themselves). */
  private valueDeclaration(
    node:
      | ast.ConstantDeclaration
      | ast.VariableDeclaration
      | ast.Instantiation
      | ast.FunctionDeclaration
      | ast.ActionDeclaration
      | ast.TableDeclaration
      | ast.ValueSetDeclaration,
  ): void {
    const outer = this.declaration;
    this.declaration = node;
    this.annotations(node.annotations);
    switch (node.kind) {
      case 'ConstantDeclaration':
        this.type(node.type);
        this.expression(node.value);
        this.scope.add(node.name.name, node);
        break;
      case 'VariableDeclaration':
        this.type(node.type);
        if (node.initializer !== undefined) this.expression(node.initializer);
        this.scope.add(node.name.name, node);
        break;
      case 'ValueSetDeclaration':
        this.type(node.elementType);
        this.expression(node.size);
        this.scope.add(node.name.name, node);
        break;
      case 'Instantiation': {
        this.type(node.type, node.arguments);
        for (const argument of node.arguments) this.expression(argument.value);
        this.scope.add(node.name.name, node);
        const outerInstance = this.instance;
        this.instance = node;
        this.nested(() => {
          for (const member of node.initializer ?? []) this.valueDeclaration(member);
        });
        this.instance = outerInstance;
        break;
      }
      case 'FunctionDeclaration':
        this.scope.add(node.name.name, node);
        this.functionDeclaration(node);
        break;
      case 'ActionDeclaration':
        this.scope.add(node.name.name, node);
        this.warnShadowing(node.parameters);
        this.nested(() => {
          this.parameters(node.parameters);
          this.annotations(node.body.annotations);
          this.block(node.body.statements);
        });
        break;
      case 'TableDeclaration':
        this.scope.add(node.name.name, node);
        for (const property of node.properties) this.tableProperty(property);
        break;
    }
    this.declaration = outer;
  }

  private functionDeclaration(node: ast.FunctionDeclaration): void {
    const outerFunction = this.inFunction;
    const outerMethod = this.inMethod;
    if (node.isExtern) this.inMethod = true;
    else this.inFunction = true;
    this.warnShadowing(node.isExtern ? node.typeParameters : [...node.typeParameters, ...node.parameters]);
    this.nested(() => {
      this.openTypeParameters(node.typeParameters);
      this.type(node.returnType);
      this.parameters(node.parameters);
      if (node.body !== undefined) this.block(node.body.statements);
    });
    this.inFunction = outerFunction;
    this.inMethod = outerMethod;
  }

  private tableProperty(property: ast.TableProperty): void {
    const outer = this.declaration;
    this.declaration = property;
    switch (property.kind) {
      case 'KeyProperty':
        for (const element of property.elements) {
          this.annotations(element.annotations);
          this.expression(element.expression);
          this.matchKind(element.matchKind);
        }
        break;
      case 'ActionsProperty':
        for (const action of property.actions) {
          this.annotations(action.annotations);
          this.expression(action.action);
        }
        break;
      case 'EntriesProperty':
        for (const entry of property.entries) {
          this.annotations(entry.annotations);
          if (entry.priority !== undefined) this.expression(entry.priority);
          this.expression(entry.keyset);
          this.expression(entry.action.action);
        }
        break;
      case 'CustomProperty':
        this.annotations(property.annotations);
        this.expression(property.value);
        break;
    }
    this.declaration = outer;
  }

  private matchKind(path: ast.PathExpression): void {
    const found = this.matchKindsByName.get(path.name.name);
    if (found !== undefined) this.result.paths.set(path, found);
    else {
      this.reporter.error('not-found', path.name.span, `match kind '${path.name.name}' is not declared`, {
        suggestion: didYouMean(path.name.name, this.matchKindsByName.keys()),
      });
    }
  }

  private openTypeParameters(parameters: readonly ast.TypeParameter[]): void {
    for (const parameter of parameters) this.scope.add(parameter.name.name, parameter);
  }

  private parameters(parameters: readonly ast.Parameter[]): void {
    this.enter();
    for (const parameter of parameters) {
      const outer = this.declaration;
      this.declaration = parameter;
      this.annotations(parameter.annotations);
      this.type(parameter.type);
      if (parameter.defaultValue !== undefined) this.expression(parameter.defaultValue);
      this.declaration = outer;
      this.scope.add(parameter.name.name, parameter);
    }
  }

  // -------------------------------------------------------------------------------------------------- statements

  /** Statements in a scope of their own; a parser state's transition sees what they declare. */
  private block(statements: readonly ast.Statement[], transition?: ast.Expression): void {
    this.warnShadowing(
      statements.filter(
        (each): each is ast.VariableDeclaration | ast.ConstantDeclaration | ast.Instantiation =>
          each.kind === 'VariableDeclaration' || each.kind === 'ConstantDeclaration' || each.kind === 'Instantiation',
      ),
    );
    this.nested(() => {
      for (const statement of statements) this.statement(statement);
      if (transition !== undefined) this.expression(transition);
    });
  }

  private statement(node: ast.Statement): void {
    switch (node.kind) {
      case 'AssignmentStatement':
        this.expression(node.target);
        this.expression(node.value);
        return;
      case 'CallStatement':
        this.expression(node.call);
        return;
      case 'BlockStatement':
        this.annotations(node.annotations);
        this.block(node.statements);
        return;
      case 'IfStatement':
        this.annotations(node.annotations);
        this.expression(node.condition);
        this.statement(node.thenStatement);
        if (node.elseStatement !== undefined) this.statement(node.elseStatement);
        return;
      case 'SwitchStatement':
        this.annotations(node.annotations);
        this.expression(node.expression);
        for (const each of node.cases) {
          this.expression(each.label);
          if (each.body !== undefined) this.statement(each.body);
        }
        return;
      case 'ForStatement':
        this.annotations(node.annotations);
        this.nested(() => {
          for (const statement of node.init) this.statement(statement);
          this.expression(node.condition);
          for (const statement of node.update) this.statement(statement);
          this.statement(node.body);
        });
        return;
      case 'ForInStatement':
        this.annotations(node.annotations);
        this.nested(() => {
          this.expression(node.collection);
          this.valueDeclaration(node.variable);
          this.statement(node.body);
        });
        return;
      case 'ReturnStatement':
        if (node.value !== undefined) this.expression(node.value);
        return;
      case 'VariableDeclaration':
      case 'ConstantDeclaration':
      case 'Instantiation':
        this.valueDeclaration(node);
        return;
      default:
        return;
    }
  }

  // ------------------------------------------------------------------------------------------ expressions, types

  private expression(node: ast.Expression): void {
    switch (node.kind) {
      case 'PathExpression':
        this.path(node, undefined);
        return;
      case 'ThisExpression':
        if (this.instance === undefined || !this.inFunction) {
          this.reporter.error('invalid', node.span, "'this' can only be used in the definition of an abstract method");
        } else this.result.thisInstances.set(node, this.instance);
        return;
      case 'TypeNameExpression':
        this.type(node.type);
        return;
      case 'MemberExpression':
        this.expression(node.target);
        return;
      case 'IndexExpression':
        this.expression(node.target);
        this.expression(node.index);
        return;
      case 'SliceExpression':
        this.expression(node.target);
        this.expression(node.high);
        this.expression(node.low);
        return;
      case 'PlusSliceExpression':
        this.expression(node.target);
        this.expression(node.low);
        this.expression(node.width);
        return;
      case 'ListExpression':
      case 'TupleKeysetExpression':
        for (const element of node.elements) this.expression(element);
        return;
      case 'StructExpression':
        for (const field of node.fields) this.expression(field.value);
        return;
      case 'UnaryExpression':
        this.expression(node.operand);
        return;
      case 'BinaryExpression':
        this.expression(node.left);
        this.expression(node.right);
        return;
      case 'ConditionalExpression':
        this.expression(node.condition);
        this.expression(node.whenTrue);
        this.expression(node.whenFalse);
        return;
      case 'CastExpression':
        this.type(node.type);
        this.expression(node.operand);
        return;
      case 'CallExpression':
        if (node.callee.kind === 'PathExpression') this.path(node.callee, node.arguments);
        else this.expression(node.callee);
        for (const argument of node.typeArguments ?? []) this.type(argument);
        for (const argument of node.arguments) this.expression(argument.value);
        return;
      case 'ConstructorCallExpression':
        this.type(node.type, node.arguments);
        for (const argument of node.arguments) this.expression(argument.value);
        return;
      case 'MaskExpression':
        this.expression(node.value);
        this.expression(node.mask);
        return;
      case 'RangeExpression':
        this.expression(node.low);
        this.expression(node.high);
        return;
      case 'SelectExpression':
        for (const key of node.keys) this.expression(key);
        for (const each of node.cases) {
          this.expression(each.keyset);
          this.expression(each.state);
        }
        return;
      default:
        return;
    }
  }

  /** Resolves the names in a type; `args` are the constructor's arguments where the type is instantiated. */
  private type(node: ast.TypeNode, args?: readonly ast.Argument[]): void {
    switch (node.kind) {
      case 'NamedType':
        this.typeName(node, args);
        return;
      case 'SpecializedType':
        this.typeName(node.base, args);
        for (const argument of node.typeArguments) this.type(argument);
        return;
      case 'ArrayType':
        this.type(node.element);
        this.expression(node.size);
        return;
      case 'ListType':
        this.type(node.element);
        return;
      case 'TupleType':
        for (const element of node.elements) this.type(element);
        return;
      case 'BitsType':
        if (node.width !== undefined) this.expression(node.width);
        return;
      case 'VarbitType':
        this.expression(node.maxWidth);
        return;
      case 'ErrorType':
        if (!this.errorDeclared) {
          this.reporter.error('not-found', node.span, "type 'error' is not declared", {
            suggestion: 'include <core.p4>, or declare `error { ... }`',
          });
        }
        return;
      default:
        return;
    }
  }

  private annotations(annotations: readonly ast.Annotation[]): void {
    for (const { name, body } of annotations) {
      if (body.kind === 'Unstructured' && name.name === 'length') this.lengthNames(body.tokens);
      if (body.kind === 'ExpressionList') for (const expression of body.expressions) this.expression(expression);
      else if (body.kind === 'KeyValueList') for (const pair of body.pairs) this.expression(pair.value);
    }
  }

  /** Names in `@length(expression)`: fields declared before, and constants. */
  private lengthNames(tokens: readonly ast.AnnotationToken[]): void {
    tokens.forEach((token, index) => {
      if (token.tokenKind !== 'identifier' || tokens[index - 1]?.text === '.' || KEYWORDS.has(token.text)) return;
      for (let scope: Scope | undefined = this.scope; scope !== undefined; scope = scope.parent) {
        if (scope.own(token.text).length > 0) return;
      }
      this.reporter.error('not-found', token.span, `name '${token.text}' is not declared here`);
    });
  }

  // ----------------------------------------------------------------------------------------------------- look-up

  private path(node: ast.PathExpression, args: readonly ast.Argument[] | undefined): void {
    let found = this.lookUp(node.name.name, 'expression', node.absolute ? this.root : this.scope, node.absolute);
    if (found.length > 1 && args !== undefined) {
      found = found.filter((entry) => mayCall(entry, args));
    }
    const entry = this.single(node.name, found, 'expression');
    if (entry !== undefined) this.result.paths.set(node, entry as NamedThing);
  }

  private typeName(node: ast.NamedType, args: readonly ast.Argument[] | undefined): void {
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
  }

  private lookUp(name: string, context: Context, from: Scope, onlyThere: boolean): readonly ScopeEntry[] {
    for (let scope: Scope | undefined = from; scope !== undefined; scope = onlyThere ? undefined : scope.parent) {
      const own = scope.own(name);
      if (own.length === 0) continue;
      const visible = own.filter((entry) =>
        context === 'type'
          ? isTypeEntry(entry)
          : entry.kind === 'StructField'
            ? false
            : entry.kind === 'ParserState' || entry !== (this.declaration as ScopeEntry | undefined),
      );
      if (visible.length > 0) return visible;
    }
    if (context === 'expression') {
      const matchKind = this.matchKindsByName.get(name);
      if (matchKind !== undefined) return [matchKind];
    }
    return [];
  }

  private single(name: ast.Identifier, found: readonly ScopeEntry[], context: Context): ScopeEntry | undefined {
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

  private *candidates(context: Context): Iterable<string> {
    for (const [name, entry] of this.scope.visibleNames()) {
      if (isTypeEntry(entry) === (context === 'type')) yield name;
    }
  }

  private enter(): void {
    this.scope = new Scope(this.scope);
  }

  private nested(body: () => void): void {
    const outer = this.scope;
    this.enter();
    body();
    this.scope = outer;
  }

  // --------------------------------------------------------------------------------------------------- shadowing

  /** Warns where a name hides another one; called with the declarations of a scope before it opens. */
  private warnShadowing(declarations: readonly (ScopeEntry & { readonly name: ast.Identifier })[]): void {
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

  private warnShadow(entry: ScopeEntry & { readonly name: ast.Identifier }, hidden: ScopeEntry): void {
    const span = entrySpan(hidden);
    this.reporter.warn('shadow', entry.name.span, `'${entry.name.name}' shadows an outer declaration of that name`, {
      notes: span === undefined ? [] : [{ message: 'this one is hidden', span }],
    });
  }
}

function isStatementDeclaration(entry: ScopeEntry): boolean {
  switch (entry.kind) {
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
