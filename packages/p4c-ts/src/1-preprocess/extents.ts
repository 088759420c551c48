/**
 * Where things end in the text of a P4 file as the preprocessor sees it: directives, quotes, lines, blanks, and lines
 * that do not count.
 *
 * Plain functions from a text and an offset to an offset, with no state of their own: the loop in preprocess.ts decides
 * what a character means, these say how far it reaches. They go by character codes and `indexOf` and copy nothing,
 * because they see every character of a program; only a directive's own text is put together anew, without its comments
 * and spliced lines.
 */
import { isCommentStart, skipComment, skipString, spliceLength } from './macro-tokens.ts';

/** The offset of the line break that ends the directive at `start` (spliced lines and block comments go on). */
export function endOfDirective(text: string, start: number): number {
  let at = start;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === 10) return at;
    if (isCommentStart(text, at)) at = skipComment(text, at);
    else if (code === 92 && spliceLength(text, at) > 0) at += spliceLength(text, at);
    else if (code === 34) {
      const line = text.indexOf('\n', at);
      const close = skipString(text, at);
      at = line >= 0 && close > line ? at + 1 : close;
    } else at += 1;
  }
  return text.length;
}

/** The directive's text with comments and splices replaced by what they mean. */
export function directiveText(text: string, start: number, end: number): string {
  let out = '';
  let at = start;
  let from = start;
  while (at < end) {
    const splice = spliceLength(text, at);
    if (splice > 0) {
      out += text.slice(from, at);
      at += splice;
      from = at;
    } else if (isCommentStart(text, at)) {
      out += `${text.slice(from, at)} `;
      at = Math.min(skipComment(text, at), end);
      from = at;
    } else if (text.charCodeAt(at) === 34) {
      const close = skipString(text, at);
      at = close > end ? at + 1 : close;
    } else at += 1;
  }
  return out + text.slice(from, end);
}

/** The offset just after the quote on the same line that closes the one at `start`. */
export function closingQuote(text: string, start: number): number | undefined {
  const quote = text.charCodeAt(start);
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 10) return undefined;
    if (code === 92) at += 1;
    else if (code === quote) return at + 1;
  }
  return undefined;
}

/** The offset of the line break that ends the line, or of the end of the text. */
export function endOfLine(text: string, start: number): number {
  const end = text.indexOf('\n', start);
  return end < 0 ? text.length : end;
}

/** Line breaks from `start` up to `end`. */
export function newlines(text: string, start: number, end: number): number {
  let count = 0;
  for (let at = text.indexOf('\n', start); at >= 0 && at < end; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}

/** The offset just after the blanks, tabs and carriage returns at `from`. */
export function endOfBlanks(text: string, from: number): number {
  let at = from;
  while (text.charCodeAt(at) === 32 || text.charCodeAt(at) === 9 || text.charCodeAt(at) === 13) at += 1;
  return at;
}

/**
 * What `cpp` makes of white space: the column at a line's start, one blank elsewhere. Undefined where that is what
 * stands there.
 */
export function blanksInString(text: string, start: number, end: number, atLineStart: boolean): string | undefined {
  const code = text.charCodeAt(end);
  const blanks = code === 10 || end >= text.length ? '' : atLineStart ? ' '.repeat(end - start) : ' ';
  return text.slice(start, end) === blanks ? undefined : blanks;
}

/** Skips the rest of a line that does not count, over block comments. Stops at its line break. */
export function skipInactiveLine(text: string, from: number): number {
  let at = from;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === 10) return at;
    if (code === 47 && isCommentStart(text, at)) at = skipComment(text, at);
    else at += 1;
  }
  return at;
}

/** `end` moved back over white space, not before `start`. */
export function trimmedEnd(text: string, start: number, end: number): number {
  let at = end;
  while (at > start && text.charCodeAt(at - 1) <= 32) at -= 1;
  return at;
}
