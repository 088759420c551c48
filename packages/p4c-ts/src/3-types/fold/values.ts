// Operations on constants as values, apart from any expression: equality, conversion to a type, and the width of types.

import type { ConstantValue } from '../typed-program.ts';
import { isStructure, type Type, withoutNewtypes } from '../types.ts';
import { fitToType } from './arithmetic.ts';

type Integer = Extract<ConstantValue, { kind: 'integer' }>;

/** Equality of two constants of one type; undefined when they are not comparable. */
export function valuesEqual(left: ConstantValue, right: ConstantValue): boolean | undefined {
  if (left.kind === 'enum' && right.kind === 'integer') return left.value === right.value;
  if (left.kind === 'integer' && right.kind === 'enum') return left.value === right.value;
  if (left.kind !== right.kind) return undefined;
  switch (left.kind) {
    case 'integer':
    case 'bool':
    case 'string':
      return left.value === (right as typeof left).value;
    case 'enum':
    case 'error':
    case 'match_kind':
      return left.member === (right as typeof left).member;
    case 'invalid-header':
      return true;
    case 'list': {
      const other = right as typeof left;
      if (left.elements.length !== other.elements.length) return undefined;
      return allTrue(left.elements.map((element, index) => valuesEqual(element, other.elements[index]!)));
    }
    case 'struct': {
      const other = right as typeof left;
      if (left.fields.size !== other.fields.size) return undefined;
      return allTrue(
        [...left.fields].map(([name, value]) => {
          const second = other.fields.get(name);
          return second === undefined ? undefined : valuesEqual(value, second);
        }),
      );
    }
  }
}

function allTrue(results: readonly (boolean | undefined)[]): boolean | undefined {
  if (results.some((result) => result === false)) return false;
  return results.some((result) => result === undefined) ? undefined : true;
}

/** What a cast, explicit or implicit, makes of a constant. Undefined when this value has no such conversion. */
export function convertValue(value: ConstantValue, type: Type): ConstantValue | undefined {
  const target = withoutNewtypes(type);
  switch (target.kind) {
    case 'integer':
      return asInteger(value);
    case 'bits': {
      const integer = asInteger(value);
      return integer === undefined ? undefined : { kind: 'integer', value: fitToType(integer.value, target).value };
    }
    case 'bool':
      if (value.kind === 'bool') return value;
      return value.kind === 'integer' ? { kind: 'bool', value: value.value !== 0n } : undefined;
    case 'serializable-enum':
      return value.kind === 'enum' && value.declaration !== target.declaration && value.value !== undefined
        ? { kind: 'integer', value: value.value }
        : value;
    case 'struct':
    case 'header':
      return asStructure(value, target);
    case 'tuple':
    case 'stack':
    case 'list':
      return value.kind === 'list' ? asList(value, target) : value;
    default:
      return value;
  }
}

function asInteger(value: ConstantValue): Integer | undefined {
  switch (value.kind) {
    case 'integer':
      return value;
    case 'bool':
      return { kind: 'integer', value: value.value ? 1n : 0n };
    case 'enum':
      return value.value === undefined ? undefined : { kind: 'integer', value: value.value };
    default:
      return undefined;
  }
}

function asStructure(value: ConstantValue, type: Type): ConstantValue | undefined {
  if (!isStructure(type)) return value;
  if (value.kind === 'list') {
    const fields = new Map<string, ConstantValue>();
    for (let i = 0; i < type.fields.length; i++) {
      const element = value.elements[i];
      const converted = element === undefined ? undefined : convertValue(element, type.fields[i]!.type);
      if (converted === undefined) return undefined;
      fields.set(type.fields[i]!.name, converted);
    }
    return { kind: 'struct', fields };
  }
  if (value.kind !== 'struct') return value;
  const fields = new Map<string, ConstantValue>();
  for (const field of type.fields) {
    const element = value.fields.get(field.name);
    const converted = element === undefined ? undefined : convertValue(element, field.type);
    if (converted === undefined) return undefined;
    fields.set(field.name, converted);
  }
  return { kind: 'struct', fields };
}

function asList(value: Extract<ConstantValue, { kind: 'list' }>, type: Type): ConstantValue | undefined {
  const elements: ConstantValue[] = [];
  for (let i = 0; i < value.elements.length; i++) {
    const elementType =
      type.kind === 'tuple'
        ? type.components[i]
        : type.kind === 'stack' || type.kind === 'list'
          ? type.element
          : undefined;
    const converted = elementType === undefined ? value.elements[i]! : convertValue(value.elements[i]!, elementType);
    if (converted === undefined) return undefined;
    elements.push(converted);
  }
  return { kind: 'list', elements };
}

/**
 * Width of a type in bits; varbits count 0, or their greatest width if `greatest`; a union counts as its widest
 * member. Undefined for types without a width.
 */
export function widthOf(type: Type, greatest: boolean): number | undefined {
  const stripped = withoutNewtypes(type);
  switch (stripped.kind) {
    case 'bits':
      return stripped.width;
    case 'bool':
      return 1;
    case 'varbit':
      return greatest ? stripped.maxWidth : 0;
    case 'serializable-enum':
      return stripped.underlying.kind === 'bits' ? stripped.underlying.width : undefined;
    case 'header':
    case 'struct':
      return sum(stripped.fields.map((field) => widthOf(field.type, greatest)));
    case 'tuple':
    case 'list-expression':
      return sum(stripped.components.map((component) => widthOf(component, greatest)));
    case 'stack': {
      const width = widthOf(stripped.element, greatest);
      return width === undefined ? undefined : width * stripped.size;
    }
    case 'header_union': {
      const widths = stripped.fields.map((field) => widthOf(field.type, greatest));
      if (widths.some((width) => width === undefined)) return undefined;
      return Math.max(0, ...(widths as number[]));
    }
    default:
      return undefined;
  }
}

function sum(widths: readonly (number | undefined)[]): number | undefined {
  let total = 0;
  for (const width of widths) {
    if (width === undefined) return undefined;
    total += width;
  }
  return total;
}
