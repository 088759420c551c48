/**
 * Lines of what happened, the newest at the bottom, as many as there is room for. The pane shows and the model keeps:
 * how many lines there are to choose from is decided there, so a pane that grows with the screen shows earlier ones
 * again.
 */
import { fit, formatDayAndTime, formatTime } from './format.ts';
import type { LogLine, View } from './model.ts';
import { type Row, row, type Style, span } from './rows.ts';
import { wrapText } from './text-pane.ts';

const STYLES = {
  info: {},
  warning: { colour: 'yellow' },
  error: { colour: 'red', bold: true },
} as const satisfies Record<LogLine['severity'], Style>;

/** A line of the log in a row: cut where it is longer. */
function logRow(line: LogLine, clock: View['clock'], width: number): Row {
  return row(' ', span(fit(`${formatTime(clock, line.atMs)}  ${line.text}`, width - 2), STYLES[line.severity]));
}

/** The newest `rows` lines. */
export function logPane({ log, clock }: View, rows: number, width: number): Row[] {
  return log.slice(Math.max(0, log.length - rows)).map((line) => logRow(line, clock, width));
}

/**
 * A line of the log whole, in as many rows as it takes, with its day. Severity is a word too, for terminals without
 * colour.
 */
export function wholeLogRows({ atMs, severity, text }: LogLine, clock: View['clock'], width: number): Row[] {
  const head = `${formatDayAndTime(clock, atMs)} ${severity.padEnd(7)}  `;
  return wrapText(text, Math.max(20, width - 2 - head.length)).map((part, index) =>
    row(' ', span(`${index === 0 ? head : ' '.repeat(head.length)}${part}`, STYLES[severity])),
  );
}
