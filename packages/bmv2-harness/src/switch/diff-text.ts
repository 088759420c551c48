/** How packets and what is wrong with them are told to people: what a failed expectation says. */
import { diffPackets } from '../packets/diff.ts';
import { type DecodedLayer, decodePacket } from '../packets/packet.ts';

/** Fields worth telling in one line, by header. */
const TELLING: Readonly<Record<string, readonly string[]>> = {
  ethernet: ['source', 'destination'],
  vlan: ['id'],
  arp: ['operation', 'senderAddress', 'targetAddress'],
  ipv4: ['source', 'destination', 'ttl'],
  ipv6: ['source', 'destination', 'hopLimit'],
  tcp: ['source', 'destination', 'flags'],
  udp: ['source', 'destination'],
  icmp: ['type', 'code'],
  vxlan: ['vni'],
};

function describeLayer(layer: DecodedLayer): string {
  if (layer.kind === 'payload') return `payload ${layer.bytes.length} bytes`;
  const fields = layer.fields as Record<string, string | number>;
  const told = (TELLING[layer.kind] ?? []).map((name) => `${name}=${fields[name]}`);
  return [layer.kind, ...told].join(' ');
}

/** A packet in one line: `ethernet source=... | ipv4 source=... | tcp ... (54 bytes)`. */
export function describePacket(bytes: Uint8Array): string {
  return `${decodePacket(bytes).map(describeLayer).join(' | ')} (${bytes.length} bytes)`;
}

/** The packet in one line and in hexadecimal, indented by two. */
export function showPacket(bytes: Uint8Array): string {
  return `  ${describePacket(bytes)}\n  ${Buffer.from(bytes).toString('hex')}`;
}

/** What differs, and both packets; empty when they are equal but for what is ignored. */
export function explainDifference(expected: Uint8Array, seen: Uint8Array, ignore: readonly string[]): string {
  const differences = diffPackets(expected, seen, { ignore });
  if (differences.length === 0) return '';
  const lines = differences.map((line) => `  ${line}`);
  return [...lines, 'expected', showPacket(expected), 'seen', showPacket(seen)].join('\n');
}
