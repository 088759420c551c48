/** A packet of a connection, made up for tracing: what its client would send to open it, use it or end it. */
import { ethernet, ipv4, ipv6, packet, payload, TCP, tcp, udp } from '@mooring/bmv2-harness';
import { UsageError } from '../command-line/errors.ts';

/** Packets that can be made. */
export const CONNECTION_PACKETS = ['SYN', 'data', 'FIN'] as const;
export type ConnectionPacket = (typeof CONNECTION_PACKETS)[number];

/** An end of a connection. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

const FLAGS = { SYN: TCP.SYN, data: TCP.PSH | TCP.ACK, FIN: TCP.FIN | TCP.ACK } as const;
const ANY_SEQUENCE = 1_000;

/** `192.0.2.7:51514` or `[2001:db8::7]:51514`. @throws UsageError */
export function parseEndpoint(text: string, field: string): Endpoint {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text.trim());
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) {
    throw new UsageError(`'${text}' is not a client: expected ADDRESS:PORT, with an IPv6 address in brackets`, {
      field,
      hint: 'For example 192.0.2.7:51514 or [2001:db8::7]:51514.',
    });
  }
  return { address: (match[1] ?? match[2])!, port };
}

/** The packet's bytes, from Ethernet on. @throws RangeError when an address is none */
export function connectionPacket(
  client: Endpoint,
  vip: Endpoint & { readonly protocol: 'tcp' | 'udp' },
  kind: ConnectionPacket,
): Uint8Array {
  const ends = { source: client.address, destination: vip.address };
  const network = vip.address.includes(':') ? ipv6(ends) : ipv4(ends);
  const ports = { source: client.port, destination: vip.port };
  const transport =
    vip.protocol === 'udp'
      ? udp(ports)
      : tcp({
          ...ports,
          flags: FLAGS[kind],
          sequence: ANY_SEQUENCE,
          ...(kind === 'SYN' ? {} : { acknowledgment: ANY_SEQUENCE }),
        });
  return packet(ethernet(), network, transport, ...(kind === 'data' ? [payload('traced')] : []));
}
