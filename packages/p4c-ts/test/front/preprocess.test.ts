/** The preprocessor: directives, macros, includes, positions. Expected texts are what the C standard prescribes. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tokenize } from '../../src/2-parse/lexer.ts';
import { preprocessed, tokensOf } from './support.ts';

describe('macros', () => {
  const cases: [name: string, source: string, tokens: string][] = [
    ['object-like', '#define N 8\nbit<N> x;', 'bit < 8 > x ;'],
    ['function-like', '#define ADD(a, b) a + b\nADD(1, (2, 3))', '1 + ( 2 , 3 )'],
    ['a name without parentheses is no use', '#define F(a) a\nF;F (1);', 'F ; 1 ;'],
    ['arguments over several lines', '#define F(a, b) b a\nF(1,\n 2 // two\n)', '2 1'],
    ['nested arguments', '#define F(x) [x]\nF(F(F(1)))', '[ [ [ 1 ] ] ]'],
    ['stringize', '#define S(x) #x\nS(a  +  "b\\n")', '"a + \\"b\\\\n\\""'],
    ['paste', '#define P(a, b) a ## b\nP(x, 1) P(8w, 255) P(,y) P(z,)', 'x1 8w255 y z'],
    ['paste does not expand its operands', '#define A 1\n#define P(a, b) a ## b\nP(A, A)', 'AA'],
    ['recursion ends', '#define A B\n#define B A\nA B', 'A B'],
    ['self reference', '#define f(x) x + f\nf(1)(2)', '1 + f ( 2 )'],
    ['the C standard example', '#define f(a) a*g\n#define g(a) f(a)\nf(2)(9)', '2 * 9 * g'],
    ['name of a macro left at the end takes arguments from the text', '#define F(x) <x>\n#define G F\nG(1)', '< 1 >'],
    ['empty arguments', '#define F(a, b) [a|b]\nF(,)', '[ | ]'],
    ['no parameters', '#define F() 7\nF() F( )', '7 7'],
    ['variadic', '#define V(a, ...) a(__VA_ARGS__)\nV(f, 1, 2) V(g)', 'f ( 1 , 2 ) g ( )'],
    ['comma before an empty rest', '#define V(a, ...) f(a, ## __VA_ARGS__)\nV(1) V(1, 2)', 'f ( 1 ) f ( 1 , 2 )'],
    ['undef', '#define A 1\n#undef A\nA', 'A'],
    ['redefinition', '#define A 1\n#define A 2\nA', '2'],
    [
      'no macro inside numbers, strings and comments',
      '#define w 1\n#define x 2\n8w255 0x10 "w" /* w */ w',
      '8w255 0x10 "w" 1',
    ],
    ['a defined name is a whole word', '#define A 1\nAB A_ _A A1 A', 'AB A_ _A A1 1'],
    ['body with a comment', '#define A 1 // one\n#define B /* two */ 2\nA B', '1 2'],
    ['body over spliced lines', '#define A 1 + \\\n  2\nA', '1 + 2'],
    ['line and file', '__LINE__\n__FILE__ __LINE__', '1 "main.p4" 2'],
    ['counter', '__COUNTER__ __COUNTER__', '0 1'],
    ['strings over lines hold macros', '#define N 12\n@a("N\n  N "', '@ a ( "N\n  12 "'],
    [
      'strings over lines hold directives, whose lines stay as empty ones',
      '#define N 12\n("\n#ifdef N\n a\n#else\n b\n#endif\n c N ") N "N"',
      '( "\n\n a\n\n\n\n c 12 " ) N "12"',
    ],
    ['strings over lines have single blanks', '("\n\ta  \t b  \n")', '( "\n a b\n" )'],
    ['line inside a macro is that of its use', '#define L __LINE__\n\nL', '3'],
  ];
  test.each(cases)('%s', (_name, source, tokens) => {
    expect(tokensOf(source)).toBe(tokens);
  });

  test('defines and undefines of the command line', () => {
    expect(tokensOf('A B C', { defines: ['A', 'B=x + y', 'C=1'], undefines: ['C'] })).toBe('1 x + y C');
  });
});

describe('conditionals', () => {
  const truth: [condition: string, holds: boolean][] = [
    ['1', true],
    ['0', false],
    ['UNKNOWN', false],
    ['defined(A)', true],
    ['defined A && !defined(B)', true],
    ['A == 5 && A != 4', true],
    ['(1 << 3) == 0x8', true],
    ['010 == 8', true],
    ['-1 < 0 && ~0 == -1', true],
    ['7 / 2 == 3 && 7 % 2 == 1', true],
    ['1 ? 0 : 1', false],
    ['0 || 2 > 1', true],
    ['1 + 2 * 3 == 7', true],
    ['F(3) == 4', true],
    ['1UL', true],
    ['5 & 6 | 8 ^ 1', true],
  ];
  test.each(truth)('#if %s', (condition, holds) => {
    const source = `#define A 5\n#define F(x) (x + 1)\n#if ${condition}\nyes\n#else\nno\n#endif`;
    expect(tokensOf(source)).toBe(holds ? 'yes' : 'no');
  });

  test('elif takes the first that holds', () => {
    expect(tokensOf('#if 0\na\n#elif 1\nb\n#elif 1\nc\n#else\nd\n#endif\ne')).toBe('b e');
  });

  test('skipped text may contain anything, and nested conditionals', () => {
    const source = "#if 0\n#if 1\nx\n#else\ny\n#endif\n#error no\n#nonsense ' \"\n don't\n#endif\nz";
    const { messages } = preprocessed(source);
    expect(messages).toEqual([]);
    expect(tokensOf(source)).toBe('z');
  });

  test('directives inside comments are none', () => {
    expect(tokensOf('/*\n#define A 1\n*/ A // x\n#ifdef A\nb\n#endif')).toBe('A');
  });

  test('unknown directives are dropped, as p4c does', () => {
    expect(tokensOf('#pragma once\n#ident "x"\n a')).toBe('a');
  });
});

describe('mistakes', () => {
  const cases: [source: string, message: string][] = [
    ['#if 1\nx', '1:1 preprocessor: this conditional has no #endif'],
    ['x\n#endif', '2:1 preprocessor: #endif without #if'],
    ['#else', '1:1 preprocessor: #else without #if'],
    ['#if 1\n#else\n#else\n#endif', '3:1 preprocessor: #else after #else'],
    ['#error stop it', '1:1 preprocessor: #error stop it'],
    ['#define 1', '1:1 preprocessor: #define must be followed by a macro name'],
    ['#define F(a, a) a', "1:1 preprocessor: the parameter list of macro 'F' is not well formed"],
    ['#if (1\n#endif', "1:1 preprocessor: ')' is missing in the condition"],
    ['#if\n#endif', '1:1 preprocessor: the condition is empty'],
    ['#include stdio', '1:1 preprocessor: #include must be followed by "file" or <file>'],
    ['#include <no.p4>', "1:1 not-found: the included file 'no.p4' is not found"],
    ['#define F(a) a\n F(1, 2)', "2:2 preprocessor: macro 'F' takes 1 argument, but 2 are given"],
    ['#define F(a) a\nF(1', "2:1 preprocessor: the arguments of macro 'F' have no closing ')'"],
    ['/* never', '1:1 syntax: this comment does not end: */ is missing'],
    ['x = "never', '1:5 syntax: this string does not end: the closing " is missing'],
  ];
  test.each(cases)('%s', (source, message) => {
    const front = preprocessed(source);
    tokenize(front.text, front.reporter);
    expect(messagesAfter(front)).toEqual([message]);
  });

  function messagesAfter(front: ReturnType<typeof preprocessed>): string[] {
    return front.reporter.diagnostics().map((item) => {
      const at = front.sourceMap.position(item.span!);
      return `${at.line}:${at.column} ${item.class}: ${item.message}`;
    });
  }

  test('a file that includes itself', () => {
    const { messages } = preprocessed('#include "main.p4"\n');
    expect(messages).toEqual(['1:1 overlimit: #include is nested more than 200 deep']);
  });

  test('macros that grow exponentially are stopped', () => {
    const lines = ['#define A0 x x'];
    for (let i = 1; i < 40; i += 1) lines.push(`#define A${i} A${i - 1} A${i - 1}`);
    const { messages } = preprocessed(`${lines.join('\n')}\nA39`);
    expect(messages).toHaveLength(1);
    expect(messages[0]).toContain('expand to too much text');
  });
});

describe('includes and positions', () => {
  test('quotes look beside the including file first, angles only in the include paths', () => {
    const files = {
      'main.p4': '#include "a.p4"\n#include <a.p4>\nmain',
      'a.p4': 'near',
      'lib/a.p4': 'far\n#include "b.p4"',
      'lib/b.p4': 'beside',
    };
    expect(tokensOf(files, { includePaths: ['lib'] })).toBe('near far beside main');
  });

  test('a file that is included again and again takes other branches as macros change', () => {
    const files = {
      'main.p4': [
        '#include "a.p4"',
        '#define ONE',
        '#include "a.p4"',
        '#define TWO',
        '#include "a.p4"',
        '#undef ONE',
        '#include "a.p4"',
      ].join('\n'),
      'a.p4': [
        '  # ifdef ONE',
        'one',
        '#ifdef TWO',
        'both "#endif"',
        '#else',
        'only',
        '#endif',
        '#elif defined(TWO)',
        'two /* \n#else\n */',
        '#else',
        '#if 0',
        'never',
        '#endif',
        'none',
        '#endif',
        'end',
      ].join('\n'),
    };
    expect(tokensOf(files)).toBe('none end one only end one both "#endif" end two end');
  });

  test('a macro may name the included file', () => {
    expect(tokensOf({ 'main.p4': '#define FILE "a.p4"\n#include FILE', 'a.p4': 'x' })).toBe('x');
  });

  test('every token knows its file, line and column', () => {
    const files = {
      'main.p4': '#define N 8 + 1\n#include "a.p4"\n  /* c */ x N y\n#line 100 "other.p4"\n  z \\\n w',
      'a.p4': 'in\ncluded',
    };
    const front = preprocessed(files);
    const tokens = tokenize(front.text, front.reporter);
    const places = Array.from({ length: tokens.length - 1 }, (_, i) => {
      const { file, line, column } = front.sourceMap.position(tokens.span(i));
      return `${tokens.text(i)} ${file}:${line}:${column}`;
    });
    expect(places).toEqual([
      'in a.p4:1:1',
      'cluded a.p4:2:1',
      'x main.p4:3:11',
      '8 main.p4:3:13',
      '+ main.p4:3:13',
      '1 main.p4:3:13',
      'y main.p4:3:15',
      'z other.p4:100:3',
      'w other.p4:101:2',
    ]);
  });

  test('text without macros and directives passes unchanged, and maps back to itself', () => {
    const text = fc.string({ unit: fc.constantFrom(...'ab1 \n\t(),;/*<>+'.split(''), '"a b"'), maxLength: 60 });
    fc.assert(
      fc.property(text, (source) => {
        const front = preprocessed(source);
        expect(front.text.text).toBe(source);
        const tokens = tokenize(front.text, front.reporter);
        for (let i = 0; i < tokens.length - 1; i += 1) {
          expect(front.sourceMap.textOf(tokens.span(i))).toBe(tokens.text(i));
        }
      }),
      { numRuns: 300 },
    );
  });
});
