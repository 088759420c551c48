/** The same over real gRPC: trailers, TLS, dead clients, a server that comes back. */
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import * as grpc from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { Code, P4RuntimeClient, P4RuntimeServer, RpcError, type ServerOptions, WriteError } from '../src/index.ts';
import { FakeSwitch } from '../src/testing.ts';
import { p4runtimeMethods } from '../src/transport/service.ts';
import { everything, everythingPipeline, ids } from './fixtures/everything.ts';

const pem = (name: string) => readFileSync(new URL(`./fixtures/tls/${name}`, import.meta.url));
const open: { close(): void }[] = [];

afterEach(() => {
  for (const one of open.splice(0).reverse()) one.close();
});

async function serve(options: Partial<ServerOptions> = {}) {
  const target = new FakeSwitch(everythingPipeline);
  const server = await P4RuntimeServer.start({
    address: '127.0.0.1:0',
    devices: [{ deviceId: 0, target }],
    ...options,
  });
  open.push(server);
  return { target, server };
}

async function connect(address: string, options = {}) {
  const client = await P4RuntimeClient.connect({ address, ...options });
  open.push(client);
  return client;
}

const route = (index: number) =>
  ({
    kind: 'table',
    table: 'acl',
    match: { src: `10.0.0.${index}`, dport: index },
    priority: index + 1,
    action: 'drop',
  }) as const;

describe('gRPC', () => {
  it('a client that is told to hurry knocks often at a door that is shut', async () => {
    let knocks = 0;
    let enough = () => {};
    const knocked = new Promise<void>((resolve) => {
      enough = resolve;
    });
    const door = createServer((socket) => {
      socket.destroy();
      // With gRPC's own pauses, which grow to a second, it would take longer than a test may.
      if (++knocks === 30) enough();
    });
    await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
    const address = `127.0.0.1:${(door.address() as AddressInfo).port}`;
    const connecting = connect(address, {
      reconnectDelayMs: 10,
      maximumReconnectDelayMs: 20,
      connectTimeoutMs: 25_000,
    });
    await knocked;
    await new Promise((resolve) => door.close(resolve));
    await serve({ address });
    expect((await connecting).isConnected).toBe(true);
  });

  it('pipeline, writes with errors per update, reads, packets, digests', async () => {
    const { target, server } = await serve();
    const client = await connect(server.address);
    expect(await client.capabilities()).toEqual({ apiVersion: '1.5.0' });
    await client.setPipeline({ p4info: everything, deviceConfig: '{}' });
    await client.insert(route(1), route(2));
    const failure = await client.insert(route(2), route(3)).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(WriteError);
    expect((failure as WriteError).results.map((result) => Code[result.code])).toEqual(['ALREADY_EXISTS', 'OK']);
    expect(String(failure)).toContain(
      'insert table acl {"src":"10.0.0.2","dport":2} priority 3: ALREADY_EXISTS: table acl has an entry',
    );
    expect((await client.readAll({ kind: 'table', table: 'acl' })).map((entry) => entry.priority)).toEqual([2, 3, 4]);
    await expect(client.readAll({ kind: 'direct-counter', table: 'acl' })).rejects.toThrow(
      'INVALID_ARGUMENT: table acl has no direct counter',
    );

    await client.insert({ kind: 'digest', digest: 'learn_t', config: { maxListSize: 1 } });
    const [packets, lists] = [client.packetsIn(), client.digestLists()];
    target.emit({ kind: 'packet-in', packets: [Uint8Array.of(0, 0x80, 7)] });
    target.emit({
      kind: 'digest',
      digestId: ids.learn,
      samples: [[Uint8Array.of(5), Uint8Array.of(6), Uint8Array.of(0)]],
    });
    expect((await packets.next()).value).toMatchObject({ metadata: { ingress_port: 1n } });
    expect((await lists.next()).value.entries).toEqual([{ mac: 5n, port: 6n, fresh: false }]);
  });

  it('a read of many entries arrives in many messages', async () => {
    const { server, target } = await serve();
    const client = await connect(server.address);
    await client.setPipeline({ p4info: everything, deviceConfig: '{}' });
    target.running!.p4info.registers[0]!.size = 4;
    const { service } = server;
    let messages = 0;
    await service.read(
      {
        $typeName: 'p4.v1.ReadRequest',
        deviceId: 0n,
        role: '',
        entities: [
          {
            $typeName: 'p4.v1.Entity',
            entity: { case: 'registerEntry', value: { $typeName: 'p4.v1.RegisterEntry', registerId: 0 } },
          },
        ],
      },
      async () => void messages++,
    );
    expect(messages).toBe(1);
    expect((await client.readAll({ kind: 'register' })).length).toBe(4);
  });

  it('an address in use is told', async () => {
    const { server } = await serve();
    await expect(serve({ address: server.address })).rejects.toThrow(/address|EADDRINUSE|in use/i);
  });

  it('no switch there is told', async () => {
    const { server } = await serve();
    server.close();
    await expect(P4RuntimeClient.connect({ address: server.address, connectTimeoutMs: 300 })).rejects.toThrow(
      `UNAVAILABLE: cannot connect to ${server.address} within 300 ms: connect ECONNREFUSED ${server.address}`,
    );
  });

  it('the stream comes back when the server does, and the ready handler sets things up again', async () => {
    const first = await serve();
    const client = await connect(first.server.address);
    const ready: number[] = [];
    const twice = new Promise<void>((resolve) => {
      client.onReady(async () => {
        await client.setPipeline({ p4info: everything, deviceConfig: '{}' });
        await client.insert(route(ready.length));
        ready.push(ready.length);
        if (ready.length === 2) resolve();
      });
    });
    await client.primary();
    while (ready.length === 0) await new Promise((resolve) => setImmediate(resolve));
    first.server.close();
    const second = await serve({ address: first.server.address });
    await twice;
    expect(second.target.tables.get(ids.acl)?.size).toBe(1);
  });

  it('a client that vanishes gives up its primacy', async () => {
    const { server } = await serve();
    const first = await connect(server.address, { electionId: 5 });
    const second = await connect(server.address, { electionId: 4 });
    expect([first.isPrimary, second.isPrimary]).toEqual([true, false]);
    const told = new Promise<void>((resolve) => {
      second.onArbitration((state) => {
        if (state.electionId === undefined) resolve();
      });
    });
    first.close();
    await told;
    expect((await second.runForPrimary(6)).isPrimary).toBe(true);
  });

  it('garbage instead of a message fails that call only', async () => {
    const { server } = await serve();
    const client = await connect(server.address);
    const raw = new grpc.Client(server.address, grpc.credentials.createInsecure());
    open.push(raw);
    const { path, responseDeserialize } = p4runtimeMethods.write;
    const code = await new Promise((resolve) => {
      raw.makeUnaryRequest(
        path,
        (bytes: Buffer) => bytes,
        responseDeserialize,
        Buffer.from('ffffffff', 'hex'),
        (error) => resolve(error?.code),
      );
    });
    expect(code).toBe(grpc.status.INTERNAL);
    expect(client.isPrimary).toBe(true);
    await client.setPipeline({ p4info: everything, deviceConfig: '{}' });
  });
});

describe('TLS', () => {
  const tls = { cert: pem('server.pem'), key: pem('server.key'), ca: pem('ca.pem') };

  it('the client knows the server', async () => {
    const { server } = await serve({ tls });
    const client = await connect(server.address, { tls: { ca: pem('ca.pem'), serverName: 'server.test' } });
    expect(client.isPrimary).toBe(true);
    const other = P4RuntimeClient.connect({
      address: server.address,
      tls: { ca: pem('client.pem'), serverName: 'server.test' },
      connectTimeoutMs: 200,
    });
    await expect(other).rejects.toThrow(RpcError);
  });

  it('mutual: the server knows the client', async () => {
    const { server } = await serve({ tls: { ...tls, requireClientCertificate: true } });
    const good = { ca: pem('ca.pem'), serverName: 'server.test', cert: pem('client.pem'), key: pem('client.key') };
    expect((await connect(server.address, { tls: good })).isPrimary).toBe(true);
    const { cert: _cert, key: _key, ...without } = good;
    await expect(
      P4RuntimeClient.connect({ address: server.address, tls: without, connectTimeoutMs: 200 }),
    ).rejects.toThrow(RpcError);
  });
});
