// The first round of constant folding: before types are known, from names alone.
//
// Why two rounds: widths (`bit<(W + 1)>`), array sizes and enum values are constants that types are made of, so they
// must be computable without types; and integer mistakes (5w3 + 4w2, division by zero, (bool)2) are best reported
// before anything that would follow from them. What needs types (members of structs, enum values, shifts by enums) is
// left to the checker, which folds again with types.
//
// How: a post-order walk in program order. Each expression gets a value of the small union `EarlyValue`, or none.
// `aggregate` and `cast` say "constant, but not a number": operators that want numbers complain about those.

import type * as ast from '../../2-parse/ast.ts';
import type { Reporter } from '../../diagnostics/diagnostic.ts';
import type { ResolvedNames } from '../resolve/resolve-names.ts';
import { expressionText } from '../support/expression-text.ts';
import { integerType, printType } from '../types.ts';
import { type EarlyConstants, EarlyExpressions } from './early-expressions.ts';

export type { EarlyConstants, EarlyValue } from './early-expressions.ts';

/** Folds all constant expressions of the program; reports what can never be computed. */
export function foldEarly(program: ast.Program, names: ResolvedNames, reporter: Reporter): EarlyConstants {
  const folder = new EarlyFolder(names, reporter);
  folder.foldProgram(program);
  return { values: folder.values, widths: folder.widths };
}

class EarlyFolder extends EarlyExpressions {
  foldProgram(program: ast.Program): void {
    for (const declaration of program.declarations) this.declaration(declaration);
  }

  // ------------------------------------------------------------------------------------ declarations, statements

  private declaration(node: ast.Declaration | ast.Node): void {
    switch (node.kind) {
      case 'ConstantDeclaration':
        this.annotations(node.annotations);
        this.type(node.type);
        this.expression(node.value);
        this.constant(node);
        return;
      case 'VariableDeclaration':
        this.annotations(node.annotations);
        this.type(node.type);
        this.expression(node.initializer);
        return;
      case 'Instantiation':
        this.annotations(node.annotations);
        this.type(node.type);
        for (const argument of node.arguments) this.expression(argument.value);
        for (const member of node.initializer ?? []) this.declaration(member);
        return;
      case 'FunctionDeclaration':
        this.annotations(node.annotations);
        this.type(node.returnType);
        this.parameters(node.parameters);
        if (node.body !== undefined) this.statement(node.body);
        return;
      case 'Method':
        this.annotations(node.annotations);
        if (node.returnType !== undefined) this.type(node.returnType);
        this.parameters(node.parameters);
        return;
      case 'ActionDeclaration':
        this.annotations(node.annotations);
        this.parameters(node.parameters);
        this.statement(node.body);
        return;
      case 'ExternDeclaration':
        this.annotations(node.annotations);
        for (const method of node.methods) this.declaration(method);
        return;
      case 'ParserTypeDeclaration':
      case 'ControlTypeDeclaration':
      case 'PackageTypeDeclaration':
        this.annotations(node.annotations);
        this.parameters(node.parameters);
        return;
      case 'ParserDeclaration':
        this.annotations(node.annotations);
        this.parameters(node.parameters);
        this.parameters(node.constructorParameters);
        for (const local of node.locals) this.declaration(local);
        for (const state of node.states) this.declaration(state);
        return;
      case 'ParserState':
        this.annotations(node.annotations);
        for (const statement of node.statements) this.statement(statement);
        this.expression(node.transition);
        return;
      case 'ControlDeclaration':
        this.annotations(node.annotations);
        this.parameters(node.parameters);
        this.parameters(node.constructorParameters);
        for (const local of node.locals) this.declaration(local);
        this.statement(node.body);
        return;
      case 'ValueSetDeclaration':
        this.annotations(node.annotations);
        this.type(node.elementType);
        this.expression(node.size);
        return;
      case 'HeaderDeclaration':
      case 'HeaderUnionDeclaration':
      case 'StructDeclaration':
        this.annotations(node.annotations);
        for (const field of node.fields) {
          this.annotations(field.annotations);
          this.type(field.type);
        }
        return;
      case 'SerializableEnumDeclaration':
        this.annotations(node.annotations);
        this.type(node.underlyingType);
        for (const member of node.members) this.expression(member.value);
        return;
      case 'TypedefDeclaration':
        this.annotations(node.annotations);
        if ('name' in node.type && 'annotations' in node.type) this.declaration(node.type);
        else this.type(node.type as ast.TypeNode);
        return;
      case 'NewtypeDeclaration':
        this.annotations(node.annotations);
        this.type(node.type);
        return;
      case 'TableDeclaration':
        this.annotations(node.annotations);
        for (const property of node.properties) this.tableProperty(property);
        return;
      default:
        return;
    }
  }

  private parameters(parameters: readonly ast.Parameter[]): void {
    for (const parameter of parameters) {
      this.annotations(parameter.annotations);
      this.type(parameter.type);
      this.expression(parameter.defaultValue);
    }
  }

  private annotations(annotations: readonly ast.Annotation[]): void {
    for (const { body } of annotations) {
      if (body.kind === 'ExpressionList') for (const expression of body.expressions) this.expression(expression);
      else if (body.kind === 'KeyValueList') for (const pair of body.pairs) this.expression(pair.value);
    }
  }

  private tableProperty(property: ast.TableProperty): void {
    switch (property.kind) {
      case 'KeyProperty':
        for (const element of property.elements) this.expression(element.expression);
        return;
      case 'ActionsProperty':
        for (const reference of property.actions) this.expression(reference.action);
        return;
      case 'EntriesProperty':
        for (const entry of property.entries) {
          this.expression(entry.priority);
          this.expression(entry.keyset);
          this.expression(entry.action.action);
        }
        return;
      case 'CustomProperty':
        this.expression(property.value);
        return;
    }
  }

  private statement(node: ast.Statement): void {
    switch (node.kind) {
      case 'AssignmentStatement':
        this.assignmentTarget(node.target);
        this.expression(node.value);
        return;
      case 'CallStatement':
        this.expression(node.call);
        return;
      case 'BlockStatement':
        for (const statement of node.statements) this.statement(statement);
        return;
      case 'IfStatement':
        this.expression(node.condition);
        this.statement(node.thenStatement);
        if (node.elseStatement !== undefined) this.statement(node.elseStatement);
        return;
      case 'SwitchStatement':
        this.expression(node.expression);
        for (const each of node.cases) {
          this.expression(each.label);
          if (each.body !== undefined) this.statement(each.body);
        }
        return;
      case 'ForStatement':
        for (const statement of node.init) this.statement(statement);
        this.expression(node.condition);
        for (const statement of node.update) this.statement(statement);
        this.statement(node.body);
        return;
      case 'ForInStatement':
        this.declaration(node.variable);
        this.expression(node.collection);
        this.statement(node.body);
        return;
      case 'ReturnStatement':
        this.expression(node.value);
        return;
      case 'VariableDeclaration':
      case 'ConstantDeclaration':
      case 'Instantiation':
        this.declaration(node);
        return;
      default:
        return;
    }
  }

  /** A constant's name is not its value on the left of an assignment; indexes in there still are folded. */
  private assignmentTarget(node: ast.Expression): void {
    switch (node.kind) {
      case 'PathExpression':
        return;
      case 'MemberExpression':
        this.assignmentTarget(node.target);
        return;
      case 'IndexExpression':
        this.assignmentTarget(node.target);
        this.expression(node.index);
        return;
      case 'SliceExpression':
        this.assignmentTarget(node.target);
        this.expression(node.high);
        this.expression(node.low);
        return;
      case 'PlusSliceExpression':
        this.assignmentTarget(node.target);
        this.expression(node.low);
        this.expression(node.width);
        return;
      default:
        this.expression(node);
    }
  }

  private constant(node: ast.ConstantDeclaration): void {
    const value = this.values.get(node.value);
    if (value === undefined || value.kind === 'cast') return;
    if (value.kind !== 'integer') {
      if (value.kind !== 'aggregate') this.constants.set(node, value);
      return;
    }
    const type = this.earlyType(node.type);
    if (type.kind === 'bits') {
      if (value.type.kind === 'bits' && value.type !== type) {
        this.reporter.error(
          'type-error',
          node.name.span,
          `'${node.name.name}' has type ${printType(type)}, but its initializer has type ${printType(value.type)}`,
          { suggestion: `cast it: (${printType(type)})${expressionText(node.value)}` },
        );
      } else this.constants.set(node, this.convert(value, type, node.value, true));
    } else if (type.kind === 'integer') {
      this.constants.set(node, { ...value, type: integerType });
    }
  }
}
