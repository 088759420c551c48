/**
 * Byte strings, addresses, plain values: tables of examples for what people write, properties for what must hold for
 * every number.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Program } from '../src/p4info.ts';
import { formatIpv4, formatIpv6, formatMac, parseAddress } from '../src/values/addresses.ts';
import {
  canonicalBytes,
  fits,
  isZero,
  padTo,
  prefixMask,
  toBigInt,
  toCanonical,
  toCanonicalSmall,
  toPadded,
} from '../src/values/bytes.ts';
import { encodeValue, formatValue, ValueError } from '../src/values/plain.ts';
import { everything } from './fixtures/everything.ts';

const program = new Program(everything);
const field = (table: string, name: string) => program.tables.get(table).matchFields.get(name).type;

describe('byte strings', () => {
  // The specification's examples: value, width, canonical form.
  it.each([
    [0x63n, 8, [0x63]],
    [0x63n, 16, [0x63]],
    [0x3064n, 16, [0x30, 0x64]],
    [0n, 32, [0]],
    [0x1ffn, 9, [1, 0xff]],
  ])('%s in %i bits', (value, bitwidth, bytes) => {
    expect([...toCanonical(value)]).toEqual(bytes);
    expect(fits(Uint8Array.from(bytes), bitwidth)).toBe(true);
    expect(fits(Uint8Array.from([0, 0, ...bytes]), bitwidth)).toBe(true);
    expect(fits(Uint8Array.from([1, ...new Uint8Array((bitwidth + 7) >> 3)]), bitwidth)).toBe(false);
  });

  it('round-trips (property)', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: (1n << 130n) - 1n }), (value) => {
        const bytes = toCanonical(value);
        expect(toBigInt(bytes)).toBe(value);
        expect(toBigInt(toPadded(value, 20))).toBe(value);
        expect(canonicalBytes(toPadded(value, 20))).toEqual(bytes);
        expect(toBigInt(padTo(bytes, 20))).toBe(value);
        expect(fits(bytes, value.toString(2).length)).toBe(true);
        if (value > 1n) expect(fits(bytes, value.toString(2).length - 1)).toBe(false);
      }),
    );
  });

  it('of a number the same as of a bigint, and the same complaint (property)', () => {
    const types = [field('routes', 'dst'), field('acl', 'dport')];
    const outcome = (run: () => Uint8Array): unknown => {
      try {
        return run();
      } catch (error) {
        return (error as ValueError).message;
      }
    };
    const number = fc.oneof(fc.integer(), fc.nat({ max: 2 ** 17 }), fc.maxSafeInteger());
    fc.assert(
      fc.property(number, fc.constantFrom(...types), (value, type) => {
        expect(outcome(() => encodeValue(value, type))).toEqual(outcome(() => encodeValue(BigInt(value), type)));
      }),
      { numRuns: 1000 },
    );
    fc.assert(
      fc.property(fc.oneof(fc.nat({ max: 2 ** 17 }), fc.integer({ min: 0, max: 2 ** 48 - 1 })), (value) => {
        expect(toCanonicalSmall(value)).toEqual(toCanonical(BigInt(value)));
      }),
      { numRuns: 1000 },
    );
  });

  it('makes masks', () => {
    expect([...prefixMask(9, 12)]).toEqual([0x0f, 0xf8]);
    expect([...prefixMask(0, 9)]).toEqual([0, 0]);
    expect(isZero(prefixMask(0, 32))).toBe(true);
  });
});

describe('addresses', () => {
  it.each([
    ['10.0.0.1', 0x0a000001n, 32],
    ['00:1b:21:3c:9d:f8', 0x001b213c9df8n, 48],
    ['0-1-2-3-4-5', 0x000102030405n, 48],
    ['::', 0n, 128],
    ['::1', 1n, 128],
    ['2001:db8::8:800:200c:417a', 0x20010db80000000000080800200c417an, 128],
    ['::ffff:10.0.0.1', 0xffff0a000001n, 128],
  ])('reads %s', (text, value, bitwidth) => {
    expect(parseAddress(text)).toEqual({ value, bitwidth });
  });

  it.each([
    '256.0.0.1',
    '1.2.3',
    ':::',
    '1::2::3',
    '12345::',
    'g::',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7::8:9',
    'hello',
  ])('refuses %s', (text) => expect(parseAddress(text)).toBeUndefined());

  it('writes what it reads (property)', () => {
    const up = (bits: number) => fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n });
    fc.assert(
      fc.property(up(32), (value) => {
        expect(parseAddress(formatIpv4(value))?.value).toBe(value);
      }),
    );
    fc.assert(
      fc.property(up(48), (value) => {
        expect(parseAddress(formatMac(value))?.value).toBe(value);
      }),
    );
    const sparse = fc
      .array(fc.constantFrom(0n, 0n, 1n, 0xffffn), { minLength: 8, maxLength: 8 })
      .map((groups) => groups.reduce<bigint>((value, group) => (value << 16n) | group, 0n));
    fc.assert(
      fc.property(fc.oneof(up(128), sparse), (value) => {
        expect(parseAddress(formatIpv6(value))?.value).toBe(value);
      }),
    );
    expect(formatIpv6(0x20010db8000000000001000000000001n)).toBe('2001:db8::1:0:0:1');
  });
});

describe('plain values', () => {
  it.each([
    [10, [10]],
    [10n, [10]],
    ['10', [10]],
    ['0x0a', [10]],
    ['0b1010', [10]],
    ['10.0.0.1', [10, 0, 0, 1]],
    [true, [1]],
    [-1, [255, 255, 255, 255]],
    [Uint8Array.of(0, 0, 0, 10), [10]],
  ])('%s', (value, bytes) => {
    expect([...encodeValue(value, field('routes', 'dst'))]).toEqual(bytes);
  });

  it.each([
    [2 ** 32, '4294967296 does not fit 32 bits'],
    [-(2 ** 31) - 1, 'does not fit 32 bits'],
    [1.5, '1.5 is not a whole number'],
    ['00:00:00:00:00:01', 'is an address of 48 bits, but the field has 32'],
    ['ten', "'ten' is not a value for a field of 32 bits; expected a number (decimal, 0x, 0b) or an IPv4 address"],
  ])('refuses %s', (value, message) => {
    expect(() => encodeValue(value, field('routes', 'dst'))).toThrow(ValueError);
    expect(() => encodeValue(value, field('routes', 'dst'))).toThrow(message);
  });

  it('knows enums and strings', () => {
    const kind = program.actions.get('set_kind').params.get('kind').type;
    expect([...encodeValue('LARGE', kind)]).toEqual([2]);
    expect(() => encodeValue('LRAGE', kind)).toThrow("Did you mean 'LARGE'");
    expect(formatValue(2n, kind)).toBe('LARGE');
    expect(Buffer.from(encodeValue('blue', field('named', 'vrf'))).toString()).toBe('blue');
    expect(() => encodeValue(7, field('named', 'vrf'))).toThrow('7 is not a string');
    expect(formatValue(0x0a000001n, field('routes', 'dst'))).toBe('10.0.0.1');
    expect(formatValue(1n, field('ecmp', 'dst'))).toBe('00:00:00:00:00:01');
  });
});
