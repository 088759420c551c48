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

/** Keys below `prefix` for a value of the type: scalars, and headers apart. */
export interface Keys {
  readonly scalars: string[];
  readonly headers: string[];
}

/** Lists the keys of everything inside a value of the type. */
export function keysOf(type: Type, prefix: string, keys: Keys = { scalars: [], headers: [] }): Keys {
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

/** Facts at one point. Mutable while a straight line of code is followed; cloned where paths part. */
export class Facts {
  /** Scalars without a sure value; all others have one, or are not followed. */
  readonly undefinedScalars: Set<string>;
  private readonly notValid: Map<string, Validity>;
  /** Headers whose validity the program has asked for: it knows what it does. */
  readonly asked: Set<string>;
  /** Nothing gets here. */
  unreachable: boolean;

  constructor(other?: Facts) {
    this.undefinedScalars = new Set(other?.undefinedScalars);
    this.notValid = new Map(other?.notValid);
    this.asked = new Set(other?.asked);
    this.unreachable = other?.unreachable ?? false;
  }

  /** Validity of a header; one that is not followed counts as valid. */
  validityOf(key: string): Validity {
    return this.notValid.get(key) ?? 'yes';
  }

  /** Sets it. Valid headers, the most frequent, take no room. */
  setValidity(key: string, validity: Validity): void {
    if (validity === 'yes') this.notValid.delete(key);
    else this.notValid.set(key, validity);
  }

  /** A copy that changes on its own. */
  clone(): Facts {
    return new Facts(this);
  }

  /** Takes over all of another's facts. */
  become(other: Facts): void {
    this.undefinedScalars.clear();
    for (const key of other.undefinedScalars) this.undefinedScalars.add(key);
    this.notValid.clear();
    for (const [key, value] of other.notValid) this.notValid.set(key, value);
    this.asked.clear();
    for (const key of other.asked) this.asked.add(key);
    this.unreachable = other.unreachable;
  }

  /** What holds whichever of the two paths was taken. */
  join(other: Facts): Facts {
    if (this.unreachable) return other.clone();
    const result = this.clone();
    if (other.unreachable) return result;
    for (const key of other.undefinedScalars) result.undefinedScalars.add(key);
    for (const key of this.notValid.keys()) if (!other.notValid.has(key)) result.notValid.set(key, 'maybe');
    for (const [key, value] of other.notValid) if (this.notValid.get(key) !== value) result.notValid.set(key, 'maybe');
    for (const key of result.asked) if (!other.asked.has(key)) result.asked.delete(key);
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
    for (const key of keys.scalars) this.undefinedScalars.add(key);
    for (const key of keys.headers) this.notValid.set(key, 'no');
  }

  /** Everything inside was written; headers become `validity`. */
  write(keys: Keys, validity: Validity = 'yes'): void {
    for (const key of keys.scalars) this.undefinedScalars.delete(key);
    for (const key of keys.headers) {
      this.setValidity(key, validity);
      this.asked.delete(key);
    }
  }
}
