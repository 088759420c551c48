/**
 * A simulated host: one Ethernet interface, ARP, and TCP connections (tcp-connection.ts) behind sockets that speak the
 * part of node's Socket interface which the load uses, so that the very load generator of the kernel hosts runs on it.
 * A segment for no known connection is answered by a RST, exactly as a kernel does: that is what makes a mis-sent
 * packet visible.
 *
 * Frames go out through a callback and come in by `receive`; time comes from a clock that is passed in and timers from
 * `poll`.
 */
import { EventEmitter } from 'node:events';
import {
  buildArp,
  buildTcp,
  parseAddress,
  parseMac,
  readFrame,
  TCP_ACK,
  TCP_FIN,
  TCP_RST,
  TCP_SYN,
  type TcpSegment,
} from './frames.ts';
import { type SegmentBody, TcpConnection, type TcpFault, type TcpOutput } from './tcp-connection.ts';

/** What a host is made of. */
export interface SimulatedHostOptions {
  readonly mac: string;
  /** IPv4 addresses; the first is used where a caller names none. */
  readonly addresses: readonly string[];
  readonly random: () => number;
  /** Monotonic time in milliseconds. */
  readonly nowMs: () => number;
  readonly sendFrame: (frame: Buffer) => void;
}

const ARP_RETRY_MS = 500;
const FIRST_EPHEMERAL_PORT = 32_768;
const EMPTY = Buffer.alloc(0);

/** The part of node's Socket that the load uses, over a simulated connection. */
export class SimulatedSocket extends EventEmitter {
  private connection: TcpConnection | undefined;
  private destroyed = false;

  constructor(
    private readonly nowMs: () => number,
    private readonly allowHalfOpen: boolean,
  ) {
    super();
  }

  /** Joins the socket to its connection. */
  attach(connection: TcpConnection): void {
    this.connection = connection;
  }

  write(data: Buffer): boolean {
    this.connection?.write(data, this.nowMs());
    return true;
  }

  end(): void {
    this.connection?.end(this.nowMs());
  }

  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.connection?.abort();
  }

  /** The peer's end arrived. */
  ended(): void {
    this.emit('end');
    if (!this.allowHalfOpen) this.end();
  }

  /** The connection is over. */
  closed(fault: TcpFault | undefined): void {
    this.destroyed = true;
    const codes = { refused: 'ECONNREFUSED', reset: 'ECONNRESET', 'timed-out': 'ETIMEDOUT' } as const;
    // A connection that nobody was given yet (its handshake never completed) ends in silence, as in a kernel.
    if (fault && this.listenerCount('error') > 0)
      this.emit('error', Object.assign(new Error(`connection ${fault}`), { code: codes[fault] }));
    this.emit('close', fault !== undefined);
  }
}

interface Entry {
  readonly connection: TcpConnection;
  readonly socket: SimulatedSocket;
}

/** A host with its own addresses, neighbours and connections. */
export class SimulatedHost {
  private readonly mac: Buffer;
  private readonly addresses: readonly number[];
  private readonly connections = new Map<string, Entry>();
  private readonly listeners = new Map<number, (socket: SimulatedSocket) => void>();
  private readonly neighbours = new Map<number, Buffer>();
  private readonly unresolved = new Map<number, { askedAtMs: number; waiting: TcpSegment[] }>();
  private nextPort = FIRST_EPHEMERAL_PORT;
  private identification = 0;

  constructor(private readonly options: SimulatedHostOptions) {
    this.mac = parseMac(options.mac);
    this.addresses = options.addresses.map(parseAddress);
  }

  /** Connections in any state, TIME-WAIT included. */
  get connectionCount(): number {
    return this.connections.size;
  }

  /** Takes connections to `port`. */
  listen(port: number, onConnection: (socket: SimulatedSocket) => void): void {
    this.listeners.set(port, onConnection);
  }

  /** Opens a connection; `localAddress` must be one of the host's. */
  connect(host: string, port: number, localAddress?: string): SimulatedSocket {
    const source = localAddress ? parseAddress(localAddress) : this.addresses[0]!;
    const destination = parseAddress(host);
    const sourcePort = this.nextPort;
    this.nextPort = this.nextPort === 65_535 ? FIRST_EPHEMERAL_PORT : this.nextPort + 1;
    const tuple = { sourceAddress: source, destinationAddress: destination, sourcePort, destinationPort: port };
    const socket = new SimulatedSocket(this.options.nowMs, false);
    this.add(tuple, socket, (output) => TcpConnection.connect(output, this.initialSequence(), this.options.nowMs()));
    return socket;
  }

  /** Announces the host's addresses, as a host does when its interface comes up. */
  announce(): void {
    for (const address of this.addresses) this.ask(address, address);
  }

  /** Takes a frame from the wire. */
  receive(bytes: Buffer): void {
    const frame = readFrame(bytes);
    if (frame.kind === 'other' || !(frame.destinationMac.equals(this.mac) || frame.destinationMac[0]! & 1)) return;
    if (frame.kind === 'arp') {
      const { arp } = frame;
      const asked = this.addresses.includes(arp.targetAddress);
      if (asked && arp.senderAddress !== arp.targetAddress) {
        this.learn(arp.senderAddress, Buffer.from(arp.senderMac));
        if (arp.operation === 'request') {
          this.options.sendFrame(
            buildArp({
              operation: 'reply',
              senderMac: this.mac,
              senderAddress: arp.targetAddress,
              targetMac: arp.senderMac,
              targetAddress: arp.senderAddress,
            }),
          );
        }
      }
      return;
    }
    if (this.addresses.includes(frame.segment.destinationAddress)) this.receiveSegment(frame.segment);
  }

  /** Runs the timers that are due. */
  poll(): void {
    const nowMs = this.options.nowMs();
    for (const entry of this.connections.values()) entry.connection.poll(nowMs);
    for (const [address, pending] of this.unresolved) {
      if (nowMs - pending.askedAtMs < ARP_RETRY_MS) continue;
      pending.askedAtMs = nowMs;
      this.ask(address, pending.waiting[0]?.sourceAddress ?? this.addresses[0]!);
    }
  }

  private receiveSegment(segment: TcpSegment): void {
    const key = connectionKey(
      segment.destinationAddress,
      segment.destinationPort,
      segment.sourceAddress,
      segment.sourcePort,
    );
    const entry = this.connections.get(key);
    const nowMs = this.options.nowMs();
    const syn = (segment.flags & (TCP_SYN | TCP_ACK | TCP_RST)) === TCP_SYN;
    if (entry && !(syn && entry.connection.state === 'time-wait')) {
      entry.connection.receive(segment, nowMs);
      return;
    }
    const listener = this.listeners.get(segment.destinationPort);
    if (syn && listener) {
      const socket = new SimulatedSocket(this.options.nowMs, true);
      const tuple = {
        sourceAddress: segment.destinationAddress,
        destinationAddress: segment.sourceAddress,
        sourcePort: segment.destinationPort,
        destinationPort: segment.sourcePort,
      };
      this.add(
        tuple,
        socket,
        (output) => TcpConnection.accept(output, this.initialSequence(), segment, nowMs),
        listener,
      );
      return;
    }
    if ((segment.flags & TCP_RST) === 0) this.sendReset(segment);
  }

  /** The answer to a segment of no known connection (RFC 9293, 3.10.7.1). */
  private sendReset(segment: TcpSegment): void {
    const acknowledges = (segment.flags & TCP_ACK) !== 0;
    const length =
      segment.payload.length + ((segment.flags & TCP_SYN) !== 0 ? 1 : 0) + ((segment.flags & TCP_FIN) !== 0 ? 1 : 0);
    this.sendSegment({
      sourceAddress: segment.destinationAddress,
      destinationAddress: segment.sourceAddress,
      sourcePort: segment.destinationPort,
      destinationPort: segment.sourcePort,
      sequence: acknowledges ? segment.acknowledgment : 0,
      acknowledgment: acknowledges ? 0 : (segment.sequence + length) >>> 0,
      flags: acknowledges ? TCP_RST : TCP_RST | TCP_ACK,
      payload: EMPTY,
    });
  }

  private add(
    tuple: Pick<TcpSegment, 'sourceAddress' | 'destinationAddress' | 'sourcePort' | 'destinationPort'>,
    socket: SimulatedSocket,
    open: (output: TcpOutput) => TcpConnection,
    onConnected?: (socket: SimulatedSocket) => void,
  ): void {
    const key = connectionKey(tuple.sourceAddress, tuple.sourcePort, tuple.destinationAddress, tuple.destinationPort);
    const connection = open({
      send: (body: SegmentBody) => this.sendSegment({ ...tuple, ...body }),
      connected: () => {
        onConnected?.(socket);
        socket.emit('connect');
      },
      data: (chunk: Buffer) => socket.emit('data', chunk),
      ended: () => socket.ended(),
      closed: (fault: TcpFault | undefined) => socket.closed(fault),
      released: () => this.connections.delete(key),
    });
    socket.attach(connection);
    this.connections.set(key, { connection, socket });
  }

  private sendSegment(segment: TcpSegment): void {
    const mac = this.neighbours.get(segment.destinationAddress);
    if (mac) {
      this.options.sendFrame(buildTcp(this.mac, mac, segment, this.identification++));
      return;
    }
    const pending = this.unresolved.get(segment.destinationAddress);
    if (pending) pending.waiting.push(segment);
    else {
      this.unresolved.set(segment.destinationAddress, { askedAtMs: this.options.nowMs(), waiting: [segment] });
      this.ask(segment.destinationAddress, segment.sourceAddress);
    }
  }

  private ask(address: number, sender: number): void {
    this.options.sendFrame(
      buildArp({
        operation: 'request',
        senderMac: this.mac,
        senderAddress: sender,
        targetMac: this.mac,
        targetAddress: address,
      }),
    );
  }

  private learn(address: number, mac: Buffer): void {
    this.neighbours.set(address, mac);
    const pending = this.unresolved.get(address);
    this.unresolved.delete(address);
    for (const segment of pending?.waiting ?? []) this.sendSegment(segment);
  }

  private initialSequence(): number {
    return Math.floor(this.options.random() * 0x1_0000_0000);
  }
}

function connectionKey(localAddress: number, localPort: number, remoteAddress: number, remotePort: number): string {
  return `${localAddress}:${localPort}-${remoteAddress}:${remotePort}`;
}
