/**
 * Expressions, by precedence climbing over a table of operators; argument lists.
 *
 * Two places cannot be decided by the next token. `a < b` may begin a comparison or type arguments (`a<b>(c)`): the
 * parser tries type arguments where a type follows the `<`, and takes them if `>(` closes them. `(T) x` may be a cast
 * or a parenthesized expression that starts with a type name (`(E.a)`): it tries a type and takes it if `)` follows.
 * Each try is remembered by token, so nested tries stay linear in time.
 *
 * As in p4c, `?:` groups to the left: `a ? b : c ? d : e` is `(a ? b : c) ? d : e`.
 */
import type {
  Argument,
  BinaryOperator,
  DotsExpression,
  Expression,
  IntegerLiteral,
  NamedExpression,
  PathExpression,
  TypeNode,
} from './ast.ts';
import { parseInteger } from './lexer.ts';
import { parseNamedType, parseType, parseTypeArguments, startsType } from './parse-types.ts';
import type { TokenCursor } from './token-cursor.ts';
import type { TokenKind } from './tokens.ts';

const PRECEDENCE: ReadonlyMap<TokenKind, number> = new Map<TokenKind, number>([
  ['||', 1],
  ['&&', 2],
  ['==', 3],
  ['!=', 3],
  ['<', 4],
  ['>', 4],
  ['<=', 4],
  ['>=', 4],
  ['|', 5],
  ['^', 6],
  ['&', 7],
  ['<<', 8],
  // '>>' is two tokens; see `binaryOperator`.
  ['++', 9],
  ['+', 9],
  ['-', 9],
  ['|+|', 9],
  ['|-|', 9],
  ['*', 10],
  ['/', 10],
  ['%', 10],
]);
const SHIFT_PRECEDENCE = 8;
const CHAIN_LIMIT = 3000;

/** Greatest width of a literal, as p4c's. */
const MAX_LITERAL_WIDTH_BITS = 2048;

/** Any expression. */
export function parseExpression(p: TokenCursor): Expression {
  p.enter();
  const expression = parseConditional(p, parseBinary(p, parseUnary(p), 1, false), false);
  p.leave();
  return expression;
}

/** The width inside `bit<...>`: an expression whose first bare `>` ends it. */
export function parseWidthExpression(p: TokenCursor): Expression {
  p.enter();
  const expression = parseConditional(p, parseBinary(p, parseUnary(p), 1, true), true);
  p.leave();
  return expression;
}

/** Goes on after an operand that was already parsed (a parenthesized one, in a key set). */
export function continueExpression(p: TokenCursor, operand: Expression): Expression {
  p.enter();
  const expression = parseConditional(p, parseBinary(p, parsePostfix(p, operand), 1, false), false);
  p.leave();
  return expression;
}

function parseConditional(p: TokenCursor, first: Expression, endsAtGreater: boolean): Expression {
  let condition = first;
  for (let links = 0; p.kind === '?'; links += 1) {
    if (links > CHAIN_LIMIT) p.failLimit('this chain of operators is too long');
    p.advance();
    const whenTrue = parseExpression(p);
    p.expect(':');
    p.enter();
    const whenFalse = parseBinary(p, parseUnary(p), 1, endsAtGreater);
    p.leave();
    const span = p.spanFromNode(condition);
    condition = { kind: 'ConditionalExpression', id: p.ids.next(), span, condition, whenTrue, whenFalse };
  }
  return condition;
}

/** The binary operator that starts at the next token, with its number of tokens. */
function binaryOperator(p: TokenCursor): { operator: BinaryOperator; precedence: number; tokens: number } | undefined {
  const { kind } = p;
  if (kind === '>' && p.peek(1) === '>' && p.tokens.touchesNext(p.at)) {
    return { operator: '>>', precedence: SHIFT_PRECEDENCE, tokens: 2 };
  }
  const precedence = PRECEDENCE.get(kind);
  return precedence === undefined ? undefined : { operator: kind as BinaryOperator, precedence, tokens: 1 };
}

function parseBinary(p: TokenCursor, first: Expression, least: number, endsAtGreater: boolean): Expression {
  let left = first;
  for (let links = 0; ; links += 1) {
    if (endsAtGreater && p.kind === '>') return left;
    const next = binaryOperator(p);
    if (next === undefined || next.precedence < least) return left;
    if (links > CHAIN_LIMIT) p.failLimit('this chain of operators is too long');
    const operatorAt = p.at;
    for (let i = 0; i < next.tokens; i += 1) p.advance();
    const operatorSpan = p.spanFrom(operatorAt);
    const right = parseBinary(p, parseUnary(p), next.precedence + 1, endsAtGreater);
    const { operator } = next;
    left = {
      kind: 'BinaryExpression',
      id: p.ids.next(),
      span: p.spanFromNode(left),
      operator,
      left,
      right,
      operatorSpan,
    };
  }
}

function parseUnary(p: TokenCursor): Expression {
  const { kind, at: first } = p;
  if (kind === '!' || kind === '~' || kind === '-' || kind === '+') {
    p.advance();
    const operand = parseOperand(p);
    return { kind: 'UnaryExpression', id: p.ids.next(), span: p.spanFrom(first), operator: kind, operand };
  }
  if (kind === '(') {
    const type = tryCast(p);
    if (type !== undefined) {
      const operand = parseOperand(p);
      return { kind: 'CastExpression', id: p.ids.next(), span: p.spanFrom(first), type, operand };
    }
    p.advance();
    const inner = parseExpression(p);
    p.expect(')');
    return parsePostfix(p, { ...inner, span: p.spanFrom(first) });
  }
  return parsePostfix(p, parsePrimary(p));
}

/** What stands behind a unary operator or a cast. */
function parseOperand(p: TokenCursor): Expression {
  p.enter();
  const operand = parseUnary(p);
  p.leave();
  return operand;
}

/** Takes `(T)` if it stands here. */
export function tryCast(p: TokenCursor): TypeNode | undefined {
  if (!startsType(p, 1) || (p.peek(1) === 'error' && p.peek(2) === '.')) return undefined;
  const start = p.at;
  let attempt = p.castAttempts.get(start);
  if (attempt === undefined && !p.castAttempts.has(start)) {
    attempt = p.speculate(() => {
      p.expect('(');
      const type = parseType(p);
      p.expect(')');
      return type;
    });
    p.castAttempts.set(start, attempt);
  }
  if (attempt === undefined) return undefined;
  p.at = attempt.end;
  return attempt.result;
}

/** Takes `<types>` if it stands here and `(` follows. */
function tryTypeArguments(p: TokenCursor): readonly TypeNode[] | undefined {
  if (!startsType(p, 1) && p.peek(1) !== '_' && p.peek(1) !== 'void') return undefined;
  const start = p.at;
  let attempt = p.typeArgumentAttempts.get(start);
  if (attempt === undefined && !p.typeArgumentAttempts.has(start)) {
    attempt = p.speculate(() => {
      const types = parseTypeArguments(p);
      if (p.kind !== '(') p.fail("'('");
      return types;
    });
    p.typeArgumentAttempts.set(start, attempt);
  }
  if (attempt === undefined) return undefined;
  p.at = attempt.end;
  return attempt.result;
}

function parsePostfix(p: TokenCursor, primary: Expression): Expression {
  let target = primary;
  for (let links = 0; ; links += 1) {
    if (links > CHAIN_LIMIT) p.failLimit('this chain of operators is too long');
    switch (p.kind) {
      case '.':
        p.advance();
        target = finishMember(p, target);
        break;
      case '[':
        target = parseIndex(p, target);
        break;
      case '(':
        target = finishCall(p, target, undefined);
        break;
      case '<': {
        const typeArguments = tryTypeArguments(p);
        if (typeArguments === undefined) return target;
        target = finishCall(p, target, typeArguments);
        break;
      }
      default:
        return target;
    }
  }
}

function finishMember(p: TokenCursor, target: Expression): Expression {
  const member = p.name("a member's name");
  return { kind: 'MemberExpression', id: p.ids.next(), span: p.spanFromNode(target), target, member };
}

/** `(arguments)` behind a callee. */
export function finishCall(p: TokenCursor, callee: Expression, typeArguments: readonly TypeNode[] | undefined) {
  const args = parseArguments(p);
  const span = p.spanFromNode(callee);
  return { kind: 'CallExpression', id: p.ids.next(), span, callee, typeArguments, arguments: args } as const;
}

/** `[index]`, `[high:low]`, `[low+:width]`. */
function parseIndex(p: TokenCursor, target: Expression): Expression {
  p.expect('[');
  const first = parseExpression(p);
  if (p.accept(':')) {
    const low = parseExpression(p);
    p.expect(']');
    return { kind: 'SliceExpression', id: p.ids.next(), span: p.spanFromNode(target), target, high: first, low };
  }
  if (p.accept('+:')) {
    const width = parseExpression(p);
    p.expect(']');
    return { kind: 'PlusSliceExpression', id: p.ids.next(), span: p.spanFromNode(target), target, low: first, width };
  }
  p.expect(']');
  return { kind: 'IndexExpression', id: p.ids.next(), span: p.spanFromNode(target), target, index: first };
}

function parsePrimary(p: TokenCursor): Expression {
  const { kind, at: first } = p;
  switch (kind) {
    case 'integer':
      return parseIntegerLiteral(p);
    case 'string-literal': {
      const value = unescapeString(p.text);
      p.advance();
      return { kind: 'StringLiteral', id: p.ids.next(), span: p.spanFrom(first), value };
    }
    case 'true':
    case 'false':
      p.advance();
      return { kind: 'BooleanLiteral', id: p.ids.next(), span: p.spanFrom(first), value: kind === 'true' };
    case 'this':
      p.advance();
      return { kind: 'ThisExpression', id: p.ids.next(), span: p.spanFrom(first) };
    case '...':
      return parseDots(p);
    case '{#}':
      p.advance();
      return { kind: 'InvalidExpression', id: p.ids.next(), span: p.spanFrom(first) };
    case '{':
      return parseBraces(p);
    case 'error': {
      const { span } = p;
      p.advance();
      if (p.kind !== '.') p.fail("'.' and the name of an error");
      const type = { kind: 'ErrorType', id: p.ids.next(), span } as const;
      const target = { kind: 'TypeNameExpression', id: p.ids.next(), span, type } as const;
      p.advance();
      return finishMember(p, target);
    }
    default:
  }
  if (startsType(p) && kind !== 'list') {
    if (kind !== 'identifier' && kind !== '.') p.fail('an expression');
    const type = parseNamedType(p);
    if (p.kind === '(') {
      const args = parseArguments(p);
      const whole = p.spanFrom(first);
      return { kind: 'ConstructorCallExpression', id: p.ids.next(), span: whole, type, arguments: args };
    }
    if (p.kind !== '.') p.fail(`'.' or '(' after the type '${type.kind === 'NamedType' ? type.name.name : 'name'}'`);
    const target = { kind: 'TypeNameExpression', id: p.ids.next(), span: p.spanFrom(first), type } as const;
    p.advance();
    return finishMember(p, target);
  }
  if (kind === '.' || (p.isName() && kind !== 'list')) return parsePath(p);
  return p.fail('an expression');
}

/** `name` or `.name` that is not a type. */
export function parsePath(p: TokenCursor): PathExpression {
  const first = p.at;
  const absolute = p.accept('.');
  // `.name` is looked up at the top level, whatever the name means here.
  const name = absolute ? p.name() : p.nonTypeName();
  const span = absolute ? p.spanFrom(first) : name.span;
  return { kind: 'PathExpression', id: p.ids.next(), span, absolute, name };
}

/** A number. Reports widths that no value can have; the literal then has none. */
export function parseIntegerLiteral(p: TokenCursor): IntegerLiteral {
  if (p.kind !== 'integer') p.fail('a number');
  const { text, span } = p;
  p.advance();
  const { value, width, signed, base } = parseInteger(text);
  const id = p.ids.next();
  if (width !== undefined && width > MAX_LITERAL_WIDTH_BITS) {
    p.report('overlimit', span, `${text}: the width ${width} is too large; the most is ${MAX_LITERAL_WIDTH_BITS}`);
    return { kind: 'IntegerLiteral', id, span, value: 0n, width: undefined, signed: false, base: 10 };
  }
  return { kind: 'IntegerLiteral', id, span, value, width, signed, base };
}

function parseDots(p: TokenCursor): DotsExpression {
  const { span } = p;
  p.expect('...');
  return { kind: 'DotsExpression', id: p.ids.next(), span };
}

/** `{ a, b }` or `{ f = a, ... }`. */
function parseBraces(p: TokenCursor): Expression {
  const first = p.expect('{');
  if (!startsNamedExpression(p)) {
    const elements = parseExpressionList(p, '}');
    p.expect('}');
    return { kind: 'ListExpression', id: p.ids.next(), span: p.spanFrom(first), elements };
  }
  const fields = parseNamedExpressions(p, '}');
  let dots: DotsExpression | undefined;
  if (p.kind === '...') {
    dots = parseDots(p);
    p.accept(',');
  }
  p.expect('}');
  return { kind: 'StructExpression', id: p.ids.next(), span: p.spanFrom(first), fields, dots };
}

/** True if `name =` comes next. */
export function startsNamedExpression(p: TokenCursor): boolean {
  return p.isName() && p.peek(1) === '=';
}

/** `name = value, ...`, a trailing comma allowed; stops before `end` or `...`. */
export function parseNamedExpressions(p: TokenCursor, end: TokenKind): NamedExpression[] {
  const pairs: NamedExpression[] = [];
  const seen = new Map<string, NamedExpression>();
  do {
    if (p.kind === end || p.kind === '...') break;
    const first = p.at;
    const name = p.name();
    p.expect('=');
    const value = parseExpression(p);
    const pair: NamedExpression = { kind: 'NamedExpression', id: p.ids.next(), span: p.spanFrom(first), name, value };
    const previous = seen.get(name.name);
    if (previous === undefined) seen.set(name.name, pair);
    else p.reportDuplicate(name, previous.name);
    pairs.push(pair);
  } while (p.accept(','));
  return pairs;
}

/** `a, b, ...` up to `end`, a trailing comma allowed, also empty. */
export function parseExpressionList(p: TokenCursor, end: TokenKind): Expression[] {
  const expressions: Expression[] = [];
  // `,` alone is what p4c accepts for an empty list with a trailing comma.
  if (p.kind === ',' && p.peek(1) === end) p.advance();
  while (p.kind !== end) {
    expressions.push(parseExpression(p));
    if (!p.accept(',')) break;
  }
  return expressions;
}

/** `(a, name = b, _)`. */
export function parseArguments(p: TokenCursor): Argument[] {
  p.expect('(');
  const args: Argument[] = [];
  if (p.kind !== ')') {
    do args.push(parseArgument(p));
    while (p.accept(','));
  }
  p.expect(')');
  return args;
}

function parseArgument(p: TokenCursor): Argument {
  const first = p.at;
  let name: Argument['name'];
  if (p.isName() && p.peek(1) === '=') {
    name = p.name();
    p.expect('=');
  }
  const value = p.kind === '_' ? parseDontCare(p) : parseExpression(p);
  const span = name === undefined ? value.span : p.spanFrom(first);
  return { kind: 'Argument', id: p.ids.next(), span, name, value };
}

/** `_` or `default`, where anything does. */
export function parseDontCare(p: TokenCursor): Expression {
  const { span } = p;
  const spelling = p.kind === '_' ? '_' : 'default';
  p.advance();
  return { kind: 'DefaultExpression', id: p.ids.next(), span, spelling };
}

/** What may be assigned to or called in a statement: names, members, elements, slices, but no call inside. */
export function parseLvalue(p: TokenCursor): Expression {
  let target = parseLvalueStart(p);
  for (let links = 0; ; links += 1) {
    if (links > CHAIN_LIMIT) p.failLimit('this chain of operators is too long');
    if (p.accept('.')) target = finishMember(p, target);
    else if (p.kind === '[') target = parseIndex(p, target);
    else return target;
  }
}

function parseLvalueStart(p: TokenCursor): Expression {
  const { kind, at: first } = p;
  if (kind === 'this') {
    p.advance();
    return { kind: 'ThisExpression', id: p.ids.next(), span: p.spanFrom(first) };
  }
  if (kind === '(') {
    p.advance();
    p.enter();
    const inner = parseLvalue(p);
    p.leave();
    p.expect(')');
    return { ...inner, span: p.spanFrom(first) };
  }
  if (startsType(p) && (kind === 'identifier' || kind === '.')) {
    const type = parseNamedType(p);
    if (p.kind !== '.') p.fail("'.'");
    return { kind: 'TypeNameExpression', id: p.ids.next(), span: p.spanFrom(first), type };
  }
  return parsePath(p);
}

/** The content of a string literal's source text: quotes removed, `\"`, `\\` and `\n` resolved, all else kept. */
export function unescapeString(raw: string): string {
  const inner = raw.slice(1, -1);
  if (!inner.includes('\\')) return inner;
  return inner.replace(/\\(["\\n])/g, (_whole, character: string) => (character === 'n' ? '\n' : character));
}
