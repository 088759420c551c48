/**
 * The messages that this phase makes, as plain objects: what protobuf calls "init shapes". Only their types come from
 * the protobuf bindings, so that compiling needs no protobuf at run time; `src/p4info.ts` turns them into messages and
 * files.
 */
import type {
  ActionProfileSchema,
  ActionRefSchema,
  ActionSchema,
  CounterSchema,
  DirectCounterSchema,
  DirectMeterSchema,
  DocumentationSchema,
  MatchFieldSchema,
  MessageInitShape,
  MeterSchema,
  P4DataTypeSpecSchema,
  P4InfoSchema,
  P4TypeInfoSchema,
  PkgInfoSchema,
  PreambleSchema,
  RegisterSchema,
  StructuredAnnotationSchema,
  TableSchema,
  ValueSetSchema,
} from '@mooring/p4runtime-ts/p4info';

type Plain<T> = Exclude<T, { $typeName: string }>;

export type P4Info = Plain<MessageInitShape<typeof P4InfoSchema>>;
export type Preamble = Plain<MessageInitShape<typeof PreambleSchema>>;
export type Documentation = Plain<MessageInitShape<typeof DocumentationSchema>>;
export type StructuredAnnotation = Plain<MessageInitShape<typeof StructuredAnnotationSchema>>;
export type Table = Plain<MessageInitShape<typeof TableSchema>>;
export type MatchField = Plain<MessageInitShape<typeof MatchFieldSchema>>;
export type ActionRef = Plain<MessageInitShape<typeof ActionRefSchema>>;
export type Action = Plain<MessageInitShape<typeof ActionSchema>>;
export type ActionProfile = Plain<MessageInitShape<typeof ActionProfileSchema>>;
export type Counter = Plain<MessageInitShape<typeof CounterSchema>>;
export type DirectCounter = Plain<MessageInitShape<typeof DirectCounterSchema>>;
export type Meter = Plain<MessageInitShape<typeof MeterSchema>>;
export type DirectMeter = Plain<MessageInitShape<typeof DirectMeterSchema>>;
export type Register = Plain<MessageInitShape<typeof RegisterSchema>>;
export type ValueSet = Plain<MessageInitShape<typeof ValueSetSchema>>;
export type DataTypeSpec = Plain<MessageInitShape<typeof P4DataTypeSpecSchema>>;
export type TypeInfo = Plain<MessageInitShape<typeof P4TypeInfoSchema>>;
export type PkgInfo = Plain<MessageInitShape<typeof PkgInfoSchema>>;

/** One field match of an entry, by field id; bytes as P4Runtime has them. */
export interface EntryMatch {
  readonly fieldId: number;
  readonly match:
    | { readonly kind: 'exact' | 'optional'; readonly value: Uint8Array }
    | { readonly kind: 'ternary'; readonly value: Uint8Array; readonly mask: Uint8Array }
    | { readonly kind: 'lpm'; readonly value: Uint8Array; readonly prefixLength: number }
    | { readonly kind: 'range'; readonly low: Uint8Array; readonly high: Uint8Array };
}

/** An entry that the program itself puts into a table. */
export interface Entry {
  readonly tableId: number;
  readonly matches: readonly EntryMatch[];
  readonly actionId: number;
  readonly parameters: readonly { readonly id: number; readonly value: Uint8Array }[];
  /** 0: the table needs none. */
  readonly priority: number;
  readonly isConst: boolean;
}

/** What the control plane needs to know of a program. */
export interface ControlPlane {
  readonly p4info: P4Info;
  readonly entries: readonly Entry[];
}

/** Numbers of p4.config.v1's enumerations, and the 8-bit prefixes of ids (P4Runtime specification, "id allocation"). */
export const MATCH_TYPE = { exact: 2, lpm: 3, ternary: 4, range: 5, optional: 6 } as const;
export const SCOPE = { tableAndDefault: 0, tableOnly: 1, defaultOnly: 2 } as const;
export const UNIT = { unspecified: 0, bytes: 1, packets: 2, both: 3 } as const;
export const IDLE_TIMEOUT = { none: 0, notify: 1 } as const;
export const ID_PREFIX = {
  action: 0x01,
  table: 0x02,
  valueSet: 0x03,
  controllerHeader: 0x04,
  actionProfile: 0x11,
  counter: 0x12,
  directCounter: 0x13,
  meter: 0x14,
  directMeter: 0x15,
  register: 0x16,
  digest: 0x17,
} as const;
export type SymbolKind = keyof typeof ID_PREFIX;
