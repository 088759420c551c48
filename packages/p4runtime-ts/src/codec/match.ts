/**
 * Keys between plain values by field name and P4Runtime's `FieldMatch` messages.
 *
 * Going out, the liberal forms are brought to P4Runtime's rules: a don't-care is left out, bits outside a mask or
 * prefix are 0, fields are in P4Info's order (so that equal keys are equal messages). Coming in, fields that were left
 * out stay left out.
 */

import type { MatchInput, MatchOutput, PlainValue, Values } from '../entities/types.ts';
import type { FieldMatch } from '../gen/p4/v1/p4runtime_pb.ts';
import type { NameTable } from '../schema/names.ts';
import type { MatchFieldInfo } from '../schema/program.ts';
import { maximum, toBigInt, toCanonical } from '../values/bytes.ts';
import { decodeValue, encodeValue, toNumber, ValueError } from '../values/plain.ts';
import { EntityError, placed } from './error.ts';

/**
 * The match of an entry.
 *
 * @param object whose key it is, for messages: `table x`
 * @param complete exact fields may not be left out (they may in patterns for reading)
 * @throws EntityError
 */
export function encodeMatch(
  fields: NameTable<MatchFieldInfo>,
  match: Values<MatchInput>,
  object: string,
  complete: boolean,
): FieldMatch[] {
  const encoded: (FieldMatch | undefined)[] = new Array(fields.size).fill(undefined);
  for (const name in match) {
    let field: MatchFieldInfo | undefined;
    try {
      field = fields.get(name);
      if (encoded[field.index] !== undefined) throw new ValueError('the field is given twice, under two names.');
      encoded[field.index] = encodeField(field, match[name]);
    } catch (error) {
      throw placed(error, object, field === undefined ? '' : `match field ${field.name}`);
    }
  }
  const result: FieldMatch[] = [];
  for (const field of fields.items) {
    const value = encoded[field.index];
    if (value !== undefined) result.push(value);
    else if (complete && field.kind === 'exact')
      throw new EntityError(object, `match field ${field.name}`, 'an exact field cannot be left out.');
  }
  return result;
}

function encodeField(field: MatchFieldInfo, input: MatchInput): FieldMatch | undefined {
  if (input === undefined || input === null || input === '*') return undefined;
  switch (field.kind) {
    case 'exact':
      return message(field, {
        case: 'exact',
        value: { $typeName: 'p4.v1.FieldMatch.Exact', value: single(field, input) },
      });
    case 'optional':
      return message(field, {
        case: 'optional',
        value: { $typeName: 'p4.v1.FieldMatch.Optional', value: single(field, input) },
      });
    case 'lpm':
      return encodeLpm(field, input);
    case 'ternary':
      return encodeTernary(field, input);
    case 'range':
      return encodeRange(field, input);
    case 'other':
      throw new ValueError('this kind of match is not supported: P4Runtime leaves it to other architectures.');
  }
}

function message(field: MatchFieldInfo, fieldMatchType: FieldMatch['fieldMatchType']): FieldMatch {
  return { $typeName: 'p4.v1.FieldMatch', fieldId: field.id, fieldMatchType };
}

function isPlain(input: Exclude<MatchInput, null | undefined>): input is PlainValue {
  return typeof input !== 'object' || input instanceof Uint8Array;
}

function single(field: MatchFieldInfo, input: Exclude<MatchInput, null | undefined>): Uint8Array {
  if (!isPlain(input)) throw new ValueError(`${field.kind} takes one value, not ${shape(input)}.`);
  return encodeValue(input, field.type);
}

function shape(input: object): string {
  return `{ ${Object.keys(input).join(', ')} }`;
}

/** `'value/length'` split, or undefined. */
function slash(input: string): { value: string; prefixLength: number } | undefined {
  const found = /^(.+)\/(\d+)$/.exec(input);
  return found === null ? undefined : { value: found[1]!.trim(), prefixLength: Number(found[2]) };
}

function checkedPrefix(field: MatchFieldInfo, prefixLength: number): number {
  if (Number.isInteger(prefixLength) && prefixLength >= 0 && prefixLength <= field.type.bitwidth) return prefixLength;
  throw new ValueError(`the prefix length ${prefixLength} is not between 0 and ${field.type.bitwidth}.`);
}

function maskOf(prefixLength: number, bitwidth: number): bigint {
  return maximum(bitwidth) ^ maximum(bitwidth - prefixLength);
}

function encodeLpm(field: MatchFieldInfo, input: Exclude<MatchInput, null | undefined>): FieldMatch | undefined {
  const { type } = field;
  let value: PlainValue;
  let prefixLength = type.bitwidth;
  if (isPlain(input)) {
    const parts = typeof input === 'string' ? slash(input) : undefined;
    value = parts?.value ?? input;
    if (parts !== undefined) prefixLength = checkedPrefix(field, parts.prefixLength);
  } else if ('prefixLength' in input) {
    value = input.value;
    prefixLength = checkedPrefix(field, input.prefixLength);
  } else throw new ValueError(`lpm takes a value and a prefix length, not ${shape(input)}.`);
  if (prefixLength === 0) return undefined;
  const masked = toNumber(value, type) & maskOf(prefixLength, type.bitwidth);
  return message(field, {
    case: 'lpm',
    value: { $typeName: 'p4.v1.FieldMatch.LPM', value: toCanonical(masked), prefixLen: prefixLength },
  });
}

function encodeTernary(field: MatchFieldInfo, input: Exclude<MatchInput, null | undefined>): FieldMatch | undefined {
  const { type } = field;
  let value: bigint;
  let mask = maximum(type.bitwidth);
  if (isPlain(input)) {
    const parts = typeof input === 'string' ? input.split('&&&') : [];
    const prefix = typeof input === 'string' ? slash(input) : undefined;
    if (parts.length === 2) {
      value = toNumber(parts[0]!.trim(), type);
      mask = toNumber(parts[1]!.trim(), type);
    } else if (prefix !== undefined) {
      value = toNumber(prefix.value, type);
      mask = maskOf(checkedPrefix(field, prefix.prefixLength), type.bitwidth);
    } else value = toNumber(input, type);
  } else if ('mask' in input) {
    value = toNumber(input.value, type);
    mask = toNumber(input.mask, type);
  } else if ('prefixLength' in input) {
    value = toNumber(input.value, type);
    mask = maskOf(checkedPrefix(field, input.prefixLength), type.bitwidth);
  } else throw new ValueError(`ternary takes a value and a mask, not ${shape(input)}.`);
  if (mask === 0n) return undefined;
  return message(field, {
    case: 'ternary',
    value: { $typeName: 'p4.v1.FieldMatch.Ternary', value: toCanonical(value & mask), mask: toCanonical(mask) },
  });
}

function encodeRange(field: MatchFieldInfo, input: Exclude<MatchInput, null | undefined>): FieldMatch | undefined {
  const { type } = field;
  let low: bigint;
  let high: bigint;
  if (isPlain(input)) {
    const parts = typeof input === 'string' ? input.split('..') : [];
    low = toNumber(parts.length === 2 ? parts[0]!.trim() : input, type);
    high = parts.length === 2 ? toNumber(parts[1]!.trim(), type) : low;
  } else if ('low' in input) {
    low = toNumber(input.low, type);
    high = toNumber(input.high, type);
  } else throw new ValueError(`range takes low and high, not ${shape(input)}.`);
  if (low > high) throw new ValueError(`the range is empty: ${low} is greater than ${high}.`);
  if (low === 0n && high === maximum(type.bitwidth)) return undefined;
  return message(field, {
    case: 'range',
    value: { $typeName: 'p4.v1.FieldMatch.Range', low: toCanonical(low), high: toCanonical(high) },
  });
}

/** A received key by field name. Fields that P4Info does not have are shown by their id, rather than lost. */
export function decodeMatch(fields: NameTable<MatchFieldInfo>, match: readonly FieldMatch[]): Values<MatchOutput> {
  const result: Record<string, MatchOutput> = {};
  for (const { fieldId, fieldMatchType: type } of match) {
    const field = fields.byId(fieldId);
    const name = field?.name ?? `#${fieldId}`;
    switch (type.case) {
      case 'exact':
      case 'optional':
        result[name] = field === undefined ? toBigInt(type.value.value) : decodeValue(type.value.value, field.type);
        break;
      case 'lpm':
        result[name] = { value: toBigInt(type.value.value), prefixLength: type.value.prefixLen };
        break;
      case 'ternary':
        result[name] = { value: toBigInt(type.value.value), mask: toBigInt(type.value.mask) };
        break;
      case 'range':
        result[name] = { low: toBigInt(type.value.low), high: toBigInt(type.value.high) };
        break;
      default:
        break;
    }
  }
  return result;
}
