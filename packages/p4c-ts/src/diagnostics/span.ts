/**
 * Positions. A `Span` names a file by number and a half-open range of UTF-16 offsets in that file's own text, so it
 * costs three numbers and never changes when text is included, spliced or expanded around it. Lines and columns are
 * computed only when somebody asks (`SourceMap.position`), from a table of line starts made once for each file: the
 * compiler makes tens of thousands of spans and prints a handful.
 *
 * Text that came out of a macro carries the span of the macro's use, which is what its author can see and change.
 * `#line` directives move the *presented* position only; offsets stay physical, so excerpts are always right.
 */

/** Number of a file within one compilation, given by `SourceMap.addFile`. */
export type FileId = number;

/** A range of text of one file. `start` inclusive, `end` exclusive, in UTF-16 code units from the file's start. */
export interface Span {
  readonly file: FileId;
  readonly start: number;
  readonly end: number;
}

/** A place for a person: file as it was named (or as `#line` says), line and column counted from 1. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** The id of what the compiler itself supplies (built-in names, command-line macros); it has no text. */
export const BUILT_IN_FILE: FileId = 0;

/** The span of things that stand in no source text. */
export const BUILT_IN_SPAN: Span = { file: BUILT_IN_FILE, start: 0, end: 0 };

/** The smallest span that covers both; of `a` alone where the two lie in different files. */
export function joinSpans(a: Span, b: Span): Span {
  if (a.file !== b.file) return a;
  return { file: a.file, start: Math.min(a.start, b.start), end: Math.max(a.end, b.end) };
}

/** One file of a compilation. */
export interface SourceFile {
  readonly id: FileId;
  /**
   * The path as the program's author wrote or would write it; used in messages and in the output's source positions.
   */
  readonly path: string;
  readonly text: string;
  /** The `#include` that brought the file in, if one did. */
  readonly includedFrom: Span | undefined;
}

interface LineOverride {
  /** Offset of the first line after the directive. */
  readonly offset: number;
  readonly line: number;
  readonly path: string | undefined;
}

/** All files of one compilation, and the way from spans to lines and columns. */
export class SourceMap {
  private readonly files: SourceFile[] = [{ id: BUILT_IN_FILE, path: '<built-in>', text: '', includedFrom: undefined }];
  private readonly lineStarts = new Map<FileId, readonly number[]>();
  private readonly overrides = new Map<FileId, LineOverride[]>();

  /** Registers a file and returns its record; the same path may be added several times (included twice). */
  addFile(path: string, text: string, includedFrom?: Span): SourceFile {
    const file: SourceFile = { id: this.files.length, path, text, includedFrom };
    this.files.push(file);
    return file;
  }

  /** The file of that number. Throws a RangeError for a number that this map never gave out. */
  file(id: FileId): SourceFile {
    const file = this.files[id];
    if (file === undefined) throw new RangeError(`no source file has the number ${id}`);
    return file;
  }

  /** Every file in the order of inclusion, the built-in one first. */
  allFiles(): readonly SourceFile[] {
    return this.files;
  }

  /** Records `#line line "path"`: the line that starts at `offset` is presented as `line` (of `path`, if given). */
  addLineOverride(id: FileId, offset: number, line: number, path: string | undefined): void {
    const list = this.overrides.get(id);
    if (list === undefined) this.overrides.set(id, [{ offset, line, path }]);
    else list.push({ offset, line, path });
  }

  /** Where the span starts, as presented (after `#line`). */
  position(span: Span): Position {
    return this.positionAt(span.file, span.start);
  }

  /** Where the span ends (the position just after its last character), as presented. */
  endPosition(span: Span): Position {
    return this.positionAt(span.file, span.end);
  }

  /** The text that the span covers. */
  textOf(span: Span): string {
    return this.file(span.file).text.slice(span.start, span.end);
  }

  /** The physical line (from 1) that holds the offset, with the offsets of its start and end (line break excluded). */
  lineAt(id: FileId, offset: number): { line: number; start: number; end: number } {
    const starts = this.startsOf(id);
    const index = lastAtMost(starts, offset);
    const text = this.file(id).text;
    const start = starts[index] ?? 0;
    let end = starts[index + 1] ?? text.length + 1;
    end -= 1;
    if (end > start && text.charCodeAt(end - 1) === 13) end -= 1;
    return { line: index + 1, start, end };
  }

  private positionAt(id: FileId, offset: number): Position {
    const starts = this.startsOf(id);
    const index = lastAtMost(starts, offset);
    const line = index + 1;
    const column = offset - starts[index]! + 1;
    const override = this.overrides.get(id)?.findLast((candidate) => candidate.offset <= offset);
    if (override === undefined) return { file: this.file(id).path, line, column };
    const base = this.lineAt(id, override.offset).line;
    return { file: override.path ?? this.file(id).path, line: override.line + (line - base), column };
  }

  private startsOf(id: FileId): readonly number[] {
    const known = this.lineStarts.get(id);
    if (known !== undefined) return known;
    const text = this.file(id).text;
    const starts = [0];
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
    this.lineStarts.set(id, starts);
    return starts;
  }
}

function lastAtMost(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((sorted[middle] ?? 0) <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}
