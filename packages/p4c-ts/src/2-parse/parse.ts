/**
 * The parser's front door: preprocessed text in, `Program` out. The grammar itself is in parse-*.ts, one file for each
 * part of the language. Whatever the text is, a program comes back (without the declarations that could not be read)
 * and the errors are in the reporter; phases behind must not run if there are any.
 */
import type { PreprocessedText } from '../1-preprocess/segments.ts';
import type { Reporter } from '../diagnostics/diagnostic.ts';
import { NodeIds, type Program } from './ast.ts';
import { tokenize } from './lexer.ts';
import { parseTopLevel, TOP_LEVEL_STARTS } from './parse-declarations.ts';
import { SyntaxFailure, TokenCursor } from './token-cursor.ts';

/** Parses a whole program. `ids` gives every node its number. */
export function parseProgram(text: PreprocessedText, reporter: Reporter, ids: NodeIds = new NodeIds()): Program {
  const p = new TokenCursor(tokenize(text, reporter), ids, reporter);
  let declarations: Program['declarations'] = [];
  try {
    declarations = p.list(
      () => parseTopLevel(p),
      () => false,
      (kind) => TOP_LEVEL_STARTS.has(kind),
    );
  } catch (error) {
    // After too many errors the parser gives up; what it knows is reported.
    if (!(error instanceof SyntaxFailure)) throw error;
  }
  const last = Math.max(0, p.tokens.length - 1);
  return { kind: 'Program', id: ids.next(), span: p.tokens.spanBetween(last, last), declarations };
}
