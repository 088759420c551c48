/**
 * Macro definitions and their expansion, by Prosser's algorithm (the one the C standard describes): tokens are taken
 * from a work list; a macro's name is replaced by its body, arguments substituted, and the result is looked at again
 * together with what follows. If a function-like macro's name ends the work list, its arguments are read from the
 * source text behind the use, through `SourceTail`.
 *
 * Hostile input is bounded twice: by the number of tokens that all uses may produce, and by the nesting of arguments.
 */
import type { Span } from '../diagnostics/span.ts';
import {
  hide,
  intersectionOf,
  isHidden,
  type MacroToken,
  textOfTokens,
  tokenizeMacroText,
  unionOf,
} from './macro-tokens.ts';

/** `#define name body`, `#define name(parameters) body`. */
export interface Macro {
  readonly name: string;
  /** `undefined` for an object-like macro. */
  readonly parameters: readonly string[] | undefined;
  /** The last parameter takes all remaining arguments. */
  readonly isVariadic: boolean;
  readonly body: readonly MacroToken[];
  readonly span: Span;
}

/** The source text behind a macro's use: read only when arguments are still missing. */
export interface SourceTail {
  /** True if the next token, over white space and comments, is `(`. */
  startsWithParenthesis(): boolean;
  /** Takes the next token; `undefined` at the end of the file. */
  read(): MacroToken | undefined;
}

/** What is wrong with a use of a macro. */
export class MacroError extends Error {}

/** Tokens that all uses of macros in one program may produce together: some seconds of work at most. */
const TOKEN_LIMIT = 250_000;
const TOO_MUCH = 'the macros of this program expand to too much text';
const NESTING_LIMIT = 200;
const NO_TAIL: SourceTail = { startsWithParenthesis: () => false, read: () => undefined };

/** The macros that are defined at one point of the program. */
export class MacroTable {
  private readonly macros = new Map<string, Macro>();
  /** Number of macros for each first character: most names of a program are dismissed by one look at it. */
  private readonly firstCharacters = new Uint16Array(128);
  private produced = 0;
  private depth = 0;

  get(name: string): Macro | undefined {
    return this.macros.get(name);
  }

  /** False only if no macro starts with this character. */
  mayStart(code: number): boolean {
    return code < 128 && this.firstCharacters[code] !== 0;
  }

  define(macro: Macro): void {
    if (!this.macros.has(macro.name)) this.count(macro.name, 1);
    this.macros.set(macro.name, macro);
  }

  undefine(name: string): void {
    if (this.macros.delete(name)) this.count(name, -1);
  }

  /** All names, for suggestions. */
  names(): IterableIterator<string> {
    return this.macros.keys();
  }

  /** Expands a use of a macro whose name was just read. Returns the replacing text. Throws `MacroError`. */
  expandUse(name: string, tail: SourceTail): string {
    this.depth = 0;
    return textOfTokens(this.expand([{ kind: 'name', text: name, spaceBefore: false, hidden: undefined }], tail));
  }

  /** Expands all macros in a token list that nothing follows. Throws `MacroError`. */
  expandAll(tokens: readonly MacroToken[]): MacroToken[] {
    this.depth = 0;
    return this.expand(tokens, NO_TAIL);
  }

  private count(name: string, change: number): void {
    const code = name.charCodeAt(0);
    if (code < 128) this.firstCharacters[code] = (this.firstCharacters[code] ?? 0) + change;
  }

  private expand(tokens: readonly MacroToken[], tail: SourceTail): MacroToken[] {
    this.depth += 1;
    if (this.depth > NESTING_LIMIT) throw new MacroError('macro arguments are nested too deeply');
    const output: MacroToken[] = [];
    const work = [...tokens].reverse();
    for (let token = work.pop(); token !== undefined; token = work.pop()) {
      const macro = token.kind === 'name' ? this.macros.get(token.text) : undefined;
      if (macro === undefined || isHidden(token.hidden, macro.name)) {
        output.push(token);
        continue;
      }
      let replacement: MacroToken[];
      if (macro.parameters === undefined) {
        replacement = this.substitute(macro, [], hide(token.hidden, macro.name));
      } else {
        const next = work.at(-1);
        if (next === undefined ? !tail.startsWithParenthesis() : next.text !== '(') {
          output.push(token);
          continue;
        }
        const { args, close } = this.readArguments(macro, work, tail);
        replacement = this.substitute(macro, args, hide(intersectionOf(token.hidden, close.hidden), macro.name));
      }
      const [first] = replacement;
      if (first !== undefined) replacement[0] = { ...first, spaceBefore: token.spaceBefore };
      this.produced += replacement.length + 1;
      if (this.produced > TOKEN_LIMIT) throw new MacroError(TOO_MUCH);
      for (let i = replacement.length - 1; i >= 0; i -= 1) work.push(replacement[i] as MacroToken);
    }
    this.depth -= 1;
    return output;
  }

  private readArguments(
    macro: Macro,
    work: MacroToken[],
    tail: SourceTail,
  ): { args: MacroToken[][]; close: MacroToken } {
    const parameters = macro.parameters ?? [];
    const next = (): MacroToken => {
      const token = work.pop() ?? tail.read();
      if (token === undefined) throw new MacroError(`the arguments of macro '${macro.name}' have no closing ')'`);
      return token;
    };
    next();
    const args: MacroToken[][] = [[]];
    for (let nesting = 0; ; ) {
      const token = next();
      if (token.text === ')' && token.kind === 'punctuation') {
        if (nesting === 0) {
          this.checkArgumentCount(macro, args);
          return { args, close: token };
        }
        nesting -= 1;
      } else if (token.text === '(' && token.kind === 'punctuation') nesting += 1;
      else if (token.text === ',' && token.kind === 'punctuation' && nesting === 0) {
        if (!(macro.isVariadic && args.length >= parameters.length)) {
          args.push([]);
          continue;
        }
      }
      (args.at(-1) as MacroToken[]).push(token);
    }
  }

  private checkArgumentCount(macro: Macro, args: MacroToken[][]): void {
    const expected = (macro.parameters ?? []).length;
    if (expected === 0 && args.length === 1 && args[0]?.length === 0) {
      args.pop();
      return;
    }
    if (macro.isVariadic && args.length === expected - 1) args.push([]);
    if (args.length === expected) return;
    const count = expected === 1 ? '1 argument' : `${expected} arguments`;
    throw new MacroError(
      `macro '${macro.name}' takes ${count}, but ${args.length} ${args.length === 1 ? 'is' : 'are'} given`,
    );
  }

  private substitute(macro: Macro, args: readonly MacroToken[][], hidden: MacroToken['hidden']): MacroToken[] {
    const parameters = macro.parameters ?? [];
    const isFunction = macro.parameters !== undefined;
    const { body } = macro;
    const indexOf = (token: MacroToken | undefined) => (token?.kind === 'name' ? parameters.indexOf(token.text) : -1);
    const expanded: (MacroToken[] | undefined)[] = [];
    const output: MacroToken[] = [];
    for (let i = 0; i < body.length; i += 1) {
      const token = body[i] as MacroToken;
      const next = body[i + 1];
      if (isFunction && token.text === '#' && indexOf(next) >= 0) {
        output.push(stringize(args[indexOf(next)] ?? [], token.spaceBefore));
        i += 1;
      } else if (token.text === '##' && next !== undefined && output.length > 0) {
        const index = indexOf(next);
        const right = index >= 0 ? (args[index] ?? []) : [next];
        const isRest = index >= 0 && macro.isVariadic && index === parameters.length - 1;
        if (isRest && output.at(-1)?.text === ',') {
          // GNU: `, ## rest` drops the comma where nothing is given for the rest.
          if (right.length === 0) output.pop();
          else output.push(...right);
        } else if (right.length > 0) {
          output.push(...paste(output.pop() as MacroToken, right));
        }
        i += 1;
      } else if (indexOf(token) >= 0) {
        const index = indexOf(token);
        const raw = args[index] ?? [];
        const part = next?.text === '##' ? raw : (expanded[index] ??= this.expand(raw, NO_TAIL));
        part.forEach((item, k) => {
          output.push(k === 0 ? { ...item, spaceBefore: token.spaceBefore } : item);
        });
        if (next?.text === '##' && raw.length === 0) {
          // An empty left side of ## leaves the right side alone.
          const after = body[i + 2];
          if (after !== undefined) {
            const other = indexOf(after);
            output.push(...(other >= 0 ? (args[other] ?? []) : [after]));
          }
          i += 2;
        }
      } else output.push(token);
      if (output.length > TOKEN_LIMIT) throw new MacroError(TOO_MUCH);
    }
    return output.map((token) => ({ ...token, hidden: unionOf(token.hidden, hidden) }));
  }
}

/** `#parameter`: the argument's text as a string literal. */
function stringize(argument: readonly MacroToken[], spaceBefore: boolean): MacroToken {
  let text = '';
  argument.forEach((token, i) => {
    if (i > 0 && token.spaceBefore) text += ' ';
    text += token.kind === 'string' ? token.text.replace(/["\\]/g, '\\$&') : token.text;
  });
  return { kind: 'string', text: `"${text}"`, spaceBefore, hidden: undefined };
}

/** `left ## right`: the two touching tokens become one (or stay two, if they do not make one). */
function paste(left: MacroToken, right: readonly MacroToken[]): MacroToken[] {
  const [first, ...rest] = right as [MacroToken, ...MacroToken[]];
  const glued = tokenizeMacroText(left.text + first.text);
  return [
    ...glued.map((token, i) => ({
      ...token,
      spaceBefore: i === 0 && left.spaceBefore,
      hidden: intersectionOf(left.hidden, first.hidden),
    })),
    ...rest,
  ];
}
