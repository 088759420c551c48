/**
 * `mooring abort`: takes a running operation back, as gently as it was begun. Whoever aborts is in a hurry, so the
 * number may be left out while only one operation runs; with several it must be said, because to guess would take back
 * the wrong one.
 */
import { type ParsedCommand, printResult } from '../command-line/command.ts';
import { CommandFailure, UsageError } from '../command-line/errors.ts';
import { callController, STATE_DIRECTORY_OPTION } from '../control-client/connect.ts';
import { REASON_OPTION } from '../control-client/operation-arguments.ts';
import { operationLine } from '../control-client/operation-command.ts';

export const abortCommand: ParsedCommand = {
  kind: 'parsed',
  syntax: {
    name: 'abort',
    summary: 'stop a running operation and go back',
    description:
      'New connections go where they went before the operation; those begun meanwhile stay where they are. Without\n' +
      'an ID it aborts the running operation, if there is just one.',
    arguments: [{ name: 'ID', description: 'number of the operation, as mooring status shows it', optional: true }],
    options: [REASON_OPTION, STATE_DIRECTORY_OPTION],
    examples: [
      { command: 'mooring abort', does: 'aborts the only running operation' },
      { command: 'mooring abort 3 --reason "too slow"', does: 'aborts operation 3, and has it written down why' },
    ],
  },
  async run(context, parsed) {
    const written = parsed.positional[0];
    const id = written === undefined ? undefined : Number(written.replace(/^#/, ''));
    if (id !== undefined && !Number.isInteger(id)) {
      throw new UsageError(`an operation's ID is a whole number, not '${written}'`, { field: 'ID' });
    }
    const operation = await callController(context, parsed, async (client) => {
      const reason = parsed.texts.get('reason');
      if (id !== undefined) return client.abort(id, reason);
      const running = (await client.status()).operations.filter((candidate) => candidate.phase !== 'finished');
      if (running.length === 0) throw new CommandFailure('no operation is running', { code: 'NOT_FOUND' });
      if (running.length > 1) {
        throw new CommandFailure('several operations are running: say which', {
          code: 'CONFLICT',
          field: 'ID',
          choices: running.map((candidate) => String(candidate.id)),
        });
      }
      return client.abort(running[0]!.id, reason);
    });
    printResult(context, parsed.flags.has('json'), { ok: true, operation }, operationLine(operation));
    return 0;
  },
};
