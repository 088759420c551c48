/**
 * Annotations: `@name`, `@name(any tokens)`, `@name[expressions]`, `@name[key = value]`, `@pragma name tokens`. What an
 * unstructured annotation's tokens mean depends on its name, so they are kept as tokens here; `annotations.ts` reads
 * them later.
 */
import type { Annotation, AnnotationBody, AnnotationToken } from './ast.ts';
import {
  parseExpressionList,
  parseNamedExpressions,
  startsNamedExpression,
  unescapeString,
} from './parse-expressions.ts';
import type { TokenCursor } from './token-cursor.ts';
import { KEYWORDS, type TokenKind } from './tokens.ts';

const WORDS: ReadonlySet<TokenKind> = new Set<TokenKind>([...KEYWORDS, 'identifier']);

const NO_ANNOTATIONS: readonly Annotation[] = [];

/** Zero or more annotations. */
export function parseAnnotations(p: TokenCursor): readonly Annotation[] {
  if (p.kind !== '@' && p.kind !== 'pragma') return NO_ANNOTATIONS;
  const annotations: Annotation[] = [];
  while (p.kind === '@' || p.kind === 'pragma') annotations.push(parseAnnotation(p));
  return annotations;
}

function parseAnnotation(p: TokenCursor): Annotation {
  const first = p.at;
  const isPragma = p.kind === 'pragma';
  p.advance();
  if (!WORDS.has(p.kind)) p.fail("the annotation's name");
  const name = p.takeIdentifier();
  const body = isPragma ? parsePragmaBody(p) : parseBody(p);
  return { kind: 'Annotation', id: p.ids.next(), span: p.spanFrom(first), name, body };
}

function parseBody(p: TokenCursor): AnnotationBody {
  if (p.accept('(')) {
    const tokens = parseTokens(p);
    p.expect(')');
    return { kind: 'Unstructured', tokens };
  }
  if (p.accept('[')) {
    if (startsNamedExpression(p)) {
      const pairs = parseNamedExpressions(p, ']');
      p.expect(']');
      return { kind: 'KeyValueList', pairs };
    }
    const expressions = parseExpressionList(p, ']');
    p.expect(']');
    return { kind: 'ExpressionList', expressions };
  }
  return { kind: 'Unstructured', tokens: [] };
}

function parsePragmaBody(p: TokenCursor): AnnotationBody {
  const tokens: AnnotationToken[] = [];
  while (p.kind !== 'pragma-end' && p.kind !== 'end') tokens.push(takeToken(p));
  p.expect('pragma-end');
  return { kind: 'Unstructured', tokens };
}

/** Everything up to the `)` that closes the annotation; inner parentheses must pair. */
function parseTokens(p: TokenCursor): AnnotationToken[] {
  const tokens: AnnotationToken[] = [];
  for (let open = 0; ; ) {
    if (p.kind === 'end' || p.kind === 'pragma' || p.kind === 'pragma-end') p.fail("')'");
    if (p.kind === ')') {
      if (open === 0) return tokens;
      open -= 1;
    } else if (p.kind === '(') open += 1;
    tokens.push(takeToken(p));
  }
}

function takeToken(p: TokenCursor): AnnotationToken {
  const { kind, text: raw, span } = p;
  p.advance();
  if (kind === 'string-literal') return { span, tokenKind: 'string', text: unescapeString(raw), raw };
  if (kind === 'integer') return { span, tokenKind: 'integer', text: raw, raw };
  return { span, tokenKind: WORDS.has(kind) ? 'identifier' : 'punctuation', text: raw, raw };
}
