/**
 * What goes over the stream: orders as headers of packet-outs, digests as events. docs/DATAPLANE.md lists their fields.
 */
import type { DataOutput, DigestList } from '@mooring/p4runtime-ts';
import { connectionKey } from '../shift/connection-key.ts';
import type { PinEvent } from '../shift/types.ts';
import { addressOf128Bits, toIpv6Bits } from '../text/addresses.ts';
import { decodeValue, MAC_FIELD } from './entities.ts';
import type { MacEvent, PacketOrder } from './port.ts';

/** Operations of the `packet_out` header and kinds of `pin_event_t`; docs/DATAPLANE.md. */
const OPERATION = { forward: 0, flood: 1, release: 2, sweep: 3, receive: 4, alive: 5 } as const;
const EVENT = { confirmed: 1, learned: 2, released: 3, tentative: 4, swept: 5, held: 6 } as const;

/** The header of a packet-out. */
export function encodeOrder(order: PacketOrder, epoch: number): Record<string, number | bigint> {
  const isRelease = order.kind === 'release';
  const isSweep = order.kind === 'sweep';
  return {
    operation: OPERATION[order.kind],
    egress_port: order.kind === 'forward' || order.kind === 'receive' ? order.port : 0,
    epoch,
    way: isRelease ? order.way : 0,
    slot: isRelease ? order.slot : isSweep ? order.first : 0,
    generation: isRelease ? order.generation : isSweep ? order.tag : 0,
    vip: isRelease ? order.vip : 0,
    client_address: isRelease ? toIpv6Bits(order.clientAddress) : 0,
    client_port: isRelease ? order.clientPort : 0,
    vip_port: isRelease ? order.vipPort : 0,
    count: isSweep ? order.count : 0,
  };
}

type Sample = Readonly<Record<string, DataOutput>>;

/** `mac_event_t` */
export function decodeMacEvents(list: DigestList): MacEvent[] {
  return list.entries.map((entry) => {
    const { mac, port } = entry as Sample;
    return { mac: decodeValue(list.digest, MAC_FIELD, mac) as string, port: Number(port) };
  });
}

/** `pin_event_t`; kinds that are not known are left out. */
export function decodePinEvents(list: DigestList): PinEvent[] {
  const events: PinEvent[] = [];
  for (const entry of list.entries) {
    const event = decodePinEvent(entry as Sample);
    if (event !== undefined) events.push(event);
  }
  return events;
}

function decodePinEvent(sample: Sample): PinEvent | undefined {
  const slot = Number(sample.slot) * 2 + Number(sample.way);
  const generation = Number(sample.generation);
  const vip = Number(sample.vip);
  const clientAddress = addressOf128Bits(sample.client_address as bigint);
  const key = connectionKey(vip, clientAddress, Number(sample.client_port), Number(sample.vip_port));
  const pin = { key, vip, bucket: Number(sample.bucket), server: Number(sample.server) };
  switch (Number(sample.kind)) {
    case EVENT.confirmed:
      return { kind: 'confirmed', slot, generation, pin };
    case EVENT.held:
      return { kind: 'confirmed', slot, generation, pin, swept: true };
    case EVENT.learned:
      return { kind: 'learned', pin };
    case EVENT.released:
      return { kind: 'released', slot, generation, key };
    case EVENT.tentative:
      return { kind: 'tentative', slot, pin };
    case EVENT.swept:
      return { kind: 'swept', tag: generation, reports: Number(sample.slot) };
    default:
      return undefined;
  }
}
