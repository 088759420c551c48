// Header fields of any width up to 128 bits, read from and written to a bit string. Values are what people write:
// numbers, MAC addresses with colons, dotted and colon IP addresses. One codec for all headers, driven by the
// tables in `headers.ts`, so that a header is a list of its fields and nothing else.

/** How a field's value is written: `number` (up to 48 bits), or one of the address notations. */
export type FieldForm = 'number' | 'mac' | 'ipv4' | 'ipv6';

/** One field: name, width in bits, form of its value. */
export type FieldSpec = readonly [name: string, bits: number, form?: FieldForm];

type ValueOf<F extends FieldSpec> = F[2] extends 'mac' | 'ipv4' | 'ipv6' ? string : number;

/** The value of a header: one property a field. */
export type FieldValues<S extends readonly FieldSpec[]> = { [F in S[number] as F[0]]: ValueOf<F> };

/** '02:00:00:00:00:01' as a 48-bit number. Throws a RangeError for anything else. */
export function parseMac(text: string): bigint {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text)) throw new RangeError(`'${text}' is not a MAC address`);
  return BigInt(`0x${text.replaceAll(':', '')}`);
}

/** '10.0.0.1' as a 32-bit number. Throws a RangeError for anything else. */
export function parseIpv4(text: string): bigint {
  const parts = text.split('.').map(Number);
  if (parts.length !== 4 || parts.some((part) => !(Number.isInteger(part) && part >= 0 && part <= 255))) {
    throw new RangeError(`'${text}' is not an IPv4 address`);
  }
  return parts.reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

/** '2001:db8::1' as a 128-bit number. Throws a RangeError for anything else. */
export function parseIpv6(text: string): bigint {
  const fail = () => new RangeError(`'${text}' is not an IPv6 address`);
  const halves = text.split('::');
  if (halves.length > 2) throw fail();
  const [left, right] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const groups =
    right === undefined
      ? left!
      : [...left!, ...Array(Math.max(0, 8 - left!.length - right.length)).fill('0'), ...right];
  if (groups.length !== 8 || groups.some((group) => !/^[0-9a-f]{1,4}$/i.test(group))) throw fail();
  return groups.reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n);
}

function groupsOf(value: bigint, bitsEach: number, count: number): string[] {
  const mask = (1n << BigInt(bitsEach)) - 1n;
  return Array.from({ length: count }, (_, index) => {
    const group = (value >> BigInt(bitsEach * (count - 1 - index))) & mask;
    return bitsEach === 8 && count === 6
      ? group.toString(16).padStart(2, '0')
      : group.toString(bitsEach === 8 ? 10 : 16);
  });
}

function toBits(value: string | number, form: FieldForm): bigint {
  switch (form) {
    case 'number':
      return BigInt(value);
    case 'mac':
      return parseMac(String(value));
    case 'ipv4':
      return parseIpv4(String(value));
    case 'ipv6':
      return parseIpv6(String(value));
  }
}

function fromBits(bits: bigint, form: FieldForm): string | number {
  switch (form) {
    case 'number':
      return Number(bits);
    case 'mac':
      return groupsOf(bits, 8, 6).join(':');
    case 'ipv4':
      return groupsOf(bits, 8, 4).join('.');
    case 'ipv6':
      return groupsOf(bits, 16, 8).join(':');
  }
}

/** The width of a header in bytes. */
export function headerLength(fields: readonly FieldSpec[]): number {
  return fields.reduce((sum, [, bits]) => sum + bits, 0) / 8;
}

/** Writes the fields one behind the other. Throws a RangeError naming the field whose value does not fit. */
export function encodeFields(
  fields: readonly FieldSpec[],
  values: Readonly<Record<string, string | number>>,
): Uint8Array {
  let bits = 0n;
  for (const [name, width, form = 'number'] of fields) {
    const value = toBits(values[name]!, form);
    if (value < 0n || value >> BigInt(width) !== 0n) {
      throw new RangeError(`${name}: ${values[name]} does not fit ${width} bits`);
    }
    bits = (bits << BigInt(width)) | value;
  }
  const length = headerLength(fields);
  const bytes = new Uint8Array(length);
  for (let index = length - 1; index >= 0; index--, bits >>= 8n) bytes[index] = Number(bits & 0xffn);
  return bytes;
}

/** Reads the fields from the start of `bytes`, which must be long enough. */
export function decodeFields(fields: readonly FieldSpec[], bytes: Uint8Array): Record<string, string | number> {
  const length = headerLength(fields);
  let bits = 0n;
  for (let index = 0; index < length; index++) bits = (bits << 8n) | BigInt(bytes[index]!);
  const values: Record<string, string | number> = {};
  let left = length * 8;
  for (const [name, width, form = 'number'] of fields) {
    left -= width;
    values[name] = fromBits((bits >> BigInt(left)) & ((1n << BigInt(width)) - 1n), form);
  }
  return values;
}
