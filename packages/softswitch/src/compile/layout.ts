/**
 * Where everything a packet carries lives in memory while it is processed.
 *
 * One `Int32Array`, called `F` in the generated code, holds the state of the packet at hand: registers of the switch
 * itself, validity bits, stack counters, metadata and header fields. Every access has a constant index, so V8 compiles
 * it to one memory access, nothing is allocated per packet, and a copy of the packet's state (clones, multicast) is a
 * copy of one array.
 *
 * A field of w bits takes ceil(w / 32) elements, low limb first, each a signed 32-bit pattern; the top limb has its
 * unused bits 0, except that signed fields of at most 32 bits are stored sign-extended. A variable field is stored as
 * bytes in the same memory (seen as `FB`), with its length in bits in an element of its own.
 *
 * Everything that must be 0 when a packet arrives lies together in `[resetStart, resetEnd)`. Fields of packet headers
 * lie behind it and keep their old value when a header is invalid, as they do in BMv2. Elements of a stack lie at a
 * constant distance, and each stack has one element too many, where accesses with an index out of range go.
 */
import { type FieldRef, type Program, VALID_FIELD } from '../model/types.ts';

/** Elements of `F` that belong to the switch. */
export const SLOT = {
  /** Bytes, BMv2's packet register 0: the packet's length as headers come and go. */
  length: 0,
  /** Position of the first byte of the packet that the parser has not consumed. */
  payload: 1,
  /** Position after the packet's last byte. */
  end: 2,
  ingressPort: 3,
  ingressLength: 4,
  /** Longest output in bytes, set by `truncate`. */
  truncate: 5,
  egressPort: 6,
  /** Position of the packet's first byte. */
  start: 7,
  /** From here on everything is 0 for a new packet. */
  cloneSession: 8,
  cloneList: 9,
  learn: 10,
  resubmit: 11,
  recirculate: 12,
  exit: 13,
  parserError: 14,
  checksumError: 15,
} as const;

const FIRST_FREE_SLOT = 16;

/** Where the parts of a header of some type lie, relative to the header's first element. */
export interface TypeLayout {
  /** Element of each field's low limb. For the variable field, of its first four bytes. */
  readonly fields: readonly number[];
  /** Element with the length in bits of the variable field, or -1. */
  readonly variableLength: number;
  /** Elements of the whole header. */
  readonly size: number;
  /** Bits of the fields of fixed width. */
  readonly fixedBits: number;
}

export interface Layout {
  readonly types: readonly TypeLayout[];
  /** First element of each header. */
  readonly headers: readonly number[];
  /** Element with each header's validity. */
  readonly valid: readonly number[];
  /** Element with the number of elements extracted into each stack. */
  readonly stackNext: readonly number[];
  readonly unionStackNext: readonly number[];
  readonly resetStart: number;
  readonly resetEnd: number;
  /** Elements to be set to 0 besides the reset range. */
  readonly resetExtra: readonly number[];
  readonly metadataStart: number;
  readonly metadataEnd: number;
  /** Elements in all. */
  readonly size: number;
}

/** 32-bit limbs of a field of `bitwidth` bits. */
export function limbCount(bitwidth: number): number {
  return Math.ceil(bitwidth / 32);
}

/** Lays out a program's state. */
export function makeLayout(program: Program): Layout {
  const types = program.headerTypes.map((type): TypeLayout => {
    let next = 0;
    let fixedBits = 0;
    const fields = type.fields.map((field) => {
      const at = next;
      next += field.variable ? Math.ceil(field.bitwidth / 32) : limbCount(field.bitwidth);
      if (!field.variable) fixedBits += field.bitwidth;
      return at;
    });
    const variableLength = type.variableField >= 0 ? next++ : -1;
    return { fields, variableLength, size: next, fixedBits };
  });
  const headers = new Array<number>(program.headers.length).fill(-1);
  const valid = new Array<number>(program.headers.length).fill(-1);
  let next: number = FIRST_FREE_SLOT;

  // Validity bits: stacks first, each with one spare.
  const groups = stackGroups(program);
  for (const group of groups) {
    for (const header of group) valid[header] = next++;
    next += group.length / groupLength(program, group);
  }
  for (let header = 0; header < headers.length; header++) if (valid[header]! < 0) valid[header] = next++;
  const stackNext = program.headerStacks.map(() => next++);
  const unionStackNext = program.headerUnionStacks.map(() => next++);

  const metadataStart = next;
  for (const [index, header] of program.headers.entries()) {
    if (!header.metadata) continue;
    headers[index] = next;
    next += types[header.type]!.size;
  }
  const metadataEnd = next;

  for (const group of groups) {
    const perElement = group.length / groupLength(program, group);
    for (const header of group) {
      headers[header] = next;
      next += types[program.headers[header]!.type]!.size;
    }
    for (const header of group.slice(0, perElement)) next += types[program.headers[header]!.type]!.size;
  }
  const resetExtra: number[] = [];
  for (const [index, header] of program.headers.entries()) {
    const type = types[header.type]!;
    if (headers[index]! < 0) {
      headers[index] = next;
      next += type.size;
    }
    if (type.variableLength >= 0) resetExtra.push(headers[index]! + type.variableLength);
  }
  return {
    types,
    headers,
    valid,
    stackNext,
    unionStackNext,
    resetStart: SLOT.cloneSession,
    resetEnd: metadataEnd,
    resetExtra,
    metadataStart,
    metadataEnd,
    size: next,
  };
}

/**
 * The headers of each stack, element by element: of a union stack all members of its first union, then of its second.
 */
function stackGroups(program: Program): number[][] {
  return [
    ...program.headerStacks.map((stack) => [...stack.headers]),
    ...program.headerUnionStacks.map((stack) => stack.unions.flatMap((union) => program.headerUnions[union]!.headers)),
  ];
}

/** Number of elements of the stack whose headers these are. */
function groupLength(program: Program, group: readonly number[]): number {
  const union = program.headers[group[0]!]!.union;
  return union < 0 ? group.length : group.length / program.headerUnions[union]!.headers.length;
}

/** Element of a field's low limb. */
export function fieldSlot(program: Program, layout: Layout, field: FieldRef): number {
  if (field.field === VALID_FIELD) return layout.valid[field.header]!;
  return layout.headers[field.header]! + layout.types[program.headers[field.header]!.type]!.fields[field.field]!;
}
