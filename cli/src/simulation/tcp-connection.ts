/**
 * One simulated TCP connection: a small but honest state machine after RFC 9293. Handshake with initial sequence
 * numbers from a seeded generator, in-order delivery, cumulative acknowledgments, retransmission with doubling
 * time-outs (1 s for a SYN, 200 ms for data, as Linux does), orderly close from either side, and RST where the standard
 * asks for one. Left out because the demo's records never need it: window management (65,535 always), options,
 * congestion control, urgent data; segments out of order are dropped and asked for again.
 *
 * Pure but for its callbacks: time comes in with every call, segments go out through `output`.
 */
import { TCP_ACK, TCP_FIN, TCP_PSH, TCP_RST, TCP_SYN } from './frames.ts';

/** A segment without its addresses. */
export interface SegmentBody {
  readonly sequence: number;
  readonly acknowledgment: number;
  readonly flags: number;
  readonly payload: Buffer;
}

export type TcpState =
  | 'syn-sent'
  | 'syn-received'
  | 'established'
  | 'fin-wait-1'
  | 'fin-wait-2'
  | 'closing'
  | 'close-wait'
  | 'last-ack'
  | 'time-wait'
  | 'closed';

/** Why a connection ended other than by an orderly close. */
export type TcpFault = 'refused' | 'reset' | 'timed-out';

/** Where a connection's output and events go. */
export interface TcpOutput {
  send(segment: SegmentBody): void;
  connected(): void;
  data(chunk: Buffer): void;
  /** The peer has sent everything it will send. */
  ended(): void;
  /** Both sides have ended, or a fault ended the connection; the fault is undefined after an orderly close. */
  closed(fault: TcpFault | undefined): void;
  /** Nothing more will come: the addresses may be used again (after an orderly close, when TIME-WAIT is over). */
  released(): void;
}

const EMPTY = Buffer.alloc(0);
const LARGEST_PAYLOAD = 1400;
const SYN_TIMEOUT_MS = 1_000;
const FIRST_TIMEOUT_MS = 200;
const LONGEST_TIMEOUT_MS = 10_000;
const MOST_RETRIES = 8;
const TIME_WAIT_MS = 2_000;

/** Signed distance `left - right` of two sequence numbers. */
export function sequenceDistance(left: number, right: number): number {
  return (left - right) | 0;
}

function add(sequence: number, count: number): number {
  return (sequence + count) >>> 0;
}

/** A connection from either side. */
export class TcpConnection {
  state: TcpState;
  private unacknowledged: number;
  private next: number;
  /** One past the highest sequence number ever sent; `next` falls behind it while retransmitting. */
  private highest: number;
  private receiveNext = 0;
  /** Bytes from `unacknowledged` on (without SYN and FIN), sent or not. */
  private buffer: Buffer = EMPTY;
  private finWanted = false;
  private finSent = false;
  private finSequence: number | undefined;
  private timeoutMs = SYN_TIMEOUT_MS;
  private retries = 0;
  private timerAtMs: number | undefined;
  private acknowledgmentDue = false;
  private timeWaitEntered = false;
  private closeReported = false;

  private constructor(
    private readonly output: TcpOutput,
    private readonly initialSequence: number,
    state: 'syn-sent' | 'syn-received',
  ) {
    this.state = state;
    this.unacknowledged = initialSequence;
    this.next = add(initialSequence, 1);
    this.highest = this.next;
  }

  /** Opens a connection: sends the SYN. */
  static connect(output: TcpOutput, initialSequence: number, nowMs: number): TcpConnection {
    const connection = new TcpConnection(output, initialSequence, 'syn-sent');
    connection.sendSyn();
    connection.startTimer(nowMs);
    return connection;
  }

  /** Answers a SYN. */
  static accept(output: TcpOutput, initialSequence: number, syn: SegmentBody, nowMs: number): TcpConnection {
    const connection = new TcpConnection(output, initialSequence, 'syn-received');
    connection.receiveNext = add(syn.sequence, 1);
    connection.sendSyn();
    connection.startTimer(nowMs);
    return connection;
  }

  /** Queues bytes to be sent. */
  write(data: Buffer, nowMs: number): void {
    if (this.finWanted || this.state === 'closed') return;
    this.buffer = Buffer.concat([this.buffer, data]);
    this.transmit(nowMs);
  }

  /** Sends what is queued, then FIN. */
  end(nowMs: number): void {
    if (this.finWanted || this.state === 'closed') return;
    this.finWanted = true;
    this.transmit(nowMs);
  }

  /** Ends the connection at once with a RST. */
  abort(): void {
    if (this.state === 'closed') return;
    this.output.send({
      sequence: this.next,
      acknowledgment: this.receiveNext,
      flags: TCP_RST | TCP_ACK,
      payload: EMPTY,
    });
    this.close(undefined);
  }

  /** When `poll` wants to be called next, or undefined. */
  get wakeAtMs(): number | undefined {
    return this.timerAtMs;
  }

  /** Retransmits, gives up, or leaves TIME-WAIT when the time has come. */
  poll(nowMs: number): void {
    if (this.timerAtMs === undefined || nowMs < this.timerAtMs) return;
    if (this.state === 'time-wait') {
      this.close(undefined);
      return;
    }
    if (++this.retries > MOST_RETRIES) {
      this.close('timed-out');
      return;
    }
    this.timeoutMs = Math.min(LONGEST_TIMEOUT_MS, this.timeoutMs * 2);
    this.timerAtMs = nowMs + this.timeoutMs;
    if (this.state === 'syn-sent' || this.state === 'syn-received') {
      this.sendSyn();
      return;
    }
    // Go back to what is unacknowledged and send one segment of it.
    this.next = this.unacknowledged;
    this.finSent = false;
    this.sendOne();
  }

  /** Takes a segment of this connection. */
  receive(segment: SegmentBody, nowMs: number): void {
    this.acknowledgmentDue = false;
    if (this.state === 'syn-sent') this.receiveInSynSent(segment, nowMs);
    else if (this.state !== 'closed') this.receiveSynchronized(segment, nowMs);
    if (this.acknowledgmentDue) this.sendAcknowledgment();
    // Told last, so that the peer's end comes before the close.
    if (this.timeWaitEntered) this.reportClose(undefined);
  }

  private receiveInSynSent(segment: SegmentBody, nowMs: number): void {
    const acknowledges = (segment.flags & TCP_ACK) !== 0 && segment.acknowledgment === add(this.initialSequence, 1);
    if ((segment.flags & TCP_RST) !== 0) {
      if (acknowledges) this.close('refused');
      return;
    }
    if ((segment.flags & TCP_SYN) === 0 || !acknowledges) {
      if ((segment.flags & TCP_ACK) !== 0) {
        this.output.send({ sequence: segment.acknowledgment, acknowledgment: 0, flags: TCP_RST, payload: EMPTY });
      }
      return;
    }
    this.receiveNext = add(segment.sequence, 1);
    this.unacknowledged = segment.acknowledgment;
    this.becomeEstablished();
    this.acknowledgmentDue = true;
    this.output.connected();
    this.transmit(nowMs);
  }

  private receiveSynchronized(segment: SegmentBody, nowMs: number): void {
    if ((segment.flags & TCP_RST) !== 0) {
      // Only a reset that continues the stream is believed (RFC 5961).
      if (segment.sequence === this.receiveNext) this.close(this.state === 'time-wait' ? undefined : 'reset');
      return;
    }
    if ((segment.flags & TCP_SYN) !== 0) {
      if (this.state === 'syn-received') this.sendSyn();
      else this.acknowledgmentDue = true;
      return;
    }
    if ((segment.flags & TCP_ACK) === 0) return;
    if (sequenceDistance(segment.acknowledgment, this.highest) > 0) {
      // It acknowledges what was never sent.
      if (this.state === 'syn-received') {
        this.output.send({ sequence: segment.acknowledgment, acknowledgment: 0, flags: TCP_RST, payload: EMPTY });
      } else this.acknowledgmentDue = true;
      return;
    }
    this.takeAcknowledgment(segment, nowMs);
    if (this.isOver()) return;
    this.takePayload(segment, nowMs);
    if (!this.isOver()) this.transmit(nowMs);
  }

  private isOver(): boolean {
    return this.state === 'closed';
  }

  private takeAcknowledgment(segment: SegmentBody, nowMs: number): void {
    if (this.state === 'syn-received') {
      if (segment.acknowledgment !== add(this.initialSequence, 1)) return;
      this.unacknowledged = segment.acknowledgment;
      this.becomeEstablished();
      this.output.connected();
    }
    const acknowledged = sequenceDistance(segment.acknowledgment, this.unacknowledged);
    if (acknowledged <= 0) return;
    const finAcknowledged = this.finSequence !== undefined && segment.acknowledgment === add(this.finSequence, 1);
    if (sequenceDistance(segment.acknowledgment, this.next) > 0) this.next = segment.acknowledgment;
    if (finAcknowledged) this.finSent = true;
    this.buffer = this.buffer.subarray(Math.min(this.buffer.length, acknowledged));
    this.unacknowledged = segment.acknowledgment;
    this.retries = 0;
    this.timeoutMs = FIRST_TIMEOUT_MS;
    this.timerAtMs = this.unacknowledged === this.highest ? undefined : nowMs + this.timeoutMs;
    if (!finAcknowledged) return;
    if (this.state === 'fin-wait-1') this.state = 'fin-wait-2';
    else if (this.state === 'closing') this.enterTimeWait(nowMs);
    else if (this.state === 'last-ack') this.close(undefined);
  }

  private takePayload(segment: SegmentBody, nowMs: number): void {
    const fin = (segment.flags & TCP_FIN) !== 0;
    if (segment.payload.length === 0 && !fin) return;
    this.acknowledgmentDue = true;
    const known = sequenceDistance(this.receiveNext, segment.sequence);
    if (known < 0 || known > segment.payload.length) return;
    const fresh = segment.payload.subarray(known);
    if (this.state !== 'established' && this.state !== 'fin-wait-1' && this.state !== 'fin-wait-2') return;
    this.receiveNext = add(this.receiveNext, fresh.length + (fin ? 1 : 0));
    if (fresh.length > 0) this.output.data(Buffer.from(fresh));
    if (!fin || this.isOver()) return;
    if (this.state === 'established') this.state = 'close-wait';
    else if (this.state === 'fin-wait-1') this.state = 'closing';
    else if (this.state === 'fin-wait-2') this.enterTimeWait(nowMs);
    this.output.ended();
  }

  private becomeEstablished(): void {
    this.state = 'established';
    this.retries = 0;
    this.timeoutMs = FIRST_TIMEOUT_MS;
    this.timerAtMs = undefined;
  }

  private enterTimeWait(nowMs: number): void {
    this.state = 'time-wait';
    this.timerAtMs = nowMs + TIME_WAIT_MS;
    this.timeWaitEntered = true;
  }

  private startTimer(nowMs: number): void {
    this.timerAtMs ??= nowMs + this.timeoutMs;
  }

  /** Sends all that is queued and not yet sent. */
  private transmit(nowMs: number): void {
    if (this.state === 'syn-sent' || this.state === 'syn-received' || this.state === 'time-wait') return;
    while (this.sendOne()) this.startTimer(nowMs);
  }

  /** Sends the next segment of data or the FIN; false when there is nothing to send. */
  private sendOne(): boolean {
    const sent = sequenceDistance(this.next, this.unacknowledged);
    if (this.finSent) return false;
    const payload = this.buffer.subarray(sent, sent + LARGEST_PAYLOAD);
    const fin = this.finWanted && sent + payload.length === this.buffer.length;
    if (payload.length === 0 && !fin) return false;
    const flags = TCP_ACK | (payload.length > 0 ? TCP_PSH : 0) | (fin ? TCP_FIN : 0);
    this.output.send({ sequence: this.next, acknowledgment: this.receiveNext, flags, payload });
    this.acknowledgmentDue = false;
    this.next = add(this.next, payload.length + (fin ? 1 : 0));
    if (sequenceDistance(this.next, this.highest) > 0) this.highest = this.next;
    if (fin) {
      this.finSequence = add(this.next, -1);
      this.finSent = true;
      if (this.state === 'established') this.state = 'fin-wait-1';
      else if (this.state === 'close-wait') this.state = 'last-ack';
    }
    return true;
  }

  private sendSyn(): void {
    const passive = this.state === 'syn-received';
    this.output.send({
      sequence: this.initialSequence,
      acknowledgment: passive ? this.receiveNext : 0,
      flags: passive ? TCP_SYN | TCP_ACK : TCP_SYN,
      payload: EMPTY,
    });
  }

  private sendAcknowledgment(): void {
    this.output.send({ sequence: this.highest, acknowledgment: this.receiveNext, flags: TCP_ACK, payload: EMPTY });
  }

  private close(fault: TcpFault | undefined): void {
    this.state = 'closed';
    this.timerAtMs = undefined;
    this.reportClose(fault);
    this.output.released();
  }

  private reportClose(fault: TcpFault | undefined): void {
    if (this.closeReported) return;
    this.closeReported = true;
    this.output.closed(fault);
  }
}
