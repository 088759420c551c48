/**
 * Addresses between text and number. Inside the controller an IPv4 address is a number below 2^32 and a MAC address text in
 * its canonical form, because addresses are map keys there and MAC addresses are only ever compared and copied.
 */

/** Dotted text to a number below 2^32; undefined when it is no IPv4 address (leading zeros are refused as ambiguous). */
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

/** Like `parseIpv4` for text that has been checked. @throws Error on anything else (our bug) */
export function ipv4(text: string): number {
  const value = parseIpv4(text);
  if (value === undefined) throw new Error(`not an IPv4 address: ${text}`);
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

/** A locally administered MAC address of its own for a virtual address that names none: 02:4d and the address. */
export function generatedMac(address: string): string {
  const value = ipv4(address);
  return formatMac(Uint8Array.of(0x02, 0x4d, value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255));
}
