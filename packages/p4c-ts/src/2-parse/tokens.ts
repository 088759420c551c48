/**
 * Tokens of P4_16. A token's kind is a string: the keyword or punctuation itself (`'control'`, `'&&&'`), or one of the
 * named classes below. Those strings are interned by every JavaScript engine, so comparing them costs a pointer
 * comparison, and the parser reads like the grammar.
 */

/** The reserved words of the language, p4c's additions included. */
export const KEYWORDS = [
  'abstract',
  'action',
  'actions',
  'apply',
  'bool',
  'bit',
  'break',
  'const',
  'continue',
  'control',
  'default',
  'else',
  'entries',
  'enum',
  'error',
  'exit',
  'extern',
  'false',
  'for',
  'header',
  'header_union',
  'if',
  'in',
  'inout',
  'int',
  'key',
  'list',
  'match_kind',
  'out',
  'package',
  'parser',
  'priority',
  'return',
  'select',
  'state',
  'string',
  'struct',
  'switch',
  'table',
  'this',
  'transition',
  'true',
  'tuple',
  'type',
  'typedef',
  'value_set',
  'varbit',
  'void',
  '_',
] as const;
export type Keyword = (typeof KEYWORDS)[number];

/** Operators and brackets, longest first among those that start alike. `>` is always single: `>>` is two of them. */
export const PUNCTUATION = [
  '|+|=',
  '|-|=',
  '<<=',
  '>>=',
  '&&&',
  '...',
  '|+|',
  '|-|',
  '{#}',
  '..',
  '<<',
  '&&',
  '||',
  '==',
  '!=',
  '>=',
  '<=',
  '++',
  '+=',
  '-=',
  '*=',
  '/=',
  '%=',
  '&=',
  '|=',
  '^=',
  '+:',
  '+',
  '-',
  '*',
  '/',
  '%',
  '|',
  '&',
  '^',
  '~',
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
  '<',
  '>',
  '!',
  ':',
  ',',
  '?',
  '.',
  '=',
  ';',
  '@',
] as const;
export type Punctuation = (typeof PUNCTUATION)[number];

/**
 * Kinds of tokens. `pragma` is `@pragma`, `pragma-end` the end of its line; `unexpected` a character that no token
 * starts with; `end` the end of the program.
 */
export type TokenKind =
  | Keyword
  | Punctuation
  | 'identifier'
  | 'integer'
  | 'string-literal'
  | 'pragma'
  | 'pragma-end'
  | 'unexpected'
  | 'end';

/** All kinds; the keywords first, in their order. */
export const TOKEN_KINDS: readonly TokenKind[] = [
  ...KEYWORDS,
  ...PUNCTUATION,
  'identifier',
  'integer',
  'string-literal',
  'pragma',
  'pragma-end',
  'unexpected',
  'end',
];

/** The kind's position among all. */
export function numberOfKind(kind: TokenKind): number {
  return TOKEN_KINDS.indexOf(kind);
}

/** Keywords that may also be names (specification: they are reserved only where their construct stands). */
export const NAME_KEYWORDS: ReadonlySet<TokenKind> = new Set<TokenKind>([
  'actions',
  'apply',
  'entries',
  'key',
  'list',
  'priority',
  'state',
  'type',
]);
