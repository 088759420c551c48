/**
 * Where p4c and simple_switch do something else than the specification says, and Mooring keeps to it: each by name,
 * with a program as small as it gets in `known-differences/`, a packet, and what has to come of it. A test runs each of
 * them here, and beside the real tools where there are some, so an entry whose mistake has been mended is noticed. The
 * generator steers around all of them; what it cannot foresee is recognised below.
 */
import { keyWidth, type ProgramJson } from './program-json.ts';

export interface KnownDifference {
  /** The program's file name, without the ending. */
  readonly name: string;
  /** Whose mistake it is. */
  readonly tool: 'p4c' | 'simple_switch';
  readonly summary: string;
  /** Sent to port 0, hexadecimal. */
  readonly packet: string;
  /** What has to come out of port 0, hexadecimal; undefined for nothing. */
  readonly expected: string | undefined;
}

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    name: 'switch-without-default',
    tool: 'p4c',
    summary:
      'A switch without a default counts as one of whose cases always runs: what they assign is taken for known behind it, though no label matched.',
    packet: '0000',
    expected: '0000',
  },
  {
    name: 'header-from-itself',
    tool: 'p4c',
    summary:
      'A list assigned to a header whose own fields it reads, directly or as the argument of an action, goes by way of a header that is never made valid: the target ends up invalid.',
    packet: '0102',
    expected: '0201',
  },
  {
    name: 'generic-control-structure',
    tool: 'p4c',
    summary:
      'What a generic control writes into an inout parameter of a generic structure type does not reach the argument.',
    packet: '0700',
    expected: '0702',
  },
  {
    name: 'loop-in-control',
    tool: 'p4c',
    summary: 'A for loop in the apply block of a control runs its body once at most; in actions loops are right.',
    packet: '0100',
    expected: '0800',
  },
  {
    name: 'exit-with-overlapping-arguments',
    tool: 'p4c',
    summary: 'A control that exits does not copy out the parameters whose arguments overlap.',
    packet: '0100',
    expected: '0500',
  },
  {
    name: 'assignment-before-parser-error',
    tool: 'p4c',
    summary:
      'What a parser state assigns is left out where a later state overwrites it, though an extraction in between may fail and end the parser first.',
    packet: '0100',
    expected: '0105',
  },
  {
    name: 'select-on-constant',
    tool: 'p4c',
    summary:
      'A select key with a value known at compile time is written as a constant, which no switch loads as a key.',
    packet: '0100',
    expected: '0107',
  },
  {
    name: 'validity-of-chosen-element',
    tool: 'p4c',
    summary:
      'isValid() of an element of a stack chosen at run time is written as a field whose header is an expression, on which simple_switch ends.',
    packet: '0102',
    expected: '0107',
  },
  {
    name: 'union-in-copied-headers',
    tool: 'p4c',
    summary:
      'isValid() of a union in headers that are copied, as overlapping arguments are, names a header that the program does not declare.',
    packet: '0100',
    expected: '0102',
  },
  {
    name: 'wide-range-of-all',
    tool: 'p4c',
    summary: 'In an entry `_` for a range key of more than 32 bits ends at a number of 32 bits.',
    packet: 'ff00',
    expected: 'ff02',
  },
  {
    name: 'entry-beyond-mask',
    tool: 'p4c',
    summary:
      'A key that is masked with a constant, or its remainder by a power of two, becomes the mask of a field, which simple_switch applies to entries as well: entries that can never match do.',
    packet: '0300',
    expected: '0309',
  },
  {
    name: 'prefix-of-odd-width',
    tool: 'simple_switch',
    summary:
      'The prefix of an lpm key counts from the first bit of the byte that the key is filled up to, so short prefixes of keys that are not whole bytes match everything.',
    packet: '0000',
    expected: '0001',
  },
];

/**
 * Why the other compiler's program cannot be run, where that is one of the known mistakes. `details` is what the switch
 * said.
 */
export function unusableProgram(details: string): string | undefined {
  if (/transition_key\[\d+\]\.type: unknown '(hexstr|expression)'/.test(details)) return 'select-on-constant';
  if (/value\[0\]: expected a string, found an object/.test(details)) return 'validity-of-chosen-element';
  if (/no header is named 'tmp_/.test(details)) return 'union-in-copied-headers';
  return undefined;
}

/** Whether simple_switch gets the prefixes of one of the tables wrong. */
export function hasOddPrefixes(program: ProgramJson): boolean {
  return program.pipelines.some((pipeline) =>
    pipeline.tables.some(
      ({ key, entries }) =>
        (entries?.length ?? 0) > 0 &&
        key.some((each) => each.match_type === 'lpm' && keyWidth(program, each) % 8 !== 0),
    ),
  );
}

/**
 * Whether ingress and egress use the same register: simple_switch runs both at once, so that packets meet it in another
 * order now and then.
 */
export function sharesRegisters(program: ProgramJson): boolean {
  const registersOf = ({ tables }: ProgramJson['pipelines'][number]) => {
    const ids = new Set(tables.flatMap((table) => table.action_ids));
    const text = JSON.stringify(program.actions.filter(({ id }) => ids.has(id)));
    return [...text.matchAll(/"type":"register_array","value":"([^"]*)"/g)].map(([, name]) => name);
  };
  const [first, ...others] = program.pipelines.map(registersOf);
  return others.some((names) => names.some((name) => first!.includes(name)));
}
