/** `mooring log`: what has happened, filtered; the events page's counterpart. */
import type { LogLine } from '@mooring/controller/control';
import { type ParsedCommand, printResult } from '../command-line/command.ts';
import { UsageError } from '../command-line/errors.ts';
import { callController, STATE_DIRECTORY_OPTION } from '../control-client/connect.ts';

const LEVELS: readonly LogLine['level'][] = ['info', 'warning', 'error'];

export const logCommand: ParsedCommand = {
  kind: 'parsed',
  syntax: {
    name: 'log',
    summary: 'show what has happened of late',
    description: 'Prints the lines of the event log that the controller keeps, oldest first.',
    arguments: [],
    options: [
      {
        name: 'level',
        kind: 'text',
        value: 'LEVEL',
        description: 'at least this: info, warning or error',
        choices: LEVELS,
      },
      { name: 'contains', kind: 'text', value: 'TEXT', description: 'only lines with this text' },
      { name: 'after', kind: 'count', value: 'N', description: 'only lines after that number' },
      STATE_DIRECTORY_OPTION,
    ],
    examples: [
      { command: 'mooring log --level warning', does: 'what went wrong' },
      { command: 'mooring log --contains s2 --json', does: 'for programs' },
    ],
  },
  async run(context, parsed) {
    const level = parsed.texts.get('level');
    const known = LEVELS.find((candidate) => candidate === level);
    if (level !== undefined && known === undefined) {
      throw new UsageError(`'${level}' is no level`, { field: '--level', choices: LEVELS });
    }
    const filter = { level: known, contains: parsed.texts.get('contains'), after: parsed.counts.get('after') };
    const { lines } = await callController(context, parsed, (client) => client.log(filter));
    const text = lines.map((line) => `${new Date(line.timeMs).toISOString()}  ${line.level.padEnd(7)}  ${line.text}`);
    printResult(context, parsed.flags.has('json'), { ok: true, lines }, text.join('\n'));
    return 0;
  },
};
