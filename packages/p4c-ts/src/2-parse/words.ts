/**
 * The words of a program, each once: names and keywords, found by their characters.
 *
 * A program says the same few hundred words thousands of times. The lexer asks here for the word that stands at a
 * place, and a word it has met before is found by comparing characters, without a new string being cut out: every later
 * table of names then meets strings that it knows by identity, and whose hash it need not compute again.
 */
import { isNamePart } from '../1-preprocess/macro-tokens.ts';
import { KEYWORDS, numberOfKind } from './tokens.ts';

const IDENTIFIER = numberOfKind('identifier');

/**
 * See the top of the file. A hash table with linear probing: its size is a power of two, and at most half of it is in
 * use.
 */
export class Words {
  /** Number of the word found last. */
  number = 0;
  /** Number of its kind: of the keyword, or of `identifier`. */
  kind = IDENTIFIER;
  /** Offset behind the word found last. */
  end = 0;
  private slots = new Int32Array(2048);
  /** The words by number, from 1 on; keywords come first. */
  private readonly words: string[] = [''];
  private readonly hashes: number[] = [0];

  constructor() {
    for (const keyword of KEYWORDS) this.find(keyword, 0);
  }

  /** Finds the word that starts at that place, which must be the start of a name. */
  find(text: string, start: number): void {
    let hash = 0;
    let end = start;
    for (let code = text.charCodeAt(end); isNamePart(code); code = text.charCodeAt(end)) {
      hash = (Math.imul(hash, 31) + code) | 0;
      end += 1;
    }
    this.end = end;
    const mask = this.slots.length - 1;
    let at = hash & mask;
    for (let index = this.slots[at]!; index !== 0; index = this.slots[at]!) {
      if (this.hashes[index] === hash && isAt(this.words[index]!, text, start, end)) {
        this.take(index);
        return;
      }
      at = (at + 1) & mask;
    }
    const index = this.words.length;
    this.slots[at] = index;
    this.words.push(text.slice(start, end));
    this.hashes.push(hash);
    this.take(index);
    if (2 * index > mask) this.grow();
  }

  /** The word of that number; empty for 0. */
  text(number: number): string {
    return this.words[number]!;
  }

  private take(number: number): void {
    this.number = number;
    this.kind = number <= KEYWORDS.length ? number - 1 : IDENTIFIER;
  }

  private grow(): void {
    const slots = new Int32Array(2 * this.slots.length);
    const mask = slots.length - 1;
    for (let index = 1; index < this.words.length; index++) {
      let at = this.hashes[index]! & mask;
      while (slots[at] !== 0) at = (at + 1) & mask;
      slots[at] = index;
    }
    this.slots = slots;
  }
}

function isAt(word: string, text: string, start: number, end: number): boolean {
  if (word.length !== end - start) return false;
  for (let at = 0; at < word.length; at++) if (word.charCodeAt(at) !== text.charCodeAt(start + at)) return false;
  return true;
}
