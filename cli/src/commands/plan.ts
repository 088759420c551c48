/**
 * `mooring plan`: what a change would do, without doing it: which buckets move, what that costs, how long it takes.
 * `--approve` does it, in the same breath; `--gate` makes it a check for scripts: it fails when the controller has seen
 * a connection go astray, when servers' resets in the last shift make it suspect so, or when the change would be
 * refused.
 */
import { readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { CommandContext, ExitStatus, ParsedCommand } from '../command-line/command.ts';
import { printResult } from '../command-line/command.ts';
import { CommandFailure, UsageError } from '../command-line/errors.ts';
import type { ParsedArguments } from '../command-line/options.ts';
import { differencesText } from '../control-client/apply-text.ts';
import { callController, STATE_DIRECTORY_OPTION } from '../control-client/connect.ts';
import {
  OPERATION_WORDS,
  RAMP_OPTION,
  requestOf,
  START_OPTIONS,
  type WordedKind,
} from '../control-client/operation-arguments.ts';
import { DEADLINE_OPTION, DEFINITION_OPTIONS, runOperation } from '../control-client/operation-command.ts';
import { planText } from '../control-client/plan-text.ts';

const KINDS = [...Object.keys(OPERATION_WORDS), 'apply'];

export const planCommand: ParsedCommand = {
  kind: 'parsed',
  syntax: {
    name: 'plan',
    summary: 'show what a change would do, without doing it',
    description:
      `KIND is one of ${KINDS.join(', ')}; the words after it are\n` +
      'those of that command. Prints which buckets would move and the least that could, the live connections in them, the\n' +
      'pins needed against the room for them, and how long it is expected to take.',
    arguments: [
      { name: 'KIND', description: 'what to plan', choices: KINDS },
      { name: 'WORD', description: 'as for that command', optional: true },
      { name: 'WORD', description: 'as for that command', optional: true },
      { name: 'WORD', description: 'as for that command', optional: true },
    ],
    options: [
      { name: 'vip', kind: 'text', value: 'NAME', description: 'the virtual address, where several could be meant' },
      {
        name: 'gate',
        kind: 'flag',
        description: 'exit 1 when live connections have been seen astray, or are suspected',
      },
      ...START_OPTIONS,
      { name: 'detach', short: 'd', kind: 'flag', description: 'with --approve: return at once' },
      RAMP_OPTION,
      DEADLINE_OPTION,
      ...DEFINITION_OPTIONS,
      STATE_DIRECTORY_OPTION,
    ],
    examples: [
      { command: 'mooring plan swap s2 s5', does: 'says what the swap would move' },
      { command: 'mooring plan drain s2 --approve', does: 'says it, and does it' },
      { command: 'mooring plan apply mooring.yaml --gate', does: 'for scripts: may this file be applied?' },
    ],
  },
  run,
};

async function run(context: CommandContext, parsed: ParsedArguments): Promise<ExitStatus> {
  const [kind = '', ...words] = parsed.positional;
  if (!KINDS.includes(kind)) {
    throw new UsageError(`there is nothing to plan called '${kind}'`, { field: 'KIND', choices: KINDS });
  }
  if (kind === 'apply') return planApply(context, parsed, words);
  const wanted = OPERATION_WORDS[kind as WordedKind];
  const least = wanted.filter(({ optional }) => optional !== true).length;
  if (words.length < least || words.length > wanted.length) {
    const usage = wanted.map(({ name, optional }) => (optional === true ? `[${name}]` : name)).join(' ');
    throw new UsageError(`mooring plan ${kind} takes ${usage}`, { field: wanted[words.length]?.name ?? 'WORD' });
  }
  const request = requestOf(kind as WordedKind, words, parsed);
  const { plan, ...seen } = await callController(context, parsed, (client) => client.plan(request));
  const json = parsed.flags.has('json');
  const reasons = reasonsAgainst(seen);
  const closed = parsed.flags.has('gate') && reasons.length > 0;
  if (parsed.flags.has('approve') && !closed) {
    if (!json) context.stderr.write(`${planText(plan)}\n`);
    return runOperation(context, parsed, request);
  }
  printResult(context, json, { ok: !closed, plan, ...seen }, [planText(plan), ...reasons].join('\n  '));
  return closed ? 1 : 0;
}

async function planApply(
  context: CommandContext,
  parsed: ParsedArguments,
  words: readonly string[],
): Promise<ExitStatus> {
  const [file] = words;
  if (file === undefined || words.length > 1) {
    throw new UsageError('mooring plan apply takes FILE', { field: 'FILE' });
  }
  const text = readConfigurationText(context, file);
  const { answer, seen } = await callController(context, parsed, async (client) => {
    const answer = await client.diff({ fileName: file, text });
    const { astray, suspected = 0 } = (await client.status()).counters;
    return { answer, seen: { astray, suspected } };
  });
  const reasons = reasonsAgainst(seen);
  const closed =
    parsed.flags.has('gate') && (reasons.length > 0 || answer.differences.some(({ refused }) => refused !== undefined));
  const { differences, plans } = answer;
  const body = [differencesText(differences), ...plans.map(planText), ...reasons].join('\n');
  printResult(context, parsed.flags.has('json'), { ok: !closed, differences, plans, ...seen }, body);
  return closed ? 1 : 0;
}

/** What a gate is closed for, in words. */
function reasonsAgainst({ astray, suspected }: { readonly astray: number; readonly suspected: number }): string[] {
  return [
    ...(astray > 0 ? [`${astray} live connections have been seen astray`] : []),
    ...(suspected > 0 ? [`${suspected} more resets than usual in the last shift: see mooring status`] : []),
  ];
}

/** The text of a configuration. @throws CommandFailure */
export function readConfigurationText(context: CommandContext, file: string): string {
  try {
    return readFileSync(isAbsolute(file) ? file : join(context.workingDirectory, file), 'utf8');
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new CommandFailure(`cannot read ${file}: ${missing ? 'there is no such file' : (error as Error).message}`, {
      code: 'NO_FILE',
      field: 'FILE',
    });
  }
}
