// Programs and packets that nobody meant: the loader accepts or explains, the switch carries on.
import { DataPlane, loadProgram, ProgramError } from '@mooring/softswitch';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { action, assign, base, expression, field, hex, operation, primitive } from './support/program.ts';

/** A program with a bit of everything. */
function rich() {
  const json = base();
  json.header_types.push(
    { name: 'e_t', id: 3, fields: [['v', 8, false]] },
    {
      name: 'o_t',
      id: 4,
      fields: [
        ['n', 8, false],
        ['data', '*', false],
      ],
      max_length: 17,
    },
  );
  json.headers.push(...[0, 1, 2].map((i) => ({ name: `s[${i}]`, id: 3 + i, header_type: 'e_t', metadata: false })), {
    name: 'o',
    id: 6,
    header_type: 'o_t',
    metadata: false,
  });
  json.header_stacks.push({ name: 's', id: 0, header_type: 'e_t', size: 3, header_ids: [3, 4, 5] });
  json.register_arrays.push({ name: 'r', id: 0, bitwidth: 64, size: 4 });
  json.counter_arrays.push({ name: 'c', id: 0, size: 4, is_direct: false });
  json.calculations.push({ name: 'crc', id: 0, algo: 'crc32', input: [field('h', 'a'), field('scalars', 'y')] });
  json.field_lists.push({ id: 1, elements: [field('scalars', 'x')] });
  json.parsers[0]!.parse_states = [
    {
      name: 'start',
      id: 0,
      parser_ops: [{ op: 'extract', parameters: [{ type: 'regular', value: 'h' }] }],
      transitions: [
        { type: 'hexstr', value: '0x00000001', mask: '0x000000ff', next_state: 'stack' },
        { type: 'hexstr', value: '0x00000002', mask: null, next_state: 'options' },
        { type: 'default', value: null, mask: null, next_state: null },
      ],
      transition_key: [field('h', 'a')],
    },
    {
      name: 'stack',
      id: 1,
      parser_ops: [{ op: 'extract', parameters: [{ type: 'stack', value: 's' }] }],
      transitions: [
        { type: 'hexstr', value: '0x00', mask: null, next_state: 'stack' },
        { type: 'default', value: null, mask: null, next_state: null },
      ],
      transition_key: [{ type: 'stack_field', value: ['s', 'v'] }],
    },
    {
      name: 'options',
      id: 2,
      parser_ops: [
        { op: 'set', parameters: [field('scalars', 'x'), { type: 'lookahead', value: [0, 8] }] },
        {
          op: 'extract_VL',
          parameters: [{ type: 'regular', value: 'o' }, expression(operation('*', field('scalars', 'x'), hex(8)))],
        },
      ],
      transitions: [],
      transition_key: [],
    },
  ];
  json.deparsers[0]!.order = ['h', 's[0]', 's[1]', 's[2]', 'o'];
  json.actions = [
    action(0, 'forward', [
      primitive('register_read', field('scalars', 'y'), { type: 'register_array', value: 'r' }, field('h', 'b')),
      primitive('count', { type: 'counter_array', value: 'c' }, field('h', 'b')),
      primitive(
        'modify_field_with_hash_based_offset',
        field('scalars', 'x'),
        hex(0),
        { type: 'calculation', value: 'crc' },
        hex(7),
      ),
      primitive(
        'register_write',
        { type: 'register_array', value: 'r' },
        field('scalars', 'x'),
        expression(operation('+', field('scalars', 'y'), hex(1))),
      ),
      primitive('pop', { type: 'header_stack', value: 's' }, hex(1)),
      assign(field('standard_metadata', 'egress_spec'), expression(operation('&', field('h', 'b'), hex(3)))),
    ]),
  ];
  return json;
}

/** Paths of all values in a JSON value. */
function paths(value: unknown, prefix: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (value === null || typeof value !== 'object') return [prefix];
  const inner = Object.entries(value).flatMap(([key, each]) =>
    paths(each, [...prefix, Array.isArray(value) ? Number(key) : key]),
  );
  return prefix.length === 0 ? inner : [prefix, ...inner];
}

const ALL_PATHS = paths(rich());
const packet = fc.uint8Array({ maxLength: 40 });

test('programs changed at random are refused with a place or run', () => {
  const replacement = fc.oneof(
    fc.constant(undefined),
    fc.constant(null),
    fc.integer({ min: -2, max: 70 }),
    fc.constantFrom('', 'h', 'start', '0x', '0xffffffffff', 'default', '*'),
    // New ones each time: a later change may be made inside.
    fc.constant(undefined).map(() => []),
    fc.constant(undefined).map(() => ({})),
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(ALL_PATHS.length - 1), replacement), { minLength: 1, maxLength: 3 }),
      fc.array(packet, { maxLength: 3 }),
      (changes, packets) => {
        const json: unknown = rich();
        for (const [which, value] of changes) {
          const path = ALL_PATHS[which]!;
          let parent = json as Record<string | number, unknown>;
          for (const step of path.slice(0, -1)) parent = (parent?.[step] ?? {}) as Record<string | number, unknown>;
          if (typeof parent === 'object') parent[path.at(-1)!] = value;
        }
        try {
          // What a file can hold: no holes in lists, and nothing that is undefined.
          const read = JSON.parse(JSON.stringify(json)) as object;
          const plane = new DataPlane(loadProgram(read), { output: () => {} });
          for (const bytes of packets) plane.receive(1, bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(ProgramError);
        }
      },
    ),
    { numRuns: Number(process.env.MOORING_FUZZ_RUNS ?? 400) },
  );
});

test('random packets come out or are counted, and what is behind the parsed headers stays as it was', () => {
  let sent = 0;
  const plane = new DataPlane(loadProgram(rich()), { output: () => sent++ });
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom(0, 1, 2, 3), packet), { minLength: 1, maxLength: 20 }), (packets) => {
      for (const [kind, bytes] of packets) {
        const before = sent + plane.drops.reduce((sum, count) => sum + count, 0);
        if (bytes.length > 3) bytes.set([0, 0, 0, kind]);
        plane.receive(0, bytes);
        expect(sent + plane.drops.reduce((sum, count) => sum + count, 0)).toBe(before + 1);
      }
    }),
  );
});
