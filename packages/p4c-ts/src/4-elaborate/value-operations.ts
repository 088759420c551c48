/**
 * Operations on values: converting, copying, comparing and assigning them as a whole, all by taking them apart into scalars
 * and headers.
 *
 * Assignment is where P4's semantics need care: the right side is evaluated completely before anything is stored, so
 * `{x, y} = {y, x}` swaps. Leaves are stored one after another; when a later leaf reads what an earlier one wrote,
 * the right side is first frozen into temporaries.
 */
import { InternalError } from '../diagnostics/diagnostic.ts';
import type { Span } from '../diagnostics/span.ts';
import type * as T from '../3-types/types.ts';
import * as build from '../5-lower/expressions.ts';
import * as ir from '../5-lower/ir.ts';
import type { Body } from './body.ts';
import { CannotElaborate, type Context, notSupportedYet } from './context.ts';
import { allocate, headerType, plainType, scalarTypeOf } from './storage.ts';
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

/** `isValid()` of a header or union value. */
export function validityOf(value: Value, span: Span | undefined): ir.Expression {
  switch (value.kind) {
    case 'header':
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

/** A header, union or structure with all its headers invalid and numbers zero: where `...` or `{#}` stands. */
export function defaultValue(context: Context, declared: T.Type, span: Span | undefined): Value {
  const type = plainType(declared);
  const scalarType = scalarTypeOf(type);
  if (scalarType !== undefined) {
    if (type.kind === 'serializable-enum' || type.kind === 'enum') return scalar(build.constant(0n, scalarType));
    return scalar(build.constant(0n, scalarType));
  }
  switch (type.kind) {
    case 'integer':
      return { kind: 'integer', value: 0n };
    case 'string':
      return { kind: 'string', value: '' };
    case 'struct':
      return { kind: 'struct', fields: new Map(type.fields.map((f) => [f.name, defaultValue(context, f.type, span)])) };
    case 'tuple':
      return {
        kind: 'struct',
        fields: new Map(type.components.map((component, index) => [String(index), defaultValue(context, component, span)])),
      };
    case 'header':
      return invalidHeader(type);
    case 'header_union':
      return {
        kind: 'union-value',
        type,
        members: new Map(type.fields.map((f) => [f.name, defaultValue(context, f.type, span)])),
      };
    case 'stack':
      return {
        kind: 'array',
        elements: Array.from({ length: type.size }, () => defaultValue(context, type.element, span)),
      };
    default:
      return notSupportedYet(span, `the default value of a ${type.kind}`);
  }
}

/** `{#}` as a header of that type. */
export function invalidHeader(type: T.HeaderType): Value {
  return { kind: 'header-value', type, valid: build.FALSE, fields: new Map() };
}

/**
 * Converts a value to the type it has where it stands: `int` to fixed width, list and structure expressions to
 * structures, headers and stacks, numbers to other widths, bool to and from bit<1>.
 */
export function convert(context: Context, value: Value, target: T.Type, span: Span | undefined): Value {
  const type = plainType(target);
  const scalarType = scalarTypeOf(type);
  if (scalarType !== undefined) {
    if (value.kind === 'integer') return scalar(build.constant(value.value, scalarType));
    if (value.kind === 'scalar') {
      if (scalarType.kind === 'varbit' || value.expression.type.kind === 'varbit') return value;
      const converted = build.cast(value.expression, scalarType);
      if (converted === value.expression) return value;
      return value.symbol === undefined ? scalar(converted) : { ...value, expression: converted };
    }
    if (value.kind === 'struct' && value.fields.size === 1) {
      // `(bit<8>) s` of a structure with one field.
      return convert(context, [...value.fields.values()][0]!, target, span);
    }
    return value;
  }
  switch (type.kind) {
    case 'integer':
      return value;
    case 'struct': {
      if (value.kind !== 'struct' && value.kind !== 'array') return value;
      if (value.kind === 'struct' && value.header !== undefined) return value;
      const given = value.kind === 'struct' ? value.fields : numbered(value.elements);
      const named = type.fields.some((field) => given.has(field.name));
      const fields = new Map<string, Value>();
      type.fields.forEach((field, index) => {
        const part = named ? given.get(field.name) : given.get(String(index));
        fields.set(
          field.name,
          part === undefined ? defaultValue(context, field.type, span) : convert(context, part, field.type, span),
        );
      });
      return { kind: 'struct', fields };
    }
    case 'tuple': {
      if (value.kind !== 'struct' && value.kind !== 'array') return value;
      const parts = value.kind === 'struct' ? [...value.fields.values()] : value.elements;
      const fields = new Map<string, Value>();
      type.components.forEach((component, index) => {
        const part = parts[index];
        fields.set(
          String(index),
          part === undefined ? defaultValue(context, component, span) : convert(context, part, component, span),
        );
      });
      return { kind: 'struct', fields };
    }
    case 'header': {
      if (value.kind === 'nothing') return invalidHeader(type);
      if (value.kind !== 'struct' && value.kind !== 'array') return value;
      const given = value.kind === 'struct' ? value.fields : numbered(value.elements);
      const named = type.fields.some((field) => given.has(field.name));
      const fields = new Map<string, Value>();
      type.fields.forEach((field, index) => {
        const part = named ? given.get(field.name) : given.get(String(index));
        fields.set(
          field.name,
          part === undefined ? defaultValue(context, field.type, span) : convert(context, part, field.type, span),
        );
      });
      return { kind: 'header-value', type, valid: build.TRUE, fields };
    }
    case 'header_union': {
      if (value.kind === 'nothing') return defaultValue(context, type, span);
      if (value.kind !== 'struct') return value;
      const given = value.fields;
      return {
        kind: 'union-value',
        type,
        members: new Map(
          type.fields.map((field) => {
            const part = given.get(field.name);
            return [
              field.name,
              part === undefined ? defaultValue(context, field.type, span) : convert(context, part, field.type, span),
            ];
          }),
        ),
      };
    }
    case 'stack': {
      if (value.kind !== 'struct' && value.kind !== 'array') return value;
      const parts = value.kind === 'struct' ? [...value.fields.values()] : value.elements;
      return {
        kind: 'array',
        elements: Array.from({ length: type.size }, (_, index) => {
          const part = parts[index];
          return part === undefined
            ? defaultValue(context, type.element, span)
            : convert(context, part, type.element, span);
        }),
      };
    }
    case 'list':
      if (value.kind === 'struct') {
        return { kind: 'array', elements: [...value.fields.values()].map((part) => convert(context, part, type.element, span)) };
      }
      return value;
    default:
      return value;
  }
}

function numbered(elements: readonly Value[]): ReadonlyMap<string, Value> {
  return new Map(elements.map((element, index) => [String(index), element]));
}

/** The value as it is now, unaffected by later assignments. */
export function freeze(body: Body, value: Value, span: Span | undefined): Value {
  switch (value.kind) {
    case 'scalar': {
      const expression = body.freeze(value.expression, span);
      return expression === value.expression ? value : { ...value, expression };
    }
    case 'struct':
      return { kind: 'struct', fields: mapValues(value.fields, (part) => freeze(body, part, span)) };
    case 'header-value':
      return {
        ...value,
        valid: body.freeze(value.valid, span),
        fields: mapValues(value.fields, (part) => freeze(body, part, span)),
      };
    case 'union-value':
      return { ...value, members: mapValues(value.members, (part) => freeze(body, part, span)) };
    case 'array':
      return { kind: 'array', elements: value.elements.map((part) => freeze(body, part, span)) };
    case 'header':
      return copyOf(body, value, value.type, span);
    case 'union':
      return copyOf(body, value, value.type, span);
    case 'stack':
      return copyOf(body, value, { kind: 'stack', element: value.element, size: value.stack.elements.length }, span);
    case 'union-stack':
      return copyOf(body, value, { kind: 'stack', element: value.element, size: value.stack.elements.length }, span);
    case 'integer':
    case 'string':
    case 'instance':
    case 'packet':
    case 'nothing':
      return value;
  }
}

function copyOf(body: Body, value: Value, type: T.Type, span: Span | undefined): Value {
  const copy = allocate(body.context, type, { name: 'tmp_hdr', role: 'temporary', span });
  assign(body, copy, value, span);
  return copy;
}

function mapValues(map: ReadonlyMap<string, Value>, change: (value: Value) => Value): ReadonlyMap<string, Value> {
  return new Map([...map].map(([name, value]) => [name, change(value)]));
}

/** One scalar or whole-header part of an assignment. */
type Store =
  | { readonly kind: 'scalar'; readonly target: ir.Expression; readonly value: ir.Expression }
  | { readonly kind: 'copy'; readonly target: Value; readonly source: Value }
  | { readonly kind: 'validity'; readonly header: ir.HeaderReference; readonly valid: ir.Expression };

/** `target = value`, of any type. The target is an l-value. */
export function assign(body: Body, target: Value, value: Value, span: Span | undefined): void {
  const stores: Store[] = [];
  collectStores(body.context, target, value, stores, span);
  if (conflicts(stores)) {
    const frozen = freeze(body, value, span);
    stores.length = 0;
    collectStores(body.context, target, frozen, stores, span);
  }
  for (const store of stores) performStore(body, store, span);
}

function collectStores(context: Context, target: Value, value: Value, stores: Store[], span: Span | undefined): void {
  if (value.kind === 'nothing' && target.kind !== 'header' && target.kind !== 'union') return;
  switch (target.kind) {
    case 'scalar':
      stores.push({ kind: 'scalar', target: target.expression, value: expressionOf(value, span) });
      return;
    case 'struct': {
      if (value.kind !== 'struct' && value.kind !== 'array') throw new InternalError(`struct = ${value.kind}`, span);
      const parts = value.kind === 'struct' ? value.fields : numbered(value.elements);
      let index = 0;
      for (const [name, part] of target.fields) {
        const source = parts.get(name) ?? parts.get(String(index));
        if (source === undefined) throw new InternalError(`no value for field ${name}`, span);
        collectStores(context, part, source, stores, span);
        index += 1;
      }
      return;
    }
    case 'header': {
      if (value.kind === 'header') {
        if (!build.sameHeader(target.reference, value.reference)) stores.push({ kind: 'copy', target, source: value });
        return;
      }
      const source = value.kind === 'nothing' ? invalidHeader(target.type) : value;
      if (source.kind !== 'header-value') throw new InternalError(`header = ${value.kind}`, span);
      stores.push({ kind: 'validity', header: target.reference, valid: source.valid });
      for (const [name, part] of source.fields) {
        collectStores(context, headerField(context, target, name), part, stores, span);
      }
      return;
    }
    case 'union': {
      if (value.kind === 'union') {
        stores.push({ kind: 'copy', target, source: value });
        return;
      }
      if (value.kind !== 'union-value') throw new InternalError(`union = ${value.kind}`, span);
      // Invalid members first: making one valid invalidates the others.
      const members = [...value.members].sort(
        ([, a], [, b]) => Number(mayBeValid(a)) - Number(mayBeValid(b)),
      );
      for (const [name, part] of members) collectStores(context, unionMember(target, name), part, stores, span);
      return;
    }
    case 'stack':
    case 'union-stack': {
      if (value.kind === target.kind) {
        stores.push({ kind: 'copy', target, source: value });
        return;
      }
      const sources = elementsOf(value, span);
      elementsOf(target, span).forEach((element, index) => {
        collectStores(context, element, sources[index]!, stores, span);
      });
      return;
    }
    case 'array': {
      const sources = elementsOf(value, span);
      target.elements.forEach((element, index) => collectStores(context, element, sources[index]!, stores, span));
      return;
    }
    case 'nothing':
      return;
    case 'integer':
    case 'string':
    case 'header-value':
    case 'union-value':
    case 'instance':
    case 'packet':
      throw new InternalError(`assignment to ${target.kind}`, span);
  }
}

function mayBeValid(value: Value): boolean {
  return !(value.kind === 'header-value' && value.valid.kind === 'constant' && value.valid.value === 0n);
}

/** True when a store may read what an earlier one wrote. Whole headers are compared coarsely. */
function conflicts(stores: readonly Store[]): boolean {
  for (let later = 1; later < stores.length; later++) {
    const store = stores[later]!;
    for (let earlier = 0; earlier < later; earlier++) {
      if (mayRead(store, stores[earlier]!)) return true;
    }
  }
  return false;
}

function mayRead(reader: Store, writer: Store): boolean {
  const written = writtenBy(writer);
  if (written === undefined) return true;
  if (reader.kind === 'copy') {
    const source = reader.source.kind === 'header' ? reader.source.reference : undefined;
    if (source?.kind !== 'instance' || written.kind === 'variable') return written.kind !== 'variable';
    return written.header.kind !== 'instance' || written.header.instance === source.instance;
  }
  const expression = reader.kind === 'scalar' ? reader.value : reader.valid;
  return build.someExpression(expression, (inner) => {
    if (inner.kind === 'is-valid') return written.kind === 'header' && mayBeSameHeader(inner.header, written.header);
    if (inner.kind !== 'read') return false;
    if (inner.place.kind === 'variable') return written.kind === 'variable' && written.variable === inner.place.variable;
    if (written.kind === 'variable') return false;
    if (!mayBeSameHeader(inner.place.header, written.header)) return false;
    return written.field === undefined || written.field === inner.place.field.index;
  });
}

type Written =
  | { readonly kind: 'variable'; readonly variable: ir.Variable }
  | { readonly kind: 'header'; readonly header: ir.HeaderReference; readonly field: number | undefined };

function writtenBy(store: Store): Written | undefined {
  switch (store.kind) {
    case 'scalar': {
      let target = store.target;
      while (target.kind === 'slice') target = target.operand;
      if (target.kind !== 'read') return undefined;
      if (target.place.kind === 'variable') return { kind: 'variable', variable: target.place.variable };
      return { kind: 'header', header: target.place.header, field: target.place.field.index };
    }
    case 'validity':
      return { kind: 'header', header: store.header, field: -1 };
    case 'copy':
      return store.target.kind === 'header'
        ? { kind: 'header', header: store.target.reference, field: undefined }
        : undefined;
  }
}

function mayBeSameHeader(a: ir.HeaderReference, b: ir.HeaderReference): boolean {
  if (a.kind === 'instance' && b.kind === 'instance') return a.instance === b.instance;
  return ir.headerTypeOf(a) === ir.headerTypeOf(b);
}

function performStore(body: Body, store: Store, span: Span | undefined): void {
  switch (store.kind) {
    case 'scalar':
      assignScalar(body, store.target, store.value, span);
      return;
    case 'validity': {
      const { header, valid } = store;
      if (valid.kind === 'constant') {
        body.emit({ kind: valid.value === 0n ? 'set-invalid' : 'set-valid', header, span });
        return;
      }
      const yes = body.newBlock('valid');
      const no = body.newBlock('invalid');
      const after = body.newBlock('after');
      body.terminate({ kind: 'branch', condition: valid, whenTrue: yes, whenFalse: no, span });
      body.moveTo(yes);
      body.emit({ kind: 'set-valid', header, span });
      body.goto(after);
      body.moveTo(no);
      body.emit({ kind: 'set-invalid', header, span });
      body.goto(after);
      body.moveTo(after);
      return;
    }
    case 'copy': {
      const { target, source } = store;
      if (target.kind === 'header' && source.kind === 'header') {
        body.emit({ kind: 'copy-header', target: target.reference, source: source.reference, span });
      } else if (target.kind === 'stack' && source.kind === 'stack') {
        if (target.stack !== source.stack) body.emit({ kind: 'copy-stack', target: target.stack, source: source.stack, span });
      } else if (target.kind === 'union-stack' && source.kind === 'union-stack') {
        if (target.stack !== source.stack) {
          body.emit({ kind: 'copy-union-stack', target: target.stack, source: source.stack, span });
        }
      } else if (target.kind === 'union' && source.kind === 'union') {
        if (target.reference.kind !== 'instance' || source.reference.kind !== 'instance') {
          notSupportedYet(span, 'copying an element of a union stack whose index is known only at run time');
        }
        body.emit({ kind: 'copy-union', target: target.reference.instance, source: source.reference.instance, span });
      } else {
        throw new InternalError(`${target.kind} = ${source.kind}`, span);
      }
      return;
    }
  }
}

/** `target = value` where the target is a place or a slice of one. */
export function assignScalar(body: Body, target: ir.Expression, value: ir.Expression, span: Span | undefined): void {
  if (target.kind === 'read') {
    body.assign(target.place, value, span);
    return;
  }
  if (target.kind !== 'slice' || target.operand.kind !== 'read') {
    // A cast l-value, or something the type checker should have refused.
    if (target.kind === 'cast') {
      assignScalar(body, target.operand, build.cast(value, target.operand.type), span);
      return;
    }
    throw new CannotElaborate('invalid', span, 'this expression cannot be assigned to');
  }
  const { operand, high, low } = target;
  const { type } = operand;
  const width = high - low + 1;
  const ones = ((1n << BigInt(width)) - 1n) << BigInt(low);
  const unsigned = ir.bitsType(ir.widthOf(type));
  const rest = build.binary('&', build.cast(operand, unsigned), build.constant(~ones, unsigned));
  const part = build.binary('<<', build.cast(build.cast(value, ir.bitsType(width)), unsigned), build.constant(BigInt(low), ir.bitsType(32)));
  body.assign(operand.place, build.cast(build.binary('|', rest, part), type), span);
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

/** The variables, header fields and whole objects that a value reads. Headers count with their fields. */
function storageOf(value: Value, into = new Set<unknown>()): Set<unknown> {
  switch (value.kind) {
    case 'scalar':
      build.walkExpression(value.expression, (inner) => {
        if (inner.kind === 'read') {
          if (inner.place.kind === 'variable') into.add(inner.place.variable);
          else addHeader(inner.place.header, into);
        } else if (inner.kind === 'is-valid') addHeader(inner.header, into);
      });
      break;
    case 'struct':
      for (const part of value.fields.values()) storageOf(part, into);
      break;
    case 'header':
      addHeader(value.reference, into);
      break;
    case 'header-value':
      for (const part of value.fields.values()) storageOf(part, into);
      break;
    case 'union':
      if (value.reference.kind === 'instance') for (const member of value.reference.instance.members) into.add(member);
      else for (const element of value.reference.stack.elements) for (const member of element.members) into.add(member);
      break;
    case 'union-value':
      for (const part of value.members.values()) storageOf(part, into);
      break;
    case 'stack':
      for (const element of value.stack.elements) into.add(element);
      break;
    case 'union-stack':
      for (const element of value.stack.elements) for (const member of element.members) into.add(member);
      break;
    case 'array':
      for (const part of value.elements) storageOf(part, into);
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

export { NOTHING };
