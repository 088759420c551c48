/**
 * Declarations of the top level, and what stands inside externs, structure-like types, parsers and controls.
 *
 * Names are declared in `p.scopes` at the same points as p4c does it, because a name's being a type decides how
 * later text is read: a container's name before its type parameters, parameters after their list, and so on.
 */
import type {
  Annotation,
  ControlDeclaration,
  Direction,
  EnumMember,
  ExternDeclaration,
  FunctionDeclaration,
  Method,
  Parameter,
  ParserDeclaration,
  ParserState,
  PathExpression,
  SelectCase,
  SelectExpression,
  StructField,
  TopLevelDeclaration,
  TypedefDeclaration,
  TypeNode,
  TypeParameter,
  ValueSetDeclaration,
} from './ast.ts';
import { parseAnnotations } from './parse-annotations.ts';
import { parseExpression, parseExpressionList, parseKeyset } from './parse-expressions.ts';
import {
  finishInstantiation,
  parseBlock,
  parseConstant,
  parseStatements,
  parseTypedDeclaration,
} from './parse-statements.ts';
import { parseTable } from './parse-tables.ts';
import {
  parseDeclarator,
  parseReturnType,
  parseType,
  parseTypeArgument,
  parseTypeParameters,
  startsType,
} from './parse-types.ts';
import type { TokenCursor } from './token-cursor.ts';
import type { TokenKind } from './tokens.ts';

/** Keywords that start a declaration of the top level, and nothing that stands inside one at its outer level. */
export const TOP_LEVEL_STARTS: ReadonlySet<TokenKind> = new Set<TokenKind>([
  'extern',
  'parser',
  'control',
  'package',
  'header',
  'header_union',
  'struct',
  'enum',
  'typedef',
]);

const LOCAL_STARTS: ReadonlySet<TokenKind> = new Set<TokenKind>(['action', 'table', 'apply', 'state', 'const', '@']);

/** One declaration; `undefined` for `;` and for a forward declaration (`extern T;`), which only makes a name known. */
export function parseTopLevel(p: TokenCursor): TopLevelDeclaration | undefined {
  if (p.accept(';')) return undefined;
  const first = p.at;
  const annotations = parseAnnotations(p);
  switch (p.kind) {
    case 'const':
      return parseConstant(p, annotations);
    case 'extern':
      return parseExtern(p, annotations);
    case 'action':
      return parseAction(p, annotations);
    case 'parser':
      return parseParser(p, annotations);
    case 'control':
      return parseControl(p, annotations);
    case 'package': {
      const start = p.expect('package');
      const head = parseContainerHead(p, false);
      p.expect(';');
      p.scopes.pop();
      return { kind: 'PackageTypeDeclaration', id: p.ids.next(), span: p.spanFrom(start), annotations, ...head };
    }
    case 'header':
    case 'header_union':
    case 'struct':
    case 'enum':
      return parseDerivedType(p, annotations);
    case 'typedef':
      return parseTypedef(p, annotations);
    case 'type': {
      const start = p.expect('type');
      const declared = parseDeclarator(p, parseType(p));
      p.scopes.declareType(declared.name);
      p.expect(';');
      return { kind: 'NewtypeDeclaration', id: p.ids.next(), span: p.spanFrom(start), annotations, ...declared };
    }
    case 'error':
    case 'match_kind':
      if (p.peek(1) !== '{') break;
      return parseSetDeclaration(p);
    default:
  }
  if (startsType(p)) {
    const isInstance = p.speculate(() => {
      parseType(p);
      p.expect('(');
    });
    if (isInstance !== undefined) return finishInstantiation(p, annotations, parseType(p), first);
  } else if (p.kind !== 'void' && p.kind !== 'identifier') {
    p.fail('a declaration');
  }
  return parseFunction(p, annotations, first);
}

// -------------------------------------------------------------------------------------- parameters and functions

/** `(direction T name, ...)`; declares nothing. */
export function parseParameters(p: TokenCursor): Parameter[] {
  p.expect('(');
  const parameters: Parameter[] = [];
  if (p.kind !== ')') {
    do parameters.push(parseParameter(p));
    while (p.accept(','));
  }
  p.expect(')');
  return parameters;
}

function parseParameter(p: TokenCursor): Parameter {
  const first = p.at;
  const annotations = parseAnnotations(p);
  let direction: Direction = 'none';
  if (p.kind === 'in' || p.kind === 'out' || p.kind === 'inout') {
    direction = p.kind;
    p.advance();
  }
  const declared = parseDeclarator(p, parseType(p));
  const defaultValue = p.accept('=') ? parseExpression(p) : undefined;
  return {
    kind: 'Parameter',
    id: p.ids.next(),
    span: p.spanFrom(first),
    annotations,
    direction,
    ...declared,
    defaultValue,
  };
}

interface FunctionHead {
  readonly returnType: TypeNode;
  readonly name: FunctionDeclaration['name'];
  readonly typeParameters: readonly TypeParameter[];
  readonly parameters: readonly Parameter[];
}

/** `T name<U>(parameters)`. Leaves the function's scope open. */
function parsePrototype(p: TokenCursor): FunctionHead {
  const returnType = parseReturnType(p);
  const name = p.name("the function's name");
  p.scopes.declareObject(name);
  const typeParameters = parseTypeParameters(p);
  p.scopes.push();
  const parameters = finishHead(p, typeParameters);
  return { returnType, name, typeParameters, parameters };
}

/** Declares type parameters, reads parameters and declares those, all in the open scope. */
function finishHead(p: TokenCursor, typeParameters: readonly TypeParameter[]): Parameter[] {
  for (const parameter of typeParameters) p.scopes.declareType(parameter.name);
  const parameters = parseParameters(p);
  for (const parameter of parameters) p.scopes.declareObject(parameter.name);
  return parameters;
}

/** A function with a body. */
export function parseFunction(p: TokenCursor, annotations: readonly Annotation[], first: number): FunctionDeclaration {
  const head = parsePrototype(p);
  const body = parseBlock(p);
  p.scopes.pop();
  const span = p.spanFrom(first);
  return { kind: 'FunctionDeclaration', id: p.ids.next(), span, annotations, isExtern: false, ...head, body };
}

function parseAction(p: TokenCursor, annotations: readonly Annotation[]) {
  const first = p.expect('action');
  const name = p.name("the action's name");
  const parameters = parseParameters(p);
  const body = parseBlock(p);
  const span = p.spanFrom(first);
  return { kind: 'ActionDeclaration', id: p.ids.next(), span, annotations, name, parameters, body } as const;
}

// -------------------------------------------------------------------------------------------------------- externs

function parseExtern(p: TokenCursor, annotations: readonly Annotation[]): TopLevelDeclaration | undefined {
  const first = p.expect('extern');
  if (p.isName() && p.peek(1) === ';') {
    p.scopes.pushContainer(p.name(), true);
    p.scopes.pop();
    p.expect(';');
    return undefined;
  }
  const isType = p.isName() && (p.peek(1) === '{' || (p.peek(1) === '<' && !p.isTypeName()));
  if (isType) return parseExternType(p, annotations, first);
  const head = parsePrototype(p);
  p.expect(';');
  p.scopes.pop();
  const span = p.spanFrom(first);
  const body = undefined;
  return { kind: 'FunctionDeclaration', id: p.ids.next(), span, annotations, isExtern: true, ...head, body };
}

function parseExternType(p: TokenCursor, annotations: readonly Annotation[], first: number): ExternDeclaration {
  const name = p.name();
  p.scopes.pushContainer(name, true);
  const typeParameters = parseTypeParameters(p);
  for (const parameter of typeParameters) p.scopes.declareType(parameter.name);
  p.expect('{');
  const methods = p.list(
    () => parseMethod(p),
    () => p.kind === '}',
    (kind) => kind === 'abstract' || kind === '@',
  );
  p.expect('}');
  p.scopes.pop();
  return {
    kind: 'ExternDeclaration',
    id: p.ids.next(),
    span: p.spanFrom(first),
    annotations,
    name,
    typeParameters,
    methods,
  };
}

function parseMethod(p: TokenCursor): Method {
  const first = p.at;
  const annotations = parseAnnotations(p);
  const isAbstract = p.accept('abstract');
  if (!isAbstract && p.isTypeName() && p.peek(1) === '(') {
    const name = p.name();
    const parameters = parseParameters(p);
    p.expect(';');
    const base = { id: p.ids.next(), span: p.spanFrom(first), annotations, isAbstract, isConstructor: true };
    return { kind: 'Method', ...base, returnType: undefined, name, typeParameters: [], parameters };
  }
  const head = parsePrototype(p);
  p.expect(';');
  p.scopes.pop();
  return {
    kind: 'Method',
    id: p.ids.next(),
    span: p.spanFrom(first),
    annotations,
    isAbstract,
    isConstructor: false,
    ...head,
  };
}

// ----------------------------------------------------------------------------------------- parsers and controls

interface ContainerHead {
  readonly name: ParserDeclaration['name'];
  readonly typeParameters: readonly TypeParameter[];
  readonly parameters: readonly Parameter[];
}

/** `name<T>(parameters)` behind `parser`, `control` or `package`. Leaves its scope open. */
function parseContainerHead(p: TokenCursor, allowsDuplicates: boolean): ContainerHead {
  const name = p.name();
  p.scopes.pushContainer(name, allowsDuplicates);
  const typeParameters = parseTypeParameters(p);
  const parameters = finishHead(p, typeParameters);
  return { name, typeParameters, parameters };
}

function parseParser(p: TokenCursor, annotations: readonly Annotation[]): TopLevelDeclaration {
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

function parseControl(p: TokenCursor, annotations: readonly Annotation[]): TopLevelDeclaration {
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

// ---------------------------------------------------------------------------------------------------------- types

type DerivedType = Exclude<TypedefDeclaration['type'], TypeNode>;

function parseDerivedType(p: TokenCursor, annotations: readonly Annotation[]): DerivedType {
  const first = p.at;
  if (p.kind === 'enum') return parseEnum(p, annotations);
  const kind =
    p.kind === 'header' ? 'HeaderDeclaration' : p.kind === 'struct' ? 'StructDeclaration' : 'HeaderUnionDeclaration';
  p.advance();
  const name = p.name("the type's name");
  p.scopes.pushContainer(name, true);
  const typeParameters = parseTypeParameters(p);
  for (const parameter of typeParameters) p.scopes.declareType(parameter.name);
  p.expect('{');
  const fields = p.list(
    () => parseField(p),
    () => p.kind === '}',
    (next) => next === '@',
  );
  p.expect('}');
  p.scopes.pop();
  return { kind, id: p.ids.next(), span: p.spanFrom(first), annotations, name, typeParameters, fields };
}

function parseField(p: TokenCursor): StructField {
  const first = p.at;
  const annotations = parseAnnotations(p);
  const declared = parseDeclarator(p, parseType(p));
  p.expect(';');
  return { kind: 'StructField', id: p.ids.next(), span: p.spanFrom(first), annotations, ...declared };
}

function parseEnum(p: TokenCursor, annotations: readonly Annotation[]): DerivedType {
  const first = p.expect('enum');
  const isPlain = p.isName() && p.peek(1) === '{';
  const underlyingType = isPlain ? undefined : parseType(p);
  const name = p.name("the enum's name");
  p.scopes.declareType(name);
  p.expect('{');
  const members = parseMembers(p, underlyingType !== undefined);
  p.accept(',');
  p.expect('}');
  const base = { id: p.ids.next(), span: p.spanFrom(first), annotations, name, members };
  return underlyingType === undefined
    ? { kind: 'EnumDeclaration', ...base }
    : { kind: 'SerializableEnumDeclaration', ...base, underlyingType };
}

function parseMembers(p: TokenCursor, withValues: boolean): EnumMember[] {
  const members: EnumMember[] = [];
  do {
    if (p.kind === '}' && members.length > 0) break;
    const first = p.at;
    const name = p.name("a member's name");
    let value: EnumMember['value'];
    if (withValues) {
      p.expect('=');
      value = parseExpression(p);
    }
    members.push({ kind: 'EnumMember', id: p.ids.next(), span: p.spanFrom(first), name, value });
  } while (p.accept(','));
  return members;
}

function parseSetDeclaration(p: TokenCursor): TopLevelDeclaration {
  const first = p.at;
  const kind = p.kind === 'error' ? 'ErrorDeclaration' : 'MatchKindDeclaration';
  p.advance();
  p.expect('{');
  const members = parseMembers(p, false);
  p.expect('}');
  return { kind, id: p.ids.next(), span: p.spanFrom(first), members };
}

function parseTypedef(p: TokenCursor, annotations: readonly Annotation[]): TypedefDeclaration {
  const first = p.expect('typedef');
  const inner = parseAnnotations(p);
  const isDerived = p.kind === 'header' || p.kind === 'header_union' || p.kind === 'struct' || p.kind === 'enum';
  if (isDerived) {
    const type = parseDerivedType(p, inner);
    const name = p.name();
    p.scopes.declareType(name);
    p.expect(';');
    return { kind: 'TypedefDeclaration', id: p.ids.next(), span: p.spanFrom(first), annotations, type, name };
  }
  const declared = parseDeclarator(p, parseType(p));
  p.scopes.declareType(declared.name);
  p.expect(';');
  return { kind: 'TypedefDeclaration', id: p.ids.next(), span: p.spanFrom(first), annotations, ...declared };
}
