/**
 * What a load balancer wants to know of one service on this server: which connections it holds, how many of them are
 * only half open, and how full its accept queue is. Decided from the list of sockets alone, so that any source of such
 * a list (this kernel, another one, a test) will do.
 */
import { readFileSync } from 'node:fs';
import { endianness, networkInterfaces } from 'node:os';
import { expandAddress, parseProcNetTcp, type SocketAddress, type TcpSocket } from './proc-net-tcp.ts';

/** A connection of the service. */
export interface ServiceConnection {
  readonly client: SocketAddress;
  /** The server's own port. */
  readonly port: number;
  /** Its handshake has not completed: it does not prove that the client is there. */
  readonly halfOpen: boolean;
}

/** The service's state. */
export interface ServiceReport {
  /** Somebody listens on the port. */
  readonly listening: boolean;
  readonly connections: readonly ServiceConnection[];
  /** Connections that wait to be accepted. */
  readonly acceptQueue: number;
}

/** The states in which the server still owes or expects data of the connection. */
const LIVE = new Set(['ESTABLISHED', 'FIN-WAIT-1', 'FIN-WAIT-2', 'CLOSE-WAIT', 'CLOSING', 'LAST-ACK']);
const HALF_OPEN = new Set(['SYN-RECEIVED', 'NEW_SYN_RECV']);

/** Picks the service at `port` out of a list of sockets; `address` limits it to connections to that address. */
export function reportService(sockets: readonly TcpSocket[], port: number, address?: string): ServiceReport {
  return report(
    sockets.filter((socket) => socket.local.port === port),
    address,
  );
}

/**
 * All connections that this server has at `address`, whoever opened them: a load balancer for all ports cannot tell
 * them apart either. Those to `ownPort`, where it asks, are not among them.
 */
export function reportAllServices(sockets: readonly TcpSocket[], address: string, ownPort: number): ServiceReport {
  const asListed = expandAddress(address);
  return report(
    sockets.filter((socket) => socket.local.port !== ownPort),
    asListed,
  );
}

function report(own: readonly TcpSocket[], address: string | undefined): ServiceReport {
  const listeners = own.filter((socket) => socket.state === 'LISTEN');
  const connections = own
    .filter((socket) => address === undefined || socket.local.address === address)
    .filter((socket) => LIVE.has(socket.state) || HALF_OPEN.has(socket.state))
    .map((socket) => ({ client: socket.remote, port: socket.local.port, halfOpen: HALF_OPEN.has(socket.state) }));
  const acceptQueue = listeners.reduce((sum, socket) => sum + socket.receiveQueue, 0);
  return { listening: listeners.length > 0, connections, acceptQueue };
}

/** Whether this machine (its network namespace) has an address, on whichever interface. */
export function hasAddress(address: string): boolean {
  const wanted = expandAddress(address);
  const interfaces = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return interfaces.some((each) => expandAddress(each.address) === wanted);
}

/** The sockets of this process's network namespace, IPv4 and IPv6. Linux only. */
export function readSockets(): TcpSocket[] {
  const littleEndian = endianness() === 'LE';
  return ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((path) => {
    try {
      return parseProcNetTcp(readFileSync(path, 'latin1'), littleEndian);
    } catch (error) {
      // A kernel without IPv6 has no such file.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT' && path.endsWith('6')) return [];
      throw error;
    }
  });
}
