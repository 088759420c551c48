// Lookup structures against the obvious linear search, over random sequences of insertions and removals.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ExactIndex } from '../src/tables/exact-index.ts';
import { hashWords, makeKeyLayout, packKey, unpackField } from '../src/tables/key-layout.ts';
import { LpmTrie } from '../src/tables/lpm-trie.ts';
import { PrefixIndex } from '../src/tables/prefix-index.ts';
import { PriorityIndex } from '../src/tables/priority-index.ts';
import { makeRecordLayout, Records } from '../src/tables/records.ts';

function prefixMask(length: number, bitwidth: number): bigint {
  return ((1n << BigInt(length)) - 1n) << BigInt(bitwidth - length);
}

describe('key layout', () => {
  test('narrow fields share words', () => {
    expect(makeKeyLayout([32, 16, 8]).words).toBe(2);
    expect(makeKeyLayout([48, 48]).words).toBe(3);
    expect(makeKeyLayout([0, 9]).words).toBe(1);
  });

  test('what is packed can be unpacked', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 130 }), { minLength: 1, maxLength: 6 }),
        fc.infiniteStream(fc.bigInt(0n, (1n << 130n) - 1n)),
        (widths, stream) => {
          const layout = makeKeyLayout(widths);
          const values = widths.map((width) => BigInt.asUintN(width, stream.next().value));
          const words = new Int32Array(layout.words);
          packKey(layout, values, words);
          expect(values.map((_, i) => unpackField(layout, i, words))).toEqual(values);
        },
      ),
    );
  });
});

describe('exact index', () => {
  test('finds what is in it and nothing else', () => {
    const key = fc.integer({ min: 0, max: 40 });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), key), { maxLength: 200 }), (steps) => {
        const records = new Records(makeRecordLayout(1, 0, false, true), 64, false);
        const index = new ExactIndex(records);
        const present = new Map<number, number>();
        for (const [add, value] of steps) {
          const known = present.get(value);
          if (add && known === undefined) {
            const record = value + 1;
            index.begin(record);
            records.elements[records.base(record)] = value * 0x10001;
            index.insert(record);
            present.set(value, record);
          } else if (!add && known !== undefined) {
            index.remove(known);
            present.delete(value);
          }
          for (let probe = 0; probe <= 40; probe++)
            expect(find(index, records, probe * 0x10001)).toBe(present.get(probe) ?? 0);
        }
      }),
      { numRuns: 50 },
    );
  });

  /** What the generated lookup does. */
  function find(index: ExactIndex, records: Records, key: number): number {
    const { stride, number } = records.layout;
    for (let bucket = hashWords(Int32Array.of(key), 0, 1) & index.mask; ; bucket = (bucket + 1) & index.mask) {
      const base = bucket * stride;
      const record = records.elements[base + number]!;
      if (record === 0) return 0;
      if (records.elements[base] === key) {
        expect(records.base(record)).toBe(base);
        return record;
      }
    }
  }
});

interface Prefix {
  readonly record: number;
  readonly value: bigint;
  readonly length: number;
}

function longest(prefixes: Iterable<Prefix>, key: bigint, bitwidth: number): number {
  let best: Prefix | undefined;
  for (const each of prefixes) {
    if ((key & prefixMask(each.length, bitwidth)) === each.value && (best === undefined || each.length > best.length))
      best = each;
  }
  return best?.record ?? 0;
}

describe('longest prefix match', () => {
  test.each([
    ['small table, 32 bits', 32, 100],
    ['large table, 32 bits', 32, 100_000],
    ['20 bits', 20, 100],
    ['9 bits', 9, 100_000],
  ])('trie agrees with linear search: %s', (_, bitwidth, size) => {
    const prefix = fc.record({
      value: fc.bigInt(0n, (1n << BigInt(bitwidth)) - 1n),
      length: fc.integer({ min: 0, max: bitwidth }),
      near: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(prefix, { maxLength: 40 }),
        fc.array(fc.nat(), { maxLength: 20 }),
        fc.array(fc.bigInt(0n, (1n << BigInt(bitwidth)) - 1n)),
        (prefixes, removals, keys) => {
          const trie = new LpmTrie(bitwidth, size);
          const present = new Map<string, Prefix>();
          let record = 1;
          for (const { value, length, near } of prefixes) {
            // Prefixes that share their beginning meet in the same blocks.
            const base = near ? (value & prefixMask(Math.max(0, bitwidth - 6), bitwidth)) >> 3n : value;
            const masked = base & prefixMask(length, bitwidth);
            const name = `${masked}/${length}`;
            if (present.has(name)) continue;
            present.set(name, { record, value: masked, length });
            trie.insert(record++, Number(BigInt.asIntN(32, masked)), length);
          }
          const compare = () => {
            const interesting = [...present.values()].flatMap(({ value, length }) => [
              value,
              value | (~prefixMask(length, bitwidth) & ((1n << BigInt(bitwidth)) - 1n)),
            ]);
            for (const key of [...keys, ...interesting]) {
              expect(trie.lookup(Number(BigInt.asIntN(32, key)))).toBe(longest(present.values(), key, bitwidth));
            }
          };
          compare();
          for (const which of removals) {
            const names = [...present.keys()];
            if (names.length === 0) break;
            const name = names[which % names.length]!;
            trie.remove(present.get(name)!.record);
            present.delete(name);
          }
          compare();
        },
      ),
      { numRuns: 60 },
    );
  });

  test('prefix index agrees with linear search on a wide field beside an exact one', () => {
    const layout = makeKeyLayout([128, 8]);
    const prefix = fc.record({
      value: fc.bigInt(0n, (1n << 128n) - 1n),
      length: fc.integer({ min: 0, max: 128 }),
      exact: fc.integer({ min: 0, max: 2 }),
    });
    fc.assert(
      fc.property(fc.array(prefix, { maxLength: 30 }), fc.array(fc.nat(), { maxLength: 10 }), (prefixes, removals) => {
        const records = new Records(makeRecordLayout(layout.words, 0, false), 64, false);
        const index = new PrefixIndex(records, layout, 0);
        const present = new Map<string, Prefix & { exact: number }>();
        let record = 1;
        for (const { value, length, exact } of prefixes) {
          const masked = value & prefixMask(length, 128);
          const name = `${masked}/${length}/${exact}`;
          if (present.has(name)) continue;
          packKey(layout, [masked, BigInt(exact)], records.elements, records.base(record));
          present.set(name, { record, value: masked, length, exact });
          index.insert(record++, length);
        }
        for (const which of removals) {
          const names = [...present.keys()];
          if (names.length === 0) break;
          index.remove(present.get(names[which % names.length]!)!.record);
          present.delete(names[which % names.length]!);
        }
        for (const { value } of prefixes) {
          for (let exact = 0; exact <= 2; exact++) {
            const words = new Int32Array(layout.words);
            packKey(layout, [value, BigInt(exact)], words);
            const candidates = [...present.values()].filter((each) => each.exact === exact);
            expect(index.lookup(words)).toBe(longest(candidates, value, 128));
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('priority index', () => {
  test('agrees with linear search by scan and by bitmap', () => {
    const layout = makeKeyLayout([8, 16]);
    const row = fc.record({
      value: fc.bigInt(0n, 255n),
      mask: fc.oneof(fc.constant(0n), fc.constant(255n), fc.bigInt(0n, 255n)),
      bounds: fc.tuple(fc.integer({ min: 0, max: 65535 }), fc.integer({ min: 0, max: 65535 })),
      priority: fc.integer({ min: 0, max: 10 }),
    });
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 1, maxLength: 90 }),
        fc.array(fc.nat(), { maxLength: 5 }),
        fc.array(fc.tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 0, max: 65535 })), { minLength: 3 }),
        (rows, removals, keys) => {
          const index = new PriorityIndex(layout, [1]);
          const present = rows.map((each, i) => ({
            ...each,
            low: Math.min(...each.bounds),
            high: Math.max(...each.bounds),
            record: i + 1,
          }));
          for (const each of present) {
            const value = new Int32Array(layout.words);
            const mask = new Int32Array(layout.words);
            packKey(layout, [each.value & each.mask, 0n], value);
            packKey(layout, [each.mask, 0n], mask);
            index.insert(each.record, each.priority, value, mask, [
              { field: 1, low: BigInt(each.low), high: BigInt(each.high) },
            ]);
          }
          for (const which of removals) {
            if (present.length === 1) break;
            index.remove(present.splice(which % present.length, 1)[0]!.record);
          }
          // Enough lookups that the bitmaps are built on the way.
          for (let round = 0; round * keys.length < 2 * rows.length + 2; round++) {
            for (const [first, second] of keys) {
              const words = new Int32Array(layout.words);
              packKey(layout, [BigInt(first), BigInt(second)], words);
              const matching = present.filter(
                (each) =>
                  ((BigInt(first) ^ each.value) & each.mask) === 0n && second >= each.low && second <= each.high,
              );
              const best = matching.sort((a, b) => b.priority - a.priority || a.record - b.record)[0];
              expect(index.lookup(words)).toBe(best?.record ?? 0);
            }
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
