/** A short run of the fuzzer over our own programs: the compiler answers every damaged program, and in time. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fuzz, programsIn } from '../../bench/fuzz.ts';

test('damaged programs give diagnostics, never a crash', { timeout: 120_000 }, () => {
  const corpus = [
    ...programsIn(join(import.meta.dirname, '../p4info/golden')),
    ...programsIn(join(import.meta.dirname, '../../../../p4/v1model')),
  ];
  const findings: string[] = [];
  fuzz(200, 20_000, corpus, (text) => findings.push(text));
  // The last line is the summary; every other one is a finding.
  expect(findings.slice(0, -1).filter((line) => !line.includes('slow:'))).toEqual([]);
});
