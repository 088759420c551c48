/**
 * Packets and table entries for a program that is known only as BMv2 JSON.
 *
 * Packets are made by walking the parser: what a state extracts is appended with values that find mistakes, and the
 * bits that the state selects on are often set to one of its cases, so that packets get far. Then some are cut,
 * lengthened or damaged, because what a switch does with malformed packets is part of its behaviour.
 */
import {
  type Entry,
  type KeyMatch,
  keyWidth,
  type ParseStateJson,
  type ProgramJson,
  type TableJson,
} from './program-json.ts';
import type { Random } from './random.ts';

/** Ports that packets come from and go to. */
export const PORTS = 8;

export interface Packet {
  readonly port: number;
  readonly bytes: Uint8Array;
}

/** Entries for all tables that can take some. */
export function randomEntries(program: ProgramJson, random: Random): Entry[] {
  const entries: Entry[] = [];
  for (const table of program.pipelines.flatMap((pipeline) => pipeline.tables)) {
    if (table.type !== 'simple' || (table.entries?.length ?? 0) > 0) continue;
    const defaults = table.default_entry;
    if (random.chance(0.3) && defaults?.action_const !== true)
      entries.push(randomEntry(program, table, undefined, 0, random));
    if (
      table.key.length === 0 ||
      table.key.some((key) => !['exact', 'lpm', 'ternary', 'range'].includes(key.match_type))
    )
      continue;
    const seen = new Set<string>();
    const count = random.below(8);
    for (let i = 0; i < count; i++) {
      const match = table.key.map((key) => randomMatch(key.match_type, keyWidth(program, key), random));
      const text = match.map((each) => Object.values(each).join('/')).join(' ');
      if (seen.has(text)) continue;
      seen.add(text);
      entries.push(randomEntry(program, table, match, i + 1, random));
    }
  }
  return entries;
}

function randomEntry(
  program: ProgramJson,
  table: TableJson,
  match: KeyMatch[] | undefined,
  priority: number,
  random: Random,
): Entry {
  const position = random.below(table.actions.length);
  const action = program.actions.find((each) => each.id === table.action_ids[position])!;
  const data = action.runtime_data.map(({ bitwidth }) =>
    bitwidth === 9 && random.chance(0.8) ? BigInt(random.below(PORTS)) : random.value(bitwidth),
  );
  return { table: table.name, match, action: table.actions[position]!, data, priority };
}

function randomMatch(kind: string, width: number, random: Random): KeyMatch {
  const greatest = (1n << BigInt(width)) - 1n;
  const key = random.value(width);
  switch (kind) {
    case 'lpm': {
      const prefixLength = random.chance(0.2) ? width : random.below(width + 1);
      const mask = (greatest >> BigInt(width - prefixLength)) << BigInt(width - prefixLength);
      return { kind, key: key & mask, prefixLength };
    }
    case 'ternary': {
      const mask = random.weighted([
        [2, greatest],
        [1, 0n],
        [3, random.value(width)],
      ]);
      return { kind, key: key & mask, mask };
    }
    case 'range': {
      const other = random.value(width);
      return key < other ? { kind, start: key, end: other } : { kind, start: other, end: key };
    }
    default:
      return { kind: 'exact', key };
  }
}

/** Packets, most of which the program's parser accepts. */
export function randomPackets(program: ProgramJson, random: Random, count: number): Packet[] {
  return Array.from({ length: count }, () => ({ port: random.below(PORTS), bytes: randomPacket(program, random) }));
}

function randomPacket(program: ProgramJson, random: Random): Uint8Array {
  let bytes = new PacketWriter(program, random).write();
  if (random.chance(0.12)) bytes = bytes.slice(0, random.below(bytes.length + 1));
  if (random.chance(0.12) && bytes.length > 0) {
    for (let i = random.between(1, 3); i > 0; i--) bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
  }
  return bytes.length === 0 ? Uint8Array.of(random.below(256)) : bytes;
}

/** Changes packets of a test a little: good for programs whose parsers say little about what they want. */
export function mutatePacket(packet: Packet, random: Random): Packet {
  let bytes = Uint8Array.from(packet.bytes);
  for (let i = random.below(4); i > 0 && bytes.length > 0; i--) {
    const at = random.below(bytes.length);
    bytes[at] = random.chance(0.5) ? bytes[at]! ^ (1 << random.below(8)) : Number(random.value(8));
  }
  if (random.chance(0.15)) bytes = bytes.slice(0, random.between(1, Math.max(1, bytes.length)));
  if (random.chance(0.15))
    bytes = Uint8Array.from([...bytes, ...Array.from({ length: random.below(300) }, () => random.below(256))]);
  return { port: random.chance(0.7) ? packet.port : random.below(PORTS), bytes };
}

/** Longest walk through a parser. */
const MAX_STATES = 60;

class PacketWriter {
  readonly #program: ProgramJson;
  readonly #random: Random;
  readonly #bits: number[] = [];
  /** Bits that a select on lookahead wants, by position. */
  readonly #wanted = new Map<number, number>();
  /** Position of the first bit of each extracted header. */
  readonly #places = new Map<string, number>();
  readonly #stackNext = new Map<string, number>();

  constructor(program: ProgramJson, random: Random) {
    this.#program = program;
    this.#random = random;
  }

  write(): Uint8Array {
    const parser = this.#program.parsers[0];
    let state = parser?.parse_states.find((each) => each.name === parser.init_state);
    for (let i = 0; state !== undefined && i < MAX_STATES; i++) {
      for (const { op, parameters } of state.parser_ops) {
        if (op === 'extract' || op === 'extract_VL') this.#extract(parameters[0]!);
        else if (op === 'advance') this.#append(8 * this.#random.below(5));
      }
      const next = this.#choose(state);
      state = parser!.parse_states.find((each) => each.name === next);
    }
    this.#append(8 * this.#random.below(this.#random.chance(0.1) ? 400 : 24));
    while (this.#bits.length % 8 !== 0) this.#bits.push(0);
    const bytes = new Uint8Array(this.#bits.length / 8);
    for (const [i, bit] of this.#bits.entries()) bytes[i >> 3]! |= bit << (7 - (i & 7));
    return bytes;
  }

  #append(width: number, value = this.#random.value(width)): void {
    for (let bit = width - 1; bit >= 0; bit--) {
      const wanted = this.#wanted.get(this.#bits.length);
      this.#bits.push(wanted ?? Number((value >> BigInt(bit)) & 1n));
    }
  }

  #extract({ type, value }: { type: string; value: unknown }): void {
    let typeName: string | undefined;
    let name = String(value);
    if (type === 'regular') typeName = this.#program.headers.find((each) => each.name === value)?.header_type;
    else if (type === 'stack') {
      const stack = this.#program.header_stacks.find((each) => each.name === value);
      typeName = stack?.header_type;
      const next = this.#stackNext.get(name) ?? 0;
      this.#stackNext.set(name, next + 1);
      this.#places.set(`${name}.last`, this.#bits.length);
      name = `${name}[${next}]`;
    } else if (Array.isArray(value)) {
      // A member of the next union of a stack: its type is that of the first union's member.
      typeName = this.#program.headers.find((each) => each.name === `${value[0]}[0].${value[1]}`)?.header_type;
    }
    this.#places.set(name, this.#bits.length);
    for (const [, width] of this.#typeFields(typeName)) this.#append(width === '*' ? 8 * this.#random.below(6) : width);
  }

  #typeFields(name: string | undefined): readonly [string, number | '*', ...unknown[]][] {
    return this.#program.header_types.find((each) => each.name === name)?.fields ?? [];
  }

  /** Sets the selected bits to those of a case, mostly, and returns where that case goes. */
  #choose(state: ParseStateJson): string | null {
    const cases = state.transitions;
    if (cases.length === 0) return null;
    const chosen = this.#random.pick(cases);
    if (chosen.type !== 'hexstr' || chosen.value === null || this.#random.chance(0.1)) return chosen.next_state;
    const widths = state.transition_key.map((key) => this.#keyBits(key));
    const total = widths.reduce((sum, { width }) => sum + 8 * Math.ceil(width / 8), 0);
    const value = BigInt(chosen.value);
    const mask = chosen.mask === null ? (1n << BigInt(total)) - 1n : BigInt(chosen.mask);
    let end = total;
    for (const { width, position } of widths) {
      end -= 8 * Math.ceil(width / 8);
      if (position === undefined) continue;
      for (let bit = 0; bit < width; bit++) {
        const shift = BigInt(end + width - 1 - bit);
        if (((mask >> shift) & 1n) === 0n) continue;
        const wanted = Number((value >> shift) & 1n);
        if (position + bit < this.#bits.length) this.#bits[position + bit] = wanted;
        else this.#wanted.set(position + bit, wanted);
      }
    }
    return chosen.next_state;
  }

  #keyBits({ type, value }: { type: string; value: unknown }): { width: number; position: number | undefined } {
    const parts = value as [string, string] & [number, number];
    if (type === 'lookahead') return { width: Number(parts[1]), position: this.#bits.length + Number(parts[0]) };
    const stack = type === 'stack_field';
    const typeName = stack
      ? this.#program.header_stacks.find((each) => each.name === parts[0])?.header_type
      : this.#program.headers.find((each) => each.name === parts[0])?.header_type;
    let offset = 0;
    for (const [field, width] of this.#typeFields(typeName)) {
      if (field === parts[1]) {
        const start = this.#places.get(stack ? `${parts[0]}.last` : parts[0]);
        return { width: width === '*' ? 0 : width, position: start === undefined ? undefined : start + offset };
      }
      offset += width === '*' ? 0 : width;
    }
    return { width: 0, position: undefined };
  }
}
