/**
 * Constants that the type checker computed, and members of enums, as values of elaboration. The checker's constants
 * know their shape but not how they are stored; the type that is wanted decides, element by element. Computing them
 * again here would mean to have the rules of constant expressions twice.
 */
import type * as ast from '../2-parse/ast.ts';
import type { ConstantValue } from '../3-types/typed-program.ts';
import type * as T from '../3-types/types.ts';
import * as build from '../5-lower/expressions.ts';
import * as ir from '../5-lower/ir.ts';
import { InternalError } from '../diagnostics/diagnostic.ts';
import type { Span } from '../diagnostics/span.ts';
import { type Context, notSupportedYet } from './context.ts';
import { plainType, scalarTypeOf } from './storage.ts';
import * as operations from './value-operations.ts';
import { NOTHING, scalar, type Value } from './values.ts';

/** A value known to the type checker, as a value of elaboration. */
export function valueOfConstant(
  context: Context,
  constant: ConstantValue,
  type: T.Type,
  span: Span | undefined,
): Value {
  switch (constant.kind) {
    case 'integer': {
      const scalarType = scalarTypeOf(type);
      if (scalarType === undefined) return { kind: 'integer', value: constant.value };
      return scalar(build.constant(constant.value, scalarType));
    }
    case 'bool':
      return scalar(build.boolConstant(constant.value));
    case 'string':
      return { kind: 'string', value: constant.value };
    case 'error':
      return scalar(build.constant(BigInt(context.errorCodes.get(constant.member) ?? 0), ir.ERROR));
    case 'enum':
      return enumMember(context, constant.declaration, constant.member, type);
    case 'match_kind':
      return NOTHING;
    case 'list': {
      const plain = plainType(type);
      const typeAt = (index: number): T.Type | undefined => {
        if (plain.kind === 'tuple' || plain.kind === 'list-expression') return plain.components[index];
        if (plain.kind === 'stack' || plain.kind === 'list') return plain.element;
        if (plain.kind === 'struct' || plain.kind === 'header') return plain.fields[index]?.type;
        return undefined;
      };
      const elements = constant.elements.map((element, index) => {
        const elementType = typeAt(index);
        if (elementType === undefined) return notSupportedYet(span, 'this constant list');
        return valueOfConstant(context, element, elementType, span);
      });
      if (plain.kind === 'stack' || plain.kind === 'list') return { kind: 'array', elements };
      const fields = new Map(elements.map((element, index) => [String(index), element]));
      return operations.convert(context, { kind: 'struct', fields }, plain, span);
    }
    case 'struct': {
      const plain = plainType(type);
      const fields = new Map<string, Value>();
      for (const [name, value] of constant.fields) {
        let fieldType: T.Type | undefined;
        if (plain.kind === 'struct' || plain.kind === 'header' || plain.kind === 'header_union') {
          fieldType = plain.fields.find((field) => field.name === name)?.type;
        } else if (plain.kind === 'struct-expression') {
          fieldType = plain.fields.find((field) => field.name === name)?.type;
        }
        if (fieldType === undefined) return notSupportedYet(span, 'this constant structure');
        fields.set(name, valueOfConstant(context, value, fieldType, span));
      }
      return operations.convert(context, { kind: 'struct', fields }, plain, span);
    }
    case 'invalid-header':
      return operations.defaultValue(context, type, span);
  }
}

/** A member of an enum: its number, or its position for enums without representation. */
export function enumMember(
  context: Context,
  declaration: ast.EnumDeclaration | ast.SerializableEnumDeclaration,
  name: string,
  type: T.Type,
): Value {
  if (declaration.kind === 'SerializableEnumDeclaration') {
    const member = declaration.members.find((candidate) => candidate.name.name === name);
    const value = member && context.typed.enumValues.get(member);
    const scalarType = scalarTypeOf(type);
    if (value === undefined || scalarType === undefined) throw new InternalError(`enum member ${name} without a value`);
    return scalar(build.constant(value, scalarType));
  }
  const index = declaration.members.findIndex((candidate) => candidate.name.name === name);
  context.enumValues.set(
    declaration.name.name,
    declaration.members.map((member, position) => ({ name: member.name.name, value: BigInt(position) })),
  );
  return { kind: 'scalar', expression: build.constant(BigInt(index), ir.bitsType(32)), symbol: name };
}
