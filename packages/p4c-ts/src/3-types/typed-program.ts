// The result of name resolution and type checking: everything the later phases want to know about a program.
//
// How: the syntax tree is left exactly as parsed. What was found out about a node lies in a map keyed by that node
// (side tables), so that an editor can ask about any node, several analyses can share one tree, and no phase has to
// guess whether it looks at a tree before or after some rewriting.
//
// Why implicit casts are a table of their own: a literal `1` assigned to a bit<8> has the type `int` *and* becomes a
// bit<8> at that place. `types` holds the first, `implicitCasts` the second; `typeAfterCast` is what code generation
// wants nearly always. A list expression `{1, 2}` that initializes a header has an entry in `implicitCasts` with the
// header type, and so has each element that needs one. Defaults (`...`, absent arguments) are not materialized:
// `MatchedArgument` and `dots` say where they are, `defaultValueOf` in `default-values.ts` says what they are.

import type * as ast from '../2-parse/ast.ts';
import type { NodeLookup } from './support/node-table.ts';
import type { ControlType, ExternType, PackageType, Parameter, ParserType, StackType, Type } from './types.ts';

/** A value known at compile time (specification section 18.1). */
export type ConstantValue =
  /** Of `int`, `bit<W>` or `int<W>`; already within the type's range. */
  | { readonly kind: 'integer'; readonly value: bigint }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'string'; readonly value: string }
  /** Member of an enum; `value` only for serializable ones. */
  | {
      readonly kind: 'enum';
      readonly declaration: ast.EnumDeclaration | ast.SerializableEnumDeclaration;
      readonly member: string;
      readonly value: bigint | undefined;
    }
  | { readonly kind: 'error'; readonly member: string }
  | { readonly kind: 'match_kind'; readonly member: string }
  /** Tuple, list, stack or list expression. */
  | { readonly kind: 'list'; readonly elements: readonly ConstantValue[] }
  /** Struct, or a valid header. */
  | { readonly kind: 'struct'; readonly fields: ReadonlyMap<string, ConstantValue> }
  /** `{#}`. */
  | { readonly kind: 'invalid-header' };

/** What a name in an expression may stand for. Enum members are reached through `MemberTarget`. */
export type NamedThing =
  | ast.ConstantDeclaration
  | ast.VariableDeclaration
  | ast.Parameter
  | ast.Instantiation
  | ast.FunctionDeclaration
  | ast.ActionDeclaration
  | ast.TableDeclaration
  | ast.ValueSetDeclaration
  | ast.ParserState
  | BuiltInState
  | ast.EnumMember
  | ast.EnumDeclaration
  | ast.SerializableEnumDeclaration
  | ast.ParserDeclaration
  | ast.ControlDeclaration;

/** `accept` and `reject`, which no program declares. */
export interface BuiltInState {
  readonly kind: 'BuiltInState';
  readonly name: 'accept' | 'reject';
}

/** What a written type name refers to. */
export type TypeDeclaration =
  | ast.HeaderDeclaration
  | ast.HeaderUnionDeclaration
  | ast.StructDeclaration
  | ast.EnumDeclaration
  | ast.SerializableEnumDeclaration
  | ast.TypedefDeclaration
  | ast.NewtypeDeclaration
  | ast.ExternDeclaration
  | ast.ParserDeclaration
  | ast.ParserTypeDeclaration
  | ast.ControlDeclaration
  | ast.ControlTypeDeclaration
  | ast.PackageTypeDeclaration
  | ast.TypeParameter;

/** What the member of a `MemberExpression` is. */
export type MemberTarget =
  /** Field of a struct, header or union; `index` in declaration order. */
  | { readonly kind: 'field'; readonly declaration: ast.StructField; readonly index: number }
  | {
      readonly kind: 'enum-member';
      readonly declaration: ast.EnumDeclaration | ast.SerializableEnumDeclaration;
      readonly member: ast.EnumMember;
    }
  | { readonly kind: 'error-member'; readonly name: string }
  /** `next`, `last`, `lastIndex` (bit<32>) and `size` (bit<32>) of a header stack. */
  | {
      readonly kind: 'stack-property';
      readonly property: 'next' | 'last' | 'lastIndex' | 'size';
      readonly stack: StackType;
    }
  /** Of the result of `t.apply()`. */
  | {
      readonly kind: 'apply-result';
      readonly property: 'hit' | 'miss' | 'action_run';
      readonly table: ast.TableDeclaration;
    }
  /** Method name of a call; the call itself has a `ResolvedCall`. */
  | { readonly kind: 'method' };

/** One parameter of a call with what it gets. */
export interface MatchedArgument {
  readonly parameter: Parameter;
  /** `given`: `argument` is set; `default`: the parameter's default value; `omitted`: an absent `@optional` one. */
  readonly source: 'given' | 'default' | 'omitted';
  /** The argument as written (its `value` may be a `DefaultExpression`: `_`, nothing wanted). */
  readonly argument: ast.Argument | undefined;
}

/** Methods that headers, unions, stacks and all fixed-size types have without a declaration. */
export type BuiltInMethod =
  | 'isValid'
  | 'setValid'
  | 'setInvalid'
  | 'push_front'
  | 'pop_front'
  | 'minSizeInBits'
  | 'minSizeInBytes'
  | 'maxSizeInBits'
  | 'maxSizeInBytes';

interface CallBase {
  /** In parameter order, one for each parameter. */
  readonly arguments: readonly MatchedArgument[];
  /** Type of the result after inference. */
  readonly returnType: Type;
}
/** Where a call goes. Parameter types are those after inference. */
export type ResolvedCall =
  /** The four `...SizeIn...` methods are compile-time constants: the call has an entry in `constants`. */
  | (CallBase & { readonly kind: 'built-in'; readonly method: BuiltInMethod; readonly target: ast.Expression })
  | (CallBase & {
      readonly kind: 'extern-method';
      readonly extern: ExternType;
      readonly method: ast.Method;
      /** Path to the instance, `this`, an element of an array of instances, or a constructor/factory call. */
      readonly receiver: ast.Expression;
      /** Of the method itself, inferred or given; those of the extern are in `extern.typeArguments`. */
      readonly typeArguments: readonly Type[];
    })
  /** Extern function or function with a body: `declaration.isExtern` tells. */
  | (CallBase & {
      readonly kind: 'function';
      readonly declaration: ast.FunctionDeclaration;
      readonly typeArguments: readonly Type[];
    })
  /** Direct call of an action: directionless parameters behave as `in`. */
  | (CallBase & { readonly kind: 'action'; readonly declaration: ast.ActionDeclaration })
  | (CallBase & { readonly kind: 'table-apply'; readonly table: ast.TableDeclaration })
  /**
   * `p.apply(...)` of a parser or control. `direct`: the receiver is a type name (`C.apply()`, an instance of its own).
   */
  | (CallBase & {
      readonly kind: 'apply';
      readonly receiver: ast.Expression;
      readonly type: ParserType | ControlType;
      readonly direct: boolean;
    });

/** An instance made by an `Instantiation` or a `ConstructorCallExpression`. */
export interface ResolvedConstruction {
  /** Type of the object, with inferred type arguments; `StackType` for arrays of instances. */
  readonly type: Type;
  /** What is instantiated (element type for arrays). */
  readonly target: ExternType | ParserType | ControlType | PackageType;
  /** The constructor chosen, for externs. */
  readonly constructorMethod: ast.Method | undefined;
  readonly arguments: readonly MatchedArgument[];
}

/** An action in a table's `actions`, `default_action` or `entries`, with what its parameters get. */
export interface ResolvedActionReference {
  readonly declaration: ast.ActionDeclaration;
  /** Bound parameters only, in parameter order; in `actions` those with a direction. */
  readonly arguments: readonly MatchedArgument[];
}

/** A table, its properties sorted out. */
export interface TableInfo {
  /** Undefined or empty: a table without key. */
  readonly key: ast.KeyProperty | undefined;
  /** Type of each key expression. */
  readonly keyTypes: readonly Type[];
  /** Match kind of each key (`exact`, `lpm`, `ternary`, ... by name). */
  readonly matchKinds: readonly string[];
  /** As written; without the NoAction that is implied when `default_action` is missing. */
  readonly actions: readonly ast.ActionReference[];
  /** `default_action` as written; undefined means NoAction, then `noAction` is set. */
  readonly defaultAction: ast.CustomProperty | undefined;
  readonly entries: ast.EntriesProperty | undefined;
  /** The top-level action NoAction, when it is implied. */
  readonly noAction: ast.ActionDeclaration | undefined;
  /** Priority of each entry as computed or given (`undefined` where the match kinds need none), in source order. */
  readonly entryPriorities: readonly (bigint | undefined)[];
}

/** The side tables. All keyed by nodes of `program`. */
export interface TypedProgram {
  readonly program: ast.Program;

  /** Type of every expression before implicit conversion (see `implicitCasts`). */
  readonly types: NodeLookup<ast.Expression, Type>;
  /** The type that the value is converted to where it stands, when it is not the expression's own. */
  readonly implicitCasts: ReadonlyMap<ast.Expression, Type>;
  /** Type of every written type (typedefs resolved); type names that stand for a generic type unapplied are absent. */
  readonly typeNodes: ReadonlyMap<ast.TypeNode, Type>;
  /**
   * Type of whatever a declaration declares: of the value for variables, parameters, fields, instances, ...; the type
   * itself for type declarations.
   */
  readonly declarationTypes: ReadonlyMap<ast.Node, Type>;

  /** What a name in an expression stands for. */
  readonly paths: NodeLookup<ast.PathExpression, NamedThing>;
  /** What a written type name stands for. */
  readonly typeNames: ReadonlyMap<ast.NamedType, TypeDeclaration>;
  readonly members: NodeLookup<ast.MemberExpression, MemberTarget>;
  /** `this`: the instance whose method is being defined. */
  readonly thisInstances: ReadonlyMap<ast.ThisExpression, ast.Instantiation>;

  readonly calls: ReadonlyMap<ast.CallExpression, ResolvedCall>;
  readonly constructions: ReadonlyMap<ast.Instantiation | ast.ConstructorCallExpression, ResolvedConstruction>;
  /** For actions lists, entries (by their `ActionReference`) and `default_action` (by its `CustomProperty`). */
  readonly actionReferences: ReadonlyMap<ast.ActionReference | ast.CustomProperty, ResolvedActionReference>;
  readonly tables: ReadonlyMap<ast.TableDeclaration, TableInfo>;
  /** Implementation of each abstract method of an instance, by method name. */
  readonly abstractMethods: ReadonlyMap<ast.Instantiation, ReadonlyMap<string, ast.FunctionDeclaration>>;

  /** Value of every expression whose value is known without instantiating anything; before implicit conversion. */
  readonly constants: NodeLookup<ast.Expression, ConstantValue>;
  /** Value of each member of a serializable enum. */
  readonly enumValues: ReadonlyMap<ast.EnumMember, bigint>;
  /** Known at compile or instantiation time (constructor parameters, instances and what is computed from them). */
  readonly compileTime: { has(expression: ast.Expression): boolean };
  /** Expressions that may be assigned to. */
  readonly leftValues: { has(expression: ast.Expression): boolean };
  readonly switchKinds: ReadonlyMap<ast.SwitchStatement, 'action-run' | 'value'>;

  /** All members of `error` in declaration order, over all declarations. */
  readonly errors: readonly ast.EnumMember[];
  /** All members of `match_kind` in declaration order. */
  readonly matchKinds: readonly ast.EnumMember[];
  /** The instance called `main`, if there is one. */
  readonly main: ast.Instantiation | undefined;
  /** Top-level declarations by name; overloaded functions and externs have several. */
  readonly topLevel: ReadonlyMap<string, readonly ast.TopLevelDeclaration[]>;
}

/** The type of an expression's value where it stands: after implicit conversion. */
export function typeAfterCast(typed: TypedProgram, expression: ast.Expression): Type | undefined {
  return typed.implicitCasts.get(expression) ?? typed.types.get(expression);
}
