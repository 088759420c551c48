/** The checks against real sockets and programs of this machine. */
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type ActiveCheck, systemProbe } from '../../src/health/probes.ts';

const CHECK: ActiveCheck = {
  kind: 'tcp',
  intervalMs: 1_000,
  timeoutMs: 5_000,
  rise: 1,
  fall: 1,
  path: '/healthz',
  statuses: [200, 299],
  command: [],
  minimum: 1,
  unanswered: 1,
  port: undefined,
  comeback: 'add',
};

const open: Server[] = [];

afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(server);
  return (server.address() as AddressInfo).port;
}

function target(port: number) {
  return { name: 's1', counters: '1/1', host: '127.0.0.1', port };
}

describe('probes', () => {
  it('tcp: accepted is good, refused is not', async () => {
    const port = await listen(createServer((socket) => socket.end()));
    expect(await systemProbe(CHECK, target(port))).toEqual({ ok: true });
    const closed = await listen(createServer());
    const gone = open.pop()!;
    gone.close();
    await once(gone, 'close');
    expect(await systemProbe(CHECK, target(closed))).toEqual({ ok: false, reason: 'connection refused' });
  });

  it('http: the status decides, and an answer that does not come is a failure', async () => {
    const port = await listen(
      createHttpServer((request, response) => {
        if (request.url === '/never') return;
        response.statusCode = request.url === '/healthz' ? 204 : 503;
        response.end();
      }),
    );
    const http = { ...CHECK, kind: 'http' } as const;
    expect(await systemProbe(http, target(port))).toEqual({ ok: true });
    expect(await systemProbe({ ...http, path: '/other' }, target(port))).toEqual({
      ok: false,
      reason: 'HTTP status 503, not 200 to 299',
    });
    expect(await systemProbe({ ...http, path: '/never', timeoutMs: 20 }, target(port))).toEqual({
      ok: false,
      reason: 'no answer within 20 ms',
    });
  });

  it('command: the exit status decides, places are filled in, and one that hangs is killed', async () => {
    const command = (...words: string[]): ActiveCheck => ({ ...CHECK, kind: 'command', command: words });
    const test = command('sh', '-c', 'test "$0 $1 $2" = "127.0.0.1 8080 s1"', '{address}', '{port}', '{name}');
    expect(await systemProbe(test, target(8080))).toEqual({ ok: true });
    expect(await systemProbe(command('false'), target(1))).toEqual({ ok: false, reason: 'false ended with 1' });
    expect(await systemProbe(command('/no/such/program'), target(1))).toMatchObject({ ok: false });
    const hangs = { ...command('sh', '-c', 'while :; do :; done'), timeoutMs: 20 };
    expect(await systemProbe(hangs, target(1))).toEqual({ ok: false, reason: 'no answer within 20 ms' });
  });
});
