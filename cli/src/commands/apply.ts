/**
 * `mooring diff` and `mooring apply`: a configuration file against what runs. Applying is idempotent: the operations it
 * takes are computed from the differences, and where there is none there is nothing to do.
 */
import type { OperationStatus } from '@mooring/controller/control';
import { type ParsedCommand, printResult } from '../command-line/command.ts';
import { differencesText } from '../control-client/apply-text.ts';
import { callController, STATE_DIRECTORY_OPTION } from '../control-client/connect.ts';
import { REASON_OPTION } from '../control-client/operation-arguments.ts';
import { operationLine } from '../control-client/operation-command.ts';
import { readConfigurationText } from './plan.ts';

const FILE = { name: 'FILE', description: 'the configuration, as mooring up takes it' };

export const diffCommand: ParsedCommand = {
  kind: 'parsed',
  syntax: {
    name: 'diff',
    summary: 'compare a configuration with what runs',
    description:
      'Prints what mooring apply would add (+), remove (-) and change (~). Exit status 0: no difference; 1: there are\n' +
      'some, or the file is wrong.',
    arguments: [FILE],
    options: [STATE_DIRECTORY_OPTION],
    examples: [{ command: 'mooring diff mooring.yaml', does: 'says how the file and the service differ' }],
  },
  async run(context, parsed) {
    const file = parsed.positional[0]!;
    const text = readConfigurationText(context, file);
    const { differences, plans } = await callController(context, parsed, (client) =>
      client.diff({ fileName: file, text }),
    );
    const isSame = differences.length === 0;
    printResult(
      context,
      parsed.flags.has('json'),
      { ok: true, isSame, differences, plans },
      differencesText(differences),
    );
    return isSame ? 0 : 1;
  },
};

export const applyCommand: ParsedCommand = {
  kind: 'parsed',
  syntax: {
    name: 'apply',
    summary: 'make what runs what a configuration says',
    description:
      'Starts the operations that remove the differences between FILE and what runs: servers and virtual addresses come,\n' +
      'go and change their weights, as gently as by the commands. All of it is checked first: a file with one error, or\n' +
      'one difference that cannot be followed, changes nothing. Applying it again finds nothing to do.',
    arguments: [FILE],
    options: [
      { name: 'approve', kind: 'flag', description: 'start without waiting for approval, whatever the policy says' },
      REASON_OPTION,
      { name: 'detach', short: 'd', kind: 'flag', description: 'return at once; the operations go on' },
      STATE_DIRECTORY_OPTION,
    ],
    examples: [{ command: 'mooring apply mooring.yaml', does: 'follows the file, and waits until it is done' }],
  },
  async run(context, parsed) {
    const file = parsed.positional[0]!;
    const text = readConfigurationText(context, file);
    const reason = parsed.texts.get('reason');
    const { differences, operations } = await callController(context, parsed, async (client) => {
      const approve = parsed.flags.has('approve') ? { approve: true } : {};
      const answer = await client.apply({
        fileName: file,
        text,
        ...approve,
        ...(reason === undefined ? {} : { reason }),
      });
      if (parsed.flags.has('detach')) return answer;
      const ended: OperationStatus[] = [];
      for (const operation of answer.operations) {
        const waits = operation.phase === 'awaiting-approval' || operation.phase === 'finished';
        ended.push(waits ? operation : await client.waitForOperation(operation.id, { signal: context.signal }));
      }
      return { ...answer, operations: ended };
    });
    const ok = operations.every(({ outcome }) => outcome === undefined || outcome === 'done');
    const lines = [differencesText(differences), ...operations.map(operationLine)].join('\n');
    printResult(context, parsed.flags.has('json'), { ok, differences, operations }, lines);
    return ok ? 0 : 1;
  },
};
