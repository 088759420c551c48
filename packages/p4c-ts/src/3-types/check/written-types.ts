// From written types to types, and from type declarations to the types they declare.
//
// How: each written type is resolved once and remembered in `typeNodes`; names lead to declarations (resolved before),
// declarations have their type in `declarationTypes`, filled in program order. A generic declaration's own type has
// its own type variables as type arguments ("unapplied"); `T<A, B>` substitutes them. An unapplied generic type is
// an error everywhere but as the base of a specialization and in an instantiation, whose arguments may be inferred.

import type * as ast from '../../2-parse/ast.ts';
import { assertNever } from '../../diagnostics/diagnostic.ts';
import { typeText } from '../support/expression-text.ts';
import {
  type BitsType,
  bits,
  boolType,
  dontCareType,
  type ErroneousType,
  type ExternType,
  erroneousType,
  errorType,
  type Field,
  insideOf,
  integerType,
  matchKindType,
  type Parameter,
  printType,
  type StructureType,
  scalarsOf,
  stringType,
  substitute,
  substituteParameters,
  type Type,
  type TypeVariable,
  typeContains,
  voidType,
  withoutNewtypes,
} from '../types.ts';
import { externSubstitution } from './calls.ts';
import type { Checker } from './checker.ts';
import { checkExpression } from './expressions.ts';
import { checkParameter, checkParameterList } from './parameters.ts';

/** The type that is written; `erroneousType` after an error. Generic types come back unapplied. */
export function typeOfNode(c: Checker, node: ast.TypeNode): Type {
  const known = c.tables.typeNodes.get(node);
  if (known !== undefined) return known;
  const type = readType(c, node);
  c.tables.typeNodes.set(node, type);
  return type;
}

function readType(c: Checker, node: ast.TypeNode): Type {
  switch (node.kind) {
    case 'BooleanType':
      return boolType;
    case 'ErrorType':
      return errorType;
    case 'InfiniteIntegerType':
      return integerType;
    case 'BitsType':
      if (node.width !== undefined) checkExpression(c, node.width);
      return bits(c.early.widths.get(node) ?? 64, node.signed);
    case 'VarbitType':
      checkExpression(c, node.maxWidth);
      return { kind: 'varbit', maxWidth: c.early.widths.get(node) ?? 64 };
    case 'StringType':
      return stringType;
    case 'MatchKindType':
      return matchKindType;
    case 'VoidType':
      return voidType;
    case 'DontCareType':
      return dontCareType;
    case 'NamedType':
      return namedType(c, node);
    case 'SpecializedType':
      return specializedType(c, node);
    case 'ArrayType':
      return arrayType(c, node);
    case 'ListType': {
      const element = typeOfNode(c, node.element);
      return element.kind === 'erroneous' ? element : { kind: 'list', element };
    }
    case 'TupleType':
      return tupleType(c, node);
    default:
      return assertNever(node, 'typeOfNode');
  }
}

function namedType(c: Checker, node: ast.NamedType): Type {
  const declaration = c.names.typeNames.get(node);
  if (declaration === undefined) return erroneousType;
  if (declaration.kind === 'TypeParameter') return c.typeVariable(declaration);
  if (declaration === c.context.control || declaration === c.context.parser) {
    c.error(node.span, `'${node.name.name}' cannot be referred to inside itself`);
    return erroneousType;
  }
  return c.tables.declarationTypes.get(declaration) ?? erroneousType;
}

/** The type variables that an unapplied generic type waits for; empty for all others. */
export function unappliedParameters(type: Type): readonly TypeVariable[] {
  if (!('typeArguments' in type) || type.typeArguments.length === 0) return [];
  const declaration = type.declaration as { readonly typeParameters?: readonly ast.TypeParameter[] };
  const own: TypeVariable[] = [];
  for (let i = 0; i < type.typeArguments.length; i++) {
    const argument = type.typeArguments[i]!;
    if (argument.kind !== 'type-variable' || argument.declaration === undefined) return [];
    if (argument.declaration !== declaration.typeParameters?.[i]) return [];
    own.push(argument);
  }
  return own;
}

function specializedType(c: Checker, node: ast.SpecializedType): Type {
  const base = typeOfNode(c, node.base);
  const args: Type[] = [];
  let failed = base.kind === 'erroneous';
  for (const written of node.typeArguments) {
    const argument = typeOfNode(c, written);
    if (argument.kind === 'erroneous') failed = true;
    else if (!failed && containsDeclarationOf(argument, base)) {
      c.error(node.base.span, `'${typeText(node.base)}' contains itself as a type argument`);
      failed = true;
    } else if (unappliedParameters(argument).length > 0) {
      c.error(written.span, `generic type '${typeText(written)}' needs type arguments`);
      failed = true;
    }
    args.push(argument);
  }
  if (failed) return erroneousType;
  const parameters = unappliedParameters(base);
  if (parameters.length === 0) {
    c.error(node.span, `'${typeText(node.base)}' is not generic and cannot be given type arguments`);
    return erroneousType;
  }
  if (parameters.length !== args.length) {
    c.error(
      node.span,
      `'${typeText(node.base)}' has ${parameters.length} type parameter(s), but is given ${args.length} type argument(s)`,
    );
    return erroneousType;
  }
  for (const argument of args) {
    if (argument.kind === 'parser' || argument.kind === 'control' || argument.kind === 'package') {
      c.error(node.span, `${printType(argument)} cannot be a type argument`);
      return erroneousType;
    }
  }
  const result = substitute(base, new Map(parameters.map((parameter, index) => [parameter, args[index]!])));
  return validSpecialization(c, result) ? result : erroneousType;
}

function containsDeclarationOf(type: Type, base: Type): boolean {
  if (!('declaration' in base)) return false;
  return typeContains(type, (inner) => 'declaration' in inner && inner.declaration === base.declaration);
}

/** After substitution the fields must still be of allowed types (`header H<T> { T f; }` with T = string is not). */
function validSpecialization(c: Checker, type: Type): boolean {
  if (type.kind === 'extern') return validMethods(c, type);
  if (type.kind !== 'header' && type.kind !== 'struct' && type.kind !== 'header_union') return true;
  return checkFields(c, type);
}

function validMethods(c: Checker, type: ExternType): boolean {
  const substitution = externSubstitution(c, type);
  return type.declaration.methods.every((method) => {
    const own = c.functionTypes.get(method);
    if (own === undefined) return true;
    const parameters = substituteParameters(own.parameters, substitution);
    return checkParameterList(c, parameters, { forbidModules: false, forbidPackages: false });
  });
}

function arrayType(c: Checker, node: ast.ArrayType): Type {
  const element = typeOfNode(c, node.element);
  checkExpression(c, node.size);
  const early = c.early.values.get(node.size);
  const size = early?.kind === 'integer' ? early.value : undefined;
  if (element.kind === 'erroneous') return element;
  if (size === undefined) {
    if (!c.reporter.hasErrors() || c.tables.types.get(node.size)?.kind !== 'erroneous') {
      c.error(node.span, `the size of '${typeText(node)}' must be a constant`);
    }
    return erroneousType;
  }
  if (size > 0x7fffffffn) {
    c.reporter.error('overlimit', node.size.span, `${size}: value too large for an array size`);
    return erroneousType;
  }
  if (size < 0n) {
    c.reporter.error('overlimit', node.size.span, `illegal array size: ${size}`);
    return erroneousType;
  }
  return { kind: 'stack', element, size: Number(size) };
}

function tupleType(c: Checker, node: ast.TupleType): Type {
  const components: Type[] = [];
  for (const element of node.elements) {
    const type = typeOfNode(c, element);
    if (type.kind === 'erroneous') return erroneousType;
    if (type.kind === 'parser' || type.kind === 'control' || type.kind === 'package' || type.kind === 'extern') {
      c.error(element.span, `${printType(type)} cannot be a field of a tuple`);
      return erroneousType;
    }
    components.push(type);
  }
  const tuple: Type = { kind: 'tuple', components };
  return isSmallEnough(c, tuple, node.span) ? tuple : erroneousType;
}

// ------------------------------------------------------------------------------------------------ type declarations

/** Declares the type of a header, struct, union, enum, typedef or newtype. */
export function declareDataType(
  c: Checker,
  node:
    | ast.HeaderDeclaration
    | ast.HeaderUnionDeclaration
    | ast.StructDeclaration
    | ast.EnumDeclaration
    | ast.SerializableEnumDeclaration
    | ast.TypedefDeclaration
    | ast.NewtypeDeclaration,
): void {
  const { declarationTypes } = c.tables;
  switch (node.kind) {
    case 'HeaderDeclaration':
    case 'HeaderUnionDeclaration':
    case 'StructDeclaration':
      declareStructure(c, node);
      return;
    case 'EnumDeclaration': {
      const type: Type = { kind: 'enum', name: node.name.name, declaration: node };
      declarationTypes.set(node, type);
      for (const member of node.members) declarationTypes.set(member, type);
      return;
    }
    case 'SerializableEnumDeclaration':
      declareSerializableEnum(c, node);
      return;
    case 'TypedefDeclaration': {
      if ('name' in node.type && 'annotations' in node.type) {
        declareDataType(c, node.type);
        declarationTypes.set(node, declarationTypes.get(node.type) ?? erroneousType);
        return;
      }
      const written = node.type as ast.TypeNode;
      let type = typeOfNode(c, written);
      if (unappliedParameters(type).length > 0) {
        c.error(written.span, `generic type '${typeText(written)}' needs type arguments`);
        type = erroneousType;
      }
      declarationTypes.set(node, type);
      return;
    }
    case 'NewtypeDeclaration': {
      const underlying = typeOfNode(c, node.type);
      if (
        underlying.kind !== 'bits' &&
        underlying.kind !== 'bool' &&
        underlying.kind !== 'newtype' &&
        underlying.kind !== 'erroneous'
      ) {
        c.error(
          node.name.span,
          `'type' can only be applied to bit<>, int<>, bool and other new types, not to ${printType(underlying)}`,
        );
      }
      declarationTypes.set(node, { kind: 'newtype', name: node.name.name, declaration: node, underlying });
      return;
    }
    default:
      assertNever(node, 'declareDataType');
  }
}

function declareStructure(
  c: Checker,
  node: ast.HeaderDeclaration | ast.HeaderUnionDeclaration | ast.StructDeclaration,
): void {
  const typeArguments = node.typeParameters.map((parameter) => c.typeVariable(parameter));
  const fields: Field[] = [];
  for (const field of node.fields) {
    let type = typeOfNode(c, field.type);
    if (unappliedParameters(type).length > 0) {
      c.error(
        field.name.span,
        `generic type '${typeText(field.type)}' of field '${field.name.name}' needs type arguments`,
      );
      type = erroneousType;
    }
    c.tables.declarationTypes.set(field, type);
    fields.push({ name: field.name.name, type, declaration: field });
  }
  const common = { name: node.name.name, typeArguments, fields, inside: insideOf(typeArguments, fields) };
  const structure: StructureType =
    node.kind === 'HeaderDeclaration'
      ? { kind: 'header', declaration: node, ...common }
      : node.kind === 'StructDeclaration'
        ? { kind: 'struct', declaration: node, ...common }
        : { kind: 'header_union', declaration: node, ...common };
  const isSmall = isSmallEnough(c, structure, node.name.span);
  c.tables.declarationTypes.set(node, isSmall ? structure : erroneousType);
  if (isSmall) checkFields(c, structure);
}

/** Most scalars of a type: structures of structures of structures grow so fast that looking at one would never end. */
const GREATEST_TYPE = 50_000;

function isSmallEnough(c: Checker, type: Type, span: ast.NodeBase['span']): boolean {
  if (scalarsOf(type) <= GREATEST_TYPE) return true;
  c.reporter.error('overlimit', span, `types of more than ${GREATEST_TYPE} scalars are not supported`);
  return false;
}

/** Reports fields of a type that the structure cannot hold; at the field, or at the specialization that makes it so. */
function checkFields(c: Checker, type: StructureType): boolean {
  let valid = true;
  for (const field of type.fields) {
    if (fieldAllowed(type.kind, field.type)) continue;
    valid = false;
    c.error(
      field.declaration.name.span,
      `field '${field.name}' of ${printType(type)} cannot have type '${printType(field.type)}'`,
    );
  }
  return valid;
}

function fieldAllowed(structure: StructureType['kind'], fieldType: Type): boolean {
  if (fieldType.kind === 'erroneous' || fieldType.kind === 'type-variable') return true;
  const type = withoutNewtypes(fieldType);
  switch (structure) {
    case 'header':
      return type.kind === 'varbit' || onlyBits(type);
    case 'struct':
      switch (type.kind) {
        case 'struct':
        case 'bits':
        case 'header':
        case 'header_union':
        case 'enum':
        case 'error':
        case 'bool':
        case 'stack':
        case 'varbit':
        case 'tuple':
        case 'serializable-enum':
        case 'match_kind':
        case 'erroneous':
        case 'type-variable':
          return true;
        default:
          return false;
      }
    case 'header_union':
      return fieldType.kind === 'header';
  }
}

/** What a header may hold besides varbit: bits, bool, serializable enums, and structs or arrays of those. */
function onlyBits(type: Type): boolean {
  switch (type.kind) {
    case 'bits':
    case 'bool':
    case 'serializable-enum':
    case 'erroneous':
    case 'type-variable':
      return true;
    case 'stack':
      return onlyBits(withoutNewtypes(type.element));
    case 'struct':
      return type.fields.every((field) => onlyBits(withoutNewtypes(field.type)));
    default:
      return false;
  }
}

function declareSerializableEnum(c: Checker, node: ast.SerializableEnumDeclaration): void {
  const underlying = checkUnderlying(c, node.underlyingType);
  const type: Type = { kind: 'serializable-enum', name: node.name.name, declaration: node, underlying };
  c.tables.declarationTypes.set(node, type);
  for (const member of node.members) {
    c.tables.declarationTypes.set(member, type);
    if (member.value === undefined) continue;
    const valueType = checkExpression(c, member.value);
    if (underlying.kind === 'erroneous' || valueType.kind === 'erroneous') continue;
    checkMemberValue(c, member, member.value, valueType, underlying, node);
  }
}

function checkUnderlying(c: Checker, written: ast.TypeNode): BitsType | ErroneousType {
  const type = typeOfNode(c, written);
  if (type.kind === 'bits' || type.kind === 'erroneous') return type;
  const note =
    type.kind === 'integer'
      ? ' (this one has no width)'
      : type.kind === 'newtype'
        ? ' (types made with `type` are not allowed, even if their width is fixed)'
        : '';
  c.error(written.span, `an enum can only be based on bit<> and int<>, not on '${typeText(written)}'${note}`);
  return erroneousType;
}

function checkMemberValue(
  c: Checker,
  member: ast.EnumMember,
  value: ast.Expression,
  valueType: Type,
  underlying: BitsType,
  node: ast.SerializableEnumDeclaration,
): void {
  const constant = c.folder.valueOf(value);
  const integer = constant?.kind === 'integer' ? constant.value : undefined;
  if (integer !== undefined) {
    const least = underlying.signed ? -(1n << BigInt(underlying.width - 1)) : 0n;
    const greatest = (1n << BigInt(underlying.signed ? underlying.width - 1 : underlying.width)) - 1n;
    if (integer < least || integer > greatest) {
      c.error(
        member.name.span,
        `value ${integer} of '${node.name.name}.${member.name.name}' is out of the range of ${printType(underlying)}, ${least} to ${greatest}`,
      );
      return;
    }
  }
  const fits =
    valueType.kind === 'integer' ||
    (valueType.kind === 'bits' && valueType === underlying) ||
    (valueType.kind === 'serializable-enum' && valueType.underlying === underlying);
  if (!fits) {
    c.error(
      member.name.span,
      `value of '${node.name.name}.${member.name.name}' has type ${printType(valueType)}, not ${printType(underlying)}`,
    );
    return;
  }
  if (integer !== undefined) c.tables.enumValues.set(member, integer);
  else if (constant?.kind === 'enum' && constant.value !== undefined) c.tables.enumValues.set(member, constant.value);
  if (valueType !== underlying) c.tables.implicitCasts.set(value, underlying);
}

/** Reads parameters in order and checks each; see `checkParameter`. */
export function readParameters(c: Checker, parameters: readonly ast.Parameter[]): readonly Parameter[] {
  return parameters.map((parameter) => checkParameter(c, parameter));
}
