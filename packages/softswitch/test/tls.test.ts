/**
 * The switch's command line with TLS and mutual TLS, up to a client's pipeline, an entry and a packet by it: what a
 * script that starts the switch relies on. The certificates are those of the P4Runtime package's tests, because openssl
 * is not everywhere and Node.js signs none.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { P4RuntimeClient, RpcError } from '@mooring/p4runtime-ts';
import { parseSwitchArguments, startSwitch } from '@mooring/softswitch';
import { afterEach, describe, expect, test } from 'vitest';
import { action, assign, base, EGRESS_SPEC } from './support/program.ts';

const file = (name: string) => fileURLToPath(new URL(`../../p4runtime-ts/test/fixtures/tls/${name}`, import.meta.url));
const pem = (name: string) => readFileSync(file(name));
const open: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** A switch started as by a command line, without a program. */
async function start(...options: string[]) {
  const running = await startSwitch(
    parseSwitchArguments(['--no-p4', '-L', 'off', '--', '--grpc-server-addr', '127.0.0.1:0', ...options]),
  );
  open.push(() => running.close());
  return running;
}

async function connect(address: string, tls?: object) {
  const client = await P4RuntimeClient.connect({
    address,
    connectTimeoutMs: 5000,
    ...(tls === undefined ? {} : { tls }),
  });
  open.push(() => client.close());
  return client;
}

/** That no connection comes about, for a reason of the network and not of the test. */
async function expectRefused(address: string, tls?: object): Promise<void> {
  const refused = P4RuntimeClient.connect({ address, connectTimeoutMs: 300, ...(tls === undefined ? {} : { tls }) });
  open.push(async () => (await refused.catch(() => undefined))?.close());
  await expect(refused).rejects.toThrow(RpcError);
}

const ssl = ['--grpc-server-ssl', '--grpc-server-cert', file('server.pem'), '--grpc-server-key', file('server.key')];
const mutual = [...ssl, '--grpc-server-cacert', file('ca.pem'), '--grpc-server-with-client-auth'];
const trust = { ca: pem('ca.pem'), serverName: 'server.test' };
const certified = { ...trust, cert: pem('client.pem'), key: pem('client.key') };

const P4INFO = `
tables {
  preamble { id: 33554433 name: "start" alias: "start" }
  match_fields { id: 1 name: "a" bitwidth: 32 match_type: EXACT }
  action_refs { id: 16777217 }
  size: 4
}
actions {
  preamble { id: 16777217 name: "to" alias: "to" }
  params { id: 1 name: "port" bitwidth: 9 }
}`;

function program(): string {
  const json = base();
  json.actions = [action(0, 'to', [assign(EGRESS_SPEC, { type: 'runtime_data', value: 0 })], [['port', 9]])];
  const table = {
    name: 'start',
    id: 0,
    key: [{ match_type: 'exact', name: 'a', target: ['h', 'a'] }],
    match_type: 'exact',
    type: 'simple',
    max_size: 4,
    action_ids: [0],
    actions: ['to'],
    next_tables: { to: null },
  };
  Object.assign(json.pipelines[0]!, { tables: [table] });
  return JSON.stringify(json);
}

/** Loads the program, writes an entry, and sends a packet by it. */
async function control(running: Awaited<ReturnType<typeof start>>, client: P4RuntimeClient): Promise<void> {
  await client.setPipeline({ p4info: P4INFO, deviceConfig: program() });
  await client.insert({ kind: 'table', table: 'start', match: { a: 1 }, action: { name: 'to', params: { port: 7 } } });
  const ports: number[] = [];
  running.onFrame((port) => ports.push(port));
  running.send(1, Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 0));
  expect(ports).toEqual([7]);
}

describe('TLS', () => {
  test('a client that knows the authority controls the switch', async () => {
    const running = await start(...ssl);
    await control(running, await connect(running.address!, trust));
  });

  test('no client in the clear, none that trusts another authority', async () => {
    const { address } = await start(...ssl);
    await expectRefused(address!);
    await expectRefused(address!, { ...trust, ca: pem('client.pem') });
    await expectRefused(address!, { ...trust, serverName: 'other.test' });
  });

  test('an authority without client authentication asks for no certificate', async () => {
    const { address } = await start(...ssl, '--grpc-server-cacert', file('ca.pem'));
    expect((await connect(address!, trust)).isPrimary).toBe(true);
  });
});

describe('mutual TLS', () => {
  test('a client with a certificate of the authority controls the switch', async () => {
    const running = await start(...mutual);
    await control(running, await connect(running.address!, certified));
  });

  test('no client without certificate', async () => {
    const { address } = await start(...mutual);
    await expectRefused(address!, trust);
  });

  test('no client whose certificate another authority signed', async () => {
    const { address } = await start(
      ...[...ssl, '--grpc-server-cacert', file('client.pem'), '--grpc-server-with-client-auth'],
    );
    await expectRefused(address!, { ...trust, cert: pem('server.pem'), key: pem('server.key') });
  });
});

describe('files that cannot be used end the start, by name', () => {
  test.each([
    ['--grpc-server-cert', 'none.pem', /none\.pem/],
    ['--grpc-server-key', 'none.key', /none\.key/],
    ['--grpc-server-cacert', 'none.pem', /none\.pem/],
    ['--grpc-server-cert', 'text.pem', /text\.pem/],
    ['--grpc-server-key', 'text.pem', /text\.pem/],
    ['--grpc-server-cacert', 'text.pem', /text\.pem/],
    ['--grpc-server-key', file('client.key'), /server\.pem.*client\.key/],
  ])('%s %s', async (option, name, message) => {
    const folder = mkdtempSync(join(tmpdir(), 'mooring-tls-'));
    open.push(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'text.pem'), 'This is no certificate.\n');
    await expect(start(...mutual, option, name.includes('/') ? name : join(folder, name))).rejects.toThrow(message);
  });
});
