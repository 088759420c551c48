/** An operation in a line, as commands print it. */
import type { OperationStatus } from '@mooring/controller/control';
import { expect, test } from 'vitest';
import { operationLine } from '../../src/control-client/operation-command.ts';

function lineOf(changes: Partial<OperationStatus>): string {
  const progress = { buckets: 128, committed: 5, settled: 0, pinsLeft: 0, baseBucketsLeft: 0 };
  const operation = { id: 1, kind: 'drain', server: 's2', phase: 'shifting', message: '', astray: 0, progress };
  return operationLine({ ...operation, ...changes } as OperationStatus);
}

test('what is said once is not said again', () => {
  expect(lineOf({})).toBe('#1 drain s2 shifting, 5 of 128 buckets');
  expect(lineOf({ message: '5 of 128 buckets committed' })).toBe('#1 drain s2 shifting: 5 of 128 buckets committed');
  expect(lineOf({ phase: 'finished', outcome: 'done', message: 'done' })).toBe('#1 drain s2 done, 5 of 128 buckets');
  expect(lineOf({ phase: 'paused', message: 'paused, 5 of 128 buckets committed' })).toBe(
    '#1 drain s2 paused: 5 of 128 buckets committed',
  );
  const none = { buckets: 0, committed: 0, settled: 0, pinsLeft: 0, baseBucketsLeft: 0 };
  expect(lineOf({ phase: 'queued', message: 'waits: for #3', progress: none })).toBe(
    '#1 drain s2 queued: waits: for #3',
  );
});
