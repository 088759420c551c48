/**
 * What is known about places at one point of a graph: their value as an expression over other places.
 *
 * A fact holds until something it mentions is written: its place, or a place that its value reads. Looking for such
 * facts at each write costs as much as there are facts, and there are hundreds; so a write only notes its time, and a
 * fact is found stale when it is looked up. What was noted inside a block is taken back when the walk leaves the part
 * of the graph that begins with it (`mark`, `rollBack`), so nothing is copied where control branches either.
 *
 * Whatever can be written has a number, given when it is met first; what was written last is an array by these numbers,
 * because the questions about it are the most frequent ones of the whole pass.
 */

import { InternalError } from '../diagnostics/diagnostic.ts';
import type { Expression, HeaderInstance, Place } from './ir.ts';
import { someExpression } from './traversal.ts';

/** A place whose header is known: what facts are about. */
export function isExactPlace(place: Place): boolean {
  return place.kind === 'variable' || place.header.kind === 'instance';
}

/** True when writing one of the places may change the other. */
export function mayBeSame(a: Place, b: Place): boolean {
  if (a.kind === 'variable' || b.kind === 'variable') {
    return a.kind === 'variable' && b.kind === 'variable' && a.variable === b.variable;
  }
  if (a.field.index !== b.field.index) return false;
  if (a.header.kind === 'instance' && b.header.kind === 'instance') return a.header.instance === b.header.instance;
  return true;
}

/** The last write to something. */
interface Write {
  /** Counted in writes. */
  readonly time: number;
  /** What the place has been since then; undefined where that is not known, or where this is no single place. */
  readonly value: Expression | undefined;
}

/** Numbers of the validity of all headers, and of everything. */
const VALIDITY = 0;
const EVERYTHING = 1;
const FIRST_VARIABLE = 2;

/** See the top of the file. */
export class Facts {
  private now = 0;
  /** Variables have the numbers behind the first two, in order of their ids; the other numbers follow. */
  private numbers: number;
  /** Number of a header as a whole; its fields have those that follow, in order. */
  private readonly numberOfHeader = new Map<HeaderInstance, number>();
  /** By position: the number of the fields at that position in whatever header. */
  private readonly numberOfFields: (number | undefined)[] = [];
  private readonly lastWrite: (Write | undefined)[] = [];
  /** What was written, in order, and what `lastWrite` said before. */
  private readonly trail: number[] = [];
  private readonly trailBefore: (Write | undefined)[] = [];

  /** For a program with that many variables. */
  constructor(variables: number) {
    this.numbers = FIRST_VARIABLE + variables;
  }

  /** The value of the place, if it is known. */
  valueOf(place: Place): Expression | undefined {
    if (!isExactPlace(place)) return undefined;
    const write = this.lastWrite[this.numberOf(place)];
    if (write?.value === undefined || this.timeOf(EVERYTHING) > write.time) return undefined;
    if (this.wasWritten(place, write.time) || this.isStale(write.value, write.time)) return undefined;
    return write.value;
  }

  /** The place was written. `value`: what an exact place is from now on; all places that it reads are exact. */
  write(place: Place, value?: Expression): void {
    if (isExactPlace(place)) this.note(this.numberOf(place), value);
    else if (place.kind === 'field') {
      const { index } = place.field;
      this.numberOfFields[index] ??= this.numbers++;
      this.note(this.numberOfFields[index]);
    }
  }

  /** The headers were written as a whole, or their validity changed, and with it that of others perhaps. */
  writeHeaders(instances: readonly HeaderInstance[]): void {
    for (const instance of instances) this.note(this.numberOfInstance(instance));
    this.note(VALIDITY);
  }

  /** Anything may have been written. */
  writeEverything(): void {
    this.note(EVERYTHING);
  }

  /** The present state, for `rollBack`. */
  mark(): number {
    return this.trail.length;
  }

  /** Back to the state at that mark. */
  rollBack(mark: number): void {
    while (this.trail.length > mark) this.lastWrite[this.trail.pop()!] = this.trailBefore.pop();
  }

  /** Whether something that the value reads was written after that time. */
  private isStale(value: Expression, since: number): boolean {
    if (value.kind === 'constant' || value.kind === 'parameter') return false;
    if (value.kind === 'read') return this.wasWritten(value.place, since);
    return someExpression(value, (inner) => {
      if (inner.kind === 'read') return this.wasWritten(inner.place, since);
      return (inner.kind === 'is-valid' || inner.kind === 'is-valid-union') && this.timeOf(VALIDITY) > since;
    });
  }

  private wasWritten(place: Place, since: number): boolean {
    if (place.kind === 'variable') return this.timeOf(this.numberOf(place)) > since;
    const ofFields = this.numberOfFields[place.field.index];
    if (ofFields !== undefined && this.timeOf(ofFields) > since) return true;
    if (place.header.kind !== 'instance') return false;
    const header = this.numberOfInstance(place.header.instance);
    return this.timeOf(header) > since || this.timeOf(header + 1 + place.field.index) > since;
  }

  private timeOf(number: number): number {
    return this.lastWrite[number]?.time ?? 0;
  }

  private note(number: number, value?: Expression): void {
    this.now += 1;
    this.trail.push(number);
    this.trailBefore.push(this.lastWrite[number]);
    this.lastWrite[number] = { time: this.now, value };
  }

  /** Number of an exact place. */
  private numberOf(place: Place): number {
    if (place.kind === 'field') {
      if (place.header.kind !== 'instance') throw new InternalError(`a field of ${place.header.kind} has no number`);
      return this.numberOfInstance(place.header.instance) + 1 + place.field.index;
    }
    return FIRST_VARIABLE + place.variable.id;
  }

  private numberOfInstance(instance: HeaderInstance): number {
    let number = this.numberOfHeader.get(instance);
    if (number === undefined) {
      number = this.numbers;
      this.numbers += 1 + instance.type.fields.length;
      this.numberOfHeader.set(instance, number);
    }
    return number;
  }
}
