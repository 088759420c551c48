/**
 * Lines of what happened, the newest at the bottom, as many as there is room for. The pane shows and the model keeps: how many
 * lines there are to choose from is decided there, so a pane that grows with the screen shows earlier ones again.
 */
import { fit, formatClock } from './format.ts';
import type { LogLine } from './model.ts';
import { type Row, row, type Style, span } from './rows.ts';

const STYLES = {
  info: {},
  warning: { colour: 'yellow' },
  error: { colour: 'red', bold: true },
} as const satisfies Record<LogLine['severity'], Style>;

/** One line of the log. Severity is a word too, for terminals without colour. */
export function logRow(line: LogLine, width: number, withSeverity = false): Row {
  const severity = withSeverity ? ` ${line.severity.padEnd(7)}` : '';
  return row(
    ' ',
    span(fit(`${formatClock(line.atMs).padStart(5)}${severity}  ${line.text}`, width - 2), STYLES[line.severity]),
  );
}

/** The newest `rows` lines. */
export function logPane(log: readonly LogLine[], rows: number, width: number): Row[] {
  return log.slice(Math.max(0, log.length - rows)).map((line) => logRow(line, width));
}
