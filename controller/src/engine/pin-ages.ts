/**
 * How long ago exact pins were hit. They lie in one table for IPv4 clients and another for IPv6 clients, and each is asked once for
 * all that is wanted of it.
 */
import { connectionParts } from '../shift/connection-key.ts';
import type { ConnectionKey, ShiftEvent } from '../shift/types.ts';
import type { SwitchSession } from '../switch-port/port.ts';
import { keyText, PIN_TABLES, pinTable } from '../switch-port/tables.ts';

/** The answers to `read-pin`. @throws SwitchLostError */
export async function readPinAges(
  session: SwitchSession,
  pins: readonly { readonly key: ConnectionKey }[],
): Promise<ShiftEvent[]> {
  const events: ShiftEvent[] = [];
  for (const table of PIN_TABLES) {
    const keys = pins.map(({ key }) => connectionParts(key)).filter((parts) => pinTable(parts[1]) === table);
    if (keys.length === 0) continue;
    const ages = await session.readAges(table, keys);
    for (const [index, key] of keys.entries()) {
      events.push({ kind: 'pin-read', key: keyText(key), elapsedMs: ages[index] });
    }
  }
  return events;
}
