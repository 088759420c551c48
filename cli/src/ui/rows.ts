/**
 * What a screen is made of: rows of styled spans, as plain data. A pane is a function from plain props to rows, a page
 * an arrangement of panes, and only `frame.tsx` knows how rows get onto a terminal. That keeps three promises cheap: a
 * frame is exactly as large as its terminal (rows are counted, not laid out), a row that has not changed is not drawn
 * again (it is compared as one string), and any screen can be tested as text. Every character is one column wide.
 *
 * Escape sequences are written here, not by a library that looks at the environment, so that "with colour" means the
 * same in a test, a pipe and a terminal. Colours are left out by `encodeRow` where the terminal has none; bold, dim and
 * inverse stay.
 */
import { fit } from './format.ts';

const CODES = {
  black: 30,
  red: 31,
  green: 32,
  yellow: 33,
  blue: 34,
  magenta: 35,
  cyan: 36,
  white: 37,
  gray: 90,
  redBright: 91,
  greenBright: 92,
  yellowBright: 93,
  blueBright: 94,
  magentaBright: 95,
  cyanBright: 96,
} as const;

/** A colour of the terminal's own sixteen. */
export type Colour = keyof typeof CODES;

/** How a text looks. */
export interface Style {
  readonly colour?: Colour | undefined;
  readonly back?: Colour | undefined;
  readonly bold?: boolean;
  readonly dim?: boolean;
  readonly inverse?: boolean;
}

/** A run of text in one style. */
export interface Span extends Style {
  readonly text: string;
}

/** One line of the screen. */
export type Row = readonly Span[];

/** A span. */
export function span(text: string, style: Style = {}): Span {
  return { ...style, text };
}

/** A row of spans and plain texts. */
export function row(...parts: readonly (string | Span)[]): Row {
  return parts.map((part) => (typeof part === 'string' ? { text: part } : part));
}

/** The row's text without any style. */
export function rowText(line: Row): string {
  return line.map((part) => part.text).join('');
}

/** Columns the row takes. */
export function rowWidth(line: Row): number {
  return line.reduce((sum, part) => sum + part.text.length, 0);
}

/** Cuts a row to `width` columns; an ellipsis stands where something is missing. */
export function fitRow(line: Row, width: number): Row {
  let left = width;
  if (rowWidth(line) <= width) return line;
  const result: Span[] = [];
  for (const part of line) {
    // The last column is for the ellipsis, since something is missing for certain.
    if (part.text.length < left) {
      result.push(part);
      left -= part.text.length;
      continue;
    }
    result.push({ ...part, text: fit(`${part.text}…`, left) });
    break;
  }
  return result;
}

/** A row with something at its right end; the left part gives way. */
export function spread(left: Row, right: Row, width: number): Row {
  const room = Math.max(0, width - rowWidth(right) - 1);
  const fitted = fitRow(left, room);
  return [...fitted, span(' '.repeat(Math.max(1, width - rowWidth(fitted) - rowWidth(right)))), ...right];
}

/** The row as a bar over the whole width: how a selected line looks, with and without colour. */
export function selected(line: Row, width: number): Row {
  const fitted = fitRow(line, width);
  const rest = width - rowWidth(fitted);
  const padded = rest > 0 ? [...fitted, span(' '.repeat(rest))] : fitted;
  return padded.map((part) => ({ text: part.text, inverse: true, ...(part.bold ? { bold: true } : {}) }));
}

/** Columns of a table: each text cut and padded to its width (negative: to the right). */
export function columns(...cells: readonly (readonly [text: string, width: number])[]): string {
  return cells
    .map(([text, width]) => {
      const size = Math.abs(width);
      const cut = fit(text, size);
      return width < 0 ? cut.padStart(size) : cut.padEnd(size);
    })
    .join(' ');
}

/** Exactly `height` rows of at most `width` columns: cut, or filled with empty ones. */
export function exactly(rows: readonly Row[], width: number, height: number): Row[] {
  const result = rows.slice(0, Math.max(0, height)).map((line) => fitRow(line, width));
  while (result.length < height) result.push([]);
  return result;
}

/** The row as the terminal wants it. */
export function encodeRow(line: Row, colour: boolean): string {
  let text = '';
  for (const part of line) {
    const codes: number[] = [];
    if (part.bold) codes.push(1);
    if (part.dim) codes.push(2);
    if (part.inverse) codes.push(7);
    if (colour && part.colour) codes.push(CODES[part.colour]);
    if (colour && part.back) codes.push(CODES[part.back] + 10);
    text += codes.length === 0 ? part.text : `\x1b[${codes.join(';')}m${part.text}\x1b[0m`;
  }
  return text;
}
