// Explicit casts (specification 8.11.1): between numbers, bool and bit<1>, new types and their originals, serializable
// enums; and `(T){...}`, which is not a conversion but says what a list or structure expression is.

import type * as ast from '../../2-parse/ast.ts';
import { Unifier } from '../infer/unify.ts';
import { expressionText, typeText } from '../support/expression-text.ts';
import { erroneousType, isStructure, printType, type Type, typeEquals, withoutNewtypes } from '../types.ts';
import { type Checker, isErroneous } from './checker.ts';
import { assign, coerce } from './convert.ts';
import { checkExpression } from './expressions.ts';
import { typeOfNode, unappliedParameters } from './written-types.ts';

/** Type of `(T)operand`. */
export function checkCast(c: Checker, node: ast.CastExpression): Type {
  const destination = typeOfNode(c, node.type);
  const source = checkExpression(c, node.operand);
  if (isErroneous(source) || isErroneous(destination)) return erroneousType;
  if (unappliedParameters(destination).length > 0) {
    c.error(node.type.span, `generic type '${typeText(node.type)}' needs type arguments`);
    return erroneousType;
  }
  const result = castInitializer(c, node, destination, source) ?? castValue(c, node, destination, source);
  if (result.kind !== 'erroneous') c.markCompileTime(node, node.operand);
  return result;
}

/** The cases where the cast gives an initializer its type; undefined when it is a conversion of a value. */
function castInitializer(c: Checker, node: ast.CastExpression, destination: Type, source: Type): Type | undefined {
  const { operand } = node;
  const place = { span: node.span, what: () => `the cast to ${printType(destination)}` };
  if (isStructure(destination)) {
    if (typeEquals(source, destination)) return destination;
    const isInitializer =
      operand.kind === 'ListExpression' ||
      operand.kind === 'StructExpression' ||
      (operand.kind === 'InvalidExpression' && destination.kind !== 'struct');
    if (isInitializer) return assign(c, place, destination, operand) ? destination : erroneousType;
    return undefined;
  }
  if (destination.kind === 'list') {
    if (operand.kind !== 'ListExpression') {
      c.error(node.span, `only list expressions can be cast to ${printType(destination)}`);
      return erroneousType;
    }
    let fits = true;
    for (const element of operand.elements) {
      if (!assign(c, { span: node.span, what: () => 'list element' }, destination.element, element)) fits = false;
    }
    if (fits) c.tables.implicitCasts.set(operand, destination);
    return fits ? destination : erroneousType;
  }
  if (destination.kind === 'stack') {
    if (operand.kind !== 'ListExpression') {
      c.error(node.span, `only list expressions can be cast to ${printType(destination)}`);
      return erroneousType;
    }
    return assign(c, place, destination, operand) ? destination : erroneousType;
  }
  return undefined;
}

function castValue(c: Checker, node: ast.CastExpression, destination: Type, source: Type): Type {
  switch (destination.kind) {
    case 'bits':
    case 'bool':
    case 'newtype':
    case 'serializable-enum':
    case 'integer':
      break;
    default:
      c.error(node.type.span, `casts to '${typeText(node.type)}' are not supported`);
      return erroneousType;
  }
  if (canCast(destination, source)) {
    checkBoolValue(c, node, destination, source);
    return destination;
  }
  const bare = withoutNewtypes(destination);
  const unifier = new Unifier();
  unifier.add(bare, source);
  const failure = unifier.solve();
  if (failure !== undefined || !canCast(destination, bare)) {
    c.error(
      node.span,
      `'${expressionText(node.operand)}' of type ${printType(source)} cannot be cast to ${printType(destination)}`,
      failure === undefined ? {} : { suggestion: castAdvice(destination, source) },
    );
    return erroneousType;
  }
  coerce(c, node.operand, bare);
  return destination;
}

function castAdvice(destination: Type, source: Type): string | undefined {
  if (destination.kind !== 'bits' || source.kind !== 'bits' || destination.signed === source.signed) return undefined;
  const step = `${destination.signed ? 'int' : 'bit'}<${source.width}>`;
  return `change the sign and the width in two casts: (${printType(destination)})(${step})...`;
}

/** (bool) of a constant other than 0 and 1 was not seen by the first folding if it needed types. */
function checkBoolValue(c: Checker, node: ast.CastExpression, destination: Type, source: Type): void {
  if (destination.kind !== 'bool' || source.kind !== 'integer') return;
  const value = c.integerValue(node.operand);
  if (value !== undefined && value !== 0n && value !== 1n) {
    c.reporter.error('invalid', node.span, `'${expressionText(node)}': only 0 and 1 can be cast to bool`);
  }
}

/** Whether a value of one type may be cast to the other in one step. */
export function canCast(destination: Type, source: Type): boolean {
  if (source.kind === 'action') return false;
  if (typeEquals(source, destination)) return true;
  if (destination.kind === 'newtype' && typeEquals(destination.underlying, source)) return true;
  switch (source.kind) {
    case 'bits':
      switch (destination.kind) {
        case 'bits':
          return source.width === destination.width || source.signed === destination.signed;
        case 'bool':
          return source.width === 1 && !source.signed;
        case 'serializable-enum':
          return typeEquals(source, destination.underlying);
        case 'integer':
          return true;
        default:
          return false;
      }
    case 'bool':
      return destination.kind === 'bits' && destination.width === 1 && !destination.signed;
    case 'integer':
      return destination.kind === 'bits' || destination.kind === 'bool';
    case 'newtype':
      return typeEquals(destination, source.underlying);
    case 'serializable-enum':
      if (destination.kind === 'bits') return typeEquals(source.underlying, destination);
      return destination.kind === 'serializable-enum' && typeEquals(source.underlying, destination.underlying);
    default:
      return false;
  }
}
