// A workbench for Mooring's own P4 program: compiled from source by p4c-ts, run by the embedded switch in this process,
// with a clock the test moves. Clients, servers and VIP below are fixed, so that a test reads as a story: "a SYN of
// client 1", "server 2 answers", "the client's acknowledgment".

import { ethernet, ipv4, layerOf, packet, payload, TCP, tcp } from '@mooring/bmv2-harness';
import { type DataPlane, type Digest, loadDataPlane, type Output } from './data-plane.ts';

export const VIP = { id: 1, address: '10.0.0.100', port: 80, mac: '02:00:00:00:01:00' } as const;
export const CLIENT = { address: '10.0.0.10', mac: '02:00:00:00:00:0a', switchPort: 9 } as const;
export const TENTATIVE_LIFETIME_TICKS = 60_000;
export const REPORT_INTERVAL_TICKS = 1_000;
export const EVENT = { CONFIRMED: 1, LEARNED: 2, RELEASED: 3, TENTATIVE: 4, SWEPT: 5 } as const;
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
} as const;

export interface Server {
  id: number;
  address: string;
  port: number;
  mac: string;
  switchPort: number;
}

/** Server `id`: 10.0.0.20+id, port 8080, behind switch port `id`. */
export function server(id: number): Server {
  return { id, address: `10.0.0.${20 + id}`, port: 8080, mac: `02:00:00:00:02:0${id}`, switchPort: id };
}

export interface Assignment {
  base: number;
  current: number;
  learn?: boolean;
  seal?: boolean;
  unsettled?: boolean;
}

export class Workbench {
  private constructor(readonly plane: DataPlane) {}

  /** The program with VIP 1 (one bucket), servers 1 to 3 alive, and the client's MAC address known. */
  static async start(defines: Record<string, string> = {}): Promise<Workbench> {
    const bench = new Workbench(await loadDataPlane(defines));
    const { plane } = bench;
    plane.setDefault('settings', 'set_settings', [7, TENTATIVE_LIFETIME_TICKS, REPORT_INTERVAL_TICKS]);
    plane.multicastGroup(1, [1, 2, 3, CLIENT.switchPort]);
    plane.insert('addresses', [VIP.address], 'own_address', [VIP.mac]);
    plane.insert('vips', [VIP.address, 6, VIP.port], 'set_vip', [VIP.id, 1, 0, 0xffff]);
    plane.insert('vips', [VIP.address, 17, VIP.port], 'set_vip', [2, 1, 0, 0xffff]);
    for (const id of [1, 2, 3]) {
      const { address, port, mac, switchPort } = server(id);
      plane.insert('returns', [address, 6, port], 'from_server', [id, VIP.id, VIP.address, VIP.port]);
      plane.insert('servers', [VIP.id, id], 'to_server', [mac, switchPort, address, port]);
      plane.insert('macs', [mac], 'to_port', [switchPort]);
      plane.insert('mac_sources', [mac, switchPort], 'mac_known', []);
      bench.revive(id);
    }
    plane.insert('macs', [CLIENT.mac], 'to_port', [CLIENT.switchPort]);
    plane.insert('mac_sources', [CLIENT.mac, CLIENT.switchPort], 'mac_known', []);
    return bench;
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
  assign(assignment: Assignment): void {
    const { base, current, learn = false, seal = false, unsettled = base !== current } = assignment;
    this.plane.upsert('buckets', [VIP.id, 0], 'set_assignment', [base, current, +learn, +seal, +unsettled, 0]);
  }

  pin(clientPort: number, serverId: number, closing = false): void {
    this.plane.upsert('pins', [VIP.id, CLIENT.address, clientPort], 'pin', [serverId, +closing]);
  }

  /** A TCP packet of the client to the VIP. */
  fromClient(clientPort: number, flags: number, numbers: { sequence?: number; acknowledgment?: number } = {}): Arrival {
    const bytes = packet(
      ethernet({ source: CLIENT.mac, destination: VIP.mac }),
      ipv4({ source: CLIENT.address, destination: VIP.address }),
      tcp({ source: clientPort, destination: VIP.port, flags, ...numbers }),
      payload('to the server'),
    );
    return new Arrival(this.plane.send(CLIENT.switchPort, bytes));
  }

  syn(clientPort: number): Arrival {
    return this.fromClient(clientPort, TCP.SYN);
  }

  /** A TCP packet of a server to the client. */
  fromServer(id: number, clientPort: number, flags: number, sequence = 0): Arrival {
    const { address, port, mac, switchPort } = server(id);
    const bytes = packet(
      ethernet({ source: mac, destination: CLIENT.mac }),
      ipv4({ source: address, destination: CLIENT.address }),
      tcp({ source: port, destination: clientPort, flags, sequence }),
      payload('to the client'),
    );
    return new Arrival(this.plane.send(switchPort, bytes));
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
    return new Arrival(this.plane.packetOut({ operation, epoch: 7, ...fields }, inner));
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
    const { way, slot, generation, vip, client_address, client_port } = event as Record<string, number>;
    return this.order(2, { way, slot, generation, vip, client_address, client_port } as Record<string, number>);
  }
}

/** What a packet that arrived at the switch led to. */
export class Arrival {
  constructor(readonly result: { outputs: Output[]; digests: Digest[] }) {}

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
    const destination = layerOf(output.bytes, 'ipv4')?.fields.destination;
    return [1, 2, 3].find((id) => server(id).address === destination && server(id).switchPort === output.port) ?? 0;
  }
}
