/**
 * The kinds of value a configuration holds, each with the words that say what was expected. Durations carry their unit
 * (`300ms`, `2s`, `5m`, `1h`), because a bare number is what gets mistaken by a factor of a thousand.
 */
import { addressOf128Bits, formatIpAddress, parseIpAddress, parseMac, toIpv6Bits } from '../text/addresses.ts';
import { didYouMean } from '../text/did-you-mean.ts';
import type { ServicePort } from './types.ts';
import type { ScalarParser } from './yaml-reader.ts';

/** A name people type: letters, digits, dot, dash, underscore. */
export const name: ScalarParser<string> = (value, text) =>
  (typeof value === 'string' || typeof value === 'number') && /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(text)
    ? { value: text }
    : { expected: 'a name of letters, digits, dots, dashes and underscores' };

/** Text that is not empty. */
export const text: ScalarParser<string> = (value) =>
  typeof value === 'string' && value !== '' ? { value } : { expected: 'text' };

/** An IPv4 or IPv6 address, the latter brought to its canonical form. */
export const address: ScalarParser<string> = (value) => {
  const parsed = typeof value === 'string' ? parseIpAddress(value) : undefined;
  return parsed === undefined
    ? { expected: 'an IP address such as 10.0.0.1 or 2001:db8::1' }
    : { value: formatIpAddress(parsed) };
};

/** An address range `address/length`, in its canonical form. */
export const prefix: ScalarParser<string> = (value) => {
  const expected = 'a prefix such as 10.1.0.0/16 or 2001:db8:1::/48';
  const match = typeof value === 'string' ? /^([^/]+)\/(\d{1,3})$/.exec(value) : null;
  const parsed = match === null ? undefined : parseIpAddress(match[1]!);
  if (parsed === undefined) return { expected };
  const width = typeof parsed === 'number' ? 32 : 128;
  const length = Number(match![2]);
  if (length > width) return { expected };
  const bits = typeof parsed === 'number' ? BigInt(parsed) : toIpv6Bits(parsed);
  const beyond = BigInt.asUintN(width - length, bits);
  const inside = bits - beyond;
  const canonical = formatIpAddress(typeof parsed === 'number' ? Number(inside) : addressOf128Bits(inside));
  if (beyond !== 0n) return { expected: `${expected}, with nothing beyond it (${canonical}/${length}?)` };
  return { value: `${canonical}/${length}` };
};

export const mac: ScalarParser<string> = (value) => {
  const parsed = typeof value === 'string' ? parseMac(value) : undefined;
  return parsed === undefined ? { expected: 'a MAC address such as 02:00:00:00:00:01' } : { value: parsed };
};

/** A whole number between two bounds, both included. */
export function integer(low: number, high: number, what = 'a whole number'): ScalarParser<number> {
  return (value) =>
    typeof value === 'number' && Number.isInteger(value) && value >= low && value <= high
      ? { value }
      : { expected: `${what} from ${low} to ${high}` };
}

/** A TCP or UDP port. */
export const port = integer(1, 65535, 'a port');

/** A port, or `all` of them. */
export const servicePort: ScalarParser<ServicePort> = (value, text) => {
  if (value === 'all') return { value };
  const parsed = port(value, text);
  return 'value' in parsed ? parsed : { expected: `${parsed.expected}, or \`all\`` };
};

/** A port of the switch; P4Runtime carries 32 bits, Mooring's program 16 of them. */
export const switchPort = integer(0, 65535, 'a switch port');

export const deviceId: ScalarParser<bigint> = (value) =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
    ? { value: BigInt(value) }
    : { expected: 'a whole number, 0 or more' };

/** host:port */
export const hostAndPort: ScalarParser<string> = (value) => {
  const match = typeof value === 'string' ? /^(\[[0-9a-fA-F:]+\]|[^:\s]+):(\d{1,5})$/.exec(value) : null;
  const given = match === null ? 0 : Number(match[2]);
  return given > 0 && given < 65536 ? { value: value as string } : { expected: 'host:port such as 127.0.0.1:9559' };
};

/** host or host:port */
export const hostAndMaybePort: ScalarParser<string> = (value) => {
  const match = typeof value === 'string' ? /^(\[[0-9a-fA-F:]+\]|[^:\s[\]]+)(?::(\d{1,5}))?$/.exec(value) : null;
  const given = match?.[2] === undefined ? 1 : Number(match[2]);
  return match !== null && given > 0 && given < 65536
    ? { value: value as string }
    : { expected: 'a host or host:port such as 127.0.0.1:8081' };
};

/** What an HTTP request asks for. */
export const urlPath: ScalarParser<string> = (value) =>
  typeof value === 'string' && /^\/[!-~]*$/.test(value) ? { value } : { expected: 'a path such as /healthz' };

/** HTTP statuses: one, or a range such as `200-299`. */
export const statusRange: ScalarParser<readonly [number, number]> = (value) => {
  const match = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(String(value));
  const low = Number(match?.[1]);
  const high = Number(match?.[2] ?? match?.[1]);
  return match !== null && low <= high ? { value: [low, high] } : { expected: 'an HTTP status or a range: 200-299' };
};

/** A share: `25%`, or a number from 0 to 1. */
export const share: ScalarParser<number> = (value) => {
  const match = typeof value === 'string' ? /^(\d+(?:\.\d+)?)\s*%$/.exec(value.trim()) : null;
  const parsed = match !== null ? Number(match[1]) / 100 : typeof value === 'number' ? value : Number.NaN;
  return parsed >= 0 && parsed <= 1 ? { value: parsed } : { expected: 'a share such as 25% or 0.25' };
};

export const boolean: ScalarParser<boolean> = (value) =>
  typeof value === 'boolean' ? { value } : { expected: 'true or false' };

/** One of a few words. */
export function oneOf<T extends string>(...choices: readonly T[]): ScalarParser<T> {
  return (value) => {
    if (choices.includes(value as T)) return { value: value as T };
    const meant = typeof value === 'string' ? didYouMean(value, choices) : undefined;
    return {
      expected: `${choices.map((choice) => `\`${choice}\``).join(' or ')}${meant === undefined ? '' : ` (did you mean \`${meant}\`?)`}`,
    };
  };
}

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
/** The switch counts 32 bits of 1.024 ms; half of that can be told apart from the past. */
const LONGEST_MS = 24 * 3_600_000;

/** A duration with its unit, in milliseconds, at most a day. */
export const durationMs: ScalarParser<number> = (value, source) => {
  const match = typeof value === 'string' ? /^(\d+(?:\.\d+)?)\s*(ms|s|m|h)$/.exec(value.trim()) : null;
  const parsed = match === null ? Number.NaN : Math.round(Number(match[1]) * UNITS_MS[match[2]!]!);
  if (Number.isFinite(parsed) && parsed <= LONGEST_MS) return { value: parsed };
  const bare = /^\d+$/.test(source) ? ` (with its unit: ${source}ms or ${source}s?)` : '';
  return { expected: `a duration such as 300ms, 2s or 5m, at most 24h${bare}` };
};

/** A duration, or `none` for 0. */
export const durationOrNoneMs: ScalarParser<number> = (value, source) =>
  value === 'none' ? { value: 0 } : durationMs(value, source);
