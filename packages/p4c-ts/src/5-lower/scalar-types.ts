/**
 * Types of values that fit into one field: all that expressions of the intermediate representation can have.
 */

/** Type of a value that fits into one field. Widths in bits. `error` is stored in 32 bits, `bool` in one. */
export type ScalarType =
  | { readonly kind: 'bits'; readonly width: number; readonly signed: boolean }
  | { readonly kind: 'bool' }
  | { readonly kind: 'error' }
  | { readonly kind: 'varbit'; readonly maxWidth: number };

export const BOOL: ScalarType = { kind: 'bool' };

export const ERROR: ScalarType = { kind: 'error' };

const bitsCache = new Map<number, ScalarType>();

/** `bit<width>` or `int<width>`; the same object for the same arguments. */
export function bitsType(width: number, signed = false): ScalarType {
  const key = signed ? -1 - width : width;
  let type = bitsCache.get(key);
  if (type === undefined) bitsCache.set(key, (type = { kind: 'bits', width, signed }));
  return type;
}

/** Bits that a value of the type takes in storage; for a varbit its greatest width. */
export function widthOf(type: ScalarType): number {
  switch (type.kind) {
    case 'bits':
      return type.width;
    case 'bool':
      return 1;
    case 'error':
      return 32;
    case 'varbit':
      return type.maxWidth;
  }
}

/** True for `int<W>`. */
export function isSigned(type: ScalarType): boolean {
  return type.kind === 'bits' && type.signed;
}
