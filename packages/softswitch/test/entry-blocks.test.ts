// Blocks of entries do to a data plane what the same entries do one by one: record for record.
import {
  type BlockAction,
  blockOperation,
  blockTarget,
  type EntryBlock,
  type MatchValue,
  type SwitchUpdate,
  unpackBlock,
} from '@mooring/p4runtime-ts/switch';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SwitchCore } from '../src/control/switch-core.ts';
import { action, always, base, type Json } from './support/program.ts';

const TABLE = 33;
const ACTIONS = [16, 17];
const MAX_SIZE = 4;

/** What varies from program to program. */
interface Shape {
  readonly kind: 'exact' | 'ternary' | 'lpm';
  /** Widths of key fields, in the program's order. */
  readonly widths: readonly number[];
  /** Position of each of them in P4Info. */
  readonly order: readonly number[];
  readonly params: readonly number[];
  /** How much wider P4Info says that the first parameter is. */
  readonly surplus: number;
  readonly profile: boolean;
}

const shapes: fc.Arbitrary<Shape> = fc
  .array(fc.constantFrom(1, 8, 9, 16, 24, 31, 32, 33, 48, 64, 100, 128), { minLength: 1, maxLength: 5 })
  .chain((widths) =>
    fc.record({
      kind: fc.constantFrom('exact', 'exact', 'exact', 'ternary', 'lpm'),
      widths: fc.constant(widths),
      order: fc.shuffledSubarray([...widths.keys()], { minLength: widths.length }),
      params: fc.array(fc.constantFrom(1, 9, 16, 32, 48, 128), { maxLength: 3 }),
      surplus: fc.constantFrom(0, 0, 0, 7),
      profile: fc.boolean(),
    }),
  );

function source({ kind, widths, order, params, surplus, profile }: Shape) {
  const json = base();
  json.header_types.push({ name: 'key_t', id: 70, fields: widths.map((width, i) => [`f${i}`, width, false]) });
  json.headers.push({ name: 'key', id: 70, header_type: 'key_t', metadata: true, pi_omit: true });
  const parameters = params.map((width, i): [string, number] => [`p${i}`, width]);
  json.actions = [action(0, 'to', [], parameters), action(1, 'none', [], [])];
  const kindOf = (i: number) => (kind === 'lpm' ? (i === 0 ? 'lpm' : 'exact') : kind);
  const table: Json = {
    name: 'start',
    id: 1,
    key: widths.map((_, i) => ({ match_type: kindOf(i), name: `f${i}`, target: ['key', `f${i}`], mask: null })),
    match_type: kind,
    type: profile ? 'indirect' : 'simple',
    max_size: MAX_SIZE,
    with_counters: true,
    support_timeout: false,
    action_ids: [0, 1],
    actions: ['to', 'none'],
    base_default_next: null,
    next_tables: { to: null, none: null },
    ...(profile ? { action_profile: 'ap' } : {}),
    ...(profile
      ? {}
      : { default_entry: { action_id: 1, action_const: false, action_data: [], action_entry_const: false } }),
  };
  Object.assign(json.pipelines[0]!, {
    init_table: 'first',
    tables: [always('first', 0, 1, 'none', 'start'), table],
    ...(profile ? { action_profiles: [{ name: 'ap', id: 0, max_size: 16 }] } : {}),
  });
  const matchFields = Array.from({ length: widths.length }, (_, position) => {
    const field = order.indexOf(position);
    return { name: `f${field}`, bitwidth: widths[field]! };
  });
  const p4info = {
    tables: [{ preamble: { id: TABLE, name: 'start' }, matchFields, actionRefs: ACTIONS.map((id) => ({ id })) }],
    actions: [
      {
        preamble: { id: ACTIONS[0]!, name: 'to' },
        params: params.map((bitwidth, i) => ({ bitwidth: bitwidth + (i === 0 ? surplus : 0) })),
      },
      { preamble: { id: ACTIONS[1]!, name: 'none' }, params: [] },
    ],
    actionProfiles: profile ? [{ preamble: { id: 80, name: 'ap' }, tableIds: [] }] : [],
    counters: [],
    meters: [],
    registers: [],
    valueSets: [],
    digests: [],
  };
  return { p4info, deviceConfig: new TextEncoder().encode(JSON.stringify(json)) };
}

async function start(shape: Shape): Promise<SwitchCore> {
  const core = new SwitchCore({
    cpuPort: undefined,
    dropPort: 511,
    priorityQueues: 1,
    nowUs: () => 0,
    output: () => {},
    log: () => {},
  });
  await core.commit(await core.prepare(source(shape)), { preserve: false, updates: [] });
  return core;
}

const bytesOf = (bitwidth: number, numbers: () => number) =>
  Uint8Array.from({ length: Math.ceil(bitwidth / 8) }, (_, i) => {
    const spare = i === 0 ? (8 - (bitwidth % 8)) % 8 : 0;
    return numbers() & (0xff >>> spare);
  });

/** A block of random changes: some slots beyond the table, some in use already. */
function randomBlock(shape: Shape, seed: readonly number[]): EntryBlock {
  let at = 0;
  const next = () => seed[at++ % seed.length]! + (at % 7);
  const heads: number[] = [];
  const data: number[] = [];
  const { kind, widths, order, params, surplus, profile } = shape;
  const infoWidths = Array.from({ length: widths.length }, (_, position) => widths[order.indexOf(position)]!);
  const fields = infoWidths.map((width, position) => ({
    kind: kind === 'ternary' ? kind : kind === 'lpm' && order[0] === position ? ('lpm' as const) : ('exact' as const),
    length: Math.ceil(width / 8),
  }));
  const hasPriority = kind === 'ternary';
  const actions: BlockAction[] = [
    {
      actionId: ACTIONS[0]!,
      paramBytes: params.map((width, i) => Math.ceil((width + (i === 0 ? surplus : 0)) / 8)),
    },
    { actionId: ACTIONS[1]!, paramBytes: [] },
  ];
  let keyBytes = 0;
  const count = 12;
  for (let entry = 0; entry < count; entry++) {
    const operation = entry < 5 ? blockOperation.insert : next() % 3;
    const target = profile ? (next() % 2 === 0 ? blockTarget.member : blockTarget.group) : blockTarget.action;
    const number = next() % 2;
    heads.push(operation + 4 * target, 0, entry < 3 ? entry : next() % (MAX_SIZE + 2), number, data.length);
    const start = data.length;
    for (const [i, field] of fields.entries()) {
      const value = bytesOf(infoWidths[i]!, next);
      if (field.kind === 'lpm') {
        const prefixLength = next() % (infoWidths[i]! + 1);
        const kept = value.map((byte, index) => {
          const from = prefixLength + 8 * value.length - infoWidths[i]! - 8 * index;
          return from >= 8 ? byte : from <= 0 ? 0 : byte & (0xff00 >>> from);
        });
        data.push(...kept, prefixLength >> 8, prefixLength & 255);
      } else if (field.kind === 'ternary') {
        const mask = bytesOf(infoWidths[i]!, next);
        data.push(...value.map((byte, index) => byte & mask[index]!), ...mask);
      } else data.push(...value);
    }
    if (hasPriority) data.push(0, 0, 1, entry);
    keyBytes = data.length - start;
    if (number === 0)
      for (const [i, width] of params.entries()) data.push(...bytesOf(width + (i === 0 ? surplus : 0), next));
  }
  return {
    kind: 'entry-block',
    tables: [{ tableId: TABLE, fields, hasPriority, keyBytes }],
    actions,
    count,
    heads: Int32Array.from(heads),
    data: Uint8Array.from(data),
  };
}

/** For quick comparison. */
const hexOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) =>
  Buffer.from(buffer, byteOffset, byteLength).toString('hex');

/** All that a table consists of. */
function contents(core: SwitchCore) {
  const table = core.dataPlane!.tables[1]!;
  const { elements, used, counters } = table.records;
  return { size: table.size, elements: hexOf(elements), used: hexOf(used), counters: hexOf(counters!) };
}

describe('blocks of entries', () => {
  test('do what single updates do (property)', async () => {
    await fc.assert(
      fc.asyncProperty(
        shapes,
        fc.array(fc.nat(255), { minLength: 20, maxLength: 60 }),
        fc.boolean(),
        async (shape, seed, atomic) => {
          const block = randomBlock(shape, seed);
          const [single, inBlock] = [await start(shape), await start(shape)];
          const before: SwitchUpdate = { kind: 'table-default', tableId: TABLE, action: undefined };
          const expected = await single.apply([before, ...unpackBlock(block)], atomic);
          const failures = await inBlock.applyBlocks([before, block], atomic);
          expect(failures.map(({ index, item, error }) => [index, item, error.kind, error.message])).toEqual(
            expected.map(({ index, error }) => [1, index - 1, error.kind, error.message]),
          );
          expect(contents(inBlock)).toEqual(contents(single));
        },
      ),
      { numRuns: 60 },
    );
  });

  test('an entry unpacked is the entry', () => {
    const block: EntryBlock = {
      kind: 'entry-block',
      tables: [
        {
          tableId: 5,
          fields: [
            { kind: 'range', length: 1 },
            { kind: 'optional', length: 2 },
          ],
          hasPriority: true,
          keyBytes: 9,
        },
      ],
      actions: [{ actionId: 6, paramBytes: [2] }],
      count: 2,
      heads: Int32Array.of(0, 0, 3, 0, 0, 2, 0, 4, 0, 11),
      data: Uint8Array.of(1, 2, 0, 7, 1, 0, 0, 1, 0, 8, 9),
    };
    const match: MatchValue[] = [
      { kind: 'range', low: Uint8Array.of(1), high: Uint8Array.of(2) },
      { kind: 'optional', value: Uint8Array.of(0, 7) },
    ];
    expect(unpackBlock(block)).toEqual([
      {
        kind: 'table-insert',
        tableId: 5,
        slot: 3,
        match,
        priority: 256,
        action: { kind: 'action', actionId: 6, params: [Uint8Array.of(8, 9)] },
        idleTimeoutNs: 0n,
      },
      { kind: 'table-delete', tableId: 5, slot: 4 },
    ]);
  });
});
