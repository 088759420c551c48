/**
 * Plain values of a field, to and from P4Runtime's canonical bytes.
 *
 * `encodeValue` takes whatever a person would write for the field and says precisely what is wrong if it does not fit:
 * an address of another width, a number beyond the field, an enum member that does not exist. Numbers take a short way,
 * because table writes go through here.
 */
import type { PlainValue } from '../entities/types.ts';
import { didYouMean } from '../names/did-you-mean.ts';
import type { FieldType } from '../schema/program.ts';
import { formatIpv4, formatIpv6, formatMac, parseAddress } from './addresses.ts';
import { maximum, toBigInt, toCanonical, toCanonicalSmall } from './bytes.ts';

/** Numbers below this need no bigint on their way. */
const SMALL = 2 ** 48;

/** A value that does not fit its field. A user error; callers add where. */
export class ValueError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ValueError';
  }
}

/**
 * The number that a plain value means for a field of `bitwidth` bits.
 *
 * @throws ValueError
 */
export function toNumber(value: PlainValue, type: FieldType): bigint {
  let number: bigint;
  switch (typeof value) {
    case 'bigint':
      number = value;
      break;
    case 'number':
      if (!Number.isSafeInteger(value))
        throw new ValueError(
          `${value} is not a whole number within 2^53; use a bigint (${Math.trunc(value)}n) for larger ones.`,
        );
      number = BigInt(value);
      break;
    case 'boolean':
      number = value ? 1n : 0n;
      break;
    case 'string':
      number = parseNumber(value, type);
      break;
    default:
      number = toBigInt(value);
  }
  if (number >= 0n ? number >> BigInt(type.bitwidth) !== 0n : number < -(1n << BigInt(type.bitwidth - 1)))
    throw new ValueError(
      `${describe(value)} does not fit ${type.bitwidth} bit${type.bitwidth === 1 ? '' : 's'} (at most ${maximum(type.bitwidth)}).`,
    );
  return number < 0n ? BigInt.asUintN(type.bitwidth, number) : number;
}

function describe(value: PlainValue): string {
  return value instanceof Uint8Array ? `0x${Buffer.from(value).toString('hex')}` : String(value);
}

function parseNumber(text: string, type: FieldType): bigint {
  const member = type.enumMembers?.get(text.slice(text.lastIndexOf('.') + 1));
  if (member !== undefined) return member;
  if (
    /^-?\d+$/.test(text) ||
    /^0[xX][0-9a-fA-F]+$/.test(text) ||
    /^0[bB][01]+$/.test(text) ||
    /^0[oO][0-7]+$/.test(text)
  )
    return BigInt(text);
  const address = parseAddress(text);
  if (address !== undefined) {
    if (address.bitwidth !== type.bitwidth)
      throw new ValueError(`'${text}' is an address of ${address.bitwidth} bits, but the field has ${type.bitwidth}.`);
    return address.value;
  }
  if (type.enumMembers !== undefined)
    throw new ValueError(`'${text}' is no member of ${type.typeName}.${didYouMean(text, type.enumMembers.keys())}`);
  throw new ValueError(
    `'${text}' is not a value for a field of ${type.bitwidth} bits; expected a number (decimal, 0x, 0b)${addressHint(type.bitwidth)}.`,
  );
}

function addressHint(bitwidth: number): string {
  if (bitwidth === 32) return ' or an IPv4 address';
  if (bitwidth === 48) return ' or a MAC address';
  return bitwidth === 128 ? ' or an IPv6 address' : '';
}

/**
 * Canonical bytes of a plain value.
 *
 * @throws ValueError
 */
export function encodeValue(value: PlainValue, type: FieldType): Uint8Array {
  if (type.isString) {
    if (typeof value !== 'string') throw new ValueError(`${describe(value)} is not a string, which this field takes.`);
    return Buffer.from(value, 'utf8');
  }
  if (typeof value === 'number' && value >= 0 && value < SMALL && value < 2 ** type.bitwidth && Number.isInteger(value))
    return toCanonicalSmall(value);
  return toCanonical(toNumber(value, type));
}

/** The plain value of bytes: a bigint, or a string for fields that the controller sees as strings. */
export function decodeValue(bytes: Uint8Array, type: FieldType): bigint | string {
  return type.isString ? new TextDecoder().decode(bytes) : toBigInt(bytes);
}

/** For people: addresses where the program's `@format` says so, enum members by name, else decimal. */
export function formatValue(value: bigint | string, type: FieldType): string {
  if (typeof value === 'string') return value;
  if (type.format === 'ipv4' && type.bitwidth === 32) return formatIpv4(value);
  if (type.format === 'ipv6' && type.bitwidth === 128) return formatIpv6(value);
  if (type.format === 'mac' && type.bitwidth === 48) return formatMac(value);
  for (const [name, number] of type.enumMembers ?? []) if (number === value) return name;
  return String(value);
}
