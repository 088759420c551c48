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
import { didYouMean } from '../support/suggest.ts';
import { isStatementDeclaration, type ResolvedNames } from './look-up.ts';
import { ExpressionResolver } from './resolve-expressions.ts';
import { acceptState, rejectState } from './scope.ts';

export type { ResolvedNames } from './look-up.ts';

/** Resolves all names of the program; reports names without declaration, ambiguous ones, and shadowing. */
export function resolveNames(program: ast.Program, reporter: Reporter): ResolvedNames {
  const resolver = new Resolver(program, reporter);
  resolver.resolveProgram(program);
  return resolver.result;
}

class Resolver extends ExpressionResolver {
  private inMethod = false;

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
    if (found !== undefined) this.refer(path, found);
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
    if (statements.some(isStatementDeclaration)) this.warnShadowing(statements.filter(isStatementDeclaration));
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
}
