// Differences between an expected and a seen packet, told by header and field, the way a person would: a test that
// fails shows `ipv4.ttl: expected 63, seen 64` and not two strings of hex digits.

import { type DecodedLayer, decodePacket } from './packet.ts';

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function describe(layer: DecodedLayer | undefined): string {
  if (layer === undefined) return 'nothing';
  return layer.kind === 'payload' ? `payload of ${layer.bytes.length} bytes` : layer.kind;
}

function diffLayer(expected: DecodedLayer, seen: DecodedLayer): string[] {
  if (expected.kind === 'payload' || seen.kind === 'payload') {
    const [left, right] = [expected, seen].map((layer) => (layer.kind === 'payload' ? hex(layer.bytes) : ''));
    return left === right ? [] : [`payload: expected ${left}, seen ${right}`];
  }
  const lines: string[] = [];
  const seenFields = seen.fields as Record<string, string | number>;
  for (const [name, value] of Object.entries(expected.fields)) {
    if (seenFields[name] !== value) lines.push(`${expected.kind}.${name}: expected ${value}, seen ${seenFields[name]}`);
  }
  const [left, right] = [expected, seen].map((layer) => hex(layer.options ?? new Uint8Array(0)));
  if (left !== right) lines.push(`${expected.kind} options: expected ${left || 'none'}, seen ${right || 'none'}`);
  return lines;
}

/** Where the difference of a line is: `ipv4.ttl`, `tcp options`, `payload`. */
function placeOf(line: string): string {
  return line.slice(0, line.indexOf(':'));
}

/**
 * One line for each difference; an empty list when the packets are equal.
 *
 * @param options.ignore places that may differ: `ipv4.checksum`, `tcp options`, `payload`
 */
export function diffPackets(
  expected: Uint8Array,
  seen: Uint8Array,
  { ignore = [] as readonly string[] } = {},
): string[] {
  if (hex(expected) === hex(seen)) return [];
  const lines: string[] = [];
  const [left, right] = [decodePacket(expected), decodePacket(seen)];
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const [one, other] = [left[index], right[index]];
    if (one && other && one.kind === other.kind) lines.push(...diffLayer(one, other));
    else lines.push(`layer ${index + 1}: expected ${describe(one)}, seen ${describe(other)}`);
  }
  if (lines.length === 0) return [`length: expected ${expected.length} bytes, seen ${seen.length}`];
  return lines.filter((line) => !ignore.includes(placeOf(line)));
}
