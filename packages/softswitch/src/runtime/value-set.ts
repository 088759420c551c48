/**
 * A parser value set: members are compared word by word with the packet's key.
 *
 * Members have a value and a mask per word, so exact, ternary and prefix members are alike; ranges are kept as bounds.
 * Value sets are small, so they are scanned.
 */

export interface ValueSetMember {
  readonly values: readonly number[];
  readonly masks: readonly number[];
  /** Bounds of words that are ranges, as unsigned numbers. */
  readonly ranges: readonly { readonly word: number; readonly low: number; readonly high: number }[];
}

export class ValueSet {
  #members: readonly ValueSetMember[] = [];

  set(members: readonly ValueSetMember[]): void {
    this.#members = members;
  }

  /** Whether a member matches the words of a key. `masks`, from the program, apply to the key and the members alike. */
  contains(words: readonly number[], masks?: readonly number[]): boolean {
    return this.#members.some(
      (member) =>
        words.every((word, i) => {
          const mask = member.masks[i]! & (masks?.[i] ?? -1);
          return ((word ^ member.values[i]!) & mask) === 0;
        }) && member.ranges.every(({ word, low, high }) => words[word]! >>> 0 >= low && words[word]! >>> 0 <= high),
    );
  }
}
