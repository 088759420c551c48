/** gRPC's wire protocol, the client's side, against a server of HTTP/2 that says whatever a test wants it to say. */
import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterEach, expect, it } from 'vitest';
import { Http2Channel } from '../src/transport/http2-channel.ts';
import type { RpcError } from '../src/transport/rpc-error.ts';

const servers: { readonly server: Http2Server; readonly channel: Http2Channel }[] = [];

afterEach(() => {
  for (const { server, channel } of servers.splice(0)) {
    channel.close();
    server.close();
  }
});

async function serve(answer: (stream: ServerHttp2Stream) => void): Promise<Http2Channel> {
  const server = createServer();
  server.on('stream', (stream) => {
    stream.on('error', () => undefined);
    answer(stream);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const channel = new Http2Channel(`127.0.0.1:${(server.address() as AddressInfo).port}`, undefined);
  servers.push({ server, channel });
  return channel;
}

interface Outcome {
  readonly messages: string[];
  readonly error: RpcError | undefined;
}

function call(channel: Http2Channel, send: readonly string[] = [], timeoutMs?: number): Promise<Outcome> {
  return new Promise((resolve) => {
    const messages: string[] = [];
    const started = channel.call('/service/method', timeoutMs, {
      message: (bytes) => messages.push(bytes.toString()),
      end: (error) => resolve({ messages, error }),
    });
    for (const message of send) started.send(Buffer.from(message));
    started.end();
  });
}

function framed(message: Buffer | string): Buffer {
  const body = Buffer.from(message);
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(body.length, 1);
  return Buffer.concat([prefix, body]);
}

const HEADERS = { ':status': 200, 'content-type': 'application/grpc' };

/** Answers with these chunks and trailers. */
function respond(stream: ServerHttp2Stream, chunks: readonly Buffer[], trailers: Record<string, string>): void {
  stream.respond(HEADERS, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers(trailers));
  stream.resume();
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
}

it('puts messages together however they are cut', async () => {
  const bodies: Buffer[][] = [];
  const channel = await serve((stream) => respond(stream, bodies.shift()!, { 'grpc-status': '0' }));
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ maxLength: 40 }), { maxLength: 8 }),
      fc.array(fc.nat({ max: 60 }), { maxLength: 6 }),
      async (messages, cuts) => {
        let rest = Buffer.concat(messages.map(framed));
        const chunks: Buffer[] = [];
        for (const cut of cuts) {
          chunks.push(rest.subarray(0, cut));
          rest = rest.subarray(cut);
        }
        bodies.push([...chunks, rest].filter((chunk) => chunk.length > 0));
        expect(await call(channel)).toEqual({
          messages: messages.map((text) => Buffer.from(text).toString()),
          error: undefined,
        });
      },
    ),
    { numRuns: 60 },
  );
});

it('sends what is given in one turn in one piece, in order', async () => {
  const arrived: Buffer[] = [];
  const channel = await serve((stream) => {
    stream.on('data', (chunk: Buffer) => arrived.push(chunk));
    stream.on('end', () => respond(stream, [], { 'grpc-status': '0' }));
  });
  const messages = Array.from({ length: 500 }, (_, index) => `message ${index}`);
  expect((await call(channel, messages)).error).toBeUndefined();
  expect(Buffer.concat(arrived)).toEqual(Buffer.concat(messages.map(framed)));
  // A frame of HTTP/2 has 16 KiB.
  expect(arrived.length).toBeLessThan(5);
});

it('tells the status, its message and its details', async () => {
  const channel = await serve((stream) =>
    respond(stream, [], {
      'grpc-status': '3',
      'grpc-message': 'p%C3%A4rt: 100%25',
      'grpc-status-details-bin': 'CAMSBm5laW4hIQ==',
    }),
  );
  const { error } = await call(channel);
  // Where there are details, their message counts.
  expect(error).toMatchObject({ code: 3, reason: 'nein!!' });
  const plain = await serve((stream) =>
    respond(stream, [], { 'grpc-status': '5', 'grpc-message': 'p%C3%A4rt: 100%25' }),
  );
  expect((await call(plain)).error).toMatchObject({ code: 5, reason: 'pärt: 100%' });
});

it('takes a status that comes with the headers', async () => {
  const channel = await serve((stream) => stream.respond({ ...HEADERS, 'grpc-status': '12' }, { endStream: true }));
  expect((await call(channel)).error?.message).toBe('UNIMPLEMENTED: ');
});

it.each([
  ['no gRPC at all', (stream: ServerHttp2Stream) => stream.respond({ ':status': 503 }, { endStream: true }), 14],
  ['an end without status', (stream: ServerHttp2Stream) => respond(stream, [], {}), 13],
  ['a reset', (stream: ServerHttp2Stream) => stream.close(7), 14],
  ['a compressed message', (stream: ServerHttp2Stream) => respond(stream, [Buffer.from([1, 0, 0, 0, 0])], {}), 13],
  [
    'a message without end',
    (stream: ServerHttp2Stream) => respond(stream, [Buffer.alloc(5, 0x7f).fill(0, 0, 1)], {}),
    8,
  ],
  ['a lost connection', (stream: ServerHttp2Stream) => stream.session?.destroy(), 14],
])('ends with the right code after %s', async (_, answer, code) => {
  const channel = await serve(answer);
  expect((await call(channel)).error?.code).toBe(code);
});

it('connects again after a loss', async () => {
  let calls = 0;
  const channel = await serve((stream) => {
    if (calls++ === 0) stream.session?.destroy();
    else respond(stream, [framed('here')], { 'grpc-status': '0' });
  });
  expect((await call(channel)).error?.code).toBe(14);
  expect(await call(channel)).toEqual({ messages: ['here'], error: undefined });
});

it('gives up when its time is over', async () => {
  const channel = await serve(() => undefined);
  expect((await call(channel, [], 20)).error?.code).toBe(4);
});

it('ends open calls, and refuses further ones, once it is closed', async () => {
  const channel = await serve(() => undefined);
  const open = call(channel);
  channel.close();
  expect((await open).error?.code).toBe(1);
  expect((await call(channel)).error?.code).toBe(1);
});
