/**
 * `mooring types`: TypeScript types of a P4 program, made from its P4Info, so that the compiler checks the names of
 * tables, match fields and parameters that a control program uses, and an editor completes them.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { CommandContext, ExitStatus, ParsedCommand } from '../command-line/command.ts';
import { CommandFailure } from '../command-line/errors.ts';
import type { ParsedArguments } from '../command-line/options.ts';

export const typesCommand: ParsedCommand = {
  kind: 'parsed',
  syntax: {
    name: 'types',
    summary: 'TypeScript types of a program, from its P4Info',
    description:
      'Writes a TypeScript module with the types of the tables, actions and other objects of a program. With\n' +
      "typed<Program>(client) of @mooring/p4runtime-ts a client's calls are checked against them.",
    arguments: [{ name: 'P4INFO', description: 'P4Info as text, binary or JSON' }],
    options: [
      {
        name: 'output',
        short: 'o',
        kind: 'text',
        value: 'FILE',
        description: 'write there instead of standard output',
      },
      { name: 'name', kind: 'text', value: 'NAME', description: "the interface's name (default: from the program's)" },
    ],
    examples: [{ command: 'mooring types lb.p4info.txtpb -o lb.types.ts', does: 'types for a controller of lb.p4' }],
  },
  run,
};

async function run(context: CommandContext, parsed: ParsedArguments): Promise<ExitStatus> {
  const path = parsed.positional[0]!;
  const { generateTypes, readP4Info } = await import('@mooring/p4runtime-ts/p4info');
  const interfaceName = parsed.texts.get('name');
  let text: string;
  try {
    const content = readFileSync(resolve(context.workingDirectory, path));
    text = generateTypes(readP4Info(content), interfaceName === undefined ? {} : { interfaceName });
  } catch (error) {
    throw new CommandFailure(`${path}: ${(error as Error).message}`, {
      code: 'BAD_P4INFO',
      field: 'P4INFO',
      hint: 'mooring compile --p4runtime-files FILE writes a P4Info.',
    });
  }
  const output = parsed.texts.get('output');
  if (output === undefined) context.stdout.write(text);
  else writeFileSync(resolve(context.workingDirectory, output), text);
  const json = parsed.flags.has('json');
  if (json && output !== undefined) context.stdout.write(`${JSON.stringify({ ok: true, file: output })}\n`);
  return 0;
}
