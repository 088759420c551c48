/**
 * The preprocessor: C's, as P4 programs use it (p4c runs `cpp` in its assembler mode, so lines with unknown directives
 * are dropped without complaint, and quotes need not pair).
 *
 * It works on lines. A line that starts with `#` is a directive; in other lines only names matter. Text that no macro
 * touches is never looked at again nor copied character by character: it is passed on in runs as long as possible, so
 * positions stay exact (see segments.ts) and a program without macros costs one scan. Comments pass through (the lexer
 * skips them) but are respected: no macro and no directive is seen in them. String literals that go on over several
 * lines are P4's, not C's: as in `cpp`, macros and directives work inside of them, which long annotations rely on.
 *
 * All files and the macro table belong to one `Preprocessor`; `preprocess` runs it over a program.
 */
import type { Reporter } from '../diagnostics/diagnostic.ts';
import { BUILT_IN_SPAN, type SourceFile, type SourceMap, type Span } from '../diagnostics/span.ts';
import { evaluateCondition } from './condition.ts';
import {
  blanksInString,
  closingQuote,
  directiveText,
  endOfBlanks,
  endOfDirective,
  endOfLine,
  newlines,
  skipInactiveLine,
  trimmedEnd,
} from './extents.ts';
import { folderOf, joinPath, type SourceFileSystem } from './file-system.ts';
import {
  isCommentStart,
  isDigit,
  isNamePart,
  isNameStart,
  type MacroToken,
  readMacroToken,
  skipComment,
  spliceLength,
  textOfTokens,
  tokenizeMacroText,
} from './macro-tokens.ts';
import { type Macro, MacroError, MacroTable, type SourceTail } from './macros.ts';
import { type PreprocessedText, SegmentWriter } from './segments.ts';

/** What the preprocessor needs to know. */
export interface PreprocessOptions {
  readonly files: SourceFileSystem;
  readonly sourceMap: SourceMap;
  readonly reporter: Reporter;
  /** Folders searched by `#include`, in order, after the including file's own for the `"..."` form. */
  readonly includePaths?: readonly string[];
  /** `-D name`, `-D name=text`. */
  readonly defines?: readonly string[];
  /** `-U name`, after the defines. */
  readonly undefines?: readonly string[];
}

const INCLUDE_DEPTH_LIMIT = 200;
const OUTPUT_LIMIT_CHARACTERS = 64 * 1024 * 1024;

/**
 * Preprocesses the program at `path`. Problems are reported, never thrown; the text is what could be made.
 * Returns `undefined` only if the file cannot be read (reported as `not-found`).
 */
export function preprocess(path: string, options: PreprocessOptions): PreprocessedText | undefined {
  const text = options.files.read(path);
  if (text === undefined) {
    options.reporter.error('I/O error', undefined, `${path}: there is no such file, or it cannot be read`);
    return undefined;
  }
  return preprocessText(path, text, options);
}

/** As `preprocess`, for text that is already at hand. */
export function preprocessText(path: string, text: string, options: PreprocessOptions): PreprocessedText {
  const preprocessor = new Preprocessor(options);
  preprocessor.defineFromOptions();
  preprocessor.run(options.sourceMap.addFile(path, text));
  return preprocessor.finish();
}

/**
 * For a program that was preprocessed elsewhere: its text as it is, with positions from the line markers
 * (`# 12 "file"`).
 */
export function readPreprocessed(path: string, options: PreprocessOptions): PreprocessedText | undefined {
  const text = options.files.read(path);
  if (text === undefined) {
    options.reporter.error('I/O error', undefined, `${path}: there is no such file, or it cannot be read`);
    return undefined;
  }
  const file = options.sourceMap.addFile(path, text);
  for (const match of text.matchAll(/^[ \t]*#(?:line)?[ \t]+(\d+)(?:[ \t]+"([^"\n]*)")?.*$/gm)) {
    const next = Math.min(match.index + match[0].length + 1, text.length);
    options.sourceMap.addLineOverride(file.id, next, Number(match[1]), match[2]);
  }
  const writer = new SegmentWriter();
  writer.verbatim(file.id, text, 0, text.length);
  return writer.finish();
}

/** One `#if` ... `#endif`. */
interface Conditional {
  readonly span: Span;
  /** The current branch's text counts. */
  active: boolean;
  /** A branch was taken already; later `#elif` and `#else` are skipped. */
  taken: boolean;
  sawElse: boolean;
  /** The surrounding text counts at all. */
  readonly outerActive: boolean;
  /** Where the directive stands that the present branch starts with. */
  branchStart: number;
}

class Preprocessor {
  private readonly macros = new MacroTable();
  private readonly output = new SegmentWriter();
  private readonly options: PreprocessOptions;
  /** For each text, where the next directive of the same conditional stands, by the place of the one before it. */
  private readonly nextBranches = new Map<string, Map<number, number>>();
  private includeDepth = 0;
  private counter = 0;
  private overflowed = false;

  constructor(options: PreprocessOptions) {
    this.options = options;
    for (const name of ['__FILE__', '__LINE__', '__COUNTER__', '__INCLUDE_LEVEL__']) {
      this.macros.define({ name, parameters: undefined, isVariadic: false, body: [], span: BUILT_IN_SPAN });
    }
  }

  defineFromOptions(): void {
    for (const define of this.options.defines ?? []) {
      const equals = define.indexOf('=');
      const head = equals < 0 ? define : define.slice(0, equals);
      this.define(`${head} ${equals < 0 ? '1' : define.slice(equals + 1)}`, BUILT_IN_SPAN);
    }
    for (const name of this.options.undefines ?? []) this.macros.undefine(name);
  }

  finish(): PreprocessedText {
    return this.output.finish();
  }

  /** Processes one file; included files come back here. */
  run(file: SourceFile): void {
    const { text } = file;
    const { output } = this;
    let nextBranches = this.nextBranches.get(text);
    if (nextBranches === undefined) this.nextBranches.set(text, (nextBranches = new Map()));
    const conditionals: Conditional[] = [];
    const length = text.length;
    let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
    let runStart = at;
    let active = true;
    let atLineStart = true;
    // Inside a string literal that goes on over lines: `cpp` does not know those, so directives and macros work in
    // them.
    let inString = false;

    const tail: SourceTail & { at: number } = {
      at: 0,
      startsWithParenthesis: () => readMacroToken(text, tail.at)?.token.text === '(',
      read: () => {
        const next = readMacroToken(text, tail.at);
        if (next !== undefined) tail.at = next.end;
        return next?.token;
      },
    };

    while (at < length) {
      const code = text.charCodeAt(at);
      if (code === 10) {
        at += 1;
        atLineStart = true;
      } else if (code === 32 || code === 9 || code === 13) {
        const end = inString && active ? endOfBlanks(text, at) : at + 1;
        const blanks = inString && active ? blanksInString(text, at, end, atLineStart) : undefined;
        if (blanks !== undefined) {
          output.verbatim(file.id, text, runStart, at);
          output.expansion({ file: file.id, start: at, end }, blanks);
          runStart = end;
        }
        at = end;
      } else if (code === 35 && atLineStart) {
        if (active) output.verbatim(file.id, text, runStart, at);
        const end = endOfDirective(text, at);
        // In a string literal the lines that fall away count as empty ones.
        if (inString) {
          const lines = newlines(text, active ? at : runStart, end);
          if (lines > 0) output.expansion({ file: file.id, start: at, end }, '\n'.repeat(lines));
        }
        this.directive(file, at, end, conditionals, nextBranches);
        active = conditionals.at(-1)?.active ?? true;
        // What does not count is looked through once only, however often the file is included.
        at = (active || inString ? undefined : nextBranches.get(at)) ?? end;
        runStart = at;
        if (this.overflowed) return;
      } else if (!active) {
        // Skipped text: only comments and line starts matter in it.
        atLineStart = false;
        at = skipInactiveLine(text, at);
      } else if (code === 47 && isCommentStart(text, at)) {
        at = skipComment(text, at);
      } else if (code === 34) {
        atLineStart = false;
        const close = closingQuote(text, at);
        // A quote that the line does not close takes the rest of the line with it, as in `cpp`.
        if (close === undefined) inString = !inString;
        at = close ?? endOfLine(text, at);
      } else if (code === 39 && inString) {
        atLineStart = false;
        at = closingQuote(text, at) ?? endOfLine(text, at);
      } else if (isNameStart(code)) {
        atLineStart = false;
        const start = at;
        at += 1;
        while (isNamePart(text.charCodeAt(at))) at += 1;
        if (!this.macros.mayStart(code)) continue;
        const macro = this.macros.get(text.slice(start, at));
        if (macro === undefined) continue;
        tail.at = at;
        if (macro.parameters !== undefined && !tail.startsWithParenthesis()) continue;
        output.verbatim(file.id, text, runStart, start);
        const expansion = this.expandUse(macro, file, start, at, tail);
        at = tail.at;
        output.expansion({ file: file.id, start, end: at }, expansion);
        runStart = at;
        if (this.checkSize({ file: file.id, start, end: at })) return;
      } else if (isDigit(code)) {
        atLineStart = false;
        at += 1;
        while (isNamePart(text.charCodeAt(at))) at += 1;
      } else if (code === 92 && spliceLength(text, at) > 0) {
        output.verbatim(file.id, text, runStart, at);
        at += spliceLength(text, at);
        runStart = at;
      } else {
        atLineStart = false;
        at += 1;
      }
    }
    if (active) output.verbatim(file.id, text, runStart, length);
    for (const open of conditionals) {
      this.options.reporter.error('preprocessor', open.span, 'this conditional has no #endif');
    }
  }

  private checkSize(span: Span): boolean {
    if (this.overflowed || this.output.size <= OUTPUT_LIMIT_CHARACTERS) return this.overflowed;
    this.overflowed = true;
    this.options.reporter.error('overlimit', span, 'the preprocessed program is larger than 64 MiB');
    return true;
  }

  private expandUse(macro: Macro, file: SourceFile, start: number, end: number, tail: SourceTail): string {
    const span: Span = { file: file.id, start, end };
    const dynamic = this.dynamicMacro(macro.name, span);
    if (dynamic !== undefined) return dynamic;
    try {
      // A use inside another macro's text shows the place of the outermost use, as in C.
      for (const name of ['__LINE__', '__FILE__']) this.refreshDynamic(name, span);
      return this.macros.expandUse(macro.name, tail);
    } catch (error) {
      if (!(error instanceof MacroError)) throw error;
      this.options.reporter.error('preprocessor', span, error.message, {
        notes:
          macro.span === BUILT_IN_SPAN ? [] : [{ message: `macro '${macro.name}' is defined here`, span: macro.span }],
      });
      return '';
    }
  }

  private dynamicMacro(name: string, span: Span): string | undefined {
    switch (name) {
      case '__LINE__':
        return String(this.options.sourceMap.position(span).line);
      case '__FILE__':
        return `"${this.options.sourceMap.position(span).file.replace(/["\\]/g, '\\$&')}"`;
      case '__INCLUDE_LEVEL__':
        return String(this.includeDepth);
      case '__COUNTER__':
        this.counter += 1;
        return String(this.counter - 1);
      default:
        return undefined;
    }
  }

  private refreshDynamic(name: string, span: Span): void {
    if (this.macros.get(name)?.span !== BUILT_IN_SPAN) return;
    const body = tokenizeMacroText(this.dynamicMacro(name, span) ?? '');
    this.macros.define({ name, parameters: undefined, isVariadic: false, body, span: BUILT_IN_SPAN });
  }

  private directive(
    file: SourceFile,
    start: number,
    end: number,
    conditionals: Conditional[],
    nextBranches: Map<number, number>,
  ): void {
    const body = directiveText(file.text, start + 1, end);
    const match = /^\s*([A-Za-z_]\w*|\d+)?\s*/.exec(body);
    const name = match?.[1] ?? '';
    const rest = body.slice(match?.[0].length ?? 0).trimEnd();
    const span: Span = { file: file.id, start, end: trimmedEnd(file.text, start, end) };
    const active = conditionals.at(-1)?.active ?? true;
    switch (name) {
      case 'if':
      case 'ifdef':
      case 'ifndef': {
        const holds = active && this.conditionHolds(name, rest, span);
        conditionals.push({
          span,
          active: holds,
          taken: holds,
          sawElse: false,
          outerActive: active,
          branchStart: start,
        });
        return;
      }
      case 'elif':
      case 'else': {
        const open = conditionals.at(-1);
        if (open !== undefined) {
          nextBranches.set(open.branchStart, start);
          open.branchStart = start;
        }
        this.otherwise(name, rest, span, open);
        return;
      }
      case 'endif': {
        const closed = conditionals.pop();
        if (closed === undefined) this.options.reporter.error('preprocessor', span, '#endif without #if');
        else nextBranches.set(closed.branchStart, start);
        return;
      }
    }
    if (!active) return;
    switch (name) {
      case 'include':
        this.include(file, rest, span);
        return;
      case 'define':
        this.define(rest, span);
        return;
      case 'undef':
        if (/^[A-Za-z_]\w*$/.test(rest)) this.macros.undefine(rest);
        else this.options.reporter.error('preprocessor', span, '#undef must be followed by one macro name');
        return;
      case 'error':
        this.options.reporter.error('preprocessor', span, `#error ${rest}`.trimEnd());
        return;
      case 'warning':
        this.options.reporter.warn('preprocessor', span, `#warning ${rest}`.trimEnd());
        return;
      case 'line':
        this.line(file, textOfTokens(this.expandText(rest, span)), span, end);
        return;
      default:
        // `# 12 "file"` is what other preprocessors leave behind; anything else (#pragma included) means nothing to P4.
        if (/^\d+$/.test(name)) this.line(file, `${name} ${rest}`, span, end);
    }
  }

  private otherwise(name: 'elif' | 'else', rest: string, span: Span, open: Conditional | undefined): void {
    if (open === undefined || open.sawElse) {
      const notes = open === undefined ? [] : [{ message: 'the conditional starts here', span: open.span }];
      const what = open === undefined ? `#${name} without #if` : `#${name} after #else`;
      this.options.reporter.error('preprocessor', span, what, { notes });
      return;
    }
    if (name === 'else') open.sawElse = true;
    const eligible = open.outerActive && !open.taken;
    open.active = eligible && (name === 'else' || this.conditionHolds('if', rest, span));
    if (open.active) open.taken = true;
  }

  private conditionHolds(kind: 'if' | 'ifdef' | 'ifndef', text: string, span: Span): boolean {
    if (kind !== 'if') {
      const name = /^[A-Za-z_]\w*/.exec(text)?.[0];
      if (name === undefined) {
        this.options.reporter.error('preprocessor', span, `#${kind} must be followed by a macro name`);
        return false;
      }
      return (this.macros.get(name) !== undefined) === (kind === 'ifdef');
    }
    const isDefined = (_whole: string, a: string | undefined, b: string | undefined) =>
      this.macros.get(a ?? b ?? '') !== undefined ? '1' : '0';
    const resolved = text.replace(/\bdefined\b\s*(?:\(\s*([A-Za-z_]\w*)\s*\)|([A-Za-z_]\w*))/g, isDefined);
    const result = evaluateCondition(textOfTokens(this.expandText(resolved, span)));
    if (result.ok) return result.value !== 0n;
    this.options.reporter.error('preprocessor', span, result.message);
    return false;
  }

  private expandText(text: string, span: Span): MacroToken[] {
    try {
      this.refreshDynamic('__LINE__', span);
      this.refreshDynamic('__FILE__', span);
      return this.macros.expandAll(tokenizeMacroText(text));
    } catch (error) {
      if (!(error instanceof MacroError)) throw error;
      this.options.reporter.error('preprocessor', span, error.message);
      return [];
    }
  }

  private define(text: string, span: Span): void {
    const match = /^([A-Za-z_]\w*)(\()?/.exec(text);
    const name = match?.[1];
    if (match === null || name === undefined || name === 'defined') {
      this.options.reporter.error('preprocessor', span, '#define must be followed by a macro name');
      return;
    }
    let parameters: string[] | undefined;
    let isVariadic = false;
    let rest = text.slice(match[0].length);
    if (match[2] !== undefined) {
      const close = rest.indexOf(')');
      const list = close < 0 ? '' : rest.slice(0, close).trim();
      parameters = list === '' ? [] : list.split(',').map((part) => part.trim());
      rest = rest.slice(close + 1);
      const last = parameters.at(-1);
      if (last?.endsWith('...')) {
        isVariadic = true;
        parameters[parameters.length - 1] = last === '...' ? '__VA_ARGS__' : last.slice(0, -3).trim();
      }
      const bad = parameters.find((part) => !/^[A-Za-z_]\w*$/.test(part));
      if (close < 0 || bad !== undefined || new Set(parameters).size !== parameters.length) {
        this.options.reporter.error('preprocessor', span, `the parameter list of macro '${name}' is not well formed`);
        return;
      }
    }
    this.macros.define({ name, parameters, isVariadic, body: tokenizeMacroText(rest), span });
  }

  private include(file: SourceFile, text: string, span: Span): void {
    const direct = /^(?:"([^"]+)"|<([^>]+)>)/.exec(text) ?? undefined;
    const spelled = direct ?? /^(?:"([^"]+)"|<([^>]+)>)/.exec(compact(this.expandText(text, span))) ?? undefined;
    if (spelled === undefined) {
      this.options.reporter.error('preprocessor', span, '#include must be followed by "file" or <file>');
      return;
    }
    const quoted = spelled[1];
    const name = quoted ?? spelled[2] ?? '';
    if (this.includeDepth >= INCLUDE_DEPTH_LIMIT) {
      this.options.reporter.error('overlimit', span, `#include is nested more than ${INCLUDE_DEPTH_LIMIT} deep`, {
        suggestion: 'does a file include itself? Guard it with #ifndef ... #define ... #endif',
      });
      return;
    }
    const folders = [...(quoted === undefined ? [] : [folderOf(file.path)]), ...(this.options.includePaths ?? [])];
    for (const folder of folders) {
      const path = joinPath(folder, name);
      const content = this.options.files.read(path);
      if (content === undefined) continue;
      const included = this.options.sourceMap.addFile(path, content, span);
      this.includeDepth += 1;
      this.run(included);
      this.includeDepth -= 1;
      // Whatever the included file's last line is, the next line of this file starts a line of its own.
      this.output.expansion(span, '\n');
      this.checkSize(span);
      return;
    }
    const searched = folders.length === 0 ? 'no folder' : folders.join(', ');
    this.options.reporter.error('not-found', span, `the included file '${name}' is not found`, {
      notes: [{ message: `searched: ${searched}` }],
      suggestion: 'name its folder with -I',
    });
  }

  private line(file: SourceFile, text: string, span: Span, end: number): void {
    const match = /^(\d+)(?:\s+"([^"]*)")?/.exec(text);
    if (match === null) {
      this.options.reporter.error('preprocessor', span, '#line must be followed by a line number');
      return;
    }
    this.options.sourceMap.addLineOverride(file.id, Math.min(end + 1, file.text.length), Number(match[1]), match[2]);
  }
}

function compact(tokens: readonly MacroToken[]): string {
  return tokens.map((token) => token.text).join('');
}
