/**
 * Key sets of select cases and table entries, and labels of switch cases. A parenthesis may begin a tuple of key sets
 * or an expression, and only what follows it tells: `(a, b)` is a tuple, `(a) + b` goes on as an expression, `(T) a` is
 * a cast.
 */
import type { Expression } from './ast.ts';
import { continueExpression, parseDontCare, parseExpression, tryCast } from './parse-expressions.ts';
import type { TokenCursor } from './token-cursor.ts';

/** A key set of a select case or a table entry: one value, mask, range or `_`, or a tuple of those. */
export function parseKeyset(p: TokenCursor): Expression {
  if (p.kind !== '(' || tryCastAhead(p)) return parseSimpleKeyset(p);
  const first = p.expect('(');
  const head = parseSimpleKeyset(p);
  if (p.is(',')) {
    const elements = [head];
    while (p.accept(',')) elements.push(parseSimpleKeyset(p));
    p.expect(')');
    return { kind: 'TupleKeysetExpression', id: p.ids.next(), span: p.spanFrom(first), elements };
  }
  p.expect(')');
  switch (head.kind) {
    case 'MaskExpression':
    case 'RangeExpression':
    case 'DefaultExpression':
      return { kind: 'TupleKeysetExpression', id: p.ids.next(), span: p.spanFrom(first), elements: [head] };
    default:
      return finishSimpleKeyset(p, continueExpression(p, { ...head, span: p.spanFrom(first) }));
  }
}

function tryCastAhead(p: TokenCursor): boolean {
  const start = p.at;
  const isCast = tryCast(p) !== undefined;
  p.at = start;
  return isCast;
}

function parseSimpleKeyset(p: TokenCursor): Expression {
  if (p.kind === 'default' || p.kind === '_') return parseDontCare(p);
  return finishSimpleKeyset(p, parseExpression(p));
}

function finishSimpleKeyset(p: TokenCursor, value: Expression): Expression {
  if (p.accept('&&&')) {
    const mask = parseExpression(p);
    return { kind: 'MaskExpression', id: p.ids.next(), span: p.spanFromNode(value), value, mask };
  }
  return p.kind === '..' ? finishRange(p, value) : value;
}

/** `.. high` behind `low`. */
export function finishRange(p: TokenCursor, low: Expression): Expression {
  p.expect('..');
  const high = parseExpression(p);
  return { kind: 'RangeExpression', id: p.ids.next(), span: p.spanFromNode(low), low, high };
}

/** A switch case's label: `default`, or an expression that does not start with a brace. */
export function parseSwitchLabel(p: TokenCursor): Expression {
  if (p.kind === 'default') return parseDontCare(p);
  if (p.kind === '{' || p.kind === '{#}') p.fail('a label');
  return parseExpression(p);
}
