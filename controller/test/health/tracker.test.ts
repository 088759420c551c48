/** Verdicts from results: thresholds, runs, and that no mixture ever flips a verdict early. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CheckResult, observe, UNCHECKED } from '../../src/health/tracker.ts';

const GOOD: CheckResult = { ok: true };
const BAD: CheckResult = { ok: false, reason: 'refused' };

function after(results: readonly CheckResult[], rise: number, fall: number) {
  return results.reduce((state, result) => observe(state, result, { rise, fall }), UNCHECKED);
}

describe('health', () => {
  it('takes as many in a row as the thresholds say', () => {
    expect(after([GOOD], 2, 3).health).toBe('unknown');
    expect(after([GOOD, GOOD], 2, 3).health).toBe('up');
    expect(after([GOOD, GOOD, BAD, BAD], 2, 3).health).toBe('up');
    expect(after([GOOD, GOOD, BAD, BAD, GOOD, BAD, BAD], 2, 3).health).toBe('up');
    expect(after([GOOD, GOOD, BAD, BAD, BAD], 2, 3)).toMatchObject({ health: 'down', reason: 'refused' });
    expect(after([BAD, BAD, BAD, GOOD], 2, 3).health).toBe('down');
    expect(after([BAD, BAD, BAD, GOOD, GOOD], 2, 3).health).toBe('up');
  });

  it('is what the last run that was long enough says', () => {
    const results = fc.array(fc.boolean(), { maxLength: 60 });
    const threshold = fc.integer({ min: 1, max: 5 });
    fc.assert(
      fc.property(results, threshold, threshold, (oks, rise, fall) => {
        let verdict = 'unknown';
        let run = 0;
        oks.forEach((ok, index) => {
          run = index > 0 && oks[index - 1] === ok ? run + 1 : 1;
          if (ok && run >= rise) verdict = 'up';
          if (!ok && run >= fall) verdict = 'down';
        });
        expect(
          after(
            oks.map((ok) => (ok ? GOOD : BAD)),
            rise,
            fall,
          ).health,
        ).toBe(verdict);
      }),
    );
  });
});
