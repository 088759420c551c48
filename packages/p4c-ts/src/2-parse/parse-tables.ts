/**
 * Tables: their keys, actions, entries and other properties. Duplicate or unknown properties are not the parser's
 * business.
 */
import type {
  ActionReference,
  Annotation,
  Expression,
  KeyElement,
  TableDeclaration,
  TableEntry,
  TableProperty,
} from './ast.ts';
import { parseAnnotations } from './parse-annotations.ts';
import { finishCall, parseExpression, parseIntegerLiteral, parsePath } from './parse-expressions.ts';
import { parseKeyset } from './parse-keysets.ts';
import type { TokenCursor } from './token-cursor.ts';
import type { TokenKind } from './tokens.ts';

const PROPERTY_STARTS: ReadonlySet<TokenKind> = new Set<TokenKind>(['key', 'actions', 'entries', 'const', '@']);

/** `table name { properties }`; there must be at least one. */
export function parseTable(p: TokenCursor, annotations: readonly Annotation[]): TableDeclaration {
  const first = p.expect('table');
  const name = p.name("the table's name");
  p.expect('{');
  if (p.kind === '}') p.fail('a table property');
  const properties = p.list(
    () => parseProperty(p),
    () => p.kind === '}',
    (kind) => PROPERTY_STARTS.has(kind),
  );
  p.expect('}');
  return { kind: 'TableDeclaration', id: p.ids.next(), span: p.spanFrom(first), annotations, name, properties };
}

function parseProperty(p: TokenCursor): TableProperty {
  const first = p.at;
  const annotations = parseAnnotations(p);
  const isConst = p.accept('const');
  const { kind } = p;
  if ((kind === 'key' || kind === 'actions') && !isConst && annotations.length === 0) {
    p.advance();
    p.expect('=');
    p.expect('{');
    return kind === 'key' ? finishKey(p, first) : finishActions(p, first);
  }
  if (kind === 'entries') {
    p.advance();
    p.expect('=');
    p.expect('{');
    const entries = p.list(
      () => parseEntry(p),
      () => p.kind === '}',
      () => false,
    );
    p.expect('}');
    return { kind: 'EntriesProperty', id: p.ids.next(), span: p.spanFrom(first), annotations, isConst, entries };
  }
  if (!p.isName() || kind === 'key' || kind === 'actions' || kind === 'list') p.fail('a table property');
  const name = p.takeIdentifier();
  p.expect('=');
  const value = parseExpression(p);
  p.expect(';');
  return { kind: 'CustomProperty', id: p.ids.next(), span: p.spanFrom(first), annotations, isConst, name, value };
}

function finishKey(p: TokenCursor, first: number): TableProperty {
  const elements = p.list(
    () => parseKeyElement(p),
    () => p.kind === '}',
    () => false,
  );
  p.expect('}');
  return { kind: 'KeyProperty', id: p.ids.next(), span: p.spanFrom(first), elements };
}

function parseKeyElement(p: TokenCursor): KeyElement {
  const first = p.at;
  const expression = parseExpression(p);
  p.expect(':');
  const name = p.name('a match kind');
  const matchKind = { kind: 'PathExpression', id: p.ids.next(), span: name.span, absolute: false, name } as const;
  const annotations = parseAnnotations(p);
  p.expect(';');
  return { kind: 'KeyElement', id: p.ids.next(), span: p.spanFrom(first), expression, matchKind, annotations };
}

function finishActions(p: TokenCursor, first: number): TableProperty {
  const actions = p.list(
    () => {
      const annotations = parseAnnotations(p);
      const reference = parseActionReference(p, annotations);
      p.expect(';');
      return reference;
    },
    () => p.kind === '}',
    () => false,
  );
  p.expect('}');
  return { kind: 'ActionsProperty', id: p.ids.next(), span: p.spanFrom(first), actions };
}

function parseActionReference(p: TokenCursor, annotations: readonly Annotation[]): ActionReference {
  const first = p.at;
  const path = parsePath(p);
  const action = p.kind === '(' ? finishCall(p, path, undefined) : path;
  return { kind: 'ActionReference', id: p.ids.next(), span: p.spanFrom(first), annotations, action };
}

function parseEntry(p: TokenCursor): TableEntry {
  const first = p.at;
  const isConst = p.accept('const');
  let priority: Expression | undefined;
  if (p.kind === 'priority' && p.peek(1) === '=') {
    p.advance();
    p.advance();
    if (p.accept('(')) {
      priority = parseExpression(p);
      p.expect(')');
    } else priority = parseIntegerLiteral(p);
    p.expect(':');
  }
  const keyset = parseKeyset(p);
  p.expect(':');
  const action = parseActionReference(p, []);
  const annotations = parseAnnotations(p);
  p.expect(';');
  const span = p.spanFrom(first);
  return { kind: 'TableEntry', id: p.ids.next(), span, isConst, priority, keyset, action, annotations };
}
