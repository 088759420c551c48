// What is known at a point of the program about storage: which scalars have surely been given a value, and which headers
// are valid, invalid, or may be either.
//
// How: every scalar and every header has a key, the number of its variable's declaration followed by its fields
// ("12.h.f", "12.hs[2]"). Facts are a small map over the keys of headers and, because there are many more scalars, a set of bits for those,
// which are numbered for it; where paths meet, `join` keeps what holds on both.

import { isStructure, type Type } from '../../types.ts';

/** Validity of a header as far as known. */
export type Validity = 'yes' | 'no' | 'maybe';

/** Stacks above this size are not followed element by element. */
const GREATEST_STACK = 64;

/** Of larger values only so many parts are followed; the others count as written. */
const MOST_KEYS = 10_000;

/** What is inside a place: its scalars, by number, and its headers, by key. */
export interface Keys {
  readonly scalars: readonly number[];
  /** Those of the scalars that are in no header of the place. */
  readonly outsideHeaders: readonly number[];
  readonly headers: readonly string[];
}

/** Numbers of scalars by key, given out in the order in which they are met. */
export type ScalarNumbers = Map<string, number>;

/** Keys that are being listed. */
type CollectedKeys = { readonly [Part in keyof Keys]: Keys[Part][number][] };

/** Lists everything inside a value of the type whose key is `prefix`. */
export function keysOf(type: Type, prefix: string, numbers: ScalarNumbers): Keys {
  if (type.kind !== 'stack' && type.kind !== 'tuple' && !isStructure(type)) {
    const scalars = [numberOf(prefix, numbers)];
    return { scalars, outsideHeaders: scalars, headers: NO_HEADERS };
  }
  const keys: CollectedKeys = { scalars: [], outsideHeaders: [], headers: [] };
  collectKeys(type, prefix, numbers, keys, false);
  return keys;
}

function collectKeys(
  type: Type,
  prefix: string,
  numbers: ScalarNumbers,
  keys: CollectedKeys,
  isInHeader: boolean,
): void {
  if (keys.scalars.length + keys.headers.length >= MOST_KEYS) return;
  if (type.kind === 'stack') {
    if (type.size > GREATEST_STACK) return;
    for (let i = 0; i < type.size; i++) collectKeys(type.element, `${prefix}[${i}]`, numbers, keys, isInHeader);
  } else if (isStructure(type)) {
    if (type.kind === 'header') keys.headers.push(prefix);
    // Writing one member of a union takes the value of the others away: their scalars are not followed.
    const inner = type.kind === 'header_union' ? { scalars: [], outsideHeaders: [], headers: keys.headers } : keys;
    const isInside = isInHeader || type.kind === 'header';
    for (const field of type.fields) collectKeys(field.type, `${prefix}.${field.name}`, numbers, inner, isInside);
  } else if (type.kind === 'tuple') {
    type.components.forEach((component, index) => {
      collectKeys(component, `${prefix}[${index}]`, numbers, keys, isInHeader);
    });
  } else {
    const number = numberOf(prefix, numbers);
    keys.scalars.push(number);
    if (!isInHeader) keys.outsideHeaders.push(number);
  }
}

function numberOf(key: string, numbers: ScalarNumbers): number {
  let number = numbers.get(key);
  if (number === undefined) numbers.set(key, (number = numbers.size));
  return number;
}

/** The headers asked for at a point, see `Facts.askedSoFar`. */
export type Asked = ReadonlySet<string>;

/**
 * Facts at one point. Mutable while a straight line of code is followed; cloned where paths part. A clone shares its
 * collections with the original until one of the two changes: most paths change nothing, and there are many.
 */
export class Facts {
  /** Scalars without a sure value, 32 to a word by their numbers; all others have one, or are not followed. */
  private undefinedScalars: readonly number[];
  private notValid: ReadonlyMap<string, Validity>;
  /** Headers whose validity the program has asked for: it knows what it does. */
  private asked: Asked;
  /** Whether nobody else holds the collection, so that it may be changed. */
  private ownsUndefined = false;
  private ownsNotValid = false;
  private ownsAsked = false;
  /** Nothing gets here. */
  unreachable: boolean;

  constructor(other?: Facts) {
    this.undefinedScalars = other?.undefinedScalars ?? NO_SCALARS;
    this.notValid = other?.notValid ?? NO_VALIDITY;
    this.asked = other?.asked ?? NO_KEYS;
    this.unreachable = other?.unreachable ?? false;
  }

  /** True where everything has a value and is valid, as far as followed. */
  get isAllDefined(): boolean {
    return this.notValid.size === 0 && !this.lacksSome;
  }

  private get lacksSome(): boolean {
    const words = this.undefinedScalars;
    for (let i = 0; i < words.length; i++) if (words[i] !== 0) return true;
    return false;
  }

  /** True if the program has asked for the validity of some header. */
  get hasAsked(): boolean {
    return this.asked.size > 0;
  }

  /** True if the scalar may lack a value. */
  isUndefined(scalar: number): boolean {
    return ((this.undefinedScalars[scalar >> 5] ?? 0) & (1 << (scalar & 31))) !== 0;
  }

  /** Validity of a header; one that is not followed counts as valid. */
  validityOf(key: string): Validity {
    return this.notValid.get(key) ?? 'yes';
  }

  /** Sets it. Valid headers, the most frequent, take no room. */
  setValidity(key: string, validity: Validity): void {
    if (this.validityOf(key) === validity) return;
    if (validity === 'yes') this.ownNotValid().delete(key);
    else this.ownNotValid().set(key, validity);
  }

  /** Whether the program has asked for the header's validity. */
  wasAsked(key: string): boolean {
    return this.asked.has(key);
  }

  /** The program asks for the header's validity. */
  ask(key: string): void {
    if (!this.asked.has(key)) this.ownAsked().add(key);
  }

  /** What the program asked does not count any longer. */
  forgetAsked(key: string): void {
    if (this.asked.has(key)) this.ownAsked().delete(key);
  }

  /** The headers asked for up to here; stays as it is when more are asked for. */
  askedSoFar(): Asked {
    this.ownsAsked = false;
    return this.asked;
  }

  /** Leaves only those headers asked for that were so `before`. */
  restoreAsked(before: Asked): void {
    if (this.asked === before) return;
    for (const key of [...this.asked]) if (!before.has(key)) this.ownAsked().delete(key);
  }

  /** A copy that changes on its own. */
  clone(): Facts {
    this.ownsUndefined = false;
    this.ownsNotValid = false;
    this.ownsAsked = false;
    return new Facts(this);
  }

  /** What holds whichever of the two paths was taken. */
  join(other: Facts): Facts {
    if (this.unreachable) return other.clone();
    const result = this.clone();
    if (other.unreachable) return result;
    if (other.undefinedScalars !== result.undefinedScalars) result.addUndefined(other.undefinedScalars);
    if (other.notValid !== result.notValid) {
      for (const key of this.notValid.keys()) if (!other.notValid.has(key)) result.setValidity(key, 'maybe');
      for (const [key, value] of other.notValid) {
        if (this.notValid.get(key) !== value) result.setValidity(key, 'maybe');
      }
    }
    result.restoreAsked(other.asked);
    return result;
  }

  /** Whether two points know the same. */
  equals(other: Facts): boolean {
    if (this.unreachable !== other.unreachable || this.notValid.size !== other.notValid.size) return false;
    const a = this.undefinedScalars;
    const b = other.undefinedScalars;
    if (a !== b) {
      const length = Math.max(a.length, b.length);
      for (let i = 0; i < length; i++) if ((a[i] ?? 0) !== (b[i] ?? 0)) return false;
    }
    if (this.notValid === other.notValid) return true;
    for (const [key, value] of this.notValid) if (other.notValid.get(key) !== value) return false;
    return true;
  }

  /** A new variable without a value: nothing defined, headers invalid. */
  declare(keys: Keys): void {
    for (const scalar of keys.scalars) {
      if (this.isUndefined(scalar)) continue;
      const words = this.ownUndefined();
      const at = scalar >> 5;
      while (words.length <= at) words.push(0);
      words[at]! |= 1 << (scalar & 31);
    }
    for (const key of keys.headers) this.setValidity(key, 'no');
  }

  /** Everything inside was written; headers become `validity`. */
  write(keys: Keys, validity: Validity = 'yes'): void {
    this.writeScalars(keys);
    for (const key of keys.headers) {
      this.setValidity(key, validity);
      this.forgetAsked(key);
    }
  }

  /** As `write`, but headers stay as they are. */
  writeScalars(keys: Keys): void {
    for (const scalar of keys.scalars) {
      if (this.isUndefined(scalar)) this.ownUndefined()[scalar >> 5]! &= ~(1 << (scalar & 31));
    }
  }

  private addUndefined(more: readonly number[]): void {
    for (let i = 0; i < more.length; i++) {
      const word = this.undefinedScalars[i] ?? 0;
      if ((word | more[i]!) === word && i < this.undefinedScalars.length) continue;
      const words = this.ownUndefined();
      if (i === words.length) words.push(more[i]!);
      else words[i] = word | more[i]!;
    }
  }

  private ownUndefined(): number[] {
    if (!this.ownsUndefined) {
      this.undefinedScalars = this.undefinedScalars.slice();
      this.ownsUndefined = true;
    }
    return this.undefinedScalars as number[];
  }

  private ownNotValid(): Map<string, Validity> {
    if (!this.ownsNotValid) {
      this.notValid = new Map(this.notValid);
      this.ownsNotValid = true;
    }
    return this.notValid as Map<string, Validity>;
  }

  private ownAsked(): Set<string> {
    if (!this.ownsAsked) {
      this.asked = new Set(this.asked);
      this.ownsAsked = true;
    }
    return this.asked as Set<string>;
  }
}

const NO_HEADERS: readonly string[] = [];
const NO_SCALARS: readonly number[] = [];
const NO_KEYS: Asked = new Set();
const NO_VALIDITY: ReadonlyMap<string, Validity> = new Map();
