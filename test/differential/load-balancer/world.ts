/**
 * The small world in which the load balancer is compared: a few services, servers, clients and stations, so that random
 * packets and random entries meet often. Everything is a constant; randomness chooses among these.
 */
import { PROTOCOL } from '@mooring/bmv2-harness';
import type { Random } from '../random.ts';

/** Ports of the switch. */
export const PORTS = [1, 2, 3, 4, 5, 6, 7, 8] as const;
export const CPU_PORT = 510;

/** A service's address, protocol and port, and how its connections are spread. */
export interface Service {
  readonly vip: number;
  readonly version: 4 | 6;
  readonly address: string;
  readonly protocol: number;
  /** Undefined: all ports. */
  readonly port: number | undefined;
  readonly buckets: number;
  readonly portMask: number;
  /** The switch cannot watch its handshakes. */
  readonly oneWay: boolean;
}

export const SERVICES: readonly Service[] = [
  {
    vip: 1,
    version: 4,
    address: '10.0.0.1',
    protocol: PROTOCOL.TCP,
    port: 80,
    buckets: 4,
    portMask: 0xffff,
    oneWay: false,
  },
  {
    vip: 2,
    version: 4,
    address: '10.0.0.1',
    protocol: PROTOCOL.TCP,
    port: 443,
    buckets: 3,
    portMask: 0,
    oneWay: false,
  },
  {
    vip: 3,
    version: 4,
    address: '10.0.0.2',
    protocol: PROTOCOL.UDP,
    port: 53,
    buckets: 2,
    portMask: 0xffff,
    oneWay: true,
  },
  {
    vip: 4,
    version: 4,
    address: '10.0.0.2',
    protocol: PROTOCOL.TCP,
    port: 22,
    buckets: 2,
    portMask: 0xffff,
    oneWay: true,
  },
  {
    vip: 5,
    version: 6,
    address: '2001:db8::1',
    protocol: PROTOCOL.TCP,
    port: 80,
    buckets: 4,
    portMask: 0xffff,
    oneWay: false,
  },
  {
    vip: 6,
    version: 6,
    address: '2001:db8::2',
    protocol: PROTOCOL.UDP,
    port: 53,
    buckets: 2,
    portMask: 0xff00,
    oneWay: true,
  },
  // The address and protocol of VIPs for one port.
  {
    vip: 7,
    version: 4,
    address: '10.0.0.1',
    protocol: PROTOCOL.TCP,
    port: undefined,
    buckets: 3,
    portMask: 0xffff,
    oneWay: false,
  },
  {
    vip: 8,
    version: 6,
    address: '2001:db8::2',
    protocol: PROTOCOL.TCP,
    port: undefined,
    buckets: 2,
    portMask: 0,
    oneWay: false,
  },
  {
    vip: 9,
    version: 4,
    address: '10.0.0.3',
    protocol: PROTOCOL.UDP,
    port: undefined,
    buckets: 2,
    portMask: 0xffff,
    oneWay: true,
  },
];

/** A server of every service of its kind. */
export interface Server {
  readonly id: number;
  readonly mac: string;
  readonly switchPort: number;
  readonly address: Readonly<Record<4 | 6, string>>;
}

export const SERVERS: readonly Server[] = [1, 2, 3].map((id) => ({
  id,
  mac: `02:00:00:00:01:0${id}`,
  switchPort: id,
  address: { 4: `10.0.1.${id}`, 6: `2001:db8:0:1::${id}` },
}));

/** Ports of a service for all ports that clients know; one of them has a VIP of its own. */
const OPEN_PORTS = [80, 7000, 65535] as const;

/** A port at which clients find a service. */
export function vipPort(service: Service, random: Random): number {
  return service.port ?? random.pick(OPEN_PORTS);
}

/**
 * Where a server takes connections to a port of a service: a port for each service, so that `returns` tells them apart;
 * or the same one.
 */
export function servicePort(service: Service, to: number): number {
  return service.port === undefined ? to : 8000 + service.vip;
}

export const CLIENTS: Readonly<Record<4 | 6, readonly string[]>> = {
  4: ['192.168.0.1', '192.168.0.2', '192.168.7.9', '172.16.255.254'],
  6: ['2001:db8:9::1', '2001:db8:9::2', 'fe80::1', '::ffff:c0a8:1'],
};
export const CLIENT_PORTS = [1024, 1025, 40000, 65535] as const;

/** The switch's end of tunnels to servers. */
export const TUNNEL_SOURCE: Readonly<Record<4 | 6, string>> = { 4: '10.0.9.1', 6: '2001:db8:0:9::1' };

export const VIP_MAC = '02:00:00:00:00:01';
export const STATIONS = ['02:00:00:00:02:01', '02:00:00:00:02:02', '02:00:00:00:02:03', VIP_MAC] as const;
export const EVERYBODY = 'ff:ff:ff:ff:ff:ff';
