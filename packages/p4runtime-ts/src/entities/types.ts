/**
 * What users of the client write and read: entities with names and plain values, never ids or byte strings.
 *
 * Every entity is a plain object with a `kind`. There is one set of types for what goes in (`EntityInput`: liberal,
 * `'10.0.0.0/24'` is a fine prefix) and one for what comes out (`Entity`: always the same shape, numbers as bigint). An
 * `Entity` is also a valid `EntityInput`, so what was read can be written back. The same inputs serve as patterns for
 * reading: what is left out matches everything.
 */

/**
 * A value: a number, boolean, bytes (big-endian), or a text: decimal, `0x`, `0b`, an IPv4, IPv6 or MAC address, a
 * member of the field's enum; for fields that the controller sees as strings, the string itself.
 */
export type PlainValue = number | bigint | boolean | string | Uint8Array;

/**
 * A field of a key. By kind of match:
 * exact and optional take a value; lpm a value (whole), `'value/length'` or `{ value, prefixLength }`; ternary a value
 * (all bits), `'value &&& mask'`, `'value/length'` or `{ value, mask }`; range a value, `'low..high'` or
 * `{ low, high }`. `undefined`, `null` or `'*'`: does not care.
 */
export type MatchInput =
  | PlainValue
  | { readonly value: PlainValue; readonly mask: PlainValue }
  | { readonly value: PlainValue; readonly prefixLength: number }
  | { readonly low: PlainValue; readonly high: PlainValue }
  | null
  | undefined;

/**
 * A field of a key as read: exact and optional give the value alone. Strings for fields that the controller sees as
 * strings.
 */
export type MatchOutput =
  | bigint
  | string
  | { readonly value: bigint; readonly mask: bigint }
  | { readonly value: bigint; readonly prefixLength: number }
  | { readonly low: bigint; readonly high: bigint };

/** Values by name of match field, parameter or metadata field. */
export type Values<Value> = Readonly<Record<string, Value>>;

/** An action with its arguments by name. An action without parameters may be given as its name alone. */
export interface ActionCall<Value = PlainValue> {
  readonly name: string;
  readonly params?: Values<Value>;
}

/** One action of a one-shot action set. */
export interface ActionSetMember<Value = PlainValue> {
  readonly action: ActionCall<Value>;
  /** 1 by default. */
  readonly weight?: number;
  /** Takes no packets while this port is down. */
  readonly watchPort?: number;
}

/** What an entry does: an action, or a member, group or one-shot set of the table's action profile. */
export type ActionInput =
  | string
  | ActionCall
  | { readonly member: number }
  | { readonly group: number }
  | {
      readonly set: readonly ActionSetMember[];
      readonly selection?: 'hash' | 'random';
      /** What every packet gets before the action chosen for it. */
      readonly groupAction?: string | ActionCall;
    };

/** As `ActionInput`, always in object form. */
export type ActionOutput =
  | Required<ActionCall<bigint | string>>
  | { readonly member: number }
  | { readonly group: number }
  | {
      readonly set: readonly {
        readonly action: Required<ActionCall<bigint | string>>;
        readonly weight: number;
        readonly watchPort?: number;
      }[];
      readonly selection?: 'hash' | 'random';
      readonly groupAction?: Required<ActionCall<bigint | string>>;
    };

/** Packets and bytes. Writing sets; a unit that the counter does not count must be 0 or left out. */
export interface CounterValue<Number_ = bigint | number> {
  readonly packets?: Number_;
  readonly bytes?: Number_;
}

/**
 * Rates a second and bursts, in the meter's unit. `'default'` as a configuration takes the meter back to everything
 * green.
 */
export interface MeterValue<Number_ = bigint | number> {
  readonly cir: Number_;
  readonly cburst: Number_;
  readonly pir: Number_;
  readonly pburst: Number_;
  readonly eburst?: Number_;
}

/** What a meter has counted by colour; packets without configuration are green. */
export interface ColourCounters {
  readonly green: Required<CounterValue<bigint>>;
  readonly yellow: Required<CounterValue<bigint>>;
  readonly red: Required<CounterValue<bigint>>;
}

/**
 * The counters of a meter's colours. In a read, anything asks for them. In a write `'reset'` takes them back to 0,
 * which is all that P4Runtime lets a client do; what was read may stay and changes nothing.
 */
export type ColourCountersInput = 'reset' | ColourCounters | Readonly<Record<string, never>>;

/** A copy of a packet. */
export interface ReplicaValue {
  readonly port: number;
  /** `egress_rid`; 0 by default. */
  readonly instance?: number;
  /** Where the copy goes while the port is down. */
  readonly backups?: readonly { readonly port: number; readonly instance?: number }[];
}

/** An entry of a table, or its default entry. */
export interface TableEntryInput {
  readonly kind: 'table';
  /** Left out in a read: all tables. */
  readonly table?: string;
  readonly match?: Values<MatchInput>;
  /** Higher wins. Needed exactly in tables with ternary, range or optional fields. */
  readonly priority?: number;
  readonly action?: ActionInput;
  /** This is the default entry: no match, no priority; write it with modify. */
  readonly isDefault?: boolean;
  /** 0 or left out: never. */
  readonly idleTimeoutNs?: bigint | number;
  /** The controller's own bytes, kept by the switch. */
  readonly metadata?: Uint8Array;
  /** In a write: sets the direct counter. In a read: anything asks for it. */
  readonly counter?: CounterValue;
  /** In a write: configures the direct meter. In a read: anything asks for it. */
  readonly meter?: MeterValue | 'default';
  /** Of the direct meter's colours. */
  readonly meterCounters?: ColourCountersInput;
  /** In a read: asks for it. */
  readonly timeSinceLastHitNs?: bigint | number;
  /** Read only; ignored in writes. */
  readonly isConst?: boolean;
}

/** An entry of a table as read. */
export interface TableEntry extends TableEntryInput {
  readonly table: string;
  readonly match: Values<MatchOutput>;
  readonly priority: number;
  /** Missing in idle notifications and where the table has no default action. */
  readonly action?: ActionOutput;
  readonly isDefault: boolean;
  readonly idleTimeoutNs: bigint;
  readonly metadata: Uint8Array;
  readonly counter?: Required<CounterValue<bigint>>;
  readonly meter?: Required<MeterValue<bigint>>;
  readonly meterCounters?: ColourCounters;
  readonly timeSinceLastHitNs?: bigint;
  readonly isConst: boolean;
}

/** A member of an action profile. */
export interface ProfileMemberInput {
  readonly kind: 'member';
  readonly profile?: string;
  readonly member?: number;
  readonly action?: string | ActionCall;
}

/** A member of an action profile as read. */
export interface ProfileMember extends ProfileMemberInput {
  readonly profile: string;
  readonly member: number;
  readonly action: Required<ActionCall<bigint | string>>;
}

/** A member's place in a group. */
export interface GroupMemberValue {
  readonly member: number;
  /** 1 by default. */
  readonly weight?: number;
  readonly watchPort?: number;
}

/** A group of an action selector. */
export interface ProfileGroupInput {
  readonly kind: 'group';
  readonly profile?: string;
  readonly group?: number;
  readonly members?: readonly GroupMemberValue[];
  /** Fixed at insertion; 0 or left out: the profile's own limit. */
  readonly maxSize?: number;
}

/** A group of an action selector as read. */
export interface ProfileGroup extends ProfileGroupInput {
  readonly profile: string;
  readonly group: number;
  readonly members: readonly (GroupMemberValue & { readonly weight: number })[];
  readonly maxSize: number;
}

/** A cell of a counter; without `index`, all cells. */
export interface CounterInput extends CounterValue {
  readonly kind: 'counter';
  readonly counter?: string;
  readonly index?: bigint | number;
}

/** A cell of a counter as read. */
export interface CounterCell extends CounterInput {
  readonly counter: string;
  readonly index: bigint;
  readonly packets: bigint;
  readonly bytes: bigint;
}

/** The counter of a table entry, or of all that match. */
export interface DirectCounterInput extends CounterValue {
  readonly kind: 'direct-counter';
  readonly table?: string;
  readonly match?: Values<MatchInput>;
  readonly priority?: number;
  readonly isDefault?: boolean;
}

/** The counter of a table entry as read. */
export interface DirectCounter extends DirectCounterInput {
  readonly table: string;
  readonly match: Values<MatchOutput>;
  readonly priority: number;
  readonly isDefault: boolean;
  readonly packets: bigint;
  readonly bytes: bigint;
}

/** A cell of a meter; without `index`, all cells; without `config`, back to everything green. */
export interface MeterInput {
  readonly kind: 'meter';
  readonly meter?: string;
  readonly index?: bigint | number;
  readonly config?: MeterValue;
  readonly counters?: ColourCountersInput;
}

/** A cell of a meter as read. */
export interface MeterCell extends MeterInput {
  readonly meter: string;
  readonly index: bigint;
  readonly config?: Required<MeterValue<bigint>>;
  readonly counters?: ColourCounters;
}

/** The meter of a table entry, or of all that match. */
export interface DirectMeterInput {
  readonly kind: 'direct-meter';
  readonly table?: string;
  readonly match?: Values<MatchInput>;
  readonly priority?: number;
  readonly isDefault?: boolean;
  readonly config?: MeterValue;
  readonly counters?: ColourCountersInput;
}

/** The meter of a table entry as read. */
export interface DirectMeter extends DirectMeterInput {
  readonly table: string;
  readonly match: Values<MatchOutput>;
  readonly priority: number;
  readonly isDefault: boolean;
  readonly config?: Required<MeterValue<bigint>>;
  readonly counters?: ColourCounters;
}

/** A multicast group. */
export interface MulticastGroupInput {
  readonly kind: 'multicast';
  /** 1 or more; 0 or left out in a read: all. */
  readonly group?: number;
  readonly replicas?: readonly ReplicaValue[];
  readonly metadata?: Uint8Array;
}

/** A multicast group as read. */
export interface MulticastGroup extends MulticastGroupInput {
  readonly group: number;
  readonly replicas: readonly (ReplicaValue & { readonly instance: number })[];
  readonly metadata: Uint8Array;
}

/** A clone (mirroring) session. */
export interface CloneSessionInput {
  readonly kind: 'clone';
  readonly session?: number;
  readonly replicas?: readonly ReplicaValue[];
  readonly classOfService?: number;
  /** 0 or left out: whole packets. */
  readonly packetLengthBytes?: number;
}

/** A clone session as read. */
export interface CloneSession extends CloneSessionInput {
  readonly session: number;
  readonly replicas: readonly (ReplicaValue & { readonly instance: number })[];
  readonly classOfService: number;
  readonly packetLengthBytes: number;
}

/** How a digest is delivered. */
export interface DigestConfig<Number_ = bigint | number> {
  /** A list waits no longer than this for more samples. */
  readonly maxTimeoutNs?: Number_;
  /** 0: the switch decides. */
  readonly maxListSize?: number;
  /** An unacknowledged sample is not sent again for this long. */
  readonly ackTimeoutNs?: Number_;
}

/** A digest's configuration: insert starts it, delete stops it. */
export interface DigestInput {
  readonly kind: 'digest';
  readonly digest?: string;
  readonly config?: DigestConfig;
}

/** A digest's configuration as read. */
export interface DigestEntry extends DigestInput {
  readonly digest: string;
  readonly config: Required<DigestConfig<bigint>>;
}

/** A cell of a register; without `index`, all cells. */
export interface RegisterInput {
  readonly kind: 'register';
  readonly register?: string;
  readonly index?: bigint | number;
  readonly value?: DataInput;
}

/** A cell of a register as read. */
export interface RegisterCell extends RegisterInput {
  readonly register: string;
  readonly index: bigint;
  readonly value: DataOutput;
}

/** A parser value set; modify replaces all its members. */
export interface ValueSetInput {
  readonly kind: 'value-set';
  readonly valueSet?: string;
  /** Keys by field name; where the set has one field, the value alone will do. */
  readonly members?: readonly (Values<MatchInput> | PlainValue)[];
}

/** A parser value set as read. */
export interface ValueSet extends ValueSetInput {
  readonly valueSet: string;
  readonly members: readonly Values<MatchOutput>[];
}

/** Anything that can be written or read by pattern. */
export type EntityInput =
  | TableEntryInput
  | ProfileMemberInput
  | ProfileGroupInput
  | CounterInput
  | DirectCounterInput
  | MeterInput
  | DirectMeterInput
  | MulticastGroupInput
  | CloneSessionInput
  | DigestInput
  | RegisterInput
  | ValueSetInput;

/** Anything that was read. */
export type Entity =
  | TableEntry
  | ProfileMember
  | ProfileGroup
  | CounterCell
  | DirectCounter
  | MeterCell
  | DirectMeter
  | MulticastGroup
  | CloneSession
  | DigestEntry
  | RegisterCell
  | ValueSet;

/** The output type that belongs to an input's kind. */
export type EntityOf<Kind extends EntityInput['kind']> = Extract<Entity, { readonly kind: Kind }>;

/**
 * A P4 value of any type: numbers as `PlainValue`, structs and headers by member name, tuples and stacks as arrays,
 * enums and errors by name.
 */
export type DataInput = PlainValue | null | readonly DataInput[] | { readonly [member: string]: DataInput };

/** A P4 value as read: numbers as bigint; an invalid header is `null`. */
export type DataOutput =
  | bigint
  | boolean
  | string
  | null
  | readonly DataOutput[]
  | { readonly [member: string]: DataOutput };
