/**
 * The abstract syntax tree of P4_16: what the author wrote, nothing resolved, nothing inferred, nothing desugared.
 * (Specification 1.2.5, and what p4c accepts beyond it: `for` loops, compound assignment, `+:` slices, `{#}`, `...`.)
 *
 * It is a family of plain, immutable records told apart by `kind`, so every consumer is a `switch` that the type
 * checker proves complete (`assertNever`). Nodes know nothing of each other's meaning: later phases keep what they find out
 * (declaration of a name, type of an expression, value of a constant) in side tables keyed by node or by `id`.
 * That lets phases be run again, compared and tested alone, and one tree serve an editor and the compiler at once.
 *
 * Every node has `span` (its place in the source, through macros and includes) and `id`, unique within one compilation.
 * Passes that make nodes of their own take ids from the same `NodeIds`, and give them the span of what they replace.
 *
 * Parentheses leave no node (spans of the inner expression include them); `else if` is a nested `IfStatement`;
 * `const` table properties, abstract methods and the like are flags.
 */
import type { Span } from '../diagnostics/span.ts';

/** Unique number of a node within one compilation, from 1. */
export type NodeId = number;

/** What all nodes have. */
export interface NodeBase {
  readonly id: NodeId;
  readonly span: Span;
}

/** Gives out node ids; one for each compilation, shared by the parser and all passes that make nodes. */
export class NodeIds {
  private last = 0;
  /** The next free id, from 1. */
  next(): NodeId {
    this.last += 1;
    return this.last;
  }
}

// ---------------------------------------------------------------------------------------------------------- names

/** A name where it is declared or used. Not a node of its own meaning, but it has its own place. */
export interface Identifier extends NodeBase {
  readonly kind: 'Identifier';
  readonly name: string;
}

// ---------------------------------------------------------------------------------------------------- annotations

/** `@name`, `@name(tokens)`, `@name[a, b]`, `@name[k = v]` or `@pragma name tokens` (specification 20). */
export interface Annotation extends NodeBase {
  readonly kind: 'Annotation';
  readonly name: Identifier;
  readonly body: AnnotationBody;
}

/** The three bodies. `@name` and `@name()` are the same: unstructured without tokens. */
export type AnnotationBody =
  | { readonly kind: 'Unstructured'; readonly tokens: readonly AnnotationToken[] }
  | { readonly kind: 'ExpressionList'; readonly expressions: readonly Expression[] }
  | { readonly kind: 'KeyValueList'; readonly pairs: readonly NamedExpression[] };

/** One token of an unstructured annotation, parentheses included (they balance). */
export interface AnnotationToken {
  readonly span: Span;
  readonly tokenKind: 'identifier' | 'integer' | 'string' | 'punctuation';
  /** The token as written; for a string, its content with escapes resolved and without quotes. */
  readonly text: string;
  /** The text exactly as it stands in the source, quotes and escapes included. */
  readonly raw: string;
}

// ---------------------------------------------------------------------------------------------------------- types

/** A type as it is written. */
export type TypeNode =
  | BooleanType
  | ErrorType
  | InfiniteIntegerType
  | BitsType
  | VarbitType
  | StringType
  | MatchKindType
  | VoidType
  | DontCareType
  | NamedType
  | SpecializedType
  | ArrayType
  | ListType
  | TupleType;

/** `bool`. */
export interface BooleanType extends NodeBase {
  readonly kind: 'BooleanType';
}
/** `error`. */
export interface ErrorType extends NodeBase {
  readonly kind: 'ErrorType';
}
/** `int`: arbitrary precision, compile time only. */
export interface InfiniteIntegerType extends NodeBase {
  readonly kind: 'InfiniteIntegerType';
}
/** `bit`, `bit<W>`, `int<W>`. A missing width means 1 bit. */
export interface BitsType extends NodeBase {
  readonly kind: 'BitsType';
  readonly signed: boolean;
  /** Width in bits: a literal or any constant expression (`bit<(W + 1)>`). */
  readonly width: Expression | undefined;
}
/** `varbit<W>`. */
export interface VarbitType extends NodeBase {
  readonly kind: 'VarbitType';
  /** Greatest width in bits. */
  readonly maxWidth: Expression;
}
/** `string`. */
export interface StringType extends NodeBase {
  readonly kind: 'StringType';
}
/** `match_kind`. */
export interface MatchKindType extends NodeBase {
  readonly kind: 'MatchKindType';
}
/** `void`: return types and type arguments only. */
export interface VoidType extends NodeBase {
  readonly kind: 'VoidType';
}
/** `_` as a type argument: to be inferred. */
export interface DontCareType extends NodeBase {
  readonly kind: 'DontCareType';
}
/** A declared type or type variable by name; `.T` is looked up at the top level. */
export interface NamedType extends NodeBase {
  readonly kind: 'NamedType';
  readonly absolute: boolean;
  readonly name: Identifier;
}
/** `T<A, B>`. */
export interface SpecializedType extends NodeBase {
  readonly kind: 'SpecializedType';
  readonly base: NamedType;
  readonly typeArguments: readonly TypeNode[];
}
/** `T[n]`: a header (union) stack, or an array. */
export interface ArrayType extends NodeBase {
  readonly kind: 'ArrayType';
  readonly element: TypeNode;
  readonly size: Expression;
}
/** `list<T>`. */
export interface ListType extends NodeBase {
  readonly kind: 'ListType';
  readonly element: TypeNode;
}
/** `tuple<A, B>`, also `tuple<>`. */
export interface TupleType extends NodeBase {
  readonly kind: 'TupleType';
  readonly elements: readonly TypeNode[];
}

// ---------------------------------------------------------------------------------------------------- expressions

/** An expression as written; l-values and key sets included. */
export type Expression =
  | IntegerLiteral
  | BooleanLiteral
  | StringLiteral
  | PathExpression
  | ThisExpression
  | TypeNameExpression
  | MemberExpression
  | IndexExpression
  | SliceExpression
  | PlusSliceExpression
  | ListExpression
  | StructExpression
  | InvalidExpression
  | DotsExpression
  | UnaryExpression
  | BinaryExpression
  | ConditionalExpression
  | CastExpression
  | CallExpression
  | ConstructorCallExpression
  | DefaultExpression
  | MaskExpression
  | RangeExpression
  | TupleKeysetExpression
  | SelectExpression;

/** `12`, `0xFF`, `8w255`, `4s7`: the literal itself is never negative, `-1` is a `UnaryExpression`. */
export interface IntegerLiteral extends NodeBase {
  readonly kind: 'IntegerLiteral';
  /** The digits' value, before it is cut to `width`. */
  readonly value: bigint;
  /** Width in bits if written (`8w..`, `8s..`); otherwise the literal is of type `int`. */
  readonly width: number | undefined;
  readonly signed: boolean;
  readonly base: 2 | 8 | 10 | 16;
}
/** `true`, `false`. */
export interface BooleanLiteral extends NodeBase {
  readonly kind: 'BooleanLiteral';
  readonly value: boolean;
}
/** `"..."`. */
export interface StringLiteral extends NodeBase {
  readonly kind: 'StringLiteral';
  /** Content with the escapes `\"`, `\\` and `\n` resolved. */
  readonly value: string;
}
/** A name, or `.name` (looked up at the top level). */
export interface PathExpression extends NodeBase {
  readonly kind: 'PathExpression';
  readonly absolute: boolean;
  readonly name: Identifier;
}
/** `this`, inside abstract methods' implementations. */
export interface ThisExpression extends NodeBase {
  readonly kind: 'ThisExpression';
}
/** A type where a value is expected: only as `target` of a `MemberExpression` (`E.a`, `error.NoMatch`, `T<bit>.x`). */
export interface TypeNameExpression extends NodeBase {
  readonly kind: 'TypeNameExpression';
  readonly type: NamedType | SpecializedType | ErrorType;
}
/** `target.member`: field, enum member, method, `last`, `next`, `lastIndex`, `hit`, ... */
export interface MemberExpression extends NodeBase {
  readonly kind: 'MemberExpression';
  readonly target: Expression;
  readonly member: Identifier;
}
/** `target[index]`: element of a stack, an array or a tuple. */
export interface IndexExpression extends NodeBase {
  readonly kind: 'IndexExpression';
  readonly target: Expression;
  readonly index: Expression;
}
/** `target[high:low]`, both ends inclusive. */
export interface SliceExpression extends NodeBase {
  readonly kind: 'SliceExpression';
  readonly target: Expression;
  readonly high: Expression;
  readonly low: Expression;
}
/** `target[low+:width]`. */
export interface PlusSliceExpression extends NodeBase {
  readonly kind: 'PlusSliceExpression';
  readonly target: Expression;
  readonly low: Expression;
  readonly width: Expression;
}
/** `{ a, b }` and, as select's argument, `(a, b)`. The last element may be a `DotsExpression` (defaults for the rest). */
export interface ListExpression extends NodeBase {
  readonly kind: 'ListExpression';
  readonly elements: readonly Expression[];
}
/** `{ f = a, g = b }`, `{ f = a, ... }`. */
export interface StructExpression extends NodeBase {
  readonly kind: 'StructExpression';
  readonly fields: readonly NamedExpression[];
  /** The closing `...`: remaining fields take their default values. */
  readonly dots: DotsExpression | undefined;
}
/** `name = value` in structure expressions and structured annotations. */
export interface NamedExpression extends NodeBase {
  readonly kind: 'NamedExpression';
  readonly name: Identifier;
  readonly value: Expression;
}
/** `{#}`: an invalid header or header union. */
export interface InvalidExpression extends NodeBase {
  readonly kind: 'InvalidExpression';
}
/** `...`: default values. */
export interface DotsExpression extends NodeBase {
  readonly kind: 'DotsExpression';
}

export type UnaryOperator = '!' | '~' | '-' | '+';
export interface UnaryExpression extends NodeBase {
  readonly kind: 'UnaryExpression';
  readonly operator: UnaryOperator;
  readonly operand: Expression;
}

export type BinaryOperator =
  | '*'
  | '/'
  | '%'
  | '+'
  | '-'
  | '|+|'
  | '|-|'
  | '++'
  | '<<'
  | '>>'
  | '<='
  | '>='
  | '<'
  | '>'
  | '=='
  | '!='
  | '&'
  | '^'
  | '|'
  | '&&'
  | '||';
export interface BinaryExpression extends NodeBase {
  readonly kind: 'BinaryExpression';
  readonly operator: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
  /** Place of the operator itself. */
  readonly operatorSpan: Span;
}
/** `condition ? whenTrue : whenFalse`. */
export interface ConditionalExpression extends NodeBase {
  readonly kind: 'ConditionalExpression';
  readonly condition: Expression;
  readonly whenTrue: Expression;
  readonly whenFalse: Expression;
}
/** `(T) operand`. */
export interface CastExpression extends NodeBase {
  readonly kind: 'CastExpression';
  readonly type: TypeNode;
  readonly operand: Expression;
}
/** `callee<T>(arguments)`: function, method, action, `t.apply()`, `p.apply(...)`. */
export interface CallExpression extends NodeBase {
  readonly kind: 'CallExpression';
  readonly callee: Expression;
  /** `undefined` where no `<...>` is written. */
  readonly typeArguments: readonly TypeNode[] | undefined;
  readonly arguments: readonly Argument[];
}
/** `T(arguments)` as an expression: an instance without a name (`MyParser()` given to a package). */
export interface ConstructorCallExpression extends NodeBase {
  readonly kind: 'ConstructorCallExpression';
  readonly type: NamedType | SpecializedType;
  readonly arguments: readonly Argument[];
}
/** One argument: positional (`name` is undefined) or `name = value`; the value may be `_` (`DefaultExpression`). */
export interface Argument extends NodeBase {
  readonly kind: 'Argument';
  readonly name: Identifier | undefined;
  readonly value: Expression;
}
/** `default` or `_`: everything (in key sets and labels), nothing wanted (as an argument). */
export interface DefaultExpression extends NodeBase {
  readonly kind: 'DefaultExpression';
  readonly spelling: 'default' | '_';
}
/** `value &&& mask` in a key set. */
export interface MaskExpression extends NodeBase {
  readonly kind: 'MaskExpression';
  readonly value: Expression;
  readonly mask: Expression;
}
/** `low .. high` in a key set or as a `for-in` collection; both ends inclusive. */
export interface RangeExpression extends NodeBase {
  readonly kind: 'RangeExpression';
  readonly low: Expression;
  readonly high: Expression;
}
/** `(a, b &&& c, _)`: a key set for several keys. */
export interface TupleKeysetExpression extends NodeBase {
  readonly kind: 'TupleKeysetExpression';
  readonly elements: readonly Expression[];
}
/** `select (a, b) { ... }` after `transition`. */
export interface SelectExpression extends NodeBase {
  readonly kind: 'SelectExpression';
  /** What is looked at: at least one expression. */
  readonly keys: readonly Expression[];
  readonly cases: readonly SelectCase[];
}
/** `keyset: state;`. */
export interface SelectCase extends NodeBase {
  readonly kind: 'SelectCase';
  readonly keyset: Expression;
  readonly state: PathExpression;
}

// ----------------------------------------------------------------------------------------------------- statements

/** A statement, or a declaration that may stand among statements. */
export type Statement =
  | AssignmentStatement
  | CallStatement
  | EmptyStatement
  | BlockStatement
  | IfStatement
  | SwitchStatement
  | ForStatement
  | ForInStatement
  | ReturnStatement
  | ExitStatement
  | BreakStatement
  | ContinueStatement
  | VariableDeclaration
  | ConstantDeclaration
  | Instantiation;

/** The binary operator of a compound assignment (`+=` has `+`). */
export type AssignmentOperator = '*' | '/' | '%' | '+' | '-' | '|+|' | '|-|' | '<<' | '>>' | '&' | '|' | '^';

/** `target = value;`, `target += value;`. */
export interface AssignmentStatement extends NodeBase {
  readonly kind: 'AssignmentStatement';
  readonly target: Expression;
  /** `undefined` for plain `=`. */
  readonly operator: AssignmentOperator | undefined;
  /** Place of the `=` or `+=` sign: where p4c puts an assignment's position. */
  readonly operatorSpan: Span;
  readonly value: Expression;
}
/** `call;`: function, method, action, table or direct application (`C.apply()`). */
export interface CallStatement extends NodeBase {
  readonly kind: 'CallStatement';
  readonly call: CallExpression;
}
export interface EmptyStatement extends NodeBase {
  readonly kind: 'EmptyStatement';
}
export interface BlockStatement extends NodeBase {
  readonly kind: 'BlockStatement';
  readonly annotations: readonly Annotation[];
  readonly statements: readonly Statement[];
}
export interface IfStatement extends NodeBase {
  readonly kind: 'IfStatement';
  readonly annotations: readonly Annotation[];
  readonly condition: Expression;
  readonly thenStatement: Statement;
  readonly elseStatement: Statement | undefined;
}
/** `switch (e) { ... }`, over `t.apply().action_run` or over values. */
export interface SwitchStatement extends NodeBase {
  readonly kind: 'SwitchStatement';
  readonly annotations: readonly Annotation[];
  readonly expression: Expression;
  readonly cases: readonly SwitchCase[];
}
/** `label: { ... }`; without a body it falls through to the next case. */
export interface SwitchCase extends NodeBase {
  readonly kind: 'SwitchCase';
  /** A `DefaultExpression` for `default`. */
  readonly label: Expression;
  readonly body: BlockStatement | undefined;
}
/** `for (init; condition; update) body`. */
export interface ForStatement extends NodeBase {
  readonly kind: 'ForStatement';
  readonly annotations: readonly Annotation[];
  readonly init: readonly (VariableDeclaration | AssignmentStatement | CallStatement)[];
  readonly condition: Expression;
  readonly update: readonly (AssignmentStatement | CallStatement)[];
  readonly body: Statement;
}
/** `for (T x in collection) body`; the collection is a `RangeExpression`, a list or a stack. */
export interface ForInStatement extends NodeBase {
  readonly kind: 'ForInStatement';
  readonly annotations: readonly Annotation[];
  /** Declared without initializer. */
  readonly variable: VariableDeclaration;
  readonly collection: Expression;
  readonly body: Statement;
}
export interface ReturnStatement extends NodeBase {
  readonly kind: 'ReturnStatement';
  readonly value: Expression | undefined;
}
export interface ExitStatement extends NodeBase {
  readonly kind: 'ExitStatement';
}
export interface BreakStatement extends NodeBase {
  readonly kind: 'BreakStatement';
}
export interface ContinueStatement extends NodeBase {
  readonly kind: 'ContinueStatement';
}

// --------------------------------------------------------------------------------------------------- declarations

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

// ---------------------------------------------------------------------------------------------------------- tables

/** `table t { key = ...; actions = ...; ... }`. */
export interface TableDeclaration extends NodeBase {
  readonly kind: 'TableDeclaration';
  readonly annotations: readonly Annotation[];
  readonly name: Identifier;
  /** In source order; the same property twice is a later phase's error. */
  readonly properties: readonly TableProperty[];
}
export type TableProperty = KeyProperty | ActionsProperty | EntriesProperty | CustomProperty;
/** `key = { ... }`. */
export interface KeyProperty extends NodeBase {
  readonly kind: 'KeyProperty';
  readonly elements: readonly KeyElement[];
}
/** `expression : match_kind @annotations;`. */
export interface KeyElement extends NodeBase {
  readonly kind: 'KeyElement';
  readonly expression: Expression;
  readonly matchKind: PathExpression;
  readonly annotations: readonly Annotation[];
}
/** `actions = { ... }`. */
export interface ActionsProperty extends NodeBase {
  readonly kind: 'ActionsProperty';
  readonly actions: readonly ActionReference[];
}
/** `a;`, `a(x);` in `actions`, or the action of an entry. */
export interface ActionReference extends NodeBase {
  readonly kind: 'ActionReference';
  readonly annotations: readonly Annotation[];
  /** A `PathExpression`, or a `CallExpression` whose callee is one. */
  readonly action: PathExpression | CallExpression;
}
/** `entries = { ... }`, `const entries = { ... }`. */
export interface EntriesProperty extends NodeBase {
  readonly kind: 'EntriesProperty';
  readonly annotations: readonly Annotation[];
  readonly isConst: boolean;
  readonly entries: readonly TableEntry[];
}
/** `const priority=10: (1, 2 &&& 3): a(4) @annotation;`. */
export interface TableEntry extends NodeBase {
  readonly kind: 'TableEntry';
  readonly isConst: boolean;
  readonly priority: Expression | undefined;
  /** A `TupleKeysetExpression`, or the single key's set. */
  readonly keyset: Expression;
  readonly action: ActionReference;
  readonly annotations: readonly Annotation[];
}
/** Any other property: `size`, `default_action`, `implementation`, `counters`, ... */
export interface CustomProperty extends NodeBase {
  readonly kind: 'CustomProperty';
  readonly annotations: readonly Annotation[];
  readonly isConst: boolean;
  readonly name: Identifier;
  readonly value: Expression;
}

/** Every node of the tree. */
export type Node =
  | Program
  | Identifier
  | Annotation
  | TypeNode
  | Expression
  | NamedExpression
  | Argument
  | SelectCase
  | Statement
  | SwitchCase
  | Declaration
  | TableProperty
  | KeyElement
  | ActionReference
  | TableEntry;
