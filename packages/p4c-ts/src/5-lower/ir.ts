/**
 * The intermediate representation: one instantiated program for the v1model architecture, as control-flow graphs over
 * flat storage.
 *
 * Elaboration has by then evaluated `main`, inlined every nested control, parser, function and directly called action,
 * substituted type variables and taken structures, tuples and enums apart. What is left is small: headers, header
 * stacks and unions (the switch knows those), scalar variables, and basic blocks. Basic blocks, because BMv2 has jumps
 * everywhere (parse states, the next node of a table or conditional, `_jump` inside actions), so `return`, `exit`,
 * `break`, `continue`, `switch` and loops are edges and need no flag variables; and because each pass over them is a
 * page long.
 *
 * Expressions are pure: they read places and do nothing else. Whatever has an effect is an instruction, in the order in
 * which P4 prescribes it, or the end of a block. Every expression carries its type. Arithmetic is that of P4 (wraps at
 * the width); the emitter inserts the masks that BMv2's unbounded arithmetic needs.
 *
 * Blocks and instructions are plain mutable objects: passes rewrite them in place. Expressions and references are
 * immutable and may be shared.
 */
import type { Span } from '../diagnostics/span.ts';
import type { ScalarType } from './scalar-types.ts';

// --------------------------------------------------------------------------------------------------------- storage

export interface HeaderField {
  readonly name: string;
  readonly type: ScalarType;
  /** Position among the type's fields, from 0. */
  readonly index: number;
  /** Target of `@alias("header.field")`, where written. */
  readonly alias: string | undefined;
}

export interface HeaderType {
  readonly kind: 'header-type';
  readonly name: string;
  readonly fields: readonly HeaderField[];
  readonly span: Span | undefined;
  /** True for structures of metadata (padding to whole bytes is allowed there). */
  readonly isMetadata: boolean;
}

/** One header of the packet or local to the program; `isMetadata` for those that are always valid and never sent. */
export interface HeaderInstance {
  readonly kind: 'header-instance';
  readonly name: string;
  readonly type: HeaderType;
  readonly isMetadata: boolean;
}

export interface HeaderStack {
  readonly kind: 'header-stack';
  readonly name: string;
  readonly type: HeaderType;
  readonly elements: readonly HeaderInstance[];
}

export interface UnionType {
  readonly kind: 'union-type';
  readonly name: string;
  readonly members: readonly { readonly name: string; readonly type: HeaderType }[];
}

export interface UnionInstance {
  readonly kind: 'union-instance';
  readonly name: string;
  readonly type: UnionType;
  /** In the order of the type's members. */
  readonly members: readonly HeaderInstance[];
}

export interface UnionStack {
  readonly kind: 'union-stack';
  readonly name: string;
  readonly type: UnionType;
  readonly elements: readonly UnionInstance[];
}

/**
 * A scalar of the program: a leaf of the user's metadata (alive from parser to deparser, zero at the start), a local
 * variable, or a temporary of the compiler. All live in the metadata header `scalars`, varbits in one header each.
 */
export interface Variable {
  readonly kind: 'variable';
  /** Position in the program's list of variables; what the emitter adds is behind the last of them. */
  readonly id: number;
  readonly name: string;
  readonly type: ScalarType;
  readonly role: 'user-metadata' | 'local' | 'temporary';
  /** Numbers of `@field_list(...)`, for user metadata. */
  readonly fieldLists: readonly number[];
}

/** Which header is meant. */
export type HeaderReference =
  | { readonly kind: 'instance'; readonly instance: HeaderInstance }
  /** `stack[index]` where the index is known only at run time. */
  | { readonly kind: 'element'; readonly stack: HeaderStack; readonly index: Expression }
  /** `stack.next` (only as the target of an extraction) and `stack.last`. */
  | { readonly kind: 'next' | 'last'; readonly stack: HeaderStack }
  /** The same for a member of a union stack's element. */
  | { readonly kind: 'union-element'; readonly stack: UnionStack; readonly index: Expression; readonly member: number }
  | { readonly kind: 'union-next' | 'union-last'; readonly stack: UnionStack; readonly member: number };

/** Which union is meant. */
export type UnionReference =
  | { readonly kind: 'instance'; readonly instance: UnionInstance }
  | { readonly kind: 'element'; readonly stack: UnionStack; readonly index: Expression };

/** Where one scalar is stored. */
export type Place =
  | { readonly kind: 'variable'; readonly variable: Variable }
  | { readonly kind: 'field'; readonly header: HeaderReference; readonly field: HeaderField };

/** Type of what a place holds. */
export function typeOfPlace(place: Place): ScalarType {
  return place.kind === 'variable' ? place.variable.type : place.field.type;
}

/** Type of the header that a reference names. */
export function headerTypeOf(reference: HeaderReference): HeaderType {
  switch (reference.kind) {
    case 'instance':
      return reference.instance.type;
    case 'element':
    case 'next':
    case 'last':
      return reference.stack.type;
    case 'union-element':
    case 'union-next':
    case 'union-last':
      return reference.stack.type.members[reference.member]!.type;
  }
}

// ----------------------------------------------------------------------------------------------------- expressions

export type UnaryOperator = '-' | '~' | '!';

export type BinaryOperator =
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '|+|'
  | '|-|'
  | '<<'
  | '>>'
  | '&'
  | '|'
  | '^'
  | '=='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | '&&'
  | '||';

/** A pure expression. */
export type Expression =
  /** A number; booleans are 0 and 1, errors their code. Signed constants are negative where the value is. */
  | { readonly kind: 'constant'; readonly type: ScalarType; readonly value: bigint }
  | { readonly kind: 'read'; readonly type: ScalarType; readonly place: Place }
  /** Action data from the control plane, by position. */
  | { readonly kind: 'parameter'; readonly type: ScalarType; readonly index: number; readonly name: string }
  | {
      readonly kind: 'unary';
      readonly type: ScalarType;
      readonly operator: UnaryOperator;
      readonly operand: Expression;
    }
  | {
      readonly kind: 'binary';
      readonly type: ScalarType;
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly kind: 'conditional';
      readonly type: ScalarType;
      readonly condition: Expression;
      readonly whenTrue: Expression;
      readonly whenFalse: Expression;
    }
  /** Between numbers, and between `bool` and `bit<1>`. */
  | { readonly kind: 'cast'; readonly type: ScalarType; readonly operand: Expression }
  /** `operand[high:low]`. */
  | {
      readonly kind: 'slice';
      readonly type: ScalarType;
      readonly operand: Expression;
      readonly high: number;
      readonly low: number;
    }
  /** `left ++ right`. */
  | { readonly kind: 'concat'; readonly type: ScalarType; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'is-valid'; readonly type: ScalarType; readonly header: HeaderReference }
  | { readonly kind: 'is-valid-union'; readonly type: ScalarType; readonly union: UnionReference }
  /** `stack.lastIndex`. */
  | { readonly kind: 'last-index'; readonly type: ScalarType; readonly stack: HeaderStack | UnionStack }
  /** Bits of the packet not yet extracted, from `offset`: only as the whole source of an `assign` inside a parser. */
  | { readonly kind: 'lookahead'; readonly type: ScalarType; readonly offset: number };

// ---------------------------------------------------------------------------------------------------- instructions

/** Names of the hash algorithms as BMv2 registers them. */
export type HashAlgorithm = string;

/** What a calculation or a digest is made of. */
export type FieldListItem =
  | { readonly kind: 'expression'; readonly expression: Expression }
  | { readonly kind: 'header'; readonly header: HeaderInstance };

/** One effect. `span` is the source it came from. */
export type Instruction = { span: Span | undefined } & (
  | { kind: 'assign'; target: Place; value: Expression }
  | { kind: 'copy-header'; target: HeaderReference; source: HeaderReference }
  | { kind: 'copy-stack'; target: HeaderStack; source: HeaderStack }
  | { kind: 'copy-union'; target: UnionInstance; source: UnionInstance }
  | { kind: 'copy-union-stack'; target: UnionStack; source: UnionStack }
  | { kind: 'set-valid' | 'set-invalid'; header: HeaderReference }
  | { kind: 'push' | 'pop'; stack: HeaderStack | UnionStack; count: number }
  // Parser only.
  | { kind: 'extract'; header: HeaderReference /** Bits of the varbit field. */; length: Expression | undefined }
  | { kind: 'advance'; bits: Expression }
  | { kind: 'verify'; condition: Expression; error: Expression }
  // Externs of v1model.
  | { kind: 'count'; counter: CounterArray; index: Expression }
  | { kind: 'execute-meter'; meter: MeterArray; index: Expression; target: Place }
  | { kind: 'read-register'; register: RegisterArray; index: Expression; target: Place }
  | { kind: 'write-register'; register: RegisterArray; index: Expression; value: Expression }
  | { kind: 'random'; target: Place; low: Expression; high: Expression }
  | {
      kind: 'hash';
      target: Place;
      base: Expression;
      algorithm: HashAlgorithm;
      items: FieldListItem[];
      maximum: Expression;
    }
  | { kind: 'digest'; receiver: Expression; name: string; items: Expression[] }
  | { kind: 'mark-to-drop'; metadata: HeaderInstance }
  | { kind: 'clone'; from: 'ingress' | 'egress'; session: Expression; fieldList: number | undefined }
  | { kind: 'resubmit' | 'recirculate'; fieldList: number | undefined }
  | { kind: 'truncate'; length: Expression }
  | { kind: 'assert' | 'assume'; condition: Expression }
  | { kind: 'log'; message: string; arguments: Expression[] }
  /** An extern function or method that only the switch knows (`--emit-externs`). */
  | { kind: 'extern-call'; name: string; instance: string | undefined; arguments: ExternArgument[] }
);

export type ExternArgument =
  | { readonly kind: 'expression'; readonly expression: Expression }
  | { readonly kind: 'header'; readonly header: HeaderReference }
  | { readonly kind: 'string'; readonly value: string };

// --------------------------------------------------------------------------------------------------------- blocks

/** One alternative of a select: all keys must match. `null` means accept. */
export interface SelectCase {
  /** One set for each key; `undefined` for "anything". A value set stands for all keys at once. */
  readonly match: readonly KeySet[] | { readonly valueSet: ValueSet };
  target: Block;
  readonly span: Span | undefined;
}

/** A set of values of one key: those that agree with `value` in the bits of `mask`. */
export interface KeySet {
  readonly value: bigint;
  /** All ones for an exact match, 0 for anything. */
  readonly mask: bigint;
}

/** How a block ends. */
export type Terminator = { span: Span | undefined } & (
  | { kind: 'goto'; target: Block }
  | { kind: 'branch'; condition: Expression; whenTrue: Block; whenFalse: Block }
  /** Applies a table, then goes on by what happened. */
  | { kind: 'apply'; table: Table; next: ApplyNext }
  /** Parser only. Without a matching case the packet gets error.NoMatch and parsing stops. */
  | { kind: 'select'; keys: Expression[]; cases: SelectCase[] }
  /** Parser: parsing stops, with the error as it is. */
  | { kind: 'accept' }
  | { kind: 'reject' }
  /** The end of the control or action. */
  | { kind: 'return' }
  /** The end of the whole pipeline: inside a table's actions; elsewhere it is the same as `return`. */
  | { kind: 'exit' }
  /** Cannot be reached. */
  | { kind: 'unreachable' }
);

export type ApplyNext =
  | { kind: 'always'; target: Block }
  | { kind: 'hit-miss'; hit: Block; miss: Block }
  /** By the action that ran; `otherwise` for those not named. */
  | { kind: 'action'; targets: Map<TableAction, Block>; otherwise: Block };

/** A basic block. */
export interface Block {
  /** Unique within the program, from 1. */
  readonly id: number;
  /** Where the block comes from, for names of parse states and hidden actions. */
  name: string;
  instructions: Instruction[];
  terminator: Terminator;
}

/** A graph of basic blocks. Only blocks that can be reached from `entry` count. */
export interface Graph {
  entry: Block;
}

// ------------------------------------------------------------------------------------------------ tables and externs

export interface CounterArray {
  readonly kind: 'counter';
  readonly name: string;
  /** Undefined for direct counters. */
  readonly size: bigint | undefined;
  /** The table whose entries it counts, for direct counters. */
  table: Table | undefined;
  readonly span: Span | undefined;
}

export interface MeterArray {
  readonly kind: 'meter';
  readonly name: string;
  readonly unit: 'packets' | 'bytes';
  readonly size: bigint | undefined;
  readonly isDirect: boolean;
  table: Table | undefined;
  /** Where the switch puts a direct meter's color when an entry is hit; undefined when it is never read. */
  target: Place | undefined;
  readonly span: Span | undefined;
}

export interface RegisterArray {
  readonly kind: 'register';
  readonly name: string;
  readonly size: bigint;
  readonly width: number;
  readonly span: Span | undefined;
}

export interface ActionProfile {
  readonly kind: 'action-profile';
  readonly name: string;
  readonly size: bigint;
  /** Present for selectors. `input` is filled in by the tables that use it. */
  readonly selector: { readonly algorithm: HashAlgorithm; input: Expression[] | undefined } | undefined;
  readonly span: Span | undefined;
}

export interface ValueSet {
  readonly kind: 'value-set';
  readonly name: string;
  /** Bits of one member. */
  readonly width: number;
  readonly size: bigint;
}

/** An instance of an extern that the switch brings along (`--emit-externs`). */
export interface ExternInstance {
  readonly kind: 'extern-instance';
  readonly name: string;
  readonly type: string;
  readonly attributes: readonly { readonly name: string; readonly type: 'hexstr' | 'string'; readonly value: string }[];
}

/** An action that tables run. Several may have one name (the same source action bound to different arguments). */
export interface Action {
  readonly kind: 'action';
  /** Name for the control plane. */
  readonly name: string;
  readonly parameters: readonly { readonly name: string; readonly type: ScalarType }[];
  body: Graph;
  readonly span: Span | undefined;
  /** Made by the compiler for statements outside actions. */
  readonly isHidden: boolean;
}

export interface TableAction {
  readonly action: Action;
}

export interface TableKey {
  readonly matchKind: string;
  /** A read of a place, `is-valid`, or one of those `&` a constant, once keys are simplified. */
  expression: Expression;
  /** The key's name for the control plane. */
  readonly name: string | undefined;
  readonly span: Span | undefined;
}

/** One field of an entry's key. */
export type EntryKey =
  | { readonly kind: 'exact'; readonly value: bigint }
  | { readonly kind: 'mask'; readonly value: bigint; readonly mask: bigint }
  | { readonly kind: 'range'; readonly low: bigint; readonly high: bigint }
  | { readonly kind: 'any' };

export interface TableEntry {
  readonly keys: readonly EntryKey[];
  readonly action: TableAction;
  readonly arguments: readonly bigint[];
  /** The lowest number wins, as in BMv2. */
  readonly priority: number;
  readonly span: Span | undefined;
}

export interface Table {
  readonly kind: 'table';
  readonly name: string;
  keys: TableKey[];
  readonly actions: TableAction[];
  readonly defaultAction:
    | { readonly action: TableAction; readonly arguments: readonly bigint[]; readonly isConst: boolean }
    | undefined;
  readonly entries: readonly TableEntry[] | undefined;
  readonly entriesAreConst: boolean;
  readonly size: number | undefined;
  readonly supportTimeout: boolean;
  counter: CounterArray | undefined;
  meter: MeterArray | undefined;
  readonly profile: ActionProfile | undefined;
  readonly isHidden: boolean;
  readonly span: Span | undefined;
}

// --------------------------------------------------------------------------------------------------------- program

/** One call of `update_checksum` or `verify_checksum`. */
export interface Checksum {
  readonly isVerification: boolean;
  readonly condition: Expression;
  readonly items: FieldListItem[];
  readonly withPayload: boolean;
  readonly target: Place;
  readonly algorithm: HashAlgorithm;
  readonly span: Span | undefined;
}

/** A whole program, ready to be lowered and written. */
export interface Program {
  /** As given on the command line, for the output's `program` field. */
  readonly sourceName: string;
  /** The greatest number of a block so far. */
  lastBlockId: number;
  headerInstances: HeaderInstance[];
  headerStacks: HeaderStack[];
  unionInstances: UnionInstance[];
  unionStacks: UnionStack[];
  variables: Variable[];
  standardMetadata: HeaderInstance;
  /** Names of `error { }` members in the order of their codes, from 0. */
  errors: readonly string[];
  enums: readonly { readonly name: string; readonly members: readonly { name: string; value: bigint }[] }[];
  parser: { graph: Graph; valueSets: ValueSet[]; span: Span | undefined };
  ingress: Pipeline;
  egress: Pipeline;
  deparser: { headers: HeaderInstance[]; instructions: Instruction[]; span: Span | undefined };
  checksums: Checksum[];
  counters: CounterArray[];
  meters: MeterArray[];
  registers: RegisterArray[];
  externInstances: ExternInstance[];
}

/** The ingress or egress control. */
export interface Pipeline {
  readonly name: 'ingress' | 'egress';
  graph: Graph;
  /** Tables in the order of their declaration; those never applied are not written. */
  tables: Table[];
  profiles: ActionProfile[];
  readonly span: Span | undefined;
}

// ------------------------------------------------------------------------------------------------------- utilities

export { forEachSuccessor, mapSuccessors, reachableBlocks, successorsOf } from './graph.ts';

export { BOOL, bitsType, ERROR, isSigned, type ScalarType, widthOf } from './scalar-types.ts';
