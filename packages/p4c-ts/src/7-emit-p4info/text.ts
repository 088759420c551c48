/**
 * P4Info and entries as protobuf text, straight from the plain objects of model.ts.
 *
 * The protobuf runtime could do it (src/p4info.ts does for the other formats), but loading that takes longer than
 * compiling most programs, and text is what nearly everybody asks for. So the few message types that occur are
 * described here once more, as lines `field:type` in the order of their numbers, which is the order in which protobuf
 * prints; a test compares the result with the runtime's, byte for byte.
 *
 * Types: `int`, `bool`, `str`, `bytes`, `map<M>`, the name of a message, or an enumeration's names by number in
 * `(...)`. `group/field` belongs to the oneof `group`.
 */
import { InternalError } from '../diagnostics/diagnostic.ts';
import type { ControlPlane, Entry } from './model.ts';
import { compareBytes } from './symbols.ts';

const ANNOTATIONS = 'annotations:str';
const STRUCTURED = 'structured_annotations:StructuredAnnotation';

const MESSAGES: Readonly<Record<string, string>> = {
  P4Info:
    'pkg_info:PkgInfo tables:Table actions:Action action_profiles:ActionProfile counters:Counter direct_counters:DirectCounter meters:Meter direct_meters:DirectMeter controller_packet_metadata:ControllerPacketMetadata value_sets:ValueSet registers:Register digests:Digest type_info:TypeInfo',
  PkgInfo: `name:str version:str doc:Documentation ${ANNOTATIONS} arch:str organization:str contact:str url:str ${STRUCTURED} platform_properties:PlatformProperties`,
  PlatformProperties:
    'multicast_group_table_size:int multicast_group_table_total_replicas:int multicast_group_table_max_replicas_per_entry:int',
  Documentation: 'brief:str description:str',
  Preamble: `id:int name:str alias:str ${ANNOTATIONS} doc:Documentation ${STRUCTURED}`,
  Table:
    'preamble:Preamble match_fields:MatchField action_refs:ActionRef const_default_action_id:int initial_default_action:TableActionCall implementation_id:int direct_resource_ids:int size:int idle_timeout_behavior:(NO_TIMEOUT,NOTIFY_CONTROL) is_const_table:bool has_initial_entries:bool',
  TableActionCall: 'action_id:int arguments:CallArgument',
  CallArgument: 'param_id:int value:bytes',
  MatchField: `id:int name:str ${ANNOTATIONS} bitwidth:int match/match_type:(UNSPECIFIED,,EXACT,LPM,TERNARY,RANGE,OPTIONAL) doc:Documentation match/other_match_type:str type_name:NamedType ${STRUCTURED}`,
  ActionRef: `id:int ${ANNOTATIONS} scope:(TABLE_AND_DEFAULT,TABLE_ONLY,DEFAULT_ONLY) ${STRUCTURED}`,
  Action: 'preamble:Preamble params:Param',
  Param: `id:int name:str ${ANNOTATIONS} bitwidth:int doc:Documentation type_name:NamedType ${STRUCTURED}`,
  ActionProfile:
    'preamble:Preamble table_ids:int with_selector:bool size:int max_group_size:int selector_size_semantics/sum_of_weights:Empty selector_size_semantics/sum_of_members:SumOfMembers',
  SumOfMembers: 'max_member_weight:int',
  Empty: '',
  Counter: 'preamble:Preamble spec:CounterSpec size:int index_type_name:NamedType',
  DirectCounter: 'preamble:Preamble spec:CounterSpec direct_table_id:int',
  CounterSpec: 'unit:(UNSPECIFIED,BYTES,PACKETS,BOTH)',
  Meter: 'preamble:Preamble spec:MeterSpec size:int index_type_name:NamedType',
  DirectMeter: 'preamble:Preamble spec:MeterSpec direct_table_id:int',
  MeterSpec: 'unit:(UNSPECIFIED,BYTES,PACKETS)',
  ControllerPacketMetadata: 'preamble:Preamble metadata:Metadata',
  Metadata: `id:int name:str ${ANNOTATIONS} bitwidth:int type_name:NamedType ${STRUCTURED}`,
  ValueSet: 'preamble:Preamble match:MatchField size:int',
  Register: 'preamble:Preamble type_spec:DataTypeSpec size:int index_type_name:NamedType',
  Digest: 'preamble:Preamble type_spec:DataTypeSpec',
  TypeInfo:
    'structs:map<StructTypeSpec> headers:map<HeaderTypeSpec> header_unions:map<HeaderUnionTypeSpec> enums:map<EnumTypeSpec> error:ErrorTypeSpec serializable_enums:map<SerializableEnumTypeSpec> new_types:map<NewTypeSpec>',
  DataTypeSpec:
    'type_spec/bitstring:Bitstring type_spec/bool:Empty type_spec/tuple:Tuple type_spec/struct:NamedType type_spec/header:NamedType type_spec/header_union:NamedType type_spec/header_stack:HeaderStack type_spec/header_union_stack:HeaderUnionStack type_spec/enum:NamedType type_spec/error:Empty type_spec/serializable_enum:NamedType type_spec/new_type:NamedType',
  NamedType: 'name:str',
  Bitstring: 'type_spec/bit:Bitwidth type_spec/int:Bitwidth type_spec/varbit:MaxBitwidth',
  Bitwidth: 'bitwidth:int',
  MaxBitwidth: 'max_bitwidth:int',
  Tuple: 'members:DataTypeSpec',
  HeaderStack: 'header:NamedType size:int',
  HeaderUnionStack: 'header_union:NamedType size:int',
  StructTypeSpec: 'members:StructMember',
  StructMember: 'name:str type_spec:DataTypeSpec',
  HeaderTypeSpec: 'members:HeaderMember',
  HeaderMember: 'name:str type_spec:Bitstring',
  HeaderUnionTypeSpec: 'members:UnionMember',
  UnionMember: 'name:str header:NamedType',
  EnumTypeSpec: 'members:NamedType',
  SerializableEnumTypeSpec: 'underlying_type:Bitwidth members:SerializableEnumMember',
  SerializableEnumMember: 'name:str value:bytes',
  ErrorTypeSpec: 'members:str',
  NewTypeSpec: `representation/original_type:DataTypeSpec representation/translated_type:Translation ${ANNOTATIONS} ${STRUCTURED}`,
  Translation: 'uri:str sdn_type/sdn_bitwidth:int sdn_type/sdn_string:Empty',
  StructuredAnnotation: 'name:str body/expression_list:ExpressionList body/kv_pair_list:KeyValuePairList',
  ExpressionList: 'expressions:Expression',
  Expression: 'value/string_value:str value/int64_value:int value/bool_value:bool',
  KeyValuePairList: 'kv_pairs:KeyValuePair',
  KeyValuePair: 'key:str value:Expression',
  // Entries (p4.v1).
  WriteRequest: 'updates:Update',
  Update: 'type:(UNSPECIFIED,INSERT) entity:Entity',
  Entity: 'table_entry:TableEntry',
  TableEntry: 'table_id:int match:FieldMatch action:TableAction priority:int is_const:bool',
  FieldMatch: 'field_id:int exact:Exact ternary:Ternary lpm:Lpm range:Range optional:Exact',
  Exact: 'value:bytes',
  Ternary: 'value:bytes mask:bytes',
  Lpm: 'value:bytes prefix_len:int',
  Range: 'low:bytes high:bytes',
  TableAction: 'action:ActionCall',
  ActionCall: 'action_id:int params:CallArgument',
};

interface FieldSpec {
  readonly name: string;
  readonly key: string;
  /** Key of the oneof it belongs to. */
  readonly oneof: string | undefined;
  readonly type: string;
  readonly enumNames: readonly string[] | undefined;
  readonly mapOf: string | undefined;
}

const specs = new Map<string, readonly FieldSpec[]>();

function fieldsOf(message: string): readonly FieldSpec[] {
  const known = specs.get(message);
  if (known !== undefined) return known;
  const text = MESSAGES[message];
  if (text === undefined) throw new InternalError(`no description of message ${message}`);
  const fields = text.split(' ').flatMap((item): FieldSpec[] => {
    const match = /^(?:(\w+)\/)?(\w+):(.+)$/.exec(item);
    if (match === null) return [];
    const [, group, name, type] = match as unknown as [string, string | undefined, string, string];
    const oneof = group === undefined ? undefined : camelCase(group);
    const enumNames = type.startsWith('(') ? type.slice(1, -1).split(',') : undefined;
    const mapOf = /^map<(\w+)>$/.exec(type)?.[1];
    return [{ name, key: camelCase(name), oneof, type, enumNames, mapOf }];
  });
  specs.set(message, fields);
  return fields;
}

function camelCase(name: string): string {
  return name.replace(/_(\w)/g, (_whole, letter: string) => letter.toUpperCase());
}

/** The P4Info file, as p4c writes it. */
export function p4infoText(controlPlane: ControlPlane): string {
  return fileText('p4/config/v1/p4info.proto', 'p4.config.v1.P4Info', 'P4Info', controlPlane.p4info);
}

/** The file with the program's own entries, as p4c writes it. */
export function entriesText(controlPlane: ControlPlane): string {
  const updates = controlPlane.entries.map((entry) => ({ type: 1, entity: { tableEntry: tableEntry(entry) } }));
  return fileText('p4/v1/p4runtime.proto', 'p4.v1.WriteRequest', 'WriteRequest', { updates });
}

function tableEntry(entry: Entry): object {
  return {
    tableId: entry.tableId,
    match: entry.matches.map(({ fieldId, match }) => {
      const { kind, ...value } = match;
      return {
        fieldId,
        [kind]: 'prefixLength' in value ? { value: value.value, prefixLen: value.prefixLength } : value,
      };
    }),
    action: {
      action: {
        actionId: entry.actionId,
        params: entry.parameters.map(({ id, value }) => ({ paramId: id, value })),
      },
    },
    priority: entry.priority,
    isConst: entry.isConst,
  };
}

function fileText(file: string, type: string, message: string, value: object): string {
  const lines = [`# proto-file: ${file}`, `# proto-message: ${type}`, ''];
  writeMessage(message, value as Record<string, unknown>, '', lines);
  return `${lines.join('\n')}\n`;
}

function writeMessage(
  message: string,
  value: Readonly<Record<string, unknown>>,
  indent: string,
  lines: string[],
): void {
  for (const field of fieldsOf(message)) {
    if (field.oneof !== undefined) {
      const chosen = value[field.oneof] as { case?: string; value?: unknown } | undefined;
      if (chosen?.case === field.key) writeField(field, chosen.value, indent, lines);
      continue;
    }
    const content = value[field.key];
    if (content === undefined) continue;
    if (field.mapOf !== undefined) writeMap(field, content as Record<string, unknown>, indent, lines);
    else if (Array.isArray(content)) for (const item of content) writeField(field, item, indent, lines);
    else if (typeof content === 'object' && !(content instanceof Uint8Array)) writeField(field, content, indent, lines);
    else if (!isDefault(content)) writeField(field, content, indent, lines);
  }
}

/** proto3 does not print a field that has its type's default value. */
function isDefault(value: unknown): boolean {
  return (
    value === 0 ||
    value === 0n ||
    value === '' ||
    value === false ||
    (value instanceof Uint8Array && value.length === 0)
  );
}

function writeField(field: FieldSpec, value: unknown, indent: string, lines: string[]): void {
  if (field.enumNames !== undefined) {
    lines.push(`${indent}${field.name}: ${field.enumNames[Number(value)] ?? String(value)}`);
    return;
  }
  switch (field.type) {
    case 'int':
    case 'bool':
      lines.push(`${indent}${field.name}: ${String(value)}`);
      return;
    case 'str':
      lines.push(`${indent}${field.name}: "${escapeText(new TextEncoder().encode(String(value)))}"`);
      return;
    case 'bytes':
      lines.push(`${indent}${field.name}: "${escapeText(value as Uint8Array)}"`);
      return;
    default:
      lines.push(`${indent}${field.name} {`);
      writeMessage(field.type, value as Record<string, unknown>, `${indent}  `, lines);
      lines.push(`${indent}}`);
  }
}

function writeMap(field: FieldSpec, value: Readonly<Record<string, unknown>>, indent: string, lines: string[]): void {
  for (const key of Object.keys(value).sort(compareBytes)) {
    lines.push(`${indent}${field.name} {`, `${indent}  key: "${escapeText(new TextEncoder().encode(key))}"`);
    lines.push(`${indent}  value {`);
    writeMessage(field.mapOf ?? '', value[key] as Record<string, unknown>, `${indent}    `, lines);
    lines.push(`${indent}  }`, `${indent}}`);
  }
}

const ESCAPES: Readonly<Record<number, string>> = {
  9: '\\t',
  10: '\\n',
  13: '\\r',
  34: '\\"',
  39: "\\'",
  92: '\\\\',
};

/** Bytes inside quotes, escaped as C does. */
function escapeText(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    const known = ESCAPES[byte];
    if (known !== undefined) text += known;
    else if (byte < 32 || byte >= 127) text += `\\${byte.toString(8).padStart(3, '0')}`;
    else text += String.fromCharCode(byte);
  }
  return text;
}
