/**
 * Diagnostics as text: `file(line:column): error[class]: message`, the line it is about with a caret, then notes in the
 * same manner, then what to do. One line starts each message, so scripts can read it; the excerpt is indented.
 *
 * Nothing here knows of terminals: colours are the caller's, through `decorate`.
 */
import type { Diagnostic, DiagnosticNote } from './diagnostic.ts';
import { BUILT_IN_FILE, type SourceMap, type Span } from './span.ts';

/** How parts of a message are to be dressed up; plain text by default. */
export interface FormatOptions {
  readonly decorate?: (text: string, role: 'error' | 'warning' | 'info' | 'note' | 'help' | 'caret') => string;
}

/** Longest excerpt line shown, in characters; longer lines are cut around the caret. */
const EXCERPT_WIDTH = 160;

/** The text of one diagnostic, without a final line break. */
export function formatDiagnostic(diagnostic: Diagnostic, sourceMap: SourceMap, options: FormatOptions = {}): string {
  const decorate = options.decorate ?? ((text) => text);
  const { severity } = diagnostic;
  const label = severity === 'info' ? 'info' : `${severity}[${diagnostic.class}]`;
  const lines = [`${place(diagnostic.span, sourceMap)}${decorate(`${label}:`, severity)} ${diagnostic.message}`];
  lines.push(...excerpt(diagnostic.span, sourceMap, decorate));
  for (const note of [...diagnostic.notes, ...inclusions(diagnostic.span, sourceMap)]) {
    lines.push(`${place(note.span, sourceMap)}${decorate('note:', 'note')} ${note.message}`);
    lines.push(...excerpt(note.span, sourceMap, decorate));
  }
  if (diagnostic.suggestion !== undefined) lines.push(`  ${decorate('help:', 'help')} ${diagnostic.suggestion}`);
  return lines.join('\n');
}

function place(span: Span | undefined, sourceMap: SourceMap): string {
  if (span === undefined || span.file === BUILT_IN_FILE) return '';
  const { file, line, column } = sourceMap.position(span);
  return `${file}(${line}:${column}): `;
}

/**
 * One note for each `#include` between the program and the place, so that an error in an included file can be traced.
 */
function inclusions(span: Span | undefined, sourceMap: SourceMap): DiagnosticNote[] {
  const notes: DiagnosticNote[] = [];
  let at = span === undefined ? undefined : sourceMap.file(span.file).includedFrom;
  while (at !== undefined && notes.length < 8) {
    notes.push({ message: 'included from here', span: at });
    at = sourceMap.file(at.file).includedFrom;
  }
  return notes;
}

function excerpt(
  span: Span | undefined,
  sourceMap: SourceMap,
  decorate: NonNullable<FormatOptions['decorate']>,
): string[] {
  if (span === undefined || span.file === BUILT_IN_FILE) return [];
  const { text } = sourceMap.file(span.file);
  const line = sourceMap.lineAt(span.file, span.start);
  const whole = text.slice(line.start, line.end);
  const column = span.start - line.start;
  const from = column > EXCERPT_WIDTH - 20 ? column - 40 : 0;
  const shown = whole.slice(from, from + EXCERPT_WIDTH).replace(/\t/g, ' ');
  if (shown.trim() === '') return [];
  const width = Math.max(1, Math.min(span.end - span.start, line.end - span.start, EXCERPT_WIDTH - (column - from)));
  return [`    ${shown}`, `    ${' '.repeat(Math.max(0, column - from))}${decorate('^'.repeat(width), 'caret')}`];
}

/** A diagnostic as plain data, for `--json` and editors. Lines and columns from 1, ends exclusive. */
export function diagnosticToJson(diagnostic: Diagnostic, sourceMap: SourceMap): Record<string, unknown> {
  const range = (span: Span | undefined) => {
    if (span === undefined || span.file === BUILT_IN_FILE) return undefined;
    const start = sourceMap.position(span);
    const end = sourceMap.endPosition(span);
    return { file: start.file, line: start.line, column: start.column, endLine: end.line, endColumn: end.column };
  };
  return {
    severity: diagnostic.severity,
    class: diagnostic.class,
    message: diagnostic.message,
    at: range(diagnostic.span),
    notes: diagnostic.notes.map((note) => ({ message: note.message, at: range(note.span) })),
    suggestion: diagnostic.suggestion,
  };
}
