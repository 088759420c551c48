// The packet library: build packets from layers, read them back, say how two differ.
export { foldChecksum, internetChecksum, sumWords, transportChecksum } from './checksum.ts';
export { diffPackets } from './diff.ts';
export { decodeFields, parseIpv4, parseIpv6, parseMac } from './fields.ts';
export { ETHER_TYPE, type HeaderName, type HeaderValues, PROTOCOL, TCP, UDP_PORT } from './headers.ts';
export {
  arp,
  BROKEN,
  type DecodedLayer,
  decodePacket,
  ethernet,
  gre,
  gue,
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
