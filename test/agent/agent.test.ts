/**
 * An agent and the controller's client of it, over real TLS and about real connections of this kernel: what is opened
 * is reported, what is closed is not any more, and who has no certificate of the authority hears nothing.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { httpsConnector } from '@mooring/controller/testing';
import { type RunningAgent, startAgent } from '@mooring/server-agent';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeCertificates, texts } from './certificates.ts';

type Report = Parameters<Parameters<ReturnType<typeof httpsConnector>>[2]['onReport']>[0];

let directory: string;
let service: Server;
let port: number;
let agent: RunningAgent;
let keys: ReturnType<typeof texts>;
let serverKeys: ReturnType<typeof texts>;
const cleanUp: (() => void)[] = [];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'mooring-agent-'));
  const { ca, parties } = makeCertificates(directory, ['server', 'controller']);
  keys = texts(parties[1]!, ca);
  serverKeys = texts(parties[0]!, ca);
  service = createServer().listen({ port: 0, host: '127.0.0.1', backlog: 77 });
  await once(service, 'listening');
  ({ port } = service.address() as { port: number });
  agent = await startAgent({ host: '127.0.0.1', port: 0, services: [port], ...serverKeys });
});

afterEach(async () => {
  for (const act of cleanUp.splice(0).reverse()) act();
  await agent.close();
  service.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Reports as they come, and a wait for the first that is as wanted. */
function listen(): {
  readonly until: (wanted: (report: Report) => boolean) => Promise<Report>;
  readonly ask: () => Promise<Report>;
} {
  let check: () => void = () => undefined;
  const reports: Report[] = [];
  const client = httpsConnector(keys, 10)(
    `127.0.0.1:${agent.port}`,
    { port },
    {
      onReport: (report) => {
        reports.push(report);
        check();
      },
      onUnreachable: (reason) => expect.fail(reason),
    },
  );
  cleanUp.push(() => client.close());
  const until = (wanted: (report: Report) => boolean): Promise<Report> =>
    new Promise((resolve) => {
      check = () => {
        const found = reports.find(wanted);
        if (found === undefined) return;
        reports.length = 0;
        resolve(found);
      };
      check();
    });
  return { until, ask: () => client.ask() };
}

it('a connection is told when it is there, and not any more when it has gone', async () => {
  const { until, ask } = listen();
  await until(({ connections }) => connections.length === 0);
  const accepted = once(service, 'connection') as Promise<[Socket]>;
  const client = connect(port, '127.0.0.1');
  cleanUp.push(() => client.destroy());
  const [[served]] = await Promise.all([accepted, once(client, 'connect')]);
  const { connections } = await until((report) => report.connections.length === 1);
  expect(connections).toEqual([{ serverPort: 0, address: 0x7f000001, port: client.localPort, halfOpen: false }]);
  expect((await ask()).connections).toEqual(connections);
  served.destroy();
  client.destroy();
  await until((report) => report.connections.length === 0);
});

it('the accept queue fills up and has the limit the service asked for', async () => {
  const { until } = listen();
  const first = await until(() => true);
  expect(first.acceptQueue).toBe(0);
  expect(first.acceptQueueLimit).toBeGreaterThanOrEqual(77);
});

it('without a certificate of the authority nobody is answered', async () => {
  const elsewhere = mkdtempSync(join(directory, 'other-'));
  const other = makeCertificates(elsewhere, ['stranger']);
  const strange = { ...texts(other.parties[0]!, other.ca), ca: keys.ca };
  const reason = await new Promise<string>((resolve) => {
    const client = httpsConnector(strange, 10)(
      `127.0.0.1:${agent.port}`,
      { port },
      {
        onReport: () => resolve('a report'),
        onUnreachable: resolve,
      },
    );
    cleanUp.push(() => client.close());
  });
  expect(reason).not.toBe('a report');
  // And the controller believes no agent of another authority.
  const trusting = { ...keys, ca: texts(other.parties[0]!, other.ca).ca };
  const doubt = await new Promise<string>((resolve) => {
    const client = httpsConnector(trusting, 10)(
      `127.0.0.1:${agent.port}`,
      { port },
      {
        onReport: () => resolve('a report'),
        onUnreachable: resolve,
      },
    );
    cleanUp.push(() => client.close());
  });
  expect(doubt).toMatch(/certificate|self/);
});

it('of all ports it tells what goes to an address, and by which port, but not who asks', async () => {
  const open = await startAgent({ host: '127.0.0.1', port: 0, services: [], ...serverKeys });
  const accepted = once(service, 'connection') as Promise<[Socket]>;
  const client = connect(port, '127.0.0.1');
  cleanUp.push(() => client.destroy());
  const [[served]] = await Promise.all([accepted, once(client, 'connect')]);
  cleanUp.push(() => served.destroy());
  const asking = httpsConnector(keys, 10)(
    `127.0.0.1:${open.port}`,
    { port: 'all', address: '127.0.0.1' },
    { onReport: () => undefined, onUnreachable: (reason) => expect.fail(reason) },
  );
  const { connections } = await asking.ask();
  const { localPort } = client;
  expect(connections).toContainEqual({ serverPort: port, address: 0x7f000001, port: localPort, halfOpen: false });
  expect(connections.some(({ serverPort }) => serverPort === open.port)).toBe(false);
  asking.close();
  // Of an address that it does not have it knows nothing, and says so.
  const elsewhere = { port: 'all', address: '192.0.2.1' } as const;
  const wrong = httpsConnector(keys, 10)(`127.0.0.1:${open.port}`, elsewhere, {
    onReport: () => expect.fail('a report'),
    onUnreachable: () => undefined,
  });
  await expect(wrong.ask()).rejects.toThrow('no interface of this server has the address 192.0.2.1');
  wrong.close();
  await open.close();
});

it.each([{ port: 22 }, { port: 'all', address: '127.0.0.1' }] as const)(
  'ports that are not for the controller are not reported: $port',
  async (question) => {
    const reason = await new Promise<string>((resolve) => {
      const client = httpsConnector(keys, 10)(`127.0.0.1:${agent.port}`, question, {
        onReport: () => resolve('a report'),
        onUnreachable: resolve,
      });
      cleanUp.push(() => client.close());
    });
    expect(reason).toBe('status 403');
  },
);
