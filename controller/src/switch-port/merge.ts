/**
 * What several switches hold of one table, as one. Entries that are alike everywhere are told as they are; one that is
 * not (a switch was restarted, or the controller died between two writes) is told with an idle timeout that nobody
 * wants, so that whoever compares it with what should be there writes it anew, to all.
 *
 * Where assignments differ, the base is the one of an entry whose base and current server are one: a commit has been
 * made on one of them only if nobody needed the old base on any, and nothing but a commit changes a base while the
 * bucket is in shift. Registers may hold pins if they may on any of them.
 */
import { keyText, type ReadEntry, type TableName } from './tables.ts';

const UNWANTED_TIMEOUT_MS = -1;
/** In `set_assignment`. */
const [BASE, CURRENT, LEARN, UNSETTLED] = [0, 1, 2, 4];

/** @param read what each switch holds, the first one's first */
export function mergeEntries(table: TableName, read: readonly (readonly ReadEntry[])[]): readonly ReadEntry[] {
  const [first = []] = read;
  if (read.length === 1) return first;
  const byKey = new Map<string, ReadEntry[]>();
  for (const entries of read) {
    for (const entry of entries) {
      const key = keyText(entry.key);
      const others = byKey.get(key);
      if (others === undefined) byKey.set(key, [entry]);
      else others.push(entry);
    }
  }
  return [...byKey.values()].map((entries) => mergeEntry(table, entries, read.length));
}

function mergeEntry(table: TableName, entries: readonly ReadEntry[], switches: number): ReadEntry {
  const ages = entries.flatMap(({ elapsedMs }) => elapsedMs ?? []);
  const elapsedMs = ages.length === 0 ? undefined : Math.min(...ages);
  const [first] = entries as [ReadEntry];
  const alike = entries.length === switches && entries.every((entry) => sameContent(entry, first));
  // The ports of the servers differ from switch to switch.
  if (alike && table !== 'servers' && table !== 'links') return { ...first, elapsedMs };
  if (table !== 'buckets') return { ...first, elapsedMs, idleTimeoutMs: UNWANTED_TIMEOUT_MS };
  const chosen = entries.find(({ params }) => params[BASE!] === params[CURRENT!]) ?? first;
  const params = [...chosen.params];
  for (const flag of [LEARN!, UNSETTLED!])
    params[flag] = Math.max(...entries.map((entry) => Number(entry.params[flag])));
  if (entries.some((entry) => entry.params[CURRENT!] !== chosen.params[CURRENT!])) params[UNSETTLED!] = 1;
  return { ...chosen, params, elapsedMs, idleTimeoutMs: UNWANTED_TIMEOUT_MS };
}

function sameContent(a: ReadEntry, b: ReadEntry): boolean {
  return (
    a.action === b.action &&
    a.idleTimeoutMs === b.idleTimeoutMs &&
    a.params.length === b.params.length &&
    a.params.every((value, index) => value === b.params[index])
  );
}
