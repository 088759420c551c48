/**
 * Addresses between text and value. Inside the controller an IPv4 address is a number below 2^32, an IPv6 address text
 * in its canonical form (RFC 5952) and a MAC address text as well, because addresses are map keys there and the latter
 * two are only ever compared and copied.
 */
import { formatIpv6, parseAddress } from '@mooring/p4runtime-ts';

/** An IP address: a number for IPv4, canonical text for IPv6. */
export type IpAddress = number | string;

/**
 * Dotted text to a number below 2^32; undefined when it is no IPv4 address (leading zeros are refused as ambiguous).
 */
export function parseIpv4(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let value = 0;
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    value = value * 256 + Number(part);
  }
  return value;
}

/** A number below 2^32 as dotted text. */
export function formatIpv4(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}

/**
 * IPv6 text in its canonical form; undefined when it is none. IPv4-mapped addresses are none: they mean the IPv4
 * address.
 */
export function parseIpv6(text: string): string | undefined {
  const parsed = parseAddress(text);
  if (parsed?.bitwidth !== 128 || parsed.value >> 32n === IPV4_MAPPED) return undefined;
  return formatIpv6(parsed.value);
}

/** The upper 96 bits of an IPv4 address among IPv6 addresses. */
const IPV4_MAPPED = 0xffffn;
const IPV4_MASK = 0xffffffffn;

/** An address as the switch writes it in 128 bits, where IPv4 is ::ffff:a.b.c.d. */
export function addressOf128Bits(value: bigint): IpAddress {
  return value >> 32n === IPV4_MAPPED ? Number(value & IPV4_MASK) : formatIpv6(value);
}

/** The inverse of `addressOf128Bits`. */
export function toIpv6Bits(address: IpAddress): bigint {
  if (typeof address === 'number') return (IPV4_MAPPED << 32n) | BigInt(address);
  return parseAddress(address)!.value;
}

/** IPv4 or IPv6 text; undefined when it is neither. */
export function parseIpAddress(text: string): IpAddress | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

/** As people write it. */
export function formatIpAddress(address: IpAddress): string {
  return typeof address === 'number' ? formatIpv4(address) : address;
}

/** Whether checked text is an IPv6 address. */
export function isIpv6(text: string): boolean {
  return text.includes(':');
}

/** `10.0.0.1:80`, `[2001:db8::1]:80`, or with all ports `10.0.0.1:*`. */
export function formatEndpoint(address: string, port: number | 'all'): string {
  const shown = port === 'all' ? '*' : port;
  return isIpv6(address) ? `[${address}]:${shown}` : `${address}:${shown}`;
}

/** Like `parseIpAddress` for text that has been checked. @throws Error on anything else (our bug) */
export function ipAddress(text: string): IpAddress {
  const value = parseIpAddress(text);
  if (value === undefined) throw new Error(`not an IP address: ${text}`);
  return value;
}

/** `aa:bb:cc:dd:ee:ff` or with dashes, to lower case with colons; undefined when it is no MAC address. */
export function parseMac(text: string): string | undefined {
  const canonical = text.toLowerCase().replaceAll('-', ':');
  return /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(canonical) ? canonical : undefined;
}

/** Six bytes as `aa:bb:cc:dd:ee:ff`. */
export function formatMac(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}

/** `aa:bb:cc:dd:ee:ff` as six bytes. */
export function macBytes(mac: string): Uint8Array {
  return Uint8Array.from(mac.split(':').map((part) => Number.parseInt(part, 16)));
}

/**
 * A locally administered MAC address of its own for a virtual address that names none: 02:4d and the address's last 32
 * bits.
 */
export function generatedMac(address: string): string {
  const value = Number(toIpv6Bits(ipAddress(address)) & IPV4_MASK);
  return formatMac(Uint8Array.of(0x02, 0x4d, value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255));
}
