/**
 * The typed model of a BMv2 JSON program: what `loadProgram` returns and every later stage reads.
 *
 * All references between objects are resolved here once: a name in the JSON becomes an index into one of the program's
 * arrays (an index, not a pointer, so that the model is plain data that can be printed and compared). Expressions keep
 * BMv2's typing (data, bool, header, ...) because equality and conditional operators are chosen by it.
 * Numbers that can exceed 2^53 are bigints.
 */

/** A complete program. Arrays are indexed by the numbers used in references. */
export interface Program {
  readonly name: string;
  readonly headerTypes: readonly HeaderType[];
  readonly headers: readonly Header[];
  readonly headerStacks: readonly HeaderStack[];
  readonly headerUnions: readonly HeaderUnion[];
  readonly headerUnionStacks: readonly HeaderUnionStack[];
  /** Alias ("header.field" as written by the target) to the field it stands for. */
  readonly fieldAliases: ReadonlyMap<string, FieldRef>;
  readonly errors: ReadonlyMap<string, number>;
  readonly parseValueSets: readonly ParseValueSet[];
  readonly parsers: readonly Parser[];
  readonly deparsers: readonly Deparser[];
  readonly calculations: readonly Calculation[];
  readonly checksums: readonly Checksum[];
  readonly counters: readonly CounterArray[];
  readonly meters: readonly MeterArray[];
  readonly registers: readonly RegisterArray[];
  readonly actions: readonly Action[];
  readonly actionProfiles: readonly ActionProfile[];
  readonly tables: readonly Table[];
  readonly pipelines: readonly Pipeline[];
  readonly fieldLists: readonly FieldList[];
  readonly learnLists: readonly LearnList[];
}

/**
 * A field of a header instance. `field` is the position in the header type, or `VALID_FIELD` for the hidden validity
 * bit.
 */
export interface FieldRef {
  readonly header: number;
  readonly field: number;
}

/** `FieldRef.field` of the hidden field `$valid$`. */
export const VALID_FIELD = -1;

export interface HeaderType {
  readonly name: string;
  readonly fields: readonly Field[];
  /** Position of the variable-length field, or -1. */
  readonly variableField: number;
  /** Largest size of a header with a variable field, in bytes; 0 where the JSON gives none. */
  readonly maxLengthBytes: number;
  /**
   * Length in bits of the variable field where the type itself says so (old format); `local` n is field n of the
   * header.
   */
  readonly lengthExpression: Expression | undefined;
}

export interface Field {
  readonly name: string;
  /** Width in bits; of a variable field its greatest width. */
  readonly bitwidth: number;
  readonly signed: boolean;
  readonly saturating: boolean;
  readonly variable: boolean;
}

export interface Header {
  readonly name: string;
  readonly type: number;
  readonly metadata: boolean;
  /** The union this header is a member of, or -1. */
  readonly union: number;
  readonly unionPosition: number;
}

export interface HeaderStack {
  readonly name: string;
  readonly type: number;
  readonly headers: readonly number[];
}

export interface HeaderUnion {
  readonly name: string;
  readonly memberNames: readonly string[];
  readonly headers: readonly number[];
}

export interface HeaderUnionStack {
  readonly name: string;
  readonly memberNames: readonly string[];
  readonly unions: readonly number[];
}

export interface ParseValueSet {
  readonly name: string;
  readonly bitwidth: number;
}

/** What an expression evaluates to. */
export type ExpressionType = 'data' | 'bool' | 'header' | 'headerStack' | 'union' | 'unionStack';

/** Operators on two unbounded integers giving an integer. */
export type ArithmeticOperator =
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '<<'
  | '>>'
  | '&'
  | '|'
  | '^'
  | 'two_comp_mod'
  | 'usat_cast'
  | 'sat_cast';
export type ComparisonOperator = '<' | '>' | '<=' | '>=';

export type Expression =
  | { readonly kind: 'constant'; readonly value: bigint }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'field'; readonly field: FieldRef }
  | { readonly kind: 'local'; readonly index: number }
  | { readonly kind: 'register'; readonly register: number; readonly index: Expression }
  /** A field of the last valid element of a stack. */
  | { readonly kind: 'lastField'; readonly stack: number; readonly field: number }
  | { readonly kind: 'header'; readonly header: number }
  | { readonly kind: 'headerStack'; readonly stack: number }
  | { readonly kind: 'union'; readonly union: number }
  | { readonly kind: 'unionStack'; readonly stack: number }
  | {
      readonly kind: 'arithmetic';
      readonly operator: ArithmeticOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: 'complement'; readonly operand: Expression }
  | {
      readonly kind: 'comparison';
      readonly operator: ComparisonOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly kind: 'equality';
      readonly negated: boolean;
      readonly type: ExpressionType;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: 'logical'; readonly operator: 'and' | 'or'; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'not'; readonly operand: Expression }
  | {
      readonly kind: 'conditional';
      readonly type: ExpressionType;
      readonly condition: Expression;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: 'validHeader'; readonly operand: Expression }
  | { readonly kind: 'validUnion'; readonly operand: Expression }
  | { readonly kind: 'dataToBool'; readonly operand: Expression }
  | { readonly kind: 'boolToData'; readonly operand: Expression }
  | { readonly kind: 'stackElement'; readonly stack: Expression; readonly index: Expression }
  | { readonly kind: 'unionStackElement'; readonly stack: Expression; readonly index: Expression }
  | { readonly kind: 'lastStackIndex'; readonly stack: Expression }
  | { readonly kind: 'stackSize'; readonly stack: Expression }
  | { readonly kind: 'accessField'; readonly header: Expression; readonly field: number }
  | { readonly kind: 'accessUnionHeader'; readonly union: Expression; readonly member: number };

export interface Parser {
  readonly name: string;
  /** Index of the first state, or -1 for a parser that accepts everything at once. */
  readonly start: number;
  readonly states: readonly ParseState[];
}

export interface ParseState {
  readonly name: string;
  readonly operations: readonly ParserOperation[];
  readonly key: readonly TransitionKeyPart[];
  readonly transitions: readonly Transition[];
  /** Next state where no transition matches; -1: accept. */
  readonly defaultNext: number;
}

/** Where an `extract` puts the header. */
export type ExtractTarget =
  | { readonly kind: 'header'; readonly header: number }
  | { readonly kind: 'stack'; readonly stack: number }
  | { readonly kind: 'unionStack'; readonly stack: number; readonly member: number };

export type ParserOperation =
  | { readonly kind: 'extract'; readonly target: ExtractTarget; readonly variableBits: Expression | undefined }
  | { readonly kind: 'set'; readonly field: FieldRef; readonly source: Expression }
  | { readonly kind: 'setLookahead'; readonly field: FieldRef; readonly bitOffset: number; readonly bitwidth: number }
  | { readonly kind: 'verify'; readonly condition: Expression; readonly error: Expression }
  | { readonly kind: 'primitive'; readonly primitive: Primitive }
  | { readonly kind: 'advance'; readonly bits: Expression };

export type TransitionKeyPart =
  | { readonly kind: 'field'; readonly field: FieldRef; readonly bitwidth: number }
  | { readonly kind: 'lastField'; readonly stack: number; readonly field: number; readonly bitwidth: number }
  | {
      readonly kind: 'unionStackField';
      readonly stack: number;
      readonly member: number;
      readonly field: number;
      readonly bitwidth: number;
    }
  | { readonly kind: 'lookahead'; readonly bitOffset: number; readonly bitwidth: number };

/** A case of a select. Values and masks are split by key part. */
export type Transition =
  | {
      readonly kind: 'value';
      readonly values: readonly bigint[];
      readonly masks: readonly bigint[] | undefined;
      readonly next: number;
    }
  | {
      readonly kind: 'valueSet';
      readonly valueSet: number;
      readonly masks: readonly bigint[] | undefined;
      readonly next: number;
    };

export interface Deparser {
  readonly name: string;
  readonly headers: readonly number[];
  readonly primitives: readonly Primitive[];
}

export type CalculationInput =
  | { readonly kind: 'field'; readonly field: FieldRef }
  | { readonly kind: 'constant'; readonly value: bigint; readonly bitwidth: number }
  | { readonly kind: 'header'; readonly header: number }
  | { readonly kind: 'payload' };

export interface Calculation {
  readonly name: string;
  readonly algorithm: string;
  readonly inputs: readonly CalculationInput[];
}

export interface Checksum {
  readonly name: string;
  readonly target: FieldRef;
  /** Index of the calculation; -1 for the built-in type `ipv4`. */
  readonly calculation: number;
  readonly condition: Expression | undefined;
  readonly update: boolean;
  readonly verify: boolean;
}

export interface CounterArray {
  readonly name: string;
  readonly size: number;
  /** The table whose entries it counts, for a direct counter. */
  readonly table: string | undefined;
}

export interface MeterArray {
  readonly name: string;
  readonly unit: 'bytes' | 'packets';
  readonly rateCount: number;
  readonly size: number;
  readonly direct: boolean;
  readonly resultTarget: FieldRef | undefined;
}

export interface RegisterArray {
  readonly name: string;
  readonly bitwidth: number;
  readonly size: number;
}

export interface Action {
  readonly name: string;
  readonly id: number;
  readonly parameters: readonly { readonly name: string; readonly bitwidth: number }[];
  readonly primitives: readonly Primitive[];
}

/** A primitive's argument. */
export type Argument =
  | { readonly kind: 'expression'; readonly type: ExpressionType; readonly expression: Expression }
  | { readonly kind: 'calculation'; readonly calculation: number }
  | { readonly kind: 'counter'; readonly counter: number }
  | { readonly kind: 'meter'; readonly meter: number }
  | { readonly kind: 'register'; readonly register: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'vector'; readonly elements: readonly Argument[] }
  | { readonly kind: 'fieldList'; readonly fields: readonly FieldRef[] };

export interface Primitive {
  readonly operation: string;
  readonly arguments: readonly Argument[];
  readonly source: SourceInfo | undefined;
}

/** Where in the P4 source something comes from. */
export interface SourceInfo {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly fragment: string;
}

export interface ActionProfile {
  readonly name: string;
  readonly maxSize: number;
  /** Present for action selectors. */
  readonly selector: { readonly algorithm: string; readonly inputs: readonly CalculationInput[] } | undefined;
}

export type MatchKind = 'exact' | 'lpm' | 'ternary' | 'range' | 'valid';

export interface TableKey {
  readonly name: string;
  readonly kind: MatchKind;
  /** For kind `valid`, the field is `VALID_FIELD` of the header. */
  readonly field: FieldRef;
  readonly bitwidth: number;
  /** Applied to the field before matching. */
  readonly mask: bigint | undefined;
}

/** What comes after a table, conditional or action call. -1: the end of the pipeline. */
export type NodeIndex = number;

export interface Table {
  readonly name: string;
  readonly pipeline: string;
  readonly matchKind: 'exact' | 'lpm' | 'ternary' | 'range';
  readonly keys: readonly TableKey[];
  readonly maxSize: number;
  readonly withCounters: boolean;
  readonly supportTimeout: boolean;
  /** Index of the direct meter, or -1. */
  readonly directMeter: number;
  /** Index of the action profile, or -1. */
  readonly actionProfile: number;
  /** Program-wide indices of the table's actions. */
  readonly actions: readonly number[];
  readonly next: TableNext;
  /** Next node on a miss where there is no default action. */
  readonly baseDefaultNext: NodeIndex;
  readonly defaultEntry: DefaultEntry | undefined;
  readonly constEntries: readonly ConstEntry[];
  readonly immutable: boolean;
  readonly source: SourceInfo | undefined;
}

export type TableNext =
  | { readonly kind: 'hitMiss'; readonly hit: NodeIndex; readonly miss: NodeIndex }
  /** One element per element of `Table.actions`. */
  | { readonly kind: 'action'; readonly nodes: readonly NodeIndex[] };

export interface DefaultEntry {
  readonly action: number;
  readonly data: readonly bigint[];
  readonly constAction: boolean;
  readonly constEntry: boolean;
}

export interface ConstEntry {
  readonly match: readonly ConstMatch[];
  readonly action: number;
  readonly data: readonly bigint[];
  /** As in the JSON: the lowest wins. */
  readonly priority: number;
}

export type ConstMatch =
  | { readonly kind: 'exact' | 'valid'; readonly value: bigint }
  | { readonly kind: 'lpm'; readonly value: bigint; readonly prefixLength: number }
  | { readonly kind: 'ternary'; readonly value: bigint; readonly mask: bigint }
  | { readonly kind: 'range'; readonly low: bigint; readonly high: bigint };

export interface Pipeline {
  readonly name: string;
  readonly start: NodeIndex;
  readonly nodes: readonly PipelineNode[];
}

export type PipelineNode =
  | { readonly kind: 'table'; readonly table: number }
  | {
      readonly kind: 'conditional';
      readonly name: string;
      readonly expression: Expression;
      readonly trueNext: NodeIndex;
      readonly falseNext: NodeIndex;
      readonly source: SourceInfo | undefined;
    }
  | { readonly kind: 'actionCall'; readonly name: string; readonly action: number; readonly next: NodeIndex };

export interface FieldList {
  readonly id: number;
  readonly fields: readonly FieldRef[];
}

export interface LearnList {
  readonly id: number;
  readonly name: string;
  readonly fields: readonly FieldRef[];
}

/** For the `default` of a switch over a union that has no cases left. */
export function assertNever(value: never): never {
  throw new Error(`bug in softswitch: unexpected ${JSON.stringify(value)}`);
}
