// The packet library: build packets from layers, read them back, say how two differ.
export { foldChecksum, internetChecksum, sumWords, transportChecksum } from './checksum.ts';
export { diffPackets } from './diff.ts';
export { parseIpv4, parseIpv6, parseMac } from './fields.ts';
export { ETHER_TYPE, type HeaderName, type HeaderValues, PROTOCOL, TCP } from './headers.ts';
export {
  arp,
  type DecodedLayer,
  decodePacket,
  ethernet,
  gre,
  icmp,
  ipv4,
  ipv6,
  type Layer,
  layerOf,
  packet,
  payload,
  tcp,
  udp,
  vlan,
  vxlan,
  wrongChecksums,
} from './packet.ts';
