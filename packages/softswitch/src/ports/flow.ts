/**
 * Which thread a packet belongs to, where the switch itself deals packets out: by addresses and ports, the same for
 * both directions of a connection, so that no connection's packets overtake each other. (On network interfaces the
 * kernel deals them out in the same way.)
 */

const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;
const ETHERTYPE_VLAN = 0x8100;

/**
 * A number that is equal for all packets of a connection, in [0, count). Packets that are not IP are all dealt to 0.
 */
export function threadOfPacket(packet: Uint8Array, count: number): number {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  const word = (at: number) => (at + 4 <= packet.length ? view.getUint32(at) : 0);
  const half = (at: number) => (at + 2 <= packet.length ? view.getUint16(at) : 0);
  let at = 12;
  while (half(at) === ETHERTYPE_VLAN) at += 4;
  let sum: number;
  let transport: number;
  if (half(at) === ETHERTYPE_IPV4) {
    sum = word(at + 14) ^ word(at + 18);
    transport = at + 2 + 4 * (packet[at + 2]! & 15);
    // Later fragments have no ports, so none of the fragments is dealt by them.
    if ((half(at + 8) & 0x3fff) !== 0) transport = packet.length;
  } else if (half(at) === ETHERTYPE_IPV6) {
    sum = 0;
    for (let i = 0; i < 8; i++) sum ^= word(at + 10 + 4 * i);
    transport = at + 42;
  } else return 0;
  sum ^= half(transport) ^ half(transport + 2);
  sum = Math.imul(sum ^ (sum >>> 15), 0x2c1b3c6d);
  sum = Math.imul(sum ^ (sum >>> 12), 0x297a2d39);
  return ((sum ^ (sum >>> 15)) >>> 0) % count;
}
