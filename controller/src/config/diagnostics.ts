/**
 * Errors in a configuration, told so that the reader can put the finger on them: file, line and column, the line itself
 * and a caret below the word at fault. All of a file's errors are reported at once, in the order of the file.
 */

/** One error; line and column count from 1. */
export interface ConfigurationDiagnostic {
  readonly line: number;
  readonly column: number;
  /** How many characters the caret underlines, at least 1. */
  readonly length: number;
  readonly message: string;
}

/** The configuration is wrong. `message` is ready to print. */
export class ConfigurationError extends Error {
  readonly fileName: string;
  readonly diagnostics: readonly ConfigurationDiagnostic[];

  constructor(fileName: string, text: string, diagnostics: readonly ConfigurationDiagnostic[]) {
    const sorted = [...diagnostics].sort((a, b) => a.line - b.line || a.column - b.column);
    super(formatDiagnostics(fileName, text, sorted));
    this.name = 'ConfigurationError';
    this.fileName = fileName;
    this.diagnostics = sorted;
  }
}

/** `mooring.yaml(12:5): error: ...`, then the line and a caret, for each. */
export function formatDiagnostics(
  fileName: string,
  text: string,
  diagnostics: readonly ConfigurationDiagnostic[],
): string {
  const lines = text.split(/\r?\n/);
  return diagnostics
    .map(({ line, column, length, message }) => {
      const head = `${fileName}(${line}:${column}): error: ${message}`;
      const source = lines[line - 1];
      if (source === undefined || source.trim() === '') return head;
      const visible = source.replaceAll('\t', ' ');
      const caret = '^'.repeat(Math.max(1, Math.min(length, visible.length - column + 1)));
      return `${head}\n  ${visible}\n  ${' '.repeat(column - 1)}${caret}`;
    })
    .join('\n');
}
