/**
 * The set of states seen: no two of very many that look alike are taken for one, and each is found again after the set
 * has grown.
 */
import { expect, it } from 'vitest';
import { Visited } from './visited.ts';

it('tells states apart that differ in one bit, or in their length, and knows them again', () => {
  const rows = [new Uint32Array(5), new Uint32Array(6)];
  for (let length = 1; length <= 40; length++) {
    for (let bit = 0; bit < 32 * length; bit++) {
      const row = new Uint32Array(length).fill(0x5bd1_e995);
      row[bit >> 5]! ^= 1 << (bit & 31);
      rows.push(row);
    }
  }
  const visited = new Visited();
  expect(rows.map((row) => visited.add(row))).toEqual(rows.map((_, number) => number));
  expect(rows.map((row) => visited.add(row))).toEqual(rows.map((_, number) => number));
  expect(visited.size).toBe(rows.length);
});
