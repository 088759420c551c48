/** `mooring audit`: who asked for what, when, why, and what came of it, from the controller's append-only log. */
import type { AuditEntry } from '@mooring/controller/control';
import { type ParsedCommand, printResult } from '../command-line/command.ts';
import { UsageError } from '../command-line/errors.ts';
import { callController, STATE_DIRECTORY_OPTION } from '../control-client/connect.ts';

const SHOWN = 20;

/** One line an entry. */
export function auditText(entries: readonly AuditEntry[]): string {
  if (entries.length === 0) return 'nothing has been asked for yet';
  return entries
    .map(({ at, who, what, why, operation, result }) => {
      const id = operation === undefined ? '' : ` #${operation}`;
      return `${at}  ${who}${id}  ${what}${why === undefined ? '' : ` (${why})`}: ${result}`;
    })
    .join('\n');
}

export const auditCommand: ParsedCommand = {
  kind: 'parsed',
  syntax: {
    name: 'audit',
    summary: 'show who changed what, when and why',
    description:
      'Prints the last entries of the audit log, the newest last. The log itself is audit.log in the state directory.',
    arguments: [],
    options: [
      { name: 'last', short: 'n', kind: 'count', value: 'N', description: `how many entries (default ${SHOWN})` },
      STATE_DIRECTORY_OPTION,
    ],
    examples: [
      { command: 'mooring audit', does: `the last ${SHOWN} entries` },
      { command: 'mooring audit -n 1000 --json', does: 'for programs' },
    ],
  },
  async run(context, parsed) {
    const last = parsed.counts.get('last') ?? SHOWN;
    if (!Number.isInteger(last)) throw new UsageError('--last is a whole number', { field: '--last' });
    const entries = await callController(context, parsed, (client) => client.audit(last));
    printResult(context, parsed.flags.has('json'), { ok: true, entries }, auditText(entries));
    return 0;
  },
};
