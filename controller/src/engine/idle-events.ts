/** What an idle notification means to the bucket protocol: a pin's connection, or all unpinned ones of a bucket, have been silent for long. */
import type { ShiftEvent } from '../shift/types.ts';
import { isPinTable, type TableName } from '../switch-port/tables.ts';

/** @param keys as `keyText` of the entries */
export function idleEvents(table: TableName, keys: readonly string[]): ShiftEvent[] {
  if (isPinTable(table)) return keys.map((key) => ({ kind: 'pin-idle', key }));
  if (table !== 'drain_watch') return [];
  return keys.map((key) => {
    const [vip, bucket] = key.split('/').map(Number);
    return { kind: 'watch-idle', name: { vip: vip!, bucket: bucket! } };
  });
}
