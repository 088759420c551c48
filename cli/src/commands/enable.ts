/**
 * `mooring enable` and `mooring disable`: a server gets new connections again, or none for now. Not a drain: a disabled
 * server stays in service for the connections it has, which are pinned to it, and keeps its identity.
 */
import type { ParsedCommand } from '../command-line/command.ts';
import { OPERATION_WORDS } from '../control-client/operation-arguments.ts';
import { OPERATION_OPTIONS, runRequest } from '../control-client/operation-command.ts';

export const enableCommand: ParsedCommand = {
  kind: 'parsed',
  syntax: {
    name: 'enable',
    summary: 'let a disabled server take new connections again',
    description: 'Gives SERVER its share of the buckets back.',
    arguments: OPERATION_WORDS.enable,
    options: OPERATION_OPTIONS,
    examples: [{ command: 'mooring enable s2', does: 'undoes mooring disable s2' }],
  },
  run: runRequest('enable'),
};

export const disableCommand: ParsedCommand = {
  kind: 'parsed',
  syntax: {
    name: 'disable',
    summary: 'no new connections for a server, for now',
    description:
      'Gives the buckets of SERVER to the others. Its connections stay, and it stays in service for them: nothing\n' +
      'waits for their end. To power it off, mooring drain it.',
    arguments: OPERATION_WORDS.disable,
    options: OPERATION_OPTIONS,
    examples: [{ command: 'mooring disable s2 --reason "disk is slow"', does: 's2 keeps what it has' }],
  },
  run: runRequest('disable'),
};
