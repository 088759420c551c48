// The trace of a packet, as data and as text, on the tables and registers of the running program.
import { DataPlane, encodeArguments, formatTrace, loadProgram } from '@mooring/softswitch';
import { expect, test } from 'vitest';
import { action, assign, base, EGRESS_SPEC, field, hex, primitive, run } from './support/program.ts';

function program() {
  const json = base();
  json.actions = [
    action(
      0,
      'to',
      [assign(EGRESS_SPEC, { type: 'runtime_data', value: 0 }), assign(field('h', 'b'), hex(7))],
      [['port', 9]],
    ),
    action(1, 'drop', [primitive('mark_to_drop', { type: 'header', value: 'standard_metadata' })]),
  ];
  Object.assign(json.pipelines[0]!, {
    tables: [
      {
        name: 'start',
        id: 0,
        key: [
          { match_type: 'exact', name: 'port', target: ['standard_metadata', 'ingress_port'] },
          { match_type: 'ternary', name: 'a', target: ['h', 'a'] },
        ],
        match_type: 'ternary',
        type: 'simple',
        max_size: 16,
        action_ids: [0, 1],
        actions: ['to', 'drop'],
        next_tables: { to: null, drop: null },
        default_entry: { action_id: 1, action_const: false, action_data: [], action_entry_const: false },
      },
    ],
  });
  return json;
}

test('a trace tells states, lookups with what did not match, actions, changes and outputs', () => {
  const plane: DataPlane = new DataPlane(loadProgram(program()), { output: () => {} });
  const entry = (slot: number, port: bigint, a: bigint) =>
    plane.tables[0]!.insert(
      slot,
      [
        { kind: 'exact', value: port },
        { kind: 'ternary', value: a, mask: 0xffn },
      ],
      1,
      { kind: 'action', action: 0, data: encodeArguments(plane.program, 0, [4n]) },
      0,
    );
  entry(0, 1n, 0x11n);
  entry(1, 2n, 0x11n);
  entry(2, 2n, 0x22n);
  const events = plane.trace(2, Uint8Array.from(Buffer.from('0000ff2200000002', 'hex')));
  expect(formatTrace(events)).toBe(
    [
      'received at port 2: 8 bytes 0000ff2200000002',
      '  parser state start',
      '    extract h: a=0xff22 b=0x2',
      '  ingress',
      '    table start (port=0x2 a=0xff22): hit, entry 2',
      '      not entry 0: port differs',
      '      not entry 1: a differs',
      '      action to(port=0x4)',
      '        standard_metadata.egress_spec = 0x4',
      '        h.b = 0x7',
      '  egress',
      '    emit h',
      'sent to port 4: 8 bytes 0000ff2200000007',
    ].join('\n'),
  );
});

test('a drop is told with its reason, and later packets take the fast code again', () => {
  const { plane, send } = run(program());
  const events = plane.trace(1, Uint8Array.from(Buffer.from('00000001', 'hex')));
  expect(events.map((event) => event.kind)).toEqual([
    'received',
    'parser state',
    'parser error',
    'pipeline',
    'table',
    'action',
    'drop',
  ]);
  expect(events.at(-1)).toEqual({ kind: 'drop', reason: 'ingress' });
  expect(send(1, '0000000100000002')).toEqual([]);
});
