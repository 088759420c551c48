/**
 * Neighbour discovery (RFC 4861), the little the controller needs: it asks where a server is in the name of the
 * server's VIP, and the switch hands it the answer because that is addressed to the VIP. The counterpart of `arp.ts`
 * for IPv6.
 */

import { formatIpv6 } from '@mooring/p4runtime-ts';
import { formatMac, macBytes, toIpv6Bits } from '../text/addresses.ts';

const ETHER_TYPE_IPV6 = 0x86dd;
const ICMPV6 = 58;
const SOLICITATION = 135;
const ADVERTISEMENT = 136;
const SOURCE_MAC = 1;
const TARGET_MAC = 2;
const HOP_LIMIT = 255;
/** Offsets of the IPv6 header, the ICMPv6 message and its first option in a frame; a message with one option. */
const IP = 14;
const MESSAGE = IP + 40;
const OPTIONS = MESSAGE + 24;
const MESSAGE_BYTES = 32;

/** A solicitation for `wanted`, multicast from `mac` and `address`; addresses as IPv6 text. */
export function neighbourSolicitation(mac: string, address: string, wanted: string): Uint8Array {
  const frame = new Uint8Array(MESSAGE + MESSAGE_BYTES);
  const view = new DataView(frame.buffer);
  const target = ipv6Bytes(wanted);
  // Whoever has the address listens to the group that its last 24 bits name.
  frame.set([0x33, 0x33, 0xff, ...target.subarray(13)], 0);
  frame.set(macBytes(mac), 6);
  view.setUint16(12, ETHER_TYPE_IPV6);
  view.setUint8(IP, 0x60);
  view.setUint16(IP + 4, MESSAGE_BYTES);
  view.setUint8(IP + 6, ICMPV6);
  view.setUint8(IP + 7, HOP_LIMIT);
  frame.set(ipv6Bytes(address), IP + 8);
  frame.set([0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, ...target.subarray(13)], IP + 24);
  view.setUint8(MESSAGE, SOLICITATION);
  frame.set(target, MESSAGE + 8);
  frame.set([SOURCE_MAC, 1, ...macBytes(mac)], OPTIONS);
  view.setUint16(MESSAGE + 2, checksum(view));
  return frame;
}

/** Who answers, if the frame is a sound neighbour advertisement; the address as IPv6 text. */
export function parseNeighbourAdvertisement(
  frame: Uint8Array,
): { readonly mac: string; readonly address: string } | undefined {
  if (frame.length < OPTIONS) return undefined;
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const isAdvertisement =
    view.getUint16(12) === ETHER_TYPE_IPV6 &&
    view.getUint8(IP + 6) === ICMPV6 &&
    view.getUint8(IP + 7) === HOP_LIMIT &&
    view.getUint8(MESSAGE) === ADVERTISEMENT;
  const end = MESSAGE + view.getUint16(IP + 4);
  if (!isAdvertisement || end > frame.length || end < OPTIONS || checksum(view) !== 0) return undefined;
  const target = (view.getBigUint64(MESSAGE + 8) << 64n) | view.getBigUint64(MESSAGE + 16);
  for (let option = OPTIONS; option + 8 <= end; ) {
    const bytes = view.getUint8(option + 1) * 8;
    if (bytes === 0) return undefined;
    const mac = frame.subarray(option + 2, option + 8);
    // Neither a group address nor none at all.
    const isAddress = (mac[0]! & 1) === 0 && mac.some((byte) => byte !== 0);
    if (view.getUint8(option) === TARGET_MAC && isAddress) return { mac: formatMac(mac), address: formatIpv6(target) };
    option += bytes;
  }
  // Without the option it is the sender itself that speaks.
  const sender = frame.subarray(6, 12);
  return (sender[0]! & 1) === 0 ? { mac: formatMac(sender), address: formatIpv6(target) } : undefined;
}

function ipv6Bytes(address: string): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  const bits = toIpv6Bits(address);
  view.setBigUint64(0, bits >> 64n);
  view.setBigUint64(8, BigInt.asUintN(64, bits));
  return bytes;
}

/** Of the ICMPv6 message with its pseudo header; 0 when a checksum in place is right. */
function checksum(view: DataView): number {
  const length = view.getUint16(IP + 4);
  let sum = length + ICMPV6;
  for (let offset = IP + 8; offset < MESSAGE; offset += 2) sum += view.getUint16(offset);
  for (let offset = 0; offset < length; offset += 2) {
    const at = MESSAGE + offset;
    sum += offset + 1 < length ? view.getUint16(at) : view.getUint8(at) << 8;
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
