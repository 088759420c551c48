/**
 * The ways to a server in service, its port or its links: they may change while it serves, for who serves a connection
 * is no matter of ways. What a file leaves to be found stays as it was found.
 */
import type { ServerConfiguration } from '../config/types.ts';
import type { ServerRecord } from '../intent/types.ts';

type Ways = Pick<ServerRecord, 'mac' | 'switchPort' | 'links'>;

/** The ways as a file wants them. */
export function waysOf(record: Ways, { mac, switchPort, links }: ServerConfiguration): Ways {
  return { mac: mac ?? record.mac, switchPort: switchPort ?? record.switchPort, links };
}

/** Whether a file wants other ways. */
export function waysDiffer(record: Ways, wanted: ServerConfiguration): boolean {
  const { mac, switchPort, links } = record;
  return JSON.stringify({ mac, switchPort, links }) !== JSON.stringify(waysOf(record, wanted));
}

/** Ways as people read them. */
export function formatWays({ mac, switchPort, links }: Ways): string {
  const ways = links ?? [{ mac, switchPort, weight: 1 }];
  const text = ways.map(
    (way) => `port ${way.switchPort} (${way.mac}${way.weight === 1 ? '' : `, weight ${way.weight}`})`,
  );
  return text.join(', ');
}
