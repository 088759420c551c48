// Declarations: everything that has a name and is not just a type. Each is checked where it stands, in program order,
// and its type entered in `declarationTypes` (functions and methods: also in `functionTypes`).

import type * as ast from '../../2-parse/ast.ts';
import { expressionText } from '../support/expression-text.ts';
import {
  type ControlType,
  erroneousType,
  type FunctionType,
  type PackageType,
  type ParserType,
  printType,
  type Type,
  voidType,
} from '../types.ts';
import { checkAnnotations } from './annotations.ts';
import type { Checker } from './checker.ts';
import { checkInstantiation } from './constructions.ts';
import { assign } from './convert.ts';
import { checkExpression } from './expressions.ts';
import { checkParameterList } from './parameters.ts';
import { checkBlock, checkStatements } from './statements.ts';
import { checkTable } from './tables.ts';
import { declareDataType, readParameters, typeOfNode, unappliedParameters } from './written-types.ts';

/** Checks one top-level declaration. */
export function checkTopLevel(c: Checker, node: ast.TopLevelDeclaration): void {
  switch (node.kind) {
    case 'ErrorDeclaration':
    case 'MatchKindDeclaration':
      return;
    case 'ConstantDeclaration':
      checkConstant(c, node);
      return;
    case 'Instantiation':
      checkInstantiation(c, node);
      return;
    case 'FunctionDeclaration':
      checkFunctionDeclaration(c, node);
      return;
    case 'ActionDeclaration':
      checkAction(c, node);
      return;
    case 'ExternDeclaration':
      checkExtern(c, node);
      return;
    case 'ParserTypeDeclaration':
    case 'ControlTypeDeclaration':
    case 'PackageTypeDeclaration':
      checkInterface(c, node);
      return;
    case 'ParserDeclaration':
      checkParser(c, node);
      return;
    case 'ControlDeclaration':
      checkControl(c, node);
      return;
    default:
      checkFieldAnnotations(c, node);
      declareDataType(c, node);
  }
}

function checkFieldAnnotations(c: Checker, node: ast.TopLevelDeclaration): void {
  if ('annotations' in node) checkAnnotations(c, node.annotations);
  if ('fields' in node) for (const field of node.fields) checkAnnotations(c, field.annotations);
}

/** Checks a constant. */
export function checkConstant(c: Checker, node: ast.ConstantDeclaration): void {
  checkAnnotations(c, node.annotations);
  const type = typeOfNode(c, node.type);
  const valueType = checkExpression(c, node.value);
  c.tables.declarationTypes.set(node, type);
  if (type.kind === 'erroneous') return;
  if (type.kind === 'extern') {
    c.error(node.name.span, `'${node.name.name}': there are no constants of extern types`);
    c.tables.declarationTypes.set(node, erroneousType);
    return;
  }
  if (valueType.kind === 'erroneous') return;
  if (!c.isCompileTime(node.value)) {
    c.error(node.value.span, `'${expressionText(node.value)}' is not known at compile time`);
  }
  assign(c, { span: node.name.span, what: () => `the value of '${node.name.name}'` }, type, node.value);
}

/** Checks a variable. */
export function checkVariable(c: Checker, node: ast.VariableDeclaration): void {
  checkAnnotations(c, node.annotations);
  const type = typeOfNode(c, node.type);
  if (node.initializer !== undefined) checkExpression(c, node.initializer);
  const allowed = type.kind !== 'erroneous' && variableTypeAllowed(c, node, type);
  c.tables.declarationTypes.set(node, allowed ? type : erroneousType);
  if (allowed && node.initializer !== undefined) {
    assign(c, { span: node.name.span, what: () => `the value of '${node.name.name}'` }, type, node.initializer);
  }
}

function variableTypeAllowed(c: Checker, node: ast.VariableDeclaration, type: Type): boolean {
  const name = node.name.name;
  switch (type.kind) {
    case 'extern':
    case 'parser':
    case 'control':
    case 'package':
      if (unappliedParameters(type).length > 0) break;
      c.error(node.name.span, `'${name}': there are no variables of type '${printType(type)}'`, {
        suggestion: `instantiate it: ${printType(type).replace(/^(parser|control|package) /, '')}(...) ${name};`,
      });
      return false;
    case 'string':
    case 'integer':
      c.error(node.name.span, `'${name}': there are no variables of type ${printType(type)}`, {
        suggestion: type.kind === 'integer' ? 'give it a width, or declare it const' : undefined,
      });
      return false;
    default:
      break;
  }
  if (unappliedParameters(type).length > 0) {
    c.error(node.name.span, `'${name}': ${printType(type)} needs type arguments`);
    return false;
  }
  return true;
}

// ------------------------------------------------------------------------------------------- functions and actions

/** Checks a function with or without a body, or the implementation of an abstract method. */
export function checkFunctionDeclaration(c: Checker, node: ast.FunctionDeclaration): void {
  checkAnnotations(c, node.annotations);
  const type = signature(c, node, node.returnType);
  c.functionTypes.set(node, type);
  c.tables.declarationTypes.set(node, type);
  if (node.body === undefined) return;
  const body = node.body;
  c.within({ functionType: type }, () => checkBlock(c, body));
}

function signature(
  c: Checker,
  node: ast.FunctionDeclaration | ast.Method,
  returnNode: ast.TypeNode | undefined,
): FunctionType {
  const returnType = returnNode === undefined ? voidType : typeOfNode(c, returnNode);
  const parameters = readParameters(c, node.parameters);
  checkParameterList(c, parameters, { forbidModules: false, forbidPackages: false });
  if (returnNode !== undefined && unappliedParameters(returnType).length > 0) {
    c.error(returnNode.span, `the return type ${printType(returnType)} needs type arguments`);
  }
  return {
    kind: 'function',
    name: node.name.name,
    typeParameters: node.typeParameters.map((parameter) => c.typeVariable(parameter)),
    parameters,
    returnType,
  };
}

/** Checks an action. */
export function checkAction(c: Checker, node: ast.ActionDeclaration): void {
  checkAnnotations(c, node.annotations);
  c.within({ action: node }, () => {
    const parameters = readParameters(c, node.parameters);
    c.tables.declarationTypes.set(node, { kind: 'action', declaration: node, parameters });
    checkBlock(c, node.body);
    if (!checkParameterList(c, parameters, { forbidModules: true, forbidPackages: true })) return;
    let directionless: string | undefined;
    for (const parameter of parameters) {
      const at = parameter.declaration!;
      if (parameter.type.kind === 'extern') {
        c.error(
          at.type.span,
          `action parameter '${parameter.name}' cannot be of the extern type ${printType(parameter.type)}`,
        );
      }
      if (parameter.direction === 'none') directionless = parameter.name;
      else if (directionless !== undefined) {
        c.error(at.name.span, `'${parameter.name}': parameters with a direction must come before directionless ones`);
      }
    }
  });
}

function checkExtern(c: Checker, node: ast.ExternDeclaration): void {
  checkAnnotations(c, node.annotations);
  const typeArguments = node.typeParameters.map((parameter) => c.typeVariable(parameter));
  c.tables.declarationTypes.set(node, { kind: 'extern', name: node.name.name, declaration: node, typeArguments });
  for (const method of node.methods) {
    checkAnnotations(c, method.annotations);
    const type = signature(c, method, method.returnType);
    if (method.returnType !== undefined && (type.returnType.kind === 'integer' || type.returnType.kind === 'string')) {
      c.error(method.returnType.span, `a method cannot return ${printType(type.returnType)}`);
    }
    if (method.isConstructor && method.typeParameters.length > 0) {
      c.error(
        method.typeParameters[0]!.span,
        'a constructor cannot have type parameters; those of the extern are known in it',
      );
    }
    c.functionTypes.set(method, type);
    c.tables.declarationTypes.set(method, type);
  }
}

// ------------------------------------------------------------------------------------------ parsers, controls, ...

function checkInterface(
  c: Checker,
  node: ast.ParserTypeDeclaration | ast.ControlTypeDeclaration | ast.PackageTypeDeclaration,
): void {
  checkAnnotations(c, node.annotations);
  const parameters = readParameters(c, node.parameters);
  const common = {
    name: node.name.name,
    typeArguments: node.typeParameters.map((parameter) => c.typeVariable(parameter)),
    parameters,
  };
  let type: ParserType | ControlType | PackageType;
  switch (node.kind) {
    case 'ParserTypeDeclaration':
      type = { kind: 'parser', declaration: node, ...common };
      break;
    case 'ControlTypeDeclaration':
      type = { kind: 'control', declaration: node, ...common };
      break;
    case 'PackageTypeDeclaration':
      type = { kind: 'package', declaration: node, ...common };
      break;
  }
  if (node.kind !== 'PackageTypeDeclaration') {
    checkParameterList(c, parameters, { forbidModules: true, forbidPackages: true });
  }
  c.tables.declarationTypes.set(node, type);
}

function checkParser(c: Checker, node: ast.ParserDeclaration): void {
  checkAnnotations(c, node.annotations);
  c.within({ parser: node }, () => {
    const parameters = readParameters(c, node.parameters);
    checkParameterList(c, parameters, { forbidModules: true, forbidPackages: true });
    readParameters(c, node.constructorParameters);
    c.tables.declarationTypes.set(node, {
      kind: 'parser',
      name: node.name.name,
      declaration: node,
      typeArguments: node.typeParameters.map((parameter) => c.typeVariable(parameter)),
      parameters,
    });
    for (const local of node.locals) checkLocal(c, local);
    for (const state of node.states) {
      checkAnnotations(c, state.annotations);
      checkStatements(c, state.statements);
      if (state.transition === undefined) continue;
      const type = checkExpression(c, state.transition);
      if (type.kind !== 'state' && type.kind !== 'erroneous') {
        c.error(state.transition.span, `'${expressionText(state.transition)}' must be a state`);
      }
    }
  });
}

function checkControl(c: Checker, node: ast.ControlDeclaration): void {
  checkAnnotations(c, node.annotations);
  c.within({ control: node }, () => {
    const parameters = readParameters(c, node.parameters);
    checkParameterList(c, parameters, { forbidModules: true, forbidPackages: true });
    readParameters(c, node.constructorParameters);
    c.tables.declarationTypes.set(node, {
      kind: 'control',
      name: node.name.name,
      declaration: node,
      typeArguments: node.typeParameters.map((parameter) => c.typeVariable(parameter)),
      parameters,
    });
    for (const local of node.locals) checkLocal(c, local);
    checkBlock(c, node.body);
  });
}

function checkLocal(
  c: Checker,
  node: ast.ParserDeclaration['locals'][number] | ast.ControlDeclaration['locals'][number],
): void {
  switch (node.kind) {
    case 'ConstantDeclaration':
      checkConstant(c, node);
      return;
    case 'VariableDeclaration':
      checkVariable(c, node);
      return;
    case 'Instantiation':
      checkInstantiation(c, node);
      return;
    case 'ValueSetDeclaration':
      checkValueSet(c, node);
      return;
    case 'ActionDeclaration':
      checkAction(c, node);
      return;
    case 'TableDeclaration':
      checkTable(c, node);
      return;
  }
}

function checkValueSet(c: Checker, node: ast.ValueSetDeclaration): void {
  checkAnnotations(c, node.annotations);
  const element = typeOfNode(c, node.elementType);
  checkExpression(c, node.size);
  c.tables.declarationTypes.set(node, element.kind === 'erroneous' ? element : { kind: 'set', element });
  switch (element.kind) {
    case 'erroneous':
    case 'newtype':
    case 'bits':
    case 'serializable-enum':
    case 'bool':
    case 'enum':
    case 'struct':
    case 'tuple':
      return;
    default:
      c.error(node.elementType.span, `a value_set cannot have elements of type ${printType(element)}`);
  }
}
