/**
 * Which states have been seen: each is known by 128 bits of its encoding (MurmurHash3) and by its number, 28 bytes or
 * so in all, where the encoding itself took ten times that.
 *
 * Two states that had the same bits would be taken for one, and what comes of the second not be looked at. Of n states
 * that some two do has a probability of n * n / 2^129: 10^-24 for twenty million.
 */
import { Numbers } from './numbers.ts';

const HASH_WORDS = 4;

/** A set of states. */
export class Visited {
  /** Of each state by number. */
  private readonly hashes = new Numbers();
  /**
   * Where to look for a hash: the number of its state plus one, in the first place from its first word on that is not
   * taken; 0: free.
   */
  private places = new Uint32Array(1 << 12);
  size = 0;

  /**
   * Says that a state has been seen.
   * @param words its encoding
   * @returns its number: what the size was before where it is new
   */
  add(words: Uint32Array): number {
    const hash = hashOf(words);
    const mask = this.places.length - 1;
    let place = hash[0] & mask;
    for (let found = this.places[place]!; found !== 0; found = this.places[place]!) {
      if (this.isAt(found - 1, hash)) return found - 1;
      place = (place + 1) & mask;
    }
    for (const word of hash) this.hashes.push(word);
    this.places[place] = ++this.size;
    if (2 * this.size > this.places.length) this.grow();
    return this.size - 1;
  }

  private isAt(number: number, [a, b, c, d]: Hash): boolean {
    const { hashes } = this;
    const at = HASH_WORDS * number;
    return hashes.at(at) === a && hashes.at(at + 1) === b && hashes.at(at + 2) === c && hashes.at(at + 3) === d;
  }

  private grow(): void {
    this.places = new Uint32Array(2 * this.places.length);
    const mask = this.places.length - 1;
    for (let number = 0; number < this.size; number++) {
      let place = this.hashes.at(HASH_WORDS * number) & mask;
      while (this.places[place] !== 0) place = (place + 1) & mask;
      this.places[place] = number + 1;
    }
  }
}

type Hash = [number, number, number, number];

function rotate(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}

function finish(word: number): number {
  const once = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35);
  return twice ^ (twice >>> 16);
}

/**
 * MurmurHash3, its variant of 128 bits for processors of 32, of whole words; the last block is filled up with zeros.
 */
export function hashOf(words: Uint32Array): Hash {
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let at = 0; at < words.length; at += HASH_WORDS) {
    a ^= Math.imul(rotate(Math.imul(words[at]!, 0x239b961b), 15), 0xab0e9789);
    a = (Math.imul(rotate(a, 19) + b, 5) + 0x561ccd1b) | 0;
    b ^= Math.imul(rotate(Math.imul(words[at + 1] ?? 0, 0xab0e9789), 16), 0x38b34ae5);
    b = (Math.imul(rotate(b, 17) + c, 5) + 0x0bcaa747) | 0;
    c ^= Math.imul(rotate(Math.imul(words[at + 2] ?? 0, 0x38b34ae5), 17), 0xa1e38b93);
    c = (Math.imul(rotate(c, 15) + d, 5) + 0x96cd1c35) | 0;
    d ^= Math.imul(rotate(Math.imul(words[at + 3] ?? 0, 0xa1e38b93), 18), 0x239b961b);
    d = (Math.imul(rotate(d, 13) + a, 5) + 0x32ac3b17) | 0;
  }
  const mixed = spread(a, b, c, d, 4 * words.length);
  return spread(finish(mixed[0]), finish(mixed[1]), finish(mixed[2]), finish(mixed[3]), 0);
}

/** Has each word depend on the others. */
function spread(a: number, b: number, c: number, d: number, length: number): Hash {
  const first = (a ^ length) + (b ^ length) + (c ^ length) + (d ^ length);
  return [first >>> 0, ((b ^ length) + first) >>> 0, ((c ^ length) + first) >>> 0, ((d ^ length) + first) >>> 0];
}
