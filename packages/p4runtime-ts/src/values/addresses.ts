/**
 * Addresses as people write them, to numbers and back: IPv4, IPv6 (RFC 4291 text, RFC 5952 output) and MAC.
 */

/** An address found in a text, with the width that its notation implies. */
export interface ParsedAddress {
  readonly value: bigint;
  readonly bitwidth: 32 | 48 | 128;
}

/** The address, or `undefined` if the text is none of the three. */
export function parseAddress(text: string): ParsedAddress | undefined {
  return parseMac(text) ?? parseIpv4(text) ?? parseIpv6(text);
}

function parseIpv4(text: string): ParsedAddress | undefined {
  const found = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (found === null) return undefined;
  let value = 0n;
  for (const part of found.slice(1)) {
    if (Number(part) > 255) return undefined;
    value = (value << 8n) | BigInt(part);
  }
  return { value, bitwidth: 32 };
}

function parseMac(text: string): ParsedAddress | undefined {
  if (!/^[0-9a-fA-F]{1,2}(?:[:-][0-9a-fA-F]{1,2}){5}$/.test(text)) return undefined;
  const parts = text.split(/[:-]/).map((part) => part.padStart(2, '0'));
  return { value: BigInt(`0x${parts.join('')}`), bitwidth: 48 };
}

function parseIpv6(text: string): ParsedAddress | undefined {
  if (!text.includes(':') || !/^[0-9a-fA-F:.]+$/.test(text)) return undefined;
  const tail = text.slice(text.lastIndexOf(':') + 1);
  let source = text;
  if (tail.includes('.')) {
    const ipv4 = parseIpv4(tail);
    if (ipv4 === undefined) return undefined;
    source = `${text.slice(0, -tail.length)}${(ipv4.value >> 16n).toString(16)}:${(ipv4.value & 0xffffn).toString(16)}`;
  }
  const halves = source.split('::');
  if (halves.length > 2) return undefined;
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')));
  const [head, rest] = [groups[0] ?? [], groups[1]];
  const missing = 8 - head.length - (rest?.length ?? 0);
  if (rest === undefined ? missing !== 0 : missing < 1) return undefined;
  const all = [...head, ...Array<string>(missing).fill('0'), ...(rest ?? [])];
  if (all.some((group) => !/^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  return { value: all.reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n), bitwidth: 128 };
}

/** `10.0.0.1` */
export function formatIpv4(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join('.');
}

/** `00:00:00:00:00:01` */
export function formatMac(value: bigint): string {
  return value.toString(16).padStart(12, '0').match(/../g)!.join(':');
}

/** `2001:db8::1`: lower case, the longest run of two or more zero groups left out, the first of equals. */
export function formatIpv6(value: bigint): string {
  const groups = Array.from({ length: 8 }, (_, index) => Number((value >> BigInt(112 - 16 * index)) & 0xffffn));
  let best = { start: -1, length: 1 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  const text = (part: number[]) => part.map((group) => group.toString(16)).join(':');
  if (best.start < 0) return text(groups);
  return `${text(groups.slice(0, best.start))}::${text(groups.slice(best.start + best.length))}`;
}
