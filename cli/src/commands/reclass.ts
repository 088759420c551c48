/**
 * `mooring reclass`: clients come into another class, and by that to other servers, while their connections live. Which
 * classes there are is said by the configuration file; `mooring apply` moves clients as well where the file says so.
 */
import type { ParsedCommand } from '../command-line/command.ts';
import { OPERATION_WORDS } from '../control-client/operation-arguments.ts';
import { OPERATION_OPTIONS, runRequest } from '../control-client/operation-command.ts';

export const reclassCommand: ParsedCommand = {
  kind: 'parsed',
  syntax: {
    name: 'reclass',
    summary: 'put clients into another class',
    description:
      'New connections of these clients go to the virtual address of the new class at once, those that live stay on their\n' +
      'servers. Meanwhile the clients have a class and virtual addresses of their own, which `mooring status` shows, and\n' +
      'other changes of the servers that they leave and come to wait.',
    arguments: OPERATION_WORDS.reclass,
    options: OPERATION_OPTIONS.filter(({ name }) => name !== 'ramp' && name !== 'vip'),
    examples: [
      { command: 'mooring reclass 10.1.0.0/16 preferred', does: 'these clients get the servers of class `preferred`' },
      { command: 'mooring plan reclass 10.1.0.0/16 none', does: 'what it would do to take them back' },
    ],
  },
  run: runRequest('reclass'),
};
