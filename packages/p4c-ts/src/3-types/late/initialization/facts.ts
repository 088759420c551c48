// What is known at a point of the program about storage: which scalars have surely been given a value, and which
// headers are valid, invalid, or may be either.
//
// How: scalars and headers have numbers (see places.ts), facts are sets of numbers (see bit-sets.ts), and where paths
// meet, `join` keeps what holds on both. What is the rule is what takes no room: everything has a value, headers are
// valid.

import {
  areEqual,
  type BitSet,
  countIn,
  difference,
  EMPTY_SET,
  excluding,
  excludingRange,
  has,
  including,
  includingRange,
  intersection,
  isEmpty,
  union,
} from './bit-sets.ts';
import type { Place } from './places.ts';

/** Validity of a header as far as known. */
export type Validity = 'yes' | 'no' | 'maybe';

/** The headers asked for at a point, see `Facts.askedSoFar`. */
export type Asked = BitSet;

/** Facts at one point. Mutable while a straight line of code is followed; cloned where paths part. */
export class Facts {
  /** Scalars without a sure value; all others have one, or are not followed. */
  private undefinedScalars: BitSet;
  /** Headers that are not valid, or may not be. */
  private notValid: BitSet;
  /** Those of them that may be valid after all. */
  private uncertain: BitSet;
  /** Headers whose validity the program has asked for: it knows what it does. */
  private asked: Asked;
  /** Nothing gets here. */
  unreachable: boolean;

  constructor(other?: Facts) {
    this.undefinedScalars = other?.undefinedScalars ?? EMPTY_SET;
    this.notValid = other?.notValid ?? EMPTY_SET;
    this.uncertain = other?.uncertain ?? EMPTY_SET;
    this.asked = other?.asked ?? EMPTY_SET;
    this.unreachable = other?.unreachable ?? false;
  }

  /** True where everything has a value and is valid, as far as followed. */
  get isAllDefined(): boolean {
    return isEmpty(this.notValid) && this.haveAllValues;
  }

  /** True where every scalar has a value, as far as followed. */
  get haveAllValues(): boolean {
    return isEmpty(this.undefinedScalars);
  }

  /** True if the program has asked for the validity of some header. */
  get hasAsked(): boolean {
    return !isEmpty(this.asked);
  }

  /** How many of the scalars inside may lack a value. */
  lackingIn(place: Place): number {
    return countIn(this.undefinedScalars, place.scalars);
  }

  /** As `lackingIn`, without those that are inside headers: they are a matter of the header's validity. */
  lackingOutsideHeadersOf(place: Place): number {
    let lacking = this.lackingIn(place);
    if (lacking > 0) for (const header of place.headers) lacking -= this.lackingIn(header);
    return lacking;
  }

  /** Validity of a header; what is not followed, or is no header, counts as valid. */
  validityOf(place: Place): Validity {
    if (place.type.kind !== 'header' || !has(this.notValid, place.number)) return 'yes';
    return has(this.uncertain, place.number) ? 'maybe' : 'no';
  }

  /** Sets the validity of a header. */
  setValidity(header: Place, validity: Validity): void {
    const { number } = header;
    this.notValid = (validity === 'yes' ? excluding : including)(this.notValid, number);
    this.uncertain = (validity === 'maybe' ? including : excluding)(this.uncertain, number);
  }

  /** Whether the program has asked for the header's validity. */
  wasAsked(header: Place): boolean {
    return has(this.asked, header.number);
  }

  /** The program asks for the header's validity. */
  ask(header: Place): void {
    this.asked = including(this.asked, header.number);
  }

  /** What the program asked does not count any longer. */
  forgetAsked(header: Place): void {
    if (this.wasAsked(header)) this.asked = excluding(this.asked, header.number);
  }

  /** The headers asked for up to here. */
  askedSoFar(): Asked {
    return this.asked;
  }

  /** Leaves only those headers asked for that were so `before`. */
  restoreAsked(before: Asked): void {
    this.asked = intersection(this.asked, before);
  }

  /** A copy that changes on its own. */
  clone(): Facts {
    return new Facts(this);
  }

  /** What holds whichever of the two paths was taken. */
  join(other: Facts): Facts {
    if (this.unreachable) return other.clone();
    const result = this.clone();
    if (other.unreachable) return result;
    result.undefinedScalars = union(this.undefinedScalars, other.undefinedScalars);
    result.notValid = union(this.notValid, other.notValid);
    const differing = difference(this.notValid, other.notValid);
    result.uncertain = union(union(this.uncertain, other.uncertain), differing);
    result.restoreAsked(other.asked);
    return result;
  }

  /** Whether two points know the same. */
  equals(other: Facts): boolean {
    return (
      this.unreachable === other.unreachable &&
      areEqual(this.undefinedScalars, other.undefinedScalars) &&
      areEqual(this.notValid, other.notValid) &&
      areEqual(this.uncertain, other.uncertain)
    );
  }

  /** A new variable without a value: nothing defined, headers invalid. */
  declare(place: Place): void {
    this.undefinedScalars = includingRange(this.undefinedScalars, place.scalars);
    for (const header of place.headers) this.setValidity(header, 'no');
  }

  /** Everything inside was written; headers become `validity`. */
  write(place: Place, validity: Validity = 'yes'): void {
    this.writeScalars(place);
    for (const header of place.headers) {
      this.setValidity(header, validity);
      this.forgetAsked(header);
    }
  }

  /** As `write`, but headers stay as they are. */
  writeScalars(place: Place): void {
    if (!this.haveAllValues) this.undefinedScalars = excludingRange(this.undefinedScalars, place.scalars);
  }
}
