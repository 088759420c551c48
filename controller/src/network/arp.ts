/**
 * ARP (RFC 826), the little the controller needs: it asks where a server is in the name of the server's VIP, and the
 * switch hands it the answer because that is addressed to the VIP. A server that has the VIP's address itself takes
 * such a request for its own and is silent: it is asked by a probe (RFC 5227), from no address, and the switch knows
 * the answer by the MAC address it goes to.
 */
import { formatMac, macBytes } from '../text/addresses.ts';

const ETHER_TYPE_ARP = 0x0806;
const REQUEST = 1;
const REPLY = 2;
/** Smallest Ethernet frame without its checksum. */
const FRAME_BYTES = 60;

/** The sender address of a probe. */
export const NO_ADDRESS = 0;

/** A request for `wanted`, broadcast from `mac` and `address`; a probe from `NO_ADDRESS`. */
export function arpRequest(mac: string, address: number, wanted: number): Uint8Array {
  const frame = new Uint8Array(FRAME_BYTES);
  const view = new DataView(frame.buffer);
  frame.fill(0xff, 0, 6);
  frame.set(macBytes(mac), 6);
  view.setUint16(12, ETHER_TYPE_ARP);
  view.setUint16(14, 1);
  view.setUint16(16, 0x0800);
  view.setUint8(18, 6);
  view.setUint8(19, 4);
  view.setUint16(20, REQUEST);
  frame.set(macBytes(mac), 22);
  view.setUint32(28, address);
  view.setUint32(38, wanted);
  return frame;
}

/** Who answers, if the frame is an ARP reply. */
export function parseArpReply(frame: Uint8Array): { readonly mac: string; readonly address: number } | undefined {
  if (frame.length < 42) return undefined;
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (view.getUint16(12) !== ETHER_TYPE_ARP || view.getUint16(16) !== 0x0800 || view.getUint16(20) !== REPLY) {
    return undefined;
  }
  const mac = frame.subarray(22, 28);
  // Neither a group address nor none at all.
  if (mac[0]! & 1 || mac.every((byte) => byte === 0)) return undefined;
  return { mac: formatMac(mac), address: view.getUint32(28) };
}
