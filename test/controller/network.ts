/**
 * Simulated hosts around the embedded switch in this process: servers that answer SYNs and ARP, and clients whose every
 * packet must reach the server their connection was made with. Packets are real, connections are bookkeeping.
 */

import {
  arp,
  decodePacket,
  ethernet,
  icmp,
  ipv4,
  ipv6,
  type Layer,
  layerOf,
  packet,
  parseIpv6,
  payload,
  TCP,
  tcp,
  udp,
} from '@mooring/bmv2-harness';
import { type RunningSwitch, startSwitch } from '@mooring/softswitch';

export type Family = 'ipv4' | 'ipv6';
export type Transport = 'tcp' | 'udp';

const VIP = { mac: '02:00:00:00:01:00', port: 80 };
const CLIENT = { mac: '02:00:00:00:00:0a', switchPort: 9 };
const SERVICE_PORT = 8080;
const NEIGHBOUR = { solicitation: 135, advertisement: 136, solicitedFlags: 0x60000000, targetMac: 2 };

/** Host `index` of the network; an IPv6 address as the packet library writes it. */
function hostAddress(family: Family, index: number): string {
  return family === 'ipv4' ? `10.0.0.${index}` : `2001:db8:0:0:0:0:0:${index}`;
}

/** Server `n`: host 10+n behind port n. */
export function serverHost(index: number, family: Family) {
  const address = hostAddress(family, 10 + index);
  return { index, name: `s${index}`, address, mac: `02:00:00:00:00:0${index}`, switchPort: index };
}

/** A connection's ends, but for the VIP's address. */
interface Ends {
  readonly address: string;
  readonly port: number;
  readonly vipPort: number;
}

/** A client's connection. */
export interface Connection extends Ends {
  readonly server: number;
  /** It got to its server as it is, not translated. */
  readonly isDirect: boolean;
  readonly acknowledgment: number;
}

/** See the file's comment. */
export class Network {
  readonly connections: Connection[] = [];
  readonly violations: string[] = [];
  /** Ports that are further links of a server, by its index. */
  readonly links = new Map<number, number>();
  /** Frames that have left by each of the servers' ports. */
  readonly framesBehind = new Map<number, number>();
  /** Servers take packets in both ways, translated and as they are; each connection's must come as its first did. */
  bothWays = false;
  /** Servers, by index, that answer nothing. */
  readonly silent = new Set<number>();
  private readonly running: RunningSwitch;
  /** Who got the last packet of a connection, by its ends; servers by index. */
  private readonly reached = new Map<string, { readonly server: number; readonly isDirect: boolean }>();
  private nextPort = 20_000;
  private sequence = 1;

  private constructor(
    running: RunningSwitch,
    readonly family: Family,
    readonly transport: Transport,
    /** Servers have the VIP's address themselves, and answer past the switch. */
    readonly direct: boolean,
    /** The VIP is for all ports. */
    readonly allPorts: boolean,
  ) {
    this.running = running;
    running.onFrame((port, frame) => this.onFrame(port, frame));
  }

  static async start(
    family: Family = 'ipv4',
    transport: Transport = 'tcp',
    direct = false,
    allPorts = false,
  ): Promise<Network> {
    const running = await startSwitch({ grpcAddress: '127.0.0.1:0', cpuPort: 510 });
    return new Network(running, family, transport, direct, allPorts);
  }

  get address(): string {
    return this.running.address!;
  }

  /** A cable is pulled, or put in again. */
  setPortUp(port: number, up: boolean): void {
    this.running.setPortUp(port, up);
  }

  close(): Promise<void> {
    return this.running.close();
  }

  /** Opens a connection; undefined when its SYN was dropped, or had no answer. */
  open(): Connection | undefined {
    const port = this.nextPort++;
    return this.openFrom({ address: hostAddress(this.family, 100 + (port % 8)), port, vipPort: VIP.port });
  }

  /** As `open`, between given ends. */
  openFrom({ address, port, vipPort }: Ends): Connection | undefined {
    const ends = { address, port, vipPort };
    const { server, isDirect } = this.fromClient(ends, TCP.SYN, 0);
    if (server === 0 || this.silent.has(server)) return undefined;
    if (this.transport === 'udp') {
      const flow = { ...ends, server, isDirect, acknowledgment: 0 };
      this.connections.push(flow);
      return flow;
    }
    const sequence = (this.sequence += 64_000);
    if (!isDirect) this.fromServer(server, ends, TCP.SYN | TCP.ACK, sequence);
    const connection = { ...ends, server, isDirect, acknowledgment: sequence + 1 };
    const acknowledged = this.fromClient(ends, TCP.ACK, sequence + 1);
    if (acknowledged.server !== server || acknowledged.isDirect !== isDirect)
      this.violations.push(`handshake of ${port}: SYN to s${server}, ACK to s${acknowledged.server}`);
    this.connections.push(connection);
    return connection;
  }

  openMany(count: number): void {
    for (let index = 0; index < count; index++) this.open();
  }

  /** Every connection sends a packet. */
  sendAll(): void {
    for (const connection of this.connections) {
      const { server, isDirect, acknowledgment } = connection;
      const { server: reached, isDirect: way } = this.fromClient(connection, TCP.ACK | TCP.PSH, acknowledgment + 100);
      if (reached === server && way === isDirect) continue;
      this.violations.push(`${keyOf(connection)} lives on s${server}, its packet went to s${reached}`);
      // Who does not know a connection says so.
      if (reached !== 0 && this.transport === 'tcp') this.fromServer(reached, connection, TCP.RST, acknowledgment);
    }
  }

  /** Connections end. */
  end(matches: (connection: Connection) => boolean): void {
    const left = this.connections.filter((connection) => !matches(connection));
    this.connections.splice(0, this.connections.length, ...left);
  }

  private fromClient(ends: Ends, flags: number, acknowledgment: number): Pick<Connection, 'server' | 'isDirect'> {
    const { address, port, vipPort } = ends;
    const key = keyOf(ends);
    this.reached.delete(key);
    const frame = packet(
      ethernet({ source: CLIENT.mac, destination: VIP.mac }),
      this.ip({ source: address, destination: hostAddress(this.family, 1) }),
      this.transport === 'udp'
        ? udp({ source: port, destination: vipPort })
        : tcp({ source: port, destination: vipPort, flags, sequence: 1, acknowledgment }),
      payload('x'),
    );
    this.running.send(CLIENT.switchPort, frame);
    return this.reached.get(key) ?? { server: 0, isDirect: this.direct };
  }

  private fromServer(index: number, { address, port, vipPort }: Ends, flags: number, sequence: number): void {
    const host = serverHost(index, this.family);
    const frame = packet(
      ethernet({ source: host.mac, destination: CLIENT.mac }),
      this.ip({ source: host.address, destination: address }),
      tcp({ source: this.servicePort(vipPort), destination: port, flags, sequence }),
      payload(''),
    );
    this.running.send(host.switchPort, frame);
  }

  /** Where a server takes connections to a port of the VIP. */
  private servicePort(vipPort: number): number {
    return this.direct || this.allPorts ? vipPort : SERVICE_PORT;
  }

  private ip(fields: { source: string; destination: string; hopLimit?: number }): Layer {
    if (this.family === 'ipv6') return ipv6(fields);
    return ipv4({ source: fields.source, destination: fields.destination });
  }

  private onFrame(port: number, frame: Buffer): void {
    if (port < 1 || port > 8) return;
    const host = serverHost(this.links.get(port) ?? port, this.family);
    this.framesBehind.set(port, (this.framesBehind.get(port) ?? 0) + 1);
    const answer = this.answerTo(frame, host);
    if (answer !== undefined) {
      // An answer takes a moment; within the switch's own call it would be out of order.
      queueMicrotask(() => this.running.send(host.switchPort, answer));
      return;
    }
    const ip = layerOf(frame, this.family)?.fields;
    const segment = layerOf(frame, this.transport)?.fields;
    if (ip === undefined || segment === undefined) return;
    const isDirect = ip.destination === hostAddress(this.family, 1);
    if (isDirect ? !this.direct && !this.bothWays : ip.destination !== host.address || this.direct) return;
    if (layerOf(frame, 'ethernet')!.fields.destination !== host.mac) return;
    const to = Number(segment.destination);
    const vipPort = this.allPorts ? to : VIP.port;
    if (to !== (isDirect ? vipPort : this.servicePort(vipPort))) return;
    const ends = { address: String(ip.source), port: Number(segment.source), vipPort };
    this.reached.set(keyOf(ends), { server: host.index, isDirect });
  }

  /** What the host says to an ARP request or a neighbour solicitation for its address. */
  private answerTo(frame: Buffer, host: ReturnType<typeof serverHost>): Uint8Array | undefined {
    const asked = layerOf(frame, 'arp')?.fields;
    // As Linux does, a host is silent when it is asked in the name of an address of its own.
    const ownName = this.direct && asked?.senderAddress === hostAddress(this.family, 1);
    if (asked !== undefined && asked.targetAddress === host.address && !ownName) {
      return packet(
        ethernet({ source: host.mac, destination: asked.senderMac }),
        arp({
          operation: 2,
          senderMac: host.mac,
          senderAddress: host.address,
          targetMac: asked.senderMac,
          targetAddress: asked.senderAddress,
        }),
      );
    }
    if (layerOf(frame, 'icmp')?.fields.type !== NEIGHBOUR.solicitation) return undefined;
    const target = addressBytes(host.address);
    const message = decodePacket(frame).find((layer) => layer.kind === 'payload')?.bytes;
    if (message === undefined || !target.every((byte, index) => message[index] === byte)) return undefined;
    return packet(
      ethernet({ source: host.mac, destination: layerOf(frame, 'ethernet')!.fields.source }),
      this.ip({ source: host.address, destination: layerOf(frame, 'ipv6')!.fields.source, hopLimit: 255 }),
      icmp({ type: NEIGHBOUR.advertisement, rest: NEIGHBOUR.solicitedFlags }),
      payload(
        Uint8Array.from([...target, NEIGHBOUR.targetMac, 1, ...Buffer.from(host.mac.replaceAll(':', ''), 'hex')]),
      ),
    );
  }
}

function keyOf({ address, port, vipPort }: Ends): string {
  return `${address}:${port} to ${vipPort}`;
}

function addressBytes(address: string): Buffer {
  return Buffer.from(parseIpv6(address).toString(16).padStart(32, '0'), 'hex');
}

/**
 * `mooring.yaml` for this network: three servers in service, two spares, the last one to be found by ARP or neighbour
 * discovery.
 */
export function configurationText(
  address: string,
  family: Family = 'ipv4',
  transport: Transport = 'tcp',
  direct = false,
  allPorts = false,
): string {
  const port = allPorts ? 'all' : direct ? VIP.port : SERVICE_PORT;
  const server = (index: number, more: string) => {
    const { name, address: own, mac, switchPort } = serverHost(index, family);
    const place = index === 5 ? '' : `, mac: ${mac}, switchPort: ${switchPort}`;
    return `      - { name: ${name}, address: '${own}', port: ${port}${place}${more} }`;
  };
  return [
    `switch: { address: '${address}', ports: [1, 2, 3, 4, 5, 9] }`,
    // Idle is long beside the pauses of a busy machine: a live connection must not be taken for a silent one.
    'timers: { idle: 2s, handshake: 500ms, inFlight: 50ms, learnAfter: 100ms, report: 100ms }',
    'vips:',
    '  - name: web',
    `    address: '${hostAddress(family, 1)}'`,
    `    port: ${allPorts ? 'all' : VIP.port}`,
    `    protocol: ${transport}`,
    `    mac: ${VIP.mac}`,
    ...(direct ? ['    forwarding: direct'] : []),
    '    buckets: 64',
    '    servers:',
    server(1, ''),
    server(2, ''),
    server(3, ''),
    server(4, ', spare: true'),
    server(5, ', spare: true'),
    '',
  ].join('\n');
}
