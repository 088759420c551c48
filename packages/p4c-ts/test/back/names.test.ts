/**
 * Names that the program does not give, or gives several times: of objects that a table makes in place (those that p4c
 * writes where there is an annotation, else one that nothing else has), and of variables.
 */
import { expect, test } from 'vitest';
import { compileBack, programAround } from './support.ts';

const tables = `
action a(bit<8> x) { hdr.data.a = x; }
table t { key = { hdr.data.b : exact; } actions = { a; } counters = direct_counter(CounterType.packets); }
table u { key = { hdr.data.b : exact; } actions = { a; } @name("hits") counters = direct_counter(CounterType.packets); }
table v { key = { hdr.data.b : exact; } actions = { a; } @name(".all") implementation = action_profile(8); }
table w { key = { hdr.data.b : exact; } actions = { a; } implementation = action_profile(8); }
`;

test('objects made in table properties have names of their own', () => {
  const { json, errors } = compileBack('main.p4', programAround('t.apply(); u.apply(); v.apply(); w.apply();', tables));
  expect(errors).toEqual([]);
  const { counter_arrays, pipelines } = json as unknown as {
    counter_arrays: { name: string }[];
    pipelines: { action_profiles: { name: string }[] }[];
  };
  expect(counter_arrays.map(({ name }) => name)).toEqual(['TestIngress.work.t.counters', 'hits']);
  expect(pipelines[0]!.action_profiles.map(({ name }) => name)).toEqual(['all', 'TestIngress.work.w.implementation']);
});

test('variables of one name are numbered, past the names that others were given', () => {
  const scopes = ['x_1', 'x', 'x', 'x', 'x_3', 'x_2', 'x_1', 'x_01'].map((name) => `{ bit<8> ${name} = hdr.data.a; }`);
  const { ir, errors } = compileBack('main.p4', programAround(scopes.join('\n')));
  expect(errors).toEqual([]);
  const names = ir!.variables.map(({ name }) => name).filter((name) => name.startsWith('x'));
  expect(names).toEqual(['x_1', 'x', 'x_2', 'x_3', 'x_3_1', 'x_2_1', 'x_1_1', 'x_01']);
});

test('variables of one structure have its fields behind their own names', () => {
  const scopes = ['pair', 'other', 'pair'].map((name) => `{ pair_t ${name}; ${name}.first = hdr.data.a; }`);
  const program = `struct pair_t { bit<8> first; bit<8> second; }\n${programAround(scopes.join('\n'))}`;
  const { ir, errors } = compileBack('main.p4', program);
  expect(errors).toEqual([]);
  const names = ir!.variables.map(({ name }) => name).filter((name) => name.includes('.'));
  expect(names.filter((name) => !name.startsWith('userMetadata'))).toEqual([
    'pair.first',
    'pair.second',
    'other.first',
    'other.second',
    'pair.first_1',
    'pair.second_1',
  ]);
});
