/** What an incident explains, and what it does not: the excuse is as narrow as the cause. */
import { describe, expect, test } from 'vitest';
import { Incidents, RECOVERY_LIMIT_MS } from '../../src/load/incidents.ts';

const LIMIT_MS = 1_000;

describe('a crash', () => {
  const incidents = new Incidents();
  incidents.note({ kind: 'server-crash', server: 's3' }, 5_000);

  test('explains attempts that are under way or begin before the server is given up', () => {
    expect(incidents.mayHaveMetCrashed(4_990, 5_001)).toBe(true);
    expect(incidents.mayHaveMetCrashed(4_000, 4_999)).toBe(false);
    expect(incidents.mayHaveMetCrashed(6_000, 7_001)).toBe(true);
    incidents.note({ kind: 'server-given-up', server: 's4' }, 5_500);
    expect(incidents.mayHaveMetCrashed(6_000, 7_001)).toBe(true);
    incidents.note({ kind: 'server-given-up', server: 's3' }, 5_800);
    expect(incidents.mayHaveMetCrashed(5_800, 7_001)).toBe(true);
    expect(incidents.mayHaveMetCrashed(5_801, 7_001)).toBe(false);
  });

  test('is remembered by name, and gives nobody more time', () => {
    expect([incidents.hasCrashed('s3'), incidents.hasCrashed('s4')]).toEqual([true, false]);
    expect(incidents.dueAtMs(5_000, LIMIT_MS)).toBe(6_000);
  });
});

describe('a restart of the switch', () => {
  const incidents = new Incidents();
  incidents.note({ kind: 'switch-restart' }, 10_000);

  test('gives what waits then the time that a recovery may take', () => {
    expect(incidents.dueAtMs(9_500, LIMIT_MS)).toBe(10_000 + RECOVERY_LIMIT_MS);
    expect(incidents.dueAtMs(10_700, LIMIT_MS)).toBe(10_000 + RECOVERY_LIMIT_MS);
    expect(incidents.dueAtMs(12_500, LIMIT_MS)).toBe(13_500);
    expect(incidents.dueAtMs(8_999, LIMIT_MS)).toBe(9_999);
    expect(incidents.dueAtMs(13_000, LIMIT_MS)).toBe(14_000);
  });

  test('tells how long the recovery took', () => {
    expect(incidents.sinceRestartMs(9_900, 11_400)).toBe(1_400);
    expect(incidents.sinceRestartMs(9_900, 9_950)).toBeUndefined();
    expect(incidents.sinceRestartMs(14_000, 14_500)).toBeUndefined();
  });
});
