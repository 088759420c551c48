/** `mooring add`: a server takes its share of the new connections; those that exist stay where they are. */
import type { ParsedCommand } from '../command-line/command.ts';
import {
  DEFINITION_OPTIONS,
  OPERATION_OPTIONS,
  requestExtras,
  runOperation,
} from '../control-client/operation-command.ts';

export const addCommand: ParsedCommand = {
  kind: 'parsed',
  syntax: {
    name: 'add',
    summary: 'let a server take its share of new connections',
    description:
      'Gives SERVER its share of the buckets. New connections of those go to it at once; connections that\n' +
      'exist stay on the server they are on. SERVER is a spare of the configuration, or new with --address.',
    arguments: [{ name: 'SERVER', description: 'name of the server' }],
    options: [...DEFINITION_OPTIONS, ...OPERATION_OPTIONS],
    examples: [
      { command: 'mooring add s4', does: 'puts the spare s4 into service and waits until it has its share' },
      {
        command: 'mooring add s9 --address 10.0.0.19 --port 8080',
        does: 'adds a server the configuration does not list',
      },
    ],
  },
  run: (context, parsed) =>
    runOperation(context, parsed, { kind: 'add', server: parsed.positional[0]!, ...requestExtras(parsed) }),
};
