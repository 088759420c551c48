// The Internet checksum (RFC 1071) and the pseudo headers TCP, UDP and ICMPv6 add to it. A plain loop over 16-bit
// words: packets here are built and read by tests, so that being obviously right matters more than speed.

/** Adds the 16-bit big-endian words of `bytes` to `sum`; an odd last byte is the upper half of a word. */
export function sumWords(bytes: Uint8Array, sum = 0): number {
  for (let offset = 0; offset < bytes.length; offset += 2) {
    sum += (bytes[offset]! << 8) | (bytes[offset + 1] ?? 0);
  }
  return sum;
}

/** Folds carries into 16 bits and complements: the value that belongs in a checksum field. */
export function foldChecksum(sum: number): number {
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

/** The checksum of `bytes` alone, as IPv4 and ICMP use it. */
export function internetChecksum(bytes: Uint8Array): number {
  return foldChecksum(sumWords(bytes));
}

/**
 * The checksum of a transport segment under its pseudo header (RFC 9293 section 3.1, RFC 768, RFC 8200 section 8.1).
 * `source` and `destination` are the addresses' bytes: 4 each for IPv4, 16 each for IPv6.
 */
export function transportChecksum(
  source: Uint8Array,
  destination: Uint8Array,
  protocol: number,
  segment: Uint8Array,
): number {
  const addresses = sumWords(destination, sumWords(source));
  return foldChecksum(sumWords(segment, addresses + protocol + segment.length));
}
