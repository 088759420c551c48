/** Warnings: what deserves one, and what must not have one. */
import { describe, expect, test } from 'vitest';
import { check } from './support.ts';

describe('warnings', () => {
  test.each([
    ['state without transition', 'parser p() { state start { } }', 'parser-transition'],
    ['value too wide', 'const bit<4> a = 16;', 'overflow'],
    ['negative value without sign', 'const bit<4> a = -1;', 'mismatch'],
    ['shift by the whole width', 'control c(inout bit<8> x) { apply { x = x << 8; } }', 'overflow'],
    ['local that hides', 'const int a = 1; control c() { bit<8> a = 1; apply { } }', 'shadow'],
    [
      'constant key',
      'control c() { table t { key = { 8w1 : exact; } actions = { NoAction; } } apply { t.apply(); } }',
      'ignore-prop',
    ],
    ['unused constant', 'const int a = 1;', 'unused'],
    [
      'unused action parameter',
      'control c() { action a(bit<8> x) { } table t { actions = { a; } } apply { t.apply(); } }',
      'unused',
    ],
    ['accept that is never reached', 'parser p() { state start { transition reject; } }', 'unreachable'],
  ])('%s', (_, source, expected) => {
    expect(check(source).warnings.map((each) => each.split(' ')[1])).toContain(expected);
  });

  test('nothing is unused that is used, silenced, or part of an interface', () => {
    const { warnings } = check(`const int used = 1; @noWarn("unused") const int silent = 2;
header h_t { bit<8> f; } enum e_t { a, b }
control c(inout h_t h, in bit<8> interface) { apply { h.f = used; } }
control C(inout h_t h, in bit<8> interface); package top(C c); top(c()) main;`);
    expect(warnings).toEqual([]);
  });
});

describe('what is used before it has a value', () => {
  const inControl = (statements: string): string[] =>
    check(`header h_t { bit<8> f; } control c(inout h_t h, in bool b) { apply { ${statements} } }
control C(inout h_t h, in bool b); package top(C c); top(c()) main;`)
      .warnings.map((each) => each.split(' ')[1]!)
      .filter((each) => each.startsWith('uninit') || each === 'invalid-header');

  test.each<[string, string, string[]]>([
    ['read of a fresh variable', 'bit<8> x; h.f = x;', ['uninitialized-use']],
    ['written on one path only', 'bit<8> x; if (b) { x = 1; } h.f = x;', ['uninitialized-use']],
    ['written on both paths', 'bit<8> x; if (b) { x = 1; } else { x = 2; } h.f = x;', []],
    ['the other path returns', 'bit<8> x; if (b) { x = 1; } else { return; } h.f = x;', []],
    ['field of a header that is not valid', 'h_t k; k.f = 1;', ['invalid-header']],
    ['field of a header made invalid', 'h.setInvalid(); h.f = 1;', ['invalid-header']],
    ['validity asked for', 'if (b) { h.setInvalid(); } if (h.isValid()) { h.f = 1; }', []],
    ['valid on one path only', 'h_t k; if (b) { k.setValid(); } k.f = 1;', ['invalid-header']],
    ['ruled out by a constant', 'bit<8> x; if (false) { h.f = x; } h.f = true ? 8w1 : x;', []],
    ['silenced around it', 'bit<8> x; @noWarn("uninitialized-use") { h.f = x; }', []],
    ['copied with its validity', 'h_t k; h = k; h.f = 1;', ['uninitialized-use', 'invalid-header']],
  ])('%s', (_, statements, expected) => {
    expect(inControl(statements)).toEqual(expected);
  });

  test.each<[string, string, number[]]>([
    ['a member of a union ends the others', 'u.a.setValid(); u.b.setValid();\nu.a.f = 1;\nu.b.f = 1;', [3]],
    ['one that is copied as well', 'u.b.setValid(); u.a = u.b;\nu.a.f = 1;\nu.b.f = 1;', [4]],
    ['an element chosen at run time, none valid', '\ns[i].f = 1;\ns[i].f = 2;', [3, 4]],
    ['an element chosen at run time, one valid', 's[1].setValid();\ns[i].f = 1;', []],
    ['a header that an action gets', 'h_t k;\nset(k);', [1]],
    ['a header that an action makes valid', 'h_t k;\nmake(k);\nk.f = 1;', []],
  ])('validity: %s', (_, statements, lines) => {
    const { warnings } =
      check(`header h_t { bit<8> f; } header_union u_t { h_t a; h_t b; } control c(in bit<1> i) { action set(inout h_t x) { x.f = 1; } action make(inout h_t x) { x.setValid(); }
apply { u_t u; h_t[2] s; ${statements} } }
control C(in bit<1> i); package top(C c); top(c()) main;`);
    const found = warnings.filter((each) => each.endsWith('invalid-header')).map((each) => Number(each.split(' ')[0]));
    expect(found).toEqual(lines);
  });

  test('an out parameter without a value', () => {
    const { warnings } = check(
      'void f(out bit<8> x, in bool b) { if (b) { x = 1; } } control c() { bit<8> y; apply { f(y, true); } }',
    );
    expect(warnings).toContain('1 uninitialized-out-param');
  });

  test('what nothing refers to has no other warning', () => {
    const { warnings } = check('control c(out bit<8> x) { apply { bit<8> y; x = y; } }');
    expect(warnings).toEqual(['1 unused', '- missing']);
  });
});
