/**
 * All that the server remembers of one running pipeline. A new pipeline gets a new state; reconciliation replays the
 * old into it.
 */

import type { ForwardingPipelineConfig, Replica } from '../../gen/p4/v1/p4runtime_pb.ts';
import type { Program } from '../../schema/program.ts';
import type { DirectAction, MeterRates, PreparedPipeline } from '../switch.ts';
import { CodecFactory, type Translations } from '../translation.ts';
import { References } from '../write/references.ts';
import { ActionCodec } from './action-codec.ts';
import { KeyCodec } from './key-codec.ts';
import { ProfileStore } from './profile-store.ts';
import { plainExtra, type StoredTarget, TableStore } from './table-store.ts';

/** A multicast group as written. */
export interface StoredMulticast {
  readonly replicas: readonly Replica[];
  readonly metadata: Uint8Array;
}

/** A clone session as written. */
export interface StoredClone {
  readonly replicas: readonly Replica[];
  readonly classOfService: number;
  readonly packetLengthBytes: number;
}

/** A digest's configuration. */
export interface StoredDigest {
  readonly maxTimeoutNs: bigint;
  readonly maxListSize: number;
  readonly ackTimeoutNs: bigint;
}

/** The configurations of an indirect meter's cells; those not in `cells` have `all`. */
export interface StoredMeter {
  all: MeterRates | undefined;
  readonly cells: Map<number, MeterRates | undefined>;
}

/** Everything about one pipeline. */
export class PipelineState {
  readonly program: Program;
  readonly config: ForwardingPipelineConfig;
  readonly actions = new Map<number, ActionCodec>();
  readonly tables = new Map<number, TableStore>();
  readonly profiles = new Map<number, ProfileStore>();
  readonly meters = new Map<number, StoredMeter>();
  readonly multicast = new Map<number, StoredMulticast>();
  readonly clones = new Map<number, StoredClone>();
  readonly digests = new Map<number, StoredDigest>();
  readonly valueSetKeys = new Map<number, KeyCodec>();
  /** Stored keys of each value set's members, in the order written. */
  readonly valueSets = new Map<number, readonly string[]>();
  /** References between tables, where the program declares any. */
  readonly references: References | undefined;
  /** Codecs of controller header fields. */
  readonly codecs: CodecFactory;
  /** Whether the specification is followed to the letter. */
  readonly isStrict: boolean;

  constructor(
    program: Program,
    config: ForwardingPipelineConfig,
    prepared: PreparedPipeline,
    options: { readonly strict: boolean; readonly translations: Translations },
  ) {
    this.program = program;
    this.config = config;
    this.references = References.of(program);
    this.isStrict = options.strict;
    this.codecs = new CodecFactory(options.translations, options.strict);
    for (const action of program.actions) this.actions.set(action.id, new ActionCodec(action, this.codecs));
    for (const profile of program.profiles) this.profiles.set(profile.id, new ProfileStore(profile));
    const defaults = new Map(prepared.defaultActions.map(({ tableId, action }) => [tableId, this.#store(action)]));
    for (const table of program.tables) {
      const initial = defaults.get(table.id) ?? this.#initialDefault(table.initialDefaultAction);
      this.tables.set(table.id, new TableStore(table, this.codecs, initial));
    }
    for (const meter of program.meters) this.meters.set(meter.id, { all: undefined, cells: new Map() });
    for (const set of program.valueSets) {
      this.valueSetKeys.set(set.id, new KeyCodec(`value set ${set.alias}`, set.matchFields.items, false, this.codecs));
      this.valueSets.set(set.id, []);
    }
    this.#addInitialEntries(prepared);
  }

  #store(action: DirectAction): StoredTarget | undefined {
    const codec = this.actions.get(action.actionId);
    return codec?.store(action);
  }

  #initialDefault(initial: TableStore['info']['initialDefaultAction']): StoredTarget | undefined {
    const codec = initial === undefined ? undefined : this.actions.get(initial.actionId);
    if (initial === undefined || codec === undefined) return undefined;
    const params = initial.arguments.map(({ paramId, value }) => ({
      $typeName: 'p4.v1.Action.Param' as const,
      paramId,
      value,
    }));
    const message = { $typeName: 'p4.v1.Action' as const, actionId: initial.actionId, params };
    return codec.decode(message, 'default action').stored;
  }

  #addInitialEntries(prepared: PreparedPipeline): void {
    const counts = new Map<number, number>();
    for (const entry of prepared.initialEntries) {
      const table = this.tables.get(entry.tableId);
      const slot = counts.get(entry.tableId) ?? 0;
      counts.set(entry.tableId, slot + 1);
      const target = entry.action.kind === 'action' ? this.#store(entry.action) : undefined;
      if (table === undefined || target === undefined) continue;
      const extra = entry.isConst ? { ...plainExtra, isConst: true } : plainExtra;
      table.put({ slot, key: table.keys.encode(entry.match, entry.priority), target, extra });
      this.references?.countProvides(this.references.providesOf(entry.tableId, entry.match), 1);
      const actions = entry.action.kind === 'action' ? [entry.action] : [];
      this.references?.countUses(this.references.usesOf(entry.tableId, entry.match, actions), 1);
    }
    for (const [tableId, count] of counts) this.tables.get(tableId)?.slots.reserve(count);
  }
}
