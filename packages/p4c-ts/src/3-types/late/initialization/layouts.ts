// How the scalars inside a value are numbered: one after another, in the order of the parts, so that all those inside a
// part are a range of numbers. Nothing need be made or listed for the hundreds of fields of metadata that nobody names,
// then.

import { isStructure, type Type } from '../../types.ts';

/** Stacks above this size are not followed element by element. */
const GREATEST_STACK = 64;

/** Of larger values only so many parts are followed; the others count as written. */
export const MOST_PARTS = 10_000;

/** The numbers of the scalars inside a value, from 0. */
export interface Layout {
  /** Number of scalars that are followed. */
  readonly scalars: number;
  /** By position of each part that is followed: the number of its first scalar. */
  readonly starts: readonly number[];
}

const SCALAR: Layout = { scalars: 1, starts: [] };
const NOTHING: Layout = { scalars: 0, starts: [] };

/** Layouts of types, each made once. */
export class Layouts {
  private readonly known = new Map<Type, Layout>();

  /** The type's layout. */
  of(type: Type): Layout {
    if (isScalar(type)) return SCALAR;
    let layout = this.known.get(type);
    if (layout === undefined) {
      layout = this.make(type);
      this.known.set(type, layout);
    }
    return layout;
  }

  private make(type: Type): Layout {
    // Writing one member of a union takes the value of the others away: their scalars are not followed.
    if (type.kind === 'header_union') return NOTHING;
    const starts: number[] = [];
    let scalars = 0;
    for (let at = 0; at < partCount(type); at++) {
      starts.push(scalars);
      scalars = Math.min(MOST_PARTS, scalars + this.of(partType(type, at)).scalars);
    }
    return { scalars, starts };
  }
}

export function isScalar(type: Type): boolean {
  return type.kind !== 'stack' && type.kind !== 'tuple' && !isStructure(type);
}

/** Number of the parts that are followed one by one. */
export function partCount(type: Type): number {
  if (type.kind === 'stack') return type.size > GREATEST_STACK ? 0 : type.size;
  if (type.kind === 'tuple') return type.components.length;
  return isStructure(type) ? type.fields.length : 0;
}

/** Type of the part at that position. */
export function partType(type: Type, position: number): Type {
  if (type.kind === 'stack') return type.element;
  if (type.kind === 'tuple') return type.components[position]!;
  return isStructure(type) ? type.fields[position]!.type : type;
}
