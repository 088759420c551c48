/**
 * The first bytes of a load connection. The client opens with a fixed-size hello (magic, connection key); the server
 * answers with a greeting that names it (magic, one length byte, name), after which both directions are pure streams
 * (see byte-stream.ts) and the server answers every n bytes with n bytes of its own. No framing is needed: how much is
 * outstanding follows from the counts alone. Parsers take what has arrived so far and say if that is enough.
 */

const MAGIC = Buffer.from('MOOR', 'latin1');

/** Size of the client's hello in bytes. */
export const HELLO_LENGTH = 8;

/** The client's first bytes. `connectionKey` is an unsigned 32-bit number. */
export function encodeHello(connectionKey: number): Buffer {
  const bytes = Buffer.alloc(HELLO_LENGTH);
  MAGIC.copy(bytes);
  bytes.writeUInt32BE(connectionKey >>> 0, 4);
  return bytes;
}

/** The server's first bytes; the name has at most 255 bytes of UTF-8. */
export function encodeGreeting(serverName: string): Buffer {
  const name = Buffer.from(serverName, 'utf8');
  if (name.length > 255) throw new RangeError(`the server's name has more than 255 bytes: ${serverName}`);
  return Buffer.concat([MAGIC, Buffer.from([name.length]), name]);
}

/** What a parser says: not enough bytes yet, not ours, or the value and the number of bytes it took. */
export type Parsed<Value> =
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'complete'; readonly value: Value; readonly length: number };

function magicMatches(bytes: Buffer): boolean {
  const length = Math.min(bytes.length, MAGIC.length);
  return bytes.subarray(0, length).equals(MAGIC.subarray(0, length));
}

/** Parses the client's hello; the value is the connection key. */
export function parseHello(bytes: Buffer): Parsed<number> {
  if (!magicMatches(bytes)) return { kind: 'wrong' };
  if (bytes.length < HELLO_LENGTH) return { kind: 'incomplete' };
  return { kind: 'complete', value: bytes.readUInt32BE(4), length: HELLO_LENGTH };
}

/** Parses the server's greeting; the value is the server's name. */
export function parseGreeting(bytes: Buffer): Parsed<string> {
  if (!magicMatches(bytes)) return { kind: 'wrong' };
  const length = bytes[MAGIC.length];
  if (length === undefined || bytes.length < MAGIC.length + 1 + length) return { kind: 'incomplete' };
  const end = MAGIC.length + 1 + length;
  return { kind: 'complete', value: bytes.toString('utf8', MAGIC.length + 1, end), length: end };
}
