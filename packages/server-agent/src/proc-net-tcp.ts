/**
 * The kernel's list of TCP sockets as `/proc/net/tcp` and `/proc/net/tcp6` print it (proc(5)): one line a socket,
 * addresses in hexadecimal, each 32-bit word of an address in the machine's own byte order. Reading it needs no
 * privilege, no native code and no other program, which is why it is the agent's first source; it costs the kernel a
 * walk over all sockets, so it is asked for when somebody wants to know and never polled.
 *
 * A listening socket's receive queue counts the connections that wait to be accepted, an accepted one's the bytes that
 * wait to be read.
 */

/** State of a socket, by the names of RFC 9293; Linux adds `NEW_SYN_RECV`. */
export type TcpState =
  | 'ESTABLISHED'
  | 'SYN-SENT'
  | 'SYN-RECEIVED'
  | 'FIN-WAIT-1'
  | 'FIN-WAIT-2'
  | 'TIME-WAIT'
  | 'CLOSED'
  | 'CLOSE-WAIT'
  | 'LAST-ACK'
  | 'LISTEN'
  | 'CLOSING'
  | 'NEW_SYN_RECV';

/** In the order of the kernel's numbers, from 1. */
const STATES: readonly TcpState[] = [
  'ESTABLISHED',
  'SYN-SENT',
  'SYN-RECEIVED',
  'FIN-WAIT-1',
  'FIN-WAIT-2',
  'TIME-WAIT',
  'CLOSED',
  'CLOSE-WAIT',
  'LAST-ACK',
  'LISTEN',
  'CLOSING',
  'NEW_SYN_RECV',
];

/** One end of a connection. IPv4 dotted; IPv6 in eight groups without leading zeros, IPv4-mapped ones as IPv4. */
export interface SocketAddress {
  readonly address: string;
  readonly port: number;
}

/** One socket of the list. */
export interface TcpSocket {
  readonly local: SocketAddress;
  /** `0.0.0.0` or `0:0:0:0:0:0:0:0`, port 0, for a listening socket. */
  readonly remote: SocketAddress;
  readonly state: TcpState;
  /** Bytes sent and not acknowledged yet. */
  readonly sendQueue: number;
  /** Bytes received and not read yet; of a listening socket the connections not accepted yet. */
  readonly receiveQueue: number;
}

/** What was read was not such a list: names the line. */
export class ProcNetTcpError extends Error {}

/**
 * Reads the whole text of the file.
 *
 * @param littleEndian whether the machine that wrote it stores the lowest byte first
 * @throws ProcNetTcpError for a line that is none of a socket list
 * @example parseProcNetTcp(readFileSync('/proc/net/tcp', 'latin1'), os.endianness() === 'LE')
 */
export function parseProcNetTcp(text: string, littleEndian: boolean): TcpSocket[] {
  const [, ...lines] = text.split('\n');
  return lines.filter((line) => line.trim() !== '').map((line, index) => parseLine(line, index + 2, littleEndian));
}

function parseLine(line: string, number: number, littleEndian: boolean): TcpSocket {
  const [, local, remote, stateCode, queues] = line.trim().split(/\s+/);
  const state = STATES[Number.parseInt(stateCode ?? '', 16) - 1];
  const [sendQueue, receiveQueue] = (queues ?? '').split(':').map((part) => Number.parseInt(part, 16));
  const [here, there] = [parseAddress(local ?? '', littleEndian), parseAddress(remote ?? '', littleEndian)];
  if (!here || !there || !state || !Number.isInteger(sendQueue) || !Number.isInteger(receiveQueue)) {
    throw new ProcNetTcpError(
      `line ${number} is not a socket as /proc/net/tcp lists them: '${line.trim().slice(0, 80)}'`,
    );
  }
  return { local: here, remote: there, state, sendQueue: sendQueue!, receiveQueue: receiveQueue! };
}

function parseAddress(text: string, littleEndian: boolean): SocketAddress | undefined {
  const match = /^((?:[0-9A-F]{8}){1}|(?:[0-9A-F]{8}){4}):([0-9A-F]{4})$/.exec(text);
  if (!match) return undefined;
  const bytes: number[] = [];
  for (let word = 0; word < match[1]!.length; word += 8) {
    const inOrder = [0, 2, 4, 6].map((at) => Number.parseInt(match[1]!.slice(word + at, word + at + 2), 16));
    bytes.push(...(littleEndian ? inOrder.reverse() : inOrder));
  }
  return { address: formatAddress(bytes), port: Number.parseInt(match[2]!, 16) };
}

function formatAddress(bytes: readonly number[]): string {
  if (bytes.length === 4) return bytes.join('.');
  const mapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
  if (mapped) return bytes.slice(12).join('.');
  return Array.from({ length: 8 }, (_, group) => ((bytes[2 * group]! << 8) | bytes[2 * group + 1]!).toString(16)).join(
    ':',
  );
}

/** An address as `SocketAddress` has it: IPv6 in eight groups. @param text checked */
export function expandAddress(text: string): string {
  if (!text.includes(':')) return text;
  const [before = [], after = []] = text.split('::').map((part) => part.split(':').filter((group) => group !== ''));
  const zeros = new Array<string>(8 - before.length - after.length).fill('0');
  return [...before, ...zeros, ...after].map((group) => Number.parseInt(group, 16).toString(16)).join(':');
}
