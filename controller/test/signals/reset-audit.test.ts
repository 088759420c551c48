/**
 * The auditor of resets: what it holds against which operation, what is usual, and that nothing is held against what
 * servers always send.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ResetAudit } from '../../src/signals/reset-audit.ts';

const NOBODY = new Map<string, number>();

/** Readings a second apart: resets of server 1/1 until then, and which operation it takes part in from then on. */
function after(readings: readonly (readonly [count: number, operation?: number])[]): ResetAudit {
  const audit = new ResetAudit();
  readings.forEach(([count, operation], second) => {
    const participants = operation === undefined ? NOBODY : new Map([['1/1', operation]]);
    audit.take(second * 1_000, new Map([['1/1', count]]), participants);
  });
  return audit;
}

describe('resets of servers', () => {
  it('are the operation’s in which the server took part while they were sent', () => {
    const audit = after([[5], [5, 7], [8, 7], [9], [20]]);
    expect(audit.of(7)).toEqual({ seen: 4, usual: expect.any(Number) });
    expect(audit.of(8)).toBeUndefined();
  });

  it('are news from servers that never send any, and not from those that always do', () => {
    const quiet = Array.from({ length: 60 }, (): [number] => [0]);
    expect(after([...quiet, [0, 7], [1, 7]]).of(7)).toEqual({ seen: 1, usual: 0 });
    const busy = Array.from({ length: 60 }, (_, second): [number] => [10 * second]);
    const { seen, usual } = after([...busy, [600, 7], [612, 7]]).of(7)!;
    expect(seen).toBe(12);
    expect(usual).toBeGreaterThan(12);
    expect(after([...busy, [600, 7], [700, 7]]).of(7)!.seen).toBeGreaterThan(usual);
  });

  it('of a server that has known nothing but the shift are compared with those of its VIP', () => {
    const audit = new ResetAudit();
    const reading = (second: number, old: number, fresh: number | undefined, participants = NOBODY) => {
      const counted = new Map([['1/1', old], ...(fresh === undefined ? [] : ([['1/2', fresh]] as const))]);
      audit.take(second * 1_000, counted, participants);
    };
    for (let second = 0; second < 100; second++) reading(second, 10 * second, undefined);
    reading(100, 1_000, 0, new Map([['1/2', 7]]));
    reading(101, 1_010, 10);
    expect(audit.of(7)!.seen).toBe(10);
    expect(audit.of(7)!.usual).toBeGreaterThanOrEqual(10);
    expect(audit.of(7)!.usual).toBeLessThan(30);
  });

  it('of the moment before a shift is noticed pass for usual only where they hardly weigh', () => {
    // Two readings, half a second of which was the shift's already.
    expect(after([[0], [20, 7], [60, 7]]).of(7)).toEqual({ seen: 40, usual: 0 });
    const audit = new ResetAudit();
    const shift = new Map([['1/1', 7]]);
    for (const [second, count, participants] of [
      [0, 0, NOBODY],
      [600, 20, shift],
      [601, 60, shift],
    ] as const)
      audit.take(second * 1_000, new Map([['1/1', count]]), participants);
    expect(audit.of(7)!.usual).toBeLessThan(2);
  });

  it('that other switches have counted are nobody’s', () => {
    const audit = after([[0], [4, 7], [6, 7]]);
    audit.interrupt();
    audit.take(3_000, new Map([['1/1', 500]]), new Map([['1/1', 7]]));
    audit.take(4_000, new Map([['1/1', 501]]), NOBODY);
    expect(audit.of(7)).toEqual({ seen: 3, usual: expect.any(Number) });
  });

  it('start again where a counter goes backwards, and are forgotten with their operation', () => {
    const audit = after([
      [100, 7],
      [101, 7],
      [2, 7],
      [4, 7],
    ]);
    expect(audit.of(7)!.seen).toBe(3);
    audit.forgetBut(new Set([7]), new Map());
    expect(audit.of(7)!.seen).toBe(3);
    audit.forgetBut(new Set([8]), new Map());
    expect(audit.of(7)).toBeUndefined();
  });

  it('at a steady rate are as good as never suspected, and ten times the rate always is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 60, max: 600 }), (rate, seconds) => {
        const outside = Array.from({ length: seconds }, (_, second): [number] => [rate * second]);
        const last = rate * (seconds - 1);
        const shift = (times: number) => after([...outside, [last, 7], [last + times * rate, 7]]).of(7)!;
        expect(shift(1).seen).toBeLessThanOrEqual(shift(1).usual);
        if (rate > 1) expect(shift(10).seen).toBeGreaterThan(shift(10).usual);
      }),
    );
  });
});
