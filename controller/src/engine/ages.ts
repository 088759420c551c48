/**
 * How long ago watches and exact pins were hit. Pins lie in one table for IPv4 clients and another for IPv6 clients;
 * each table is asked once for all that is wanted of it.
 */
import { switchBucket } from '../intent/mapping.ts';
import type { Intent } from '../intent/types.ts';
import { connectionParts } from '../shift/connection-key.ts';
import type { ShiftEvent } from '../shift/types.ts';
import type { SwitchSession } from '../switch-port/port.ts';
import { keyText, PIN_TABLES, pinTable } from '../switch-port/tables.ts';
import type { SortedEffects } from './effects.ts';

/** The answers to `read-watch` and `read-pin`. @throws SwitchLostError */
export async function readAges(
  session: SwitchSession,
  intent: Intent,
  { watchReads, pinReads }: Pick<SortedEffects, 'watchReads' | 'pinReads'>,
): Promise<ShiftEvent[]> {
  const events: ShiftEvent[] = [];
  if (watchReads.length > 0) {
    const keys = watchReads.map(({ name }) => switchBucket(intent, name));
    const ages = await session.readAges('drain_watch', keys);
    watchReads.forEach(({ name, token }, index) => {
      events.push({ kind: 'watch-read', name, token, elapsedMs: ages[index] });
    });
  }
  for (const table of PIN_TABLES) {
    const keys = pinReads.map(({ key }) => connectionParts(key)).filter((parts) => pinTable(parts[1]) === table);
    if (keys.length === 0) continue;
    const ages = await session.readAges(table, keys);
    for (const [index, key] of keys.entries()) {
      events.push({ kind: 'pin-read', key: keyText(key), elapsedMs: ages[index] });
    }
  }
  return events;
}
