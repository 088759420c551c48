// Annotations that the compiler knows have a fixed form; one that does not keep to it is a syntax error, because what
// is written inside was parsed as something else by nobody yet.

import type * as ast from '../../2-parse/ast.ts';
import type { Reporter } from '../../diagnostics/diagnostic.ts';
import type { NodeList } from '../support/node-list.ts';

/** Annotations without a body. */
const EMPTY = new Set([
  'atomic',
  'defaultonly',
  'hidden',
  'likely',
  'noSideEffects',
  'optional',
  'pure',
  'tableonly',
  'unlikely',
  'disable_optimization',
  'unroll',
  'nounroll',
]);

/** Annotations whose body is one expression. */
const EXPRESSION = new Set(['name', 'deprecated', 'noWarn', 'length', 'match']);

/** Checks the form of all annotations with a known one. */
export function checkAnnotationBodies(all: NodeList, reporter: Reporter): void {
  for (const annotation of all.ofKind('Annotation')) checkBody(annotation, reporter);
}

function checkBody(annotation: ast.Annotation, reporter: Reporter): void {
  const { body } = annotation;
  if (body.kind !== 'Unstructured') return;
  const name = annotation.name.name;
  const { tokens } = body;
  const fail = (expected: string, at = annotation.span): void => {
    reporter.error('syntax', at, `'@${name}' ${expected}`);
  };
  if (EMPTY.has(name)) {
    if (tokens.length > 0) fail('takes no argument', tokens[0]!.span);
  } else if (EXPRESSION.has(name)) {
    if (tokens.length === 0) fail('needs an argument');
  } else if (name === 'pkginfo') {
    const isList = tokens.length >= 3 && tokens[0]!.tokenKind === 'identifier' && tokens[1]!.text === '=';
    if (!isList) fail('needs a list of key = value');
  } else if (name === 'p4runtime_translation') checkTranslation(annotation, tokens, fail);
}

function checkTranslation(
  annotation: ast.Annotation,
  tokens: readonly ast.AnnotationToken[],
  fail: (expected: string, at?: ast.Annotation['span']) => void,
): void {
  const [uri, comma, type, ...rest] = tokens;
  const expected = 'needs a URI string and a type: string, bit<W>, or a width';
  if (uri?.tokenKind !== 'string' || comma?.text !== ',' || type === undefined) {
    fail(expected, annotation.span);
    return;
  }
  const simple = (type.text === 'string' || type.tokenKind === 'integer') && rest.length === 0;
  const wide =
    type.text === 'bit' &&
    rest.length === 3 &&
    rest[0]!.text === '<' &&
    rest[1]!.tokenKind === 'integer' &&
    rest[2]!.text === '>';
  if (!simple && !wide) fail(expected, type.span);
}
