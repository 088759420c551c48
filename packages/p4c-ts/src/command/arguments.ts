/**
 * The command line of `mooring compile`: p4c-bm2-ss's options with p4c-bm2-ss's spelling, plus `--check` and
 * `--dump-after`. They are one table, from which both the parser and the help text come, so neither can forget one.
 *
 * p4c's rules: a value follows as the next word or behind `=`; an optional value only behind `=`; for one-letter
 * options it may also touch the letter (`-Iinclude`). Options of p4c that steer its own debugging are accepted and
 * ignored, so that existing build scripts run unchanged; an option that would change the result and is not supported is
 * an error.
 */
import type { WarningAction } from '../diagnostics/diagnostic.ts';
import { ERROR_CLASSES, WARNING_CLASSES } from '../diagnostics/diagnostic.ts';
import { formatOfEnding } from './outputs.ts';

/** What a command line asks for. */
export interface CompileArguments {
  readonly program: string;
  /** `-o`: where the BMv2 JSON goes; `undefined`: nowhere, unless no other output is asked for. */
  readonly outputFile: string | undefined;
  readonly p4infoFiles: readonly string[];
  readonly entriesFiles: readonly string[];
  /** `--p4runtime-format`: format of files whose ending does not tell. */
  readonly p4runtimeFormat: P4RuntimeFormat | undefined;
  readonly includePaths: readonly string[];
  readonly defines: readonly string[];
  readonly undefines: readonly string[];
  /** `--arch`; undefined: told from the program. */
  readonly arch: string | undefined;
  readonly checkOnly: boolean;
  readonly preprocessOnly: boolean;
  readonly alreadyPreprocessed: boolean;
  readonly dumpAfter: readonly string[];
  readonly prettyPrintFile: string | undefined;
  readonly defaultWarningAction: WarningAction;
  readonly warningActions: ReadonlyMap<string, WarningAction>;
  readonly maxErrors: number | undefined;
  readonly emitExterns: boolean;
  readonly ndebug: boolean;
  readonly disabledAnnotations: readonly string[];
  /** `--json`: diagnostics as one JSON document on standard output. */
  readonly json: boolean;
}

export type P4RuntimeFormat = 'binary' | 'json' | 'text';

/** The outcome of reading a command line. */
export type ParsedArguments =
  | { readonly kind: 'compile'; readonly arguments: CompileArguments }
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | { readonly kind: 'error'; readonly message: string };

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Draft = Mutable<Omit<CompileArguments, 'program'>> & { program: string | undefined };

interface OptionSpec {
  readonly names: readonly string[];
  /** Name of the value in the help text; `undefined`: the option takes none. */
  readonly value?: string;
  /** The value may be missing; it must then be given behind `=`. */
  readonly valueIsOptional?: boolean;
  readonly help: string;
  /** Changes the draft; returns what is wrong with the value, if anything. */
  readonly apply: (draft: Draft, value: string | undefined) => string | undefined;
}

function set(change: (draft: Draft, value: string) => void): OptionSpec['apply'] {
  return (draft, value) => {
    change(draft, value ?? '');
    return undefined;
  };
}

function oneOf(what: string, choices: readonly string[]): OptionSpec['apply'] {
  return (_draft, value) =>
    choices.includes(value ?? '') ? undefined : `${what} '${value}' is not supported; choose ${choices.join(' or ')}`;
}

function warningAction(action: WarningAction): OptionSpec['apply'] {
  return (draft, value) => {
    if (value === undefined) {
      draft.defaultWarningAction = action;
      return undefined;
    }
    const known: readonly string[] = [...WARNING_CLASSES, ...ERROR_CLASSES];
    if (!known.includes(value))
      return `'${value}' is no class of messages; choose one of ${WARNING_CLASSES.join(', ')}`;
    const isWarning = (WARNING_CLASSES as readonly string[]).includes(value);
    if (!isWarning && action !== 'error') return `'${value}' is a class of errors, which cannot be demoted`;
    (draft.warningActions as Map<string, WarningAction>).set(value, action);
    return undefined;
  };
}

const ignored: OptionSpec['apply'] = () => undefined;

/** All options, in the order of the help text. */
const OPTIONS: readonly OptionSpec[] = [
  { names: ['-o'], value: 'FILE', help: 'write the BMv2 JSON to FILE', apply: set((d, v) => (d.outputFile = v)) },
  {
    names: ['--p4runtime-files'],
    value: 'FILES',
    help: 'write the P4Info to these files (comma separated); the ending (.txtpb, .txt, .bin, .json) tells the format',
    apply: set((d, v) => (d.p4infoFiles = [...d.p4infoFiles, ...splitList(v)])),
  },
  {
    names: ['--p4runtime-entries-files'],
    value: 'FILES',
    help: "write the program's own table entries as P4Runtime WriteRequest messages",
    apply: set((d, v) => (d.entriesFiles = [...d.entriesFiles, ...splitList(v)])),
  },
  {
    names: ['--p4runtime-file'],
    value: 'FILE',
    help: 'write the P4Info to FILE, in the format of --p4runtime-format',
    apply: set((d, v) => (d.p4infoFiles = [...d.p4infoFiles, v])),
  },
  {
    names: ['--p4runtime-entries-file'],
    value: 'FILE',
    help: "write the program's table entries to FILE",
    apply: set((d, v) => (d.entriesFiles = [...d.entriesFiles, v])),
  },
  {
    names: ['--p4runtime-format'],
    value: 'FORMAT',
    help: 'binary, json or text: for files whose ending does not tell',
    apply: (d, v) => {
      if (v !== 'binary' && v !== 'json' && v !== 'text')
        return `format '${v}' is unknown; choose binary, json or text`;
      d.p4runtimeFormat = v;
      return undefined;
    },
  },
  {
    names: ['-I'],
    value: 'PATH',
    help: 'search PATH for included files',
    apply: set((d, v) => (d.includePaths = [...d.includePaths, v])),
  },
  {
    names: ['-D'],
    value: 'NAME[=TEXT]',
    help: 'define a macro',
    apply: set((d, v) => (d.defines = [...d.defines, v])),
  },
  { names: ['-U'], value: 'NAME', help: 'undefine a macro', apply: set((d, v) => (d.undefines = [...d.undefines, v])) },
  { names: ['-E'], help: 'preprocess only, to standard output', apply: set((d) => (d.preprocessOnly = true)) },
  {
    names: ['--nocpp'],
    help: 'the program is preprocessed already',
    apply: set((d) => (d.alreadyPreprocessed = true)),
  },
  {
    names: ['--check'],
    help: 'check the program only, whatever its architecture; write P4Info if asked to',
    apply: set((d) => (d.checkOnly = true)),
  },
  {
    names: ['--arch'],
    value: 'NAME',
    help: 'the architecture: v1model',
    apply: oneOf('architecture', ['v1model', 'ss']),
  },
  {
    names: ['--target', '-b'],
    value: 'NAME',
    help: 'the target: bmv2',
    apply: oneOf('target', ['bmv2', 'bmv2-ss-p4org']),
  },
  {
    names: ['--std', '--p4v', '-x'],
    value: 'VERSION',
    help: 'the language: p4-16 (p4-14 is not supported)',
    apply: oneOf('language version', ['p4-16', '16', '1.2']),
  },
  {
    names: ['--Werror'],
    value: 'CLASS',
    valueIsOptional: true,
    help: 'make warnings of CLASS, or all, errors',
    apply: warningAction('error'),
  },
  {
    names: ['--Wdisable'],
    value: 'CLASS',
    valueIsOptional: true,
    help: 'hide warnings of CLASS, or all',
    apply: warningAction('ignore'),
  },
  {
    names: ['--Wwarn', '--Winfo'],
    value: 'CLASS',
    valueIsOptional: true,
    help: 'show warnings of CLASS, or all',
    apply: warningAction('warn'),
  },
  {
    names: ['--maxErrorCount'],
    value: 'N',
    help: 'show at most N errors (20)',
    apply: (d, v) => {
      if (!/^\d+$/.test(v ?? '')) return `--maxErrorCount needs a number, not '${v}'`;
      d.maxErrors = Number(v);
      return undefined;
    },
  },
  {
    names: ['--disable-annotations'],
    value: 'NAMES',
    valueIsOptional: true,
    help: 'ignore these annotations (comma separated)',
    apply: set((d, v) => (d.disabledAnnotations = [...d.disabledAnnotations, ...splitList(v)])),
  },
  {
    names: ['--emit-externs'],
    help: 'keep calls of externs that v1model does not define',
    apply: set((d) => (d.emitExterns = true)),
  },
  { names: ['--ndebug'], help: 'leave out assert and assume', apply: set((d) => (d.ndebug = true)) },
  {
    names: ['--dump-after'],
    value: 'PHASES',
    help: 'print what these phases made (comma separated): preprocess, parse, ...',
    apply: set((d, v) => (d.dumpAfter = [...d.dumpAfter, ...splitList(v)])),
  },
  {
    names: ['--pp'],
    value: 'FILE',
    help: 'write the parsed program to FILE',
    apply: set((d, v) => (d.prettyPrintFile = v)),
  },
  { names: ['--json'], help: 'write the diagnostics as JSON to standard output', apply: set((d) => (d.json = true)) },
  { names: ['--version'], help: 'print the version', apply: ignored },
  { names: ['--help', '-h'], help: 'print this text', apply: ignored },
];

/** Options of p4c that do not change what is compiled: accepted, without effect. */
const IGNORED_OPTIONS: readonly OptionSpec[] = [
  ...['-v', '-g', '--parser-inline-opt', '--excludeFrontendPasses', '--undefined', '--test'].map((name) => ({
    names: [name],
    help: '',
    apply: ignored,
  })),
  ...['-T', '--top4', '--dump', '--listFrontendPasses', '--loopsUnroll', '-W', '-MF', '-MT', '-MQ'].map((name) => ({
    names: [name],
    value: 'VALUE',
    help: '',
    apply: ignored,
  })),
];

const BY_NAME: ReadonlyMap<string, OptionSpec> = new Map(
  [...OPTIONS, ...IGNORED_OPTIONS].flatMap((option) => option.names.map((name) => [name, option] as const)),
);

/** Reads the words behind `mooring compile`. Pure; reports the first mistake. */
export function parseCompileArguments(argv: readonly string[]): ParsedArguments {
  const draft: Draft = {
    program: undefined,
    outputFile: undefined,
    p4infoFiles: [],
    entriesFiles: [],
    p4runtimeFormat: undefined,
    includePaths: [],
    defines: [],
    undefines: [],
    arch: undefined,
    checkOnly: false,
    preprocessOnly: false,
    alreadyPreprocessed: false,
    dumpAfter: [],
    prettyPrintFile: undefined,
    defaultWarningAction: 'warn',
    warningActions: new Map(),
    maxErrors: undefined,
    emitExterns: false,
    ndebug: false,
    disabledAnnotations: [],
    json: false,
  };
  for (let i = 0; i < argv.length; i += 1) {
    const word = argv[i] as string;
    if (word === '--help' || word === '-h') return { kind: 'help' };
    if (word === '--version') return { kind: 'version' };
    if (!word.startsWith('-') || word === '-') {
      if (draft.program !== undefined) {
        return {
          kind: 'error',
          message: `only one program can be compiled, but both '${draft.program}' and '${word}' are named`,
        };
      }
      draft.program = word;
      continue;
    }
    const { name, attached } = splitOption(word);
    const option = BY_NAME.get(name);
    if (option === undefined) return { kind: 'error', message: unknownOption(name) };
    let value = attached;
    if (option.value === undefined) {
      if (attached !== undefined) return { kind: 'error', message: `option ${name} takes no value` };
    } else if (value === undefined && option.valueIsOptional !== true) {
      i += 1;
      value = argv[i];
      if (value === undefined)
        return { kind: 'error', message: `option ${name} needs a value: ${name} ${option.value}` };
    }
    const problem = option.apply(draft, value);
    if (problem !== undefined) return { kind: 'error', message: problem };
  }
  if (draft.arch !== undefined && !draft.checkOnly && draft.arch !== 'v1model' && draft.arch !== 'ss') {
    const message = `architecture '${draft.arch}' is not supported; choose v1model, or only check the program with --check`;
    return { kind: 'error', message };
  }
  const unknownEnding = [...draft.p4infoFiles, ...draft.entriesFiles].find(
    (path) => formatOfEnding(path) === undefined,
  );
  if (unknownEnding !== undefined && draft.p4runtimeFormat === undefined) {
    const message = `${unknownEnding}: the ending tells no format; use .txtpb, .txt, .bin or .json, or give --p4runtime-format`;
    return { kind: 'error', message };
  }
  if (draft.program === undefined)
    return { kind: 'error', message: 'no program is named: mooring compile [OPTIONS] PROGRAM.p4' };
  return { kind: 'compile', arguments: { ...draft, program: draft.program } };
}

/** Separates `--name=value` and `-Ivalue`. */
function splitOption(word: string): { name: string; attached: string | undefined } {
  if (word.startsWith('--')) {
    const equals = word.indexOf('=');
    return equals < 0
      ? { name: word, attached: undefined }
      : { name: word.slice(0, equals), attached: word.slice(equals + 1) };
  }
  if (BY_NAME.has(word)) return { name: word, attached: undefined };
  const short = word.slice(0, 2);
  const takesValue = BY_NAME.get(short)?.value !== undefined;
  return takesValue ? { name: short, attached: word.slice(2) } : { name: word, attached: undefined };
}

function unknownOption(name: string): string {
  const plain = name.replace(/^-+/, '').toLowerCase();
  const near = OPTIONS.flatMap((option) => option.names).find((known) => {
    const text = known.replace(/^-+/, '').toLowerCase();
    return text.length > 2 && (text.startsWith(plain.slice(0, 5)) || plain.startsWith(text.slice(0, 5)));
  });
  return `unknown option ${name}${near === undefined ? '' : `; did you mean ${near}?`} (see --help)`;
}

function splitList(text: string): string[] {
  return text.split(',').filter((item) => item !== '');
}

/** The text of `--help`. */
export function compileHelp(): string {
  const lines = [
    'mooring compile [OPTIONS] PROGRAM.p4',
    '',
    'Compiles a P4_16 program for the v1model architecture to BMv2 JSON and P4Info.',
    '',
  ];
  for (const option of OPTIONS) {
    const value =
      option.value === undefined ? '' : option.valueIsOptional === true ? `[=${option.value}]` : ` ${option.value}`;
    lines.push(`  ${(option.names.join(', ') + value).padEnd(34)} ${option.help}`);
  }
  return `${lines.join('\n')}\n`;
}
