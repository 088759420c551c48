// Implementations of an extern's abstract methods in an instance's initializer (specification 11.3.2): each must exist
// unless optional, be declared abstract, and have exactly the declared type.

import type * as ast from '../../2-parse/ast.ts';
import { Unifier } from '../infer/unify.ts';
import { type ExternType, type FunctionType, printType, substitute } from '../types.ts';
import { externSubstitution } from './calls.ts';
import type { Checker } from './checker.ts';
import { checkInstantiation } from './constructions.ts';
import { checkFunctionDeclaration } from './declarations.ts';

/** Checks the initializer of an instance of `extern`, which may be absent. */
export function checkAbstractMethods(c: Checker, node: ast.Instantiation, extern: ExternType): void {
  const functions: ast.FunctionDeclaration[] = [];
  if (node.initializer !== undefined) {
    c.within({ instance: node }, () => {
      for (const member of node.initializer!) {
        if (member.kind === 'Instantiation') checkInstantiation(c, member);
        else {
          checkFunctionDeclaration(c, member);
          functions.push(member);
        }
      }
    });
  }
  const missing = new Map<string, ast.Method>();
  for (const method of extern.declaration.methods) {
    if (!method.isAbstract) continue;
    const previous = missing.get(method.name.name);
    if (previous === undefined) missing.set(method.name.name, method);
    else {
      c.reporter.error('duplicate', method.name.span, `abstract method '${method.name.name}' is declared twice`, {
        notes: [{ message: 'first declared here', span: previous.name.span }],
      });
    }
  }
  if (missing.size === 0) {
    if (node.initializer !== undefined) {
      c.error(node.name.span, `extern '${extern.name}' has no abstract methods, so its instances have no initializer`);
    }
    return;
  }
  if (node.initializer === undefined) {
    c.error(node.name.span, `'${node.name.name}' must implement the abstract methods of '${extern.name}'`, {
      suggestion: `${node.name.name} = { ... }, with ${[...missing.keys()].map((name) => `'${name}'`).join(', ')}`,
    });
    return;
  }
  const implementations = new Map<string, ast.FunctionDeclaration>();
  for (const implementation of functions) {
    if (!checkImplementation(c, node, extern, implementation, missing)) return;
    missing.delete(implementation.name.name);
    implementations.set(implementation.name.name, implementation);
  }
  for (const [name, method] of missing) {
    if (method.annotations.some((annotation) => annotation.name.name === 'optional')) continue;
    c.error(node.name.span, `'${node.name.name}' does not implement the abstract method '${name}'`, {
      notes: [{ message: 'declared here', span: method.name.span }],
    });
  }
  c.tables.abstractMethods.set(node, implementations);
}

function checkImplementation(
  c: Checker,
  node: ast.Instantiation,
  extern: ExternType,
  implementation: ast.FunctionDeclaration,
  abstract: ReadonlyMap<string, ast.Method>,
): boolean {
  const name = implementation.name.name;
  if (implementation.typeParameters.length > 0) {
    c.error(implementation.name.span, `'${name}': the implementation of an abstract method cannot be generic`);
    return false;
  }
  const method = abstract.get(name);
  if (method === undefined) {
    c.error(implementation.name.span, `extern '${extern.name}' has no abstract method '${name}'`);
    return false;
  }
  const own = c.functionTypes.get(method);
  const actual = c.functionTypes.get(implementation);
  if (own === undefined || actual === undefined) return true;
  const wanted = substitute(own, externSubstitution(c, extern)) as FunctionType;
  const unifier = new Unifier();
  for (const variable of wanted.typeParameters) unifier.freshFor([variable]);
  unifier.add(wanted.returnType, actual.returnType);
  const failure = unifier.unifyParameters(wanted.parameters, actual.parameters, 'method') ?? unifier.solve();
  if (failure === undefined) return true;
  c.error(node.name.span, `method '${name}' does not have the expected type '${printType(wanted)}'`, {
    notes: [
      { message: failure, span: implementation.name.span },
      { message: 'declared here', span: method.name.span },
    ],
  });
  return false;
}
