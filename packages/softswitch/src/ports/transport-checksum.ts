/**
 * Packets whose transport checksum the sender left to the hardware.
 *
 * Hosts on veth pairs hand out TCP and UDP packets with an unfinished checksum, and TCP packets of up to 64 KiB to be
 * cut up later. A program that translates addresses must see a checksum it can update and must not be given 64 KiB to
 * sum. So the packet gets a checksum that is right for its headers and an empty payload: every incremental update the
 * program makes keeps it right, whatever the payload is. On the way out the checksum is held against the headers as
 * they are now. If it fits, the packet leaves as unfinished as it came, whole; if not, the program has spoiled it (or
 * the headers cannot be found), and the payload's sum is added for real, so the receiver sees exactly the mistake that
 * the program made. Programs that read payload get the real checksum from the start.
 *
 * All positions are indices of the packet memory. Sums are one's complement sums of 16-bit words.
 */
import { sum16 } from '../runtime/hash.ts';

/** `struct virtio_net_hdr`, which precedes every packet on a socket with PACKET_VNET_HDR. */
export const VNET_HEADER_BYTES = 10;

const NEEDS_CHECKSUM = 1;
const GSO_NONE = 0;

const TCP = 6;
const UDP = 17;
const TCP_CHECKSUM_OFFSET = 16;
const UDP_CHECKSUM_OFFSET = 6;

function fold(sum: number): number {
  const once = (sum & 0xffff) + (sum >>> 16);
  return (once & 0xffff) + (once >>> 16);
}

/** State of the packet at hand. One object is reused for all packets. */
export class TransportChecksum {
  readonly #M: Uint8Array;
  readonly #D: DataView;
  /** The packet at hand came with an unfinished checksum. */
  active = false;
  #gsoType = 0;
  #gsoSize = 0;
  /** Bytes from the start of the checksummed part to the packet's end. */
  #coveredBytes = 0;
  #checksumOffset = 0;
  /** Sum of the payload that the checksum seen by the program contains: 0, or the real one. */
  #payloadSum = 0;

  constructor(M: Uint8Array, D: DataView) {
    this.#M = M;
    this.#D = D;
  }

  /**
   * Takes note of a received packet of `length` bytes at `start`, with its virtio header at `vnet`, and makes its
   * checksum presentable.
   *
   * @param real give it the real checksum, at the cost of summing the payload
   */
  received(vnet: number, start: number, length: number, real: boolean): void {
    const M = this.#M;
    this.active = (M[vnet]! & NEEDS_CHECKSUM) !== 0;
    if (!this.active) return;
    const D = this.#D;
    this.#gsoType = M[vnet + 1]!;
    this.#gsoSize = D.getUint16(vnet + 4, true);
    const checksumStart = D.getUint16(vnet + 6, true);
    this.#checksumOffset = D.getUint16(vnet + 8, true);
    this.#coveredBytes = length - checksumStart;
    const from = start + checksumStart;
    const at = from + this.#checksumOffset;
    if (this.#coveredBytes < this.#checksumOffset + 2) {
      this.active = false;
      return;
    }
    const partial = D.getUint16(at);
    D.setUint16(at, 0);
    const headerEnd = this.#headerEnd(from, start + length);
    this.#payloadSum = real ? this.#sumFrom(headerEnd, start + length, from) : 0;
    const sum = fold(partial + sum16(M, from, headerEnd) + this.#payloadSum);
    D.setUint16(at, this.#finished(~sum & 0xffff));
  }

  /** UDP's 0 means "no checksum", so a sum of 0 is sent as its other form. */
  #finished(checksum: number): number {
    return checksum === 0 && this.#checksumOffset === UDP_CHECKSUM_OFFSET ? 0xffff : checksum;
  }

  /** End of the transport header that starts at `from`. */
  #headerEnd(from: number, end: number): number {
    if (this.#checksumOffset === TCP_CHECKSUM_OFFSET) return Math.min(end, from + ((this.#M[from + 12]! >> 4) << 2));
    if (this.#checksumOffset === UDP_CHECKSUM_OFFSET) return Math.min(end, from + 8);
    return end;
  }

  /** Sum of [from, end) as it counts in a sum that began at `origin` (an odd distance swaps the bytes). */
  #sumFrom(from: number, end: number, origin: number): number {
    const sum = sum16(this.#M, from, end);
    return ((from - origin) & 1) === 0 ? sum : ((sum & 0xff) << 8) | (sum >>> 8);
  }

  /**
   * Prepares a packet that leaves: [start, start + length) in memory, its virtio header to be written at `vnet`.
   *
   * @returns false if the packet cannot be sent (cut up for a link it does not fit because its headers are not
   * understood any more)
   */
  sending(vnet: number, start: number, length: number): boolean {
    const M = this.#M;
    M.fill(0, vnet, vnet + VNET_HEADER_BYTES);
    if (!this.active || length < this.#coveredBytes) return true;
    const D = this.#D;
    const from = start + length - this.#coveredBytes;
    const at = from + this.#checksumOffset;
    const pseudo = this.#pseudoSum(start, from);
    if (pseudo >= 0) {
      const checksum = D.getUint16(at);
      D.setUint16(at, 0);
      const headerEnd = this.#headerEnd(from, start + length);
      const expected = ~fold(pseudo + sum16(M, from, headerEnd) + this.#payloadSum) & 0xffff;
      if (checksum % 0xffff === expected % 0xffff) {
        D.setUint16(at, pseudo);
        M[vnet] = NEEDS_CHECKSUM;
        M[vnet + 1] = this.#gsoType;
        D.setUint16(vnet + 2, headerEnd - start, true);
        D.setUint16(vnet + 4, this.#gsoSize, true);
        D.setUint16(vnet + 6, from - start, true);
        D.setUint16(vnet + 8, this.#checksumOffset, true);
        return true;
      }
      D.setUint16(at, checksum);
    }
    this.finish(start, length);
    return this.#gsoType === GSO_NONE;
  }

  /** Gives a packet that leaves by another way than such a socket its real checksum (if the program left it right). */
  finish(start: number, length: number): void {
    if (!this.active || length < this.#coveredBytes) return;
    const D = this.#D;
    const from = start + length - this.#coveredBytes;
    const at = from + this.#checksumOffset;
    const payload = this.#sumFrom(this.#headerEnd(from, start + length), start + length, from);
    const sum = fold((~D.getUint16(at) & 0xffff) + payload + (~this.#payloadSum & 0xffff));
    D.setUint16(at, this.#finished(~sum & 0xffff));
  }

  /**
   * The pseudo header's sum for the transport header at `from` of the frame at `start`; -1 if the IP header is not
   * right before it.
   */
  #pseudoSum(start: number, from: number): number {
    const M = this.#M;
    const D = this.#D;
    let ip = start + 14;
    let type = D.getUint16(start + 12);
    while ((type === 0x8100 || type === 0x88a8) && ip + 4 < from) {
      type = D.getUint16(ip + 2);
      ip += 4;
    }
    const protocol = this.#checksumOffset === TCP_CHECKSUM_OFFSET ? TCP : UDP;
    if (type === 0x0800 && ip + ((M[ip]! & 15) << 2) === from && M[ip + 9] === protocol) {
      return fold(sum16(M, ip + 12, ip + 20) + protocol + this.#coveredBytes);
    }
    if (type === 0x86dd && ip + 40 === from && M[ip + 6] === protocol) {
      return fold(sum16(M, ip + 8, ip + 40) + protocol + this.#coveredBytes);
    }
    return -1;
  }
}
