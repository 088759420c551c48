/**
 * The load's server: greets with its name, checks the client's stream byte for byte and answers every n bytes with n
 * bytes of its own stream. Ends when the client ends. One process serves any number of connections.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { ByteStream } from './byte-stream.ts';
import { encodeGreeting, parseHello } from './greeting.ts';
import type { LoadSocket } from './socket.ts';
import type { ServerTally } from './tally.ts';

/** Where and as whom to serve. */
export interface LoadServerOptions {
  readonly name: string;
  readonly address: string;
  readonly port: number;
}

/** A running server. */
export interface LoadServer {
  readonly tally: ServerTally;
  close(): Promise<void>;
}

/** Starts listening; rejects when the address cannot be bound. */
export async function startLoadServer(options: LoadServerOptions): Promise<LoadServer> {
  const tally: ServerTally = { accepted: 0, open: 0, reset: 0, mismatchedBytes: 0 };
  const sockets = new Set<Socket>();
  const greeting = encodeGreeting(options.name);
  const server: Server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket);
    serveConnection(socket, greeting, tally);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: options.address, port: options.port, backlog: 4096 }, () => resolve());
  });
  return {
    tally,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** Serves one connection whose socket stays half open after the client's end. */
export function serveConnection(socket: LoadSocket, greeting: Buffer, tally: ServerTally): void {
  tally.accepted++;
  tally.open++;
  let hello: Buffer | undefined = Buffer.alloc(0);
  let incoming: ByteStream | undefined;
  let outgoing: ByteStream | undefined;
  socket.on('data', (data: Buffer) => {
    let chunk = data;
    if (hello) {
      hello = Buffer.concat([hello, data]);
      const parsed = parseHello(hello);
      if (parsed.kind === 'incomplete') return;
      if (parsed.kind === 'wrong') {
        tally.mismatchedBytes += data.length;
        socket.destroy();
        return;
      }
      incoming = new ByteStream(parsed.value, 'client-to-server');
      outgoing = new ByteStream(parsed.value, 'server-to-client');
      chunk = hello.subarray(parsed.length);
      hello = undefined;
      socket.write(greeting);
    }
    if (chunk.length === 0) return;
    tally.mismatchedBytes += incoming!.mismatches(chunk);
    for (let left = chunk.length; left > 0; left -= 32_768) socket.write(outgoing!.next(Math.min(left, 32_768)));
  });
  socket.on('end', () => socket.end());
  socket.on('error', () => {
    tally.reset++;
  });
  socket.on('close', () => {
    tally.open--;
  });
}
