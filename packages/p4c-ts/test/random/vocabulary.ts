/**
 * What generated programs are made of: types, the fields of their headers and metadata, and how variables and callables are noted
 * down while a program grows. The fields are chosen so that every width class occurs (below, at and above bytes and 32 bits,
 * signed and unsigned), and stay the same in all programs, so that a difference in a packet can be read.
 */

/** The types that programs use. */
export type Type =
  | { readonly kind: 'bits'; readonly width: number; readonly signed: boolean }
  | { readonly kind: 'bool' };

/** `bit<width>`, or `int<width>`. */
export const bits = (width: number, signed = false): Type => ({ kind: 'bits', width, signed });
export const BOOL: Type = { kind: 'bool' };

/** A type as P4 writes it. */
export function print(type: Type): string {
  return type.kind === 'bool' ? 'bool' : `${type.signed ? 'int' : 'bit'}<${type.width}>`;
}

/** Whether two types are one. */
export function same(a: Type, b: Type): boolean {
  return print(a) === print(b);
}

/** A name that expressions may use. */
export interface Variable {
  readonly text: string;
  readonly type: Type;
  readonly writable: boolean;
}

/** A function or action that may be called. */
export interface Callable {
  readonly name: string;
  readonly parameters: readonly { readonly direction: 'in' | 'inout' | 'out'; readonly type: Type }[];
  readonly result: Type | undefined;
}

/** Fields of the header `h`. */
export const FIELDS: readonly { name: string; type: Type }[] = [
  { name: 'a', type: bits(8) },
  { name: 'b', type: bits(8) },
  { name: 'c', type: bits(16) },
  { name: 'd', type: bits(32) },
  { name: 'e', type: bits(4) },
  { name: 'f', type: bits(3) },
  { name: 'g', type: bits(1) },
  { name: 'x', type: bits(8, true) },
  { name: 'y', type: bits(16, true) },
  { name: 'w', type: bits(48) },
];
/** Bytes of the header `h`, of `k`, and of one element of the stack `s`. */
export const HEADER_BYTES = 18;
export const OPTIONAL_BYTES = 3;
/** The metadata, which the packet carries in and out in the header `dump`. */
export const METADATA: readonly { name: string; type: Type }[] = [
  { name: 'm', type: bits(8) },
  { name: 'n', type: bits(16) },
  { name: 'p', type: BOOL },
  { name: 'q', type: bits(12, true) },
  { name: 'r', type: bits(16, true) },
];
/** Bytes of the packet that the program reads; more are payload. */
export const PACKET_BYTES = HEADER_BYTES + 8 + 3 + OPTIONAL_BYTES;
