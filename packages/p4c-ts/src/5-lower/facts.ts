/**
 * What is known about places at one point of a graph: their value as an expression over other places.
 *
 * A fact holds until something it mentions is written: its place, or a place that its value reads. Looking for such facts
 * at each write costs as much as there are facts, and there are hundreds; so a write only notes its time, and a fact is
 * found stale when it is looked up. What was noted inside a block is taken back when the walk leaves the part of the
 * graph that begins with it (`mark`, `rollBack`), so nothing is copied where control branches either.
 */

import type { Expression, HeaderField, HeaderInstance, Place } from './ir.ts';
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

interface Fact {
  readonly value: Expression;
  readonly since: number;
}

/** Stands for the validity of all headers, and for everything, where times of writes are kept. */
const VALIDITY = Symbol('validity');
const EVERYTHING = Symbol('everything');

/** See the top of the file. Times are counted in writes. */
export class Facts {
  private now = 0;
  /** By the key of the place (`keyOf`). */
  private readonly known = new Map<unknown, Fact | undefined>();
  /** When something was written last: by key of a place, header, position of a field in any header, or a symbol above. */
  private readonly writtenAt = new Map<unknown, number | undefined>();
  private readonly fieldKeys = new Map<HeaderInstance, Map<HeaderField, Place>>();
  private readonly trail: { readonly map: Map<unknown, unknown>; readonly key: unknown; readonly before: unknown }[] =
    [];

  /** The value of the place, if it is known. */
  valueOf(place: Place): Expression | undefined {
    if (!isExactPlace(place)) return undefined;
    const fact = this.known.get(this.keyOf(place));
    if (fact === undefined || this.timeOf(EVERYTHING) > fact.since) return undefined;
    if (this.wasWritten(place, fact.since)) return undefined;
    const isStale = someExpression(fact.value, (inner) => {
      if (inner.kind === 'read') return this.wasWritten(inner.place, fact.since);
      return (inner.kind === 'is-valid' || inner.kind === 'is-valid-union') && this.timeOf(VALIDITY) > fact.since;
    });
    return isStale ? undefined : fact.value;
  }

  /** From now on the place, an exact one, has that value. All places that the value reads are exact. */
  learn(place: Place, value: Expression): void {
    this.note(this.known, this.keyOf(place), { value, since: this.now });
  }

  /** The place was written. */
  write(place: Place): void {
    if (isExactPlace(place)) this.noteTime(this.keyOf(place));
    else if (place.kind === 'field') this.noteTime(place.field.index);
  }

  /** The headers were written as a whole, or their validity changed, and with it that of others perhaps. */
  writeHeaders(instances: readonly HeaderInstance[]): void {
    for (const instance of instances) this.noteTime(instance);
    this.noteTime(VALIDITY);
  }

  /** Anything may have been written. */
  writeEverything(): void {
    this.noteTime(EVERYTHING);
  }

  /** The present state, for `rollBack`. */
  mark(): number {
    return this.trail.length;
  }

  /** Back to the state at that mark. */
  rollBack(mark: number): void {
    while (this.trail.length > mark) {
      const { map, key, before } = this.trail.pop()!;
      map.set(key, before);
    }
  }

  private wasWritten(place: Place, since: number): boolean {
    if (this.timeOf(this.keyOf(place)) > since) return true;
    if (place.kind === 'variable') return false;
    if (this.timeOf(place.field.index) > since) return true;
    return place.header.kind === 'instance' && this.timeOf(place.header.instance) > since;
  }

  private timeOf(key: unknown): number {
    return this.writtenAt.get(key) ?? 0;
  }

  private noteTime(key: unknown): void {
    this.now += 1;
    this.note(this.writtenAt, key, this.now);
  }

  private note(map: Map<unknown, unknown>, key: unknown, value: unknown): void {
    this.trail.push({ map, key, before: map.get(key) });
    map.set(key, value);
  }

  /** One object for each exact place. */
  private keyOf(place: Place): unknown {
    if (place.kind === 'variable') return place.variable;
    if (place.header.kind !== 'instance') return place;
    const { instance } = place.header;
    let fields = this.fieldKeys.get(instance);
    if (fields === undefined) this.fieldKeys.set(instance, (fields = new Map()));
    const key = fields.get(place.field);
    if (key !== undefined) return key;
    fields.set(place.field, place);
    return place;
  }
}
