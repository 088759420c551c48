/**
 * The parser: constructs that print back as written, shapes of the tree that are easy to get wrong, errors and
 * recovery.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Expression } from '../../src/2-parse/ast.ts';
import { parseProgram } from '../../src/2-parse/parse.ts';
import { printProgram } from '../../src/2-parse/print.ts';
import { parsed, preprocessed } from './support.ts';

const PRELUDE = `
extern packet_in { void extract<T>(out T hdr); T lookahead<T>(); }
header H { bit<8> f; bit<16> g; }
struct S { H h; H[4] stack; }
typedef bit<8> T;
enum bit<8> E { A = 1, B = 2 }
`;

/** The initializer of `const` declaration `x` in a program that declares some types. */
function expression(text: string): Expression {
  const { program, messages } = parsed(`${PRELUDE}const int x = ${text};`);
  expect(messages).toEqual([]);
  const last = program.declarations.at(-1);
  if (last?.kind !== 'ConstantDeclaration') throw new Error('no constant');
  return last.value;
}

/** The tree as nested lists, for comparing its shape. */
function shape(node: Expression): string {
  switch (node.kind) {
    case 'BinaryExpression':
      return `(${shape(node.left)} ${node.operator} ${shape(node.right)})`;
    case 'UnaryExpression':
      return `(${node.operator}${shape(node.operand)})`;
    case 'ConditionalExpression':
      return `(${shape(node.condition)} ? ${shape(node.whenTrue)} : ${shape(node.whenFalse)})`;
    case 'CastExpression':
      return `cast(${node.type.kind}, ${shape(node.operand)})`;
    case 'CallExpression':
      return `call(${shape(node.callee)}${(node.typeArguments ?? []).map((type) => `, <${type.kind}>`).join('')}${node.arguments
        .map((item) => `, ${shape(item.value)}`)
        .join('')})`;
    case 'ConstructorCallExpression':
      return `new(${node.arguments.map((item) => shape(item.value)).join(', ')})`;
    case 'MemberExpression':
      return `${shape(node.target)}.${node.member.name}`;
    case 'TypeNameExpression':
      return `type`;
    case 'IndexExpression':
      return `${shape(node.target)}[${shape(node.index)}]`;
    case 'SliceExpression':
      return `${shape(node.target)}[${shape(node.high)}:${shape(node.low)}]`;
    case 'PathExpression':
      return `${node.absolute ? '.' : ''}${node.name.name}`;
    case 'IntegerLiteral':
      return String(node.value);
    case 'ListExpression':
      return `{${node.elements.map(shape).join(', ')}}`;
    default:
      return node.kind;
  }
}

describe('expressions', () => {
  const cases: [text: string, tree: string][] = [
    ['a + b * c', '(a + (b * c))'],
    ['a - b - c', '((a - b) - c)'],
    ['a | b ^ c & d', '(a | (b ^ (c & d)))'],
    ['a & b == c', '((a & b) == c)'],
    ['a < b == c < d', '((a < b) == (c < d))'],
    ['a << 1 + b', '(a << (1 + b))'],
    ['a >> b >> c', '((a >> b) >> c)'],
    ['a || b && c', '(a || (b && c))'],
    ['a ++ b ++ c', '((a ++ b) ++ c)'],
    ['-a.f + !b', '((-a.f) + (!b))'],
    ['(T) a + b', '(cast(NamedType, a) + b)'],
    ['(bit<8>) -a', 'cast(BitsType, (-a))'],
    ['(T) (bit<8>) a.b[3:0]', 'cast(NamedType, cast(BitsType, a.b[3:0]))'],
    ['(E.A)', 'type.A'],
    ['(error.NoMatch)', 'type.NoMatch'],
    ['(H[2]) a', 'cast(ArrayType, a)'],
    // As p4c groups it.
    ['a ? b : c ? d : e', '((a ? b : c) ? d : e)'],
    ['a ? b : (c ? d : e)', '(a ? b : (c ? d : e))'],
    ['a ? b ? c : d : e', '(a ? (b ? c : d) : e)'],
    ['f<T>(a)', 'call(f, <NamedType>, a)'],
    ['f<bit<8>>(a) + 1', '(call(f, <BitsType>, a) + 1)'],
    ['p.lookahead<tuple<T, bit<8>>>()', 'call(p.lookahead, <TupleType>)'],
    ['a < T.x', '(a < type.x)'],
    ['a < (T) b', '(a < cast(NamedType, b))'],
    ['a < E.A && b > (c)', '((a < type.A) && (b > c))'],
    ['a < b > (c)', '((a < b) > c)'],
    ['a[b < c ? 1 : 2].d', 'a[((b < c) ? 1 : 2)].d'],
    ['.a.b', '.a.b'],
    ['{ 1, { 2 }, }', '{1, {2}}'],
    ['f(x = 1, y = _)', 'call(f, 1, DefaultExpression)'],
    ['S(1)', 'new(1)'],
  ];
  test.each(cases)('%s', (text, tree) => {
    expect(shape(expression(text))).toBe(tree);
  });

  test('`> >` is no shift', () => {
    expect(parsed(`${PRELUDE}const int x = a > > b;`).messages).toHaveLength(1);
  });

  test('the width of a type ends at the first bare >', () => {
    const { program, messages } = parsed('const bit<(4 > 3 ? 8 : 4)> x = 1; const bit<4 + 4> y = 2; const bit<8>z=3;');
    expect(messages).toEqual([]);
    expect(printProgram(program)).toBe(
      'const bit<(4 > 3 ? 8 : 4)> x = 1;\nconst bit<(4 + 4)> y = 2;\nconst bit<8> z = 3;\n',
    );
  });

  test('spans cover operands and parentheses', () => {
    const { program, sourceMap } = parsed('const int x = (1 + 2) * foo(3);');
    const [constant] = program.declarations;
    if (constant?.kind !== 'ConstantDeclaration' || constant.value.kind !== 'BinaryExpression')
      throw new Error('shape');
    const { value } = constant;
    expect(sourceMap.textOf(value.span)).toBe('(1 + 2) * foo(3)');
    expect(sourceMap.textOf(value.left.span)).toBe('(1 + 2)');
    expect(sourceMap.textOf(value.right.span)).toBe('foo(3)');
    expect(sourceMap.textOf(value.operatorSpan)).toBe('*');
    expect(sourceMap.textOf(constant.name.span)).toBe('x');
  });
});

/** Every construct of the language once, in the printer's own layout. */
const EVERYTHING = `error { NoError, Bad }
match_kind { exact, lpm, ternary }
@deprecated("no") typedef bit<8> T;
@p4runtime_translation("uri" , bit < 32 >) type bit<9> Port;
header H {
    bit<8> a;
    varbit<(8 * 4)> b;
    @field_list(1) int<7> c;
}
header_union U {
    H h1;
    H h2;
}
struct S<X> {
    X x;
    H[4] stack;
    tuple<bit<8>, X> pair;
    list<bit<8>> items;
}
enum E {
    A,
    B,
}
enum bit<8> Ser {
    one = 1,
    two = one + 1,
}
typedef struct Inner {
    bool b;
} InnerT;
extern void plain();
extern R generic<R, D>(in D data, @optional out R result, int n = 3);
extern Ext<X> {
    Ext(bit<8> size);
    abstract X compute(in X value);
    @pure bit<32> get<Y>(in Y y);
}
parser PType<X>(X x);
control CType(inout H h);
package Pkg<X>(PType<X> p, CType c = C());
const T limit = 8w0xff;
bit<8> twice(in bit<8> x) {
    return x + x;
}
action global_action(bit<8> d) {
    ;
}
parser P(in H h, out S<bit<8>> s)(bool flag) {
    const int k = 2;
    bit<8> v = 0;
    value_set<bit<8>>(4) vs;
    @name("s") state start {
        bit<8> local;
        v = (bit<8>)h.a[3:0];
        if (flag) {
            v = 1;
        }
        {
            v[3+:2] = 2;
        }
        transition select(h.a, v) {
            (1, _): next;
            (2 &&& 3, 4 .. 5): accept;
            default: reject;
        }
    }
    state next {
        transition select(v) {
            vs: accept;
            { 1 }: accept;
            _: start;
        }
    }
    state dead {
    }
}
control C(inout H h)(bit<8> n) {
    Ext<bit<8>>(n) ext = {
        bit<8> compute(in bit<8> value) {
            return this.get(value);
        }
    };
    H[2] local_stack;
    action a(in bit<8> x, bit<8> y) {
        h.a = x |+| y;
    }
    @hidden table t {
        key = {
            h.a: exact @name("key a");
            h.c: ternary;
        }
        actions = {
            a(h.a);
            @defaultonly .NoAction;
        }
        size = 16;
        const default_action = NoAction();
        @x const entries = {
            const priority=(10): (1, 2 &&& 3): a(4);
            _: NoAction() @y[k = 1];
        }
    }
    apply {
        @likely {
            exit;
        }
        if (t.apply().hit && !h.isValid()) {
            return;
        }
        else if (h.a > 1) {
            ;
        }
        else {
            h.setValid();
        }
        switch (t.apply().action_run) {
            a:
            NoAction: {
                h.a <<= 1;
            }
            default: {
                break;
            }
        }
        for (bit<8> i = 0, j = 1; i < 4; i += 1, j = j - 1) {
            continue;
        }
        for (bit<8> i in 1 .. 4) {
            h = { a = i, ... };
        }
        h = {#};
        local_stack[1] = ...;
        generic<bit<8>, _>(h.a, _, n = 4);
        C.apply(h);
    }
}
@pkginfo[name = "x", version = "1"] Pkg<bit<8>>(P(true), C(3)) main;
`;

describe('programs', () => {
  test('everything prints as it was written', () => {
    const { program, messages } = parsed(EVERYTHING);
    expect(messages).toEqual([]);
    expect(printProgram(program)).toBe(EVERYTHING);
  });

  test('ids are unique', () => {
    const ids = new Set<number>();
    const visit = (value: unknown): void => {
      if (Array.isArray(value)) for (const item of value) visit(item);
      else if (typeof value === 'object' && value !== null) {
        if ('id' in value && typeof value.id === 'number') {
          expect(ids.has(value.id)).toBe(false);
          ids.add(value.id);
        }
        for (const item of Object.values(value)) visit(item);
      }
    };
    visit(parsed(EVERYTHING).program);
    expect(ids.size).toBeGreaterThan(500);
  });

  const accepted: [name: string, source: string][] = [
    [
      'names that are keywords elsewhere',
      'struct S { bit<1> apply; bit<2> key; bit<3> state; bit<4> type; bit<5> list; }',
    ],
    ['a forward declared extern', 'extern X; extern X foo(in X x); struct S { X x; }'],
    ['stray semicolons', ';;const bit<1> a = 1;;'],
    ['trailing commas', 'enum E { A, B, } const int x = f({1, 2,}, {a = 1,});'],
    ['a local that shadows a type', 'typedef bit<8> T; control c() { apply { } } bit<8> f(in bit<8> T) { return T; }'],
    ['an array declarator', 'header H { } struct S { H h[3]; }'],
    ['pragma lines', '@pragma something (odd, "x")\nconst bit<1> a = 1;'],
    ['an absolute name hidden by a type parameter', 'const bit<1> X = 1; bit<1> f<X>() { return .X; }'],
  ];
  test.each(accepted)('%s', (_name, source) => {
    expect(parsed(source).messages).toEqual([]);
  });
});

describe('errors', () => {
  const cases: [source: string, messages: string[]][] = [
    ['const bit<8> x = ;', ["1:18 syntax: syntax error, unexpected ';', expected an expression"]],
    ['struct S { bit<8> a }', ["1:21 syntax: syntax error, unexpected '}', expected ';'"]],
    [
      'parser p() { }',
      ["1:14 syntax: syntax error, unexpected '}', expected a state (a parser needs at least a state 'start')"],
    ],
    ['control c() { }', ["1:15 syntax: syntax error, unexpected '}', expected 'apply'"]],
    ['hello world', ["1:12 syntax: syntax error, unexpected end of file, expected '('"]],
    ['const bit<8> x = 1', ["1:19 syntax: syntax error, unexpected end of file, expected ';'"]],
    ['@name("x" const bit<1> y = 1;', ["1:30 syntax: syntax error, unexpected end of file, expected ')'"]],
    ['const int x = 3000w1;', ['1:15 overlimit: 3000w1: the width 3000 is too large; the most is 2048']],
    ['struct S { bit<1> f; }\nconst S s = { f = 1, f = 2 };', ["2:22 duplicate: 'f' is given twice here"]],
    ['bit<8> f() { bit<8> a; bit<8> a; return a; }', ["1:31 duplicate: 'a' is declared twice in this scope"]],
    [
      'parser p() { state start { return; } }',
      ["1:28 syntax: syntax error, unexpected 'return', expected a statement of a parser state or '}'"],
    ],
  ];
  test.each(cases)('%s', (source, messages) => {
    expect(parsed(source).messages).toEqual(messages);
  });

  test('several errors in one run, and the good parts are kept', () => {
    const { program, messages } = parsed(`
struct A { bit<8> x bit<8> y; bit<8> z; }
const bit<8> ok1 = 1;
control c(inout bit<8> v) {
  action a() { v = ; v = 2; }
  table t { key { } actions = { a; } }
  apply { v = 3 v = 4; if (v == 1) { v = 5; } }
}
const bit<8> ok2 = 2;
`);
    expect(messages.map((message) => message.split(' ')[0])).toEqual(['2:21', '5:20', '6:17', '7:17']);
    expect(program.declarations.map((item) => ('name' in item ? item.name.name : ''))).toEqual([
      'A',
      'ok1',
      'c',
      'ok2',
    ]);
  });

  test('an unknown type gets a suggestion', () => {
    const { reporter } = parsed('typedef bit<8> byte_t; struct S { byte x; }');
    expect(reporter.diagnostics()[0]?.suggestion).toBe("did you mean the type 'byte_t'?");
  });

  const deep: [name: string, source: string][] = [
    ['parentheses', `const int x = ${'('.repeat(20_000)}1${')'.repeat(20_000)};`],
    ['unary operators', `const int x = ${'-'.repeat(20_000)}1;`],
    ['blocks', `action a() ${'{'.repeat(20_000)}${'}'.repeat(20_000)}`],
    ['types', `const ${'tuple<'.repeat(20_000)}bit${'>'.repeat(20_000)} x = 1;`],
    ['casts', `typedef bit<8> T; const int x = ${'(T)'.repeat(20_000)}1;`],
    ['operators in a row', `const int x = 1${' + 1'.repeat(20_000)};`],
    ['half open type arguments', `typedef bit<8> T; const int x = ${'a < T[ '.repeat(2_000)};`],
    ['else if', `action a() { ${'if (true) { } else '.repeat(20_000)} { } }`],
  ];
  test.each(deep)('deep nesting is an error, not a crash: %s', (_name, source) => {
    expect(parsed(source).messages.length).toBeGreaterThan(0);
  });

  test('any sequence of tokens gives a program or diagnostics', () => {
    const words = EVERYTHING.match(/[A-Za-z_]\w*|\d+|"[^"]*"|\S/g) ?? [];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...words), { maxLength: 60 }), (sequence) => {
        const { text, reporter } = preprocessed(sequence.join(' '));
        expect(parseProgram(text, reporter).kind).toBe('Program');
      }),
      { numRuns: 500 },
    );
  });

  test('any damage to a program gives a program or diagnostics', () => {
    const damage = fc.array(
      fc.record({
        at: fc.nat(EVERYTHING.length),
        remove: fc.nat(12),
        insert: fc.constantFrom('', '}', '{', ';', '<', ')', '"', '@', '#', '/*'),
      }),
      { minLength: 1, maxLength: 4 },
    );
    fc.assert(
      fc.property(damage, (edits) => {
        let source = EVERYTHING;
        for (const { at, remove, insert } of edits) source = source.slice(0, at) + insert + source.slice(at + remove);
        const { text, reporter } = preprocessed(source);
        expect(parseProgram(text, reporter).kind).toBe('Program');
      }),
      { numRuns: 300 },
    );
  });
});
