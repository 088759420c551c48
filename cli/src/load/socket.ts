/**
 * The part of node's Socket that the load needs. The kernel's sockets have it by nature and the simulated hosts'
 * sockets implement it, so that client and server are the same code on both.
 */

/** A stream socket, connected or connecting. */
export interface LoadSocket {
  /** This side's port, where it is known. */
  readonly localPort?: number | undefined;
  write(data: Buffer): unknown;
  /** Ends this side's stream; what is queued is sent first. */
  end(): unknown;
  /** Drops the connection at once. */
  destroy(): unknown;
  on(event: 'connect' | 'end' | 'close', listener: () => void): unknown;
  on(event: 'data', listener: (data: Buffer) => void): unknown;
  on(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown;
}

/** Opens a connection; returns at once, events follow. */
export type Connect = (host: string, port: number, localAddress: string | undefined) => LoadSocket;
