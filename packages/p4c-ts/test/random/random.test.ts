/** Random programs compile, and keep the invariants after every pass. `scripts/compare-compilers.mjs` compares them with another compiler. */
import { describe, expect, test } from 'vitest';
import { compileBack } from '../back/support.ts';
import { generateProgram } from './generate.ts';

describe('random programs', () => {
  test('40 programs compile and keep the invariants', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const { errors, broken } = compileBack('random.p4', generateProgram(seed));
      expect({ seed, errors, broken }).toEqual({ seed, errors: [], broken: [] });
    }
  });

  test('a seed always gives the same program', () => {
    expect(generateProgram(7)).toBe(generateProgram(7));
    expect(generateProgram(7)).not.toBe(generateProgram(8));
  });
});
