/** Text broken at blanks to a width: for explanations and what commands print, which must not be cut. */
import { type Row, row, type Style, span } from './rows.ts';

/** Lines of at most `width` columns; words longer than that are cut into pieces. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter((candidate) => candidate !== '')) {
    let rest = word;
    if (line !== '' && line.length + 1 + rest.length > width) {
      lines.push(line);
      line = '';
    }
    while (rest.length > width) {
      lines.push(rest.slice(0, width));
      rest = rest.slice(width);
    }
    line = line === '' ? rest : `${line} ${rest}`;
  }
  if (line !== '') lines.push(line);
  return lines;
}

/** Lines as they are where they fit; a longer one is broken, its further pieces indented a little more than it is. */
export function wrapLines(lines: readonly string[], width: number): string[] {
  return lines.flatMap((line) => {
    if (line.length <= width) return [line];
    const indent = ' '.repeat(Math.min(line.length - line.trimStart().length, Math.floor(width / 2)));
    const [first = '', ...rest] = wrapText(line, width - indent.length - 2);
    return [`${indent}${first}`, ...rest.map((part) => `${indent}  ${part}`)];
  });
}

/** A text in as many rows as it takes, each with a blank to its left. */
export function textRows(text: string, width: number, style: Style = {}): Row[] {
  return wrapText(text, width - 2).map((line) => row(span(` ${line}`, style)));
}

/** Columns of a label, blanks included. */
const LABEL_COLUMNS = 12;

/** A label and a text, in as many rows as it takes. */
export function labelledRows(label: string, text: string, width: number, style: Style = {}): Row[] {
  return wrapText(text, width - LABEL_COLUMNS - 1).map((line, index) =>
    row(span(` ${(index === 0 ? label : '').padEnd(LABEL_COLUMNS - 1)}${line}`, style)),
  );
}
