/**
 * `mooring forwarding`: packets get to the servers of a virtual address in another way, while its connections live. The
 * words say all of it, so that `mooring plan forwarding` takes the same.
 */
import type { ParsedCommand } from '../command-line/command.ts';
import { OPERATION_WORDS } from '../control-client/operation-arguments.ts';
import { DEADLINE_OPTION, OPERATION_OPTIONS, runRequest } from '../control-client/operation-command.ts';

export const forwardingCommand: ParsedCommand = {
  kind: 'parsed',
  syntax: {
    name: 'forwarding',
    summary: 'change how packets get to the servers of a virtual address',
    description:
      'New connections get to their servers in the new way at once; those that live keep the way they have until they end,\n' +
      'so a server has to take packets in both ways meanwhile. Other changes of the servers wait until the last one has\n' +
      'ended. With all but `nat` servers have the virtual address and its port themselves, and answer past the switch.',
    arguments: OPERATION_WORDS.forwarding,
    options: [DEADLINE_OPTION, ...OPERATION_OPTIONS],
    examples: [
      { command: 'mooring forwarding direct --vip web', does: 'servers answer clients themselves from now on' },
      { command: 'mooring forwarding gue 10.0.0.1 6080', does: 'through tunnels from 10.0.0.1 to port 6080' },
    ],
  },
  run: runRequest('forwarding'),
};
