/**
 * What could stand where the cursor is: the decision behind shell completion, the same for every shell and without any
 * IO. It goes by the commands' declared syntax, and by the names that arguments and options have in the help (`SERVER`,
 * `VIP`, `FILE`), which mean the same in every command; so a new command is completed without being told to. What only
 * a running controller knows is asked for by the caller.
 */
import { type ArgumentSpecification, allOptions, type CommandSyntax, type OptionSpecification } from './options.ts';

/** A word that could stand there, and what it is about. */
export interface Candidate {
  readonly word: string;
  readonly about: string;
}

/** Names that the controller knows. */
export type NameKind = 'server' | 'vip' | 'operation' | 'switch';

/**
 * What could stand there: words, names of the controller's (of one virtual address, where one was named), or a file.
 */
export type Completion =
  | { readonly kind: 'words'; readonly words: readonly Candidate[] }
  | { readonly kind: 'names'; readonly of: NameKind; readonly vip: string | undefined; readonly prefix: string }
  | { readonly kind: 'files' };

/** Something that takes a value. */
type Place = Pick<OptionSpecification, 'name' | 'value' | 'choices'> | ArgumentSpecification;

const PLACE_NAMES: Readonly<Record<string, NameKind | 'files'>> = {
  SERVER: 'server',
  OLD: 'server',
  NEW: 'server',
  VIP: 'vip',
  ID: 'operation',
  SWITCH: 'switch',
  FILE: 'files',
  DIR: 'files',
  PROGRAM: 'files',
  P4INFO: 'files',
  PACKET: 'files',
  TOPOLOGY: 'files',
};

const NOTHING: Completion = { kind: 'words', words: [] };

/**
 * Completes the last of the words after `mooring`, which may be empty.
 *
 * @param syntaxes of all commands
 * @param argumentsAfter what else follows the words that a command was given, where its syntax cannot say so
 */
export function complete(
  words: readonly string[],
  syntaxes: readonly CommandSyntax[],
  argumentsAfter: (command: string, words: readonly string[]) => readonly ArgumentSpecification[] | undefined,
): Completion {
  const current = words.at(-1) ?? '';
  if (words.length <= 1) {
    return {
      kind: 'words',
      words: matching(
        current,
        syntaxes.map(({ name, summary }) => ({ word: name, about: summary })),
      ),
    };
  }
  const syntax = syntaxes.find(({ name }) => name === words[0]);
  if (syntax === undefined) return NOTHING;
  const options = allOptions(syntax);
  const before = read(words.slice(1, -1), options);
  const vip = before.values.get('vip');
  if (before.open !== undefined) return valueAt(before.open, current, vip, '');
  const equals = current.startsWith('--') ? current.indexOf('=') : -1;
  if (equals > 0) {
    const option = options.find(({ name }) => current.slice(0, equals) === `--${name}`);
    if (option === undefined || option.kind === 'flag') return NOTHING;
    return valueAt(option, current.slice(equals + 1), vip, current.slice(0, equals + 1));
  }
  const free = options.filter(({ name, kind }) => kind === 'list' || !before.given.has(name));
  const optionWords = matching(
    current,
    free.map(({ name, description }) => ({ word: `--${name}`, about: description })),
  );
  if (current.startsWith('-')) return { kind: 'words', words: optionWords };
  const places = argumentsAfter(syntax.name, before.positional) ?? syntax.arguments;
  const place = places[before.positional.length];
  // Where nothing more can be said, what is left are options.
  return place === undefined ? { kind: 'words', words: optionWords } : valueAt(place, current, vip, '');
}

/** What could be a place's value. @param prefix what stands before the value in the same word */
function valueAt(place: Place, current: string, vip: string | undefined, prefix: string): Completion {
  if (place.choices !== undefined) {
    const choices = matching(
      current,
      place.choices.map((word) => ({ word, about: '' })),
    );
    return { kind: 'words', words: choices.map(({ word, about }) => ({ word: `${prefix}${word}`, about })) };
  }
  const value = 'value' in place ? place.value : undefined;
  const of = place.name === 'vip' ? 'vip' : PLACE_NAMES[value ?? place.name];
  if (of === undefined) return NOTHING;
  return of === 'files' ? { kind: 'files' } : { kind: 'names', of, vip: of === 'server' ? vip : undefined, prefix };
}

/** Candidates that begin with what has been typed. */
export function matching(current: string, candidates: readonly Candidate[]): Candidate[] {
  return candidates.filter(({ word }) => word.startsWith(current));
}

interface Read {
  readonly positional: string[];
  readonly given: Set<string>;
  readonly values: Map<string, string>;
  /** The option whose value comes next. */
  open: OptionSpecification | undefined;
}

/** The words that stand there already: nothing is wrong with them yet, so nothing is refused. */
function read(words: readonly string[], options: readonly OptionSpecification[]): Read {
  const result: Read = { positional: [], given: new Set(), values: new Map(), open: undefined };
  for (const word of words) {
    if (result.open !== undefined) {
      result.values.set(result.open.name, word);
      result.open = undefined;
      continue;
    }
    if (!word.startsWith('-')) {
      result.positional.push(word);
      continue;
    }
    const [written = '', value] = word.split('=', 2);
    const option = options.find(({ name, short }) => written === `--${name}` || written === `-${short}`);
    if (option === undefined) continue;
    result.given.add(option.name);
    if (value !== undefined) result.values.set(option.name, value);
    else if (option.kind !== 'flag' && option.bare === undefined) result.open = option;
  }
  return result;
}
