// Hash functions against published check values.
import { describe, expect, test } from 'vitest';
import { knownHashAlgorithms } from '../src/runtime/hash.ts';

const check = new TextEncoder().encode('123456789');

function hash(name: string, bytes: Uint8Array): number | bigint {
  return knownHashAlgorithms.get(name)!.create()(bytes, 0, bytes.length);
}

describe('hash functions', () => {
  test.each([
    ['crc32', 0xcbf43926],
    ['crc32_custom', 0xcbf43926],
    ['crc16', 0xbb3d],
    ['crc16_custom', 0xbb3d],
    ['crcCCITT', 0x29b1],
    ['crc8_custom', 0xf4],
  ])('%s of the check string', (name, expected) => {
    expect(hash(name, check)).toBe(expected);
  });

  test.each([
    ['', 0xef46db3751d8e999n],
    ['a', 0xd24ec4f1a98c6e5bn],
    ['abc', 0x44bc2cf5ad770999n],
    ['Nobody inspects the spammish repetition', 0xfbcea83c8a378bf1n],
  ])('xxh64 of %j', (text, expected) => {
    expect(hash('xxh64', new TextEncoder().encode(text))).toBe(expected);
  });

  test('csum16 of an IPv4 header', () => {
    const header = Uint8Array.from(Buffer.from('450000730000400040110000c0a80001c0a800c7', 'hex'));
    expect(hash('csum16', header)).toBe(0xb861);
  });

  test('csum16 pads an odd last byte with zero', () => {
    expect(hash('csum16', Uint8Array.of(0x12, 0x34, 0x56))).toBe(~(0x1234 + 0x5600) & 0xffff);
  });

  test('xor16, identity and round robin', () => {
    expect(hash('xor16', Uint8Array.of(0x12, 0x34, 0xff))).toBe(0x1234 ^ 0xff00);
    expect(hash('identity', Uint8Array.of(1, 2, 3))).toBe(0x010203n);
    const next = knownHashAlgorithms.get('round_robin')!.create();
    expect([next(check, 0, 1), next(check, 0, 1), next(check, 0, 1)]).toEqual([0, 1, 2]);
  });
});
