/**
 * Preprocessing tokens: what macros are made of and expanded over. They are coarser than the language's own tokens (a
 * number with its width, `8w0xFF`, is one word that no macro may reach into) and know whether white space stood before
 * them, which is all that `#` needs to rebuild text. Each token carries its hide set: the macros that must not be
 * expanded in it any more, which is what makes recursive macros end (Prosser's algorithm, as in the C standard).
 */

/** Names that a token must not be expanded as; a shared, immutable list. */
export interface HideSet {
  readonly name: string;
  readonly next: HideSet | undefined;
}

export interface MacroToken {
  readonly kind: 'name' | 'number' | 'string' | 'punctuation';
  readonly text: string;
  readonly spaceBefore: boolean;
  readonly hidden: HideSet | undefined;
}

/** True if the macro `name` must not be expanded in a token with this hide set. */
export function isHidden(set: HideSet | undefined, name: string): boolean {
  for (let item = set; item !== undefined; item = item.next) if (item.name === name) return true;
  return false;
}

/** The set with one more name. */
export function hide(set: HideSet | undefined, name: string): HideSet {
  return isHidden(set, name) ? (set as HideSet) : { name, next: set };
}

/** Every name of both sets. */
export function unionOf(a: HideSet | undefined, b: HideSet | undefined): HideSet | undefined {
  if (a === b || b === undefined) return a;
  if (a === undefined) return b;
  let result = a;
  for (let item: HideSet | undefined = b; item !== undefined; item = item.next) result = hide(result, item.name);
  return result;
}

/** The names that are in both sets. */
export function intersectionOf(a: HideSet | undefined, b: HideSet | undefined): HideSet | undefined {
  if (a === b) return a;
  let result: HideSet | undefined;
  for (let item = a; item !== undefined; item = item.next) {
    if (isHidden(b, item.name)) result = { name: item.name, next: result };
  }
  return result;
}

export function isNameStart(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95;
}

export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

export function isNamePart(code: number): boolean {
  return isNameStart(code) || isDigit(code);
}

/**
 * The offset just after the comment that starts at `at` (`//` ends before its line break, a lone `/*` at the end of
 * text).
 */
export function skipComment(text: string, at: number): number {
  if (text.charCodeAt(at + 1) === 47) {
    const end = text.indexOf('\n', at);
    return end < 0 ? text.length : end;
  }
  const end = text.indexOf('*/', at + 2);
  return end < 0 ? text.length : end + 2;
}

/** True if a comment starts at `at`. */
export function isCommentStart(text: string, at: number): boolean {
  if (text.charCodeAt(at) !== 47) return false;
  const next = text.charCodeAt(at + 1);
  return next === 47 || next === 42;
}

/** The offset just after the string literal whose opening quote stands at `at`. */
export function skipString(text: string, at: number): number {
  for (let i = at + 1; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === 92) i += 1;
    else if (code === 34) return i + 1;
  }
  return text.length;
}

/** Longest-first, so that `##`, `|+|=` and `...` come out whole when text is rebuilt. */
const PUNCTUATION = [
  '##',
  '...',
  '&&&',
  '|+|=',
  '|-|=',
  '|+|',
  '|-|',
  '<<=',
  '{#}',
  '&&',
  '||',
  '==',
  '!=',
  '<=',
  '>=',
];
const MORE_PUNCTUATION = ['<<', '++', '..', '+=', '-=', '*=', '/=', '%=', '&=', '|=', '^=', '+:'];
const ALL_PUNCTUATION = [...PUNCTUATION, ...MORE_PUNCTUATION];

/** One token and the offset just after it. */
export interface TokenAt {
  readonly token: MacroToken;
  readonly end: number;
}

/**
 * Reads the token at or after `from`, skipping white space, comments, line breaks and spliced lines.
 * Returns `undefined` at the end of the text (or at `limit`).
 */
export function readMacroToken(text: string, from: number, limit: number = text.length): TokenAt | undefined {
  let at = from;
  let spaceBefore = false;
  for (;;) {
    if (at >= limit) return undefined;
    const code = text.charCodeAt(at);
    if (code === 32 || (code >= 9 && code <= 13)) {
      at += 1;
      spaceBefore = true;
    } else if (isCommentStart(text, at)) {
      at = skipComment(text, at);
      spaceBefore = true;
    } else if (code === 92 && spliceLength(text, at) > 0) {
      at += spliceLength(text, at);
    } else break;
  }
  const code = text.charCodeAt(at);
  let end = at + 1;
  let kind: MacroToken['kind'] = 'punctuation';
  if (isNameStart(code)) {
    kind = 'name';
    while (end < limit && isNamePart(text.charCodeAt(end))) end += 1;
  } else if (isDigit(code)) {
    kind = 'number';
    while (end < limit && isNamePart(text.charCodeAt(end))) end += 1;
  } else if (code === 34) {
    kind = 'string';
    end = Math.min(skipString(text, at), limit);
  } else {
    for (const candidate of ALL_PUNCTUATION) {
      if (candidate.charCodeAt(0) === code && text.startsWith(candidate, at)) {
        end = at + candidate.length;
        break;
      }
    }
  }
  return { token: { kind, text: text.slice(at, end), spaceBefore, hidden: undefined }, end };
}

/** Length of a backslash and line break at `at`, or 0. */
export function spliceLength(text: string, at: number): number {
  if (text.charCodeAt(at) !== 92) return 0;
  if (text.charCodeAt(at + 1) === 10) return 2;
  return text.charCodeAt(at + 1) === 13 && text.charCodeAt(at + 2) === 10 ? 3 : 0;
}

/** All tokens of a text. */
export function tokenizeMacroText(text: string): MacroToken[] {
  const tokens: MacroToken[] = [];
  for (let next = readMacroToken(text, 0); next !== undefined; next = readMacroToken(text, next.end)) {
    tokens.push(next.token);
  }
  return tokens;
}

/** The text of tokens, with white space where there was some and where two tokens would otherwise become one. */
export function textOfTokens(tokens: readonly MacroToken[]): string {
  let out = '';
  let previous: MacroToken | undefined;
  for (const token of tokens) {
    if (previous !== undefined && (token.spaceBefore || wouldMerge(previous, token))) out += ' ';
    out += token.text;
    previous = token;
  }
  return out;
}

function wouldMerge(a: MacroToken, b: MacroToken): boolean {
  const wordA = a.kind === 'name' || a.kind === 'number';
  const wordB = b.kind === 'name' || b.kind === 'number';
  if (wordA || wordB) return wordA && wordB;
  if (a.kind === 'string' || b.kind === 'string') return false;
  return !'()[]{};,@'.includes(a.text) && !'()[]{};,@'.includes(b.text);
}
