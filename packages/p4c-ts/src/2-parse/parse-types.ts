/**
 * Types as they are written, and declarators (`T name[3]` is `T[3] name`). Where the grammar needs to know whether a
 * type starts here, it asks `startsType`: base types by their keyword, all others by the scope of declared types.
 */
import type { ArrayType, Identifier, NamedType, SpecializedType, TypeNode, TypeParameter } from './ast.ts';
import { parseExpression, parseWidthExpression } from './parse-expressions.ts';
import type { TokenCursor } from './token-cursor.ts';
import type { TokenKind } from './tokens.ts';

const BASE_TYPES: ReadonlySet<TokenKind> = new Set<TokenKind>([
  'bit',
  'bool',
  'error',
  'int',
  'list',
  'match_kind',
  'string',
  'tuple',
  'varbit',
]);

/** True if a type (not `void`) starts at the next token. */
export function startsType(p: TokenCursor, offset = 0): boolean {
  const kind = p.peek(offset);
  if (kind === 'identifier') return p.isTypeName(offset);
  if (kind === '.')
    return p.peek(offset + 1) === 'identifier' && p.scopes.isGlobalType(p.tokens.text(p.at + offset + 1));
  return BASE_TYPES.has(kind);
}

/** A type, stacks included: `T`, `bit<8>`, `T<U>[4]`. */
export function parseType(p: TokenCursor): TypeNode {
  p.enter();
  let type = parseTypeWithoutArray(p);
  while (p.kind === '[') type = parseArraySuffix(p, type);
  p.leave();
  return type;
}

/**
 * A function's or method's return type: also `void`, and a name that only the type parameters behind it will declare.
 */
export function parseReturnType(p: TokenCursor): TypeNode {
  if (p.kind === 'void') return simple(p, 'VoidType');
  if (p.kind === 'identifier' && !p.isTypeName()) return nameAsType(p);
  return parseType(p);
}

function parseArraySuffix(p: TokenCursor, element: TypeNode): ArrayType {
  p.expect('[');
  const size = parseExpression(p);
  p.expect(']');
  return { kind: 'ArrayType', id: p.ids.next(), span: p.spanFromNode(element), element, size };
}

function parseTypeWithoutArray(p: TokenCursor): TypeNode {
  const first = p.at;
  switch (p.kind) {
    case 'bool':
      return simple(p, 'BooleanType');
    case 'error':
      return simple(p, 'ErrorType');
    case 'match_kind':
      return simple(p, 'MatchKindType');
    case 'string':
      return simple(p, 'StringType');
    case 'bit':
    case 'int': {
      const signed = p.kind === 'int';
      p.advance();
      if (!p.is('<')) {
        const base = { id: p.ids.next(), span: p.spanFrom(first) };
        return signed
          ? { kind: 'InfiniteIntegerType', ...base }
          : { kind: 'BitsType', ...base, signed, width: undefined };
      }
      const width = parseWidth(p);
      return { kind: 'BitsType', id: p.ids.next(), span: p.spanFrom(first), signed, width };
    }
    case 'varbit': {
      p.advance();
      const maxWidth = parseWidth(p);
      return { kind: 'VarbitType', id: p.ids.next(), span: p.spanFrom(first), maxWidth };
    }
    case 'tuple': {
      p.advance();
      const elements = parseTypeArguments(p);
      return { kind: 'TupleType', id: p.ids.next(), span: p.spanFrom(first), elements };
    }
    case 'list': {
      p.advance();
      p.expect('<');
      const element = parseTypeArgument(p);
      p.expect('>');
      return { kind: 'ListType', id: p.ids.next(), span: p.spanFrom(first), element };
    }
    default:
      return parseNamedType(p);
  }
}

/** `T` or `T<...>`, also with a leading dot. */
export function parseNamedType(p: TokenCursor): NamedType | SpecializedType {
  if (!startsType(p)) {
    const text = p.kind === 'identifier' ? p.text : undefined;
    p.fail('a type', text === undefined ? {} : suggestType(p, text));
  }
  const first = p.at;
  const absolute = p.accept('.');
  const name = p.takeIdentifier();
  const span = absolute ? p.spanFrom(first) : name.span;
  const base: NamedType = { kind: 'NamedType', id: p.ids.next(), span, absolute, name };
  if (p.kind !== '<') return base;
  const typeArguments = parseTypeArguments(p);
  return { kind: 'SpecializedType', id: p.ids.next(), span: p.spanFrom(first), base, typeArguments };
}

function suggestType(p: TokenCursor, name: string): { suggestion?: string } {
  const lower = name.toLowerCase();
  const near = p.scopes.visibleTypes().find((type) => type.toLowerCase() === lower || type === `${name}_t`);
  return near === undefined ? {} : { suggestion: `did you mean the type '${near}'?` };
}

/** `<A, B>`, also `<>`. */
export function parseTypeArguments(p: TokenCursor): TypeNode[] {
  p.expect('<');
  const types: TypeNode[] = [];
  if (p.kind !== '>') {
    do types.push(parseTypeArgument(p));
    while (p.accept(','));
  }
  p.expect('>');
  return types;
}

/** A type argument: also `void`, `_`, and a name that is not known as a type yet. */
export function parseTypeArgument(p: TokenCursor): TypeNode {
  if (p.kind === '_') return simple(p, 'DontCareType');
  if (p.kind === 'void') return simple(p, 'VoidType');
  if (p.isName() && p.kind !== 'list' && !p.isTypeName()) return nameAsType(p);
  return parseType(p);
}

/** `<T, U>` behind a declared name; declares nothing. Empty if there is none. */
export function parseTypeParameters(p: TokenCursor): TypeParameter[] {
  const parameters: TypeParameter[] = [];
  if (!p.accept('<')) return parameters;
  do {
    const name = p.name('the name of a type parameter');
    parameters.push({ kind: 'TypeParameter', id: p.ids.next(), span: name.span, name });
  } while (p.accept(','));
  p.expect('>');
  return parameters;
}

/** `name`, `name[3]`: the declared name and its whole type. */
export function parseDeclarator(p: TokenCursor, type: TypeNode): { name: Identifier; type: TypeNode } {
  const name = p.name();
  let whole = type;
  while (p.kind === '[') whole = parseArraySuffix(p, whole);
  return { name, type: whole };
}

function parseWidth(p: TokenCursor) {
  p.expect('<');
  const width = parseWidthExpression(p);
  p.expect('>');
  return width;
}

function nameAsType(p: TokenCursor): NamedType {
  const name = p.takeIdentifier();
  return { kind: 'NamedType', id: p.ids.next(), span: name.span, absolute: false, name };
}

function simple<K extends 'BooleanType' | 'ErrorType' | 'MatchKindType' | 'StringType' | 'VoidType' | 'DontCareType'>(
  p: TokenCursor,
  kind: K,
): { kind: K; id: number; span: NamedType['span'] } {
  const { span } = p;
  p.advance();
  return { kind, id: p.ids.next(), span };
}
