/** What the tests of the front half share: a program in memory, and its way through preprocessor and parser. */
import { memoryFileSystem } from '../../src/1-preprocess/file-system.ts';
import { type PreprocessOptions, preprocess } from '../../src/1-preprocess/preprocess.ts';
import type { PreprocessedText } from '../../src/1-preprocess/segments.ts';
import type { Program } from '../../src/2-parse/ast.ts';
import { tokenize } from '../../src/2-parse/lexer.ts';
import { parseProgram } from '../../src/2-parse/parse.ts';
import { Reporter } from '../../src/diagnostics/diagnostic.ts';
import { SourceMap } from '../../src/diagnostics/span.ts';

/** A program on its way: text, tokens, tree and what was said about it. */
export interface FrontResult {
  readonly sourceMap: SourceMap;
  readonly reporter: Reporter;
  readonly text: PreprocessedText;
  /** `line:column class: message` of each diagnostic. */
  readonly messages: string[];
}

/** Preprocesses `main.p4` of the given files (or one text). */
export function preprocessed(
  source: string | Record<string, string>,
  options: Partial<PreprocessOptions> = {},
): FrontResult {
  const files = memoryFileSystem(typeof source === 'string' ? { 'main.p4': source } : source);
  const sourceMap = new SourceMap();
  const reporter = new Reporter();
  const text = preprocess('main.p4', { files, sourceMap, reporter, ...options });
  if (text === undefined) throw new Error('main.p4 is missing');
  return { sourceMap, reporter, text, messages: messagesOf(reporter, sourceMap) };
}

/** The diagnostics as short lines. */
export function messagesOf(reporter: Reporter, sourceMap: SourceMap): string[] {
  return reporter.diagnostics().map((item) => {
    const at = item.span === undefined ? undefined : sourceMap.position(item.span);
    const place = at === undefined ? '' : `${at.file === 'main.p4' ? '' : `${at.file}:`}${at.line}:${at.column} `;
    return `${place}${item.class}: ${item.message}`;
  });
}

/** The preprocessed text cut into tokens, joined by single spaces. */
export function tokensOf(source: string | Record<string, string>, options: Partial<PreprocessOptions> = {}): string {
  const { text, reporter } = preprocessed(source, options);
  const tokens = tokenize(text, reporter);
  return Array.from({ length: tokens.length - 1 }, (_, i) => tokens.text(i)).join(' ');
}

/** Parses `main.p4`. */
export function parsed(source: string | Record<string, string>): FrontResult & { readonly program: Program } {
  const front = preprocessed(source);
  const program = parseProgram(front.text, front.reporter);
  return { ...front, program, messages: messagesOf(front.reporter, front.sourceMap) };
}
