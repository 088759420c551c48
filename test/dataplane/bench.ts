// A workbench for Mooring's own P4 program: compiled from source by p4c-ts, run by the embedded switch in this process,
// with a clock the test moves. Clients, servers and VIP below are fixed, so that a test reads as a story: "a SYN of
// client 1", "server 2 answers", "the client's acknowledgment".

import { ethernet, packet, payload, TCP, tcp, udp } from '@mooring/bmv2-harness';
import { type DataPlane, type Digest, loadDataPlane, type Output } from './data-plane.ts';
import { type Family, Network } from './network.ts';

/** The first workbench of a file compiles the program, perhaps with a slow compiler. */
export const COMPILE_TIMEOUT_MS = 60_000;
export const TENTATIVE_LIFETIME_TICKS = 60_000;
export const REPORT_INTERVAL_TICKS = 1_000;
export const EVENT = { CONFIRMED: 1, LEARNED: 2, RELEASED: 3, TENTATIVE: 4, SWEPT: 5, HELD: 6 } as const;
export const DROP = {
  NO_ASSIGNMENT: 1,
  NO_SERVER: 2,
  PIN_CLOSING: 3,
  SEALED: 4,
  FRAGMENT: 5,
  CHECKSUM: 6,
  NO_VIP: 7,
  PACKET_OUT: 8,
  CONSUMED: 9,
  NO_ROOM: 10,
  SYN_RATE: 11,
  OUTGOING: 12,
  REFUSED: 13,
} as const;

export interface Assignment {
  base: number;
  current: number;
  learn?: boolean;
  seal?: boolean;
  unsettled?: boolean;
  doubt?: boolean;
}

interface TcpNumbers {
  sequence?: number;
  acknowledgment?: number;
}

/** The VIP of UDP, at the same address and port. */
export const UDP_VIP_ID = 2;

/** The VIP of all ports (`serveAllPorts`). */
export const ALL_PORTS_VIP_ID = 3;

export class Workbench {
  private constructor(
    readonly plane: DataPlane,
    readonly network: Network,
  ) {}

  /** The program with VIP 1 (one bucket), servers 1 to 3 alive, and the client's MAC address known. */
  static async start(defines: Record<string, string> = {}, family: Family = 'ipv4'): Promise<Workbench> {
    const network = new Network(family);
    const bench = new Workbench(await loadDataPlane(defines), network);
    const { plane } = bench;
    const { vip, client } = network;
    plane.setDefault('settings', 'set_settings', [7, TENTATIVE_LIFETIME_TICKS, REPORT_INTERVAL_TICKS]);
    plane.multicastGroup(1, [1, 2, 3, client.switchPort]);
    plane.insert(network.table('addresses'), [vip.address], 'own_address', [vip.mac]);
    plane.insert(network.table('vips'), [vip.address, 6, vip.port, 0], network.action('set_vip'), [
      vip.id,
      0,
      1,
      0,
      0xffff,
      0,
    ]);
    plane.insert(network.table('vips'), [vip.address, 17, vip.port, 0], network.action('set_vip'), [
      UDP_VIP_ID,
      0,
      1,
      0,
      0xffff,
      1,
    ]);
    for (const id of [1, 2, 3]) {
      const { address, port, mac, switchPort } = network.server(id);
      for (const [protocol, service] of [
        [6, vip.id],
        [17, UDP_VIP_ID],
      ] as const) {
        const back = [id, service, vip.address, vip.port];
        plane.insert(network.table('returns'), [address, protocol, port], network.action('from_server'), back);
        const there = [mac, switchPort, address, port];
        plane.insert('servers', [service, id], network.action('to_server'), there);
      }
      plane.insert('macs', [mac], 'to_port', [switchPort]);
      plane.insert('mac_sources', [mac, switchPort], 'mac_known', []);
      bench.revive(id);
    }
    plane.insert('macs', [client.mac], 'to_port', [client.switchPort]);
    plane.insert('mac_sources', [client.mac, client.switchPort], 'mac_known', []);
    return bench;
  }

  /** TCP's VIP for all ports, at the same address and with the same servers. @param portMask 0: affinity by client */
  serveAllPorts(buckets = 1, portMask = 0xffff): void {
    const { plane, network } = this;
    const { vip } = network;
    const entry = [ALL_PORTS_VIP_ID, 0, buckets, 0, portMask, 0];
    plane.upsert(network.table('vips_all_ports'), [vip.address, 6, 0], network.action('set_vip_all_ports'), entry);
    for (const id of [1, 2, 3]) {
      const { address, mac, switchPort } = network.server(id);
      const back = [id, ALL_PORTS_VIP_ID, vip.address];
      plane.upsert(network.table('returns_all_ports'), [address, 6], network.action('from_server_all_ports'), back);
      const there = [mac, switchPort, address];
      plane.upsert('servers', [ALL_PORTS_VIP_ID, id], network.action('to_server_all_ports'), there);
    }
  }

  revive(id: number): void {
    this.plane.insert('pin_servers', [id], 'alive_for_pin', []);
    this.plane.insert('slot_servers', [id], 'alive_for_slot', []);
  }

  kill(id: number): void {
    this.plane.remove('pin_servers', [id]);
    this.plane.remove('slot_servers', [id]);
  }

  /** Writes the bucket's assignment; it is unsettled unless base and current are equal and nothing else is said. */
  assign(assignment: Assignment, vip = this.network.vip.id): void {
    const { base, current, learn = false, seal = false, unsettled = base !== current, doubt = false } = assignment;
    this.plane.upsert('buckets', [vip, 0], 'set_assignment', [base, current, +learn, +seal, +unsettled, +doubt]);
  }

  pin(clientPort: number, serverId: number, { closing = false, vip = this.network.vip.id, vipPort = 0 } = {}): void {
    const key = [vip, this.network.client.address, clientPort, vipPort];
    this.plane.upsert(this.network.table('pins'), key, 'pin', [serverId, +closing]);
  }

  unpin(clientPort: number, vip = this.network.vip.id): void {
    this.plane.remove(this.network.table('pins'), [vip, this.network.client.address, clientPort, 0]);
  }

  /** A TCP packet of the client to the VIP, or to another port of its address. */
  fromClient(
    clientPort: number,
    flags: number,
    { vipPort = this.network.vip.port, ...numbers }: TcpNumbers & { vipPort?: number } = {},
  ): Arrival {
    const { client, vip } = this.network;
    const bytes = packet(
      ethernet({ source: client.mac, destination: vip.mac }),
      this.network.ip({ source: client.address, destination: vip.address }),
      tcp({ source: clientPort, destination: vipPort, flags, ...numbers }),
      payload('to the server'),
    );
    return this.send(client.switchPort, bytes);
  }

  /** A UDP packet of the client to the VIP. */
  datagram(clientPort: number): Arrival {
    const { client, vip } = this.network;
    const bytes = packet(
      ethernet({ source: client.mac, destination: vip.mac }),
      this.network.ip({ source: client.address, destination: vip.address }),
      udp({ source: clientPort, destination: vip.port }),
      payload('to the server'),
    );
    return this.send(client.switchPort, bytes);
  }

  /** Any packet. */
  send(port: number, bytes: Uint8Array): Arrival {
    return new Arrival(this.plane.send(port, bytes), this.network);
  }

  syn(clientPort: number): Arrival {
    return this.fromClient(clientPort, TCP.SYN);
  }

  /** A TCP packet of a server to the client. */
  fromServer(
    id: number,
    clientPort: number,
    flags: number,
    sequence = 0,
    port = this.network.server(id).port,
  ): Arrival {
    const { client } = this.network;
    const { address, mac, switchPort } = this.network.server(id);
    const bytes = packet(
      ethernet({ source: mac, destination: client.mac }),
      this.network.ip({ source: address, destination: client.address }),
      tcp({ source: port, destination: clientPort, flags, sequence }),
      payload('to the client'),
    );
    return this.send(switchPort, bytes);
  }

  synAck(id: number, clientPort: number, sequence: number): Arrival {
    return this.fromServer(id, clientPort, TCP.SYN | TCP.ACK, sequence);
  }

  /** SYN, SYN-ACK and acknowledgment with a server that is to be pinned; returns the confirming event. */
  pinByHandshake(clientPort: number, id: number, sequence = 5000): Digest {
    this.syn(clientPort);
    this.synAck(id, clientPort, sequence);
    const [event] = this.fromClient(clientPort, TCP.ACK, { acknowledgment: sequence + 1 }).events;
    if (event?.kind !== EVENT.CONFIRMED) throw new Error(`client port ${clientPort} was not pinned`);
    return event;
  }

  /** A packet-out of the controller; returns what comes of it. */
  order(
    operation: number,
    fields: Record<string, number | string> = {},
    inner: Uint8Array = new Uint8Array(0),
  ): Arrival {
    return new Arrival(this.plane.packetOut({ operation, epoch: 7, ...fields }, inner), this.network);
  }

  /** Goes over all slots, in orders of a size that lets other packets through in between. */
  sweep(tag: number): Digest[] {
    const count = 1024;
    const slots = this.plane.registerSize('first_key');
    const events: Digest[] = [];
    for (let slot = 0; slot < slots; slot += count) {
      events.push(...this.order(3, { slot, count, generation: tag }).events);
    }
    return events;
  }

  release(event: Digest): Arrival {
    return this.order(2, releaseOf(event));
  }
}

/** The fields of the packet-out that releases the slot of an event. */
export function releaseOf(event: Digest): Record<string, number | string> {
  const { way, slot, generation, vip, client_address, client_port, vip_port } = event as Record<
    string,
    number | string
  >;
  return {
    way: way!,
    slot: slot!,
    generation: generation!,
    vip: vip!,
    client_address: client_address!,
    client_port: client_port!,
    vip_port: vip_port!,
  };
}

/** What a packet that arrived at the switch led to. */
export class Arrival {
  constructor(
    readonly result: { outputs: Output[]; digests: Digest[] },
    private readonly network: Network,
  ) {}

  get outputs(): Output[] {
    return this.result.outputs;
  }

  /** Pin events, without their digest's name. */
  get events(): Digest[] {
    return this.result.digests.filter((digest) => digest.name === 'pin_event_t');
  }

  /** The server that got it, by destination address; 0 if none did. */
  get server(): number {
    const [output, ...others] = this.outputs;
    if (output === undefined || others.length > 0) return 0;
    const destination = this.network.addressesOf(output.bytes)?.destination;
    const reached = [1, 2, 3].map((id) => this.network.server(id)).find((server) => server.address === destination);
    return reached?.switchPort === output.port ? reached.id : 0;
  }
}
