/**
 * The catalogue of diagnostics: what each class of messages means, what to do about it, and a program that provokes it.
 * It is one typed table (a class without an entry does not compile), and everything is made from it: `docs/ERRORS.md`
 * (document.ts), and a test that compiles each example and demands the diagnostic it promises.
 */
import type { ErrorClass, WarningClass } from './diagnostic.ts';

/** One class of messages. */
export interface CatalogueEntry {
  /** What it means, one or two sentences. */
  readonly meaning: string;
  /** What the reader can do. */
  readonly remedy: string;
  /**
   * A program that gets it. Undefined where no
   * program by itself can provoke it.
   */
  readonly example?: string;
}

/** Classes of errors. */
export const ERROR_CATALOGUE: Readonly<Record<ErrorClass, CatalogueEntry>> = {
  syntax: {
    meaning:
      'The text does not follow the grammar at this point. The message says what stands there and what was expected.',
    remedy:
      'Look left of the caret first: a missing semicolon or bracket shows at the next word. A name that should be a type must be declared before its use.',
    example: 'const bit<8> x = 1\nconst bit<8> y = 2;',
  },
  preprocessor: {
    meaning: 'A line that starts with `#`, or the use of a macro, is wrong; `#error` reports here too.',
    remedy:
      'Check that every `#if` has its `#endif`, and that macros are used with the number of arguments they are defined with.',
    example: '#define MAX(a, b) ((a) > (b) ? (a) : (b))\nconst int x = MAX(1);',
  },
  'not-found': {
    meaning: 'A name is used that is not declared here, or an included file is in none of the folders searched.',
    remedy:
      'Check the spelling (the message suggests names that are close), the order of declarations, and for files the `-I` options.',
    example: 'const bit<8> x = missing;',
  },
  duplicate: {
    meaning: 'A name is declared, or given, twice where it may be only once.',
    remedy: 'Rename or remove one of the two; a note shows the first.',
    example: 'struct S { bit<8> a; bit<16> a; }',
  },
  'type-error': {
    meaning: 'The types of an expression, assignment, call or declaration do not fit together.',
    remedy:
      'Convert explicitly with a cast, `(bit<16>) x`. P4 never changes a width or a sign by itself; only literals without a width adapt.',
    example: 'const bit<8> x = true;',
  },
  invalid: {
    meaning: 'Something is well formed but not allowed here, or a value is outside of what is meaningful.',
    remedy: 'The message names the rule; specification sections are in the compiler’s sources beside the check.',
    example: 'const bit<8> x = 8w1 / 8w0 + 8w2[9:0];',
  },
  expected: {
    meaning: 'Another kind of thing must stand here: a constant, a Boolean, an action, a certain property.',
    remedy: 'Give what the message asks for.',
    example: 'const bit<8> x = 8w1 ? 8w2 : 8w3;',
  },
  unexpected: {
    meaning: 'A construct stands where its kind has no meaning.',
    remedy: 'Move or remove it; the message says what it is.',
  },
  expr: {
    meaning: 'An expression has no value: a division by zero, a negative amount to shift by.',
    remedy: 'Correct the operand; where it comes from a macro or a constant, the note shows it.',
    example: 'bit<8> f(in bit<8> a) { return a / 0; }',
  },
  overlimit: {
    meaning: 'A limit of the compiler is exceeded: nesting, width, number or size of things.',
    remedy: 'Split what is nested or repeated; the limit is in the message.',
    example: 'const int x = 4096w1;',
  },
  insufficient: {
    meaning: 'Something is there but not enough of it: a function does not return a value on every path.',
    remedy: 'Add what is missing on the path that the message describes.',
    example: 'bit<8> f(in bool b) { if (b) { return 1; } }',
  },
  uninitialized: {
    meaning: 'Something is used, or must be given, before it has a value.',
    remedy: 'Assign it first, on all paths.',
  },
  unreachable: {
    meaning: 'A parser can never come to an end (accept or reject).',
    remedy: 'Give some state a transition to `accept`.',
  },
  unknown: {
    meaning: 'A version, key or other choice has a value that does not exist.',
    remedy: 'Choose one of those in the message.',
  },
  keys: {
    meaning: 'Two entries of a table have the same key, so the second can never be hit.',
    remedy: 'Remove one, or change its key.',
  },
  reserved: {
    meaning: 'A name is reserved by the language.',
    remedy: 'Choose another name.',
  },
  legacy: {
    meaning: 'A message of p4c without a class of its own. This compiler has none of them.',
    remedy: 'Nothing.',
  },
  'Target model error': {
    meaning:
      'The program does not fit the architecture it includes: a declaration that the compiler relies on (`NoAction`, `packet_in`, `V1Switch`) is missing or has another shape.',
    remedy: 'Include the architecture’s own `core.p4` and `v1model.p4`, and declare nothing under their names.',
    example: 'action NoAction(bit<8> x) { }\ncontrol c() { table t { actions = { } } apply { t.apply(); } }',
  },
  unsupported: {
    meaning:
      'Correct P4 that this compiler cannot translate (yet). Nothing is written; nothing is translated wrongly. All such gaps are in LIMITATIONS.md.',
    remedy: 'Write it another way; the message suggests one where it is known.',
  },
  'target-error': {
    meaning: 'Correct P4 that the target, BMv2’s simple_switch, cannot express.',
    remedy: 'The message says why, and what to do instead. `--check` checks a program without regard to the target.',
  },
  'I/O error': {
    meaning: 'A file cannot be read or written.',
    remedy: 'Check the path and its permissions.',
  },
  bug: {
    meaning: 'The compiler itself failed. This is never the program’s fault.',
    remedy: 'Please report it with the program that caused it.',
  },
};

/** Classes of warnings: for `--Wdisable=CLASS`, `--Wwarn=CLASS` and `--Werror=CLASS`. */
export const WARNING_CATALOGUE: Readonly<Record<WarningClass, CatalogueEntry>> = {
  unused: {
    meaning: 'A declaration is never used.',
    remedy: 'Remove it, or mark it with `@noWarn("unused")`.',
    example: 'const bit<8> x = 1;',
  },
  shadow: {
    meaning: 'A declaration hides another one of the same name outside of it.',
    remedy: 'Rename one of the two.',
    example: 'const bit<8> x = 1;\nbit<8> f() { bit<8> x = 2; return x; }',
  },
  'uninitialized-use': {
    meaning: 'A variable may be read before it is assigned.',
    remedy: 'Assign it on every path.',
  },
  'uninitialized-out-param': {
    meaning: 'An `out` parameter may have no value at the end.',
    remedy: 'Assign it on every path.',
  },
  'invalid-header': {
    meaning: 'A field of a header is accessed that may be invalid there.',
    remedy: 'Test `isValid()` first, or set the header valid.',
  },
  overflow: {
    meaning: 'A constant does not fit its type, so its upper bits are cut off.',
    remedy: 'Use a wider type or a smaller number.',
    example: 'const bit<4> x = 100;',
  },
  mismatch: {
    meaning:
      'Two things do not quite agree, and the compiler made them agree: bits outside a mask, a digest without a name, a negative unsigned constant.',
    remedy: 'Write what is meant.',
    example: 'const bit<8> x = -1;',
  },
  missing: {
    meaning: 'Something usual is absent: the package `main`, an annotation’s argument.',
    remedy: 'Add it.',
    example: 'const bit<8> x = 1;',
  },
  'parser-transition': {
    meaning: 'A parser state has no transition, so it rejects, or a case can never be reached.',
    remedy: 'Say `transition reject;` or order the cases.',
  },
  unreachable: {
    meaning: 'A parser never reaches `accept`.',
    remedy: 'Check its transitions.',
  },
  deprecated: {
    meaning: 'Something marked `@deprecated` is used; the annotation’s text follows.',
    remedy: 'Use what the text recommends.',
  },
  'ignore-prop': {
    meaning: 'A table property has no effect here.',
    remedy: 'Remove it.',
  },
  ignore: {
    meaning: 'An annotation has no effect here.',
    remedy: 'Remove it.',
  },
  'duplicate-priorities': {
    meaning: 'Two entries of a table have the same priority, so which one wins is open.',
    remedy: 'Give them different priorities.',
  },
  'entries-out-of-priority-order': {
    meaning: 'Entries are not written in the order of their priorities.',
    remedy: 'Order them, or put `@noWarn("entries-out-of-priority-order")` before the entries.',
  },
  'multi-header-extract': {
    meaning: 'A header is extracted more than once on a path.',
    remedy: 'Use a header stack if both are wanted.',
  },
  preprocessor: {
    meaning: 'The text of a `#warning` line.',
    remedy: 'As it says.',
    example: '#warning check the sizes\n',
  },
  invalid: { meaning: 'A value is odd, but a meaning was found for it.', remedy: 'Write what is meant.' },
  unknown: { meaning: 'A key or annotation is not known and is ignored.', remedy: 'Check its spelling.' },
  unsupported: {
    meaning: 'Something is not supported and is left out without changing what packets see.',
    remedy: 'Remove it.',
  },
  uninitialized: { meaning: 'As `uninitialized-use`; p4c’s older name.', remedy: 'Assign it on every path.' },
  ordering: { meaning: 'The order of declarations matters and looks wrong.', remedy: 'Reorder them.' },
  'type-inference': { meaning: 'A type was inferred that may surprise.', remedy: 'Write the type.' },
  expr: { meaning: 'An expression is suspicious.', remedy: 'Simplify it or add parentheses.' },
  duplicate: { meaning: 'Something is said twice.', remedy: 'Remove one.' },
  branch: {
    meaning: 'Hints of likely and unlikely branches contradict. Off unless asked for.',
    remedy: 'Remove one hint.',
  },
  keys: { meaning: 'Keys of a table are suspicious.', remedy: 'Check them.' },
  failed: { meaning: 'A step that is not essential failed.', remedy: 'See the message.' },
  legacy: { meaning: 'A message of p4c without a class of its own.', remedy: 'Nothing.' },
};
