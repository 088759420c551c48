/**
 * The network of a simulation: one switch that runs the real program behind the real P4Runtime server, all in this
 * process, and frames made from templates. Servers and clients are addresses; a frame handed in comes out at once, so
 * the network can say which server a client's packet reached.
 */
import { parseIpv4, parseMac } from '@mooring/bmv2-harness';
import type { FakeClock } from '@mooring/controller/testing';
import { inProcessTransport, type Transport } from '@mooring/p4runtime-ts';
import { P4RuntimeService } from '@mooring/p4runtime-ts/server';
import { SwitchCore } from '@mooring/softswitch';

export const VIP = { address: '10.0.0.1', mac: '02:00:00:00:01:00', port: 80 };
export const SERVICE_PORT = 8080;
export const CLIENT_SWITCH_PORT = 500;
export const SERVER_SWITCH_PORT = 1;
const CLIENT_MAC = '02:00:00:00:00:fe';
const CPU_PORT = 510;
const FIRST_SERVER_ADDRESS = 0x0a010000;
const FIRST_CLIENT_ADDRESS = 0x0b000000;

const FRAME_BYTES = 60;
const AT = { ipChecksum: 24, source: 26, destination: 30, sourcePort: 34, sequence: 38, acknowledgment: 42, flags: 47 };
const FLAGS = { reset: 0x04, syn: 0x02, ack: 0x10, push: 0x18, fin: 0x11, synAck: 0x12 };

/** What a client's packet is. */
export type PacketKind = 'syn' | 'ack' | 'push' | 'fin';

/** The address of server `index`, as a number. */
export function serverAddress(index: number): number {
  return FIRST_SERVER_ADDRESS + 1 + index;
}

/** The MAC address of server `index`. */
export function serverMac(index: number): string {
  const byte = (value: number) => value.toString(16).padStart(2, '0');
  return `02:01:00:00:${byte(index >> 8)}:${byte(index & 255)}`;
}

function template(source: { mac: string; port: number }, destination: { mac: string; port: number }): Buffer {
  const frame = Buffer.alloc(FRAME_BYTES);
  const mac = (text: string, at: number) => frame.writeUIntBE(Number(parseMac(text)), at, 6);
  mac(destination.mac, 0);
  mac(source.mac, 6);
  frame.writeUInt16BE(0x0800, 12);
  frame.writeUInt8(0x45, 14);
  frame.writeUInt16BE(FRAME_BYTES - 14, 16);
  frame.writeUInt8(64, 22);
  frame.writeUInt8(6, 23);
  frame.writeUInt16BE(source.port, AT.sourcePort);
  frame.writeUInt16BE(destination.port, AT.sourcePort + 2);
  frame.writeUInt8(0x50, 46);
  return frame;
}

/** Writes addresses and the IPv4 header's checksum. */
function address(frame: Buffer, source: number, destination: number): void {
  frame.writeUInt32BE(source, AT.source);
  frame.writeUInt32BE(destination, AT.destination);
  frame.writeUInt16BE(0, AT.ipChecksum);
  let sum = 0;
  for (let at = 14; at < 34; at += 2) sum += frame.readUInt16BE(at);
  sum = (sum & 0xffff) + (sum >>> 16);
  sum = (sum & 0xffff) + (sum >>> 16);
  frame.writeUInt16BE(~sum & 0xffff, AT.ipChecksum);
}

/** See the file's comment. */
export class Network {
  /** Counts of what happened since the start. */
  readonly counts = { packets: 0 };
  private readonly core: SwitchCore;
  private readonly service: P4RuntimeService;
  private readonly toServer = template({ mac: CLIENT_MAC, port: 0 }, VIP);
  private readonly toClient = template({ mac: serverMac(0), port: SERVICE_PORT }, { mac: CLIENT_MAC, port: 0 });
  private readonly vipAddress = Number(parseIpv4(VIP.address));
  /** Destination of the frame that left last at a server's port; 0: none did. */
  private reached = 0;
  private answered = false;
  /** Hears every packet that reaches a server; the client's index and port with it. */
  onServerPacket: ((server: number, client: number, port: number) => void) | undefined;
  /** Servers that answer nothing. */
  private readonly dead = new Set<number>();

  /** @param told called when the switch has something for the controller */
  constructor(clock: FakeClock, told: () => void) {
    const startMs = clock.nowMs;
    this.core = new SwitchCore({
      cpuPort: CPU_PORT,
      dropPort: 511,
      priorityQueues: 1,
      nowUs: () => (clock.nowMs - startMs) * 1000,
      output: (port, bytes, start) => {
        if (port === SERVER_SWITCH_PORT) {
          const at = start + AT.destination;
          this.reached = ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
          this.tell(bytes, start);
        } else if (port === CLIENT_SWITCH_PORT) {
          this.answered = true;
        }
      },
      log: () => undefined,
    });
    this.core.subscribe(told);
    this.service = new P4RuntimeService({
      devices: [{ deviceId: 0n, target: this.core }],
      timers: { nowMs: () => clock.nowMs, after: (delayMs, callback) => clock.after(delayMs, callback) },
    });
  }

  /** A connection of the controller. */
  readonly transport = (): Transport => inProcessTransport(this.service);

  /** Hands over what the switch has for the controller. */
  flush(): void {
    this.core.flush();
  }

  /** Has idle timeouts looked for. */
  age(): void {
    this.core.sweep();
  }

  /** Sends a client's packet. @returns the index of the server it reached, -1 for none */
  fromClient(client: number, port: number, kind: PacketKind, acknowledgment: number): number {
    const frame = this.toServer;
    address(frame, FIRST_CLIENT_ADDRESS + client, this.vipAddress);
    frame.writeUInt16BE(port, AT.sourcePort);
    frame.writeUInt32BE(acknowledgment >>> 0, AT.acknowledgment);
    frame.writeUInt8(FLAGS[kind], AT.flags);
    this.reached = 0;
    this.counts.packets++;
    this.core.receive(CLIENT_SWITCH_PORT, frame);
    if (this.reached === 0) return -1;
    return this.reached - FIRST_SERVER_ADDRESS - 1;
  }

  /** A server dies, or is there again. */
  setDead(server: number, dead: boolean): void {
    if (dead) this.dead.add(server);
    else this.dead.delete(server);
  }

  /** Sends a server's SYN-ACK. @returns whether it left towards the client; a dead server sends none */
  fromServer(server: number, client: number, port: number, sequence: number): boolean {
    return this.sendFromServer(server, client, port, sequence, FLAGS.synAck);
  }

  /**
   * Sends the reset by which a server says that it has no such connection. @returns whether it left towards the client
   */
  resetFromServer(server: number, client: number, port: number, sequence: number): boolean {
    return this.sendFromServer(server, client, port, sequence, FLAGS.reset);
  }

  private tell(bytes: Uint8Array, start: number): void {
    if (this.onServerPacket === undefined) return;
    const view = new DataView(bytes.buffer, bytes.byteOffset + start);
    const client = view.getUint32(AT.source) - FIRST_CLIENT_ADDRESS;
    this.onServerPacket(this.reached - FIRST_SERVER_ADDRESS - 1, client, view.getUint16(AT.sourcePort));
  }

  private sendFromServer(server: number, client: number, port: number, sequence: number, flags: number): boolean {
    if (this.dead.has(server)) return false;
    const frame = this.toClient;
    frame.writeUInt16BE(server, 10);
    address(frame, serverAddress(server), FIRST_CLIENT_ADDRESS + client);
    frame.writeUInt16BE(port, AT.sourcePort + 2);
    frame.writeUInt32BE(sequence >>> 0, AT.sequence);
    frame.writeUInt8(flags, AT.flags);
    this.answered = false;
    this.counts.packets++;
    this.core.receive(SERVER_SWITCH_PORT, frame);
    return this.answered;
  }

  close(): void {
    this.service.close();
  }
}
