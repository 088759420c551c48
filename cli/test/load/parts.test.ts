/** The load's pure parts: streams, greeting, lifetimes, the running clock and adding tallies up. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteStream } from '../../src/load/byte-stream.ts';
import { encodeGreeting, encodeHello, parseGreeting, parseHello } from '../../src/load/greeting.ts';
import { seededRandom, truncatedExponentialMs } from '../../src/load/random.ts';
import { RunningClock } from '../../src/load/running-clock.ts';
import { emptyTally, isFaultless, sumTallies } from '../../src/load/tally.ts';

describe('byte stream', () => {
  test('is the same however it is cut into chunks', () => {
    fc.assert(
      fc.property(fc.integer(), fc.array(fc.integer({ min: 0, max: 40_000 }), { maxLength: 12 }), (key, cuts) => {
        const sender = new ByteStream(key, 'client-to-server');
        const sent = Buffer.concat(cuts.map((length) => sender.next(length)));
        const receiver = new ByteStream(key, 'client-to-server');
        expect(receiver.mismatches(sent)).toBe(0);
      }),
    );
  });

  test('a lost, doubled or foreign byte does not match', () => {
    const sent = Buffer.from(new ByteStream(1, 'client-to-server').next(1_000));
    const mismatches = (bytes: Buffer, key = 1): number => new ByteStream(key, 'client-to-server').mismatches(bytes);
    expect(mismatches(Buffer.concat([sent.subarray(0, 10), sent.subarray(11)]))).toBeGreaterThan(900);
    expect(mismatches(Buffer.concat([sent.subarray(0, 10), sent.subarray(9)]))).toBeGreaterThan(900);
    expect(mismatches(sent, 2)).toBeGreaterThan(900);
    expect(new ByteStream(1, 'server-to-client').mismatches(sent)).toBeGreaterThan(900);
  });
});

describe('greeting', () => {
  test('parses from any first part on, and refuses what is not ours', () => {
    const greeting = Buffer.concat([encodeGreeting('server-17'), Buffer.from('rest')]);
    for (let length = 0; length < greeting.length - 4; length++) {
      expect(parseGreeting(greeting.subarray(0, length))).toEqual({ kind: 'incomplete' });
    }
    expect(parseGreeting(greeting)).toEqual({ kind: 'complete', value: 'server-17', length: greeting.length - 4 });
    expect(parseGreeting(Buffer.from('HTTP/1.1'))).toEqual({ kind: 'wrong' });
    expect(parseHello(encodeHello(0xfedcba98))).toEqual({ kind: 'complete', value: 0xfedcba98, length: 8 });
    expect(parseHello(Buffer.from('MO'))).toEqual({ kind: 'incomplete' });
    expect(parseHello(Buffer.from('GE'))).toEqual({ kind: 'wrong' });
  });
});

describe('random', () => {
  test('the same seed gives the same numbers, another seed others', () => {
    const take = (seed: number): number[] => Array.from({ length: 5 }, seededRandom(seed));
    expect(take(5)).toEqual(take(5));
    expect(take(5)).not.toEqual(take(6));
  });

  test('lifetimes are exponential up to their limit', () => {
    const random = seededRandom(9);
    const lifetimes = Array.from({ length: 20_000 }, () => truncatedExponentialMs(random, 4_000, 9_000));
    const mean = lifetimes.reduce((sum, value) => sum + value, 0) / lifetimes.length;
    expect(Math.max(...lifetimes)).toBeLessThanOrEqual(9_000);
    // The mean of an exponential of mean 4 s cut off at 9 s is 4 - 9 / (e^(9/4) - 1) = 2.94 s.
    expect(mean).toBeGreaterThan(2_870);
    expect(mean).toBeLessThan(3_010);
  });
});

test('the running clock leaves out the time the process was not run', () => {
  const clock = new RunningClock(1_000, 200);
  clock.tick(1_050);
  clock.tick(4_050);
  clock.tick(4_100);
  expect(clock.nowMs).toBe(300);
  expect(clock.pausedMs).toBe(2_800);
});

test('tallies add up; the fewest alive is known only when all processes know theirs', () => {
  const one = { ...emptyTally(), opened: 3, alive: 2, fewestAlive: 2, aliveByServer: { s1: 2 }, longestAnswerMs: 7 };
  const two = { ...emptyTally(), opened: 4, alive: 3, aliveByServer: { s1: 1, s2: 2 }, longestAnswerMs: 5 };
  expect(sumTallies([one, two])).toMatchObject({ opened: 7, alive: 5, fewestAlive: null, longestAnswerMs: 7 });
  expect(sumTallies([one, two]).aliveByServer).toEqual({ s1: 3, s2: 2 });
  expect(sumTallies([one, { ...two, fewestAlive: 1 }]).fewestAlive).toBe(3);
  expect(isFaultless(sumTallies([one, two]))).toBe(true);
  expect(isFaultless({ ...one, reset: 1 })).toBe(false);
});
