/**
 * Operations on values: converting, copying, comparing and assigning them as a whole, all by taking them apart into
 * scalars and headers.
 *
 * Assignment is where P4's semantics need care: the right side is evaluated completely before anything is stored, so
 * `{x, y} = {y, x}` swaps. Leaves are stored one after another; when a later leaf reads what an earlier one wrote,
 * the right side is first frozen into temporaries.
 */

import type * as T from '../3-types/types.ts';
import * as build from '../5-lower/expressions.ts';
import type * as ir from '../5-lower/ir.ts';
import { walkExpression } from '../5-lower/traversal.ts';
import { InternalError } from '../diagnostics/diagnostic.ts';
import type { Span } from '../diagnostics/span.ts';
import type { Body } from './body.ts';
import { CannotElaborate, type Context, notSupportedYet } from './context.ts';
import { headerType, plainType } from './storage.ts';
import { NOTHING, scalar, type Value } from './values.ts';

/** The scalar expression of a value; a value of another kind there is our bug. */
export function expressionOf(value: Value, span: Span | undefined): ir.Expression {
  if (value.kind === 'scalar') return value.expression;
  if (value.kind === 'nothing') return notSupportedYet(span, 'an expression without a value here');
  throw new InternalError(`scalar expected, got ${value.kind}`, span);
}

/** The place of a scalar l-value; undefined for other expressions and for slices. */
export function placeOf(value: Value): ir.Place | undefined {
  return value.kind === 'scalar' && value.expression.kind === 'read' ? value.expression.place : undefined;
}

/** Field of a header reference as a value. */
export function headerField(context: Context, value: Value & { kind: 'header' }, name: string): Value {
  return headerFieldAt(headerType(context, value.type), value.reference, name, value.type, context);
}

function headerFieldAt(
  type: ir.HeaderType,
  reference: ir.HeaderReference,
  name: string,
  declared: T.HeaderType,
  context: Context,
): Value {
  const direct = type.fields.find((field) => field.name === name);
  if (direct !== undefined) return scalar(build.read({ kind: 'field', header: reference, field: direct }));
  // A structure inside a header: its scalars are stored as `name.inner`.
  const field = declared.fields.find((candidate) => candidate.name === name);
  const plain = field && plainType(field.type);
  if (plain?.kind !== 'struct') throw new InternalError(`header ${type.name} has no field ${name}`);
  const nested = (struct: T.StructType, prefix: string): Value => {
    const fields = new Map<string, Value>();
    for (const inner of struct.fields) {
      const innerType = plainType(inner.type);
      const innerName = `${prefix}.${inner.name}`;
      if (innerType.kind === 'struct') fields.set(inner.name, nested(innerType, innerName));
      else fields.set(inner.name, headerFieldAt(type, reference, innerName, declared, context));
    }
    return { kind: 'struct', fields };
  };
  return nested(plain, name);
}

/** The header's fields as values, for stored headers and written ones alike. */
export function fieldsOfHeader(
  context: Context,
  value: Value & { kind: 'header' | 'header-value' },
): ReadonlyMap<string, Value> {
  if (value.kind === 'header-value') return value.fields;
  const fields = new Map<string, Value>();
  for (const field of value.type.fields) fields.set(field.name, headerField(context, value, field.name));
  return fields;
}

/** `stack.next` is the target of extractions only: anything else would look at what is not there yet. */
export function refuseNext(reference: ir.HeaderReference, span: Span | undefined): void {
  if (reference.kind !== 'next' && reference.kind !== 'union-next') return;
  throw new CannotElaborate('uninitialized', span, 'the next element of a stack can only be extracted into');
}

/** `isValid()` of a header or union value. */
export function validityOf(value: Value, span: Span | undefined): ir.Expression {
  switch (value.kind) {
    case 'header':
      refuseNext(value.reference, span);
      return build.isValid(value.reference);
    case 'header-value':
      return value.valid;
    case 'union':
      return build.isValidUnion(value.reference);
    case 'union-value': {
      let result: ir.Expression = build.FALSE;
      for (const member of value.members.values()) result = build.binary('||', result, validityOf(member, span));
      return result;
    }
    default:
      throw new InternalError(`validity of ${value.kind}`, span);
  }
}

/** Member of a union as a header value. */
export function unionMember(value: Value & { kind: 'union' }, name: string): Value {
  const index = value.type.fields.findIndex((field) => field.name === name);
  const field = value.type.fields[index];
  const type = field && plainType(field.type);
  if (type?.kind !== 'header') throw new InternalError(`union ${value.type.name} has no member ${name}`);
  const { reference } = value;
  if (reference.kind === 'instance') {
    return { kind: 'header', type, reference: { kind: 'instance', instance: reference.instance.members[index]! } };
  }
  return {
    kind: 'header',
    type,
    reference: { kind: 'union-element', stack: reference.stack, index: reference.index, member: index },
  };
}

/** The elements of a stack, array or union stack, as values. */
export function elementsOf(value: Value, span: Span | undefined): readonly Value[] {
  switch (value.kind) {
    case 'stack':
      return value.stack.elements.map((instance) => ({
        kind: 'header',
        type: value.element,
        reference: { kind: 'instance', instance },
      }));
    case 'union-stack':
      return value.stack.elements.map((instance) => ({
        kind: 'union',
        type: value.element,
        reference: { kind: 'instance', instance },
      }));
    case 'array':
      return value.elements;
    case 'struct':
      return [...value.fields.values()];
    default:
      throw new InternalError(`elements of ${value.kind}`, span);
  }
}

/** `left == right` for values of any type. */
export function equal(context: Context, left: Value, right: Value, span: Span | undefined): ir.Expression {
  if (left.kind === 'scalar' || right.kind === 'scalar') {
    return build.binary('==', expressionOf(left, span), expressionOf(right, span));
  }
  if (left.kind === 'integer' && right.kind === 'integer') return build.boolConstant(left.value === right.value);
  if (left.kind === 'string' && right.kind === 'string') return build.boolConstant(left.value === right.value);
  const isHeader = (value: Value): value is Value & { kind: 'header' | 'header-value' } =>
    value.kind === 'header' || value.kind === 'header-value';
  if (isHeader(left) && isHeader(right)) {
    const leftValid = validityOf(left, span);
    const rightValid = validityOf(right, span);
    const neither = build.binary('&&', build.unary('!', leftValid), build.unary('!', rightValid));
    let both = build.binary('&&', leftValid, rightValid);
    const leftFields = fieldsOfHeader(context, left);
    const rightFields = fieldsOfHeader(context, right);
    for (const [name, part] of leftFields) {
      const other = rightFields.get(name);
      if (other !== undefined) both = build.binary('&&', both, equal(context, part, other, span));
    }
    return build.binary('||', neither, both);
  }
  const members = (value: Value): readonly Value[] | undefined => {
    if (value.kind === 'union') return value.type.fields.map((field) => unionMember(value, field.name));
    if (value.kind === 'union-value') return [...value.members.values()];
    if (value.kind === 'struct' || value.kind === 'array' || value.kind === 'stack' || value.kind === 'union-stack') {
      return elementsOf(value, span);
    }
    return undefined;
  };
  const leftParts = members(left);
  const rightParts = members(right);
  if (leftParts === undefined || rightParts === undefined) {
    return notSupportedYet(span, `comparing ${left.kind} with ${right.kind}`);
  }
  let result: ir.Expression = build.TRUE;
  leftParts.forEach((part, index) => {
    const other = rightParts[index];
    if (other !== undefined) result = build.binary('&&', result, equal(context, part, other, span));
  });
  return result;
}

/** `condition ? whenTrue : whenFalse` for values of any type; undefined where it needs statements. */
export function select(condition: ir.Expression, whenTrue: Value, whenFalse: Value): Value | undefined {
  if (condition.kind === 'constant') return condition.value === 0n ? whenFalse : whenTrue;
  if (whenTrue.kind === 'scalar' && whenFalse.kind === 'scalar') {
    return scalar(build.conditional(condition, whenTrue.expression, whenFalse.expression));
  }
  if (whenTrue.kind === 'struct' && whenFalse.kind === 'struct') {
    const fields = new Map<string, Value>();
    for (const [name, part] of whenTrue.fields) {
      const other = whenFalse.fields.get(name);
      const chosen = other && select(condition, part, other);
      if (chosen === undefined) return undefined;
      fields.set(name, chosen);
    }
    return { kind: 'struct', fields };
  }
  return undefined;
}

/** Marks every header inside as invalid: what a variable or `out` parameter starts as. */
export function invalidateHeaders(body: Body, value: Value, span: Span | undefined): void {
  switch (value.kind) {
    case 'header':
      body.emit({ kind: 'set-invalid', header: value.reference, span });
      return;
    case 'struct':
      for (const part of value.fields.values()) invalidateHeaders(body, part, span);
      return;
    case 'stack':
    case 'union-stack':
    case 'array':
      for (const element of elementsOf(value, span)) invalidateHeaders(body, element, span);
      return;
    case 'union':
      for (const field of value.type.fields) invalidateHeaders(body, unionMember(value, field.name), span);
      return;
    case 'scalar':
    case 'integer':
    case 'string':
    case 'header-value':
    case 'union-value':
    case 'instance':
    case 'packet':
    case 'nothing':
      return;
  }
}

/** True when two l-values may share storage. */
export function overlap(a: Value, b: Value): boolean {
  const first = storageOf(a);
  const second = storageOf(b);
  for (const item of first) if (second.has(item)) return true;
  return false;
}

/** By value, for structures: the same ones are passed on from control to control, with hundreds of fields. */
const knownStorage = new WeakMap<Value, ReadonlySet<unknown>>();

/** The variables, header fields and whole objects that a value reads. Headers count with their fields. */
function storageOf(value: Value): ReadonlySet<unknown> {
  let storage = knownStorage.get(value);
  if (storage === undefined) {
    storage = addStorage(value, new Set());
    if (value.kind === 'struct') knownStorage.set(value, storage);
  }
  return storage;
}

function addStorage(value: Value, into: Set<unknown>): Set<unknown> {
  switch (value.kind) {
    case 'scalar':
      walkExpression(value.expression, (inner) => {
        if (inner.kind === 'read') {
          if (inner.place.kind === 'variable') into.add(inner.place.variable);
          else addHeader(inner.place.header, into);
        } else if (inner.kind === 'is-valid') addHeader(inner.header, into);
      });
      break;
    case 'struct':
      for (const part of value.fields.values()) addStorage(part, into);
      break;
    case 'header':
      addHeader(value.reference, into);
      break;
    case 'header-value':
      for (const part of value.fields.values()) addStorage(part, into);
      break;
    case 'union':
      if (value.reference.kind === 'instance') for (const member of value.reference.instance.members) into.add(member);
      else for (const element of value.reference.stack.elements) for (const member of element.members) into.add(member);
      break;
    case 'union-value':
      for (const part of value.members.values()) addStorage(part, into);
      break;
    case 'stack':
      for (const element of value.stack.elements) into.add(element);
      break;
    case 'union-stack':
      for (const element of value.stack.elements) for (const member of element.members) into.add(member);
      break;
    case 'array':
      for (const part of value.elements) addStorage(part, into);
      break;
    case 'integer':
    case 'string':
    case 'instance':
    case 'packet':
    case 'nothing':
      break;
  }
  return into;
}

function addHeader(header: ir.HeaderReference, into: Set<unknown>): void {
  switch (header.kind) {
    case 'instance':
      into.add(header.instance);
      return;
    case 'element':
    case 'next':
    case 'last':
      for (const element of header.stack.elements) into.add(element);
      return;
    case 'union-element':
    case 'union-next':
    case 'union-last':
      for (const element of header.stack.elements) for (const member of element.members) into.add(member);
      return;
  }
}

/** True for values that hold nothing that could change: constants only. */
export function isConstantValue(value: Value): boolean {
  switch (value.kind) {
    case 'scalar':
      return value.expression.kind === 'constant' || value.expression.kind === 'parameter';
    case 'struct':
      return [...value.fields.values()].every(isConstantValue);
    case 'header-value':
      return value.valid.kind === 'constant' && [...value.fields.values()].every(isConstantValue);
    case 'union-value':
      return [...value.members.values()].every(isConstantValue);
    case 'array':
      return value.elements.every(isConstantValue);
    case 'header':
    case 'union':
    case 'stack':
    case 'union-stack':
      return false;
    case 'integer':
    case 'string':
    case 'instance':
    case 'packet':
    case 'nothing':
      return true;
  }
}

export { assign, assignScalar, freeze } from './assignment.ts';
export { convert, defaultValue, invalidHeader } from './convert.ts';
export { NOTHING };
