/**
 * Parses a subcommand's arguments against its declared options and renders its help. Declaring them as data gives one
 * source for parsing, `--help`, shell completion and the error messages (which name the valid choices), and costs no
 * dependency. Grammar: `--name value`, `--name=value`, `-x value`, flags without value, `--` ends the options, what is
 * left over are positional arguments. Every command has `--help` and, unless it says otherwise, `--json`.
 */
import { didYouMean } from './did-you-mean.ts';
import { UsageError } from './errors.ts';

/** One option of a command. */
export interface OptionSpecification {
  /** Long name without the dashes. */
  readonly name: string;
  /** One-letter alias without the dash. */
  readonly short?: string;
  /**
   * `flag` takes no value; `count` is a non-negative number (seconds may have fractions); `text` is anything; `list` is
   * a text that may be given several times.
   */
  readonly kind: 'flag' | 'text' | 'count' | 'list';
  /** Name of the value in the help, e.g. `FILE`. */
  readonly value?: string;
  /** All it can be, where that is a few words. */
  readonly choices?: readonly string[];
  /** What a `count` is that is written without its value, as when another option or nothing follows. */
  readonly bare?: number;
  readonly description: string;
}

/** One positional argument of a command. */
export interface ArgumentSpecification {
  readonly name: string;
  readonly description: string;
  readonly optional?: boolean;
  /** All it can be, where that is a few words. */
  readonly choices?: readonly string[];
  /** The last one: takes all words that follow. */
  readonly repeats?: boolean;
}

/** What a command declares about its command line. */
export interface CommandSyntax {
  readonly name: string;
  readonly summary: string;
  /** Paragraphs of the help's body. */
  readonly description: string;
  readonly arguments: readonly ArgumentSpecification[];
  readonly options: readonly OptionSpecification[];
  readonly examples: readonly { readonly command: string; readonly does: string }[];
}

/** A parsed command line. */
export interface ParsedArguments {
  readonly flags: ReadonlySet<string>;
  readonly texts: ReadonlyMap<string, string>;
  readonly counts: ReadonlyMap<string, number>;
  readonly lists: ReadonlyMap<string, readonly string[]>;
  readonly positional: readonly string[];
}

/** Options every command has. */
export const COMMON_OPTIONS: readonly OptionSpecification[] = [
  { name: 'json', kind: 'flag', description: 'print the result as JSON on standard output' },
  { name: 'help', short: 'h', kind: 'flag', description: 'show this help' },
];

/** Its own options and those that every command has. */
export function allOptions(syntax: CommandSyntax): readonly OptionSpecification[] {
  const own = new Set(syntax.options.map((option) => option.name));
  return [...syntax.options, ...COMMON_OPTIONS.filter((option) => !own.has(option.name))];
}

/**
 * Parses `argv` (without the command's name).
 * @throws UsageError naming the option, what it expects, and the nearest valid one.
 */
export function parseArguments(syntax: CommandSyntax, argv: readonly string[]): ParsedArguments {
  const options = allOptions(syntax);
  const flags = new Set<string>();
  const texts = new Map<string, string>();
  const counts = new Map<string, number>();
  const lists = new Map<string, string[]>();
  const positional: string[] = [];
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index]!;
    if (word === '--') {
      positional.push(...argv.slice(index + 1));
      break;
    }
    if (!word.startsWith('-') || word === '-') {
      positional.push(word);
      continue;
    }
    const equals = word.startsWith('--') ? word.indexOf('=') : -1;
    const written = equals > 0 ? word.slice(0, equals) : word;
    const option = options.find(
      (o) => written === `--${o.name}` || (o.short !== undefined && written === `-${o.short}`),
    );
    if (!option) throw unknownOption(syntax, written, options);
    if (option.kind === 'flag') {
      if (equals > 0) throw new UsageError(`${written} takes no value`, { field: written });
      flags.add(option.name);
      continue;
    }
    if (option.bare !== undefined && equals <= 0 && !/^\d/.test(argv[index + 1] ?? '')) {
      counts.set(option.name, option.bare);
      continue;
    }
    const value = equals > 0 ? word.slice(equals + 1) : argv[++index];
    if (value === undefined) {
      throw new UsageError(`${written} needs a value: ${written} ${option.value ?? 'VALUE'}`, { field: written });
    }
    if (option.kind === 'text') texts.set(option.name, value);
    else if (option.kind === 'list') lists.set(option.name, [...(lists.get(option.name) ?? []), value]);
    else counts.set(option.name, parseCount(written, value));
  }
  if (!flags.has('help')) checkPositional(syntax, positional);
  return { flags, texts, counts, lists, positional };
}

function parseCount(written: string, value: string): number {
  const count = Number(value);
  if (value.trim() === '' || !Number.isFinite(count) || count < 0) {
    throw new UsageError(`${written} expects a number that is not negative, not '${value}'`, { field: written });
  }
  return count;
}

function unknownOption(syntax: CommandSyntax, written: string, options: readonly OptionSpecification[]): UsageError {
  const names = options.map((option) => `--${option.name}`);
  const near = didYouMean(written, names);
  return new UsageError(`unknown option ${written} of mooring ${syntax.name}`, {
    field: written,
    choices: names,
    hint: near ? `Did you mean ${near}?` : `See mooring ${syntax.name} --help.`,
  });
}

function checkPositional(syntax: CommandSyntax, positional: readonly string[]): void {
  const required = syntax.arguments.filter((argument) => !argument.optional);
  if (positional.length < required.length) {
    const missing = required[positional.length]!;
    throw new UsageError(`mooring ${syntax.name} needs ${missing.name}: ${missing.description}`, {
      field: missing.name,
      hint: `Usage: ${usageLine(syntax)}`,
    });
  }
  if (positional.length > syntax.arguments.length && syntax.arguments.at(-1)?.repeats !== true) {
    throw new UsageError(`unexpected argument '${positional[syntax.arguments.length]}'`, {
      hint: `Usage: ${usageLine(syntax)}`,
    });
  }
}

/** The one-line usage, e.g. `mooring swap [options] OLD NEW`. */
export function usageLine(syntax: CommandSyntax): string {
  const words = syntax.arguments.map(({ name, optional, repeats }) => {
    const word = repeats ? `${name}...` : name;
    return optional ? `[${word}]` : word;
  });
  return ['mooring', syntax.name, '[options]', ...words].join(' ');
}

/** The command's whole help text, at most 100 columns wide. */
export function helpText(syntax: CommandSyntax): string {
  const options = allOptions(syntax).map((option) => {
    const short = option.short ? `-${option.short}, ` : '    ';
    const value = option.kind === 'flag' ? '' : ` ${option.value ?? (option.kind === 'count' ? 'N' : 'TEXT')}`;
    return { left: `${short}--${option.name}${value}`, right: option.description };
  });
  const width = Math.max(...options.map((option) => option.left.length), 12);
  const rows = (entries: readonly { left: string; right: string }[]) =>
    entries.map((entry) => `  ${entry.left.padEnd(width)}  ${entry.right}`);
  const lines = [`Usage: ${usageLine(syntax)}`, '', syntax.description];
  if (syntax.arguments.length > 0) {
    lines.push('', 'Arguments:', ...rows(syntax.arguments.map((a) => ({ left: a.name, right: a.description }))));
  }
  lines.push('', 'Options:', ...rows(options));
  if (syntax.examples.length > 0) {
    lines.push('', 'Examples:');
    for (const example of syntax.examples) lines.push(`  ${example.command}`, `      ${example.does}`);
  }
  return `${lines.join('\n')}\n`;
}
