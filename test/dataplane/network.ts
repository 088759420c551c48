// Who is in the stories, once with IPv4 and once with IPv6 addresses: the same story is told of both. Everything else
// about a host (MAC address, switch port, service port) is the same in both.
import { ipv4, ipv6, type Layer, layerOf } from '@mooring/bmv2-harness';

export type Family = 'ipv4' | 'ipv6';
export const FAMILIES: readonly Family[] = ['ipv4', 'ipv6'];

export interface Server {
  id: number;
  address: string;
  port: number;
  mac: string;
  switchPort: number;
}

/** Addresses of one family, and how the switch's tables for it are named. */
export class Network {
  readonly vip: { id: number; address: string; port: number; mac: string };
  readonly client: { address: string; mac: string; switchPort: number };

  constructor(readonly family: Family) {
    this.vip = { id: 1, address: this.address(100), port: 80, mac: '02:00:00:00:01:00' };
    this.client = { address: this.address(10), mac: '02:00:00:00:00:0a', switchPort: 9 };
  }

  /** The network's host `number`. */
  address(number: number): string {
    return this.family === 'ipv4' ? `10.0.0.${number}` : `2001:db8:0:0:0:0:0:${number}`;
  }

  /** Server `id`: host 20 + id, port 8080, behind switch port `id`. */
  server(id: number): Server {
    return { id, address: this.address(20 + id), port: 8080, mac: `02:00:00:00:02:0${id}`, switchPort: id };
  }

  /** The name of the family's table. */
  table(
    name: 'vips' | 'vips_all_ports' | 'returns' | 'returns_all_ports' | 'addresses' | 'pins' | 'client_classes',
  ): string {
    return this.family === 'ipv4' ? name : `${name}_v6`;
  }

  /** The name of the family's action. */
  action(
    name:
      | 'set_vip'
      | 'set_vip_all_ports'
      | 'set_class'
      | 'to_server'
      | 'to_server_all_ports'
      | 'from_server'
      | 'from_server_all_ports'
      | 'to_server_ipip'
      | 'to_server_gue',
  ): string {
    return this.family === 'ipv4' ? name : `${name}_v6`;
  }

  /** The network layer of a packet. */
  ip(fields: { source: string; destination: string; protocol?: number }): Layer {
    const { protocol, ...addresses } = fields;
    if (this.family === 'ipv4') return ipv4({ ...addresses, ...(protocol === undefined ? {} : { protocol }) });
    return ipv6({ ...addresses, ...(protocol === undefined ? {} : { nextHeader: protocol }) });
  }

  /** Source and destination of a packet. */
  addressesOf(bytes: Uint8Array): { source: string; destination: string } | undefined {
    return layerOf(bytes, this.family)?.fields;
  }
}
