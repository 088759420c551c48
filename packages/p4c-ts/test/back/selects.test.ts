/** Selects: in P4 the first case that matches counts, in the format the last default does. */
import { expect, test } from 'vitest';
import { compileBack } from './support.ts';

const program = (cases: string): string => `#include <v1model.p4>
header h_t { bit<8> f; } struct headers_t { h_t h; } struct metadata_t { }
parser P(packet_in p, out headers_t hdr, inout metadata_t m, inout standard_metadata_t s) {
  state start { p.extract(hdr.h); transition select(hdr.h.f) { ${cases} } }
  state a { hdr.h.f = 1; transition accept; }
  state b { hdr.h.f = 2; transition accept; }
}
control V(inout headers_t hdr, inout metadata_t m) { apply { } }
control I(inout headers_t hdr, inout metadata_t m, inout standard_metadata_t s) { apply { } }
control D(packet_out p, in headers_t hdr) { apply { p.emit(hdr); } }
V1Switch(P(), V(), I(), I(), V(), D()) main;`;

test.each([
  ['two defaults', '1: a; _: a; _: b;', ['a', 'a']],
  ['a mask of nothing', '0 &&& 0: b; 1: a;', ['b']],
])('%s: what comes after is left out', (_, cases, targets) => {
  const { json, errors } = compileBack('main.p4', program(cases));
  expect(errors).toEqual([]);
  const { parsers } = json as unknown as {
    parsers: { parse_states: { name: string; transitions: { next_state: string }[] }[] }[];
  };
  const start = parsers[0]!.parse_states.find(({ name }) => name === 'start')!;
  expect(start.transitions.map((each) => each.next_state)).toEqual(targets);
});
