/**
 * Makes a program on which two compilers differ small: it takes away what can go while the difference stays.
 *
 * It works on text, in steps of balanced brackets, since the shape of generated programs is known: whole lines or
 * blocks go, blocks are replaced by what is in them, expressions in parentheses by one of their parts or by a constant.
 * Whatever does not compile any more is no candidate, and our own compiler, which is the quick one, is asked first. The
 * packets stay those of the whole program.
 */

/** Whether the difference still shows. */
export type StillDiffers = (source: string) => boolean;

/** The smallest program found. Deterministic. */
export function reduce(source: string, stillDiffers: StillDiffers): string {
  let current = source;
  for (;;) {
    const before = current;
    for (const candidates of [withoutChunks, withoutBlocks, withoutBraces, withSimplerExpressions]) {
      current = improve(current, candidates, stillDiffers);
    }
    if (current.length >= before.length) return current;
  }
}

function improve(source: string, candidates: (source: string) => Iterable<string>, stillDiffers: StillDiffers): string {
  let current = source;
  // After a success the candidates of the new program are tried from about the same place on: those before have just
  // failed.
  for (let from = 0, found = true; found; ) {
    found = false;
    let at = 0;
    for (const candidate of candidates(current)) {
      if (at++ < from || candidate.length >= current.length || !stillDiffers(candidate)) continue;
      current = candidate;
      from = at - 1;
      found = true;
      break;
    }
  }
  return current;
}

const depthOf = (line: string) => [...line].reduce((sum, each) => sum + (each === '{' ? 1 : each === '}' ? -1 : 0), 0);

/** Runs of lines with balanced braces, long ones first. */
function* withoutChunks(source: string): Iterable<string> {
  const lines = source.split('\n');
  for (let size = lines.length >> 1; size >= 1; size >>= 1) {
    for (let start = lines.length - size; start >= 0; start -= size) {
      const chunk = lines.slice(start, start + size);
      if (chunk.reduce((sum, line) => sum + depthOf(line), 0) !== 0) continue;
      yield [...lines.slice(0, start), ...lines.slice(start + size)].join('\n');
    }
  }
}

/** Single blocks, from the line that opens one to the line that closes it. */
function* withoutBlocks(source: string): Iterable<string> {
  const lines = source.split('\n');
  for (const [start, end] of blocks(lines)) yield [...lines.slice(0, start), ...lines.slice(end + 1)].join('\n');
}

/** Blocks without what opens and closes them, as in `if (c) { s; }` made `s;`. */
function* withoutBraces(source: string): Iterable<string> {
  const lines = source.split('\n');
  for (const [start, end] of blocks(lines))
    yield [...lines.slice(0, start), ...lines.slice(start + 1, end), ...lines.slice(end + 1)].join('\n');
}

function blocks(lines: readonly string[]): [number, number][] {
  const found: [number, number][] = [];
  for (let start = 0; start < lines.length; start++) {
    if (!lines[start]!.trimEnd().endsWith('{')) continue;
    let depth = 1;
    let end = start + 1;
    for (; end < lines.length; end++) {
      depth += depthOf(lines[end]!.replace(/^\s*\}/, ''));
      if (/^\s*\}/.test(lines[end]!)) depth--;
      if (depth <= 0 || (depth === 1 && /^\s*\} else/.test(lines[end]!))) break;
    }
    if (end < lines.length) found.push([start, end]);
  }
  return found;
}

/** Expressions in parentheses replaced by parts of them or by constants. */
function* withSimplerExpressions(source: string): Iterable<string> {
  for (let start = 0; start < source.length; start++) {
    if (source[start] !== '(') continue;
    const end = closing(source, start);
    if (end < 0) continue;
    const put = (text: string) => source.slice(0, start) + text + source.slice(end + 1);
    const inner = source.slice(start + 1, end);
    if (inner === '' || /[;{}]/.test(inner)) continue;
    for (const constant of ['true', 'false', '0', '1']) if (end - start > 2) yield put(constant);
    const parts = topLevelParts(inner);
    if (parts.length > 1) for (const part of parts) yield put(part);
    else yield put(inner);
  }
}

function closing(source: string, start: number): number {
  let depth = 0;
  for (let at = start; at < source.length; at++) {
    if (source[at] === '(') depth++;
    else if (source[at] === ')' && --depth === 0) return at;
  }
  return -1;
}

/**
 * What stands between the blanks outside of all parentheses; operators are not valid alone and fall out by themselves.
 */
function topLevelParts(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let part = '';
  for (const each of text) {
    if (each === '(') depth++;
    else if (each === ')') depth--;
    if (each === ' ' && depth === 0) {
      parts.push(part);
      part = '';
    } else part += each;
  }
  return [...parts, part].filter((each) => /[\w(]/.test(each));
}
