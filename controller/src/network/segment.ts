/**
 * TCP segments as the switch hands them over (RFC 9293), no further than whose they are: addresses, ports and flags, of
 * IPv4 and IPv6, with or without a VLAN tag. What is no TCP segment, or has headers between that are not read here, is
 * none.
 */
import { addressOf128Bits, formatMac, type IpAddress } from '../text/addresses.ts';

const ETHER_TYPE_VLAN = 0x8100;
const ETHER_TYPE_IPV4 = 0x0800;
const ETHER_TYPE_IPV6 = 0x86dd;
const PROTOCOL_TCP = 6;
const TCP_BYTES = 20;
const FLAG_RST = 0x04;

/** See the file's comment. */
export interface Segment {
  /** Who sent the frame, on its last link. */
  readonly sourceMac: string;
  readonly source: IpAddress;
  readonly sourcePort: number;
  readonly destination: IpAddress;
  readonly destinationPort: number;
  readonly isReset: boolean;
}

/** The segment in a frame; undefined where there is none. */
export function parseSegment(frame: Uint8Array): Segment | undefined {
  if (frame.length < 14) return undefined;
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const isTagged = view.getUint16(12) === ETHER_TYPE_VLAN && frame.length >= 18;
  const start = isTagged ? 18 : 14;
  const etherType = view.getUint16(start - 2);
  let tcp: number;
  let source: IpAddress;
  let destination: IpAddress;
  if (etherType === ETHER_TYPE_IPV4 && frame.length >= start + 20) {
    if (view.getUint8(start + 9) !== PROTOCOL_TCP) return undefined;
    tcp = start + (view.getUint8(start) & 15) * 4;
    source = view.getUint32(start + 12);
    destination = view.getUint32(start + 16);
  } else if (etherType === ETHER_TYPE_IPV6 && frame.length >= start + 40) {
    if (view.getUint8(start + 6) !== PROTOCOL_TCP) return undefined;
    tcp = start + 40;
    const address = (at: number): IpAddress =>
      addressOf128Bits((view.getBigUint64(at) << 64n) | view.getBigUint64(at + 8));
    source = address(start + 8);
    destination = address(start + 24);
  } else {
    return undefined;
  }
  if (frame.length < tcp + TCP_BYTES) return undefined;
  return {
    sourceMac: formatMac(frame.subarray(6, 12)),
    source,
    sourcePort: view.getUint16(tcp),
    destination,
    destinationPort: view.getUint16(tcp + 2),
    isReset: (view.getUint8(tcp + 13) & FLAG_RST) !== 0,
  };
}
