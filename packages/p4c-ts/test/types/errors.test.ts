/** One line for each rule: a program that breaks it, and the class and line of the error that it gets. */
import { describe, expect, test } from 'vitest';
import { check } from './support.ts';

/** Wraps statements into a control with a few things to play with. */
const body = (statements: string): string =>
  `header h_t { bit<8> f; int<8> s; bit<16> w; } struct m_t { h_t h; h_t[4] hs; bool b; varbit<32> v; }
enum color_t { red, green } enum bit<8> code_t { one = 1, two = 2 } type bit<8> port_t;
control c(inout m_t m, in bit<8> i) { apply { bit<8> x = 0; code_t k = code_t.one; color_t q = color_t.red; ${statements} } }`;
const local = (declarations: string, apply = ''): string =>
  `header h_t { bit<8> f; } control c(inout h_t h) { ${declarations} apply { ${apply} } }`;
const inParser = (states: string): string => `header h_t { bit<8> f; } header v_t { varbit<8> v; }
parser p(packet_in b, out h_t h, out v_t v) { ${states} }`;

const rules: readonly [string, string, string][] = [
  // duplicates and the shape of declarations
  ['two fields of one name', 'struct s { bit a; bit a; }', '1 duplicate'],
  ['two parameters of one name', 'action a(bit x, bit x) {}', '1 duplicate'],
  ['two members of one name', 'enum e { a, a }', '1 duplicate'],
  ['two top-level names', 'const int a = 1; const int a = 2;', '1 duplicate'],
  ['two locals of one name', local('', 'bit a; bit a;'), '1 duplicate'],
  ['action listed twice', local('action a() {} table t { actions = { a; a; } }'), '1 duplicate'],
  ['methods that no call could tell apart', 'extern e { void f(in bit a); void f(in bool a); }', '1 duplicate'],
  ['constructor with a return type', 'extern e { void e(); }', '1 invalid'],
  ['constructor parameter with direction', 'control c()(in bit x) { apply {} }', '1 invalid'],
  [
    'state called accept',
    inParser('state start { transition accept; } state accept { transition reject; }'),
    '2 invalid',
  ],
  ['parser without start', inParser('state other { transition accept; }'), '2 invalid'],
  ['table without actions', local('table t { key = { h.f : exact; } }'), '1 expected'],
  ['default is not the last label', body('switch (x) { default: {} 1: {} }'), '3 invalid'],
  ['label given twice', body('switch (x) { 1: {} 1: {} }'), '3 invalid'],
  ['exit in a function', 'void f() { exit; }', '1 invalid'],
  ['break outside a loop', body('break;'), '3 invalid'],
  ['instance in an apply block', 'extern e { e(); } control c() { apply { e() x; } }', '1 invalid'],
  ['structured annotation twice', '@a[1] @a[2] const int x = 1;', '1 duplicate'],
  ['break of a form that annotations have', '@hidden(1) const int x = 1;', '1 syntax'],
  // names
  ['unknown name', body('y = 1;'), '3 not-found'],
  ['used before its declaration', 'const int a = b; const int b = 1;', '1 not-found'],
  ['unknown match kind', local('table t { key = { h.f : nearest; } actions = { NoAction; } }'), '1 not-found'],
  ['type inside itself', 'struct s { s x; }', '1 unsupported'],
  ['local hides a parameter', 'action a(in bit x) { bit x; }', '1 shadow'],
  ['this outside an abstract method', 'void f() { this.g(); }', '1 invalid'],
  // constants
  ['division by zero', 'const int a = 1 / 0;', '1 invalid'],
  ['division of negative numbers', 'const int a = -4 / 2;', '1 invalid'],
  ['different widths', 'const bit<8> a = 8w1 + 4w1;', '1 invalid'],
  ['(bool)2', 'const bool a = (bool)2;', '1 invalid'],
  ['width that is not constant', 'control c(in bit<8> x) { apply { bit<(x)> y; } }', '1 expected'],
  ['negative width', 'struct s { bit<(-1)> a; }', '1 invalid'],
  ['complement without a width', 'const int a = ~1;', '1 invalid'],
  ['shift by a negative amount', 'const int a = 1 << -1;', '1 invalid'],
  ['initializer of another width', 'const bit<8> a = 4w1;', '1 type-error'],
  // types of fields, parameters, variables
  ['string in a struct', 'struct s { string a; }', '1 type-error'],
  ['error in a header', 'header h { error e; }', '1 type-error'],
  ['bit in a union', 'header_union u { bit<8> a; }', '1 type-error'],
  ['enum over a type', 'type bit<8> t; enum t e { a = 1 }', '1 type-error'],
  ['enum value out of range', 'enum bit<2> e { a = 4 }', '1 type-error'],
  ['type over a struct', 'struct s {} type s t;', '1 type-error'],
  ['generic type without arguments', 'struct s<T> { T a; } struct r { s x; }', '1 type-error'],
  ['wrong number of type arguments', 'struct s<T> { T a; } struct r { s<bit, bit> x; }', '1 type-error'],
  ['type arguments of a plain type', 'struct s { } struct r { s<bit> x; }', '1 type-error'],
  ['int variable', body('int y;'), '3 type-error'],
  ['extern variable', 'extern e { } control c() { e x; apply {} }', '1 type-error'],
  ['directed int parameter', 'void f(in int x) {}', '1 type-error'],
  ['directed string parameter', 'extern void f(in string x);', '1 type-error'],
  ['directionless before directed', 'action a(bit x, in bit y) {}', '1 type-error'],
  ['out parameter with a default', 'void f(out bit x = 1) {}', '1 invalid'],
  // expressions
  ['operands of different widths', body('m.h.w = m.h.w + x;'), '3 type-error'],
  ['operands of different signs', body('x = x + m.h.s;'), '3 type-error'],
  ['bool in arithmetic', body('x = x + m.b;'), '3 type-error'],
  ['! of a number', body('m.b = !x;'), '3 type-error'],
  ['division of signed values', body('m.h.s = m.h.s / 2;'), '3 type-error'],
  ['signed shift amount', body('x = x << m.h.s;'), '3 type-error'],
  ['shift of a number without width by a variable', body('x = 1 << x;'), '3 type-error'],
  ['concatenation without width', body('m.h.w = x ++ 1;'), '3 type-error'],
  ['comparison of different types', body('m.b = x == m.b;'), '3 type-error'],
  ['order of enums', body('m.b = q < color_t.green;'), '3 type-error'],
  ['condition that is not bool', body('if (x) {}'), '3 type-error'],
  ['?: without any width', body('x = m.b ? 1 : 2;'), '3 type-error'],
  ['?: of different types', body('x = m.b ? x : m.b;'), '3 type-error'],
  ['unknown field', body('x = m.h.g;'), '3 type-error'],
  ['unknown enum member', body('q = color_t.blue;'), '3 type-error'],
  ['unknown error', body('m.b = error.Odd == error.NoMatch;'), '3 type-error'],
  ['slice the wrong way round', body('x[3:4] = 0;'), '3 type-error'],
  ['slice beyond the width', body('x[8:0] = 0;'), '3 type-error'],
  ['variable slice', body('x = m.h.w[x:0];'), '3 type-error'],
  ['index beyond the stack', body('x = m.hs[4].f;'), '3 type-error'],
  ['index into a header', body('x = m.h[0];'), '3 type-error'],
  ['next outside a parser', body('x = m.hs.next.f;'), '3 type-error'],
  ['cast between signs and widths at once', body('m.h.s = (int<8>)m.h.w;'), '3 type-error'],
  ['cast to a struct', body('m = (m_t)x;'), '3 type-error'],
  ['number to an enum', body('k = 1;'), '3 type-error'],
  ['new type from its original', body('port_t p = x;'), '3 type-error'],
  ['list of the wrong length', body('m.h = { 1, 2 };'), '3 type-error'],
  ['structure without a field', body('m.h = { f = 1, s = 2 };'), '3 type-error'],
  ['structure with an unknown field', body('m.h = { f = 1, s = 2, w = 3, z = 4 };'), '3 type-error'],
  ['type where a value is expected', body('x = h_t.f;'), '3 type-error'],
  // assignments
  ['assignment to an in parameter', body('i = 1;'), '3 type-error'],
  ['assignment to a constant', 'const bit k = 1; control c() { apply { k = 0; } }', '1 type-error'],
  ['assignment to a call', 'bit f() { return 1; } control c() { apply { f() = 1; } }', '1 syntax'],
  ['assignment of another type', body('x = m.h.w;'), '3 type-error'],
  ['compound assignment to bool', body('m.b += 1;'), '3 type-error'],
  // calls
  ['too few arguments', body('verify(true);'), '3 type-error'],
  ['too many arguments', body('m.h.setValid(1);'), '3 type-error'],
  ['unknown method', body('m.h.clear();'), '3 type-error'],
  ['argument of another type', `void f(in bool a) {} ${body('f(x);')}`, '3 type-error'],
  ['constant for an out parameter', `void f(out bit<8> a) {} ${body('f(1);')}`, '3 type-error'],
  ['_ for an in parameter', `void f(in bit<8> a) {} ${body('f(_);')}`, '3 type-error'],
  ['argument that is not constant', `extern void f(bit<8> a); ${body('f(x);')}`, '3 type-error'],
  ['unknown argument name', `void f(in bit<8> a) {} ${body('f(b = x);')}`, '3 type-error'],
  ['named and unnamed arguments', `void f(in bit<8> a, in bit<8> b) {} ${body('f(x, b = x);')}`, '3 invalid'],
  ['argument given twice', `void f(in bit<8> a, in bit<8> b) {} ${body('f(a = x, a = x);')}`, '3 duplicate'],
  ['type parameter for two types', `void f<T>(in T a, in T b) {} ${body('f(x, m.h.w);')}`, '3 type-error'],
  ['no width for a type parameter', `extern void f<T>(in T a); ${body('f(1);')}`, '3 type-error'],
  ['type parameter that nothing determines', `extern T f<T>(); ${body('x = f();')}`, '3 type-error'],
  ['setValid of an in parameter', 'header h_t {} control c(in h_t h) { apply { h.setValid(); } }', '1 type-error'],
  [
    'table applied in an action',
    local('table t { actions = { NoAction; } } action a() { t.apply(); }'),
    '1 type-error',
  ],
  ['action called in a function', 'action a() {} void f() { a(); }', '1 type-error'],
  ['action called in a parser', `action a() {} ${inParser('state start { a(); transition accept; }')}`, '2 type-error'],
  [
    'action_run outside a switch',
    local('table t { actions = { NoAction; } }', 'bool b = t.apply().action_run == 1;'),
    '1 type-error',
  ],
  // actions in tables
  ['direction without argument', local('action a(in bit x) {} table t { actions = { a; } }'), '1 type-error'],
  ['control-plane data bound in the list', local('action a(bit x) {} table t { actions = { a(1); } }'), '1 type-error'],
  [
    'default action that is not listed',
    local('action a() {} table t { actions = { NoAction; } default_action = a(); }'),
    '1 type-error',
  ],
  [
    'default action without its data',
    local('action a(bit x) {} table t { actions = { a; } default_action = a(); }'),
    '1 type-error',
  ],
  [
    'other argument in the default action',
    local('action a(in bit<8> x) {} table t { actions = { a(h.f); } default_action = a(1); }'),
    '1 type-error',
  ],
  ['key of a header', local('table t { key = { h : exact; } actions = { NoAction; } }'), '1 type-error'],
  ['key without a name', local('table t { key = { h.f + 1 : exact; } actions = { NoAction; } }'), '1 expected'],
  [
    'entry with too few keys',
    local(
      'table t { key = { h.f : exact; h.f : exact @name("g"); } actions = { NoAction; } entries = { 1 : NoAction(); } }',
    ),
    '1 type-error',
  ],
  [
    'entry of another type',
    local('table t { key = { h.f : exact; } actions = { NoAction; } entries = { true : NoAction(); } }'),
    '1 type-error',
  ],
  ['entries without a key', local('table t { actions = { NoAction; } entries = { 1 : NoAction(); } }'), '1 type-error'],
  [
    'entries before the key',
    local('table t { entries = { 1 : NoAction(); } key = { h.f : exact; } actions = { NoAction; } }'),
    '1 type-error',
  ],
  [
    'the same entry twice',
    `${local('table t { key = { h.f : exact; } actions = { NoAction; } const entries = { 1 : NoAction(); 1 : NoAction(); } }')}`,
    '1 keys',
  ],
  [
    'mask that is no prefix',
    local('table t { key = { h.f : lpm; } actions = { NoAction; } const entries = { 8w5 &&& 5 : NoAction(); } }'),
    '1 invalid',
  ],
  ['size that is not a number', local('table t { actions = { NoAction; } size = true; }'), '1 invalid'],
  [
    'label that is no action',
    local('action o() {} table t { actions = { NoAction; } }', 'switch (t.apply().action_run) { o: {} }'),
    '1 type-error',
  ],
  [
    'table in its own key',
    local('table t { key = { t.apply().hit : exact @name("k"); } actions = { NoAction; } }'),
    '1 type-error',
  ],
  // parsers
  ['select on a header', inParser('state start { transition select(h) { _ : accept; } }'), '2 type-error'],
  ['case of another type', inParser('state start { transition select(h.f) { true : accept; } }'), '2 type-error'],
  [
    'case with too many values',
    inParser('state start { transition select(h.f) { (1, 2) : accept; } }'),
    '2 type-error',
  ],
  [
    'select into something else',
    inParser('bit<8> z; state start { transition select(h.f) { 1 : z; } }'),
    '2 type-error',
  ],
  ['extract of a number', inParser('state start { b.extract(h.f); transition accept; }'), '2 type-error'],
  ['extract of a varbit without size', inParser('state start { b.extract(v); transition accept; }'), '2 type-error'],
  [
    'extract with a size and no varbit',
    inParser('state start { b.extract(h, 8); transition accept; }'),
    '2 type-error',
  ],
  ['verify outside a parser', local('', 'verify(true, error.NoMatch);'), '1 type-error'],
  [
    'parser that never ends',
    inParser('state start { transition other; } state other { transition start; }'),
    '2 unreachable',
  ],
  // functions, instances, packages
  ['no value on some path', 'bit<8> f(in bool b) { if (b) { return 1; } }', '1 insufficient'],
  ['value of a void function', 'void f() { return 1; }', '1 type-error'],
  ['nothing from a function with a result', 'bit f() { return; }', '1 type-error'],
  ['instance of a struct', 'struct s {} control c() { s() x; apply {} }', '1 type-error'],
  ['instance of a control that is only declared', 'control k(); control c() { k() x; apply {} }', '1 type-error'],
  ['the same as an argument', 'parser k(); package p(k x);\np(k()) main;', '2 type-error'],
  ['no such constructor', 'extern e { e(bit<8> x); } control c() { e() x; apply {} }', '1 type-error'],
  [
    'constructor argument that is not constant',
    'extern e { e(bit<8> x); } control c(in bit<8> y) { e(y) x; apply {} }',
    '1 type-error',
  ],
  [
    'abstract method without implementation',
    'extern e { e(); abstract void f(); } control c() { e() x; apply {} }',
    '1 type-error',
  ],
  [
    'abstract method of another type',
    'extern e { e(); abstract bit f(); } control c() { e() x = { void f() {} }; apply {} }',
    '1 type-error',
  ],
  ['parser at the top level', 'parser p() { state start { transition accept; } } p() q;', '1 invalid'],
  [
    'control of other parameters',
    'control t(in bit x); package k(t a); control c(out bit x) { apply { x = 0; } } k(c()) main;',
    '1 type-error',
  ],
  ['main that is no package', 'extern e { e(); } e() main;', '1 expected'],
  ['false assertion', 'const bool a = static_assert(1 == 2, "one is not two");', '1 expected'],
  [
    'two actions of one name for the control plane',
    '@name(".x") action a() {} @name(".x") action b() {} control c() { apply { a(); b(); } }',
    '1 duplicate',
  ],
  ['action called without its data', 'action a(bit x) {} control c() { apply { a(); } }', '1 uninitialized'],
];

describe('every rule has its error', () => {
  test.each(rules)('%s', (_, source, expected) => {
    const { errors } = check(source);
    expect(errors[0] ?? 'none').toBe(expected);
  });
});

describe('errors are few', () => {
  test('a mistake in one place gives one message', () => {
    expect(check(body('x = m.nothing.f + 1; x = (y + 1)[3:0] ++ 4w1; m.b = !x.f;')).errors).toEqual(['3 not-found']);
    expect(check(body('bit<8> z = m.nothing.f + 1; z = z + 1; m.b = z == 2 && m.nothing;')).errors).toEqual([
      '3 type-error',
      '3 type-error',
    ]);
  });

  test('a near name is suggested', () => {
    const { diagnostics } = check(body('x = m.hss[0].f;'));
    expect(diagnostics.find((item) => item.severity === 'error')?.suggestion).toBe("did you mean 'hs'?");
  });
});
