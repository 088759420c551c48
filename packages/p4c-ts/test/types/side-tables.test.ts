/** What the side tables say about a correct program: types, conversions, declarations, calls, constants, tables. */
import { describe, expect, test } from 'vitest';
import type { CallExpression, Expression, Node } from '../../src/2-parse/ast.ts';
import { expressionText } from '../../src/3-types/support/expression-text.ts';
import { walk } from '../../src/3-types/support/walk.ts';
import { type TypedProgram, typeAfterCast } from '../../src/3-types/typed-program.ts';
import { printType } from '../../src/3-types/types.ts';
import { check } from './support.ts';

function typedOf(source: string): TypedProgram {
  const { typed, errors } = check(source);
  expect(errors).toEqual([]);
  return typed!;
}

/** `text : type`, and `text : type -> converted type`, of the expressions whose text is asked for. */
function typesOf(typed: TypedProgram, ...texts: readonly string[]): string[] {
  const found: string[] = [];
  walk(typed.program, (node) => {
    const expression = node as Expression;
    const type = typed.types.get(expression);
    if (type === undefined) return;
    const text = expressionText(expression);
    if (!texts.includes(text)) return;
    const cast = typed.implicitCasts.get(expression);
    found.push(`${text} : ${printType(type)}${cast === undefined ? '' : ` -> ${printType(cast)}`}`);
  });
  return found;
}

function find<T extends Node>(typed: TypedProgram, test: (node: Node) => node is T): T {
  let found: T | undefined;
  walk(typed.program, (node) => {
    if (found === undefined && test(node)) found = node;
  });
  return found!;
}

const isCall =
  (text: string) =>
  (node: Node): node is CallExpression =>
    node.kind === 'CallExpression' && expressionText(node) === text;

describe('types and conversions', () => {
  test('a number takes the width of its context', () => {
    const typed = typedOf('control c(inout bit<8> x) { apply { x = x + 1; x = x << 3; } }');
    expect(typesOf(typed, '1', 'x + 1')).toEqual(['x + 1 : bit<8>', '1 : int -> bit<8>']);
    expect(typesOf(typed, '3')).toEqual(['3 : int']);
  });

  test('a list becomes the structure that is wanted, part by part', () => {
    const typed = typedOf(
      'struct s { bit<8> a; tuple<bit<4>, bool> b; } void f(in s x) {} control c() { apply { f({ 1, { 2, true } }); } }',
    );
    expect(typesOf(typed, '{ 1, { 2, true } }', '{ 2, true }', '1', '2')).toEqual([
      '{ 1, { 2, true } } : tuple<int, tuple<int, bool>> -> struct s',
      '1 : int -> bit<8>',
      '{ 2, true } : tuple<int, bool> -> tuple<bit<4>, bool>',
      '2 : int -> bit<4>',
    ]);
  });

  test('typedefs disappear, new types do not', () => {
    const typed = typedOf(
      'typedef bit<8> a_t; type a_t b_t; control c(inout a_t x, inout b_t y) { apply { x = (bit<8>)y; } }',
    );
    expect(typesOf(typed, 'x', 'y')).toEqual(['x : bit<8>', 'y : b_t']);
  });

  test('generic structures are substituted', () => {
    const typed = typedOf('struct s<T> { T a; } control c(inout s<bit<8>> x) { apply { x.a = 1; } }');
    expect(typesOf(typed, 'x', 'x.a')).toEqual(['x.a : bit<8>', 'x : struct s<bit<8>>']);
  });

  test('serializable enums convert to their type', () => {
    const typed = typedOf('enum bit<8> e { a = 3 } control c(inout bit<8> x) { apply { x = x + e.a; } }');
    expect(typesOf(typed, 'e.a')).toEqual(['e.a : e -> bit<8>']);
    expect(
      typed.constants.get(find(typed, (n): n is Expression & Node => n.kind === 'MemberExpression')),
    ).toMatchObject({
      kind: 'enum',
      member: 'a',
      value: 3n,
    });
  });
});

describe('calls', () => {
  test('type arguments are inferred, arguments matched by name, defaults known', () => {
    const typed = typedOf(
      'extern T pick<T>(in T a, in T b, in bit<4> n = 7); control c(inout bit<8> x) { apply { x = pick(b = 1, a = x); } }',
    );
    const call = typed.calls.get(find(typed, isCall('pick(b = 1, a = x)')))!;
    expect(call.kind).toBe('function');
    expect(call.kind === 'function' && call.typeArguments.map(printType)).toEqual(['bit<8>']);
    expect(call.arguments.map((each) => [each.parameter.name, each.source, printType(each.parameter.type)])).toEqual([
      ['a', 'given', 'bit<8>'],
      ['b', 'given', 'bit<8>'],
      ['n', 'default', 'bit<4>'],
    ]);
  });

  test('overloads are chosen by the number of arguments', () => {
    const typed = typedOf(
      'header h_t { varbit<8> v; } parser p(packet_in b, out h_t h) { state start { b.extract(h, 8); transition accept; } }',
    );
    const call = typed.calls.get(find(typed, isCall('b.extract(h, 8)')));
    expect(call?.kind === 'extern-method' && call.method.parameters).toHaveLength(2);
  });

  test('built-in methods, applications and actions are told apart', () => {
    const typed = typedOf(`header h_t { bit<8> f; } control d() { apply {} }
control c(inout h_t h) { d() inner; action a(bit<8> v) { h.f = v; } table t { actions = { a; } default_action = a(1); }
  apply { if (h.isValid()) { a(2); } t.apply(); inner.apply(); d.apply(); h.setInvalid(); } }`);
    const kinds = [...typed.calls].map(([node, call]) => `${expressionText(node)} ${call.kind}`);
    expect(kinds).toEqual([
      'h.isValid() built-in',
      'a(2) action',
      't.apply() table-apply',
      'inner.apply() apply',
      'd.apply() apply',
      'h.setInvalid() built-in',
    ]);
  });

  test('a construction is completed by its context', () => {
    const typed = typedOf(
      'parser q<T>(in T a) { state start { transition accept; } } parser s(in bit<2> a); package m(s n); m(q()) main;',
    );
    const types = [...typed.constructions.values()].map((each) => printType(each.type));
    expect(types).toEqual(['parser q<bit<2>>', 'package m']);
  });
});

describe('constants', () => {
  test.each([
    ['1 + 2 * 3', 7n],
    ['8w255 + 1', 0n],
    ['8s127 + 1', -128n],
    ['8w250 |+| 10', 255n],
    ['8w5 |-| 10', 0n],
    ['8s100 |+| 100', 127n],
    ['-8s128 |-| 1', -128n],
    ['~8w1', 254n],
    ['4w1 ++ 4w2', 18n],
    ['8w0xAB[7:4]', 10n],
    ['8w0xAB[4+:4]', 10n],
    ['(bit<4>)0xAB', 11n],
    ['(int<4>)4w15', -1n],
    ['8w1 << 9', 0n],
    ['-8s1 >> 9', -1n],
    ['true ? 3 : 4', 3n],
    ['((tuple_t){ 1, 2 }).b', 2n],
    ['numbers[1]', 20n],
    ['(bit<8>)e.second', 9n],
    ['h.minSizeInBytes()', 3n],
  ])('%s', (text, expected) => {
    const typed = typedOf(
      `struct tuple_t { bit<8> a; bit<8> b; } enum bit<8> e { first = 8, second = 9 }
header h_t { bit<17> a; } const tuple<bit<8>, bit<8>> numbers = { 10, 20 };
control c(inout h_t h) { apply { const int value = (int)(${text}); } }`.replace(
        '(int)(',
        text.includes('Size') ? '(' : '(int)(',
      ),
    );
    const declaration = find(
      typed,
      (n): n is Extract<Node, { kind: 'ConstantDeclaration' }> =>
        n.kind === 'ConstantDeclaration' && n.name.name === 'value',
    );
    expect(typed.constants.get(declaration.value)).toEqual({ kind: 'integer', value: expected });
  });

  test('lists and structures have values after conversion', () => {
    const typed = typedOf('struct s { bit<8> a; bool b; } const s x = { 300, true };');
    const declaration = find(
      typed,
      (n): n is Extract<Node, { kind: 'ConstantDeclaration' }> => n.kind === 'ConstantDeclaration',
    );
    expect(printType(typeAfterCast(typed, declaration.value)!)).toBe('struct s');
    expect(typed.constants.get(declaration.value)).toEqual({
      kind: 'list',
      elements: [
        { kind: 'integer', value: 44n },
        { kind: 'bool', value: true },
      ],
    });
  });
});

describe('tables', () => {
  const table = (properties: string): string => `header h_t { bit<8> f; bit<8> g; }
control c(inout h_t h) { action a(in bit<8> x, bit<8> y) { h.f = x + y; } table t { ${properties} } apply { t.apply(); } }`;

  test('keys, kinds, actions and the implied default', () => {
    const typed = typedOf(table('key = { h.f : exact; h.g : lpm; } actions = { a(h.g); NoAction; }'));
    const info = [...typed.tables.values()][0]!;
    expect(info.keyTypes.map(printType)).toEqual(['bit<8>', 'bit<8>']);
    expect(info.matchKinds).toEqual(['exact', 'lpm']);
    expect(info.noAction?.name.name).toBe('NoAction');
    const reference = typed.actionReferences.get(info.actions[0]!)!;
    expect(reference.declaration.name.name).toBe('a');
    expect(reference.arguments.map((each) => each.parameter.name)).toEqual(['x']);
  });

  test.each([
    ['largest_priority_wins = false; entries = { 1 : NoAction(); 2 : NoAction(); }', [1n, 2n]],
    ['entries = { 1 : NoAction(); 2 : NoAction(); 3 : NoAction(); }', [3n, 2n, 1n]],
    ['priority_delta = 10; entries = { priority = 50 : 1 : NoAction(); 2 : NoAction(); }', [50n, 40n]],
    ['const entries = { 1 : NoAction(); }', [undefined]],
  ])('priorities of %s', (properties, expected) => {
    const typed = typedOf(table(`key = { h.f : ternary; } actions = { NoAction; } ${properties}`));
    expect([...typed.tables.values()][0]!.entryPriorities).toEqual(expected);
  });
});
