/**
 * The client with a program's types: tables, match fields, actions and parameters checked by the TypeScript compiler.
 *
 * `mooring types` writes an interface that extends `ProgramTypes` for a program (see `generate.ts`);
 * `typed<Program>(client)` is the same client, seen through it. Nothing happens at run time: the types are erased, the
 * client checks names anyway.
 */
import type { P4RuntimeClient, WriteOptions } from '../client/client.ts';
import type { UpdateResult } from '../client/errors.ts';
import type {
  ActionSetMember,
  CloneSessionInput,
  CounterInput,
  DigestInput,
  DirectCounterInput,
  DirectMeterInput,
  MeterInput,
  MulticastGroupInput,
  PlainValue,
  ProfileGroupInput,
  ProfileMemberInput,
  RegisterInput,
  TableEntry,
  TableEntryInput,
  ValueSetInput,
  Values,
} from '../entities/types.ts';

/** What a generated interface tells of a table. */
export interface TableTypes {
  /** Match fields by P4Info name; exact ones required. */
  readonly match: object;
  /** Match fields as read. */
  readonly matchRead: object;
  /** Names of actions that entries may have. */
  readonly actions: string;
  /** Names of actions that the default entry may have. */
  readonly defaultActions: string;
  /** Names of actions that one-shot action sets may have as a whole. */
  readonly groupActions?: string;
  /** Whether entries carry a priority. */
  readonly priority: boolean;
  /** Whether entries refer to an action profile. */
  readonly indirect: boolean;
}

/** What a generated interface tells of a program. */
export interface ProgramTypes {
  readonly tables: Readonly<Record<string, TableTypes>>;
  /** Parameters by name of action. */
  readonly actions: Readonly<Record<string, object>>;
  readonly profiles: string;
  readonly counters: string;
  readonly meters: string;
  readonly registers: string;
  readonly valueSets: string;
  readonly digests: Readonly<Record<string, unknown>>;
  readonly packetIn: object;
  readonly packetOut: object;
}

/** A value of a ternary field. */
export type TernaryInput<Value = PlainValue> =
  | Value
  | `${string}/${number}`
  | `${string}&&&${string}`
  | '*'
  | null
  | { readonly value: Value; readonly mask: PlainValue };
/** A value of a longest-prefix field. */
export type LpmInput<Value = PlainValue> =
  | Value
  | `${string}/${number}`
  | '*'
  | null
  | { readonly value: Value; readonly prefixLength: number };
/** A value of a range field. */
export type RangeInput<Value = PlainValue> =
  | Value
  | `${string}..${string}`
  | '*'
  | null
  | { readonly low: Value; readonly high: Value };
/** A value of an optional field. */
export type OptionalInput<Value = PlainValue> = Value | '*' | null;

/** A call of one of the actions named. Without parameters the name alone will do. */
export type TypedAction<Program extends ProgramTypes, Names extends string> = {
  [Name in Names]: keyof Program['actions'][Name] extends never
    ? Name | { readonly name: Name; readonly params?: Record<string, never> }
    : { readonly name: Name; readonly params: Program['actions'][Name] };
}[Names];

type NamedAction<Program extends ProgramTypes, Names extends string> = Exclude<TypedAction<Program, Names>, string>;

type EntryAction<Program extends ProgramTypes, Table extends TableTypes> = Table['indirect'] extends true
  ?
      | { readonly member: number }
      | { readonly group: number }
      | {
          readonly set: readonly (Omit<ActionSetMember, 'action'> & {
            readonly action: NamedAction<Program, Table['actions']>;
          })[];
          readonly selection?: 'hash' | 'random';
          readonly groupAction?: TypedAction<Program, NonNullable<Table['groupActions']>>;
        }
  : TypedAction<Program, Table['actions']>;

type Rest = Omit<TableEntryInput, 'table' | 'match' | 'action' | 'priority' | 'isDefault'>;

/** An entry of one of the program's tables, for writing. */
export type TypedEntry<Program extends ProgramTypes, Name extends keyof Program['tables'] & string> = {
  [Table in Name]:
    | (Rest & {
        readonly table: Table;
        readonly match: Program['tables'][Table]['match'];
        readonly action?: EntryAction<Program, Program['tables'][Table]>;
        readonly isDefault?: false;
      } & (Program['tables'][Table]['priority'] extends true
          ? { readonly priority: number }
          : { readonly priority?: undefined }))
    | (Rest & {
        readonly table: Table;
        readonly isDefault: true;
        readonly match?: undefined;
        readonly priority?: undefined;
        readonly action?: TypedAction<Program, Program['tables'][Table]['defaultActions']>;
      });
}[Name];

/** Anything that can be written to the program. */
export type TypedInput<Program extends ProgramTypes> =
  | TypedEntry<Program, keyof Program['tables'] & string>
  | (Omit<ProfileMemberInput, 'profile'> & { readonly profile: Program['profiles'] })
  | (Omit<ProfileGroupInput, 'profile'> & { readonly profile: Program['profiles'] })
  | (Omit<CounterInput, 'counter'> & { readonly counter: Program['counters'] })
  | (Omit<MeterInput, 'meter'> & { readonly meter: Program['meters'] })
  | (Omit<RegisterInput, 'register'> & { readonly register: Program['registers'] })
  | (Omit<ValueSetInput, 'valueSet'> & { readonly valueSet: Program['valueSets'] })
  | (Omit<DigestInput, 'digest'> & { readonly digest: keyof Program['digests'] & string })
  | (Omit<DirectCounterInput, 'table'> & { readonly table: keyof Program['tables'] & string })
  | (Omit<DirectMeterInput, 'table'> & { readonly table: keyof Program['tables'] & string })
  | MulticastGroupInput
  | CloneSessionInput;

/** An entry of one of the program's tables, as read. */
export type TypedTableEntry<Program extends ProgramTypes, Name extends keyof Program['tables'] & string> = Omit<
  TableEntry,
  'table' | 'match'
> & { readonly table: Name; readonly match: Partial<Program['tables'][Name]['matchRead']> };

/** A list of one digest. */
export interface TypedDigestList<Program extends ProgramTypes, Name extends keyof Program['digests'] & string> {
  readonly digest: Name;
  readonly listId: bigint;
  readonly entries: readonly Program['digests'][Name][];
  readonly timestampNs: bigint;
}

/** The client, with the program's types. */
export interface TypedClient<Program extends ProgramTypes>
  extends Omit<
    P4RuntimeClient,
    'insert' | 'modify' | 'delete' | 'write' | 'tryWrite' | 'packetOut' | 'onPacketIn' | 'onDigest'
  > {
  insert(...entities: readonly TypedInput<Program>[]): Promise<void>;
  modify(...entities: readonly TypedInput<Program>[]): Promise<void>;
  delete(...entities: readonly TypedInput<Program>[]): Promise<void>;
  write(updates: readonly TypedUpdate<Program>[], options?: WriteOptions): Promise<void>;
  tryWrite(updates: readonly TypedUpdate<Program>[], options?: WriteOptions): Promise<UpdateResult[]>;
  packetOut(payload: Uint8Array, metadata: Program['packetOut']): boolean;
  onPacketIn(
    handler: (packet: { readonly payload: Uint8Array; readonly metadata: Program['packetIn'] }) => void | Promise<void>,
  ): () => void;
  onDigest<Name extends keyof Program['digests'] & string>(
    digest: Name,
    handler: (list: TypedDigestList<Program, Name>) => void | Promise<void>,
  ): () => void;
}

/** A change to the program's state. */
export interface TypedUpdate<Program extends ProgramTypes> {
  readonly op: 'insert' | 'modify' | 'delete';
  readonly entity: TypedInput<Program>;
}

/** The same client with the program's types. */
export function typed<Program extends ProgramTypes>(client: P4RuntimeClient): TypedClient<Program> {
  return client as unknown as TypedClient<Program>;
}

/** The entries of one table, typed. */
export async function readTable<Program extends ProgramTypes, Name extends keyof Program['tables'] & string>(
  client: TypedClient<Program>,
  table: Name,
  pattern: Omit<TableEntryInput, 'kind' | 'table' | 'match'> & { readonly match?: Values<unknown> } = {},
): Promise<TypedTableEntry<Program, Name>[]> {
  const plain = client as unknown as P4RuntimeClient;
  const entries = await plain.readAll({ ...pattern, kind: 'table', table } as TableEntryInput);
  return entries as unknown as TypedTableEntry<Program, Name>[];
}
