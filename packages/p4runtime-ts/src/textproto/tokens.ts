/**
 * Cuts protobuf's text format into tokens: names, numbers, strings and punctuation, each with its place.
 *
 * A regular expression with the sticky flag does the cutting, so the text is walked once; line and column are worked
 * out from the offset only when an error needs them.
 */

/** A piece of text; `text` is as written, quotes included. */
export interface Token {
  readonly kind: 'name' | 'number' | 'string' | 'punctuation' | 'end';
  readonly text: string;
  readonly offset: number;
}

/** The text is not what the format or the message's descriptor allows. The message begins with `line:column:`. */
export class TextFormatError extends Error {
  readonly line: number;
  readonly column: number;

  constructor(source: string, offset: number, message: string) {
    const before = source.slice(0, offset);
    const line = before.split('\n').length;
    const column = offset - before.lastIndexOf('\n');
    super(`${line}:${column}: ${message}`);
    this.name = 'TextFormatError';
    this.line = line;
    this.column = column;
  }
}

const skipped = /(?:\s+|#[^\n]*)*/y;
const patterns: readonly (readonly [Token['kind'], RegExp])[] = [
  ['name', /[A-Za-z_][A-Za-z0-9_]*/y],
  ['number', /(?:0[xX][0-9a-fA-F]+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[fF]?)/y],
  ['string', /"(?:[^"\\\n]|\\[\s\S])*"|'(?:[^'\\\n]|\\[\s\S])*'/y],
  ['punctuation', /[{}<>[\]:,;./-]/y],
];

/**
 * All tokens of a text, the last of kind `end`.
 *
 * @throws TextFormatError for a character that begins no token, and for a string without end.
 */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  let offset = 0;
  for (;;) {
    skipped.lastIndex = offset;
    skipped.exec(source);
    offset = skipped.lastIndex;
    if (offset >= source.length) {
      tokens.push({ kind: 'end', text: 'the end of the text', offset: source.length });
      return tokens;
    }
    const token = tokenAt(source, offset);
    tokens.push(token);
    offset += token.text.length;
  }
}

function tokenAt(source: string, offset: number): Token {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = offset;
    const text = pattern.exec(source)?.[0];
    if (text !== undefined) return { kind, text, offset };
  }
  const character = source[offset] ?? '';
  if (character === '"' || character === "'")
    throw new TextFormatError(source, offset, 'this string has no closing quote on its line');
  throw new TextFormatError(source, offset, `unexpected character ${JSON.stringify(character)}`);
}

const namedEscapes: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
  '\\': 92,
  "'": 39,
  '"': 34,
  '?': 63,
};

/**
 * The bytes that a quoted string stands for.
 *
 * @throws TextFormatError for an unknown escape.
 */
export function unescapeBytes(source: string, token: Token): Uint8Array {
  const body = token.text.slice(1, -1);
  if (!body.includes('\\')) return Buffer.from(body, 'utf8');
  const parts: Uint8Array[] = [];
  const escapePattern = /\\(?:([0-7]{1,3})|[xX]([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([\s\S]))/g;
  let end = 0;
  for (const found of body.matchAll(escapePattern)) {
    if (found.index > end) parts.push(Buffer.from(body.slice(end, found.index), 'utf8'));
    end = found.index + found[0].length;
    const [, octal, hexadecimal, short, long, named] = found;
    const codePoint = short ?? long;
    if (octal !== undefined) parts.push(Uint8Array.of(Number.parseInt(octal, 8) & 0xff));
    else if (hexadecimal !== undefined) parts.push(Uint8Array.of(Number.parseInt(hexadecimal, 16)));
    else if (codePoint !== undefined) {
      const point = Number.parseInt(codePoint, 16);
      if (point > 0x10ffff) throw new TextFormatError(source, token.offset, `${found[0]} is beyond Unicode`);
      parts.push(Buffer.from(String.fromCodePoint(point), 'utf8'));
    } else {
      const byte = namedEscapes[named ?? ''];
      if (byte === undefined) throw new TextFormatError(source, token.offset, `unknown escape ${found[0]} in a string`);
      parts.push(Uint8Array.of(byte));
    }
  }
  if (end < body.length) parts.push(Buffer.from(body.slice(end), 'utf8'));
  return Buffer.concat(parts);
}
