// `stack.last` as a whole header, which p4c writes as a field named `last`: the element extracted last, or nothing
// where there is none.
import { expect, test } from 'vitest';
import { base, extract, run } from './support/program.ts';

/**
 * Extracts `count` elements of a stack and copies the last one to the header `copy`, which leaves in front of the
 * stack.
 */
function program(count: number): object {
  const json = base();
  json.header_types.push({ name: 'e_t', id: 3, fields: [['v', 8, false]] });
  for (const [i, name] of ['s[0]', 's[1]', 'copy'].entries())
    json.headers.push({ name, id: 3 + i, header_type: 'e_t', metadata: false });
  json.header_stacks.push({ name: 's', id: 0, header_type: 'e_t', size: 2, header_ids: [3, 4] });
  const copyLast = {
    op: 'assign_header',
    parameters: [
      { type: 'header', value: 'copy' },
      { type: 'expression', value: { type: 'stack_field', value: ['s', 'last'] } },
    ],
  };
  json.parsers[0]!.parse_states = [
    {
      name: 'start',
      id: 0,
      parser_ops: [
        extract('h'),
        ...Array.from({ length: count }, () => ({ op: 'extract', parameters: [{ type: 'stack', value: 's' }] })),
        { op: 'primitive', parameters: [copyLast] },
      ],
      transitions: [{ type: 'default', value: null, mask: null, next_state: null }],
      transition_key: [],
    },
  ];
  json.deparsers = [{ name: 'deparser', id: 0, order: ['copy', 'h', 's[0]', 's[1]'] }];
  return json;
}

test.each([
  [2, 'bb'],
  [1, 'aa'],
  [0, ''],
])('of %i elements', (count, copied) => {
  const { send } = run(program(count));
  const packet = '0000000000000000aabb';
  expect(send(0, packet)).toEqual([{ port: 1, bytes: `${copied}${packet}` }]);
});
