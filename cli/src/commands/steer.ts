/**
 * `mooring approve`, `pause`, `resume` and `rollback`: what can be done about an operation that there is. They differ
 * in a word, so they are one file; what each of them means is decided by the controller.
 */
import type { ControlClient, OperationAction, OperationStatus } from '@mooring/controller/control';
import type { CommandContext, ExitStatus, ParsedCommand } from '../command-line/command.ts';
import { printResult } from '../command-line/command.ts';
import type { OptionSpecification, ParsedArguments } from '../command-line/options.ts';
import { callController, STATE_DIRECTORY_OPTION } from '../control-client/connect.ts';
import { operationId, REASON_OPTION } from '../control-client/operation-arguments.ts';
import { followOperation, operationLine } from '../control-client/operation-command.ts';

const ID = { name: 'ID', description: 'number of the operation, as mooring status shows it' };
const DETACH: OptionSpecification = {
  name: 'detach',
  short: 'd',
  kind: 'flag',
  description: 'return at once; the operation goes on',
};

function act(client: ControlClient, parsed: ParsedArguments, action: OperationAction): Promise<OperationStatus> {
  return client.act(action, operationId(parsed.positional[0]!), parsed.texts.get('reason'));
}

async function once(context: CommandContext, parsed: ParsedArguments, action: 'pause' | 'resume'): Promise<ExitStatus> {
  const operation = await callController(context, parsed, (client) => act(client, parsed, action));
  printResult(context, parsed.flags.has('json'), { ok: true, operation }, operationLine(operation));
  return 0;
}

export const approveCommand: ParsedCommand = {
  kind: 'parsed',
  syntax: {
    name: 'approve',
    summary: 'let an operation go that waits for approval',
    description: 'The operation is looked at anew and begins. mooring abort discards it instead.',
    arguments: [ID],
    options: [DETACH, REASON_OPTION, STATE_DIRECTORY_OPTION],
    examples: [{ command: 'mooring approve 4', does: 'lets operation 4 go and waits for its end' }],
  },
  run: (context, parsed) => followOperation(context, parsed, (client) => act(client, parsed, 'approve')),
};

export const pauseCommand: ParsedCommand = {
  kind: 'parsed',
  syntax: {
    name: 'pause',
    summary: 'have a running operation stand still',
    description:
      'Its buckets stay as they are: new connections go on being pinned, none commits, and its deadline stands still as\n' +
      'well. mooring resume lets it go on, mooring abort takes it back.',
    arguments: [ID],
    options: [REASON_OPTION, STATE_DIRECTORY_OPTION],
    examples: [{ command: 'mooring pause 4', does: 'halts operation 4' }],
  },
  run: (context, parsed) => once(context, parsed, 'pause'),
};

export const resumeCommand: ParsedCommand = {
  kind: 'parsed',
  syntax: {
    name: 'resume',
    summary: 'let a paused operation go on',
    description: 'Undoes mooring pause.',
    arguments: [ID],
    options: [REASON_OPTION, STATE_DIRECTORY_OPTION],
    examples: [{ command: 'mooring resume 4', does: 'operation 4 goes on where it was' }],
  },
  run: (context, parsed) => once(context, parsed, 'resume'),
};

export const rollbackCommand: ParsedCommand = {
  kind: 'parsed',
  syntax: {
    name: 'rollback',
    summary: 'take an operation back, also a finished one',
    description:
      'A running operation is aborted. For a finished one the opposite is done, as an operation of its own: what was\n' +
      'added is drained, what was drained is added, what was swapped is swapped back, weights are as they were.',
    arguments: [ID],
    options: [DETACH, REASON_OPTION, STATE_DIRECTORY_OPTION],
    examples: [{ command: 'mooring rollback 4', does: 'undoes operation 4' }],
  },
  run: (context, parsed) => {
    const id = operationId(parsed.positional[0]!);
    // A running one is itself aborted, and that is what was asked for; a finished one is taken back by another.
    const isTakenBack = (operation: OperationStatus): boolean => operation.id === id && operation.outcome === 'aborted';
    return followOperation(context, parsed, (client) => act(client, parsed, 'rollback'), isTakenBack);
  },
};
