// Small BMv2 JSON programs for tests, put together from parts. `base` is a complete program that parses an 8-byte
// header `h` (fields a, b: 32 bits), sends every packet to port 1 by the action `forward` of the keyless table `start`,
// and deparses `h`; tests replace what they are about.
import { DataPlane, type DataPlaneOptions, loadProgram } from '@mooring/softswitch';

export type Json = Record<string, unknown>;

/** Fields of v1model's standard metadata that matter to the switch. */
export const STANDARD_METADATA: [string, number][] = [
  ['ingress_port', 9],
  ['egress_spec', 9],
  ['egress_port', 9],
  ['instance_type', 32],
  ['packet_length', 32],
  ['enq_timestamp', 32],
  ['enq_qdepth', 19],
  ['deq_timedelta', 32],
  ['deq_qdepth', 19],
  ['qid', 5],
  ['ingress_global_timestamp', 48],
  ['mcast_grp', 16],
  ['egress_rid', 16],
  ['checksum_error', 1],
  ['parser_error', 32],
  ['priority', 3],
  ['_padding', 7],
];

export const field = (header: string, name: string): Json => ({ type: 'field', value: [header, name] });
export const hex = (value: bigint | number): Json => ({ type: 'hexstr', value: `0x${value.toString(16)}` });
export const local = (index: number): Json => ({ type: 'local', value: index });
export const operation = (op: string, left: Json | null, right: Json): Json => ({
  type: 'expression',
  value: { op, left, right },
});
export const expression = (value: Json): Json => ({ type: 'expression', value });
export const assign = (target: Json, source: Json): Json => ({ op: 'assign', parameters: [target, source] });
export const primitive = (op: string, ...parameters: Json[]): Json => ({ op, parameters });

export const EGRESS_SPEC = field('standard_metadata', 'egress_spec');

/** A table without key that always runs `action`. */
export function always(name: string, id: number, action: number, actionName: string, next: string | null): Json {
  return {
    name,
    id,
    key: [],
    match_type: 'exact',
    type: 'simple',
    max_size: 1,
    with_counters: false,
    support_timeout: false,
    action_ids: [action],
    actions: [actionName],
    base_default_next: next,
    next_tables: { [actionName]: next },
    default_entry: { action_id: action, action_const: true, action_data: [], action_entry_const: true },
  };
}

export function action(id: number, name: string, primitives: Json[], parameters: [string, number][] = []): Json {
  return {
    name,
    id,
    runtime_data: parameters.map(([parameter, bitwidth]) => ({ name: parameter, bitwidth })),
    primitives,
  };
}

export function state(name: string, id: number, operations: Json[], next: string | null = null): Json {
  return {
    name,
    id,
    parser_ops: operations,
    transitions: [{ type: 'default', value: null, mask: null, next_state: next }],
    transition_key: [],
  };
}

export const extract = (header: string): Json => ({ op: 'extract', parameters: [{ type: 'regular', value: header }] });

/** The complete program. Every call makes a new one. */
export function base() {
  return {
    __meta__: { version: [2, 23], compiler: 'test' },
    header_types: [
      { name: 'standard_metadata_t', id: 0, fields: STANDARD_METADATA.map(([name, bits]) => [name, bits, false]) },
      {
        name: 'scalars_t',
        id: 1,
        fields: [
          ['x', 32, false],
          ['y', 64, false],
        ],
      },
      {
        name: 'h_t',
        id: 2,
        fields: [
          ['a', 32, false],
          ['b', 32, false],
        ],
      },
    ] as Json[],
    headers: [
      { name: 'standard_metadata', id: 0, header_type: 'standard_metadata_t', metadata: true },
      { name: 'scalars', id: 1, header_type: 'scalars_t', metadata: true },
      { name: 'h', id: 2, header_type: 'h_t', metadata: false },
    ] as Json[],
    header_stacks: [] as Json[],
    header_union_types: [] as Json[],
    header_unions: [] as Json[],
    header_union_stacks: [] as Json[],
    field_lists: [] as Json[],
    errors: [
      ['NoError', 0],
      ['PacketTooShort', 1],
      ['NoMatch', 2],
      ['StackOutOfBounds', 3],
      ['HeaderTooShort', 4],
      ['ParserTimeout', 5],
      ['ParserInvalidArgument', 6],
    ],
    enums: [] as Json[],
    parsers: [
      { name: 'parser', id: 0, init_state: 'start', parse_states: [state('start', 0, [extract('h')])] },
    ] as Json[],
    parse_vsets: [] as Json[],
    deparsers: [{ name: 'deparser', id: 0, order: ['h'] }] as Json[],
    meter_arrays: [] as Json[],
    counter_arrays: [] as Json[],
    register_arrays: [] as Json[],
    calculations: [] as Json[],
    learn_lists: [] as Json[],
    actions: [action(0, 'forward', [assign(EGRESS_SPEC, hex(1))])] as Json[],
    pipelines: [
      {
        name: 'ingress',
        id: 0,
        init_table: 'start',
        tables: [always('start', 0, 0, 'forward', null)],
        action_profiles: [],
        conditionals: [],
      },
      { name: 'egress', id: 1, init_table: null, tables: [], action_profiles: [], conditionals: [] },
    ] as Json[],
    checksums: [] as Json[],
    force_arith: [],
    extern_instances: [] as Json[],
    field_aliases: [
      ['intrinsic_metadata.ingress_global_timestamp', ['standard_metadata', 'ingress_global_timestamp']],
      ['intrinsic_metadata.mcast_grp', ['standard_metadata', 'mcast_grp']],
      ['intrinsic_metadata.egress_rid', ['standard_metadata', 'egress_rid']],
      ['intrinsic_metadata.priority', ['standard_metadata', 'priority']],
      ...['enq_timestamp', 'enq_qdepth', 'deq_timedelta', 'deq_qdepth', 'qid'].map((name) => [
        `queueing_metadata.${name}`,
        ['standard_metadata', name],
      ]),
    ],
  };
}

export interface Sent {
  readonly port: number;
  readonly bytes: string;
}

/** A data plane that collects what it sends. */
export function run(json: object, options: Partial<DataPlaneOptions> = {}) {
  const sent: Sent[] = [];
  const plane: DataPlane = new DataPlane(loadProgram(json), {
    output: (port, start, length) =>
      sent.push({ port, bytes: Buffer.from(plane.memory.bytes.subarray(start, start + length)).toString('hex') }),
    ...options,
  });
  return {
    plane,
    sent,
    /** Sends a packet given in hex and returns what came out. */
    send(port: number, packet: string): Sent[] {
      sent.length = 0;
      plane.receive(port, Uint8Array.from(Buffer.from(packet, 'hex')));
      return [...sent];
    },
  };
}
