// `@noWarn("class")` on a declaration silences the warnings of that class about it.
//
// Asked where a warning is about to be given and not filtered afterwards: only there it is known which declaration the
// warning is about. The tokens are looked through as they are, because the annotation's body is not parsed.

import type * as ast from '../../2-parse/ast.ts';

/** Whether the node's own annotations silence the class of warnings. */
export function isSilenced(node: ast.Node, warningClass: string): boolean {
  if (!('annotations' in node)) return false;
  return node.annotations.some(
    ({ name, body }) =>
      name.name === 'noWarn' &&
      body.kind === 'Unstructured' &&
      body.tokens.some((token) => token.text === warningClass),
  );
}
