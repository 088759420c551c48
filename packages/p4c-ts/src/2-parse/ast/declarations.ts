/**
 * Declarations: of the top level, of parsers, controls and externs, and of structure-like types.
 */
import type {
  Annotation,
  Argument,
  BlockStatement,
  Expression,
  Identifier,
  NodeBase,
  PathExpression,
  SelectExpression,
  Statement,
  TableDeclaration,
  TypeNode,
} from '../ast.ts';

/** What may stand at the top level of a program. */
export type TopLevelDeclaration =
  | ConstantDeclaration
  | ExternDeclaration
  | FunctionDeclaration
  | ActionDeclaration
  | ParserDeclaration
  | ParserTypeDeclaration
  | ControlDeclaration
  | ControlTypeDeclaration
  | PackageTypeDeclaration
  | Instantiation
  | ErrorDeclaration
  | MatchKindDeclaration
  | HeaderDeclaration
  | HeaderUnionDeclaration
  | StructDeclaration
  | EnumDeclaration
  | SerializableEnumDeclaration
  | TypedefDeclaration
  | NewtypeDeclaration;

/** Everything that brings a name into a scope. */
export type Declaration =
  | TopLevelDeclaration
  | VariableDeclaration
  | TableDeclaration
  | ValueSetDeclaration
  | ParserState
  | Parameter
  | TypeParameter
  | StructField
  | EnumMember
  | Method;

/** A whole program, after preprocessing. */
export interface Program extends NodeBase {
  readonly kind: 'Program';
  readonly declarations: readonly TopLevelDeclaration[];
}

export type Direction = 'in' | 'out' | 'inout' | 'none';

/** One parameter of anything that can be called, constructed or applied. */
export interface Parameter extends NodeBase {
  readonly kind: 'Parameter';
  readonly annotations: readonly Annotation[];
  readonly direction: Direction;
  readonly type: TypeNode;
  readonly name: Identifier;
  readonly defaultValue: Expression | undefined;
}

/** One `T` of `<T, U>`. */
export interface TypeParameter extends NodeBase {
  readonly kind: 'TypeParameter';
  readonly name: Identifier;
}

/** `const T name = value;`. */
export interface ConstantDeclaration extends NodeBase {
  readonly kind: 'ConstantDeclaration';
  readonly annotations: readonly Annotation[];
  readonly type: TypeNode;
  readonly name: Identifier;
  readonly value: Expression;
}
/** `T name;`, `T name = value;`. `T name[3];` has an `ArrayType`. */
export interface VariableDeclaration extends NodeBase {
  readonly kind: 'VariableDeclaration';
  readonly annotations: readonly Annotation[];
  readonly type: TypeNode;
  readonly name: Identifier;
  readonly initializer: Expression | undefined;
}
/** `T(args) name;`, `T(args) name = { methods };`: an instance of an extern, parser, control or package. */
export interface Instantiation extends NodeBase {
  readonly kind: 'Instantiation';
  readonly annotations: readonly Annotation[];
  /** A `NamedType` or `SpecializedType` in correct programs; an `ArrayType` where it is written so. */
  readonly type: TypeNode;
  readonly arguments: readonly Argument[];
  readonly name: Identifier;
  /** Implementations of abstract methods, and instances local to them. */
  readonly initializer: readonly (FunctionDeclaration | Instantiation)[] | undefined;
}

/** `extern T<...> { methods }`, or an extern function: see `FunctionDeclaration` with `isExtern`. */
export interface ExternDeclaration extends NodeBase {
  readonly kind: 'ExternDeclaration';
  readonly annotations: readonly Annotation[];
  readonly name: Identifier;
  readonly typeParameters: readonly TypeParameter[];
  /** Constructors included (`isConstructor`). */
  readonly methods: readonly Method[];
}
/** A method or constructor of an extern. */
export interface Method extends NodeBase {
  readonly kind: 'Method';
  readonly annotations: readonly Annotation[];
  readonly isAbstract: boolean;
  /** Named like its extern and without a return type. */
  readonly isConstructor: boolean;
  /** `undefined` for constructors. */
  readonly returnType: TypeNode | undefined;
  readonly name: Identifier;
  readonly typeParameters: readonly TypeParameter[];
  readonly parameters: readonly Parameter[];
}
/** `T f<U>(params) { ... }`, or `extern T f<U>(params);` (then `body` is undefined and `isExtern` is true). */
export interface FunctionDeclaration extends NodeBase {
  readonly kind: 'FunctionDeclaration';
  readonly annotations: readonly Annotation[];
  readonly isExtern: boolean;
  readonly returnType: TypeNode;
  readonly name: Identifier;
  readonly typeParameters: readonly TypeParameter[];
  readonly parameters: readonly Parameter[];
  readonly body: BlockStatement | undefined;
}
/** `action a(params) { ... }`: directionless parameters are control-plane data. */
export interface ActionDeclaration extends NodeBase {
  readonly kind: 'ActionDeclaration';
  readonly annotations: readonly Annotation[];
  readonly name: Identifier;
  readonly parameters: readonly Parameter[];
  readonly body: BlockStatement;
}

/** `parser P<T>(params);`: a type only. */
export interface ParserTypeDeclaration extends NodeBase {
  readonly kind: 'ParserTypeDeclaration';
  readonly annotations: readonly Annotation[];
  readonly name: Identifier;
  readonly typeParameters: readonly TypeParameter[];
  readonly parameters: readonly Parameter[];
}
/** `parser P<T>(params)(constructor params) { locals states }`. */
export interface ParserDeclaration extends NodeBase {
  readonly kind: 'ParserDeclaration';
  readonly annotations: readonly Annotation[];
  readonly name: Identifier;
  readonly typeParameters: readonly TypeParameter[];
  readonly parameters: readonly Parameter[];
  readonly constructorParameters: readonly Parameter[];
  readonly locals: readonly (ConstantDeclaration | VariableDeclaration | Instantiation | ValueSetDeclaration)[];
  readonly states: readonly ParserState[];
}
/** `state s { statements transition ...; }`. */
export interface ParserState extends NodeBase {
  readonly kind: 'ParserState';
  readonly annotations: readonly Annotation[];
  readonly name: Identifier;
  readonly statements: readonly Statement[];
  /** The next state, a `SelectExpression`, or `undefined`: without a transition the state rejects. */
  readonly transition: PathExpression | SelectExpression | undefined;
}
/** `value_set<T>(size) name;`. */
export interface ValueSetDeclaration extends NodeBase {
  readonly kind: 'ValueSetDeclaration';
  readonly annotations: readonly Annotation[];
  readonly elementType: TypeNode;
  readonly size: Expression;
  readonly name: Identifier;
}

/** `control C<T>(params);`: a type only. */
export interface ControlTypeDeclaration extends NodeBase {
  readonly kind: 'ControlTypeDeclaration';
  readonly annotations: readonly Annotation[];
  readonly name: Identifier;
  readonly typeParameters: readonly TypeParameter[];
  readonly parameters: readonly Parameter[];
}
/** `control C<T>(params)(constructor params) { locals apply { ... } }`. */
export interface ControlDeclaration extends NodeBase {
  readonly kind: 'ControlDeclaration';
  readonly annotations: readonly Annotation[];
  readonly name: Identifier;
  readonly typeParameters: readonly TypeParameter[];
  readonly parameters: readonly Parameter[];
  readonly constructorParameters: readonly Parameter[];
  readonly locals: readonly (
    | ConstantDeclaration
    | VariableDeclaration
    | Instantiation
    | ActionDeclaration
    | TableDeclaration
  )[];
  readonly body: BlockStatement;
}
/** `package P<T>(params);`. */
export interface PackageTypeDeclaration extends NodeBase {
  readonly kind: 'PackageTypeDeclaration';
  readonly annotations: readonly Annotation[];
  readonly name: Identifier;
  readonly typeParameters: readonly TypeParameter[];
  readonly parameters: readonly Parameter[];
}

/** `error { A, B }`: each adds to the one set of errors. */
export interface ErrorDeclaration extends NodeBase {
  readonly kind: 'ErrorDeclaration';
  readonly members: readonly EnumMember[];
}
/** `match_kind { exact, lpm }`: each adds to the one set of match kinds. */
export interface MatchKindDeclaration extends NodeBase {
  readonly kind: 'MatchKindDeclaration';
  readonly members: readonly EnumMember[];
}
/** A member of an enum, of `error` or of `match_kind`; `value` only in serializable enums. */
export interface EnumMember extends NodeBase {
  readonly kind: 'EnumMember';
  readonly name: Identifier;
  readonly value: Expression | undefined;
}

/** `T name;` inside a structure-like type. */
export interface StructField extends NodeBase {
  readonly kind: 'StructField';
  readonly annotations: readonly Annotation[];
  readonly type: TypeNode;
  readonly name: Identifier;
}
export interface HeaderDeclaration extends NodeBase {
  readonly kind: 'HeaderDeclaration';
  readonly annotations: readonly Annotation[];
  readonly name: Identifier;
  readonly typeParameters: readonly TypeParameter[];
  readonly fields: readonly StructField[];
}
export interface HeaderUnionDeclaration extends NodeBase {
  readonly kind: 'HeaderUnionDeclaration';
  readonly annotations: readonly Annotation[];
  readonly name: Identifier;
  readonly typeParameters: readonly TypeParameter[];
  readonly fields: readonly StructField[];
}
export interface StructDeclaration extends NodeBase {
  readonly kind: 'StructDeclaration';
  readonly annotations: readonly Annotation[];
  readonly name: Identifier;
  readonly typeParameters: readonly TypeParameter[];
  readonly fields: readonly StructField[];
}
/** `enum E { A, B }`. */
export interface EnumDeclaration extends NodeBase {
  readonly kind: 'EnumDeclaration';
  readonly annotations: readonly Annotation[];
  readonly name: Identifier;
  readonly members: readonly EnumMember[];
}
/** `enum bit<8> E { A = 1, B = 2 }`. */
export interface SerializableEnumDeclaration extends NodeBase {
  readonly kind: 'SerializableEnumDeclaration';
  readonly annotations: readonly Annotation[];
  readonly underlyingType: TypeNode;
  readonly name: Identifier;
  readonly members: readonly EnumMember[];
}
/** `typedef T name;`; p4c also lets a structure-like type be declared in place of `T`. */
export interface TypedefDeclaration extends NodeBase {
  readonly kind: 'TypedefDeclaration';
  readonly annotations: readonly Annotation[];
  readonly type:
    | TypeNode
    | HeaderDeclaration
    | HeaderUnionDeclaration
    | StructDeclaration
    | EnumDeclaration
    | SerializableEnumDeclaration;
  readonly name: Identifier;
}
/** `type T name;`: a new type, distinct from `T`. */
export interface NewtypeDeclaration extends NodeBase {
  readonly kind: 'NewtypeDeclaration';
  readonly annotations: readonly Annotation[];
  readonly type: TypeNode;
  readonly name: Identifier;
}
