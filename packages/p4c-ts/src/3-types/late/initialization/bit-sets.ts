// Sets of small numbers, 32 to a word. They never change: whoever changes one gets another, so points of a program share what they know
// until it differs, and copying a point copies references. The sets of the initialization analysis are a few words long.

/** See the top of the file. Words beyond the end are zero. */
export type BitSet = readonly number[];

export const EMPTY_SET: BitSet = [];

export function has(set: BitSet, number: number): boolean {
  return (wordOf(set, number >> 5) & (1 << (number & 31))) !== 0;
}

export function isEmpty(set: BitSet): boolean {
  for (let i = 0; i < set.length; i++) if (set[i] !== 0) return false;
  return true;
}

/** The set with all those numbers; itself if it has them. */
export function including(set: BitSet, numbers: readonly number[]): BitSet {
  let result: number[] | undefined;
  for (const number of numbers) {
    if (has(result ?? set, number)) continue;
    result ??= set.slice();
    while (result.length <= number >> 5) result.push(0);
    result[number >> 5]! |= 1 << (number & 31);
  }
  return result ?? set;
}

/** The set without those numbers; itself if it has none of them. */
export function excluding(set: BitSet, numbers: readonly number[]): BitSet {
  let result: number[] | undefined;
  for (const number of numbers) {
    if (!has(set, number)) continue;
    result ??= set.slice();
    result[number >> 5]! &= ~(1 << (number & 31));
  }
  return result ?? set;
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
