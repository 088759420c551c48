/**
 * The parts of the BMv2 JSON format that traffic is made from, and entries written into a program.
 *
 * Entries go into the JSON as the entries of the program, not over a control protocol: then every switch that can load
 * the file has them, in the same order and with the same priorities, before its first packet.
 */

export interface ProgramJson {
  header_types: { name: string; fields: [string, number | '*', ...unknown[]][]; max_length?: number | null }[];
  headers: { name: string; header_type: string; metadata: boolean }[];
  header_stacks: { name: string; header_type: string; size: number; header_ids: number[] }[];
  header_union_stacks?: unknown[];
  parsers: { name: string; init_state: string | null; parse_states: ParseStateJson[] }[];
  actions: { name: string; id: number; runtime_data: { name: string; bitwidth: number }[] }[];
  pipelines: { name: string; tables: TableJson[] }[];
}

export interface ParseStateJson {
  name: string;
  parser_ops: { op: string; parameters: { type: string; value: unknown }[] }[];
  transition_key: { type: string; value: unknown }[];
  transitions: { type: string; value: string | null; mask: string | null; next_state: string | null }[];
}

export interface TableJson {
  name: string;
  type: string;
  match_type: string;
  max_size: number;
  key: { match_type: string; name?: string; target: [string, string] | string; mask: string | null }[];
  actions: string[];
  action_ids: number[];
  entries?: unknown[];
  default_entry?: {
    action_id: number;
    action_const: boolean;
    action_data: string[];
    action_entry_const: boolean;
  } | null;
}

/** What one key field of an entry must be. */
export type KeyMatch =
  | { kind: 'exact'; key: bigint }
  | { kind: 'lpm'; key: bigint; prefixLength: number }
  | { kind: 'ternary'; key: bigint; mask: bigint }
  | { kind: 'range'; start: bigint; end: bigint };

/** An entry, by names, so that it fits any compiler's translation of one P4 program. */
export interface Entry {
  readonly table: string;
  /** Without: the table's default action. */
  readonly match: readonly KeyMatch[] | undefined;
  readonly action: string;
  readonly data: readonly bigint[];
  /** The lowest wins. */
  readonly priority: number;
}

/** Width in bits of the field a table key names; a validity key has 1. */
export function keyWidth(program: ProgramJson, key: TableJson['key'][number]): number {
  if (!Array.isArray(key.target)) return 1;
  const [header, field] = key.target;
  const instance = program.headers.find((each) => each.name === header);
  const type = program.header_types.find((each) => each.name === instance?.header_type);
  const width = type?.fields.find(([name]) => name === field)?.[1];
  return typeof width === 'number' ? width : 1;
}

const hex = (value: bigint, bits: number) =>
  `0x${value.toString(16).padStart(Math.max(1, Math.ceil(bits / 8)) * 2, '0')}`;

/** A copy of the program that has the entries. Throws when it has no such table or action. */
export function withEntries(program: ProgramJson, entries: readonly Entry[]): ProgramJson {
  const copy = structuredClone(program);
  for (const entry of entries) {
    const table = copy.pipelines.flatMap((pipeline) => pipeline.tables).find((each) => each.name === entry.table);
    if (table === undefined) throw new Error(`the program has no table '${entry.table}'`);
    const position = table.actions.indexOf(entry.action);
    if (position < 0) throw new Error(`table '${entry.table}' has no action '${entry.action}'`);
    const id = table.action_ids[position]!;
    const data = entry.data.map((value) => `0x${value.toString(16)}`);
    if (entry.match === undefined) {
      table.default_entry = { action_id: id, action_const: false, action_data: data, action_entry_const: false };
      continue;
    }
    if (entry.match.length !== table.key.length) throw new Error(`table '${entry.table}' has ${table.key.length} keys`);
    table.entries = [
      ...(table.entries ?? []),
      {
        match_key: entry.match.map((match, i) => matchJson(match, keyWidth(copy, table.key[i]!))),
        action_entry: { action_id: id, action_data: data },
        priority: entry.priority,
      },
    ];
    table.max_size = Math.max(table.max_size, table.entries.length);
  }
  return copy;
}

function matchJson(match: KeyMatch, bits: number): object {
  switch (match.kind) {
    case 'exact':
      return { match_type: 'exact', key: hex(match.key, bits) };
    case 'lpm':
      return { match_type: 'lpm', key: hex(match.key, bits), prefix_length: match.prefixLength };
    case 'ternary':
      return { match_type: 'ternary', key: hex(match.key, bits), mask: hex(match.mask, bits) };
    case 'range':
      return { match_type: 'range', start: hex(match.start, bits), end: hex(match.end, bits) };
  }
}
