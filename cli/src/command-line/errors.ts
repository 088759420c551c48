/**
 * The command's errors and the exit statuses they end in. There are two kinds a user can cause: a usage error (the
 * command line itself is wrong, exit status 2) and a failure (the command was understood but refused or failed, exit
 * status 1). Anything else that is thrown is a bug of ours and is shown with its stack. Keeping them as classes lets a
 * command throw from any depth while `main` alone decides what is printed and with which status the process ends.
 */

/** Machine-readable part of an error, as printed by `--json` and as the control API sends it. */
export interface ErrorDetails {
  /** Stable upper-case identifier, e.g. `UNKNOWN_SERVER`. */
  readonly code: string;
  readonly message: string;
  /** The option, argument or YAML field that is wrong. */
  readonly field?: string;
  /** What would have been accepted. */
  readonly choices?: readonly string[];
  /** What to do next, one sentence. */
  readonly hint?: string;
}

/** The command line is wrong: exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly details: ErrorDetails;
  constructor(message: string, extra: Omit<Partial<ErrorDetails>, 'message'> = {}) {
    super(message);
    this.details = { code: 'USAGE', ...extra, message };
  }
}

/** The command was refused or failed: exit status 1. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
  readonly details: ErrorDetails;
  constructor(message: string, extra: Omit<Partial<ErrorDetails>, 'message'> = {}) {
    super(message);
    this.details = { code: 'FAILED', ...extra, message };
  }
}

/** The error as plain text: message, choices and hint each on a line of its own. */
export function errorText(details: ErrorDetails): string {
  const lines = [`error: ${details.message}`];
  if (details.choices && details.choices.length > 0) lines.push(`  valid: ${details.choices.join(', ')}`);
  if (details.hint) lines.push(`  ${details.hint}`);
  return `${lines.join('\n')}\n`;
}

/** Exit status of a thrown value: 2 for a usage error, else 1. */
export function exitStatusOf(error: unknown): 1 | 2 {
  return error instanceof UsageError ? 2 : 1;
}
