/**
 * Where the buckets of an operation go when it is taken back: to whom they came from, as far as that server still
 * serves, else to whom the present shares give them. A bucket that somebody else has moved since is theirs and stays.
 */
import type { Intent, OperationRecord, ServerRecord } from '../intent/types.ts';
import { computeMoves } from '../planning/plan.ts';
import type { ServerId } from '../shift/types.ts';
import { sharesNow } from './resolve.ts';

/** @param coming servers that had come with the operation and leave again */
export function movesBack(
  record: OperationRecord,
  intent: Intent,
  coming: readonly ServerRecord[],
): readonly (readonly [bucket: number, to: ServerId])[] {
  const { current, base } = intent.assignments.get(record.vip)!;
  const fallback = [...current];
  const shares = sharesNow(intent, record.vip);
  for (const [bucket, , to] of computeMoves({ current, base, shares, swaps: [] })) fallback[bucket] = to;
  const back: [number, ServerId][] = [];
  record.moves.forEach(([bucket, from, to], index) => {
    if (index >= record.ordered || current[bucket] !== to) return;
    const state = intent.servers.get(from)?.state;
    back.push([bucket, state === 'active' || state === 'joining' ? from : fallback[bucket]!]);
  });
  // Buckets that others gave to a server that came must leave it as well.
  const comers = new Set(coming.map(({ id }) => id));
  const listed = new Set(back.map(([bucket]) => bucket));
  current.forEach((server, bucket) => {
    if (comers.has(server) && !listed.has(bucket)) back.push([bucket, fallback[bucket]!]);
  });
  return back;
}
