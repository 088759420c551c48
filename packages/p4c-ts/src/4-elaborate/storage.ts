/**
 * Storage: gives every variable of the program a place in the switch.
 *
 * BMv2 stores headers, header stacks, unions, and single fields. A structure is therefore taken apart: its
 * scalars become fields of the metadata header `scalars`, its headers become header instances. Nothing else is ever
 * allocated, so there is no layout to compute; names are unique, readable and derived from the source.
 */

import type * as ast from '../2-parse/ast.ts';
import type * as T from '../3-types/types.ts';
import * as build from '../5-lower/expressions.ts';
import * as ir from '../5-lower/ir.ts';
import type { Span } from '../diagnostics/span.ts';
import { CannotElaborate, type Context, notOnTarget, notSupportedYet } from './context.ts';
import { annotationNamed, localName, stringOf, withoutDot } from './names.ts';
import { scalar, type Value } from './values.ts';

/** How something is declared. */
export interface StorageRequest {
  /** Becomes part of the names; made unique. */
  readonly name: string;
  readonly role: ir.Variable['role'];
  readonly span: Span | undefined;
  /** Numbers of `@field_list`, inherited by the parts of a structure. */
  readonly fieldLists?: readonly number[] | undefined;
  /** Names are given exactly, for the program's headers. */
  readonly exactNames?: boolean | undefined;
}

/** The scalar type of a value that fits into one field; undefined for structures, headers and the like. */
export function scalarTypeOf(type: T.Type): ir.ScalarType | undefined {
  switch (type.kind) {
    case 'bits':
      return ir.bitsType(type.width, type.signed);
    case 'bool':
      return ir.BOOL;
    case 'error':
      return ir.ERROR;
    case 'varbit':
      return { kind: 'varbit', maxWidth: type.maxWidth };
    case 'enum':
      return ir.bitsType(32);
    case 'serializable-enum':
      return scalarTypeOf(type.underlying);
    case 'newtype':
      return scalarTypeOf(type.underlying);
    case 'set':
      return scalarTypeOf(type.element);
    default:
      return undefined;
  }
}

/** Strips newtypes. */
export function plainType(type: T.Type): T.Type {
  return type.kind === 'newtype' ? plainType(type.underlying) : type;
}

/** Fails when nested arrays have made more variables and headers than any switch has room for. */
function checkAmount(context: Context, request: StorageRequest): void {
  if (context.variables.length + context.headerInstances.length < STORAGE_LIMIT) return;
  throw new CannotElaborate(
    'overlimit',
    request.span,
    `the program needs more than ${STORAGE_LIMIT} variables and headers`,
  );
}

/** Most variables and headers of a program. */
const STORAGE_LIMIT = 50_000;

/** Most elements of a stack or array; each is a header or fields of its own in the switch. */
const STACK_SIZE_LIMIT = 4096;

/** Fails for a stack or array that no switch has room for: before its elements are looked at one by one. */
export function checkStackSize(type: T.StackType, span: Span | undefined): void {
  if (type.size <= STACK_SIZE_LIMIT) return;
  const what = `a stack or array of ${type.size} elements is too large: the switch stores each element, ${STACK_SIZE_LIMIT} at most`;
  throw new CannotElaborate('overlimit', span, what);
}

/** Allocates storage for a variable of that type and returns it as an l-value. */
export function allocate(context: Context, declared: T.Type, request: StorageRequest): Value {
  const type = plainType(declared);
  const scalarType = scalarTypeOf(type);
  if (scalarType !== undefined) return scalar(build.read(allocateScalar(context, scalarType, request)));
  return allocateParts(context, type, request);
}

/** What is asked for a part of a structure. */
function partRequest(request: StorageRequest, name: string): StorageRequest {
  return { ...request, name: partName(request, name) };
}

function partName(request: StorageRequest, name: string): string {
  return request.exactNames ? name : `${request.name}.${name}`;
}

/** Names of the fields' storage. Strings that are the same ones again need not be hashed again. */
function fieldNames(context: Context, type: T.StructType, request: StorageRequest): readonly string[] {
  let ofType = context.partNames.get(type);
  if (ofType === undefined) context.partNames.set(type, (ofType = new Map()));
  // Exact names have nothing before them.
  const prefix = request.exactNames ? '' : request.name;
  let names = ofType.get(prefix);
  if (names === undefined) {
    names = type.fields.map((field) =>
      partName(request, withoutDot(localName(field.name, field.declaration.annotations))),
    );
    ofType.set(prefix, names);
  }
  return names;
}

function allocateParts(context: Context, type: T.Type, request: StorageRequest): Value {
  switch (type.kind) {
    case 'struct': {
      const fields = new Map<string, Value>();
      const names = fieldNames(context, type, request);
      const { role, span, exactNames } = request;
      type.fields.forEach((field, index) => {
        const ownLists = fieldListNumbers(field.declaration, context);
        const fieldLists = ownLists.length === 0 ? request.fieldLists : [...(request.fieldLists ?? []), ...ownLists];
        const part = { name: names[index]!, role, span, fieldLists, exactNames };
        fields.set(field.name, allocate(context, field.type, part));
      });
      return { kind: 'struct', fields };
    }
    case 'tuple':
    case 'list-expression': {
      const fields = new Map<string, Value>();
      type.components.forEach((component, index) => {
        fields.set(String(index), allocate(context, component, partRequest(request, `f${index}`)));
      });
      return { kind: 'struct', fields };
    }
    case 'header': {
      const instance = allocateHeader(context, headerType(context, type), request);
      return { kind: 'header', type, reference: { kind: 'instance', instance } };
    }
    case 'header_union': {
      const instance = allocateUnion(context, unionType(context, type), request);
      return { kind: 'union', type, reference: { kind: 'instance', instance } };
    }
    case 'stack': {
      checkStackSize(type, request.span);
      const element = plainType(type.element);
      if (element.kind === 'header') {
        const name = uniqueHeaderName(context, request);
        const elementType = headerType(context, element);
        const elements = range(type.size).map((index) =>
          allocateHeader(context, elementType, { ...request, name: `${name}[${index}]`, exactNames: true }),
        );
        const stack: ir.HeaderStack = { kind: 'header-stack', name, type: elementType, elements };
        context.headerStacks.push(stack);
        return { kind: 'stack', element, stack };
      }
      if (element.kind === 'header_union') {
        const name = uniqueHeaderName(context, request);
        const elementType = unionType(context, element);
        const elements = range(type.size).map((index) =>
          allocateUnion(context, elementType, { ...request, name: `${name}[${index}]`, exactNames: true }),
        );
        const stack: ir.UnionStack = { kind: 'union-stack', name, type: elementType, elements };
        context.unionStacks.push(stack);
        return { kind: 'union-stack', element, stack };
      }
      return {
        kind: 'array',
        elements: range(type.size).map((index) => allocate(context, type.element, partRequest(request, `e${index}`))),
      };
    }
    case 'erroneous':
    case 'void':
    case 'string':
    case 'match_kind':
    case 'integer':
    case 'dontcare':
    case 'state':
    case 'any':
    case 'struct-expression':
    case 'list':
    case 'extern':
    case 'parser':
    case 'control':
    case 'package':
    case 'table':
    case 'apply-result':
    case 'action-enum':
    case 'action':
    case 'function':
    case 'type-variable':
    case 'type-type':
      return notSupportedYet(request.span, `a variable of type ${type.kind}`);
    default:
      return notSupportedYet(request.span, `a variable of type ${(type as { kind: string }).kind}`);
  }
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

function uniqueHeaderName(context: Context, request: StorageRequest): string {
  return context.uniqueName('header', request.name);
}

/** A place for one scalar. */
export function allocateScalar(context: Context, type: ir.ScalarType, request: StorageRequest): ir.Place {
  checkAmount(context, request);
  const variable: ir.Variable = {
    kind: 'variable',
    id: context.variables.length,
    name: context.uniqueName('variable', request.name),
    type,
    role: request.role,
    // Only metadata outlives the packet's pass; on a local variable the annotation means nothing.
    fieldLists: request.role === 'user-metadata' ? (request.fieldLists ?? []) : [],
  };
  context.variables.push(variable);
  return { kind: 'variable', variable };
}

function allocateHeader(context: Context, type: ir.HeaderType, request: StorageRequest): ir.HeaderInstance {
  checkAmount(context, request);
  const name = context.uniqueName('header', request.name);
  const instance: ir.HeaderInstance = { kind: 'header-instance', name, type, isMetadata: false };
  context.headerInstances.push(instance);
  return instance;
}

function allocateUnion(context: Context, type: ir.UnionType, request: StorageRequest): ir.UnionInstance {
  const name = context.uniqueName('header', request.name);
  const members = type.members.map((member) =>
    allocateHeader(context, member.type, { ...request, name: `${name}.${member.name}` }),
  );
  const instance: ir.UnionInstance = { kind: 'union-instance', name, type, members };
  context.unionInstances.push(instance);
  return instance;
}

/** Name of a nominal type with its type arguments, as an identifier. */
function typeName(type: T.HeaderType | T.HeaderUnionType | T.StructType): string {
  const declared = withoutDot(localName(type.name, type.declaration.annotations));
  if (type.typeArguments.length === 0) return declared;
  return `${declared}_${type.typeArguments.map(argumentName).join('_')}`;
}

function argumentName(type: T.Type): string {
  switch (type.kind) {
    case 'bits':
      return `${type.signed ? 'int' : 'bit'}${type.width}`;
    case 'header':
    case 'struct':
    case 'header_union':
      return typeName(type);
    case 'newtype':
    case 'enum':
    case 'serializable-enum':
      return type.name;
    default:
      return type.kind;
  }
}

/** The switch's type for a header; each is made once. */
export function headerType(context: Context, type: T.HeaderType): ir.HeaderType {
  let made = context.madeHeaderTypes.get(type);
  if (made === undefined) {
    made = makeHeaderType(context, type);
    context.madeHeaderTypes.set(type, made);
  }
  return made;
}

function makeHeaderType(context: Context, type: T.HeaderType): ir.HeaderType {
  const name = typeName(type);
  const known = context.headerTypes.get(name);
  if (known !== undefined) return known;
  const fields: ir.HeaderField[] = [];
  let varbits = 0;
  let bits = 0;
  const add = (fieldName: string, fieldType: T.Type, span: Span): void => {
    const plain = plainType(fieldType);
    const scalarType = scalarTypeOf(plain);
    if (scalarType !== undefined) {
      if (scalarType.kind === 'varbit') varbits += 1;
      bits += ir.widthOf(scalarType);
      fields.push({ name: fieldName, type: scalarType, index: fields.length, alias: undefined });
    } else if (plain.kind === 'struct') {
      for (const inner of plain.fields) add(`${fieldName}.${inner.name}`, inner.type, span);
    } else {
      notSupportedYet(span, `a header field of type ${plain.kind}`);
    }
  };
  for (const field of type.fields) add(field.name, field.type, field.declaration.span);
  if (varbits > 1) {
    throw new CannotElaborate(
      'unsupported',
      type.declaration.span,
      `${type.name}: headers with multiple varbit fields not supported`,
    );
  }
  if (bits % 8 !== 0) {
    notOnTarget(
      type.declaration.span,
      `${type.name}: the header has ${bits} bits, but BMv2 handles only headers of whole bytes`,
      `add a field of ${8 - (bits % 8)} bits`,
    );
  }
  const made: ir.HeaderType = { kind: 'header-type', name, fields, span: type.declaration.span, isMetadata: false };
  context.headerTypes.set(name, made);
  return made;
}

function unionType(context: Context, type: T.HeaderUnionType): ir.UnionType {
  const members = type.fields.map((field) => {
    const plain = plainType(field.type);
    if (plain.kind !== 'header') return notSupportedYet(field.declaration.span, 'a union member that is no header');
    return { name: field.name, type: headerType(context, plain) };
  });
  return { kind: 'union-type', name: typeName(type), members };
}

/** The structure `standard_metadata_t` as one metadata header: the switch reads and writes its fields by name. */
export function allocateMetadataHeader(context: Context, type: T.StructType, name: string): Value {
  const fields: ir.HeaderField[] = type.fields.map((field, index) => ({
    name: field.name,
    type: scalarTypeOf(field.type) ?? notSupportedYet(field.declaration.span, 'a structure inside standard_metadata_t'),
    index,
    alias: stringOf(annotationNamed(field.declaration.annotations, 'alias')),
  }));
  const headerType: ir.HeaderType = {
    kind: 'header-type',
    name: typeName(type),
    fields,
    span: type.declaration.span,
    isMetadata: true,
  };
  context.uniqueName('header', name);
  const instance: ir.HeaderInstance = { kind: 'header-instance', name, type: headerType, isMetadata: true };
  context.headerInstances.push(instance);
  const values = new Map<string, Value>();
  type.fields.forEach((field, index) => {
    const place: ir.Place = { kind: 'field', header: { kind: 'instance', instance }, field: fields[index]! };
    values.set(field.name, scalar(build.read(place)));
  });
  return { kind: 'struct', fields: values, header: instance };
}

const NO_LISTS: readonly number[] = [];

function fieldListNumbers(field: ast.StructField, context: Context): readonly number[] {
  const annotation = annotationNamed(field.annotations, 'field_list');
  if (annotation === undefined) return NO_LISTS;
  const { body } = annotation;
  const numbers: number[] = [];
  if (body.kind === 'Unstructured') {
    // Numbers, constants and members of enums (`Lists.recirculated`), separated by commas.
    for (let at = 0; at < body.tokens.length; at++) {
      const token = body.tokens[at]!;
      if (token.tokenKind === 'integer') {
        numbers.push(parseInteger(token.text));
      } else if (token.tokenKind === 'identifier') {
        const isMember = body.tokens[at + 1]?.text === '.' && body.tokens[at + 2] !== undefined;
        const value = isMember
          ? memberValue(context, token.text, body.tokens[at + 2]!.text)
          : constantValue(context, token.text);
        if (value === undefined) notOnTarget(token.span, `@field_list: ${token.text} must be a constant integer`);
        numbers.push(Number(value));
        if (isMember) at += 2;
      }
    }
  } else if (body.kind === 'ExpressionList') {
    for (const expression of body.expressions) {
      const value = context.typed.constants.get(expression);
      if (value?.kind === 'integer') numbers.push(Number(value.value));
      else if (expression.kind === 'IntegerLiteral') numbers.push(Number(expression.value));
    }
  }
  return numbers;
}

function constantValue(context: Context, name: string): bigint | undefined {
  const declaration = context.typed.topLevel.get(name)?.[0];
  if (declaration?.kind !== 'ConstantDeclaration') return undefined;
  const value = context.typed.constants.get(declaration.value);
  return value?.kind === 'integer' ? value.value : undefined;
}

function memberValue(context: Context, enumName: string, memberName: string): bigint | undefined {
  const declaration = context.typed.topLevel.get(enumName)?.[0];
  if (declaration?.kind !== 'SerializableEnumDeclaration') return undefined;
  const member = declaration.members.find((candidate) => candidate.name.name === memberName);
  return member && context.typed.enumValues.get(member);
}

function parseInteger(text: string): number {
  const digits = text.replace(/^\d+[ws]/, '').replaceAll('_', '');
  return Number(digits);
}
