/**
 * Declarations of types: structure-like ones, enumerations, `error` and `match_kind`, `typedef`.
 */
import type { Annotation, EnumMember, StructField, TopLevelDeclaration, TypedefDeclaration, TypeNode } from './ast.ts';
import { parseAnnotations } from './parse-annotations.ts';
import { parseExpression } from './parse-expressions.ts';
import { parseDeclarator, parseType, parseTypeParameters } from './parse-types.ts';
import type { TokenCursor } from './token-cursor.ts';

type DerivedType = Exclude<TypedefDeclaration['type'], TypeNode>;

export function parseDerivedType(p: TokenCursor, annotations: readonly Annotation[]): DerivedType {
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

export function parseSetDeclaration(p: TokenCursor): TopLevelDeclaration {
  const first = p.at;
  const kind = p.kind === 'error' ? 'ErrorDeclaration' : 'MatchKindDeclaration';
  p.advance();
  p.expect('{');
  const members = parseMembers(p, false);
  p.expect('}');
  return { kind, id: p.ids.next(), span: p.spanFrom(first), members };
}

export function parseTypedef(p: TokenCursor, annotations: readonly Annotation[]): TypedefDeclaration {
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
