/**
 * The preprocessor's output: one string, and the way back from any place in it to the files. Most of the string is
 * copied from the files in long runs ("verbatim" segments, where offsets map one to one); the rest was made by macros
 * and maps to the macro's use as a whole. The table is four parallel arrays in order of output, so the lexer, which
 * walks forward, finds the segment of a token by stepping, and everybody else by binary search.
 */
import { BUILT_IN_SPAN, type FileId, type Span } from '../diagnostics/span.ts';

/** Output text with its origin. Made by `SegmentWriter`. */
export interface PreprocessedText {
  readonly text: string;
  readonly segments: readonly Segment[];
}

/** A piece of output. */
export interface Segment {
  /** Where the piece starts in the output; it ends where the next one starts. */
  readonly outputStart: number;
  readonly file: FileId;
  /** Verbatim: the offset in the file of the piece's first character. Macro: start of the macro's use. */
  readonly sourceStart: number;
  /** Macro: end of the macro's use. Verbatim: -1. */
  readonly sourceEnd: number;
}

/** Collects output. */
export class SegmentWriter {
  private readonly chunks: string[] = [];
  private readonly segments: Segment[] = [];
  private length = 0;

  /** Number of characters written so far. */
  get size(): number {
    return this.length;
  }

  /** Copies `text[start, end)` of a file. */
  verbatim(file: FileId, text: string, start: number, end: number): void {
    if (end <= start) return;
    this.segments.push({ outputStart: this.length, file, sourceStart: start, sourceEnd: -1 });
    this.chunks.push(text.slice(start, end));
    this.length += end - start;
  }

  /** Writes text that stands for what `use` covers. */
  expansion(use: Span, text: string): void {
    if (text.length === 0) return;
    this.segments.push({ outputStart: this.length, file: use.file, sourceStart: use.start, sourceEnd: use.end });
    this.chunks.push(text);
    this.length += text.length;
  }

  /** What was written. */
  finish(): PreprocessedText {
    return { text: this.chunks.join(''), segments: this.segments };
  }
}

/**
 * Maps ranges of preprocessed text back to files. Fastest when asked in ascending order. It is itself the place that
 * was asked for last: the lexer asks for each token and keeps three numbers.
 */
export class SegmentCursor implements Span {
  file = BUILT_IN_SPAN.file;
  start = BUILT_IN_SPAN.start;
  end = BUILT_IN_SPAN.end;
  private index = 0;
  private readonly segments: readonly Segment[];

  constructor(text: PreprocessedText) {
    this.segments = text.segments;
  }

  /** Goes to the place in the files of output range `[start, end)`. */
  moveTo(start: number, end: number): void {
    const first = this.at(start);
    if (first === undefined) return;
    const last = end > start ? (this.at(end - 1) ?? first) : first;
    const from = first.sourceEnd < 0 ? first.sourceStart + (start - first.outputStart) : first.sourceStart;
    let to = first.sourceEnd;
    if (last.file === first.file) {
      to = last.sourceEnd < 0 ? last.sourceStart + (end - last.outputStart) : last.sourceEnd;
    }
    this.file = first.file;
    this.start = from;
    this.end = Math.max(from, to);
  }

  /** The place in the files of output range `[start, end)`. */
  span(start: number, end: number): Span {
    this.moveTo(start, end);
    return { file: this.file, start: this.start, end: this.end };
  }

  private at(offset: number): Segment | undefined {
    const { segments } = this;
    if (segments.length === 0) return undefined;
    let index = this.index;
    if ((segments[index] as Segment).outputStart > offset) {
      let low = 0;
      let high = index;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if ((segments[middle] as Segment).outputStart <= offset) low = middle;
        else high = middle - 1;
      }
      index = low;
    }
    for (let next = segments[index + 1]; next !== undefined && next.outputStart <= offset; next = segments[index + 1]) {
      index += 1;
    }
    this.index = index;
    return segments[index];
  }
}
