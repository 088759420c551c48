/**
 * `mooring remove`: drain, then forget the server. To the controller it is an operation like add, drain and swap, so
 * this file only says how it is called; following it until it is done is shared. A server that has been drained before
 * is forgotten at once.
 */
import type { ParsedCommand } from '../command-line/command.ts';
import {
  DEADLINE_OPTION,
  OPERATION_OPTIONS,
  requestExtras,
  runOperation,
} from '../control-client/operation-command.ts';

export const removeCommand: ParsedCommand = {
  kind: 'parsed',
  syntax: {
    name: 'remove',
    summary: 'drain a server and take it out of the configuration',
    description:
      'As mooring drain; once its last connection has ended, SERVER is taken out. Its number is never used again, so\n' +
      'that nothing that still names it can reach another server.',
    arguments: [{ name: 'SERVER', description: 'name of the server' }],
    options: [DEADLINE_OPTION, ...OPERATION_OPTIONS],
    examples: [{ command: 'mooring remove s3', does: 'drains s3 and removes it' }],
  },
  run: (context, parsed) =>
    runOperation(context, parsed, { kind: 'remove', server: parsed.positional[0]!, ...requestExtras(parsed) }),
};
