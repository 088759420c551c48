/**
 * `mooring completion`: prints a completion script for bash, zsh or fish; with words behind `--`, which is how the
 * script calls it, what could stand in the last one's place. Names of servers, virtual addresses and operations are the
 * running controller's; where none answers there are none, and nothing is said about it: a shell that is asked for
 * completions has no place for errors.
 */
import { ControlClient, type Status } from '@mooring/controller/control';
import { type CommandContext, type ExitStatus, type ParsedCommand, printResult } from '../command-line/command.ts';
import { type Candidate, complete, matching, type NameKind } from '../command-line/complete.ts';
import { completionScript, FILES, SHELLS } from '../command-line/completion-script.ts';
import { UsageError } from '../command-line/errors.ts';
import type { ArgumentSpecification } from '../command-line/options.ts';
import { stateDirectoryOf } from '../control-client/connect.ts';
import { OPERATION_WORDS, type WordedKind } from '../control-client/operation-arguments.ts';
import { operationLine } from '../control-client/operation-command.ts';

/** The words that `mooring plan KIND` takes are those of the command KIND. */
function plannedArguments(command: string, words: readonly string[]): readonly ArgumentSpecification[] | undefined {
  const [kind] = words;
  if (command !== 'plan' || kind === undefined) return undefined;
  const own = kind === 'apply' ? [{ name: 'FILE', description: '' }] : (OPERATION_WORDS[kind as WordedKind] ?? []);
  return [{ name: 'KIND', description: '' }, ...own];
}

/** The controller's names of a kind, each once. @param vip only servers of this one */
export function namesOf(status: Status, of: NameKind, vip: string | undefined): Candidate[] {
  switch (of) {
    case 'server': {
      const servers = status.servers.filter((server) => vip === undefined || server.vip === vip);
      const about = new Map(servers.map(({ name, state, vip: its }) => [name, `${state}, ${its}`]));
      return [...about].map(([word, text]) => ({ word, about: text }));
    }
    case 'vip':
      return status.vips.map(({ name, address }) => ({ word: name, about: address }));
    case 'operation':
      return status.operations.map((operation) => ({ word: String(operation.id), about: operationLine(operation) }));
    case 'switch':
      return status.switches.map(({ name, connected }) => ({ word: name, about: connected ? 'connected' : 'away' }));
    default:
      throw new Error(`unexpected kind ${of satisfies never}`);
  }
}

async function candidatesFor(context: CommandContext, words: readonly string[]): Promise<readonly Candidate[]> {
  const { COMMANDS } = await import('./registry.ts');
  const syntaxes = await Promise.all(COMMANDS.map(async ({ load }) => (await load()).syntax));
  const completion = complete(words, syntaxes, plannedArguments);
  switch (completion.kind) {
    case 'words':
      return completion.words;
    case 'files':
      return [{ word: FILES, about: '' }];
    case 'names': {
      const { of, vip, prefix } = completion;
      const at = words.lastIndexOf('--state-dir', -2);
      const status = await ControlClient.inStateDir(
        stateDirectoryOf(context, at < 0 ? undefined : words[at + 1]),
      ).status();
      const names = namesOf(status, of, vip).map(({ word, about }) => ({ word: `${prefix}${word}`, about }));
      return matching(words.at(-1) ?? '', names);
    }
    default:
      throw new Error(`unexpected completion ${JSON.stringify(completion satisfies never)}`);
  }
}

export const completionCommand: ParsedCommand = {
  kind: 'parsed',
  syntax: {
    name: 'completion',
    summary: 'print a completion script for bash, zsh or fish',
    description:
      'Prints a script that completes commands, options, files, and the names that the running controller knows; the shell\n' +
      "evaluates it. With words behind --, as the script calls it, prints what could stand in the last one's place.",
    arguments: [
      { name: 'SHELL', description: SHELLS.join(', '), choices: SHELLS },
      { name: 'WORD', description: 'a command line without mooring, to be completed', optional: true, repeats: true },
    ],
    options: [],
    examples: [
      { command: 'eval "$(mooring completion bash)"', does: 'in ~/.bashrc' },
      { command: 'eval "$(mooring completion zsh)"', does: 'in ~/.zshrc, behind compinit' },
      { command: 'mooring completion fish > ~/.config/fish/completions/mooring.fish', does: 'for fish' },
      { command: 'mooring completion bash -- swap --vip web s', does: 'what could follow' },
    ],
  },
  async run(context, parsed): Promise<ExitStatus> {
    const [name, ...words] = parsed.positional;
    const shell = SHELLS.find((candidate) => candidate === name);
    if (shell === undefined) {
      throw new UsageError(`'${name}' is not a shell known here`, { field: 'SHELL', choices: SHELLS });
    }
    const json = parsed.flags.has('json');
    if (words.length === 0) {
      const script = completionScript(shell);
      printResult(context, json, { ok: true, shell, script }, script);
      return 0;
    }
    const candidates = await candidatesFor(context, words).catch(() => []);
    const lines = candidates.map(({ word, about }) => (about === '' ? word : `${word}\t${about}`));
    printResult(context, json, { ok: true, candidates }, lines.join('\n'));
    return 0;
  },
};
