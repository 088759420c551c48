/**
 * Ethernet frames of the simulated hosts: building and reading ARP and IPv4/TCP, checksums included. Reading is strict
 * the way a kernel is: a wrong checksum or a truncated header makes a frame nobody's, so that a switch which damages
 * packets is found. Addresses are kept as numbers and MAC addresses as 6-byte buffers because that is how they are
 * compared most often.
 */

const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_ARP = 0x0806;
const PROTOCOL_TCP = 6;
const ETHERNET_LENGTH = 14;
const IPV4_LENGTH = 20;
const TCP_LENGTH = 20;

/** Sent where the receiver's MAC address is not known. */
export const BROADCAST_MAC = Buffer.from('ffffffffffff', 'hex');

/** TCP flags, as bits of the header's 14th byte. */
export const TCP_FIN = 0x01;
export const TCP_SYN = 0x02;
export const TCP_RST = 0x04;
export const TCP_PSH = 0x08;
export const TCP_ACK = 0x10;

/** A TCP segment with its addresses; IPv4 addresses and sequence numbers are unsigned 32-bit numbers. */
export interface TcpSegment {
  readonly sourceAddress: number;
  readonly destinationAddress: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly sequence: number;
  readonly acknowledgment: number;
  readonly flags: number;
  readonly payload: Buffer;
}

/** An ARP message. */
export interface ArpMessage {
  readonly operation: 'request' | 'reply';
  readonly senderMac: Buffer;
  readonly senderAddress: number;
  readonly targetMac: Buffer;
  readonly targetAddress: number;
}

/** What a frame carries. `other` is nothing a simulated host knows or an invalid one. */
export type Frame =
  | { readonly kind: 'arp'; readonly destinationMac: Buffer; readonly arp: ArpMessage }
  | { readonly kind: 'tcp'; readonly destinationMac: Buffer; readonly sourceMac: Buffer; readonly segment: TcpSegment }
  | { readonly kind: 'other' };

/** `10.0.0.1` as a number. */
export function parseAddress(text: string): number {
  return text.split('.').reduce((number, part) => ((number << 8) | Number(part)) >>> 0, 0);
}

/** `aa:bb:cc:dd:ee:ff` as 6 bytes. */
export function parseMac(text: string): Buffer {
  return Buffer.from(text.replaceAll(':', ''), 'hex');
}

/** One's complement sum of 16-bit words, continuing from `start`, not folded. */
function sumWords(bytes: Buffer, start: number): number {
  let sum = start;
  for (let index = 0; index + 1 < bytes.length; index += 2) sum += bytes.readUInt16BE(index);
  if (bytes.length % 2 === 1) sum += bytes[bytes.length - 1]! << 8;
  return sum;
}

function foldChecksum(start: number): number {
  let sum = start;
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

function pseudoHeaderSum(source: number, destination: number, tcpLength: number): number {
  return (source >>> 16) + (source & 0xffff) + (destination >>> 16) + (destination & 0xffff) + PROTOCOL_TCP + tcpLength;
}

function writeEthernet(frame: Buffer, destination: Buffer, source: Buffer, type: number): void {
  destination.copy(frame, 0);
  source.copy(frame, 6);
  frame.writeUInt16BE(type, 12);
}

/** An ARP message in a frame; requests go to everybody. */
export function buildArp(arp: ArpMessage): Buffer {
  const frame = Buffer.alloc(60);
  writeEthernet(frame, arp.operation === 'request' ? BROADCAST_MAC : arp.targetMac, arp.senderMac, ETHERTYPE_ARP);
  frame.writeUInt16BE(1, 14);
  frame.writeUInt16BE(ETHERTYPE_IPV4, 16);
  frame[18] = 6;
  frame[19] = 4;
  frame.writeUInt16BE(arp.operation === 'request' ? 1 : 2, 20);
  arp.senderMac.copy(frame, 22);
  frame.writeUInt32BE(arp.senderAddress, 28);
  if (arp.operation === 'reply') arp.targetMac.copy(frame, 32);
  frame.writeUInt32BE(arp.targetAddress, 38);
  return frame;
}

/** A TCP segment in an IPv4 packet in a frame, without options. */
export function buildTcp(sourceMac: Buffer, destinationMac: Buffer, segment: TcpSegment, identification = 0): Buffer {
  const tcpLength = TCP_LENGTH + segment.payload.length;
  const frame = Buffer.alloc(Math.max(60, ETHERNET_LENGTH + IPV4_LENGTH + tcpLength));
  writeEthernet(frame, destinationMac, sourceMac, ETHERTYPE_IPV4);
  const ip = frame.subarray(ETHERNET_LENGTH, ETHERNET_LENGTH + IPV4_LENGTH);
  ip[0] = 0x45;
  ip.writeUInt16BE(IPV4_LENGTH + tcpLength, 2);
  ip.writeUInt16BE(identification & 0xffff, 4);
  ip.writeUInt16BE(0x4000, 6);
  ip[8] = 64;
  ip[9] = PROTOCOL_TCP;
  ip.writeUInt32BE(segment.sourceAddress, 12);
  ip.writeUInt32BE(segment.destinationAddress, 16);
  ip.writeUInt16BE(foldChecksum(sumWords(ip, 0)), 10);
  const tcp = frame.subarray(ETHERNET_LENGTH + IPV4_LENGTH, ETHERNET_LENGTH + IPV4_LENGTH + tcpLength);
  tcp.writeUInt16BE(segment.sourcePort, 0);
  tcp.writeUInt16BE(segment.destinationPort, 2);
  tcp.writeUInt32BE(segment.sequence, 4);
  tcp.writeUInt32BE(segment.acknowledgment, 8);
  tcp[12] = (TCP_LENGTH / 4) << 4;
  tcp[13] = segment.flags;
  tcp.writeUInt16BE(0xffff, 14);
  segment.payload.copy(tcp, TCP_LENGTH);
  const pseudo = pseudoHeaderSum(segment.sourceAddress, segment.destinationAddress, tcpLength);
  tcp.writeUInt16BE(foldChecksum(sumWords(tcp, pseudo)), 16);
  return frame;
}

/** Reads a frame; anything damaged or unknown is `other`. */
export function readFrame(frame: Buffer): Frame {
  if (frame.length < ETHERNET_LENGTH) return { kind: 'other' };
  const destinationMac = frame.subarray(0, 6);
  const sourceMac = frame.subarray(6, 12);
  const type = frame.readUInt16BE(12);
  if (type === ETHERTYPE_ARP) return readArp(frame, destinationMac);
  if (type === ETHERTYPE_IPV4) return readTcp(frame, destinationMac, sourceMac);
  return { kind: 'other' };
}

function readArp(frame: Buffer, destinationMac: Buffer): Frame {
  if (frame.length < 42) return { kind: 'other' };
  const operation = frame.readUInt16BE(20);
  if (operation !== 1 && operation !== 2) return { kind: 'other' };
  return {
    kind: 'arp',
    destinationMac,
    arp: {
      operation: operation === 1 ? 'request' : 'reply',
      senderMac: frame.subarray(22, 28),
      senderAddress: frame.readUInt32BE(28),
      targetMac: frame.subarray(32, 38),
      targetAddress: frame.readUInt32BE(38),
    },
  };
}

function readTcp(frame: Buffer, destinationMac: Buffer, sourceMac: Buffer): Frame {
  const packet = frame.subarray(ETHERNET_LENGTH);
  if (packet.length < IPV4_LENGTH || packet[0]! >> 4 !== 4) return { kind: 'other' };
  const headerLength = (packet[0]! & 15) * 4;
  const totalLength = packet.readUInt16BE(2);
  if (packet[9] !== PROTOCOL_TCP || totalLength > packet.length || headerLength + TCP_LENGTH > totalLength) {
    return { kind: 'other' };
  }
  if (foldChecksum(sumWords(packet.subarray(0, headerLength), 0)) !== 0) return { kind: 'other' };
  const sourceAddress = packet.readUInt32BE(12);
  const destinationAddress = packet.readUInt32BE(16);
  const tcp = packet.subarray(headerLength, totalLength);
  const pseudo = pseudoHeaderSum(sourceAddress, destinationAddress, tcp.length);
  if (foldChecksum(sumWords(tcp, pseudo)) !== 0) return { kind: 'other' };
  const dataOffset = (tcp[12]! >> 4) * 4;
  if (dataOffset < TCP_LENGTH || dataOffset > tcp.length) return { kind: 'other' };
  return {
    kind: 'tcp',
    destinationMac,
    sourceMac,
    segment: {
      sourceAddress,
      destinationAddress,
      sourcePort: tcp.readUInt16BE(0),
      destinationPort: tcp.readUInt16BE(2),
      sequence: tcp.readUInt32BE(4),
      acknowledgment: tcp.readUInt32BE(8),
      flags: tcp[13]!,
      payload: tcp.subarray(dataOffset),
    },
  };
}
