/**
 * Declarations of the top level, and what stands inside externs, structure-like types, parsers and controls.
 *
 * Names are declared in `p.scopes` at the same points as p4c does it, because a name's being a type decides how
 * later text is read: a container's name before its type parameters, parameters after their list, and so on.
 */
import type {
  Annotation,
  Direction,
  ExternDeclaration,
  FunctionDeclaration,
  Method,
  Parameter,
  TopLevelDeclaration,
  TypeNode,
  TypeParameter,
} from './ast.ts';
import { parseAnnotations } from './parse-annotations.ts';
import { parseContainerHead, parseControl, parseParser } from './parse-blocks.ts';
import { parseExpression } from './parse-expressions.ts';
import { finishInstantiation, parseBlock, parseConstant } from './parse-statements.ts';
import { parseDerivedType, parseSetDeclaration, parseTypedef } from './parse-type-declarations.ts';
import { parseDeclarator, parseReturnType, parseType, parseTypeParameters, startsType } from './parse-types.ts';
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
export function finishHead(p: TokenCursor, typeParameters: readonly TypeParameter[]): Parameter[] {
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

export function parseAction(p: TokenCursor, annotations: readonly Annotation[]) {
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
