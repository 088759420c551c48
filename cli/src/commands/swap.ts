/**
 * `mooring swap`: one server out and another in as one operation. It is not add and then drain: as one operation the
 * newcomer gets exactly the buckets of the one that leaves, and no other server's bucket moves. Following it until it
 * is done is shared with the other operations.
 */
import type { ParsedCommand } from '../command-line/command.ts';
import {
  DEADLINE_OPTION,
  DEFINITION_OPTIONS,
  OPERATION_OPTIONS,
  requestExtras,
  runOperation,
} from '../control-client/operation-command.ts';

export const swapCommand: ParsedCommand = {
  kind: 'parsed',
  syntax: {
    name: 'swap',
    summary: 'replace one server by another',
    description:
      'NEW takes all new connections of OLD from now on; those on OLD live until they end. Ends when OLD is safe to\n' +
      'power off.',
    arguments: [
      { name: 'OLD', description: 'name of the server that leaves' },
      { name: 'NEW', description: 'name of the server that takes its place' },
    ],
    options: [...DEFINITION_OPTIONS, DEADLINE_OPTION, ...OPERATION_OPTIONS],
    examples: [
      { command: 'mooring swap s2 s5', does: 'replaces s2 by the spare s5' },
      {
        command: 'mooring swap s2 s9 --address 10.0.0.19',
        does: 'replaces it by a server the configuration does not list',
      },
    ],
  },
  run: (context, parsed) =>
    runOperation(context, parsed, {
      kind: 'swap',
      server: parsed.positional[0]!,
      replacement: parsed.positional[1]!,
      ...requestExtras(parsed),
    }),
};
