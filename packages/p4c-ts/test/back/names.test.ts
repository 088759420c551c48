/** Names of objects that a table makes in place: those that p4c writes where there is an annotation, else one that nothing else has. */
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
