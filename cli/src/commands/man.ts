/** `mooring man`: prints the manual page, for packages that install it and for `mooring man | man -l -`. */
import { type ParsedCommand, printResult } from '../command-line/command.ts';
import { manPage } from '../command-line/man-page.ts';
import { mooringVersion } from '../command-line/version.ts';

export const manCommand: ParsedCommand = {
  kind: 'parsed',
  syntax: {
    name: 'man',
    summary: 'print the manual page',
    description: 'Prints the manual page in troff, as docs/mooring.1 has it.',
    arguments: [],
    options: [],
    examples: [{ command: 'mooring man | man -l -', does: 'reads it' }],
  },
  async run(context, parsed) {
    const { COMMANDS } = await import('./registry.ts');
    const commands = await Promise.all(COMMANDS.map(async ({ load }) => (await load()).syntax));
    const page = manPage(commands, mooringVersion());
    printResult(context, parsed.flags.has('json'), { ok: true, page }, page);
    return 0;
  },
};
