/**
 * The contract between the P4Runtime server and a data plane: the server calls a `Switch`, a data plane implements it.
 *
 * The line is drawn so that everything P4Runtime asks for beyond forwarding lives on the server's side, once: names,
 * canonical byte strings, validation, duplicates, table sizes, references between objects, roles, metadata, read-back,
 * digest lists and their acknowledgement. What is left for the data plane is small and fast: it is told exactly what to
 * put where, and asked only for state that packets change (counters, registers, time since the last hit).
 *
 * Four decisions make that so:
 *
 * 1. **Slots.** The server numbers every table entry, action profile member and action profile group with a *slot*: a
 *    small, dense integer from 0, unique in its table or profile, reused after deletion. A slot is the object's only
 *    name: `modify` and `delete` carry no key, so a data plane needs no key lookup on its control side; counters,
 *    meters and ages can be arrays indexed by slot. A slot may exceed the table's declared size for a moment (a batch
 *    that deletes and inserts in a full table), so arrays must grow on demand. Duplicates, unknown keys and full tables
 *    never reach the switch.
 * 2. **Ids and order from P4Info.** Tables, actions, counters ... are named by their P4Info id. `match` has one element
 *    per match field *in P4Info's order of fields, none left out* (a don't-care arrives as mask 0, prefix 0, the full
 *    range, or `optional` without value). `params` are in P4Info's order of parameters. `prepare` is the place to map
 *    ids to one's own.
 * 3. **Values are big-endian `Uint8Array`s**, as long as P4Info's width needs: `ceil(bitwidth / 8)` bytes, unused high
 *    bits 0. Signed values are two's complement in their width. Where a type is translated (`@p4runtime_translation`),
 *    P4Info's width is not the program's: then the bytes are simply a number that the switch fits to its own width.
 *    Arrays handed over belong to the receiver, in both directions: the giver does not change them afterwards.
 * 4. **Everything asynchronous is a promise**, because data planes live in worker threads; and **calls take effect in
 *    the order they are made**, without the caller waiting in between. An `apply` promise resolves when later packets
 *    see the change. Events of a slot that an `apply` deleted must not be delivered after that `apply` has resolved
 *    (the slot may have a new owner by then); one ordered message channel gives that for free.
 *
 * A correct switch never needs to call back. `FakeSwitch` in `@mooring/p4runtime-ts/testing` is the smallest
 * implementation.
 */
import type { P4Info } from '../gen/p4/config/v1/p4info_pb.ts';
import type { EntryBlock } from './entry-block.ts';

/** What the P4Runtime server needs of a data plane. One object is one device. */
export interface Switch {
  /**
   * Checks a pipeline and makes it ready, without touching the running one (VERIFY and VERIFY_AND_SAVE, and the first
   * half of the others). Must check as much as `commit` would: after it, `commit` may fail only for want of resources.
   *
   * @throws SwitchError `invalid-argument`: the device config is malformed, or does not fit the P4Info; the message
   * says where and why.
   * @throws SwitchError `unsupported`: the program uses something this switch does not have, named in the message.
   */
  prepare(pipeline: PipelineSource): Promise<PreparedPipeline>;

  /**
   * Makes a prepared pipeline the running one; packets see the old or the new, never a mixture, and none is lost. With
   * `preserve`, the contents of counters, meters and registers (indirect ones) whose P4Info id, size and width are the
   * same in both pipelines carry over. Without, all of the old state is gone.
   * `updates` are applied to the new pipeline before it sees its first packet (RECONCILE_AND_COMMIT replays entries
   * so). Digests start disabled; multicast groups, clone sessions and value sets start empty.
   * A prepared pipeline is committed at most once. Rejects with a SwitchError and keeps the old pipeline if it cannot.
   */
  commit(prepared: PreparedPipeline, options: CommitOptions): Promise<void>;

  /** Forgets a prepared pipeline that will not be committed. Must not throw. */
  discard(prepared: PreparedPipeline): void;

  /**
   * Applies updates in order.
   *
   * @param atomic `true`: packets see all of them or none, and if one fails none stays applied (its failure alone is
   * reported). `false`: each update is atomic by itself (a packet never sees half an entry), a failed one changes
   * nothing, the others stay.
   * @returns one element per update that failed, in order of index; the empty array when all went well.
   */
  apply(updates: readonly SwitchUpdate[], atomic: boolean): Promise<readonly UpdateFailure[]>;

  /**
   * Optional: `apply` for updates among which many entries come as one block (see `entry-block.ts`). A switch without
   * it gets them one by one.
   *
   * @returns as `apply`; of a block, one element per entry that failed, with its position in the block
   */
  applyBlocks?(updates: readonly (SwitchUpdate | EntryBlock)[], atomic: boolean): Promise<readonly BlockFailure[]>;

  /**
   * Live state of table entries, one array element per slot asked for, in the order asked. Only the parts in `parts`
   * need to be filled in. The table's default entry is asked for with `DEFAULT_SLOT` (not its age).
   */
  readEntries(tableId: number, slots: readonly number[], parts: EntryParts): Promise<EntryStates>;

  /** Cells of an indirect counter, in the order of `indexes` (always within the counter's P4Info size). */
  readCounter(counterId: number, indexes: readonly number[]): Promise<CounterCells>;

  /**
   * Packets by colour of cells of an indirect meter, in the order of `indexes` (always within the meter's P4Info size).
   */
  readMeter(meterId: number, indexes: readonly number[]): Promise<ColourCells>;

  /**
   * Cells of a register, in the order of `indexes` (always within the register's P4Info size), each
   * `ceil(bitwidth / 8)` bytes.
   */
  readRegister(registerId: number, indexes: readonly number[]): Promise<readonly Uint8Array[]>;

  /**
   * Packets from the controller. Each is what the program receives on its CPU port: the bytes of the `packet_out`
   * controller header (the server has packed them from the metadata; absent if the program has none), then the payload.
   * Fire and forget; a switch that cannot keep up drops and counts.
   *
   * @throws SwitchError `unsupported` when the switch has no CPU port.
   */
  packetOut(packets: readonly Uint8Array[]): void;

  /**
   * Calls `listener` for every event from now on, until the returned function is called. The server subscribes once.
   * The listener never throws and returns at once; it drops what its clients cannot take.
   */
  subscribe(listener: (event: SwitchEvent) => void): () => void;
}

/** What SetForwardingPipelineConfig brought, unwrapped. */
export interface PipelineSource {
  readonly p4info: P4Info;
  /** The target's own format (BMv2 JSON); a legacy `p4.tmp.P4DeviceConfig` wrapper is already removed. */
  readonly deviceConfig: Uint8Array;
}

/**
 * A pipeline ready to commit. Switches return their own subclass or richer object; the server hands back the same
 * object.
 */
export interface PreparedPipeline {
  /**
   * Entries that the program itself contains (`const entries` and initial `entries`). The n-th one of a table has slot
   * n.
   */
  readonly initialEntries: readonly InitialEntry[];
  /** Default actions of the program, for tables whose default is not P4Info's `NoAction`-like nothing. */
  readonly defaultActions: readonly { readonly tableId: number; readonly action: DirectAction }[];
}

/** An entry that a program brings along. */
export interface InitialEntry {
  readonly tableId: number;
  readonly match: readonly MatchValue[];
  /** As in `TableInsert`. */
  readonly priority: number;
  readonly action: EntryAction;
  /** Cannot be changed or deleted by a client (the whole table is `const entries`, or this one is marked `const`). */
  readonly isConst: boolean;
}

/** How to commit. */
export interface CommitOptions {
  readonly preserve: boolean;
  readonly updates: readonly SwitchUpdate[];
}

/** One field of a match key. */
export type MatchValue =
  | { readonly kind: 'exact'; readonly value: Uint8Array }
  /** The `prefixLength` high bits of `value` count; the others are 0. 0 matches everything. */
  | { readonly kind: 'lpm'; readonly value: Uint8Array; readonly prefixLength: number }
  /** Bits set in `mask` count; `value` is 0 where `mask` is 0. Mask 0 matches everything. */
  | { readonly kind: 'ternary'; readonly value: Uint8Array; readonly mask: Uint8Array }
  /** Both ends included; unsigned; low <= high. */
  | { readonly kind: 'range'; readonly low: Uint8Array; readonly high: Uint8Array }
  /** Without value it matches everything. */
  | { readonly kind: 'optional'; readonly value: Uint8Array | undefined };

/** An action with its arguments. */
export interface DirectAction {
  readonly kind: 'action';
  readonly actionId: number;
  readonly params: readonly Uint8Array[];
}

/** What an entry does when it matches. `member` and `group` are slots in the table's action profile. */
export type EntryAction =
  | DirectAction
  | { readonly kind: 'member'; readonly member: number }
  | { readonly kind: 'group'; readonly group: number };

/** The slot that stands for a table's default entry in direct counter and direct meter updates and in `readEntries`. */
export const DEFAULT_SLOT = -1;

/** One change. Every reference in it (tables, actions, slots, indexes) has been checked by the server. */
export type SwitchUpdate =
  /**
   * A new entry. Its counters start at 0, those of its meter's colours included, its meter unconfigured, its age at 0.
   * The highest `priority` wins; it is 0 in tables of exact fields and at most one LPM field, where no priority is
   * needed. `idleTimeoutNs` 0: never times out.
   */
  | {
      readonly kind: 'table-insert';
      readonly tableId: number;
      readonly slot: number;
      readonly match: readonly MatchValue[];
      readonly priority: number;
      readonly action: EntryAction;
      readonly idleTimeoutNs: bigint;
    }
  /** Another action or timeout for an entry. Its counters stay; it counts as hit now. */
  | {
      readonly kind: 'table-modify';
      readonly tableId: number;
      readonly slot: number;
      readonly action: EntryAction;
      readonly idleTimeoutNs: bigint;
    }
  | { readonly kind: 'table-delete'; readonly tableId: number; readonly slot: number }
  /** The default action; `undefined` goes back to the program's own. */
  | { readonly kind: 'table-default'; readonly tableId: number; readonly action: EntryAction | undefined }
  /** Sets the direct counter of an entry (or of the default entry). */
  | {
      readonly kind: 'direct-counter';
      readonly tableId: number;
      readonly slot: number;
      readonly packets: bigint;
      readonly bytes: bigint;
    }
  /**
   * Configures the direct meter of an entry (or of the default entry); `undefined`: unconfigured, every packet is
   * green. The counters of its colours stay.
   */
  | {
      readonly kind: 'direct-meter';
      readonly tableId: number;
      readonly slot: number;
      readonly config: MeterRates | undefined;
    }
  /** Sets the counters of the colours of an entry's direct meter (or of the default entry's). */
  | {
      readonly kind: 'direct-meter-counters';
      readonly tableId: number;
      readonly slot: number;
      readonly counts: ColourCounts;
    }
  /**
   * Creates or replaces a member of an action profile. One-shot action sets arrive as hidden members and a hidden
   * group.
   */
  | { readonly kind: 'member-set'; readonly profileId: number; readonly member: number; readonly action: DirectAction }
  /** No group and no entry refers to it any more. */
  | { readonly kind: 'member-delete'; readonly profileId: number; readonly member: number }
  /** Creates or replaces a group. May be empty. */
  | {
      readonly kind: 'group-set';
      readonly profileId: number;
      readonly group: number;
      readonly members: readonly GroupMember[];
      /** How a packet chooses: as the selector was declared (by hash of its selector fields), or forced. */
      readonly selection: 'default' | 'hash' | 'random';
      /**
       * The member whose action every packet gets before that of the member chosen for it; it is not among `members`.
       */
      readonly before?: number | undefined;
    }
  /** No entry refers to it any more. */
  | { readonly kind: 'group-delete'; readonly profileId: number; readonly group: number }
  /** Sets cells of an indirect counter; `index` undefined: all of them. */
  | {
      readonly kind: 'counter';
      readonly counterId: number;
      readonly index: number | undefined;
      readonly packets: bigint;
      readonly bytes: bigint;
    }
  /**
   * Configures a cell of an indirect meter; `index` undefined: all of them; `config` undefined: every packet is green.
   * The counters of its colours stay.
   */
  | {
      readonly kind: 'meter';
      readonly meterId: number;
      readonly index: number | undefined;
      readonly config: MeterRates | undefined;
    }
  /** Takes the counters of the colours of an indirect meter's cell back to 0; `index` undefined: of all of them. */
  | { readonly kind: 'meter-counters-reset'; readonly meterId: number; readonly index: number | undefined }
  /** Sets a register cell; `index` undefined: all of them. */
  | {
      readonly kind: 'register';
      readonly registerId: number;
      readonly index: number | undefined;
      readonly value: Uint8Array;
    }
  /**
   * Replaces all members of a parser value set; each has one match value per field of the value set, in P4Info's order.
   */
  | { readonly kind: 'value-set'; readonly valueSetId: number; readonly members: readonly (readonly MatchValue[])[] }
  /** Creates or replaces a multicast group. Group ids are 1 or more. */
  | { readonly kind: 'multicast-set'; readonly groupId: number; readonly replicas: readonly PortReplica[] }
  | { readonly kind: 'multicast-delete'; readonly groupId: number }
  /** Creates or replaces a clone (mirroring) session. `packetLengthBytes` 0: clones are not truncated. */
  | {
      readonly kind: 'clone-set';
      readonly sessionId: number;
      readonly replicas: readonly PortReplica[];
      readonly classOfService: number;
      readonly packetLengthBytes: number;
    }
  | { readonly kind: 'clone-delete'; readonly sessionId: number }
  /** Starts or stops `digest` events of a digest. Lists, timeouts and acknowledgement are the server's business. */
  | { readonly kind: 'digest'; readonly digestId: number; readonly enabled: boolean };

/** A member in a group. */
export interface GroupMember {
  readonly member: number;
  /** 1 or more: its share of the packets, relative to the others. */
  readonly weight: number;
  /** The member takes no packets while this port is down; `undefined`: always in. */
  readonly watchPort: number | undefined;
}

/** A copy of a packet. */
export interface PortReplica {
  readonly port: number;
  /** The copy's `egress_rid`. */
  readonly instance: number;
  /** Where the copy goes instead while `port` is down: the first of these that is up. */
  readonly backups: readonly { readonly port: number; readonly instance: number }[];
}

/** Rates per second and bursts, in bytes or packets as the meter was declared. */
export interface MeterRates {
  readonly cir: bigint;
  readonly cburst: bigint;
  readonly pir: bigint;
  readonly pburst: bigint;
  /** Excess burst of single-rate three-colour meters; else 0. */
  readonly eburst: bigint;
}

/** Which live state of entries to read. */
export interface EntryParts {
  /** Packets and bytes of the direct counter. */
  readonly counters: boolean;
  /** Time since the last hit (or since insertion if never hit). */
  readonly age: boolean;
  /** Packets and bytes by colour that the direct meter gave. */
  readonly colours?: boolean;
}

/**
 * Live state of entries; arrays run parallel to the slots asked for and may be left out where the part was not asked
 * for.
 */
export interface EntryStates {
  readonly packets?: BigUint64Array;
  readonly bytes?: BigUint64Array;
  readonly ageNs?: BigUint64Array;
  readonly colours?: ColourCells;
}

/**
 * What a meter counted by colour: three elements for each cell asked for, green, yellow and red. Packets without
 * configuration are green.
 */
export interface ColourCells {
  readonly packets: BigUint64Array;
  readonly bytes: BigUint64Array;
}

/** What a meter shall have counted: green, yellow, red. */
export interface ColourCounts {
  readonly packets: readonly [bigint, bigint, bigint];
  readonly bytes: readonly [bigint, bigint, bigint];
}

/** Cells of a counter; a unit the counter does not count is 0. */
export interface CounterCells {
  readonly packets: BigUint64Array;
  readonly bytes: BigUint64Array;
}

/** Why one update of a batch was refused. */
export interface UpdateFailure {
  readonly index: number;
  readonly error: SwitchError;
}

/** Why one update, or one entry of a block, was refused. */
export interface BlockFailure extends UpdateFailure {
  /** Position in the block, where the update is one. */
  readonly item?: number | undefined;
}

/** What a data plane tells on its own. Switches gather what comes at the same time into one event. */
export type SwitchEvent =
  /** Packets that left at the CPU port: the bytes of the `packet_in` controller header, then the rest. */
  | { readonly kind: 'packet-in'; readonly packets: readonly Uint8Array[] }
  /**
   * Digest samples. Each has one value per leaf field of the digest's type, depth first, in declaration order
   * (bool: 1 byte; enum and error: the member's number; header: 1 byte of validity, then its fields).
   */
  | { readonly kind: 'digest'; readonly digestId: number; readonly samples: readonly (readonly Uint8Array[])[] }
  /** Entries whose idle timeout has run out; told again after each further idle timeout without a hit. */
  | { readonly kind: 'idle'; readonly tableId: number; readonly slots: readonly number[] }
  /** A port went up or down, appeared or was removed. */
  | { readonly kind: 'port-status'; readonly port: number; readonly up: boolean };

/** The kinds of refusal a switch can have; the server maps them to gRPC codes. */
export type SwitchErrorKind = 'invalid-argument' | 'unsupported' | 'resource-exhausted' | 'unavailable' | 'internal';

/** A refusal by the switch. The message is for people: what, where, what was expected. */
export class SwitchError extends Error {
  readonly kind: SwitchErrorKind;

  constructor(kind: SwitchErrorKind, message: string) {
    super(message);
    this.name = 'SwitchError';
    this.kind = kind;
  }
}
