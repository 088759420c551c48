/**
 * A server's `links`: several switch ports that lead to it, with weights. The switch spreads connections over those
 * that are up by itself, so who serves a connection is no matter of links, and nothing here is ever part of a shift. A
 * link is not looked for by ARP, for an answer names one way only: every link needs a MAC address, its own or the
 * server's.
 */
import * as scalar from './scalars.ts';
import type { Link } from './types.ts';
import type { MapReader } from './yaml-reader.ts';

/** @param mac the server's @returns undefined where there are none */
export function readLinks(reader: MapReader, mac: string | undefined): readonly Link[] | undefined {
  const readers = reader.maps('links', 'link');
  if (readers === undefined) return undefined;
  if (readers.length === 0) reader.error('links', '`links` is empty: name at least one, or leave it out');
  const ports = new Set<number>();
  return readers.map((link) => {
    const switchPort = link.required('switchPort', scalar.switchPort) ?? 0;
    if (ports.has(switchPort))
      link.error('switchPort', `two links of ${reader.what} have the switch port ${switchPort}`);
    ports.add(switchPort);
    const own = link.optional('mac', scalar.mac, mac);
    if (own === undefined) link.error(undefined, `${link.what} has no \`mac\`, and neither has ${reader.what}`);
    const weight = link.optional('weight', scalar.integer(1, 100), 1);
    link.finish();
    return { switchPort, mac: own ?? '00:00:00:00:00:00', weight };
  });
}
