/**
 * The load's client: keeps a target number of connections alive through one process, each with a seeded random
 * lifetime, sending a small record every few hundred milliseconds and checking every byte of the answers. A connection
 * whose server is one that stays may be made a marathon: it lives until the end of the run. New connections are opened
 * at a bounded rate, also when many end at once, so that the load is even. The client decides nothing about what is a
 * fault: it counts (tally.ts), and what a server's crash or the switch's restart explains (incidents.ts) has counters
 * of its own.
 *
 * Stalls are measured on a running clock (running-clock.ts): the handshake, each answer and the close must each take
 * no more than a second of it.
 */
import { connect } from 'node:net';
import { ByteStream } from './byte-stream.ts';
import { encodeHello, parseGreeting } from './greeting.ts';
import { type Incident, Incidents } from './incidents.ts';
import { type RandomSource, seededRandom, truncatedExponentialMs, uniformMs } from './random.ts';
import { RunningClock } from './running-clock.ts';
import type { Connect, LoadSocket } from './socket.ts';
import { type ClientTally, emptyTally, type Fault, noteFault } from './tally.ts';

/** Shape of the load. */
export interface LoadClientOptions {
  readonly address: string;
  readonly port: number;
  /** Source addresses used in turn; empty lets the kernel choose. */
  readonly sourceAddresses: readonly string[];
  readonly seed: number;
  /** Connections to keep alive. */
  readonly target: number;
  /** Most connections opened in a second. */
  readonly openingsPerSecond: number;
  readonly meanLifetimeMs: number;
  readonly longestLifetimeMs: number;
  /** Bounds of the pause between an answer and the next record. */
  readonly shortestPauseMs: number;
  readonly longestPauseMs: number;
  /** Marathons to keep on each server that stays. */
  readonly marathonsPerServer: number;
}

/** Longest time an answer may take before its connection counts as stalled. */
export const STALL_LIMIT_MS = 1_000;
/** Short, so that what is due leaves evenly: a burst of a hundred packets would overrun a software switch's queues. */
const TICK_MS = 5;
/** Connections closed in a second at the end of the run, for the same reason. */
const CLOSINGS_PER_SECOND = 250;
const LONGEST_COUNTED_TICK_MS = 200;

/** A connection as the client sees it. */
interface Connection {
  readonly socket: LoadSocket;
  readonly outgoing: ByteStream;
  readonly incoming: ByteStream;
  readonly begunAtMs: number;
  readonly endAtMs: number;
  /** Its server has crashed: it is lost, whatever becomes of it. */
  doomed: boolean;
  /** It met a crashed server while it was being opened, and was counted for that. */
  metCrash: boolean;
  phase: 'connecting' | 'open' | 'closing' | 'over';
  server: string | undefined;
  greeting: Buffer;
  sentBytes: number;
  receivedBytes: number;
  /** When what is awaited now was asked for, in running time; undefined when nothing is awaited. */
  awaitedSinceMs: number | undefined;
  nextRecordAtMs: number;
  marathon: boolean;
  stalled: boolean;
}

/** Keeps the load up until `finish`. */
export class LoadClient {
  readonly tally: ClientTally = emptyTally();
  private readonly random: RandomSource;
  private readonly clock = new RunningClock(performance.now(), LONGEST_COUNTED_TICK_MS);
  private readonly connections = new Set<Connection>();
  private readonly incidents = new Incidents();
  private readonly marathonsByServer = new Map<string, number>();
  private readonly timer: NodeJS.Timeout;
  private marathonServers: ReadonlySet<string> = new Set();
  private lastTickMs = 0;
  private openingCredit = 0;
  private closingCredit = 0;
  private stopping = false;
  private onEmpty: (() => void) | undefined;

  /** @param connectSocket opens a connection; by default on the kernel's TCP */
  constructor(
    private readonly options: LoadClientOptions,
    private readonly connectSocket: Connect = connectByKernel,
  ) {
    this.random = seededRandom(options.seed);
    this.timer = setInterval(() => this.tick(), TICK_MS);
  }

  /** Names the servers that stay until the end of the run; new connections there may become marathons. */
  setMarathonServers(names: readonly string[]): void {
    this.marathonServers = new Set(names);
  }

  /** Takes note of what is done to the network on purpose. */
  noteIncident(incident: Incident): void {
    this.clock.tick(performance.now());
    this.incidents.note(incident, this.clock.nowMs);
    if (incident.kind !== 'server-crash') return;
    for (const connection of this.connections) if (connection.server === incident.server) connection.doomed = true;
  }

  /** Stops opening, lets each connection end properly, and resolves when all have ended or `patienceMs` has passed. */
  async finish(patienceMs: number): Promise<void> {
    this.stopping = true;
    if (this.connections.size > 0) {
      await new Promise<void>((resolve) => {
        const giveUp = setTimeout(resolve, patienceMs);
        this.onEmpty = () => {
          clearTimeout(giveUp);
          resolve();
        };
      });
    }
    clearInterval(this.timer);
    for (const connection of this.connections) {
      this.noteFault(connection, 'failed');
      connection.socket.destroy();
    }
  }

  /** Drops everything at once; for a run that is given up. */
  destroy(): void {
    clearInterval(this.timer);
    for (const connection of this.connections) connection.socket.destroy();
  }

  private tick(): void {
    this.clock.tick(performance.now());
    this.tally.pausedMs = Math.round(this.clock.pausedMs);
    const nowMs = this.clock.nowMs;
    const elapsedMs = nowMs - this.lastTickMs;
    this.lastTickMs = nowMs;
    if (this.stopping) this.closingCredit += (elapsedMs * CLOSINGS_PER_SECOND) / 1000;
    for (const connection of this.connections) this.attend(connection, nowMs);
    if (this.stopping) return;
    const rate = this.options.openingsPerSecond;
    this.openingCredit = Math.min(rate / 4, this.openingCredit + (elapsedMs * rate) / 1000);
    const wanted = this.options.target - this.connections.size;
    const openings = Math.min(wanted, Math.floor(this.openingCredit));
    for (let index = 0; index < openings; index++) this.open(nowMs);
    if (openings > 0) this.openingCredit -= openings;
    this.noteAlive();
  }

  /** What a connection needs at this tick: a stall noted, a record sent, or its end begun. */
  private attend(connection: Connection, nowMs: number): void {
    if (connection.awaitedSinceMs !== undefined) {
      this.noteDelay(connection, connection.awaitedSinceMs, nowMs);
      return;
    }
    if (connection.phase !== 'open') return;
    const isLast = this.stopping && this.closingCredit >= 1;
    if (isLast || (!connection.marathon && nowMs >= connection.endAtMs)) {
      if (isLast) this.closingCredit--;
      connection.phase = 'closing';
      connection.awaitedSinceMs = nowMs;
      connection.socket.end();
    } else if (nowMs >= connection.nextRecordAtMs) {
      this.sendRecord(connection, nowMs);
    }
  }

  private open(nowMs: number): void {
    const key = Math.floor(this.random() * 0x1_0000_0000);
    const { address, port, sourceAddresses, meanLifetimeMs, longestLifetimeMs } = this.options;
    const source = sourceAddresses[this.tally.opened % Math.max(1, sourceAddresses.length)];
    this.tally.opened++;
    const socket = this.connectSocket(address, port, source);
    const connection: Connection = {
      socket,
      outgoing: new ByteStream(key, 'client-to-server'),
      incoming: new ByteStream(key, 'server-to-client'),
      begunAtMs: nowMs,
      doomed: false,
      metCrash: false,
      endAtMs: nowMs + truncatedExponentialMs(this.random, meanLifetimeMs, longestLifetimeMs),
      phase: 'connecting',
      server: undefined,
      greeting: Buffer.alloc(0),
      sentBytes: 0,
      receivedBytes: 0,
      awaitedSinceMs: nowMs,
      nextRecordAtMs: 0,
      marathon: false,
      stalled: false,
    };
    this.connections.add(connection);
    socket.on('connect', () => {
      socket.write(encodeHello(key));
    });
    socket.on('data', (data: Buffer) => this.receive(connection, data));
    socket.on('end', () => {
      if (connection.phase === 'closing' || connection.phase === 'over') return;
      this.noteFault(connection, 'endedEarly');
      socket.destroy();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => this.noteError(connection, error));
    socket.on('close', () => {
      if (connection.phase === 'closing') {
        if (connection.awaitedSinceMs !== undefined) this.noteRecovery(connection.awaitedSinceMs);
        this.tally.finished++;
        if (connection.marathon) this.tally.marathonsFinished++;
      } else if (connection.phase !== 'over') this.noteFault(connection, 'failed');
      this.leave(connection);
    });
  }

  private receive(connection: Connection, data: Buffer): void {
    let chunk = data;
    if (connection.server === undefined) {
      connection.greeting = Buffer.concat([connection.greeting, data]);
      const parsed = parseGreeting(connection.greeting);
      if (parsed.kind === 'incomplete') return;
      if (parsed.kind === 'wrong') {
        this.tally.mismatchedBytes += data.length;
        this.leave(connection);
        connection.socket.destroy();
        return;
      }
      this.establish(connection, parsed.value);
      chunk = connection.greeting.subarray(parsed.length);
    }
    if (chunk.length === 0) return;
    this.tally.checkedBytes += chunk.length;
    this.tally.mismatchedBytes += connection.incoming.mismatches(chunk);
    connection.receivedBytes += chunk.length;
    if (connection.receivedBytes > connection.sentBytes) this.tally.mismatchedBytes += 1;
    if (connection.phase === 'open' && connection.receivedBytes >= connection.sentBytes) this.answered(connection);
  }

  private establish(connection: Connection, server: string): void {
    connection.server = server;
    connection.doomed = this.incidents.hasCrashed(server);
    connection.phase = 'open';
    this.tally.alive++;
    this.tally.aliveByServer[server] = (this.tally.aliveByServer[server] ?? 0) + 1;
    const marathons = this.marathonsByServer.get(server) ?? 0;
    if (this.marathonServers.has(server) && marathons < this.options.marathonsPerServer) {
      connection.marathon = true;
      this.marathonsByServer.set(server, marathons + 1);
      this.tally.marathons++;
    }
    this.answered(connection);
  }

  /** The awaited answer is complete: note how long it took and plan the next record. */
  private answered(connection: Connection): void {
    this.clock.tick(performance.now());
    const nowMs = this.clock.nowMs;
    if (connection.awaitedSinceMs !== undefined) {
      this.noteDelay(connection, connection.awaitedSinceMs, nowMs);
      // What waited for a crashed server did not wait for the switch.
      if (!connection.metCrash) this.noteRecovery(connection.awaitedSinceMs);
    }
    connection.awaitedSinceMs = undefined;
    connection.metCrash = false;
    connection.nextRecordAtMs =
      nowMs + uniformMs(this.random, this.options.shortestPauseMs, this.options.longestPauseMs);
  }

  private sendRecord(connection: Connection, nowMs: number): void {
    const length = 1 + Math.floor(this.random() * 240);
    connection.sentBytes += length;
    connection.awaitedSinceMs = nowMs;
    connection.socket.write(connection.outgoing.next(length));
  }

  private noteDelay(connection: Connection, sinceMs: number, nowMs: number): void {
    if (connection.doomed) {
      // Nobody answers any more; the connection ends here, and another takes its place.
      if (nowMs - sinceMs <= STALL_LIMIT_MS) return;
      this.noteFault(connection, 'failed');
      connection.socket.destroy();
      return;
    }
    if (connection.metCrash) return;
    const isDue = nowMs <= this.incidents.dueAtMs(sinceMs, STALL_LIMIT_MS);
    // The answer that is late may be the greeting itself: what counts is that it was the opening that waited.
    const isOpening = sinceMs === connection.begunAtMs;
    if (!isDue && isOpening && this.incidents.mayHaveMetCrashed(connection.begunAtMs, nowMs)) {
      this.noteAttemptAtCrash(connection);
      return;
    }
    if (this.incidents.sinceRestartMs(sinceMs, nowMs) === undefined) {
      this.tally.longestAnswerMs = Math.max(this.tally.longestAnswerMs, Math.round(nowMs - sinceMs));
    }
    if (isDue || connection.stalled) return;
    connection.stalled = true;
    this.tally.stalled++;
    this.tellFault(connection, 'stalled');
  }

  private noteAttemptAtCrash(connection: Connection): void {
    if (connection.metCrash) return;
    connection.metCrash = true;
    this.tally.attemptsAtCrash++;
  }

  /** An answer has come: if the switch was restarted while it was awaited, that is how long the recovery took. */
  private noteRecovery(sinceMs: number): void {
    const nowMs = this.clock.nowMs;
    const recoveryMs = this.incidents.sinceRestartMs(sinceMs, nowMs);
    if (recoveryMs === undefined || nowMs - sinceMs <= STALL_LIMIT_MS) return;
    this.tally.heldUpByRestart++;
    this.tally.longestRecoveryMs = Math.max(this.tally.longestRecoveryMs, Math.round(recoveryMs));
  }

  private noteError(connection: Connection, error: NodeJS.ErrnoException): void {
    if (connection.phase === 'over') return;
    if (error.code === 'ECONNREFUSED') this.noteFault(connection, 'refused');
    else if (error.code === 'ECONNRESET' || error.code === 'EPIPE') this.noteFault(connection, 'reset');
    else this.noteFault(connection, 'failed');
  }

  /**
   * Counts a connection that has ended as it should not, under its cause where an incident is the cause, and takes it
   * out.
   */
  private noteFault(connection: Connection, fault: 'reset' | 'refused' | 'failed' | 'endedEarly'): void {
    const { tally, incidents } = this;
    const { server, begunAtMs } = connection;
    if (connection.doomed && server !== undefined) tally.lostByServer[server] = (tally.lostByServer[server] ?? 0) + 1;
    else if (server === undefined && incidents.mayHaveMetCrashed(begunAtMs, this.clock.nowMs)) {
      this.noteAttemptAtCrash(connection);
    } else {
      tally[fault]++;
      this.tellFault(connection, fault);
    }
    this.leave(connection);
  }

  private tellFault({ server, phase, begunAtMs, awaitedSinceMs, socket }: Connection, what: Fault['what']): void {
    const { nowMs } = this.clock;
    const awaitedMs = awaitedSinceMs === undefined ? undefined : Math.round(nowMs - awaitedSinceMs);
    const ageMs = Math.round(nowMs - begunAtMs);
    noteFault(this.tally, { what, server, phase, atMs: Date.now(), ageMs, awaitedMs, port: socket.localPort });
  }

  /** Takes a connection out of the living, whatever its phase; a second call does nothing. */
  private leave(connection: Connection): void {
    if (connection.phase === 'over') return;
    connection.phase = 'over';
    this.connections.delete(connection);
    const server = connection.server;
    if (server !== undefined) {
      this.tally.alive--;
      this.tally.aliveByServer[server] = (this.tally.aliveByServer[server] ?? 1) - 1;
      if (connection.marathon) {
        this.tally.marathons--;
        this.marathonsByServer.set(server, (this.marathonsByServer.get(server) ?? 1) - 1);
      }
    }
    if (!this.stopping) this.noteAlive();
    if (this.connections.size === 0) this.onEmpty?.();
  }

  private noteAlive(): void {
    const { fewestAlive, alive } = this.tally;
    if (fewestAlive === null) {
      if (alive >= this.options.target * 0.9) this.tally.fewestAlive = alive;
    } else if (alive < fewestAlive) this.tally.fewestAlive = alive;
  }
}

function connectByKernel(host: string, port: number, localAddress: string | undefined): LoadSocket {
  return connect({ host, port, noDelay: true, ...(localAddress ? { localAddress } : {}) });
}
