/**
 * `mooring completion`: prints a completion script for bash, zsh or fish. The words come from the commands' declared syntax at the moment
 * the script is printed, so they cannot fall behind; options of `compile` and `switch`, which parse their own, are left out.
 */
import { type ParsedCommand, printResult } from '../command-line/command.ts';
import { UsageError } from '../command-line/errors.ts';
import { COMMON_OPTIONS } from '../command-line/options.ts';

/** A command's words, as a script needs them. */
export interface CompletionEntry {
  readonly name: string;
  readonly summary: string;
  /** Long options, with dashes. */
  readonly options: readonly string[];
}

const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** Quotes a text for a shell's single quotes. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** The script for one shell. */
export function completionScript(shell: (typeof SHELLS)[number], entries: readonly CompletionEntry[]): string {
  const names = entries.map((entry) => entry.name).join(' ');
  switch (shell) {
    case 'bash':
      return [
        '_mooring() {',
        `  local current="\${COMP_WORDS[COMP_CWORD]}" words`,
        `  if [ "$COMP_CWORD" -eq 1 ]; then words=${quoted(names)}; else`,
        `    case "\${COMP_WORDS[1]}" in`,
        ...entries.map((entry) => `      ${entry.name}) words=${quoted(entry.options.join(' '))} ;;`),
        '    esac',
        '  fi',
        '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
        '}',
        'complete -o default -F _mooring mooring',
        '',
      ].join('\n');
    case 'zsh':
      return [
        '#compdef mooring',
        '_mooring() {',
        '  if (( CURRENT == 2 )); then',
        `    local -a commands=(${entries.map((entry) => quoted(`${entry.name}:${entry.summary}`)).join(' ')})`,
        "    _describe 'command' commands",
        '  else',
        '    case "$words[2]" in',
        ...entries.map((entry) => `      ${entry.name}) compadd -- ${entry.options.join(' ')}; _files ;;`),
        '    esac',
        '  fi',
        '}',
        'compdef _mooring mooring',
        '',
      ].join('\n');
    case 'fish':
      return [
        'complete -c mooring -n __fish_use_subcommand -f',
        ...entries.map(
          (entry) => `complete -c mooring -n __fish_use_subcommand -a ${entry.name} -d ${quoted(entry.summary)}`,
        ),
        ...entries.flatMap((entry) =>
          entry.options.map(
            (option) => `complete -c mooring -n '__fish_seen_subcommand_from ${entry.name}' -l ${option.slice(2)}`,
          ),
        ),
        '',
      ].join('\n');
    default: {
      const never: never = shell;
      throw new Error(`unknown shell ${never}`);
    }
  }
}

export const completionCommand: ParsedCommand = {
  kind: 'parsed',
  syntax: {
    name: 'completion',
    summary: 'print a completion script for bash, zsh or fish',
    description: 'Prints a script that completes commands and options; the shell evaluates it.',
    arguments: [{ name: 'SHELL', description: SHELLS.join(', ') }],
    options: [],
    examples: [
      { command: 'eval "$(mooring completion bash)"', does: 'in ~/.bashrc' },
      { command: 'mooring completion fish > ~/.config/fish/completions/mooring.fish', does: 'for fish' },
    ],
  },
  async run(context, parsed) {
    const shell = SHELLS.find((candidate) => candidate === parsed.positional[0]);
    if (shell === undefined) {
      throw new UsageError(`'${parsed.positional[0]}' is not a shell known here`, { field: 'SHELL', choices: SHELLS });
    }
    const { COMMANDS } = await import('./registry.ts');
    const entries = await Promise.all(
      COMMANDS.map(async ({ name, summary, load }) => {
        const { syntax } = await load();
        const own = syntax.options.map((option) => `--${option.name}`);
        const common = COMMON_OPTIONS.map((option) => `--${option.name}`).filter((option) => !own.includes(option));
        return { name, summary, options: [...own, ...common] };
      }),
    );
    const script = completionScript(shell, entries);
    printResult(context, parsed.flags.has('json'), { ok: true, shell, script }, script);
    return 0;
  },
};
