/**
 * Parsers with their states and value sets, and controls. A parser or control without a body is only a type; the two
 * differ in one token after the same head, so they are read by one function.
 */
import type {
  Annotation,
  ControlDeclaration,
  Parameter,
  ParserDeclaration,
  ParserState,
  PathExpression,
  SelectCase,
  SelectExpression,
  TopLevelDeclaration,
  TypeParameter,
  ValueSetDeclaration,
} from './ast.ts';
import { parseAnnotations } from './parse-annotations.ts';
import { finishHead, parseAction, parseParameters } from './parse-declarations.ts';
import { parseExpression, parseExpressionList } from './parse-expressions.ts';
import { parseKeyset } from './parse-keysets.ts';
import { parseBlock, parseConstant, parseStatements, parseTypedDeclaration } from './parse-statements.ts';
import { parseTable } from './parse-tables.ts';
import { parseTypeArgument, parseTypeParameters, startsType } from './parse-types.ts';
import type { TokenCursor } from './token-cursor.ts';
import type { TokenKind } from './tokens.ts';

const LOCAL_STARTS: ReadonlySet<TokenKind> = new Set<TokenKind>(['action', 'table', 'apply', 'state', 'const', '@']);

interface ContainerHead {
  readonly name: ParserDeclaration['name'];
  readonly typeParameters: readonly TypeParameter[];
  readonly parameters: readonly Parameter[];
}

/** `name<T>(parameters)` behind `parser`, `control` or `package`. Leaves its scope open. */
export function parseContainerHead(p: TokenCursor, allowsDuplicates: boolean): ContainerHead {
  const name = p.name();
  p.scopes.pushContainer(name, allowsDuplicates);
  const typeParameters = parseTypeParameters(p);
  const parameters = finishHead(p, typeParameters);
  return { name, typeParameters, parameters };
}

export function parseParser(p: TokenCursor, annotations: readonly Annotation[]): TopLevelDeclaration {
  const first = p.expect('parser');
  const head = parseContainerHead(p, true);
  if (p.accept(';')) {
    p.scopes.pop();
    return { kind: 'ParserTypeDeclaration', id: p.ids.next(), span: p.spanFrom(first), annotations, ...head };
  }
  const constructorParameters = p.kind === '(' ? parseParameters(p) : [];
  p.expect('{');
  const startsState = () => nextAfterAnnotations(p) === 'state';
  const locals = p.list<ParserDeclaration['locals'][number]>(
    () => parseParserLocal(p),
    () => p.kind === '}' || startsState(),
    (kind) => LOCAL_STARTS.has(kind),
  );
  if (p.kind === '}') p.fail("a state (a parser needs at least a state 'start')");
  const states = p.list(
    () => parseState(p),
    () => p.kind === '}',
    (kind) => kind === 'state' || kind === '@',
  );
  p.expect('}');
  p.scopes.pop();
  const span = p.spanFrom(first);
  return {
    kind: 'ParserDeclaration',
    id: p.ids.next(),
    span,
    annotations,
    ...head,
    constructorParameters,
    locals,
    states,
  };
}

/** The kind of the token behind the annotations that come next. */
function nextAfterAnnotations(p: TokenCursor): TokenKind {
  if (p.kind !== '@' && p.kind !== 'pragma') return p.kind;
  const after = p.speculate(() => {
    parseAnnotations(p);
    return p.kind;
  });
  return after?.result ?? 'end';
}

function parseParserLocal(p: TokenCursor): ParserDeclaration['locals'][number] {
  const annotations = parseAnnotations(p);
  if (p.kind === 'const') return parseConstant(p, annotations);
  if (p.kind === 'value_set') return parseValueSet(p, annotations);
  if (!startsType(p)) p.fail('a declaration or a state');
  return parseTypedDeclaration(p, annotations);
}

function parseValueSet(p: TokenCursor, annotations: readonly Annotation[]): ValueSetDeclaration {
  const first = p.expect('value_set');
  p.expect('<');
  const elementType = parseTypeArgument(p);
  p.expect('>');
  p.expect('(');
  const size = parseExpression(p);
  p.expect(')');
  const name = p.name();
  p.expect(';');
  return {
    kind: 'ValueSetDeclaration',
    id: p.ids.next(),
    span: p.spanFrom(first),
    annotations,
    elementType,
    size,
    name,
  };
}

function parseState(p: TokenCursor): ParserState {
  const first = p.at;
  const annotations = parseAnnotations(p);
  p.expect('state');
  const name = p.name("the state's name");
  p.scopes.pushContainer(name, false);
  p.expect('{');
  const statements = parseStatements(p, 'parser state');
  const transition = p.accept('transition') ? parseTransition(p) : undefined;
  p.expect('}');
  p.scopes.pop();
  return { kind: 'ParserState', id: p.ids.next(), span: p.spanFrom(first), annotations, name, statements, transition };
}

function parseTransition(p: TokenCursor): PathExpression | SelectExpression {
  if (p.kind === 'select') return parseSelect(p);
  const state = parseStateName(p);
  p.expect(';');
  return state;
}

function parseStateName(p: TokenCursor): PathExpression {
  const name = p.name("a state's name");
  return { kind: 'PathExpression', id: p.ids.next(), span: name.span, absolute: false, name };
}

function parseSelect(p: TokenCursor): SelectExpression {
  const first = p.expect('select');
  p.expect('(');
  const keys = parseExpressionList(p, ')');
  p.expect(')');
  p.expect('{');
  const cases = p.list(
    () => parseSelectCase(p),
    () => p.kind === '}',
    (kind) => kind === 'default',
  );
  p.expect('}');
  return { kind: 'SelectExpression', id: p.ids.next(), span: p.spanFrom(first), keys, cases };
}

function parseSelectCase(p: TokenCursor): SelectCase {
  const first = p.at;
  const keyset = parseKeyset(p);
  p.expect(':');
  const state = parseStateName(p);
  p.expect(';');
  return { kind: 'SelectCase', id: p.ids.next(), span: p.spanFrom(first), keyset, state };
}

export function parseControl(p: TokenCursor, annotations: readonly Annotation[]): TopLevelDeclaration {
  const first = p.expect('control');
  const head = parseContainerHead(p, true);
  if (p.accept(';')) {
    p.scopes.pop();
    return { kind: 'ControlTypeDeclaration', id: p.ids.next(), span: p.spanFrom(first), annotations, ...head };
  }
  const constructorParameters = p.kind === '(' ? parseParameters(p) : [];
  p.expect('{');
  const locals = p.list(
    () => parseControlLocal(p),
    () => p.kind === '}' || p.kind === 'apply',
    (kind) => LOCAL_STARTS.has(kind),
  );
  p.expect('apply');
  const body = parseBlock(p);
  p.expect('}');
  p.scopes.pop();
  const span = p.spanFrom(first);
  return {
    kind: 'ControlDeclaration',
    id: p.ids.next(),
    span,
    annotations,
    ...head,
    constructorParameters,
    locals,
    body,
  };
}

function parseControlLocal(p: TokenCursor): ControlDeclaration['locals'][number] {
  const annotations = parseAnnotations(p);
  switch (p.kind) {
    case 'const':
      return parseConstant(p, annotations);
    case 'action':
      return parseAction(p, annotations);
    case 'table':
      return parseTable(p, annotations);
    default:
      if (!startsType(p)) p.fail("a declaration or 'apply'");
      return parseTypedDeclaration(p, annotations);
  }
}
