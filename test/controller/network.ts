/**
 * Simulated hosts around the embedded switch in this process: servers that answer SYNs and ARP, and clients whose every
 * packet must reach the server their connection was made with. Packets are real, connections are bookkeeping.
 */

import { fileURLToPath } from 'node:url';
import { arp, ethernet, ipv4, layerOf, packet, parseIpv4, payload, TCP, tcp } from '@mooring/bmv2-harness';
import { runCompile } from '@mooring/p4c-ts/command';
import { nodeCompileIo } from '@mooring/p4c-ts/node';
import { type RunningSwitch, startSwitch } from '@mooring/softswitch';

const VIP = { address: '10.0.0.1', mac: '02:00:00:00:01:00', port: 80 };
const CLIENT = { mac: '02:00:00:00:00:0a', switchPort: 9 };
const SERVICE_PORT = 8080;

/** Server `n`: 10.0.0.10+n behind port n. */
export function serverHost(index: number) {
  return { name: `s${index}`, address: `10.0.0.${10 + index}`, mac: `02:00:00:00:00:0${index}`, switchPort: index };
}

/** The load balancer's program, compiled from source. */
export async function compileProgram(): Promise<{ p4info: string; deviceConfig: Uint8Array }> {
  const source = fileURLToPath(new URL('../../p4/v1model/mooring.p4', import.meta.url));
  const written = new Map<string, string>();
  let said = '';
  const status = await runCompile(['-o', 'program.json', '--p4runtime-files', 'program.p4info.txtpb', source], {
    ...nodeCompileIo('0'),
    writeFile: (path, content) => {
      written.set(path, typeof content === 'string' ? content : Buffer.from(content).toString('utf8'));
    },
    stdout: (text) => {
      said += text;
    },
    stderr: (text) => {
      said += text;
    },
  });
  if (status !== 0) throw new Error(said);
  return { p4info: written.get('program.p4info.txtpb')!, deviceConfig: Buffer.from(written.get('program.json')!) };
}

/** A client's connection. */
export interface Connection {
  readonly address: string;
  readonly port: number;
  readonly server: number;
  readonly acknowledgment: number;
}

/** See the file's comment. */
export class Network {
  readonly connections: Connection[] = [];
  readonly violations: string[] = [];
  private readonly running: RunningSwitch;
  /** Who got the last packet of a client, by `address:port`; servers by index. */
  private readonly reached = new Map<string, number>();
  private nextPort = 20_000;
  private sequence = 1;

  private constructor(running: RunningSwitch) {
    this.running = running;
    running.onFrame((port, frame) => this.onFrame(port, frame));
  }

  static async start(address = '127.0.0.1:0'): Promise<Network> {
    return new Network(await startSwitch({ grpcAddress: address, cpuPort: 510 }));
  }

  get address(): string {
    return this.running.address!;
  }

  close(): Promise<void> {
    return this.running.close();
  }

  /** Opens a connection; undefined when its SYN was dropped. */
  open(): Connection | undefined {
    const port = this.nextPort++;
    const address = `10.0.0.${100 + (port % 8)}`;
    const server = this.fromClient(address, port, TCP.SYN, 0);
    if (server === 0) return undefined;
    const sequence = (this.sequence += 64_000);
    this.fromServer(server, address, port, TCP.SYN | TCP.ACK, sequence);
    const connection = { address, port, server, acknowledgment: sequence + 1 };
    const acknowledged = this.fromClient(address, port, TCP.ACK, sequence + 1);
    if (acknowledged !== server)
      this.violations.push(`handshake of ${port}: SYN to s${server}, ACK to s${acknowledged}`);
    this.connections.push(connection);
    return connection;
  }

  openMany(count: number): void {
    for (let index = 0; index < count; index++) this.open();
  }

  /** Every connection sends a packet. */
  sendAll(): void {
    for (const { address, port, server, acknowledgment } of this.connections) {
      const reached = this.fromClient(address, port, TCP.ACK | TCP.PSH, acknowledgment + 100);
      if (reached !== server)
        this.violations.push(`${address}:${port} lives on s${server}, its packet went to s${reached}`);
    }
  }

  /** Connections end. */
  end(matches: (connection: Connection) => boolean): void {
    const left = this.connections.filter((connection) => !matches(connection));
    this.connections.splice(0, this.connections.length, ...left);
  }

  private fromClient(address: string, port: number, flags: number, acknowledgment: number): number {
    const key = `${address}:${port}`;
    this.reached.delete(key);
    const frame = packet(
      ethernet({ source: CLIENT.mac, destination: VIP.mac }),
      ipv4({ source: address, destination: VIP.address }),
      tcp({ source: port, destination: VIP.port, flags, sequence: 1, acknowledgment }),
      payload('x'),
    );
    this.running.send(CLIENT.switchPort, frame);
    return this.reached.get(key) ?? 0;
  }

  private fromServer(index: number, address: string, port: number, flags: number, sequence: number): void {
    const host = serverHost(index);
    const frame = packet(
      ethernet({ source: host.mac, destination: CLIENT.mac }),
      ipv4({ source: host.address, destination: address }),
      tcp({ source: SERVICE_PORT, destination: port, flags, sequence }),
      payload(''),
    );
    this.running.send(host.switchPort, frame);
  }

  private onFrame(port: number, frame: Buffer): void {
    if (port < 1 || port > 8) return;
    const host = serverHost(port);
    const asked = layerOf(frame, 'arp')?.fields;
    if (asked !== undefined && parseIpv4(String(asked.targetAddress)) === parseIpv4(host.address)) {
      const answer = packet(
        ethernet({ source: host.mac, destination: String(asked.senderMac) }),
        arp({
          operation: 2,
          senderMac: host.mac,
          senderAddress: host.address,
          targetMac: String(asked.senderMac),
          targetAddress: String(asked.senderAddress),
        }),
      );
      // An answer takes a moment; within the switch's own call it would be out of order.
      queueMicrotask(() => this.running.send(host.switchPort, answer));
      return;
    }
    const ip = layerOf(frame, 'ipv4')?.fields;
    const segment = layerOf(frame, 'tcp')?.fields;
    if (ip === undefined || segment === undefined || ip.destination !== host.address) return;
    if (Number(segment.destination) === SERVICE_PORT) this.reached.set(`${ip.source}:${segment.source}`, port);
  }
}

/** `mooring.yaml` for this network: three servers in service, two spares, the last one to be found by ARP. */
export function configurationText(address: string): string {
  const server = (index: number, more: string) => {
    const { name, address: own, mac, switchPort } = serverHost(index);
    const place = index === 5 ? '' : `, mac: ${mac}, switchPort: ${switchPort}`;
    return `      - { name: ${name}, address: ${own}, port: ${SERVICE_PORT}${place}${more} }`;
  };
  return [
    `switch: { address: '${address}', ports: [1, 2, 3, 4, 5, 9] }`,
    // Idle is long beside the pauses of a busy machine: a live connection must not be taken for a silent one.
    'timers: { idle: 2s, handshake: 500ms, inFlight: 50ms, learnAfter: 100ms, report: 100ms }',
    'vips:',
    '  - name: web',
    `    address: ${VIP.address}`,
    `    port: ${VIP.port}`,
    `    mac: ${VIP.mac}`,
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
