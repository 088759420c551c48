/**
 * What an idle notification means to the bucket protocol: a pin's connection, or all unpinned ones of a bucket, have
 * been silent for long.
 */
import { bucketOfSwitch } from '../intent/mapping.ts';
import type { Intent } from '../intent/types.ts';
import type { ShiftEvent } from '../shift/types.ts';
import { isPinTable, type TableName } from '../switch-port/tables.ts';

/** @param keys as `keyText` of the entries */
export function idleEvents(intent: Intent, table: TableName, keys: readonly string[]): ShiftEvent[] {
  if (isPinTable(table)) return keys.map((key) => ({ kind: 'pin-idle', key }));
  if (table !== 'drain_watch') return [];
  return keys.flatMap((key): ShiftEvent[] => {
    const [service, number] = key.split('/').map(Number) as [number, number];
    const name = bucketOfSwitch(intent, service, number);
    return name === undefined ? [] : [{ kind: 'watch-idle', name }];
  });
}
