/**
 * `mooring weight`: a server gets a larger or smaller share of the new connections; those that exist stay where they
 * are.
 */
import type { ParsedCommand } from '../command-line/command.ts';
import { OPERATION_WORDS } from '../control-client/operation-arguments.ts';
import { OPERATION_OPTIONS, runRequest } from '../control-client/operation-command.ts';

export const weightCommand: ParsedCommand = {
  kind: 'parsed',
  syntax: {
    name: 'weight',
    summary: "change a server's share of new connections",
    description:
      'Gives SERVER a share of the buckets in proportion to WEIGHT. As few buckets move as that allows; connections\n' +
      'that exist stay on the server they are on.',
    arguments: OPERATION_WORDS.weight,
    options: OPERATION_OPTIONS,
    examples: [
      { command: 'mooring weight s2 3', does: 'three times the share of a server of weight 1' },
      { command: 'mooring weight s2 3 --ramp 60', does: 'the same, its buckets coming over a minute' },
    ],
  },
  run: runRequest('weight'),
};
