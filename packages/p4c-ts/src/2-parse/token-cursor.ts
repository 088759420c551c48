/**
 * The parser's hand on the tokens: what comes next, take it, complain about it, go back. The grammar's functions
 * (parse-*.ts) all take a `TokenCursor` first and keep nothing themselves.
 *
 * A syntax error throws `SyntaxFailure` inside the parser; list-like constructs catch it (`list`), skip to a place
 * where an element may start again, and go on, so that one run finds several errors. After an error, complaints about
 * the same token are dropped. While speculating nothing is reported at all: the attempt just fails.
 *
 * Nesting is counted and limited: recursive descent must not be what ends on hostile input.
 */
import type { Reporter } from '../diagnostics/diagnostic.ts';
import { joinSpans, type Span } from '../diagnostics/span.ts';
import type { Identifier, NodeIds, TypeNode } from './ast.ts';
import type { TokenList } from './lexer.ts';
import { NAME_KEYWORDS, type TokenKind } from './tokens.ts';
import { TypeScopes } from './type-scope.ts';

/** Thrown and caught inside the parser only. */
export class SyntaxFailure extends Error {}

/** One failure object is enough: where and what was already reported. */
const FAILURE = new SyntaxFailure('syntax error');

const NESTING_LIMIT = 500;
const SYNTAX_ERROR_LIMIT = 12;

/** Result of a speculative parse that is kept so that no text is speculated about twice. */
export interface Speculation<T> {
  readonly end: number;
  readonly result: T;
}

export class TokenCursor {
  /** Index of the next token. */
  at = 0;
  readonly scopes: TypeScopes;
  readonly tokens: TokenList;
  readonly ids: NodeIds;
  readonly reporter: Reporter;
  /** Type arguments tried at the `<` with this token index; `undefined` result: these are none. */
  readonly typeArgumentAttempts = new Map<number, Speculation<readonly TypeNode[]> | undefined>();
  /** Casts tried at the `(` with this token index. */
  readonly castAttempts = new Map<number, Speculation<TypeNode> | undefined>();
  private speculating = 0;
  private nesting = 0;
  private lastErrorAt = -1;
  private errors = 0;

  constructor(tokens: TokenList, ids: NodeIds, reporter: Reporter) {
    this.tokens = tokens;
    this.ids = ids;
    this.reporter = reporter;
    this.scopes = new TypeScopes(reporter);
  }

  /** Kind of the next token. */
  get kind(): TokenKind {
    return this.tokens.kind(this.at);
  }

  /**
   * True if the next token is of that kind (where a comparison of `kind` would confuse the type checker's narrowing).
   */
  is(kind: TokenKind): boolean {
    return this.kind === kind;
  }

  /** Kind of a token further on; `end` beyond the last. */
  peek(offset: number): TokenKind {
    return this.at + offset < this.tokens.length ? this.tokens.kind(this.at + offset) : 'end';
  }

  /** The next token's characters. */
  get text(): string {
    return this.tokens.text(this.at);
  }

  /** The next token's place. */
  get span(): Span {
    return this.tokens.span(this.at);
  }

  /** The place from token `first` to the token just taken. */
  spanFrom(first: number): Span {
    return this.tokens.spanBetween(first, this.at - 1);
  }

  /** The place from the start of a node to the token just taken. */
  spanFromNode(node: { readonly span: Span }): Span {
    return joinSpans(node.span, this.tokens.span(this.at - 1));
  }

  /** Moves on; never beyond `end`. */
  advance(): void {
    if (this.at < this.tokens.length - 1) this.at += 1;
  }

  /** Takes the next token if it is of that kind. */
  accept(kind: TokenKind): boolean {
    if (this.kind !== kind) return false;
    this.advance();
    return true;
  }

  /** Takes a token of that kind or fails. Returns its index. */
  expect(kind: TokenKind): number {
    if (this.kind !== kind) this.fail(`'${kind}'`);
    const index = this.at;
    this.advance();
    return index;
  }

  /** True if the next token is a name that stands for a type here. */
  isTypeName(offset = 0): boolean {
    if (this.peek(offset) !== 'identifier') return false;
    return this.scopes.isType(this.tokens.text(this.at + offset));
  }

  /** True if the next token may be a name: an identifier (type or not) or a word reserved only elsewhere. */
  isName(offset = 0): boolean {
    const kind = this.peek(offset);
    return kind === 'identifier' || NAME_KEYWORDS.has(kind);
  }

  /** Takes any name. */
  name(what = 'a name'): Identifier {
    if (!this.isName()) this.fail(what);
    return this.takeIdentifier();
  }

  /** Takes a name that is not a type. */
  nonTypeName(what = 'a name'): Identifier {
    if (!this.isName() || this.kind === 'list' || this.isTypeName()) this.fail(what);
    return this.takeIdentifier();
  }

  /** Makes an `Identifier` of the next token, whatever it is. */
  takeIdentifier(): Identifier {
    const identifier: Identifier = { kind: 'Identifier', id: this.ids.nextOfName(), span: this.span, name: this.text };
    this.advance();
    return identifier;
  }

  /** Reports that `expected` should stand here, and fails. */
  fail(expected: string, extras: { suggestion?: string } = {}): never {
    this.complain(() => `syntax error, unexpected ${this.describeNext()}, expected ${expected}`, extras);
    throw FAILURE;
  }

  /** Reports a limit at the next token, and fails. */
  failLimit(message: string): never {
    if (this.speculating === 0 && this.lastErrorAt !== this.at) {
      this.lastErrorAt = this.at;
      this.reporter.error('overlimit', this.span, message);
    }
    throw FAILURE;
  }

  /** Reports an error that does not stop the parser. */
  report(errorClass: 'invalid' | 'overlimit', span: Span, message: string): void {
    if (this.speculating === 0) this.reporter.error(errorClass, span, message);
  }

  /** Reports a name that is given twice in one list. */
  reportDuplicate(name: Identifier, previous: Identifier): void {
    if (this.speculating > 0) return;
    this.reporter.error('duplicate', name.span, `'${name.name}' is given twice here`, {
      notes: [{ message: `'${name.name}' is first given here`, span: previous.span }],
    });
  }

  /** True once there were so many syntax errors that going on helps nobody. */
  get gaveUp(): boolean {
    return this.errors >= SYNTAX_ERROR_LIMIT;
  }

  /** Goes one level deeper; `leave` goes back. Whoever catches a failure restores the level. */
  enter(): void {
    this.nesting += 1;
    if (this.nesting > NESTING_LIMIT) {
      this.failLimit(`the program is nested more than ${NESTING_LIMIT} levels deep here`);
    }
  }

  leave(): void {
    this.nesting -= 1;
  }

  /** Tries to parse; on failure everything is as before and the result is `undefined`. */
  speculate<T>(parse: () => T): Speculation<T> | undefined {
    const { at: start, nesting } = this;
    this.speculating += 1;
    try {
      const result = parse();
      return { end: this.at, result };
    } catch (error) {
      if (!(error instanceof SyntaxFailure)) throw error;
      this.nesting = nesting;
      return undefined;
    } finally {
      this.at = start;
      this.speculating -= 1;
    }
  }

  /**
   * Parses elements until `isEnd` or the end of the program. A failed element is skipped to where the next may start,
   * and scopes it had opened are closed. While speculating, failures go through.
   */
  list<T>(parse: () => T | undefined, isEnd: () => boolean, startsElement: (kind: TokenKind) => boolean): T[] {
    const items: T[] = [];
    const { nesting } = this;
    const { depth } = this.scopes;
    while (!isEnd() && this.kind !== 'end') {
      const before = this.at;
      try {
        const item = parse();
        if (item !== undefined) items.push(item);
      } catch (error) {
        if (!(error instanceof SyntaxFailure) || this.speculating > 0 || this.gaveUp) throw error;
        this.nesting = nesting;
        this.scopes.popTo(depth);
        this.skipElement(before, startsElement);
      }
    }
    return items;
  }

  /** After a failure: goes to the end of the element that began at token `before`. */
  private skipElement(before: number, startsElement: (kind: TokenKind) => boolean): void {
    // Brackets that the failed element opened before the failure are counted, so that its own `}` is not taken for the
    // list's.
    let open = 0;
    for (let i = before; i < this.at; i += 1) {
      const kind = this.tokens.kind(i);
      if (kind === '{') open += 1;
      else if (kind === '}') open = Math.max(0, open - 1);
    }
    for (;;) {
      const { kind } = this;
      if (kind === 'end') return;
      if (kind === '{') open += 1;
      else if (kind === '}') {
        if (open === 0) break;
        open -= 1;
        if (open === 0) {
          this.advance();
          if (this.kind === ';') this.advance();
          break;
        }
      } else if (open === 0) {
        if (kind === ';') {
          this.advance();
          break;
        }
        if (this.at > before && startsElement(kind)) break;
      }
      this.advance();
    }
    // Always move on, or a list whose element can never start here would not end.
    if (this.at === before) this.advance();
  }

  private complain(message: () => string, extras: { suggestion?: string }): void {
    if (this.speculating > 0 || this.lastErrorAt === this.at) return;
    this.lastErrorAt = this.at;
    this.errors += 1;
    this.reporter.error('syntax', this.span, message(), extras);
  }

  private describeNext(): string {
    const { kind } = this;
    switch (kind) {
      case 'end':
        return 'end of file';
      case 'pragma-end':
        return 'end of the @pragma line';
      case 'identifier':
        return this.isTypeName() ? `type name '${this.text}'` : `name '${this.text}'`;
      case 'integer':
        return `number '${this.text}'`;
      case 'string-literal':
        return `string ${this.text.length > 40 ? `${this.text.slice(0, 40)}..."` : this.text}`;
      default:
        return `'${this.text}'`;
    }
  }
}
