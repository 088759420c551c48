// Parsers as graphs of states: one that can reach neither `accept` nor `reject` would never end.

import type * as ast from '../../2-parse/ast.ts';
import type { Checker } from '../check/checker.ts';

/** Reports parsers that never end, and warns where `accept` cannot be reached. */
export function checkParserGraphs(c: Checker): void {
  for (const declaration of c.program.declarations) {
    if (declaration.kind === 'ParserDeclaration') checkParser(c, declaration);
  }
}

function checkParser(c: Checker, parser: ast.ParserDeclaration): void {
  const start = parser.states.find((state) => state.name.name === 'start');
  if (start === undefined) return;
  const reached = new Set<string>();
  const pending: ast.ParserState[] = [start];
  for (let state = pending.pop(); state !== undefined; state = pending.pop()) {
    if (reached.has(state.name.name)) continue;
    reached.add(state.name.name);
    for (const next of successors(c, state)) {
      if (typeof next === 'string') reached.add(next);
      else pending.push(next);
    }
  }
  if (!reached.has('accept') && !reached.has('reject')) {
    c.reporter.error('unreachable', parser.name.span, `parser '${parser.name.name}' never reaches accept or reject`);
  } else if (!reached.has('accept')) {
    c.reporter.warn('unreachable', parser.name.span, `parser '${parser.name.name}' never reaches accept`);
  }
}

function successors(c: Checker, state: ast.ParserState): (ast.ParserState | string)[] {
  const { transition } = state;
  if (transition === undefined) return ['reject'];
  const paths = transition.kind === 'PathExpression' ? [transition] : transition.cases.map((each) => each.state);
  const result: (ast.ParserState | string)[] = [];
  for (const path of paths) {
    const named = c.names.paths.get(path);
    if (named?.kind === 'ParserState') result.push(named);
    else if (named?.kind === 'BuiltInState') result.push(named.name);
  }
  return result;
}
