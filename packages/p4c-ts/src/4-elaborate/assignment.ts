/**
 * Assignment and copying of whole values.
 *
 * Here P4's semantics need care: the right side is evaluated completely before anything is stored, so `{x, y} = {y, x}`
 * swaps. An assignment is first taken apart into stores of scalars and of whole headers; when a later store reads what
 * an earlier one wrote, the right side is frozen into temporaries and taken apart again.
 */
import type * as T from '../3-types/types.ts';
import * as build from '../5-lower/expressions.ts';
import * as ir from '../5-lower/ir.ts';
import { someExpression } from '../5-lower/traversal.ts';
import { InternalError } from '../diagnostics/diagnostic.ts';
import type { Span } from '../diagnostics/span.ts';
import type { Body } from './body.ts';
import { CannotElaborate, type Context } from './context.ts';
import { numbered } from './convert.ts';
import { allocate } from './storage.ts';
import { elementsOf, expressionOf, headerField, invalidHeader, refuseNext, unionMember } from './value-operations.ts';
import type { Value } from './values.ts';

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

/** Does something for the union that is meant: by a chain of branches where its index is known only at run time. */
function eachUnion(
  body: Body,
  union: ir.UnionReference,
  span: Span | undefined,
  act: (instance: ir.UnionInstance) => void,
): void {
  if (union.kind === 'instance') {
    act(union.instance);
    return;
  }
  const after = body.newBlock('after');
  union.stack.elements.forEach((instance, position) => {
    const chosen = body.newBlock('element');
    const next = body.newBlock('index');
    const condition = build.binary('==', union.index, build.constant(BigInt(position), union.index.type));
    body.terminate({ kind: 'branch', condition, whenTrue: chosen, whenFalse: next, span });
    body.moveTo(chosen);
    act(instance);
    body.goto(after);
    body.moveTo(next);
  });
  body.goto(after);
  body.moveTo(after);
}

/** One scalar or whole-header part of an assignment; of a plain scalar, the instruction itself. */
type Store =
  | (ir.Instruction & { readonly kind: 'assign' })
  | { readonly kind: 'scalar'; readonly target: ir.Expression; readonly value: ir.Expression }
  | { readonly kind: 'copy'; readonly target: Value; readonly source: Value }
  | { readonly kind: 'validity'; readonly header: ir.HeaderReference; readonly valid: ir.Expression };

/** `target = value`, of any type. The target is an l-value. */
export function assign(body: Body, target: Value, value: Value, span: Span | undefined): void {
  if (target.kind === 'scalar') {
    assignScalar(body, target.expression, expressionOf(value, span), span);
    return;
  }
  const stores: Store[] = [];
  collectStores(body.context, target, value, stores, span);
  if (conflicts(body.context, stores)) {
    const frozen = freeze(body, value, span);
    stores.length = 0;
    collectStores(body.context, target, frozen, stores, span);
  }
  for (const store of stores) performStore(body, store, span);
}

function collectStores(context: Context, target: Value, value: Value, stores: Store[], span: Span | undefined): void {
  if (value.kind === 'nothing' && target.kind !== 'header' && target.kind !== 'union') return;
  if (target.kind === 'header') refuseNext(target.reference, span);
  if (value.kind === 'header') refuseNext(value.reference, span);
  switch (target.kind) {
    case 'scalar': {
      const { expression } = target;
      const stored = expressionOf(value, span);
      if (expression.kind === 'read') stores.push({ kind: 'assign', target: expression.place, value: stored, span });
      else stores.push({ kind: 'scalar', target: expression, value: stored });
      return;
    }
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
      const members = [...value.members].sort(([, a], [, b]) => Number(mayBeValid(a)) - Number(mayBeValid(b)));
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
      let index = 0;
      for (const element of elementsOf(target, span)) {
        collectStores(context, element, sources[index]!, stores, span);
        index += 1;
      }
      return;
    }
    case 'array': {
      const sources = elementsOf(value, span);
      let index = 0;
      for (const element of target.elements) {
        collectStores(context, element, sources[index]!, stores, span);
        index += 1;
      }
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
function conflicts(context: Context, stores: readonly Store[]): boolean {
  if (stores.length < 2) return false;
  const written: Written = { variables: new Uint8Array(context.variables.length), headers: [], unknown: false };
  for (const store of stores) {
    if (mayRead(store, written)) return true;
    addWritten(store, written);
  }
  return false;
}

/** What the stores before have written. */
interface Written {
  /** By a variable's id: 1 where it was written. */
  readonly variables: Uint8Array;
  /** `field`: its position, -1 for the validity, undefined for all. */
  readonly headers: { readonly header: ir.HeaderReference; readonly field: number | undefined }[];
  /** Something else: whatever a later store reads may have changed. */
  unknown: boolean;
}

function mayRead(reader: Store, written: Written): boolean {
  if (written.unknown) return true;
  if (reader.kind === 'copy') {
    const source = reader.source.kind === 'header' ? reader.source.reference : undefined;
    if (source?.kind !== 'instance') return written.headers.length > 0;
    return written.headers.some(({ header }) => header.kind !== 'instance' || header.instance === source.instance);
  }
  const expression = reader.kind === 'validity' ? reader.valid : reader.value;
  if (expression.kind === 'constant') return false;
  if (expression.kind === 'read' && expression.place.kind === 'variable') {
    return written.variables[expression.place.variable.id] === 1;
  }
  return readsWritten(expression, written);
}

function readsWritten(expression: ir.Expression, { variables, headers }: Written): boolean {
  return someExpression(expression, (inner) => {
    if (inner.kind === 'is-valid') return headers.some(({ header }) => mayBeSameHeader(inner.header, header));
    if (inner.kind !== 'read') return false;
    const { place } = inner;
    if (place.kind === 'variable') return variables[place.variable.id] === 1;
    return headers.some(
      ({ header, field }) =>
        mayBeSameHeader(place.header, header) && (field === undefined || field === place.field.index),
    );
  });
}

function addWritten(store: Store, written: Written): void {
  switch (store.kind) {
    case 'assign':
      addPlace(store.target, written);
      return;
    case 'scalar': {
      let { target } = store;
      while (target.kind === 'slice') target = target.operand;
      if (target.kind === 'read') addPlace(target.place, written);
      else written.unknown = true;
      return;
    }
    case 'validity':
      written.headers.push({ header: store.header, field: -1 });
      return;
    case 'copy':
      if (store.target.kind === 'header') {
        written.headers.push({ header: store.target.reference, field: undefined });
      } else {
        written.unknown = true;
      }
      return;
  }
}

function addPlace(place: ir.Place, written: Written): void {
  if (place.kind === 'variable') written.variables[place.variable.id] = 1;
  else written.headers.push({ header: place.header, field: place.field.index });
}

function mayBeSameHeader(a: ir.HeaderReference, b: ir.HeaderReference): boolean {
  if (a.kind === 'instance' && b.kind === 'instance') return a.instance === b.instance;
  return ir.headerTypeOf(a) === ir.headerTypeOf(b);
}

function performStore(body: Body, store: Store, span: Span | undefined): void {
  switch (store.kind) {
    case 'assign':
      body.emit(store);
      return;
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
        if (target.stack !== source.stack)
          body.emit({ kind: 'copy-stack', target: target.stack, source: source.stack, span });
      } else if (target.kind === 'union-stack' && source.kind === 'union-stack') {
        if (target.stack !== source.stack) {
          body.emit({ kind: 'copy-union-stack', target: target.stack, source: source.stack, span });
        }
      } else if (target.kind === 'union' && source.kind === 'union') {
        copyUnion(body, target.reference, source.reference, span);
      } else {
        throw new InternalError(`${target.kind} = ${source.kind}`, span);
      }
      return;
    }
  }
}

function copyUnion(body: Body, target: ir.UnionReference, source: ir.UnionReference, span: Span | undefined): void {
  eachUnion(body, target, span, (to) => {
    eachUnion(body, source, span, (from) => {
      if (to !== from) body.emit({ kind: 'copy-union', target: to, source: from, span });
    });
  });
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
  const part = build.binary(
    '<<',
    build.cast(build.cast(value, ir.bitsType(width)), unsigned),
    build.constant(BigInt(low), ir.bitsType(32)),
  );
  body.assign(operand.place, build.cast(build.binary('|', rest, part), type), span);
}
