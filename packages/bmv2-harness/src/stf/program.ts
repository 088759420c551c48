/**
 * The control-plane view of a BMv2 program that STF needs: tables with their keys and actions, read from the JSON
 * itself so that any compiler's output will do. Names in tests may be shortened to their last parts.
 */
import { type StfAction, StfError, type StfMatch } from './statements.ts';

export interface StfKey {
  readonly name: string;
  readonly matchType: 'exact' | 'lpm' | 'ternary' | 'range';
  /** Bits. */
  readonly width: number;
}
export interface StfProgramAction {
  /** Position in the JSON's list of actions. */
  readonly id: number;
  readonly name: string;
  readonly parameters: readonly { readonly name: string; readonly width: number }[];
}
export interface StfTable {
  readonly name: string;
  /** Position among all tables, ingress first. */
  readonly index: number;
  readonly matchType: string;
  readonly keys: readonly StfKey[];
  readonly actions: readonly StfProgramAction[];
}

/** What one key field of an entry must be. */
export type ResolvedMatch =
  | { readonly kind: 'exact'; readonly value: bigint }
  | { readonly kind: 'lpm'; readonly value: bigint; readonly prefixLength: number }
  | { readonly kind: 'ternary'; readonly value: bigint; readonly mask: bigint }
  | { readonly kind: 'range'; readonly low: bigint; readonly high: bigint };

/** An entry ready to be stored. The highest priority wins. */
export interface ResolvedEntry {
  readonly table: StfTable;
  readonly matches: readonly ResolvedMatch[];
  readonly priority: number;
  readonly action: StfProgramAction;
  readonly arguments: readonly bigint[];
}

interface JsonTable {
  readonly name: string;
  readonly match_type: string;
  readonly key: readonly { match_type: string; name?: string; target: readonly string[] | string }[];
  readonly action_ids: readonly number[];
}
interface JsonProgram {
  readonly header_types: readonly { name: string; fields: readonly (readonly [string, number | '*', boolean?])[] }[];
  readonly headers: readonly { name: string; header_type: string }[];
  readonly actions: readonly {
    name: string;
    id: number;
    runtime_data: readonly { name: string; bitwidth: number }[];
  }[];
  readonly pipelines: readonly { tables: readonly JsonTable[] }[];
  readonly counter_arrays?: readonly { name: string; is_direct: boolean; binding?: string }[];
  readonly register_arrays?: readonly { name: string }[];
  readonly meter_arrays?: readonly { name: string }[];
}

/** See the top of the file. */
export class StfProgram {
  readonly tables: readonly StfTable[];
  private readonly json: JsonProgram;

  constructor(json: object) {
    this.json = json as JsonProgram;
    const { header_types: types, headers, actions } = this.json;
    const typeByName = new Map(types.map((type) => [type.name, type]));
    const typeOfHeader = new Map(headers.map((header) => [header.name, typeByName.get(header.header_type)]));
    const widthOf = (target: readonly string[] | string): number => {
      if (typeof target === 'string') return 1;
      if (target[1] === '$valid$') return 1;
      const field = typeOfHeader.get(target[0] ?? '')?.fields.find(([name]) => name === target[1]);
      return typeof field?.[1] === 'number' ? field[1] : 0;
    };
    const actionById = new Map(
      actions.map((action) => [
        action.id,
        {
          id: action.id,
          name: action.name,
          parameters: action.runtime_data.map(({ name, bitwidth }) => ({ name, width: bitwidth })),
        },
      ]),
    );
    this.tables = this.json.pipelines
      .flatMap((pipeline) => pipeline.tables)
      .map((table, index) => ({
        name: table.name,
        index,
        matchType: table.match_type,
        keys: table.key.map((key) => ({
          name: key.name ?? (typeof key.target === 'string' ? key.target : key.target.join('.')),
          matchType: key.match_type === 'valid' ? 'exact' : (key.match_type as StfKey['matchType']),
          width: widthOf(key.target),
        })),
        actions: table.action_ids.flatMap((id) => {
          const action = actionById.get(id);
          return action === undefined ? [] : [action];
        }),
      }));
  }

  /** The table of that name, or the only one whose name ends so. */
  table(name: string, line: number): StfTable {
    return bySuffix(this.tables, name, 'table', line);
  }

  /** Full name of a counter, register or meter. */
  objectName(kind: 'counter' | 'register' | 'meter', name: string, line: number): string {
    const list =
      (kind === 'counter'
        ? this.json.counter_arrays
        : kind === 'register'
          ? this.json.register_arrays
          : this.json.meter_arrays) ?? [];
    return bySuffix(list, name, kind, line).name;
  }

  /** The table that a direct counter counts the entries of; undefined for an array of counters. */
  tableOfCounter(name: string): StfTable | undefined {
    const counter = this.json.counter_arrays?.find((candidate) => candidate.name === name);
    if (counter?.is_direct !== true) return undefined;
    return this.tables.find((table) => table.name === counter.binding);
  }

  /** Resolves an `add`. */
  entry(
    tableName: string,
    priority: number | undefined,
    matches: readonly StfMatch[],
    action: StfAction,
    line: number,
  ): ResolvedEntry {
    const table = this.table(tableName, line);
    const resolved: (ResolvedMatch | undefined)[] = table.keys.map(() => undefined);
    for (const match of matches) {
      const position = keyPosition(table, match.key, line);
      resolved[position] = matchValue(table.keys[position]!, match, line);
    }
    return {
      table,
      matches: table.keys.map((key, index) => resolved[index] ?? anyValue(key)),
      priority: priority ?? 0,
      ...this.action(table, action, line),
    };
  }

  /** Resolves an action call of a table. */
  action(
    table: StfTable,
    call: StfAction,
    line: number,
  ): { readonly action: StfProgramAction; readonly arguments: readonly bigint[] } {
    const action = bySuffix(table.actions, call.name, `action of table ${table.name}`, line);
    const values = new Array<bigint | undefined>(action.parameters.length).fill(undefined);
    call.arguments.forEach(({ name, value }, index) => {
      const position = name === '' ? index : action.parameters.findIndex((parameter) => parameter.name === name);
      if (position < 0 || position >= values.length) {
        throw new StfError(line, `action ${action.name} has no parameter ${name === '' ? index + 1 : name}`);
      }
      values[position] = number(value, line);
    });
    const missing = action.parameters.find((_, index) => values[index] === undefined);
    if (missing !== undefined) throw new StfError(line, `no value for parameter ${missing.name} of ${action.name}`);
    return { action, arguments: values as bigint[] };
  }
}

function bySuffix<T extends { readonly name: string }>(
  list: readonly T[],
  name: string,
  what: string,
  line: number,
): T {
  const exact = list.find((item) => item.name === name);
  if (exact !== undefined) return exact;
  const candidates = list.filter((item) => item.name.endsWith(name));
  const whole = candidates.filter((item) => item.name.endsWith(`.${name}`));
  const best = whole.length > 0 ? whole : candidates;
  const [only, ...others] = best;
  if (only === undefined) {
    throw new StfError(line, `no ${what} "${name}"; there are: ${list.map((item) => item.name).join(', ') || 'none'}`);
  }
  if (others.length > 0)
    throw new StfError(line, `${what} "${name}" is ambiguous: ${best.map((item) => item.name).join(', ')}`);
  return only;
}

/**
 * Position of the key that a test means: `$1` may stand for `[1]`, `valid` for `$valid$`, leading parts may be missing.
 */
function keyPosition(table: StfTable, written: string, line: number): number {
  const names = table.keys.map((key) => key.name);
  const wanted = written.replace(/\$(\d+)/g, '[$1]');
  const spellings = [wanted, `${wanted}$`, `${wanted}.$valid$`];
  if (wanted.endsWith('.valid')) spellings.push(`${wanted.slice(0, -'valid'.length)}$valid$`);
  if (wanted === 'valid' || wanted === '$valid') spellings.push('$valid$');
  for (const spelling of spellings) {
    const position = names.indexOf(spelling);
    if (position >= 0) return position;
  }
  for (const spelling of spellings) {
    const position = names.findIndex((name) => name.endsWith(`.${spelling}`));
    if (position >= 0) return position;
  }
  throw new StfError(line, `table ${table.name} has no key "${written}"; its keys are ${names.join(', ') || 'none'}`);
}

function number(text: string, line: number): bigint {
  try {
    return BigInt(text);
  } catch {
    throw new StfError(line, `"${text}" is no number`);
  }
}

const BITS_PER_DIGIT: Readonly<Record<string, number>> = { '0x': 4, '0o': 3, '0b': 1 };

function matchValue(key: StfKey, match: StfMatch, line: number): ResolvedMatch {
  const { value: text, prefixLength } = match;
  const ones = (1n << BigInt(key.width)) - 1n;
  const bitsPerDigit = BITS_PER_DIGIT[text.slice(0, 2).toLowerCase()] ?? 0;
  const value = number(text.replaceAll('*', '0'), line);
  if (text.includes('*') && bitsPerDigit === 0) throw new StfError(line, `* in the decimal number "${text}"`);
  switch (key.matchType) {
    case 'exact':
      if (text.includes('*') || prefixLength !== undefined) {
        throw new StfError(line, `key ${key.name} is exact: a plain number expected, not "${text}"`);
      }
      return { kind: 'exact', value };
    case 'lpm': {
      if (prefixLength !== undefined) return { kind: 'lpm', value, prefixLength: Number(number(prefixLength, line)) };
      if (!text.includes('*')) return { kind: 'lpm', value, prefixLength: key.width };
      const digits = text.length - 2;
      const open = [...text].filter((digit) => digit === '*').length;
      // Leading zeros left out or written: the open digits are the last ones either way.
      const prefix = Math.max(0, Math.max(key.width, digits * bitsPerDigit) - open * bitsPerDigit);
      return { kind: 'lpm', value, prefixLength: Math.min(key.width, prefix) };
    }
    case 'ternary': {
      if (prefixLength !== undefined) {
        const length = BigInt(key.width) - number(prefixLength, line);
        return { kind: 'ternary', value, mask: (ones >> length) << length };
      }
      if (!text.includes('*')) {
        // All digits written count, leading zeros included; in decimal notation all bits.
        const written = bitsPerDigit === 0 ? key.width : (text.length - 2) * bitsPerDigit;
        return { kind: 'ternary', value, mask: ones & ((1n << BigInt(written)) - 1n) };
      }
      let mask = 0n;
      for (const digit of text.slice(2)) {
        mask = (mask << BigInt(bitsPerDigit)) | (digit === '*' ? 0n : (1n << BigInt(bitsPerDigit)) - 1n);
      }
      return { kind: 'ternary', value, mask: mask & ones };
    }
    case 'range':
      return { kind: 'range', low: value, high: value };
  }
}

/** What a key that is not mentioned matches. */
function anyValue(key: StfKey): ResolvedMatch {
  switch (key.matchType) {
    case 'exact':
      return { kind: 'exact', value: 0n };
    case 'lpm':
      return { kind: 'lpm', value: 0n, prefixLength: 0 };
    case 'ternary':
      return { kind: 'ternary', value: 0n, mask: 0n };
    case 'range':
      return { kind: 'range', low: 0n, high: (1n << BigInt(key.width)) - 1n };
  }
}
