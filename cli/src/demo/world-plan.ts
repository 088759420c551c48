/**
 * The demo's network as data: which hosts there are, their addresses, and the switch port each hangs on. Everything
 * else (namespaces, simulated hosts, the controller's YAML) is made from this one plan, so that they cannot disagree.
 * All hosts share one Ethernet segment whose middle is the switch; servers sit at 10.0.0.11 and up, clients at
 * 10.0.0.101 and up, the virtual address is 10.0.0.1; with IPv6, 2001:db8:: in place of 10.0.0.
 */

import type { Transport } from '../load/messages.ts';

/** One host of the demo. */
export interface PlannedHost {
  readonly name: string;
  readonly role: 'server' | 'client';
  /** Switch port, from 1. */
  readonly port: number;
  /** IP addresses; the first is the host's own, a client has more to spread its connections over. */
  readonly addresses: readonly string[];
  /** Ethernet address, aa:bb:cc:dd:ee:ff. */
  readonly mac: string;
  /** Name of the interface on the switch's side. */
  readonly switchInterface: string;
  /** A second link to the switch, joined with the first in the host; undefined where there is one only. */
  readonly secondLink?: PlannedLink;
  /** A way to the host beside the switch, for health checks; undefined where nobody checks it. */
  readonly management?: ManagementLink;
  /** A server for clients of the class only. */
  readonly isForClass?: true;
}

/** An end at the host and one at the switch. */
export type PlannedLink = Pick<PlannedHost, 'port' | 'mac' | 'switchInterface'>;

/** All links of a host, the first one first. */
export function linksOf(host: PlannedHost): readonly PlannedLink[] {
  return host.secondLink === undefined ? [host] : [host, host.secondLink];
}

/** A link of its own between the controller's host and another one; its names and addresses are IPv4. */
export interface ManagementLink {
  readonly address: string;
  readonly port: number;
  /** The controller's end. */
  readonly nearAddress: string;
}

/** The whole network. */
export interface WorldPlan {
  readonly hosts: readonly PlannedHost[];
  readonly virtualAddress: string;
  readonly virtualPort: number;
  /** All clients, in a few prefixes. */
  readonly clientPrefixes: readonly string[];
  /**
   * Port the servers listen on; where packets are translated it differs from the virtual one so that port translation
   * is used.
   */
  readonly serverPort: number;
  readonly prefixLength: number;
  readonly transport: Transport;
  /** Servers have the virtual address too; packets come to them untranslated. */
  readonly direct: boolean;
  /** How, where not just by their Ethernet address; with `direct` only. */
  readonly tunnel?: PlannedTunnel | undefined;
}

/** A tunnel from the switch to each server. */
export interface PlannedTunnel {
  readonly kind: 'ipip' | 'gue';
  /** Where the outer packets come from. */
  readonly source: string;
  /** Where servers take GUE datagrams. */
  readonly port: number;
}

/** Of clients at .101 to .116, or ::101 to ::116. */
const CLIENT_PREFIXES = {
  ipv4: ['10.0.0.96/29', '10.0.0.104/30', '10.0.0.108/30', '10.0.0.112/29'],
  ipv6: ['2001:db8::100/125', '2001:db8::108/125', '2001:db8::110/126', '2001:db8::114/126'],
};

const TUNNEL_PORT = 6080;
const CHECK_PORT = 8081;

/** What the network speaks. */
export interface WorldLanguage {
  readonly ipv6: boolean;
  readonly transport: Transport;
  /** Servers have the virtual address themselves and answer past the switch's translation. */
  readonly direct: boolean;
  /** The same, and packets come to them inside others. */
  readonly tunnel?: PlannedTunnel['kind'] | undefined;
}

/** What not every run has. */
export interface WorldExtras {
  readonly managed?: boolean;
  readonly twoLinks?: readonly string[];
  readonly classServers?: number;
}

/**
 * Plans `serverCount` servers (s1, s2, ...) and `clientCount` clients (c1, ...) with `addressesPerClient` addresses;
 * `classServers` more servers (g1, ...) are for a class of clients. `managed` servers have a management link, servers
 * in `twoLinks` two links to the switch, whose ports follow those of all hosts.
 */
export function planWorld(
  serverCount: number,
  clientCount: number,
  { ipv6, transport, direct: isDirect, tunnel }: WorldLanguage = { ipv6: false, transport: 'tcp', direct: false },
  addressesPerClient = 8,
  { managed = false, twoLinks = [], classServers = 0 }: WorldExtras = {},
): WorldPlan {
  const direct = isDirect || tunnel !== undefined;
  const prefix = ipv6 ? '2001:db8::' : '10.0.0.';
  const hosts: PlannedHost[] = [];
  for (let index = 1; index <= serverCount + classServers; index++) {
    const isForClass = index > serverCount;
    const name = isForClass ? `g${index - serverCount}` : `s${index}`;
    const plain = planHost(name, 'server', hosts.length + 1, [`${prefix}${10 + index}`]);
    const host = isForClass ? { ...plain, isForClass } : plain;
    const network = `172.30.${host.port}`;
    const management = { address: `${network}.2`, port: CHECK_PORT, nearAddress: `${network}.1` };
    hosts.push(managed ? { ...host, management } : host);
  }
  for (let index = 1; index <= clientCount; index++) {
    const first = 101 + (index - 1) * addressesPerClient;
    const addresses = Array.from({ length: addressesPerClient }, (_, offset) => `${prefix}${first + offset}`);
    hosts.push(planHost(`c${index}`, 'client', hosts.length + 1, addresses));
  }
  const prefixLength = ipv6 ? 64 : 24;
  const linked = hosts.map((host): PlannedHost => {
    const place = twoLinks.indexOf(host.name);
    if (place < 0) return host;
    const port = hosts.length + 1 + place;
    return { ...host, secondLink: { port, mac: macOf(port), switchInterface: `sw${port}` } };
  });
  return {
    hosts: linked,
    virtualAddress: `${prefix}1`,
    virtualPort: 80,
    clientPrefixes: ipv6 ? CLIENT_PREFIXES.ipv6 : CLIENT_PREFIXES.ipv4,
    serverPort: direct ? 80 : 8080,
    prefixLength,
    transport,
    direct,
    tunnel: tunnel && { kind: tunnel, source: `${prefix}2`, port: TUNNEL_PORT },
  };
}

function planHost(name: string, role: PlannedHost['role'], port: number, addresses: readonly string[]): PlannedHost {
  return { name, role, port, addresses, mac: macOf(port), switchInterface: `sw${port}` };
}

function macOf(port: number): string {
  return `02:00:00:00:00:${port.toString(16).padStart(2, '0')}`;
}
