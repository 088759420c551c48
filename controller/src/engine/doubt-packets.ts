/**
 * Packets that the switch hands over because it cannot know where their connection lives (shift/doubt.ts): whose
 * connection it is, by the VIP that the packet goes to, or, of a reset, comes from. A reset's server is known by its
 * address where packets are translated, else by the MAC address of its frame.
 */
import { classOfClient, serving } from '../intent/classes.ts';
import { hashOf, vipPortOf } from '../intent/mapping.ts';
import { serviceOf } from '../intent/services.ts';
import type { Intent } from '../intent/types.ts';
import type { Segment } from '../network/segment.ts';
import { bucketOfConnection } from '../shift/bucket-hash.ts';
import { connectionKey } from '../shift/connection-key.ts';
import type { Notice, ServerId, ShiftEvent } from '../shift/types.ts';
import { formatIpAddress, type IpAddress } from '../text/addresses.ts';
import type { EngineOptions } from './options.ts';
import { vipsOf } from './reconcile.ts';

/** A packet as it was handed over. */
export interface HandedPacket {
  readonly port: number;
  readonly packet: Uint8Array;
  readonly segment: Segment;
  /** Whose reset it is; 0: not said. */
  readonly server: ServerId;
}

/** What it tells; nothing where it belongs to no VIP. */
export function doubtEvents(
  { configuration, journal }: Pick<EngineOptions, 'configuration' | 'journal'>,
  handed: HandedPacket,
): ShiftEvent[] {
  const { packet, segment, server } = handed;
  const intent = journal.state;
  const { source, sourcePort, destination, destinationPort, isReset } = segment;
  const served = vipsOf(configuration, intent);
  const vips = served.map(({ vip }) => vip);
  const find = (address: IpAddress, port: number, client: IpAddress) => {
    const at = { address: formatIpAddress(address), protocol: 'tcp', port } as const;
    const found = serving(at, classOfClient(client, intent.classes), vips);
    return served.find(({ vip }) => vip === found);
  };
  const toVip = find(destination, destinationPort, source);
  const fromVip = toVip === undefined ? find(source, sourcePort, destination) : undefined;
  const service = toVip ?? fromVip;
  if (service === undefined || (fromVip !== undefined && !isReset)) return [];
  const [clientAddress, clientPort, port] =
    toVip === undefined ? [destination, destinationPort, sourcePort] : [source, sourcePort, destinationPort];
  const { id, vip } = service;
  const ends = [clientAddress, clientPort, vipPortOf(vip, port)] as const;
  const bucket = bucketOfConnection(hashOf(vip), ...ends);
  const key = connectionKey(serviceOf(intent, id), ...ends);
  const frame = { port: handed.port, bytes: packet };
  if (toVip !== undefined) return [{ kind: 'unknown-packet', key, vip: id, bucket, frame }];
  const whose = server === 0 ? serverOfMac(intent, id, segment.sourceMac) : server;
  return [{ kind: 'reset', key, vip: id, bucket, server: whose, frame }];
}

/** Says in the log that connections are looked for, and what came of it. */
export function tellDoubt(notice: Notice, { log, journal }: Pick<EngineOptions, 'log' | 'journal'>): void {
  if (notice.kind !== 'doubt' && notice.kind !== 'doubt-over') return;
  const name = journal.state.vips.get(notice.vip)?.name ?? notice.vip;
  if (notice.kind === 'doubt') {
    const what = `pins of ${notice.buckets} buckets of VIP \`${name}\` may have been lost with the switch's registers`;
    const seconds = Math.ceil(notice.durationMs / 1000);
    log.write('warning', `${what}: connections without a pin are looked for on its servers for ${seconds} s`);
  } else {
    const what = `${notice.found} connections of VIP \`${name}\` were found again`;
    log.write('info', `${what} on other servers than their bucket's base`);
  }
}

function serverOfMac(intent: Intent, vip: number, mac: string): ServerId {
  const service = serviceOf(intent, vip);
  for (const server of intent.servers.values()) {
    if (serviceOf(intent, server.vip) !== service || server.state === 'drained' || server.state === 'dead') continue;
    if (server.mac === mac || server.links?.some((link) => link.mac === mac)) return server.id;
  }
  return 0;
}
