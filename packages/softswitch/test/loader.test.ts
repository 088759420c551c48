// Wrong programs are refused with the place and the reason.
import { ProgramError } from '@mooring/softswitch';
import { describe, expect, test } from 'vitest';
import {
  action,
  always,
  assign,
  base,
  EGRESS_SPEC,
  expression,
  field,
  hex,
  operation,
  primitive,
  run,
} from './support/program.ts';

type Program = ReturnType<typeof base>;

function errorOf(change: (program: Program) => void): string {
  const program = base();
  change(program);
  try {
    run(program);
  } catch (error) {
    if (error instanceof ProgramError) return error.message;
    throw error;
  }
  return 'no error';
}

const cases: [string, (program: Program) => void, string][] = [
  [
    'version',
    (p) => Object.assign(p.__meta__, { version: [3, 0] }),
    '__meta__.version: format version 3.0 is not supported, expected 2.0 to 2.24',
  ],
  [
    'one number for two errors',
    (p) =>
      Object.assign(p, {
        errors: [
          ['NoError', 0],
          ['Mine', 0],
        ],
      }),
    "errors[1][1]: the error 'NoError' has the number 0 already",
  ],
  [
    'unknown header',
    (p) => void (p.deparsers[0]!.order = ['g']),
    "deparsers[0].order[0]: no header is named 'g', did you mean 'h'?",
  ],
  [
    'unknown field',
    (p) => void (p.actions = [action(0, 'forward', [assign(field('h', 'c'), hex(1))])]),
    "actions[0].primitives[0].parameters[0].value[1]: header type 'h_t' has no field 'c', did you mean 'a'?",
  ],
  [
    'unknown primitive',
    (p) => void (p.actions = [action(0, 'forward', [primitive('assing', EGRESS_SPEC, hex(1))])]),
    "actions[0].primitives[0].op: this switch has no primitive 'assing' (externs of your own cannot be loaded), did you mean 'assign'?",
  ],
  [
    'argument count',
    (p) => void (p.actions = [action(0, 'forward', [primitive('assign', EGRESS_SPEC)])]),
    "actions[0].primitives[0]: 'assign' takes 2 parameters, found 1",
  ],
  [
    'argument type',
    (p) => void (p.actions = [action(0, 'forward', [primitive('add_header', hex(1))])]),
    'actions[0].primitives[0].parameters[0]: expected header, found data',
  ],
  [
    'runtime data',
    (p) => void (p.actions = [action(0, 'forward', [assign(EGRESS_SPEC, { type: 'runtime_data', value: 0 })])]),
    'actions[0].primitives[0].parameters[1].value: refers to parameter 0, but the action has 0',
  ],
  [
    'operator',
    (p) =>
      void (p.actions = [action(0, 'forward', [assign(EGRESS_SPEC, expression(operation('**', hex(1), hex(2))))])]),
    "actions[0].primitives[0].parameters[1].value.value.op: unknown operator '**'",
  ],
  [
    'hash algorithm',
    (p) => void p.calculations.push({ name: 'c', id: 0, algo: 'crc33', input: [] }),
    "calculations[0].algo: unknown hash algorithm 'crc33', did you mean 'crc32'?",
  ],
  [
    'odd header',
    (p) => Object.assign(p.header_types[2]!, { fields: [['a', 7, false]] }),
    "headers[2]: header type 'h_t' is 7 bits long, which is not a whole number of bytes",
  ],
  [
    'missing metadata',
    (p) => void (p.header_types[0]!.fields = [['ingress_port', 9, false]]),
    "field_aliases[0][1][1]: header type 'standard_metadata_t' has no field 'ingress_global_timestamp'",
  ],
  [
    'no ingress',
    (p) => void (p.pipelines[0]!.name = 'input'),
    "pipelines: the program has no pipeline named 'ingress'",
  ],
  [
    'duplicate ids',
    (p) => void p.actions.push(action(0, 'other', [])),
    'actions[1].id: there are two actions with id 0',
  ],
  [
    'cycle',
    (p) => void (p.pipelines[0]!.tables = [always('start', 0, 0, 'forward', 'start')]),
    "pipelines[0]: the nodes of pipeline 'ingress' form a cycle",
  ],
  [
    'next node',
    (p) => void (p.pipelines[0]!.tables = [always('start', 0, 0, 'forward', 'nowhere')]),
    "pipelines[0].tables[0].next_tables.forward: no table, conditional or action call is named 'nowhere'",
  ],
  [
    'transition width',
    (p) =>
      Object.assign((p.parsers[0]!.parse_states as object[])[0]!, {
        transition_key: [field('h', 'a')],
        transitions: [{ type: 'hexstr', value: '0x0800', mask: null, next_state: null }],
      }),
    "parsers[0].parse_states[0].transitions[0].value: expected 4 bytes (the key's fields, each in whole bytes), found 2",
  ],
];

describe('loader', () => {
  test('accepts the program the cases are made from', () => {
    expect(errorOf(() => {})).toBe('no error');
  });

  test.each(cases)('%s', (_, change, message) => {
    expect(errorOf(change)).toBe(message);
  });

  test('text that is not JSON', () => {
    expect(() => run('{' as unknown as object)).toThrow(/the program is not JSON/);
  });
});
