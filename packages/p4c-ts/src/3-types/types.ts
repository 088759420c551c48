// The type language of the checker: what an expression, a declaration or a written type *means*.
//
// How: every type is an immutable value of the union `Type`, told apart by `kind`. Nominal types (headers, structs,
// enums, externs, parsers, ...) carry the declaration that made them plus their type arguments, with fields and
// parameters already substituted, so that a consumer never has to look at generics again once a program is
// specialized. Structural types (bit<W>, tuples, stacks) carry their parts only.
//
// Why so: typedefs do not exist here (they are resolved away when a written type is read), and there is exactly one
// `ErroneousType` that every operation accepts silently, which is how one mistake in a program gives one message.
// Equality is `typeEquals` (structural with identity of declarations); no global interning is needed, except that
// `bits(w)` hands out shared objects because they are by far the most frequent.

import type * as ast from '../2-parse/ast.ts';
import { assertNever } from '../diagnostics/diagnostic.ts';

export { printType } from './print-type.ts';
export {
  containsErroneous,
  containsInteger,
  hasTypeVariables,
  insideOf,
  type Substitution,
  scalarsOf,
  substitute,
  substituteAll,
  substituteParameters,
  typeContains,
} from './substitute.ts';

/** Direction of a parameter; `none` is written without a keyword (P4_16 specification, section 6.8). */
export type Direction = ast.Direction;

/** After an error: absorbs every operation without a further message. Never occurs in a program without errors. */
export interface ErroneousType {
  readonly kind: 'erroneous';
}
/** `void`: only as a return type. */
export interface VoidType {
  readonly kind: 'void';
}
export interface BoolType {
  readonly kind: 'bool';
}
/** `string`: compile-time only (annotations, extern arguments). */
export interface StringType {
  readonly kind: 'string';
}
/** The type of `error.X`. */
export interface ErrorType {
  readonly kind: 'error';
}
export interface MatchKindType {
  readonly kind: 'match_kind';
}
/** `int`: integers of any size; all expressions of this type are known at compile (or instantiation) time. */
export interface IntegerType {
  readonly kind: 'integer';
}
/** `bit<width>` (signed false) and `int<width>` (signed true); `width` in bits. */
export interface BitsType {
  readonly kind: 'bits';
  readonly width: number;
  readonly signed: boolean;
}
/** `varbit<maxWidth>`; in bits. */
export interface VarbitType {
  readonly kind: 'varbit';
  readonly maxWidth: number;
}
/** `_` as a type, and the type of `default` and `_` in a key set. */
export interface DontCareType {
  readonly kind: 'dontcare';
}
/** The type of a parser state's name. */
export interface StateType {
  readonly kind: 'state';
}
/** The type of `...` (the default initializer) and of `{#}` before its context is known. */
export interface AnyType {
  readonly kind: 'any';
  readonly of: 'dots' | 'invalid';
}

/** One field of a header, struct or union, its type after substitution of type arguments. */
export interface Field {
  readonly name: string;
  readonly type: Type;
  readonly declaration: ast.StructField;
}

interface NominalStructure {
  /** As declared, without type arguments. */
  readonly name: string;
  /** Empty when the declaration is not generic. */
  readonly typeArguments: readonly Type[];
  /** In declaration order. */
  readonly fields: readonly Field[];
  /**
   * What occurs in the fields and type arguments, at any depth; of use to `containsErroneous` and `containsInteger`.
   */
  readonly inside: Inside;
}
/** What the checker asks of every type, and which in a structure of hundreds of fields is found out only once. */
export interface Inside {
  readonly erroneous: boolean;
  readonly integer: boolean;
  /** Number of scalars; a stack counts as one element. */
  readonly scalars: number;
}
export interface HeaderType extends NominalStructure {
  readonly kind: 'header';
  readonly declaration: ast.HeaderDeclaration;
}
export interface StructType extends NominalStructure {
  readonly kind: 'struct';
  readonly declaration: ast.StructDeclaration;
}
export interface HeaderUnionType extends NominalStructure {
  readonly kind: 'header_union';
  readonly declaration: ast.HeaderUnionDeclaration;
}
/** A type with fields. */
export type StructureType = HeaderType | StructType | HeaderUnionType;

/** `element[size]`: a header stack, or an array of anything else. `size` in elements. */
export interface StackType {
  readonly kind: 'stack';
  readonly element: Type;
  readonly size: number;
}
/** `tuple<...>` as written. */
export interface TupleType {
  readonly kind: 'tuple';
  readonly components: readonly Type[];
}
/** The type of a list expression `{ a, b }` before its context gives it a tuple, struct, header or stack type. */
export interface ListExpressionType {
  readonly kind: 'list-expression';
  readonly components: readonly Type[];
}
/** The type of `{ x = a, y = b }` before its context gives it a struct or header type. */
export interface StructExpressionType {
  readonly kind: 'struct-expression';
  readonly fields: readonly { readonly name: string; readonly type: Type }[];
  /** True when the initializer ends with `...`. */
  readonly dots: boolean;
}
/** `list<element>`. */
export interface ListType {
  readonly kind: 'list';
  readonly element: Type;
}
/** Type of masks, ranges and value sets: a set of `element`. */
export interface SetType {
  readonly kind: 'set';
  readonly element: Type;
}
export interface EnumType {
  readonly kind: 'enum';
  readonly name: string;
  readonly declaration: ast.EnumDeclaration;
}
/** `enum bit<W> E { A = 1 }`. Values of the members are in `TypedProgram.enumValues`. */
export interface SerializableEnumType {
  readonly kind: 'serializable-enum';
  readonly name: string;
  readonly declaration: ast.SerializableEnumDeclaration;
  readonly underlying: BitsType | ErroneousType;
}
/** `type T N;` */
export interface NewType {
  readonly kind: 'newtype';
  readonly name: string;
  readonly declaration: ast.NewtypeDeclaration;
  readonly underlying: Type;
}

/** One parameter, its type after substitution of type arguments. */
export interface Parameter {
  readonly name: string;
  readonly direction: Direction;
  readonly type: Type;
  /** Marked `@optional`. */
  readonly optional: boolean;
  readonly defaultValue: ast.Expression | undefined;
  /** Absent only for parameters of built-in methods (`push_front(count)`). */
  readonly declaration: ast.Parameter | undefined;
}

export interface ExternType {
  readonly kind: 'extern';
  readonly name: string;
  readonly declaration: ast.ExternDeclaration;
  readonly typeArguments: readonly Type[];
}
/** A parser: a type declaration (`parser P(...);`) or a full one; `declaration.kind` tells. */
export interface ParserType {
  readonly kind: 'parser';
  readonly name: string;
  readonly declaration: ast.ParserDeclaration | ast.ParserTypeDeclaration;
  readonly typeArguments: readonly Type[];
  /** Apply parameters. */
  readonly parameters: readonly Parameter[];
}
/** A control: a type declaration (`control C(...);`) or a full one. */
export interface ControlType {
  readonly kind: 'control';
  readonly name: string;
  readonly declaration: ast.ControlDeclaration | ast.ControlTypeDeclaration;
  readonly typeArguments: readonly Type[];
  /** Apply parameters. */
  readonly parameters: readonly Parameter[];
}
export interface PackageType {
  readonly kind: 'package';
  readonly name: string;
  readonly declaration: ast.PackageTypeDeclaration;
  readonly typeArguments: readonly Type[];
  /** Constructor parameters. */
  readonly parameters: readonly Parameter[];
}
/** The name of a table. */
export interface TableType {
  readonly kind: 'table';
  readonly declaration: ast.TableDeclaration;
}
/** The result of `t.apply()`: members `hit`, `miss` (bool) and `action_run`. */
export interface ApplyResultType {
  readonly kind: 'apply-result';
  readonly table: ast.TableDeclaration;
}
/** The type of `t.apply().action_run`. */
export interface ActionEnumType {
  readonly kind: 'action-enum';
  readonly table: ast.TableDeclaration;
}
/** The name of an action, or a call that binds its first parameters (then `parameters` are those left). */
export interface ActionType {
  readonly kind: 'action';
  readonly declaration: ast.ActionDeclaration;
  readonly parameters: readonly Parameter[];
}
/** A function, extern function, method (built-in ones included) or constructor. */
export interface FunctionType {
  readonly kind: 'function';
  readonly name: string;
  readonly typeParameters: readonly TypeVariable[];
  readonly parameters: readonly Parameter[];
  /** `void` for constructors. */
  readonly returnType: Type;
}
/**
 * A type parameter of a generic declaration seen from inside, or (with `declaration` undefined) an unknown of one
 * inference. Two variables are equal only when they are the same object.
 */
export interface TypeVariable {
  readonly kind: 'type-variable';
  readonly name: string;
  readonly declaration: ast.TypeParameter | undefined;
}
/** The type of an expression that names a type: `E` in `E.A`, `error`, `C` in `C.apply()`. */
export interface TypeType {
  readonly kind: 'type-type';
  readonly type: Type;
}

/** Everything an expression, a declaration or a written type can be. */
export type Type =
  | ErroneousType
  | VoidType
  | BoolType
  | StringType
  | ErrorType
  | MatchKindType
  | IntegerType
  | BitsType
  | VarbitType
  | DontCareType
  | StateType
  | AnyType
  | HeaderType
  | StructType
  | HeaderUnionType
  | StackType
  | TupleType
  | ListExpressionType
  | StructExpressionType
  | ListType
  | SetType
  | EnumType
  | SerializableEnumType
  | NewType
  | ExternType
  | ParserType
  | ControlType
  | PackageType
  | TableType
  | ApplyResultType
  | ActionEnumType
  | ActionType
  | FunctionType
  | TypeVariable
  | TypeType;

export const erroneousType: ErroneousType = { kind: 'erroneous' };
export const voidType: VoidType = { kind: 'void' };
export const boolType: BoolType = { kind: 'bool' };
export const stringType: StringType = { kind: 'string' };
export const errorType: ErrorType = { kind: 'error' };
export const matchKindType: MatchKindType = { kind: 'match_kind' };
export const integerType: IntegerType = { kind: 'integer' };
export const dontCareType: DontCareType = { kind: 'dontcare' };
export const stateType: StateType = { kind: 'state' };
export const dotsType: AnyType = { kind: 'any', of: 'dots' };
export const invalidType: AnyType = { kind: 'any', of: 'invalid' };

const unsignedTypes = new Map<number, BitsType>();
const signedTypes = new Map<number, BitsType>();

/** `bit<width>`, or `int<width>` when `signed`; the same object for the same arguments. */
export function bits(width: number, signed = false): BitsType {
  const cache = signed ? signedTypes : unsignedTypes;
  let type = cache.get(width);
  if (type === undefined) {
    type = { kind: 'bits', width, signed };
    cache.set(width, type);
  }
  return type;
}

/** True for header, struct and header union. */
export function isStructure(type: Type): type is StructureType {
  return type.kind === 'header' || type.kind === 'struct' || type.kind === 'header_union';
}

/** The field of that name, or undefined. */
export function fieldNamed(type: StructureType, name: string): Field | undefined {
  for (const field of type.fields) if (field.name === name) return field;
  return undefined;
}

/** Strips `type` declarations (newtypes), all layers. */
export function withoutNewtypes(type: Type): Type {
  let result = type;
  while (result.kind === 'newtype') result = result.underlying;
  return result;
}

/** The bits type behind a value of `bit<W>`, `int<W>`, a serializable enum or a newtype of those; else undefined. */
export function underlyingBits(type: Type): BitsType | undefined {
  const stripped = withoutNewtypes(type);
  if (stripped.kind === 'bits') return stripped;
  if (stripped.kind === 'serializable-enum' && stripped.underlying.kind === 'bits') return stripped.underlying;
  return undefined;
}

function allEqual(left: readonly Type[], right: readonly Type[]): boolean {
  return left.length === right.length && left.every((type, index) => typeEquals(type, right[index]!));
}

function parametersEqual(left: readonly Parameter[], right: readonly Parameter[]): boolean {
  return (
    left.length === right.length &&
    left.every((p, i) => p.direction === right[i]!.direction && typeEquals(p.type, right[i]!.type))
  );
}

/**
 * Whether two types are the same type. An erroneous type equals everything (so that no further message follows).
 * A parser or control equals another one with the same apply parameters (they are structural, specification 7.2.12).
 */
export function typeEquals(left: Type, right: Type): boolean {
  if (left === right) return true;
  if (left.kind === 'erroneous' || right.kind === 'erroneous') return true;
  if (left.kind !== right.kind) return false;
  switch (left.kind) {
    case 'void':
    case 'bool':
    case 'string':
    case 'error':
    case 'match_kind':
    case 'integer':
    case 'dontcare':
    case 'state':
      return true;
    case 'any':
      return left.of === (right as AnyType).of;
    case 'bits':
      return left.width === (right as BitsType).width && left.signed === (right as BitsType).signed;
    case 'varbit':
      return left.maxWidth === (right as VarbitType).maxWidth;
    case 'header':
    case 'struct':
    case 'header_union': {
      const other = right as StructureType;
      return left.declaration === other.declaration && allEqual(left.typeArguments, other.typeArguments);
    }
    case 'stack':
      return left.size === (right as StackType).size && typeEquals(left.element, (right as StackType).element);
    case 'tuple':
    case 'list-expression':
      return allEqual(left.components, (right as TupleType | ListExpressionType).components);
    case 'struct-expression': {
      const other = right as StructExpressionType;
      return (
        left.dots === other.dots &&
        left.fields.length === other.fields.length &&
        left.fields.every((f, i) => f.name === other.fields[i]!.name && typeEquals(f.type, other.fields[i]!.type))
      );
    }
    case 'list':
    case 'set':
      return typeEquals(left.element, (right as ListType | SetType).element);
    case 'enum':
    case 'serializable-enum':
    case 'newtype':
      return left.declaration === (right as EnumType | SerializableEnumType | NewType).declaration;
    case 'extern': {
      const other = right as ExternType;
      return left.declaration === other.declaration && allEqual(left.typeArguments, other.typeArguments);
    }
    case 'parser':
    case 'control':
      return parametersEqual(left.parameters, (right as ParserType | ControlType).parameters);
    case 'package': {
      const other = right as PackageType;
      return left.declaration === other.declaration && parametersEqual(left.parameters, other.parameters);
    }
    case 'table':
      return left.declaration === (right as TableType).declaration;
    case 'apply-result':
    case 'action-enum':
      return left.table === (right as ApplyResultType | ActionEnumType).table;
    case 'action':
      return parametersEqual(left.parameters, (right as ActionType).parameters);
    case 'function': {
      const other = right as FunctionType;
      return (
        left.typeParameters.length === other.typeParameters.length &&
        typeEquals(left.returnType, other.returnType) &&
        parametersEqual(left.parameters, other.parameters)
      );
    }
    case 'type-variable':
      return false;
    case 'type-type':
      return typeEquals(left.type, (right as TypeType).type);
    default:
      return assertNever(left, 'typeEquals');
  }
}
