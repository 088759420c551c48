/**
 * Text to tokens. The whole program is cut up at once into parallel arrays, because the parser looks ahead and now
 * and then goes back (types and comparisons both use `<`), and arrays of numbers are the cheapest thing to go
 * back in. A token's place in its file is resolved here, in the same forward walk, so that making a span later is
 * three array reads.
 *
 * Every maximal-munch rule is p4c's: numbers carry width and sign (`8w0xFF`), `>` is never joined with a second `>` (so
 * that `bit<bit<8>>` closes; the parser joins them to a shift), a string may contain line breaks, `@pragma` runs to
 * the end of its line.
 */

import { isDigit, isNamePart, isNameStart } from '../1-preprocess/macro-tokens.ts';
import { type PreprocessedText, SegmentCursor } from '../1-preprocess/segments.ts';
import type { Reporter } from '../diagnostics/diagnostic.ts';
import type { Span } from '../diagnostics/span.ts';
import { numberOfKind, PUNCTUATION, TOKEN_KINDS, type TokenKind } from './tokens.ts';
import { Words } from './words.ts';

const KIND_OF = {
  integer: numberOfKind('integer'),
  string: numberOfKind('string-literal'),
  pragma: numberOfKind('pragma'),
  pragmaEnd: numberOfKind('pragma-end'),
  unexpected: numberOfKind('unexpected'),
  end: numberOfKind('end'),
};

/** Punctuation by first character, longest first. */
const PUNCTUATION_BY_START: readonly (readonly { text: string; kind: number }[])[] = (() => {
  const table: { text: string; kind: number }[][] = Array.from({ length: 128 }, () => []);
  for (const text of PUNCTUATION) table[text.charCodeAt(0)]?.push({ text, kind: numberOfKind(text) });
  return table;
})();

/**
 * Numbers kept of each token: where it is in the preprocessed text (2), in which file, from where to where (3), kind
 * and word.
 */
const START = 0;
const END = 1;
const FILE = 2;
const FILE_START = 3;
const FILE_END = 4;
const KIND = 5;
const WORD = 6;
const NUMBERS = 7;

/** The tokens of a program; the last is always `end`. */
export class TokenList {
  private count = 0;
  /** `NUMBERS` for each token. Made as long as programs with the usual comments need, and grown by doubling. */
  private numbers: Int32Array;
  private readonly source: string;
  private readonly words: Words;

  constructor(source: string, words: Words) {
    this.source = source;
    this.words = words;
    this.numbers = new Int32Array(NUMBERS * (64 + Math.ceil(source.length / 6)));
  }

  get length(): number {
    return this.count;
  }

  /** Adds a token. `kind` and `word` are numbers (see tokens.ts and words.ts); 0 for what is no word. */
  push(kind: number, start: number, end: number, span: Span, word: number): void {
    const at = NUMBERS * this.count;
    if (at >= this.numbers.length) {
      const grown = new Int32Array(2 * this.numbers.length);
      grown.set(this.numbers);
      this.numbers = grown;
    }
    this.count += 1;
    const { numbers } = this;
    numbers[at + START] = start;
    numbers[at + END] = end;
    numbers[at + FILE] = span.file;
    numbers[at + FILE_START] = span.start;
    numbers[at + FILE_END] = span.end;
    numbers[at + KIND] = kind;
    numbers[at + WORD] = word;
  }

  /** The token's kind. */
  kind(index: number): TokenKind {
    return TOKEN_KINDS[this.number(index, KIND)]!;
  }

  /** The token's characters. */
  text(index: number): string {
    const word = this.number(index, WORD);
    if (word > 0) return this.words.text(word);
    return this.source.slice(this.number(index, START), this.number(index, END));
  }

  /** The token's place. */
  span(index: number): Span {
    return {
      file: this.number(index, FILE),
      start: this.number(index, FILE_START),
      end: this.number(index, FILE_END),
    };
  }

  /** The place from the first to the last of these tokens; of the first alone where the two lie in different files. */
  spanBetween(first: number, last: number): Span {
    const file = this.number(first, FILE);
    const start = this.number(first, FILE_START);
    if (last <= first || this.number(last, FILE) !== file) return { file, start, end: this.number(first, FILE_END) };
    return { file, start, end: Math.max(start, this.number(last, FILE_END)) };
  }

  /** True if nothing stands between this token and the next. */
  touchesNext(index: number): boolean {
    return index + 1 < this.length && this.number(index, END) === this.number(index + 1, START);
  }

  private number(index: number, which: number): number {
    return this.numbers[NUMBERS * index + which] as number;
  }
}

/** Cuts preprocessed text into tokens. Reports comments and strings that never end; never throws. */
export function tokenize(input: PreprocessedText, reporter: Reporter): TokenList {
  const { text } = input;
  const words = new Words();
  const tokens = new TokenList(text, words);
  const cursor = new SegmentCursor(input);
  const { length } = text;
  let at = 0;
  let inPragma = false;
  let lineStart = true;
  const push = (kind: number, start: number, end: number, word = 0) => {
    cursor.moveTo(start, end);
    tokens.push(kind, start, end, cursor, word);
  };
  const endPragma = (offset: number) => {
    inPragma = false;
    push(KIND_OF.pragmaEnd, offset, offset);
  };

  while (at < length) {
    const code = text.charCodeAt(at);
    if (code === 10) {
      if (inPragma) endPragma(at);
      lineStart = true;
      at += 1;
      continue;
    }
    if (code === 32 || code === 9 || code === 13 || code === 12 || code === 11) {
      at += 1;
      continue;
    }
    const start = at;
    if (isNameStart(code)) {
      words.find(text, at);
      at = words.end;
      push(words.kind, start, at, words.number);
    } else if (isDigit(code)) {
      at = endOfNumber(text, at);
      push(KIND_OF.integer, start, at);
    } else if (code === 47 && text.charCodeAt(at + 1) === 47) {
      const end = text.indexOf('\n', at);
      at = end < 0 ? length : end;
      continue;
    } else if (code === 47 && text.charCodeAt(at + 1) === 42) {
      const end = text.indexOf('*/', at + 2);
      if (end < 0) {
        reporter.error('syntax', cursor.span(start, start + 2), 'this comment does not end: */ is missing');
        at = length;
      } else {
        at = end + 2;
        if (inPragma && text.slice(start, at).includes('\n')) endPragma(at);
      }
      continue;
    } else if (code === 34) {
      at = endOfString(text, at);
      if (at < 0) {
        reporter.error('syntax', cursor.span(start, start + 1), 'this string does not end: the closing " is missing');
        at = length;
      } else {
        push(KIND_OF.string, start, at);
      }
    } else if (code === 35 && lineStart) {
      // A line that starts with # and came through the preprocessor (of a program that was preprocessed elsewhere).
      const end = text.indexOf('\n', at);
      at = end < 0 ? length : end;
      continue;
    } else if (code === 64 && text.startsWith('@pragma', at) && !isNamePart(text.charCodeAt(at + 7))) {
      at += 7;
      push(KIND_OF.pragma, start, at);
      inPragma = true;
    } else {
      let kind = KIND_OF.unexpected;
      at += 1;
      for (const candidate of PUNCTUATION_BY_START[code] ?? []) {
        if (candidate.text.length === 1 || text.startsWith(candidate.text, start)) {
          kind = candidate.kind;
          at = start + candidate.text.length;
          break;
        }
      }
      push(kind, start, at);
    }
    lineStart = false;
  }
  if (inPragma) endPragma(length);
  // The end is shown behind the last thing that stands in the file, not on an empty last line.
  const lastEnd = text.trimEnd().length;
  push(KIND_OF.end, lastEnd, lastEnd);
  return tokens;
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 92) at += 1;
    else if (code === 34) return at + 1;
  }
  return -1;
}

/** The longest number that starts here: digits, `0x..`, `8w..`, `8s0b..`. */
function endOfNumber(text: string, start: number): number {
  let at = start;
  while (isDigit(text.charCodeAt(at))) at += 1;
  const width = text.charCodeAt(at);
  if (width === 119 || width === 115) {
    const value = at + 1;
    const first = text.charCodeAt(value);
    if (isDigit(first) || first === 95) return endOfDigits(text, value);
  }
  return endOfDigits(text, start);
}

function endOfDigits(text: string, start: number): number {
  if (text.charCodeAt(start) === 48) {
    const isPart = DIGITS_OF_BASE.get(text.charAt(start + 1).toLowerCase());
    if (isPart?.(text.charCodeAt(start + 2))) {
      let at = start + 3;
      while (isPart(text.charCodeAt(at))) at += 1;
      return at;
    }
  }
  let at = start;
  while (isDigit(text.charCodeAt(at)) || text.charCodeAt(at) === 95) at += 1;
  return at;
}

const DIGITS_OF_BASE: ReadonlyMap<string, (code: number) => boolean> = new Map([
  ['x', (code: number) => isDigit(code) || (code >= 97 && code <= 102) || (code >= 65 && code <= 70) || code === 95],
  ['d', (code: number) => isDigit(code) || code === 95],
  ['o', (code: number) => (code >= 48 && code <= 55) || code === 95],
  ['b', (code: number) => code === 48 || code === 49 || code === 95],
]);

/** An integer literal taken apart. */
export interface IntegerText {
  readonly value: bigint;
  readonly width: number | undefined;
  readonly signed: boolean;
  readonly base: 2 | 8 | 10 | 16;
}

const BASES: ReadonlyMap<string, IntegerText['base']> = new Map([
  ['x', 16],
  ['d', 10],
  ['o', 8],
  ['b', 2],
]);

/** Reads the text of an `integer` token. */
export function parseInteger(text: string): IntegerText {
  const widthEnd = Math.max(text.indexOf('w'), text.indexOf('s'));
  const start = widthEnd + 1;
  const base = text.charCodeAt(start) === 48 ? BASES.get(text.charAt(start + 1).toLowerCase()) : undefined;
  const digits = text.slice(base === undefined ? start : start + 2).replaceAll('_', '');
  return {
    value: valueOfDigits(digits, base ?? 10),
    width: widthEnd < 0 ? undefined : Number(text.slice(0, widthEnd)),
    signed: text.charAt(widthEnd) === 's',
    base: base ?? 10,
  };
}

/** The numbers below 256: most literals are one of them, and making a number of that kind out of text is slow. */
const SMALL_NUMBERS: readonly bigint[] = Array.from({ length: 256 }, (_, value) => BigInt(value));

function valueOfDigits(digits: string, base: IntegerText['base']): bigint {
  if (digits === '') return 0n;
  const small = digits.length <= 3 ? SMALL_NUMBERS[Number.parseInt(digits, base)] : undefined;
  if (small !== undefined) return small;
  switch (base) {
    case 16:
      return BigInt(`0x${digits}`);
    case 10:
      return BigInt(digits);
    case 8:
      return BigInt(`0o${digits}`);
    case 2:
      return BigInt(`0b${digits}`);
  }
}
