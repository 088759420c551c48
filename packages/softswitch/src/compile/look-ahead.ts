/**
 * Looks packets of a batch up ahead of time, so that their table entries are in the cache when their turn comes.
 *
 * A lookup in a table larger than the caches waits for memory. One packet after the other pays that in full; asked for
 * together, the reads of a batch overlap. So before a batch is run, a function per large exact table reads the key of
 * each packet straight from its bytes, and touches all buckets they hash to. It only guesses: headers are taken to lie
 * where the shortest way through the parser puts them, and tables whose key is computed are left out. A wrong guess
 * costs a useless read.
 */
import type { FieldRef, Parser, Program } from '../model/types.ts';
import { HASH_FACTOR, HASH_SEED } from '../tables/key-layout.ts';
import type { CompileContext } from './actions.ts';
import { BitLoader } from './bits.ts';
import { Code } from './code.ts';
import type { TablePlan } from './tables.ts';

/** Tables that cannot hold more entries than this fit the caches. */
const SMALL_TABLE = 1 << 15;

/** Longest key that is read, in bytes from the packet's start: packets are in buffers with room behind them. */
const MAX_OFFSET_BITS = 8 * 512;

/** Packets whose buckets are touched in one round of the loop. The room for hashes holds a multiple of it. */
export const PACKETS_AT_A_TIME = 8;

/** A table for which packets are looked ahead: positions in the program. */
export interface LookAheadTable {
  readonly table: number;
  /** Name of the generated function. */
  readonly name: string;
}

/** Writes the functions `ahead<n>(P, Q, count)`: `P` positions of packets, `Q` room for where their buckets are. */
export function compileLookAhead(
  context: CompileContext,
  plans: readonly TablePlan[],
  code: Code,
): readonly LookAheadTable[] {
  const { program } = context;
  const parser = program.parsers.find((each) => each.name === 'parser');
  if (parser === undefined) return [];
  const offsets = headerOffsets(program, parser);
  const result: LookAheadTable[] = [];
  for (const [table, plan] of plans.entries()) {
    if (plan.lookup !== 'exact' || plan.table.maxSize <= SMALL_TABLE) continue;
    const fields = plan.table.keys.map((key) =>
      key.kind === 'exact' ? bitOffset(program, offsets, key.field) : undefined,
    );
    if (fields.some((offset) => offset === undefined || offset > MAX_OFFSET_BITS)) continue;
    const name = `ahead${table}`;
    code.append(compileTable(context, plan, table, name, fields as number[]));
    result.push({ table, name });
  }
  return result;
}

function compileTable(
  context: CompileContext,
  plan: TablePlan,
  table: number,
  name: string,
  fields: readonly number[],
): Code {
  const code = new Code(context.names);
  const { stride } = plan.record;
  code.block(`function ${name}(P, Q, count)`, () => {
    code.line('let touched = 0;');
    code.block('for (let i = 0; i < count; i++)', () => {
      code.line('const p = P[i];');
      const loader = new BitLoader(code, 'p');
      const words: string[][] = Array.from({ length: plan.key.words }, () => []);
      for (const [i, offset] of fields.entries()) {
        const key = plan.table.keys[i]!;
        const limbs = loader.field(offset, key.bitwidth);
        for (const piece of plan.key.fields[i]!) {
          const limb = limbs[piece.limb]!;
          const masked =
            key.mask === undefined ? limb : `(${limb} & ${BigInt.asIntN(32, key.mask >> BigInt(32 * piece.limb))})`;
          words[piece.word]!.push(piece.shift === 0 ? masked : `${masked} << ${piece.shift}`);
        }
      }
      code.line(`let h = ${HASH_SEED};`);
      for (const word of words) code.line(`h = Math.imul(h ^ (${word.join(' | ')}), ${HASH_FACTOR}); h ^= h >>> 15;`);
      code.line(`Q[i] = (h & H${table}_MASK) * ${stride};`);
    });
    // As few instructions as can be between two reads, so that the processor has those of many packets under way at
    // once: eight packets at a time, the last ones of which may be none. A record may lie across two cache lines, and
    // its bucket may be the next one.
    code.line(`for (let i = count; i % ${PACKETS_AT_A_TIME} !== 0; i++) Q[i] = 0;`);
    const touch = (i: number) => {
      const at = i === 0 ? 'Q[i]' : `Q[i + ${i}]`;
      return stride > 1 ? `E${table}[${at}] ^ E${table}[${at} + ${2 * stride - 1}]` : `E${table}[${at}]`;
    };
    const touches = Array.from({ length: PACKETS_AT_A_TIME }, (_, i) => touch(i));
    code.line(`for (let i = 0; i < count; i += ${PACKETS_AT_A_TIME}) touched ^= ${touches.join(' ^ ')};`);
    code.line('return touched;');
  });
  return code;
}

/** Bit position of each header in the packet on the shortest way through the parser that extracts it. */
function headerOffsets(program: Program, parser: Parser): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  const reached = new Set<number>();
  let front: { state: number; offset: number }[] = parser.start < 0 ? [] : [{ state: parser.start, offset: 0 }];
  while (front.length > 0) {
    const next: typeof front = [];
    for (const { state, offset } of front) {
      if (reached.has(state)) continue;
      reached.add(state);
      const { operations, transitions, defaultNext } = parser.states[state]!;
      let at: number | undefined = offset;
      for (const operation of operations) {
        if (at === undefined) break;
        if (operation.kind === 'advance') at = undefined;
        if (operation.kind !== 'extract') continue;
        if (operation.target.kind !== 'header' || operation.variableBits !== undefined) at = undefined;
        else {
          const { header } = operation.target;
          if (!found.has(header)) found.set(header, at!);
          const type = program.headerTypes[program.headers[header]!.type]!;
          at! += type.fields.reduce((sum, field) => sum + field.bitwidth, 0);
        }
      }
      if (at === undefined) continue;
      for (const follower of [...transitions.map((each) => each.next), defaultNext])
        if (follower >= 0) next.push({ state: follower, offset: at });
    }
    front = next;
  }
  return found;
}

/** Where a field of a header lies in the packet; undefined for metadata and headers that lie nowhere certain. */
function bitOffset(program: Program, offsets: ReadonlyMap<number, number>, field: FieldRef): number | undefined {
  const start = offsets.get(field.header);
  if (start === undefined || field.field < 0) return undefined;
  const { fields } = program.headerTypes[program.headers[field.header]!.type]!;
  return fields.slice(0, field.field).reduce((sum, each) => sum + each.bitwidth, start);
}
