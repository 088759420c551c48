// Implicit conversion: may this expression stand where that type is wanted, and what becomes of it there?
//
// How: `assign` asks the unifier whether the types fit at all, then `coerce` goes down into list and structure
// expressions and records in `implicitCasts` what every part is converted to. Only integers without width, serializable
// enums (to their underlying type), and list, structure, `...` and `{#}` expressions convert (specification 8.11.2).

import type * as ast from '../../2-parse/ast.ts';
import type { ReportExtras } from '../../diagnostics/diagnostic.ts';
import type { Span } from '../../diagnostics/span.ts';
import { Unifier } from '../infer/unify.ts';
import { expressionText } from '../support/expression-text.ts';
import { fieldNamed, isStructure, printType, type Type, typeEquals, withoutNewtypes } from '../types.ts';
import { type Checker, isErroneous } from './checker.ts';

/** Where and how a failed conversion is reported. */
export interface AssignPlace {
  readonly span: Span;
  /** What the value is for, as in "the value of parameter 'x'"; asked only after a failure. */
  readonly what: () => string;
  readonly extras?: ReportExtras;
}

/**
 * Checks that the expression's value may be given to something of the destination type, and records the conversion.
 * Returns false after an error. The expression must have been checked before.
 */
export function assign(c: Checker, place: AssignPlace, destination: Type, expression: ast.Expression): boolean {
  if (destination.kind === 'dontcare' || destination.kind === 'erroneous') return true;
  const source = c.tables.types.get(expression);
  if (source === undefined || isErroneous(source)) return true;
  if (source.kind === 'any' && source.of === 'invalid') {
    const target = destination;
    if (target.kind === 'header' || target.kind === 'header_union') {
      c.tables.implicitCasts.set(expression, target);
      return true;
    }
  }
  const failure = whyNotUnified(destination, source);
  if (failure !== undefined) {
    c.error(
      place.span,
      `${place.what()}: '${expressionText(expression)}' of type ${printType(source)} cannot be converted to ${printType(destination)}`,
      { notes: [{ message: failure, span: expression.span }], ...place.extras },
    );
    return false;
  }
  const bare = destination;
  if (bare.kind === 'serializable-enum' && !typeEquals(bare, source) && source.kind !== 'any') {
    c.error(
      place.span,
      `${place.what()}: '${expressionText(expression)}' of type ${printType(source)} is not converted to ${printType(destination)} implicitly`,
      { suggestion: `cast it: (${printType(destination)})${expressionText(expression)}` },
    );
    return false;
  }
  return coerce(c, expression, destination);
}

/** Why a value cannot be converted implicitly; undefined if it can. What most assignments are needs no inference. */
function whyNotUnified(destination: Type, source: Type): string | undefined {
  if (destination === source || (destination.kind === 'bits' && source.kind === 'integer')) return undefined;
  const unifier = new Unifier();
  unifier.add(destination, source, true);
  return unifier.solve();
}

/**
 * Records the conversion of an expression whose type is known to fit; goes into list and structure expressions, whose
 * parts are assigned one by one. Returns false if a part does not fit after all.
 */
export function coerce(c: Checker, expression: ast.Expression, destination: Type): boolean {
  const source = c.tables.types.get(expression);
  if (source === undefined || isErroneous(source) || destination.kind === 'erroneous') return true;
  if (destination.kind === 'dontcare' || destination.kind === 'type-variable') return true;
  if (source.kind === 'list-expression' && expression.kind === 'ListExpression') {
    return coerceElements(c, expression, expression.elements, destination);
  }
  if (source.kind === 'list-expression' && expression.kind === 'TupleKeysetExpression') {
    return coerceElements(c, expression, expression.elements, destination);
  }
  if (source.kind === 'struct-expression' && expression.kind === 'StructExpression') {
    return coerceFields(c, expression, destination);
  }
  if (typeEquals(source, destination)) return true;
  if (expression.kind === 'ConditionalExpression' && c.tables.implicitCasts.get(expression) === undefined) {
    if (source.kind === 'list-expression' || source.kind === 'struct-expression' || source.kind === 'any') {
      coerce(c, expression.whenTrue, destination);
      coerce(c, expression.whenFalse, destination);
    }
  }
  c.folder.warnIfMisfit(expression, destination);
  c.tables.implicitCasts.set(expression, destination);
  return true;
}

function coerceElements(
  c: Checker,
  expression: ast.Expression,
  elements: readonly ast.Expression[],
  destination: Type,
): boolean {
  const target = withoutNewtypes(destination);
  const types = elementTypes(target, elements.length);
  if (types === undefined) {
    c.tables.implicitCasts.set(expression, destination);
    return true;
  }
  if (!(target.kind === 'list-expression')) c.tables.implicitCasts.set(expression, destination);
  let fits = true;
  for (let i = 0; i < elements.length; i++) {
    const element = elements[i]!;
    const type = types[i];
    if (type === undefined) continue;
    if (element.kind === 'DotsExpression' && i === elements.length - 1) continue;
    const what = (): string => (isStructure(target) ? `field '${target.fields[i]!.name}'` : `element ${i}`);
    if (!assign(c, { span: expression.span, what }, type, element)) fits = false;
  }
  return fits;
}

function elementTypes(target: Type, count: number): readonly Type[] | undefined {
  switch (target.kind) {
    case 'tuple':
    case 'list-expression':
      return target.components;
    case 'struct':
    case 'header':
      return target.fields.map((field) => field.type);
    case 'stack':
    case 'list':
      return Array.from({ length: count }, () => target.element);
    default:
      return undefined;
  }
}

function coerceFields(c: Checker, expression: ast.StructExpression, destination: Type): boolean {
  const target = withoutNewtypes(destination);
  if (target.kind === 'struct-expression') return true;
  c.tables.implicitCasts.set(expression, destination);
  if (!isStructure(target)) return true;
  let fits = true;
  for (const field of expression.fields) {
    const declared = fieldNamed(target, field.name.name);
    if (declared === undefined) continue;
    const place = { span: expression.span, what: () => `field '${declared.name}'` };
    if (!assign(c, place, declared.type, field.value)) fits = false;
  }
  return fits;
}
