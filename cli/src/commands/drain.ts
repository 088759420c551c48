/** `mooring drain`: no new connections for a server; it is reported drained when its last connection has ended. */
import type { ParsedCommand } from '../command-line/command.ts';
import {
  DEADLINE_OPTION,
  OPERATION_OPTIONS,
  requestExtras,
  runOperation,
} from '../control-client/operation-command.ts';

export const drainCommand: ParsedCommand = {
  kind: 'parsed',
  syntax: {
    name: 'drain',
    summary: 'send new connections elsewhere, keep the old ones until they end',
    description:
      'New connections go to the other servers from now on; those on SERVER live until they end (or until the\n' +
      'deadline, which ends and lists them). Ends when SERVER is safe to power off. It stays configured: mooring add\n' +
      'brings it back.',
    arguments: [{ name: 'SERVER', description: 'name of the server' }],
    options: [DEADLINE_OPTION, ...OPERATION_OPTIONS],
    examples: [
      { command: 'mooring drain s2', does: 'waits until s2 has no connection left' },
      {
        command: 'mooring drain s2 --deadline 600 --detach',
        does: 'returns at once; what is left in ten minutes is ended',
      },
    ],
  },
  run: (context, parsed) =>
    runOperation(context, parsed, { kind: 'drain', server: parsed.positional[0]!, ...requestExtras(parsed) }),
};
