/**
 * A program's interface, ready for use: P4Info with every id resolved, every name indexed and every width known.
 *
 * Client and server both work on it. It is built once per pipeline; a P4Info that contradicts itself (ids twice,
 * references to nothing, fields without width) is refused here, so that no later code need expect it. Everything in it
 * is immutable.
 */
import {
  ActionRef_Scope,
  type CounterSpec_Unit,
  MatchField_MatchType,
  type P4Info,
  type MatchField as P4InfoMatchField,
  type Preamble,
  Table_IdleTimeoutBehavior,
} from '../gen/p4/config/v1/p4info_pb.ts';
import { byteLength } from '../values/bytes.ts';
import { type Named, NameTable } from './names.ts';
import { type DataType, P4InfoError, TypeResolver } from './types.ts';

/** How an annotation says values are best shown: `@format(...)`. */
export type ValueFormat = 'plain' | 'ipv4' | 'ipv6' | 'mac';

/** The type of a match field, action parameter or packet metadata field. */
export interface FieldType {
  /**
   * Bits; 0 where the controller sees a string, and where P4Info tells no width (keys of type error): those take no
   * value but 0.
   */
  readonly bitwidth: number;
  /** `ceil(bitwidth / 8)`. */
  readonly byteLength: number;
  /** The controller sees a string (`@p4runtime_translation` to `string`). */
  readonly isString: boolean;
  /** Name of the field's type where it has one. */
  readonly typeName: string | undefined;
  /** The URI of `@p4runtime_translation` where the field's type is translated. */
  readonly translation: string | undefined;
  /** Member names and values where the type is an enum with underlying type. */
  readonly enumMembers: ReadonlyMap<string, bigint> | undefined;
  readonly format: ValueFormat;
}

/** How a field is matched. `other`: a kind of another architecture, which neither side supports. */
export type MatchKind = 'exact' | 'lpm' | 'ternary' | 'range' | 'optional' | 'other';

/** A field of a key. */
export interface MatchFieldInfo extends Named {
  readonly kind: MatchKind;
  readonly type: FieldType;
  /** Position in the key, from 0. */
  readonly index: number;
  readonly annotations: readonly string[];
}

/** A parameter of an action. */
export interface ParamInfo extends Named {
  readonly type: FieldType;
  readonly index: number;
  readonly annotations: readonly string[];
}

/** An action. */
export interface ActionInfo extends Named {
  readonly params: NameTable<ParamInfo>;
  readonly annotations: readonly string[];
}

/** An action as one table may use it. */
export interface TableActionInfo extends Named {
  readonly action: ActionInfo;
  /** May be in entries. */
  readonly inEntries: boolean;
  /** May be the default action. */
  readonly asDefault: boolean;
  /** May be the group action of a one-shot action set, and nothing else. */
  readonly asGroupAction: boolean;
}

/** Units that a counter or meter counts. */
export interface CounterUnits {
  readonly packets: boolean;
  readonly bytes: boolean;
}

/** A table. */
export interface TableInfo extends Named {
  readonly matchFields: NameTable<MatchFieldInfo>;
  readonly actions: NameTable<TableActionInfo>;
  /** Entries carry a priority: the key has ternary, range or optional fields. */
  readonly needsPriority: boolean;
  /** The P4Info id of the default action that cannot change, or `undefined`. */
  readonly constDefaultActionId: number | undefined;
  /** The program's own default action, where P4Info tells it. */
  readonly initialDefaultAction:
    | {
        readonly actionId: number;
        readonly arguments: readonly { readonly paramId: number; readonly value: Uint8Array }[];
      }
    | undefined;
  readonly profile: ActionProfileInfo | undefined;
  readonly directCounter: DirectCounterInfo | undefined;
  readonly directMeter: DirectMeterInfo | undefined;
  readonly size: number;
  readonly supportsIdleTimeout: boolean;
  readonly isConst: boolean;
  readonly annotations: readonly string[];
}

/** An action profile or selector. */
export interface ActionProfileInfo extends Named {
  readonly tableIds: readonly number[];
  readonly withSelector: boolean;
  readonly size: number;
  /** 0: no limit of its own. */
  readonly maxGroupSize: number;
  /** What sizes count. */
  readonly sizeSemantics: 'sum-of-weights' | 'sum-of-members';
  /** 0: no limit. */
  readonly maxMemberWeight: number;
  readonly weightsDisallowed: boolean;
}

/** An indirect counter. */
export interface CounterInfo extends Named {
  readonly units: CounterUnits;
  readonly size: number;
}

/** A counter that a table's entries carry. */
export interface DirectCounterInfo extends Named {
  readonly units: CounterUnits;
  readonly tableId: number;
}

/** An indirect meter. */
export interface MeterInfo extends Named {
  readonly size: number;
  readonly unit: 'bytes' | 'packets';
}

/** A meter that a table's entries carry. */
export interface DirectMeterInfo extends Named {
  readonly tableId: number;
  readonly unit: 'bytes' | 'packets';
}

/** A field of a controller header. */
export interface MetadataFieldInfo extends Named {
  readonly type: FieldType;
  readonly index: number;
  /** `@padding`: filled with 0, never shown. */
  readonly isPadding: boolean;
}

/** The header in front of packets from or to the switch. */
export interface ControllerHeaderInfo extends Named {
  readonly fields: NameTable<MetadataFieldInfo>;
  /** Sum of the fields' widths. */
  readonly bitwidth: number;
}

/** A parser value set. */
export interface ValueSetInfo extends Named {
  readonly matchFields: NameTable<MatchFieldInfo>;
  readonly size: number;
}

/** A register. */
export interface RegisterInfo extends Named {
  readonly type: DataType;
  readonly size: number;
}

/** A digest. */
export interface DigestInfo extends Named {
  readonly type: DataType;
}

/** The interface of one program. */
export class Program {
  readonly p4info: P4Info;
  readonly name: string;
  readonly architecture: string;
  readonly types: TypeResolver;
  readonly actions: NameTable<ActionInfo>;
  readonly tables: NameTable<TableInfo>;
  readonly profiles: NameTable<ActionProfileInfo>;
  readonly counters: NameTable<CounterInfo>;
  readonly directCounters: NameTable<DirectCounterInfo>;
  readonly meters: NameTable<MeterInfo>;
  readonly directMeters: NameTable<DirectMeterInfo>;
  readonly controllerHeaders: NameTable<ControllerHeaderInfo>;
  readonly valueSets: NameTable<ValueSetInfo>;
  readonly registers: NameTable<RegisterInfo>;
  readonly digests: NameTable<DigestInfo>;

  /** @throws P4InfoError when the P4Info contradicts itself */
  constructor(p4info: P4Info) {
    this.p4info = p4info;
    this.name = p4info.pkgInfo?.name ?? '';
    this.architecture = p4info.pkgInfo?.arch ?? '';
    this.types = new TypeResolver(p4info.typeInfo);
    const seen = new Map<number, string>();
    const named = (preamble: Preamble | undefined, what: string): Named & { annotations: readonly string[] } => {
      if (preamble === undefined || preamble.id === 0)
        throw new P4InfoError(`There is an object without id, of kind ${what}.`);
      if (preamble.name === '') throw new P4InfoError(`The ${what} with id ${preamble.id} has no name.`);
      const other = seen.get(preamble.id);
      if (other !== undefined)
        throw new P4InfoError(`The id ${preamble.id} is used twice: by ${other} and by ${what} ${preamble.name}.`);
      seen.set(preamble.id, `${what} ${preamble.name}`);
      return {
        id: preamble.id,
        name: preamble.name,
        alias: preamble.alias || preamble.name,
        annotations: preamble.annotations,
      };
    };

    this.actions = new NameTable(
      'action',
      p4info.actions.map((action): ActionInfo => {
        const base = named(action.preamble, 'action');
        const where = ` of action ${base.name}`;
        const params = action.params.map(
          (param, index): ParamInfo => ({
            id: param.id,
            name: param.name,
            alias: param.name,
            annotations: param.annotations,
            index,
            type: this.#fieldType(param, `Parameter ${param.name}${where}`),
          }),
        );
        checkIds(params, `The parameters${where}`);
        return { ...base, params: new NameTable('parameter', params, where) };
      }),
    );
    this.profiles = new NameTable(
      'action profile',
      p4info.actionProfiles.map((profile): ActionProfileInfo => {
        const semantics = profile.selectorSizeSemantics;
        return {
          ...named(profile.preamble, 'action profile'),
          tableIds: profile.tableIds,
          withSelector: profile.withSelector,
          size: Number(profile.size),
          maxGroupSize: profile.maxGroupSize,
          sizeSemantics: semantics.case === 'sumOfMembers' ? 'sum-of-members' : 'sum-of-weights',
          maxMemberWeight: semantics.case === 'sumOfMembers' ? semantics.value.maxMemberWeight : 0,
          weightsDisallowed: profile.weightsDisallowed,
        };
      }),
    );
    this.counters = new NameTable(
      'counter',
      p4info.counters.map((counter): CounterInfo => {
        return { ...named(counter.preamble, 'counter'), units: units(counter.spec?.unit), size: Number(counter.size) };
      }),
    );
    this.directCounters = new NameTable(
      'direct counter',
      p4info.directCounters.map((counter): DirectCounterInfo => {
        const base = named(counter.preamble, 'direct counter');
        return { ...base, units: units(counter.spec?.unit), tableId: counter.directTableId };
      }),
    );
    this.meters = new NameTable(
      'meter',
      p4info.meters.map((meter): MeterInfo => {
        const unit = meter.spec?.unit === 1 ? 'bytes' : 'packets';
        return { ...named(meter.preamble, 'meter'), unit, size: Number(meter.size) };
      }),
    );
    this.directMeters = new NameTable(
      'direct meter',
      p4info.directMeters.map((meter): DirectMeterInfo => {
        const unit = meter.spec?.unit === 1 ? 'bytes' : 'packets';
        return { ...named(meter.preamble, 'direct meter'), unit, tableId: meter.directTableId };
      }),
    );
    this.tables = new NameTable(
      'table',
      p4info.tables.map((table): TableInfo => {
        const base = named(table.preamble, 'table');
        const where = ` of table ${base.name}`;
        const matchFields = this.#matchFields(table.matchFields, where);
        const actions = table.actionRefs.map((reference): TableActionInfo => {
          const action = this.actions.byId(reference.id);
          if (action === undefined)
            throw new P4InfoError(`Table ${base.name} refers to the action ${reference.id}, which does not exist.`);
          // Compilers that do not know the scope yet pass the annotation on.
          const asGroupAction =
            reference.scope === ActionRef_Scope.GROUP_ACTION || reference.annotations.includes('@groupaction');
          return {
            id: action.id,
            name: action.name,
            alias: action.alias,
            action,
            inEntries: !asGroupAction && reference.scope !== ActionRef_Scope.DEFAULT_ONLY,
            asDefault: !asGroupAction && reference.scope !== ActionRef_Scope.TABLE_ONLY,
            asGroupAction,
          };
        });
        const profile = this.profiles.byId(table.implementationId);
        if (table.implementationId !== 0 && profile === undefined)
          throw new P4InfoError(
            `Table ${base.name} refers to the action profile ${table.implementationId}, which does not exist.`,
          );
        for (const id of table.directResourceIds)
          if (this.directCounters.byId(id) === undefined && this.directMeters.byId(id) === undefined)
            throw new P4InfoError(`Table ${base.name} refers to the direct resource ${id}, which does not exist.`);
        const initial = table.initialDefaultAction;
        return {
          ...base,
          matchFields: new NameTable('match field', matchFields, where),
          actions: new NameTable('action', actions, where),
          needsPriority: matchFields.some((field) => ['ternary', 'range', 'optional'].includes(field.kind)),
          constDefaultActionId: table.constDefaultActionId || undefined,
          initialDefaultAction: initial && {
            actionId: initial.actionId,
            arguments: initial.arguments.map(({ paramId, value }) => ({ paramId, value })),
          },
          profile,
          directCounter: this.directCounters.items.find((counter) => counter.tableId === base.id),
          directMeter: this.directMeters.items.find((meter) => meter.tableId === base.id),
          size: Number(table.size),
          supportsIdleTimeout: table.idleTimeoutBehavior === Table_IdleTimeoutBehavior.NOTIFY_CONTROL,
          isConst: table.isConstTable,
        };
      }),
    );
    this.controllerHeaders = new NameTable(
      'controller header',
      p4info.controllerPacketMetadata.map((header): ControllerHeaderInfo => {
        const base = named(header.preamble, 'controller header');
        const where = ` of controller header ${base.name}`;
        const fields = header.metadata.map(
          (field, index): MetadataFieldInfo => ({
            id: field.id,
            name: field.name,
            alias: field.name,
            index,
            isPadding: field.annotations.some((annotation) => annotation.startsWith('@padding')),
            type: this.#fieldType(field, `Field ${field.name}${where}`),
          }),
        );
        checkIds(fields, `The fields${where}`);
        const bitwidth = fields.reduce((sum, field) => sum + field.type.bitwidth, 0);
        return { ...base, fields: new NameTable('metadata field', fields, where), bitwidth };
      }),
    );
    this.valueSets = new NameTable(
      'value set',
      p4info.valueSets.map((set): ValueSetInfo => {
        const base = named(set.preamble, 'value set');
        const where = ` of value set ${base.name}`;
        const fields = this.#matchFields(set.match, where);
        return { ...base, matchFields: new NameTable('match field', fields, where), size: set.size };
      }),
    );
    this.registers = new NameTable(
      'register',
      p4info.registers.map((register): RegisterInfo => {
        const base = named(register.preamble, 'register');
        return { ...base, type: this.types.resolve(register.typeSpec, `Register ${base.name}`), size: register.size };
      }),
    );
    this.digests = new NameTable(
      'digest',
      p4info.digests.map((digest): DigestInfo => {
        const base = named(digest.preamble, 'digest');
        return { ...base, type: this.types.resolve(digest.typeSpec, `Digest ${base.name}`) };
      }),
    );
  }

  #matchFields(fields: readonly P4InfoMatchField[], where: string): MatchFieldInfo[] {
    const result = fields.map((field, index): MatchFieldInfo => {
      const type = this.#fieldType(field, `Match field ${field.name}${where}`);
      return {
        id: field.id,
        name: field.name,
        alias: field.name,
        index,
        kind: matchKind(field),
        type,
        annotations: field.annotations,
      };
    });
    checkIds(result, `The match fields${where}`);
    return result;
  }

  #fieldType(
    field: {
      readonly bitwidth: number;
      readonly typeName?: { readonly name: string };
      readonly annotations: readonly string[];
    },
    where: string,
  ): FieldType {
    const typeName = field.typeName?.name;
    let isString = false;
    let translation: string | undefined;
    let enumMembers: ReadonlyMap<string, bigint> | undefined;
    if (typeName !== undefined && this.types.hasNewType(typeName)) {
      const representation = this.p4info.typeInfo?.newTypes[typeName]?.representation;
      if (representation?.case === 'translatedType') translation = representation.value.uri;
      const type = this.types.newType(typeName, where);
      isString = type.kind === 'string';
      if (type.kind === 'serializable-enum') enumMembers = type.members;
    } else if (typeName !== undefined && this.types.hasSerializableEnum(typeName))
      enumMembers = this.types.serializableEnum(typeName, where).members;
    if (field.bitwidth < 0) throw new P4InfoError(`${where} has a negative bitwidth.`);
    return {
      bitwidth: field.bitwidth,
      byteLength: byteLength(field.bitwidth),
      isString,
      typeName,
      translation,
      enumMembers,
      format: formatOf(field.annotations),
    };
  }
}

function checkIds(items: readonly Named[], what: string): void {
  const seen = new Set<number>();
  for (const item of items) {
    if (item.id === 0) throw new P4InfoError(`${what}: '${item.name}' has no id.`);
    if (seen.has(item.id)) throw new P4InfoError(`${what}: the id ${item.id} is used twice.`);
    seen.add(item.id);
  }
}

function matchKind(field: P4InfoMatchField): MatchKind {
  if (field.match.case !== 'matchType') return 'other';
  switch (field.match.value) {
    case MatchField_MatchType.EXACT:
      return 'exact';
    case MatchField_MatchType.LPM:
      return 'lpm';
    case MatchField_MatchType.TERNARY:
      return 'ternary';
    case MatchField_MatchType.RANGE:
      return 'range';
    case MatchField_MatchType.OPTIONAL:
      return 'optional';
    default:
      return 'other';
  }
}

function units(unit: CounterSpec_Unit | undefined): CounterUnits {
  return { packets: unit === 2 || unit === 3, bytes: unit === 1 || unit === 3 };
}

function formatOf(annotations: readonly string[]): ValueFormat {
  for (const annotation of annotations) {
    const found = /^@format\((\w+)\)/.exec(annotation)?.[1];
    if (found === 'IPV4_ADDRESS') return 'ipv4';
    if (found === 'IPV6_ADDRESS') return 'ipv6';
    if (found === 'MAC_ADDRESS') return 'mac';
  }
  return 'plain';
}
