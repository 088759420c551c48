// Sets of small numbers, 32 to a word. They never change: whoever changes one gets another, so points of a program
// share what they know until it differs, and copying a point copies references. The sets of the initialization analysis
// are a few words long.

/** See the top of the file. Words beyond the end are zero. */
export type BitSet = readonly number[];

/** Numbers that follow each other. */
export interface Range {
  readonly first: number;
  readonly count: number;
}

export const EMPTY_SET: BitSet = [];

export function has(set: BitSet, number: number): boolean {
  return (wordOf(set, number >> 5) & (1 << (number & 31))) !== 0;
}

export function isEmpty(set: BitSet): boolean {
  for (let i = 0; i < set.length; i++) if (set[i] !== 0) return false;
  return true;
}

/** The set with that number; itself if it has it. */
export function including(set: BitSet, number: number): BitSet {
  return has(set, number) ? set : includingRange(set, { first: number, count: 1 });
}

/** The set without that number; itself if it lacks it. */
export function excluding(set: BitSet, number: number): BitSet {
  return has(set, number) ? excludingRange(set, { first: number, count: 1 }) : set;
}

/** The set with all numbers of the range. */
export function includingRange(set: BitSet, { first, count }: Range): BitSet {
  const result = set.slice();
  const end = first + count;
  while (result.length << 5 < end) result.push(0);
  for (let at = first; at < end; at = nextWord(at)) result[at >> 5]! |= maskOf(at, end);
  return result;
}

/** The set without the numbers of the range; itself if it has none of them. */
export function excludingRange(set: BitSet, { first, count }: Range): BitSet {
  if (countIn(set, { first, count }) === 0) return set;
  const result = set.slice();
  const end = first + count;
  for (let at = first; at < end && at >> 5 < result.length; at = nextWord(at)) result[at >> 5]! &= ~maskOf(at, end);
  return result;
}

/** How many numbers of the range are in the set. */
export function countIn(set: BitSet, { first, count }: Range): number {
  const end = first + count;
  let found = 0;
  for (let at = first; at < end; at = nextWord(at)) {
    for (let word = wordOf(set, at >> 5) & maskOf(at, end); word !== 0; word &= word - 1) found += 1;
  }
  return found;
}

/** The first number that is in the next word. */
function nextWord(number: number): number {
  return (number | 31) + 1;
}

/** The numbers from there on up to `end`, as far as they are in the same word. */
function maskOf(from: number, end: number): number {
  const mask = -1 << (from & 31);
  return end < nextWord(from) ? mask & ~(-1 << (end & 31)) : mask;
}

/** What is in one of the sets. */
export function union(a: BitSet, b: BitSet): BitSet {
  return combine(a, b, (left, right) => left | right);
}

/** What is in both sets. */
export function intersection(a: BitSet, b: BitSet): BitSet {
  return combine(a, b, (left, right) => left & right);
}

/** What is in one of the sets and not in the other. */
export function difference(a: BitSet, b: BitSet): BitSet {
  return a === b ? EMPTY_SET : combine(a, b, (left, right) => left ^ right);
}

export function areEqual(a: BitSet, b: BitSet): boolean {
  if (a === b) return true;
  for (let i = Math.max(a.length, b.length) - 1; i >= 0; i--) if (wordOf(a, i) !== wordOf(b, i)) return false;
  return true;
}

/** Word by word; the first set itself where that comes out. */
function combine(a: BitSet, b: BitSet, words: (left: number, right: number) => number): BitSet {
  if (a === b) return a;
  let result: number[] | undefined;
  for (let i = Math.max(a.length, b.length) - 1; i >= 0; i--) {
    const word = words(wordOf(a, i), wordOf(b, i));
    if (result === undefined && word !== wordOf(a, i)) {
      result = a.slice();
      while (result.length <= i) result.push(0);
    }
    if (result !== undefined) result[i] = word;
  }
  return result ?? a;
}

function wordOf(set: BitSet, at: number): number {
  return at < set.length ? set[at]! : 0;
}
