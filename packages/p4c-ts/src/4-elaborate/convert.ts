/**
 * Conversion of values to the type they have where they stand, and default values: numbers of type `int` get a width,
 * list and structure expressions become structures, headers, unions or stacks.
 */
import type * as T from '../3-types/types.ts';
import * as build from '../5-lower/expressions.ts';
import type { Span } from '../diagnostics/span.ts';
import { type Context, notSupportedYet } from './context.ts';
import { checkStackSize, plainType, scalarTypeOf } from './storage.ts';
import { scalar, type Value } from './values.ts';

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
        fields: new Map(
          type.components.map((component, index) => [String(index), defaultValue(context, component, span)]),
        ),
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
      checkStackSize(type, span);
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
  return convertWhole(context, value, type, span);
}

// Apart from `convert`, because the functions inside it would cost every conversion of a scalar something.
function convertWhole(context: Context, value: Value, type: T.Type, span: Span | undefined): Value {
  switch (type.kind) {
    case 'integer':
      return value;
    case 'struct': {
      if (value.kind !== 'struct' && value.kind !== 'array') return value;
      if (value.kind === 'struct' && value.header !== undefined) return value;
      const parts = convertParts(context, value, type.fields, span);
      if (value.kind === 'struct' && isMadeOf(value.fields, type.fields, parts)) return value;
      return { kind: 'struct', fields: namedParts(type.fields, parts) };
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
      const parts = convertParts(context, value, type.fields, span);
      return { kind: 'header-value', type, valid: build.TRUE, fields: namedParts(type.fields, parts) };
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
      checkStackSize(type, span);
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
        return {
          kind: 'array',
          elements: [...value.fields.values()].map((part) => convert(context, part, type.element, span)),
        };
      }
      return value;
    default:
      return value;
  }
}

/** A value for each field: given under its name or, where no field is named, by position, or its default. */
function convertParts(
  context: Context,
  value: Value & { kind: 'struct' | 'array' },
  fields: readonly T.Field[],
  span: Span | undefined,
): Value[] {
  const given = value.kind === 'struct' ? value.fields : numbered(value.elements);
  const named = fields.some((field) => given.has(field.name));
  return fields.map((field, index) => {
    const part = given.get(named ? field.name : String(index));
    return part === undefined ? defaultValue(context, field.type, span) : convert(context, part, field.type, span);
  });
}

function namedParts(fields: readonly T.Field[], parts: readonly Value[]): Map<string, Value> {
  const named = new Map<string, Value>();
  for (let index = 0; index < fields.length; index++) named.set(fields[index]!.name, parts[index]!);
  return named;
}

/** Whether a structure has these fields with these parts, in this order: then no other one is made of them. */
function isMadeOf(given: ReadonlyMap<string, Value>, fields: readonly T.Field[], parts: readonly Value[]): boolean {
  if (given.size !== fields.length) return false;
  let index = 0;
  for (const [name, part] of given) {
    if (name !== fields[index]!.name || part !== parts[index]) return false;
    index += 1;
  }
  return true;
}

export function numbered(elements: readonly Value[]): ReadonlyMap<string, Value> {
  return new Map(elements.map((element, index) => [String(index), element]));
}
