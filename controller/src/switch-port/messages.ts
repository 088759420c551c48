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
  const header = {
    operation: OPERATION[order.kind],
    egress_port: 0,
    epoch,
    way: 0,
    slot: 0,
    generation: 0,
    vip: 0,
    client_address: 0,
    client_port: 0,
    vip_port: 0,
    count: 0,
  };
  switch (order.kind) {
    case 'forward':
    case 'receive':
      return { ...header, egress_port: order.port };
    case 'flood':
    case 'alive':
      return header;
    case 'release':
      return {
        ...header,
        way: order.way,
        slot: order.slot,
        generation: order.generation,
        vip: order.vip,
        client_address: toIpv6Bits(order.clientAddress),
        client_port: order.clientPort,
        vip_port: order.vipPort,
      };
    case 'sweep':
      return { ...header, slot: order.first, count: order.count, generation: order.tag };
    default:
      throw new Error(`unexpected order ${JSON.stringify(order satisfies never)}`);
  }
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
  return list.entries.flatMap((entry): PinEvent[] => {
    const sample = entry as Sample;
    const number = (field: string): number => Number(sample[field]);
    const slot = number('slot') * 2 + number('way');
    const generation = number('generation');
    const vip = number('vip');
    const clientAddress = addressOf128Bits(sample.client_address as bigint);
    const key = connectionKey(vip, clientAddress, number('client_port'), number('vip_port'));
    const pin = { key, vip, bucket: number('bucket'), server: number('server') };
    switch (number('kind')) {
      case EVENT.confirmed:
        return [{ kind: 'confirmed', slot, generation, pin }];
      case EVENT.held:
        return [{ kind: 'confirmed', slot, generation, pin, swept: true }];
      case EVENT.learned:
        return [{ kind: 'learned', pin }];
      case EVENT.released:
        return [{ kind: 'released', slot, generation, key }];
      case EVENT.tentative:
        return [{ kind: 'tentative', slot, pin }];
      case EVENT.swept:
        return [{ kind: 'swept', tag: generation, reports: number('slot') }];
      default:
        return [];
    }
  });
}
