/** Whatever the program is, there are diagnostics or a result, never an exception: seeded damage to a rich program. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { check } from './support.ts';

const PROGRAM = `
typedef bit<8> byte_t; type byte_t port_t; enum color_t { red, green } enum bit<4> code_t { one = 1, two = 2 }
header h_t { bit<8> f; bit<16> w; } header v_t { varbit<32> v; } header_union u_t { h_t a; v_t b; }
struct pair_t<T> { T a; T b; } struct m_t { h_t h; h_t[3] hs; u_t u; pair_t<bit<8>> p; bool ok; port_t port; }
extern counter_t<I> { counter_t(bit<32> size); void count(in I index); bit<32> read(in I index); }
extern bit<8> hash_t<T>(in T data, in bit<8> seed = 0);
const bit<8> LIMIT = 8w10 + 5; const tuple<bit<8>, bool> DEFAULTS = { 1, true };
bit<8> least(in bit<8> a, in bit<8> b) { if (a < b) { return a; } return b; }
parser p(packet_in b, out m_t m) {
  value_set<bit<8>>(4) known;
  state start { b.extract(m.h); transition select(m.h.f, m.h.w) { (1, _) : more; (2 &&& 3, 4 .. 5) : accept; (known, _) : more; default : reject; } }
  state more { b.extract(m.hs.next); transition select(m.hs.last.f) { 0 : accept; _ : more; } }
}
control d(inout m_t m)(bit<8> n) { apply { m.h.f = n; } }
control c(inout m_t m) {
  counter_t<bit<8>>(16) hits; d(3) inner;
  action set(inout h_t h, bit<8> v) { h.f = v; h.w = v ++ 8w0; }
  table t { key = { m.h.f : exact; m.h.w[7:0] : ternary @name("low"); } actions = { set(m.h); NoAction; }
    default_action = set(m.h, 1); const entries = { (1, 2 &&& 3) : set(m.h, 4); (2, _) : NoAction(); } size = 64; }
  apply {
    m.p = { 1, least(m.h.f, LIMIT) }; m.hs.push_front(1); m.hs[0] = { f = 1, w = 2 }; m.ok = m.u.isValid();
    if (t.apply().hit && m.h.isValid()) { hits.count(m.h.f); } else { inner.apply(m); }
    switch (t.apply().action_run) { set: { m.h.setInvalid(); } default: {} }
    for (bit<8> i in 0 .. 3) { m.h.f += hash_t({ i, m.h.w }); if (i == 2) { break; } }
    m.h.f = (bit<4>)(m.ok ? code_t.one : code_t.two) ++ 4w0 == 8w16 ? m.h.f |+| 3 : ~m.h.f >> 2;
  }
}
parser P<M>(packet_in b, out M m); control C<M>(inout M m); package top<M>(P<M> p, C<M> c); top(p(), c()) main;
`;
const TOKENS = PROGRAM.match(/[A-Za-z_]\w*|\d+[ws]?\d*|"[^"]*"|&&&|\.\.|\|\+\||[-+&|=!<>]=|<<|>>|\+\+|&&|\|\||\S/g)!;

describe('robustness', () => {
  test('the undamaged program is correct', () => {
    expect(check(PROGRAM).errors).toEqual([]);
  });

  test('damaged programs never make the checker throw', () => {
    const index = fc.nat({ max: TOKENS.length - 1 });
    const damage = fc.record({ at: index, from: index, kind: fc.constantFrom('replace', 'swap', 'remove', 'repeat') });
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 3 }), (damages) => {
        const tokens = [...TOKENS];
        for (const { at, from, kind } of damages) {
          if (kind === 'replace') tokens[at] = TOKENS[from]!;
          else if (kind === 'swap') [tokens[at], tokens[from]] = [tokens[from]!, tokens[at]!];
          else if (kind === 'remove') tokens[at] = '';
          else tokens[at] = `${tokens[at]} ${tokens[at]}`;
        }
        const { typed, errors } = check(tokens.join(' '));
        expect(typed === undefined).toBe(errors.length > 0);
      }),
      { numRuns: 400 },
    );
  });
});
