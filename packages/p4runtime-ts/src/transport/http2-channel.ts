/**
 * gRPC's wire protocol over HTTP/2, the client's side (grpc.github.io: "gRPC over HTTP2"): a connection, and calls on it that take and
 * give messages as bytes.
 *
 * Not grpc-js, because there each message of a stream waits until the one before has been written to the socket, and passes through a dozen
 * objects: some thousand messages a second. A controller sends a packet-out for each pin. Here what is sent within one turn of the event
 * loop leaves in one piece, and what arrives in one piece is taken apart in one loop.
 *
 * The connection is made when a call needs it, and again by the next call after it was lost: whoever calls decides when to try
 * again. Nothing is retried, compressed, or kept for later.
 */
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
} from 'node:http2';
import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { Code } from '../gen/google/rpc/code_pb.ts';
import { RpcError, unpackError } from './rpc-error.ts';
import { detailsTrailer, maximumMessageBytes } from './service.ts';

/** Certificates in PEM. */
export interface ClientTlsOptions {
  /** Who signed the server's certificate; the system's authorities by default. */
  readonly ca?: Uint8Array;
  /** This client's certificate and key, where the server asks for one (mutual TLS). */
  readonly cert?: Uint8Array;
  readonly key?: Uint8Array;
  /** The name in the server's certificate, where it is not the address. */
  readonly serverName?: string;
}

/** What a call hears: messages, then exactly one end. */
export interface CallListener {
  message(bytes: Buffer): void;
  /** @param error undefined: status OK */
  end(error: RpcError | undefined): void;
}

/** Bytes in front of each message: a flag for compression and the length. */
const PREFIX_BYTES = 5;
/** What a peer may send before it is told that it was read. */
const WINDOW_BYTES = 4 * 1024 * 1024;
const DEFAULT_WINDOW_BYTES = 65_535;
/** Of HTTP/2's errors those that mean something else than "internal"; "gRPC over HTTP2", section Errors. */
const CODES_OF_RESET = new Map<number, Code>([
  [constants.NGHTTP2_REFUSED_STREAM, Code.UNAVAILABLE],
  [constants.NGHTTP2_CANCEL, Code.CANCELLED],
  [constants.NGHTTP2_ENHANCE_YOUR_CALM, Code.RESOURCE_EXHAUSTED],
  [constants.NGHTTP2_INADEQUATE_SECURITY, Code.PERMISSION_DENIED],
]);
const CODES_OF_HTTP = new Map<number, Code>([
  [400, Code.INTERNAL],
  [401, Code.UNAUTHENTICATED],
  [403, Code.PERMISSION_DENIED],
  [404, Code.UNIMPLEMENTED],
  [429, Code.UNAVAILABLE],
  [502, Code.UNAVAILABLE],
  [503, Code.UNAVAILABLE],
  [504, Code.UNAVAILABLE],
]);

/** Connections to one address. */
export class Http2Channel {
  readonly #address: string;
  readonly #tls: ClientTlsOptions | undefined;
  #session: ClientHttp2Session | undefined;
  /** Why the last connection ended. */
  #lost: Error | undefined;
  #calls = 0;
  #closed = false;

  /** @param address `host:port`, `[v6]:port` or `unix:path` */
  constructor(address: string, tls: ClientTlsOptions | undefined) {
    this.#address = address;
    this.#tls = tls;
  }

  /** Begins a call of the method at `path`. It ends with DEADLINE_EXCEEDED when `timeoutMs` is over, and with CANCELLED by
   * `cancel`. */
  call(path: string, timeoutMs: number | undefined, listener: CallListener): Call {
    if (this.#closed) {
      queueMicrotask(() => listener.end(new RpcError(Code.CANCELLED, 'the client was closed')));
      return new Call(undefined);
    }
    const session = this.#connected();
    const stream = session.request(
      {
        ':method': 'POST',
        ':path': path,
        'content-type': 'application/grpc',
        te: 'trailers',
        'user-agent': 'mooring',
        ...(timeoutMs === undefined ? {} : { 'grpc-timeout': `${Math.ceil(timeoutMs)}m` }),
      },
      { waitForTrailers: false },
    );
    if (this.#calls++ === 0) session.ref();
    const call = new Call(stream);
    const messages = new MessageReader((bytes) => listener.message(bytes));
    let headers: IncomingHttpHeaders | undefined;
    let trailers: IncomingHttpHeaders | undefined;
    let failure: RpcError | undefined;
    const late =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            failure ??= new RpcError(Code.DEADLINE_EXCEEDED, `no answer within ${timeoutMs} ms`);
            call.cancel();
          }, timeoutMs);
    stream.on('response', (received) => {
      headers = received;
    });
    stream.on('trailers', (received) => {
      trailers = received;
    });
    stream.on('data', (chunk: Buffer) => {
      try {
        messages.push(chunk);
      } catch (error) {
        failure ??= error instanceof RpcError ? error : new RpcError(Code.INTERNAL, String(error));
        call.cancel();
      }
    });
    // What went wrong is told by 'close', which always comes.
    stream.on('error', () => undefined);
    stream.on('close', () => {
      clearTimeout(late);
      if (--this.#calls === 0 && !session.destroyed) session.unref();
      const lost = session.destroyed || session.closed ? this.#lostOf(session) : undefined;
      listener.end(failure ?? resultOf(trailers ?? headers, stream.rstCode, lost));
    });
    return call;
  }

  /** Ends the connection and all calls. */
  close(): void {
    this.#closed = true;
    this.#session?.destroy();
    this.#session = undefined;
  }

  #lostOf(session: ClientHttp2Session): RpcError | undefined {
    if (this.#closed) return new RpcError(Code.CANCELLED, 'the client was closed');
    if (this.#session === session) this.#session = undefined;
    const reason = this.#lost?.message ?? 'the connection was lost';
    return new RpcError(Code.UNAVAILABLE, `${this.#address}: ${reason}`);
  }

  #connected(): ClientHttp2Session {
    const present = this.#session;
    if (present !== undefined && !present.destroyed && !present.closed) return present;
    const { host, authority } = parseAddress(this.#address);
    const session = connect(`http${this.#tls === undefined ? '' : 's'}://${authority}`, {
      createConnection: () => this.#socket(host),
      settings: { initialWindowSize: WINDOW_BYTES, enablePush: false },
      // A pipeline may be large; what is waiting is bounded by who sends.
      maxSessionMemory: Number.MAX_SAFE_INTEGER,
    });
    this.#lost = undefined;
    session.on('connect', () => session.setLocalWindowSize(WINDOW_BYTES + DEFAULT_WINDOW_BYTES));
    session.on('error', (error) => {
      this.#lost ??= error;
    });
    session.on('goaway', () => {
      if (this.#session === session) this.#session = undefined;
    });
    session.on('close', () => {
      if (this.#session === session) this.#session = undefined;
    });
    // An idle connection keeps no process alive.
    session.unref();
    this.#session = session;
    return session;
  }

  #socket(target: { readonly host: string; readonly port: number } | { readonly path: string }): Socket {
    const tls = this.#tls;
    if (tls === undefined) {
      const socket = connectPlain(target);
      // What is sent together is written together: waiting for more only delays it.
      socket.setNoDelay(true);
      return socket;
    }
    const name = tls.serverName ?? ('host' in target && isIP(target.host) === 0 ? target.host : undefined);
    return connectTls({
      ...target,
      ALPNProtocols: ['h2'],
      ...(name === undefined ? {} : { servername: name }),
      ...(tls.ca === undefined ? {} : { ca: Buffer.from(tls.ca) }),
      ...(tls.cert === undefined ? {} : { cert: Buffer.from(tls.cert) }),
      ...(tls.key === undefined ? {} : { key: Buffer.from(tls.key) }),
    });
  }
}

/** One call. */
export class Call {
  readonly #stream: ClientHttp2Stream | undefined;
  #waiting: Buffer[] = [];

  constructor(stream: ClientHttp2Stream | undefined) {
    this.#stream = stream;
  }

  /** Sends a message, together with all others of this turn; `false`: the buffer is full, better wait for `drained`. */
  send(message: Uint8Array): boolean {
    const stream = this.#stream;
    if (stream === undefined || stream.destroyed || stream.writableEnded) return true;
    if (this.#waiting.length === 0) queueMicrotask(() => this.#flush());
    const prefix = Buffer.allocUnsafe(PREFIX_BYTES);
    prefix[0] = 0;
    prefix.writeUInt32BE(message.length, 1);
    this.#waiting.push(prefix, message as Buffer);
    return !stream.writableNeedDrain;
  }

  #flush(): void {
    const stream = this.#stream;
    if (this.#waiting.length === 0) return;
    const bytes = Buffer.concat(this.#waiting);
    this.#waiting = [];
    if (stream !== undefined && !stream.destroyed && !stream.writableEnded) stream.write(bytes);
  }

  /** Resolves when the buffer has room, or the call is over. */
  drained(): Promise<void> {
    const stream = this.#stream;
    if (stream === undefined || stream.destroyed || !stream.writableNeedDrain) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        stream.off('drain', done);
        stream.off('close', done);
        resolve();
      };
      stream.on('drain', done);
      stream.on('close', done);
    });
  }

  /** No more messages come from this side. */
  end(): void {
    this.#flush();
    this.#stream?.end();
  }

  /** Stops reading until `resume`: the sender is held up. */
  pause(): void {
    this.#stream?.pause();
  }

  resume(): void {
    this.#stream?.resume();
  }

  /** Ends the call at once. */
  cancel(): void {
    this.#stream?.close(constants.NGHTTP2_CANCEL);
  }
}

/** Takes the body apart into messages. */
class MessageReader {
  readonly #message: (bytes: Buffer) => void;
  /** What has come of a message that is not complete. */
  #parts: Buffer[] = [];
  #length = 0;
  #needed = PREFIX_BYTES;

  constructor(message: (bytes: Buffer) => void) {
    this.#message = message;
  }

  /** @throws RpcError when it is no body of messages, or one is too long */
  push(chunk: Buffer): void {
    this.#parts.push(chunk);
    this.#length += chunk.length;
    if (this.#length < this.#needed) return;
    const bytes = this.#parts.length === 1 ? chunk : Buffer.concat(this.#parts);
    let start = 0;
    this.#needed = PREFIX_BYTES;
    while (bytes.length - start >= PREFIX_BYTES) {
      if (bytes[start] !== 0) throw new RpcError(Code.INTERNAL, 'the switch sent a compressed message');
      const length = bytes.readUInt32BE(start + 1);
      if (length > maximumMessageBytes) {
        throw new RpcError(Code.RESOURCE_EXHAUSTED, `the switch sent a message of ${length} bytes`);
      }
      if (bytes.length - start < PREFIX_BYTES + length) {
        this.#needed = PREFIX_BYTES + length;
        break;
      }
      this.#message(bytes.subarray(start + PREFIX_BYTES, start + PREFIX_BYTES + length));
      start += PREFIX_BYTES + length;
    }
    this.#parts = start === bytes.length ? [] : [bytes.subarray(start)];
    this.#length = bytes.length - start;
  }
}

/** How a call ended. @param last the trailers, or headers where no body came */
function resultOf(
  last: IncomingHttpHeaders | undefined,
  rstCode: number,
  lost: RpcError | undefined,
): RpcError | undefined {
  const status = last?.['grpc-status'];
  if (status !== undefined) {
    const code = Number(status);
    if (code === Code.OK) return undefined;
    const details = last![detailsTrailer];
    const text = typeof details === 'string' ? Buffer.from(details, 'base64') : undefined;
    return unpackError(code, decodeMessage(last!['grpc-message']), text);
  }
  const http = last?.[':status'] as number | undefined;
  if (http !== undefined && Number(http) !== 200) {
    return new RpcError(
      CODES_OF_HTTP.get(Number(http)) ?? Code.UNKNOWN,
      `the server answered with HTTP status ${http}`,
    );
  }
  if (lost !== undefined) return lost;
  return new RpcError(CODES_OF_RESET.get(rstCode) ?? Code.INTERNAL, `the call ended without a status (${rstCode})`);
}

function decodeMessage(value: string | string[] | undefined): string {
  const text = Array.isArray(value) ? value.join() : (value ?? '');
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** @throws RpcError when it is none of the forms */
function parseAddress(address: string) {
  if (address.startsWith('unix:')) {
    return { host: { path: address.slice('unix:'.length).replace(/^\/\/(?=\/)/, '') }, authority: 'localhost' };
  }
  const found =
    /^(?:(?:dns:(?:\/\/[^/]*\/)?)|ipv4:|ipv6:)?(?:\[(?<v6>[^\]]+)\]|(?<name>[^:[\]]+)):(?<port>\d{1,5})$/.exec(address);
  if (found === null) throw new RpcError(Code.INVALID_ARGUMENT, `'${address}' is not HOST:PORT or unix:PATH`);
  const { v6, name, port } = found.groups as { v6?: string; name?: string; port: string };
  return {
    host: { host: v6 ?? name!, port: Number(port) },
    authority: `${v6 === undefined ? name : `[${v6}]`}:${port}`,
  };
}
