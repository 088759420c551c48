/**
 * The pieces of BMv2's JSON format, version 2.23: types of what is written, and the few notations that occur everywhere
 * (numbers as hexadecimal strings padded to whole bytes, fields as pairs of names, positions in the source).
 */
import type { SourceMap, Span } from '../diagnostics/span.ts';

/** Any JSON value, with members in the order in which they are written. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
/** A JSON object. */
export type JsonObject = { [key: string]: Json };

/** `0x0a` for 10 in one byte; negative numbers as `-0x0a`. `bytes` is the least number of bytes written. */
export function hex(value: bigint | number, bytes = 0): string {
  const number = BigInt(value);
  const digits = (number < 0n ? -number : number).toString(16).padStart(bytes * 2, '0');
  return `${number < 0n ? '-' : ''}0x${digits}`;
}

/** Bytes needed for that many bits. */
export function bytesFor(bits: number): number {
  return Math.ceil(bits / 8);
}

/** `{"type": "hexstr", "value": ...}`. */
export function hexstr(value: bigint | number, bits: number): JsonObject {
  return { type: 'hexstr', value: hex(value, bytesFor(bits)) };
}

/**
 * Writes `source_info` objects: 1-based line, 0-based column and the text itself. What stands at one place shares one.
 */
export class Positions {
  private readonly sources: SourceMap;
  private readonly known = new Map<Span, JsonObject>();

  constructor(sources: SourceMap) {
    this.sources = sources;
  }

  /** `{ source_info: ... }` to be spread into an object; nothing for what the compiler made up. */
  info(span: Span | undefined): { source_info?: JsonObject } {
    const source = this.sourceInfo(span);
    return source === undefined ? {} : { source_info: source };
  }

  /** The object itself; undefined for what the compiler made up. */
  sourceInfo(span: Span | undefined): JsonObject | undefined {
    if (span === undefined || span.file === 0) return undefined;
    let info = this.known.get(span);
    if (info === undefined) {
      const { file, line, column } = this.sources.position(span);
      info = { filename: file, line, column: column - 1, source_fragment: this.fragment(span) };
      this.known.set(span, info);
    }
    return info;
  }

  /** The first line of what stands there. */
  private fragment(span: Span): string {
    const { text } = this.sources.file(span.file);
    let end = span.start;
    while (end < span.end && text.charCodeAt(end) !== 10 && text.charCodeAt(end) !== 13) end += 1;
    const line = text.slice(span.start, end);
    return end === span.end ? line.trimEnd() : `${line}...`;
  }
}
