/** Tokens: maximal munch, numbers of all bases and widths, strings, `@pragma` lines. */
import { describe, expect, test } from 'vitest';
import { parseInteger, tokenize } from '../../src/2-parse/lexer.ts';
import { preprocessed, tokensOf } from './support.ts';

function kinds(source: string): string[] {
  const { text, reporter } = preprocessed(source);
  const tokens = tokenize(text, reporter);
  return Array.from({ length: tokens.length - 1 }, (_, index) => tokens.kind(index));
}

describe('tokens', () => {
  const cases: [source: string, tokens: string][] = [
    ['a&&&b..c...d', 'a &&& b .. c ... d'],
    ['a|+|b|-|=c|+|=d', 'a |+| b |-|= c |+|= d'],
    ['bit<bit<8>>x', 'bit < bit < 8 > > x'],
    ['a>>b>>=c>=d', 'a > > b >>= c >= d'],
    ['{#}{ #}', '{#} { # }'],
    ['a[3+:4]', 'a [ 3 +: 4 ]'],
    ['a++b+ +c', 'a ++ b + + c'],
    ['8w0xFF4s7', '8w0xFF4 s7'],
    ['8w_1 8wx 0x 0b12', '8w_1 8 wx 0 x 0b1 2'],
    ['1_000 0X_Ab_c 0d9 0o17', '1_000 0X_Ab_c 0d9 0o17'],
    ['"a\\"b" "c\nd"', '"a\\"b" "c\nd"'],
    ['// comment\n/* a * / ** */x', 'x'],
  ];
  test.each(cases)('%s', (source, tokens) => {
    expect(tokensOf(source)).toBe(tokens);
  });

  test('@pragma runs to the end of its line', () => {
    expect(kinds('@pragma hidden (1)\nx @pragma y /* a\n b */ z @pragma')).toEqual([
      'pragma',
      'identifier',
      '(',
      'integer',
      ')',
      'pragma-end',
      'identifier',
      'pragma',
      'identifier',
      'pragma-end',
      'identifier',
      'pragma',
      'pragma-end',
    ]);
  });

  test('thousands of different words, some of which have the same hash', () => {
    const words = Array.from({ length: 5000 }, (_, number) =>
      number % 2 === 0 ? `Aa${number >> 1}` : `BB${number >> 1}`,
    );
    expect(tokensOf([...words, ...words, 'table'].join('\n'))).toBe([...words, ...words, 'table'].join(' '));
    expect(kinds(`${words.join(' ')} table tabl tables`).slice(-3)).toEqual(['table', 'identifier', 'identifier']);
  });

  test('a character that starts no token', () => {
    expect(kinds('a $ ` é')).toEqual(['identifier', 'unexpected', 'unexpected', 'unexpected']);
  });
});

describe('integers', () => {
  const cases: [text: string, value: bigint, width: number | undefined, signed: boolean, base: number][] = [
    ['0', 0n, undefined, false, 10],
    ['007', 7n, undefined, false, 10],
    ['8w255', 255n, 8, false, 10],
    ['4s7', 7n, 4, true, 10],
    ['16w0xFf_fF', 65535n, 16, false, 16],
    ['3s0b1_01', 5n, 3, true, 2],
    ['0o17', 15n, undefined, false, 8],
    ['0D12', 12n, undefined, false, 10],
    ['128w0xffffffffffffffffffffffffffffffff', (1n << 128n) - 1n, 128, false, 16],
  ];
  test.each(cases)('%s', (text, value, width, signed, base) => {
    expect(parseInteger(text)).toEqual({ value, width, signed, base });
  });
});
