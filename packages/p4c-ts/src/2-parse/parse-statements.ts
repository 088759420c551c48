/**
 * Statements, and the declarations that may stand among them. A statement that starts with a type is a declaration (or
 * a direct application, `C.apply(...)`); one that starts with any other name is an assignment or a call. Each block
 * opens a scope of names.
 */
import type {
  Annotation,
  AssignmentOperator,
  AssignmentStatement,
  BlockStatement,
  CallStatement,
  ConstantDeclaration,
  Expression,
  ForInStatement,
  ForStatement,
  FunctionDeclaration,
  Instantiation,
  Statement,
  SwitchCase,
  TypeNode,
  VariableDeclaration,
} from './ast.ts';
import { parseAnnotations } from './parse-annotations.ts';
import { parseFunction } from './parse-declarations.ts';
import { finishCall, parseArguments, parseExpression, parseLvalue } from './parse-expressions.ts';
import { finishRange, parseSwitchLabel } from './parse-keysets.ts';
import { parseDeclarator, parseType, parseTypeArguments, startsType } from './parse-types.ts';
import type { TokenCursor } from './token-cursor.ts';
import type { TokenKind } from './tokens.ts';

const ASSIGNMENT_OPERATORS: ReadonlyMap<TokenKind, AssignmentOperator | undefined> = new Map<
  TokenKind,
  AssignmentOperator | undefined
>([
  ['=', undefined],
  ['*=', '*'],
  ['/=', '/'],
  ['%=', '%'],
  ['+=', '+'],
  ['-=', '-'],
  ['|+|=', '|+|'],
  ['|-|=', '|-|'],
  ['<<=', '<<'],
  ['>>=', '>>'],
  ['&=', '&'],
  ['|=', '|'],
  ['^=', '^'],
]);

const NOT_IN_PARSER_STATES: ReadonlySet<TokenKind> = new Set<TokenKind>([
  'switch',
  'for',
  'return',
  'exit',
  'break',
  'continue',
]);

const STATEMENT_STARTS: ReadonlySet<TokenKind> = new Set<TokenKind>([
  'if',
  'switch',
  'for',
  'return',
  'exit',
  'break',
  'continue',
  'const',
  'transition',
]);

/** Where a list of statements stands: parser states know no loops, `switch`, `return`, `exit` or instances. */
export type StatementPlace = 'anywhere' | 'parser state';

/** `{ ... }` with its annotations, in a scope of its own. */
export function parseBlock(
  p: TokenCursor,
  annotations: readonly Annotation[] = parseAnnotations(p),
  place: StatementPlace = 'anywhere',
): BlockStatement {
  p.enter();
  const first = p.expect('{');
  p.scopes.push();
  const statements = parseStatements(p, place);
  p.expect('}');
  p.scopes.pop();
  p.leave();
  return { kind: 'BlockStatement', id: p.ids.next(), span: p.spanFrom(first), annotations, statements };
}

/** Statements up to `}` (or `transition`, in a parser state). */
export function parseStatements(p: TokenCursor, place: StatementPlace = 'anywhere'): Statement[] {
  return p.list(
    () => parseStatement(p, place),
    () => p.kind === '}' || p.kind === 'transition',
    (kind) => STATEMENT_STARTS.has(kind),
  );
}

/** One statement or declaration. */
export function parseStatement(p: TokenCursor, place: StatementPlace = 'anywhere'): Statement {
  const first = p.at;
  const annotations = parseAnnotations(p);
  if (place === 'parser state' && NOT_IN_PARSER_STATES.has(p.kind)) p.fail("a statement of a parser state or '}'");
  switch (p.kind) {
    case '{':
      return parseBlock(p, annotations, place);
    case 'if':
      return parseIf(p, annotations);
    case 'switch':
      return parseSwitch(p, annotations);
    case 'for':
      return parseFor(p, annotations);
    case 'const':
      return parseConstant(p, annotations);
    case 'return': {
      p.advance();
      const value = p.is(';') ? undefined : parseExpression(p);
      p.expect(';');
      return { kind: 'ReturnStatement', id: p.ids.next(), span: p.spanFrom(first), value };
    }
    case 'exit':
      return parseWord(p, 'ExitStatement');
    case 'break':
      return parseWord(p, 'BreakStatement');
    case 'continue':
      return parseWord(p, 'ContinueStatement');
    case ';':
      return parseWord(p, 'EmptyStatement');
    default:
  }
  if (startsType(p) && !startsTypeMember(p)) return parseTypedDeclaration(p, annotations);
  if (annotations.length > 0) p.fail('a declaration or a block after the annotation');
  return parseAssignmentOrCall(p, ';');
}

function parseWord<K extends 'ExitStatement' | 'BreakStatement' | 'ContinueStatement' | 'EmptyStatement'>(
  p: TokenCursor,
  kind: K,
) {
  const first = p.at;
  p.advance();
  if (kind !== 'EmptyStatement') p.expect(';');
  return { kind, id: p.ids.next(), span: p.spanFrom(first) };
}

/** True for `T.member` and `T<...>.member`: a direct application, not a declaration. */
function startsTypeMember(p: TokenCursor): boolean {
  const offset = p.kind === '.' ? 1 : 0;
  if (p.peek(offset) !== 'identifier') return false;
  if (p.peek(offset + 1) === '.') return true;
  if (p.peek(offset + 1) !== '<') return false;
  return (
    p.speculate(() => {
      parseType(p);
      if (p.kind !== '.') p.fail("'.'");
    }) !== undefined
  );
}

/**
 * `target = value`, `target += value` or `target(arguments)`, with the semicolon unless it stands in the head of a
 * loop.
 */
function parseAssignmentOrCall(p: TokenCursor, end?: ';'): AssignmentStatement | CallStatement {
  const first = p.at;
  const target = parseLvalue(p);
  if (p.kind === '(' || p.kind === '<') {
    const typeArguments = p.kind === '<' ? parseTypeArguments(p) : undefined;
    if (p.kind !== '(') p.fail("'('");
    const call = finishCall(p, target, typeArguments);
    if (end !== undefined) p.expect(end);
    return { kind: 'CallStatement', id: p.ids.next(), span: p.spanFrom(first), call };
  }
  if (!ASSIGNMENT_OPERATORS.has(p.kind)) {
    const hint = target.kind === 'PathExpression' && p.kind === 'identifier' ? target.name.name : undefined;
    p.fail(
      "'=', '(' or another assignment",
      hint === undefined ? {} : { suggestion: `is '${hint}' meant to be a type? It is not declared as one here` },
    );
  }
  const operator = ASSIGNMENT_OPERATORS.get(p.kind);
  const operatorSpan = p.span;
  p.advance();
  const value = parseExpression(p);
  if (end !== undefined) p.expect(end);
  return {
    kind: 'AssignmentStatement',
    id: p.ids.next(),
    span: p.spanFrom(first),
    target,
    operator,
    operatorSpan,
    value,
  };
}

/** A declaration that starts with a type: variable or instance. */
export function parseTypedDeclaration(
  p: TokenCursor,
  annotations: readonly Annotation[],
): VariableDeclaration | Instantiation {
  const first = p.at;
  const type = parseType(p);
  if (p.kind === '(') return finishInstantiation(p, annotations, type, first);
  return finishVariable(p, annotations, type, first, ';');
}

/** `name` or `name = value` behind a type, with the semicolon unless it stands in the head of a loop. */
function finishVariable(
  p: TokenCursor,
  annotations: readonly Annotation[],
  baseType: TypeNode,
  first: number,
  end?: ';',
): VariableDeclaration {
  const { name, type } = parseDeclarator(p, baseType);
  const initializer = p.accept('=') ? parseExpression(p) : undefined;
  p.scopes.declareObject(name);
  if (end !== undefined) p.expect(end);
  return {
    kind: 'VariableDeclaration',
    id: p.ids.next(),
    span: p.spanFrom(first),
    annotations,
    type,
    name,
    initializer,
  };
}

/** `(args) name;` or `(args) name = { ... };` behind a type. */
export function finishInstantiation(
  p: TokenCursor,
  annotations: readonly Annotation[],
  baseType: TypeNode,
  first: number,
): Instantiation {
  const args = parseArguments(p);
  const { name, type } = parseDeclarator(p, baseType);
  let initializer: (FunctionDeclaration | Instantiation)[] | undefined;
  if (p.accept('=')) {
    p.expect('{');
    p.scopes.push();
    initializer = p.list(
      () => parseObjectDeclaration(p),
      () => p.kind === '}',
      () => false,
    );
    p.expect('}');
    p.scopes.pop();
  }
  p.expect(';');
  p.scopes.declareObject(name);
  const span = p.spanFrom(first);
  return { kind: 'Instantiation', id: p.ids.next(), span, annotations, type, arguments: args, name, initializer };
}

/** A member of an instance's initializer: a function that implements an abstract method, or an instance. */
function parseObjectDeclaration(p: TokenCursor): FunctionDeclaration | Instantiation {
  const first = p.at;
  const annotations = parseAnnotations(p);
  if (startsType(p)) {
    const isInstance = p.speculate(() => {
      parseType(p);
      p.expect('(');
    });
    if (isInstance !== undefined) return finishInstantiation(p, annotations, parseType(p), first);
  }
  return parseFunction(p, annotations, first);
}

/** `const T name = value;`. */
export function parseConstant(p: TokenCursor, annotations: readonly Annotation[]): ConstantDeclaration {
  const first = p.expect('const');
  const declared = parseDeclarator(p, parseType(p));
  p.expect('=');
  const value = parseExpression(p);
  p.expect(';');
  p.scopes.declareObject(declared.name);
  return { kind: 'ConstantDeclaration', id: p.ids.next(), span: p.spanFrom(first), annotations, ...declared, value };
}

function parseIf(p: TokenCursor, annotations: readonly Annotation[]): Statement {
  const first = p.expect('if');
  p.expect('(');
  const condition = parseExpression(p);
  p.expect(')');
  const thenStatement = parseBody(p);
  const elseStatement = p.accept('else') ? parseBody(p) : undefined;
  const span = p.spanFrom(first);
  return { kind: 'IfStatement', id: p.ids.next(), span, annotations, condition, thenStatement, elseStatement };
}

/** A branch or a loop's body: any statement, but no bare declaration. */
function parseBody(p: TokenCursor): Statement {
  if (p.kind === 'const' || (startsType(p) && !startsTypeMember(p))) p.fail('a statement (put declarations in braces)');
  p.enter();
  const statement = parseStatement(p);
  p.leave();
  return statement;
}

function parseSwitch(p: TokenCursor, annotations: readonly Annotation[]): Statement {
  const first = p.expect('switch');
  p.expect('(');
  const expression = parseExpression(p);
  p.expect(')');
  p.expect('{');
  const cases = p.list(
    () => parseSwitchCase(p),
    () => p.kind === '}',
    (kind) => kind === 'default',
  );
  p.expect('}');
  return { kind: 'SwitchStatement', id: p.ids.next(), span: p.spanFrom(first), annotations, expression, cases };
}

function parseSwitchCase(p: TokenCursor): SwitchCase {
  const first = p.at;
  const label = parseSwitchLabel(p);
  p.expect(':');
  const body = p.kind === '{' || p.kind === '@' || p.kind === 'pragma' ? parseBlock(p) : undefined;
  return { kind: 'SwitchCase', id: p.ids.next(), span: p.spanFrom(first), label, body };
}

function parseFor(p: TokenCursor, annotations: readonly Annotation[]): ForStatement | ForInStatement {
  const first = p.expect('for');
  p.expect('(');
  p.scopes.push();
  const loop = parseForHead(p, annotations, first);
  p.scopes.pop();
  return loop;
}

function parseForHead(
  p: TokenCursor,
  annotations: readonly Annotation[],
  first: number,
): ForStatement | ForInStatement {
  const init: (VariableDeclaration | AssignmentStatement | CallStatement)[] = [];
  if (p.kind !== ';') {
    do {
      const start = p.at;
      const own = parseAnnotations(p);
      if (!startsType(p) || startsTypeMember(p)) {
        init.push(parseAssignmentOrCall(p));
        continue;
      }
      const type = parseType(p);
      if (init.length === 0 && p.isName() && p.peek(1) === 'in')
        return parseForIn(p, annotations, own, type, start, first);
      init.push(finishVariable(p, own, type, start));
    } while (p.accept(','));
  }
  p.expect(';');
  const condition = parseExpression(p);
  p.expect(';');
  const update: (AssignmentStatement | CallStatement)[] = [];
  if (p.kind !== ')') {
    do update.push(parseAssignmentOrCall(p));
    while (p.accept(','));
  }
  p.expect(')');
  const body = parseBody(p);
  return {
    kind: 'ForStatement',
    id: p.ids.next(),
    span: p.spanFrom(first),
    annotations,
    init,
    condition,
    update,
    body,
  };
}

function parseForIn(
  p: TokenCursor,
  annotations: readonly Annotation[],
  variableAnnotations: readonly Annotation[],
  type: TypeNode,
  start: number,
  first: number,
): ForInStatement {
  const name = p.name();
  const variable: VariableDeclaration = {
    kind: 'VariableDeclaration',
    id: p.ids.next(),
    span: p.spanFrom(start),
    annotations: variableAnnotations,
    type,
    name,
    initializer: undefined,
  };
  p.scopes.declareObject(name);
  p.expect('in');
  let collection: Expression = parseExpression(p);
  if (p.kind === '..') collection = finishRange(p, collection);
  p.expect(')');
  const body = parseBody(p);
  return { kind: 'ForInStatement', id: p.ids.next(), span: p.spanFrom(first), annotations, variable, collection, body };
}
