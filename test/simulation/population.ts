/**
 * The connections of a simulation. Each is a client address and port, a server that it was made with, and the next
 * thing it does; all in typed arrays, since there are up to a million at a time and several million in a run. A
 * connection opens with SYN, SYN-ACK and ACK, says something every few seconds, ends with a FIN, and each of its
 * packets must reach the server that answered its SYN.
 */
import type { Random } from '../differential/random.ts';
import type { Network } from './network.ts';
import { TimingWheel } from './wheel.ts';

const FIRST_PORT = 1024;
const PORTS = 60_000;
/** A client that gets no answer sends its SYN again after this. */
const RETRY_MS = 1_000;
/** From SYN to ACK. */
const ROUND_TRIP_MS = 1;
/** A connection is silent for at most `MAX_SILENCE_MS`: it sends something after a time between half of it and all. */
export const MAX_SILENCE_MS = 8_000;

/** Where a connection is. `lost`: its server died, and it is not judged any more. */
const Phase = { free: 0, opening: 1, handshake: 2, open: 3, lost: 4 } as const;

/** What a run has seen. */
export interface PopulationCounts {
  begun: number;
  ended: number;
  lost: number;
  violations: number;
  synsDropped: number;
}

/** See the file's comment. */
export class Population {
  readonly counts: PopulationCounts = { begun: 0, ended: 0, lost: 0, violations: 0, synsDropped: 0 };
  /** Server of each connection. */
  readonly server: Int16Array;
  private readonly phase: Uint8Array;
  private readonly use: Int32Array;
  private readonly endsAtMs: Float64Array;
  private readonly free: number[] = [];
  private readonly wheel: TimingWheel;
  private live = 0;

  constructor(
    readonly capacity: number,
    private readonly network: Network,
    private readonly random: Random,
    /**
     * Called for each connection that has its server, and for each packet: other schemes can be compared on the same
     * traffic.
     */
    private readonly watch: {
      opened(connection: number): void;
      sent(connection: number): void;
      closed(connection: number): void;
    },
  ) {
    this.server = new Int16Array(capacity);
    this.phase = new Uint8Array(capacity);
    this.use = new Int32Array(capacity);
    this.endsAtMs = new Float64Array(capacity);
    this.wheel = new TimingWheel(capacity);
    for (let index = capacity - 1; index >= 0; index--) this.free.push(index);
  }

  get liveCount(): number {
    return this.live;
  }

  /** Begins a connection. */
  begin(nowMs: number, lifetimeSeconds: number): void {
    const connection = this.free.pop();
    if (connection === undefined) throw new Error(`more than ${this.capacity} connections at a time`);
    this.use[connection]!++;
    this.phase[connection] = Phase.opening;
    this.endsAtMs[connection] = nowMs + ROUND_TRIP_MS + Math.max(1, Math.round(1000 * lifetimeSeconds));
    this.counts.begun++;
    this.live++;
    this.act(connection, nowMs);
  }

  /** Everything that is due. */
  run(nowMs: number): void {
    this.wheel.due(nowMs, (connection) => this.act(connection, nowMs));
  }

  /** A server died: its connections are lost. */
  serverDied(server: number): void {
    for (let connection = 0; connection < this.capacity; connection++) {
      const phase = this.phase[connection]!;
      if (this.server[connection] === server && (phase === Phase.handshake || phase === Phase.open)) {
        this.phase[connection] = Phase.lost;
        this.counts.lost++;
        this.watch.closed(connection);
      }
    }
  }

  /** Address and port of a connection that is open now, if a few guesses find one: what a spoofer could know. */
  someOpen(): { readonly client: number; readonly port: number } | undefined {
    for (let guess = 0; guess < 20; guess++) {
      const client = this.random.below(this.capacity);
      if (this.phase[client] === Phase.open) return { client, port: this.port(client) };
    }
    return undefined;
  }

  /** Live connections of each server. */
  loads(servers: number): Int32Array {
    const loads = new Int32Array(servers);
    for (let connection = 0; connection < this.capacity; connection++) {
      const phase = this.phase[connection]!;
      if (phase === Phase.handshake || phase === Phase.open) loads[this.server[connection]!]!++;
    }
    return loads;
  }

  private port(connection: number): number {
    return FIRST_PORT + (this.use[connection]! % PORTS);
  }

  private answerOf(connection: number): number {
    return Math.imul(connection + 1, 0x9e3779b1) + Math.imul(this.use[connection]!, 0x85ebca6b);
  }

  private act(connection: number, nowMs: number): void {
    switch (this.phase[connection]) {
      case Phase.opening:
        this.open(connection, nowMs);
        break;
      case Phase.handshake:
        this.phase[connection] = Phase.open;
        this.send(connection, 'ack');
        this.continueLater(connection, nowMs);
        break;
      case Phase.open:
        if (nowMs < this.endsAtMs[connection]!) {
          this.send(connection, 'push');
          this.continueLater(connection, nowMs);
        } else {
          this.send(connection, 'fin');
          this.watch.closed(connection);
          this.counts.ended++;
          this.forget(connection);
        }
        break;
      default:
        this.forget(connection);
    }
  }

  private open(connection: number, nowMs: number): void {
    const port = this.port(connection);
    const server = this.network.fromClient(connection, port, 'syn', 0);
    if (server < 0 || !this.network.fromServer(server, connection, port, this.answerOf(connection))) {
      this.counts.synsDropped++;
      this.endsAtMs[connection]! += RETRY_MS;
      this.wheel.schedule(connection, nowMs + RETRY_MS);
      return;
    }
    this.server[connection] = server;
    this.phase[connection] = Phase.handshake;
    this.watch.opened(connection);
    this.wheel.schedule(connection, nowMs + ROUND_TRIP_MS);
  }

  private send(connection: number, kind: 'ack' | 'push' | 'fin'): void {
    const reached = this.network.fromClient(connection, this.port(connection), kind, this.answerOf(connection) + 1);
    if (reached !== this.server[connection]) this.counts.violations++;
    this.watch.sent(connection);
  }

  private continueLater(connection: number, nowMs: number): void {
    const silentMs = this.random.between(MAX_SILENCE_MS / 2, MAX_SILENCE_MS);
    const atMs = Math.min(nowMs + silentMs, this.endsAtMs[connection]!);
    this.wheel.schedule(connection, Math.max(atMs, nowMs + 1));
  }

  private forget(connection: number): void {
    this.phase[connection] = Phase.free;
    this.free.push(connection);
    this.live--;
  }
}
