// What is known at a point of the program about storage: which scalars have surely been given a value, and which headers
// are valid, invalid, or may be either.
//
// How: every scalar and every header has a key, the number of its variable's declaration followed by its fields
// ("12.h.f", "12.hs[2]"). Facts are two small maps over keys; where paths meet, `join` keeps what holds on both.

import { isStructure, type Type } from '../../types.ts';

/** Validity of a header as far as known. */
export type Validity = 'yes' | 'no' | 'maybe';

/** Stacks above this size are not followed element by element. */
const GREATEST_STACK = 64;

/** Of larger values only so many parts are followed; the others count as written. */
const MOST_KEYS = 10_000;

/** Keys below `prefix` for a value of the type: scalars, and headers apart. */
export interface Keys {
  readonly scalars: string[];
  readonly headers: string[];
}

/** Lists the keys of everything inside a value of the type. */
export function keysOf(type: Type, prefix: string, keys: Keys = { scalars: [], headers: [] }): Keys {
  if (keys.scalars.length + keys.headers.length >= MOST_KEYS) return keys;
  if (type.kind === 'stack') {
    if (type.size > GREATEST_STACK) return keys;
    for (let i = 0; i < type.size; i++) keysOf(type.element, `${prefix}[${i}]`, keys);
  } else if (isStructure(type)) {
    if (type.kind === 'header') keys.headers.push(prefix);
    // Writing one member of a union takes the value of the others away: their scalars are not followed.
    const inner = type.kind === 'header_union' ? { scalars: [], headers: keys.headers } : keys;
    for (const field of type.fields) keysOf(field.type, `${prefix}.${field.name}`, inner);
  } else if (type.kind === 'tuple') {
    type.components.forEach((component, index) => {
      keysOf(component, `${prefix}[${index}]`, keys);
    });
  } else keys.scalars.push(prefix);
  return keys;
}

/**
 * Facts at one point. Mutable while a straight line of code is followed; cloned where paths part. A clone shares its
 * collections with the original until one of the two changes: most paths change nothing, and there are many.
 */
export class Facts {
  /** Scalars without a sure value; all others have one, or are not followed. */
  private undefinedScalars: ReadonlySet<string>;
  private notValid: ReadonlyMap<string, Validity>;
  /** Headers whose validity the program has asked for: it knows what it does. */
  private asked: ReadonlySet<string>;
  /** The collections that nobody else holds, so that they may be changed. */
  private readonly own = new Set<unknown>();
  /** Nothing gets here. */
  unreachable: boolean;

  constructor(other?: Facts) {
    this.undefinedScalars = other?.undefinedScalars ?? NO_KEYS;
    this.notValid = other?.notValid ?? NO_VALIDITY;
    this.asked = other?.asked ?? NO_KEYS;
    this.unreachable = other?.unreachable ?? false;
    other?.own.clear();
  }

  /** True where everything has a value and is valid, as far as followed. */
  get isAllDefined(): boolean {
    return this.undefinedScalars.size === 0 && this.notValid.size === 0;
  }

  /** True if the program has asked for the validity of some header. */
  get hasAsked(): boolean {
    return this.asked.size > 0;
  }

  /** True if the scalar may lack a value. */
  isUndefined(key: string): boolean {
    return this.undefinedScalars.has(key);
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

  /** Leaves only those headers asked for that were so in `before`. */
  restoreAsked(before: Facts): void {
    if (this.asked === before.asked) return;
    for (const key of [...this.asked]) if (!before.asked.has(key)) this.ownAsked().delete(key);
  }

  /** A copy that changes on its own. */
  clone(): Facts {
    this.own.clear();
    return new Facts(this);
  }

  /** What holds whichever of the two paths was taken. */
  join(other: Facts): Facts {
    if (this.unreachable) return other.clone();
    const result = this.clone();
    if (other.unreachable) return result;
    if (other.undefinedScalars !== result.undefinedScalars) {
      for (const key of other.undefinedScalars) result.addUndefined(key);
    }
    if (other.notValid !== result.notValid) {
      for (const key of this.notValid.keys()) if (!other.notValid.has(key)) result.setValidity(key, 'maybe');
      for (const [key, value] of other.notValid) {
        if (this.notValid.get(key) !== value) result.setValidity(key, 'maybe');
      }
    }
    result.restoreAsked(other);
    return result;
  }

  /** Whether two points know the same. */
  equals(other: Facts): boolean {
    if (this.undefinedScalars.size !== other.undefinedScalars.size || this.notValid.size !== other.notValid.size)
      return false;
    for (const key of this.undefinedScalars) if (!other.undefinedScalars.has(key)) return false;
    for (const [key, value] of this.notValid) if (other.notValid.get(key) !== value) return false;
    return this.unreachable === other.unreachable;
  }

  /** A new variable without a value: nothing defined, headers invalid. */
  declare(keys: Keys): void {
    for (const key of keys.scalars) this.addUndefined(key);
    for (const key of keys.headers) this.setValidity(key, 'no');
  }

  /** Everything inside was written; headers become `validity`. */
  write(keys: Keys, validity: Validity = 'yes'): void {
    if (this.undefinedScalars.size > 0) {
      for (const key of keys.scalars) if (this.undefinedScalars.has(key)) this.ownUndefined().delete(key);
    }
    for (const key of keys.headers) {
      this.setValidity(key, validity);
      this.forgetAsked(key);
    }
  }

  private addUndefined(key: string): void {
    if (!this.undefinedScalars.has(key)) this.ownUndefined().add(key);
  }

  private ownUndefined(): Set<string> {
    if (!this.own.has(this.undefinedScalars)) this.own.add((this.undefinedScalars = new Set(this.undefinedScalars)));
    return this.undefinedScalars as Set<string>;
  }

  private ownNotValid(): Map<string, Validity> {
    if (!this.own.has(this.notValid)) this.own.add((this.notValid = new Map(this.notValid)));
    return this.notValid as Map<string, Validity>;
  }

  private ownAsked(): Set<string> {
    if (!this.own.has(this.asked)) this.own.add((this.asked = new Set(this.asked)));
    return this.asked as Set<string>;
  }
}

const NO_KEYS: ReadonlySet<string> = new Set();
const NO_VALIDITY: ReadonlyMap<string, Validity> = new Map();
