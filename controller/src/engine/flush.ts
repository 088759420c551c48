/**
 * Writes what the tables lack and sorts what the switch refused: a pin that has no room stays in its slot, a learned
 * address can wait, a full table is said, and anything else means that switch and controller no longer understand each
 * other: the session is over.
 */
import { SwitchLostError, type SwitchSession } from '../switch-port/port.ts';
import type { Shadow } from '../switch-port/shadow.ts';
import { isPinTable, keyText } from '../switch-port/tables.ts';
import type { Totals } from './counters.ts';
import type { Log } from './log.ts';

/** @returns keys of the pins that had no room @throws SwitchLostError */
export async function flushTables(
  shadow: Shadow,
  session: SwitchSession,
  totals: Totals,
  log: Log,
): Promise<ReadonlySet<string>> {
  const { written, writes, refused } = await shadow.flush((updates) => session.write(updates));
  totals.entriesWritten += written;
  totals.writes += writes;
  const refusedPins = new Set<string>();
  for (const { update, failure } of refused) {
    const { table, key } = update.entry;
    if (isPinTable(table) && failure.full) {
      refusedPins.add(keyText(key));
    } else if (failure.full) {
      if (table !== 'macs' && table !== 'mac_sources') log.write('error', `the table \`${table}\` is full`);
    } else {
      throw new SwitchLostError(`the switch refused to ${update.op} ${table} ${keyText(key)}: ${failure.message}`);
    }
  }
  totals.pinsRefused += refusedPins.size;
  return refusedPins;
}
