/**
 * The load over UDP: `LoadSocket`s for the very client and server that also speak TCP. A flow is a sequence of
 * questions, each one datagram, each answered by one; a question without answer is sent again, so that a lost datagram
 * costs time and not the flow. A server that is asked anything but a first question by a flow it does not know says so,
 * and that is a reset: it is what a flow sees whose packets have changed server.
 *
 * Datagram: kind (one byte), number of the question (four bytes), bytes of the stream.
 */
import { createSocket, type Socket } from 'node:dgram';
import { EventEmitter } from 'node:events';
import { isIPv6 } from 'node:net';
import { encodeGreeting } from './greeting.ts';
import { type LoadServer, type LoadServerOptions, serveConnection } from './server.ts';
import type { LoadSocket } from './socket.ts';
import type { ServerTally } from './tally.ts';

const KIND = { data: 1, end: 2, unknown: 3 } as const;
const HEADER_BYTES = 5;
const RESEND_MS = 250;
/** Attempts at a question before the flow counts as lost. */
const ATTEMPTS = 24;

function encode(kind: number, number: number, bytes: Buffer): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt8(kind, 0);
  header.writeUInt32BE(number, 1);
  return Buffer.concat([header, bytes]);
}

function socketFor(address: string): Socket {
  return createSocket(isIPv6(address) ? 'udp6' : 'udp4');
}

/** A client's flow. Has one question under way at most; what is written meanwhile waits. */
class Flow extends EventEmitter {
  private readonly socket: Socket;
  private readonly waiting: Buffer[] = [];
  private question: { readonly number: number; readonly datagram: Buffer; attempts: number } | undefined;
  private timer: NodeJS.Timeout | undefined;
  private nextNumber = 0;
  private over = false;

  constructor(address: string, port: number, source: string | undefined) {
    super();
    this.socket = socketFor(address);
    this.socket.on('error', (error) => this.fail(error));
    this.socket.on('message', (message) => this.onMessage(message));
    this.socket.bind({ ...(source === undefined ? {} : { address: source }) }, () => {
      if (!this.over) this.socket.connect(port, address, () => this.emit('connect'));
    });
  }

  write(bytes: Buffer): boolean {
    this.waiting.push(encode(KIND.data, this.nextNumber++, bytes));
    this.ask();
    return true;
  }

  end(): void {
    this.waiting.push(encode(KIND.end, this.nextNumber++, Buffer.alloc(0)));
    this.ask();
  }

  destroy(): void {
    if (this.over) return;
    this.over = true;
    clearTimeout(this.timer);
    this.socket.close();
    this.emit('close');
  }

  private ask(): void {
    if (this.over || this.question !== undefined) return;
    const datagram = this.waiting.shift();
    if (datagram === undefined) return;
    this.question = { number: datagram.readUInt32BE(1), datagram, attempts: 0 };
    this.send();
  }

  private send(): void {
    const { question } = this;
    if (this.over || question === undefined) return;
    if (question.attempts++ === ATTEMPTS) {
      this.fail(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' }));
      return;
    }
    this.socket.send(question.datagram);
    this.timer = setTimeout(() => this.send(), RESEND_MS);
  }

  private onMessage(message: Buffer): void {
    if (this.over || this.question === undefined || message.length < HEADER_BYTES) return;
    const kind = message.readUInt8(0);
    if (message.readUInt32BE(1) !== this.question.number) return;
    clearTimeout(this.timer);
    this.question = undefined;
    if (kind === KIND.unknown) {
      this.fail(Object.assign(new Error('another server answers'), { code: 'ECONNRESET' }));
    } else if (kind === KIND.end) {
      this.destroy();
    } else {
      this.emit('data', message.subarray(HEADER_BYTES));
      this.ask();
    }
  }

  private fail(error: Error): void {
    if (this.over) return;
    this.emit('error', error);
    this.destroy();
  }
}

/** Opens a flow. */
export function connectDatagrams(address: string, port: number, source: string | undefined): LoadSocket {
  return new Flow(address, port, source) as unknown as LoadSocket;
}

/** A flow as the server sees it: it answers within the call that asks. */
class Session extends EventEmitter {
  readonly answer: Buffer[] = [];
  /** The last question and its answer, for when the answer was lost. */
  last: { readonly number: number; readonly datagram: Buffer } | undefined;

  write(bytes: Buffer): boolean {
    this.answer.push(bytes);
    return true;
  }

  end(): void {}

  destroy(): void {
    this.emit('close');
  }
}

/** Serves flows; rejects when the address cannot be bound. */
export async function startDatagramServer(options: LoadServerOptions): Promise<LoadServer> {
  const tally: ServerTally = { accepted: 0, open: 0, reset: 0, mismatchedBytes: 0 };
  const sessions = new Map<string, Session>();
  const greeting = encodeGreeting(options.name);
  const socket = socketFor(options.address);
  socket.on('message', (message, { address, port }) => {
    if (message.length < HEADER_BYTES) return;
    const reply = (datagram: Buffer): void => socket.send(datagram, port, address);
    const flow = `${address} ${port}`;
    const kind = message.readUInt8(0);
    const number = message.readUInt32BE(1);
    let session = sessions.get(flow);
    if (session?.last?.number === number && (number !== 0 || kind === KIND.end)) {
      reply(session.last.datagram);
      return;
    }
    if (number === 0) {
      session?.destroy();
      session = new Session();
      sessions.set(flow, session);
      serveConnection(session as unknown as LoadSocket, greeting, tally);
    }
    if (session === undefined) {
      tally.reset++;
      reply(encode(KIND.unknown, number, Buffer.alloc(0)));
      return;
    }
    if (kind === KIND.end) session.destroy();
    else session.emit('data', message.subarray(HEADER_BYTES));
    const datagram = encode(kind, number, Buffer.concat(session.answer.splice(0)));
    session.last = { number, datagram };
    if (kind === KIND.end) session.removeAllListeners();
    reply(datagram);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ address: options.address, port: options.port }, resolve);
  });
  return { tally, close: () => new Promise((resolve) => socket.close(() => resolve())) };
}
