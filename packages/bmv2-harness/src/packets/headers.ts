// The headers the packet library knows, each a table of its fields as its standard lists them, with the values a
// packet has when a test does not care. Lengths, checksums and "what comes next" fields have no default here:
// `packet.ts` computes them unless a test sets them, wrongly if it likes.

import type { FieldSpec, FieldValues } from './fields.ts';

export const HEADERS = {
  /** IEEE 802.3 */
  ethernet: [
    ['destination', 48, 'mac'],
    ['source', 48, 'mac'],
    ['etherType', 16],
  ],
  /** IEEE 802.1Q */
  vlan: [
    ['priority', 3],
    ['dropEligible', 1],
    ['id', 12],
    ['etherType', 16],
  ],
  /** RFC 826 */
  arp: [
    ['hardwareType', 16],
    ['protocolType', 16],
    ['hardwareLength', 8],
    ['protocolLength', 8],
    ['operation', 16],
    ['senderMac', 48, 'mac'],
    ['senderAddress', 32, 'ipv4'],
    ['targetMac', 48, 'mac'],
    ['targetAddress', 32, 'ipv4'],
  ],
  /** RFC 791 */
  ipv4: [
    ['version', 4],
    ['ihl', 4],
    ['typeOfService', 8],
    ['totalLength', 16],
    ['identification', 16],
    ['flags', 3],
    ['fragmentOffset', 13],
    ['ttl', 8],
    ['protocol', 8],
    ['checksum', 16],
    ['source', 32, 'ipv4'],
    ['destination', 32, 'ipv4'],
  ],
  /** RFC 8200 */
  ipv6: [
    ['version', 4],
    ['trafficClass', 8],
    ['flowLabel', 20],
    ['payloadLength', 16],
    ['nextHeader', 8],
    ['hopLimit', 8],
    ['source', 128, 'ipv6'],
    ['destination', 128, 'ipv6'],
  ],
  /** RFC 792 and RFC 4443: the part every message shares, and four bytes that depend on its type. */
  icmp: [
    ['type', 8],
    ['code', 8],
    ['checksum', 16],
    ['rest', 32],
  ],
  /** RFC 9293 */
  tcp: [
    ['source', 16],
    ['destination', 16],
    ['sequence', 32],
    ['acknowledgment', 32],
    ['dataOffset', 4],
    ['reserved', 4],
    ['flags', 8],
    ['window', 16],
    ['checksum', 16],
    ['urgentPointer', 16],
  ],
  /** RFC 768 */
  udp: [
    ['source', 16],
    ['destination', 16],
    ['length', 16],
    ['checksum', 16],
  ],
  /** RFC 2784 */
  gre: [
    ['flagsAndVersion', 16],
    ['protocol', 16],
  ],
  /** Generic UDP Encapsulation, variant 0 (draft-ietf-intarea-gue). `protocol` is an IP protocol, or a control type. */
  gue: [
    ['variant', 2],
    ['control', 1],
    ['headerLength', 5],
    ['protocol', 8],
    ['flags', 16],
  ],
  /** RFC 7348 */
  vxlan: [
    ['flags', 8],
    ['reserved', 24],
    ['vni', 24],
    ['reserved2', 8],
  ],
} as const satisfies Record<string, readonly FieldSpec[]>;

export type HeaderName = keyof typeof HEADERS;

/** The fields of a header as a plain object. */
export type HeaderValues<N extends HeaderName> = FieldValues<(typeof HEADERS)[N]>;

/** TCP flags, to be added up. */
export const TCP = { FIN: 0x01, SYN: 0x02, RST: 0x04, PSH: 0x08, ACK: 0x10, URG: 0x20, ECE: 0x40, CWR: 0x80 } as const;

export const ETHER_TYPE = { IPV4: 0x0800, ARP: 0x0806, VLAN: 0x8100, IPV6: 0x86dd, TEB: 0x6558 } as const;
/** UDP ports of what is carried in UDP. */
export const UDP_PORT = { VXLAN: 4789, GUE: 6080 } as const;
export const PROTOCOL = { ICMP: 1, IPIP: 4, TCP: 6, UDP: 17, IPV6: 41, GRE: 47, ICMPV6: 58 } as const;

/** What a field is when neither the test nor the packet around it says otherwise. */
export const DEFAULTS: { [N in HeaderName]: Partial<HeaderValues<N>> } = {
  ethernet: { destination: '02:00:00:00:00:02', source: '02:00:00:00:00:01' },
  vlan: { priority: 0, dropEligible: 0, id: 1 },
  arp: {
    hardwareType: 1,
    protocolType: ETHER_TYPE.IPV4,
    hardwareLength: 6,
    protocolLength: 4,
    operation: 1,
    senderMac: '02:00:00:00:00:01',
    senderAddress: '10.0.0.1',
    targetMac: '00:00:00:00:00:00',
    targetAddress: '10.0.0.2',
  },
  ipv4: {
    version: 4,
    typeOfService: 0,
    identification: 0,
    flags: 0,
    fragmentOffset: 0,
    ttl: 64,
    source: '10.0.0.1',
    destination: '10.0.0.2',
  },
  ipv6: { version: 6, trafficClass: 0, flowLabel: 0, hopLimit: 64, source: '2001:db8::1', destination: '2001:db8::2' },
  icmp: { type: 8, code: 0, rest: 0 },
  tcp: {
    source: 40000,
    destination: 80,
    sequence: 0,
    acknowledgment: 0,
    dataOffset: 5,
    reserved: 0,
    flags: TCP.ACK,
    window: 65535,
    urgentPointer: 0,
  },
  udp: { source: 40000, destination: 53 },
  gre: { flagsAndVersion: 0 },
  gue: { variant: 0, control: 0, flags: 0 },
  vxlan: { flags: 8, reserved: 0, vni: 1, reserved2: 0 },
};
