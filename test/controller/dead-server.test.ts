/**
 * A server process that is killed, on the real program: health checks are TCP connections to real processes of this
 * machine, the connections through the VIP are the simulated network's. When a process dies its server is given up at
 * once; every connection of the others goes on, packet by packet; and when the process is started again its server
 * comes back under a new id. Both with one switch and with two that one controller drives.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningController, startController } from '@mooring/controller';
import { afterEach, expect, it } from 'vitest';
import { compileProgram } from '../support/program.ts';
import { configurationText, Network } from './network.ts';

const TIMEOUT_MS = 180_000;
const LISTENER = `
  const server = require('node:net').createServer((socket) => socket.end());
  server.listen(Number(process.argv[1]), '127.0.0.1', () => process.stdout.write(String(server.address().port) + '\\n'));
`;
const programCompiled = compileProgram();
const cleanUp: (() => unknown)[] = [];

afterEach(async () => {
  for (const act of cleanUp.splice(0).reverse()) await act();
});

/** A process that accepts connections; port 0 for any. */
async function startServer(port = 0): Promise<{ readonly child: ChildProcess; readonly port: number }> {
  const child = spawn(process.execPath, ['-e', LISTENER, String(port)], { stdio: ['ignore', 'pipe', 'inherit'] });
  cleanUp.push(() => child.kill('SIGKILL'));
  const [said] = (await new Promise<Buffer[]>((resolve, reject) => {
    child.stdout!.once('data', (data: Buffer) => resolve([data]));
    child.once('exit', () => reject(new Error('it ended')));
  })) as [Buffer];
  return { child, port: Number(said.toString()) };
}

function end(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}

/** Resolves with the first status that is as wanted. */
async function until(controller: RunningController, wanted: (states: Record<string, string>) => boolean) {
  for await (const event of controller.client.events({ intervalMs: 20 })) {
    if (event.kind !== 'status') continue;
    const states = Object.fromEntries(event.status.servers.map(({ name, state }) => [name, state]));
    if (wanted(states)) return event.status;
  }
  throw new Error('the controller has ended');
}

async function run(switches: number): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'mooring-dead-'));
  cleanUp.push(() => rmSync(directory, { recursive: true, force: true }));
  const processes = await Promise.all([1, 2, 3].map(() => startServer()));
  const networks = await Promise.all(Array.from({ length: switches }, () => Network.start()));
  for (const network of networks) cleanUp.push(() => network.close());
  let text = configurationText(networks[0]!.address);
  processes.forEach(({ port }, index) => {
    text = text.replace(`name: s${index + 1},`, `name: s${index + 1}, checkAddress: '127.0.0.1:${port}',`);
  });
  text = text.replace(
    '    servers:\n',
    '    health: { kind: tcp, interval: 50ms, timeout: 5s, fall: 2 }\n    servers:\n',
  );
  const list = networks.map(({ address }) => `  - { address: '${address}', ports: [1, 2, 3, 4, 5, 9] }`).join('\n');
  if (switches > 1) text = text.replace(/^switch: .*$/m, `switches:\n${list}`);
  const program = await programCompiled;
  const controller = await startController({
    configuration: { kind: 'text', name: 'test.yaml', text },
    program,
    stateDir: directory,
  });
  cleanUp.push(() => controller.stop());
  for (const network of networks) network.openMany(60);
  const checked = ['s1', 's2', 's3'];
  await until(controller, () =>
    controller.status().servers.every(({ name, health }) => health === 'up' || !checked.includes(name)),
  );

  const before = controller.status().servers.find(({ name }) => name === 's2')!;
  const lost = networks.map(({ connections }) => connections.filter(({ server }) => server === 2).length);
  expect(Math.min(...lost)).toBeGreaterThan(5);
  for (const network of networks) network.end(({ server }) => server === 2);
  await end(processes[1]!.child);
  await until(controller, (states) => states.s2 === 'dead');
  const failover = controller.status().operations.find(({ kind }) => kind === 'failover')!;
  expect(failover).toMatchObject({ server: 's2', progress: { buckets: before.buckets } });
  await controller.client.waitForOperation(failover.id);
  for (const network of networks) {
    network.sendAll();
    // It is given up once that is durable; the switch follows.
    for (network.openMany(30); network.connections.some(({ server }) => server === 2); network.openMany(10)) {
      network.end(({ server }) => server === 2);
      await controller.client.status();
    }
    network.sendAll();
    expect(network.violations).toEqual([]);
  }

  await startServer(processes[1]!.port);
  const send = setInterval(() => {
    for (const network of networks) network.sendAll();
  }, 100);
  cleanUp.push(() => clearInterval(send));
  await until(controller, (states) => states.s2 === 'active');
  expect(controller.status().servers.find(({ name }) => name === 's2')!.id).toBeGreaterThan(before.id);
  for (const network of networks) {
    network.openMany(40);
    expect(network.connections.some(({ server }) => server === 2)).toBe(true);
    network.sendAll();
    expect(network.violations).toEqual([]);
  }
  expect(controller.status().counters.astray).toBe(0);
}

it('one switch', { timeout: TIMEOUT_MS }, () => run(1));

it('two switches', { timeout: TIMEOUT_MS }, () => run(2));
