/**
 * What the switch counts of servers' answers, on the real program: connections that change server, because pinning is
 * switched off, show as resets that are more than usual, and those that are pinned do not; and a server that answers no
 * SYN any more is given up.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type RunningController, startController } from '@mooring/controller';
import { afterEach, describe, expect, it } from 'vitest';
import { compileProgram } from '../support/program.ts';
import { configurationText, Network } from './network.ts';

const TIMEOUT_MS = 120_000;
const PERIOD_MS = 50;
const programCompiled = compileProgram();
const command = fileURLToPath(new URL('../../cli/bin/mooring.mjs', import.meta.url));
const cleanUp: (() => unknown)[] = [];

afterEach(async () => {
  for (const act of cleanUp.splice(0).reverse()) await act();
});

async function start(pins: boolean, health = '') {
  const stateDir = mkdtempSync(join(tmpdir(), 'mooring-signals-'));
  cleanUp.push(() => rmSync(stateDir, { recursive: true, force: true }));
  const network = await Network.start();
  cleanUp.push(() => network.close());
  const text = configurationText(network.address).replace('    servers:\n', `${health}    servers:\n`);
  const configuration = { kind: 'text', name: 'test.yaml', text } as const;
  const controller = await startController({ configuration, program: await programCompiled, stateDir, pins });
  cleanUp.push(() => controller.stop());
  network.openMany(60);
  const send = setInterval(() => {
    network.sendAll();
    network.openMany(3);
    // The oldest end.
    if (network.connections.length > 100) network.connections.splice(0, 3);
  }, PERIOD_MS);
  cleanUp.push(() => clearInterval(send));
  /** Whether the gate is closed for a change, and what is said of it. */
  const gate = () =>
    new Promise<{ closed: boolean; text: string }>((resolve) => {
      const argv = [command, 'plan', 'drain', 's2', '--gate', '--state-dir', stateDir];
      execFile(process.execPath, argv, (error, text) => resolve({ closed: error?.code === 1, text }));
    });
  return { network, controller, gate };
}

/** Resolves with the first status that is as wanted. */
async function until(
  controller: RunningController,
  wanted: (status: ReturnType<RunningController['status']>) => boolean,
) {
  for await (const event of controller.client.events({ intervalMs: 20 })) {
    if (event.kind === 'status' && wanted(event.status)) return event.status;
  }
  throw new Error('the controller has ended');
}

const shiftAway = { kind: 'swap', server: 's1', replacement: 's4' } as const;

describe('on the embedded switch', { timeout: TIMEOUT_MS }, () => {
  it('connections that change server are suspected by their resets', async () => {
    const { network, controller, gate } = await start(false);
    const { id } = await controller.client.operate(shiftAway);
    const status = await until(controller, ({ operations }) => (operations[0]?.resets?.suspected ?? 0) > 3);
    expect(status.operations[0]!.id).toBe(id);
    expect(status.counters).toMatchObject({ astray: 0, suspected: status.operations[0]!.resets!.suspected });
    expect(network.violations.length).toBeGreaterThan(3);
    expect(await gate()).toEqual({
      closed: true,
      text: expect.stringContaining('more resets than usual in the last shift'),
    });
  });

  it('connections that keep their server are not, and SYNs are seen answered', async () => {
    const { network, controller, gate } = await start(true);
    await controller.client.operate(shiftAway);
    const { operations } = await until(controller, (status) => (status.operations[0]?.progress.committed ?? 0) > 0);
    expect(operations[0]).toMatchObject({ resets: { seen: 0, suspected: 0 } });
    expect(await gate()).toMatchObject({ closed: false });
    expect(network.violations).toEqual([]);
    const isCounted = ({ traffic }: { traffic?: { synsPerSecond?: number } }) => (traffic?.synsPerSecond ?? 0) > 0;
    const { servers } = await until(controller, (status) => status.servers.some(isCounted));
    for (const { traffic } of servers.filter(isCounted)) expect(traffic!.unansweredPerSecond).toBe(0);
  });

  it('a server that answers no SYN is given up, without being asked', async () => {
    const health = '    health: { kind: syns, interval: 100ms, minimum: 5, fall: 2 }\n';
    const { network, controller } = await start(true, health);
    await until(controller, ({ servers }) => servers.filter(({ health }) => health === 'up').length === 3);
    network.silent.add(2);
    network.end(({ server }) => server === 2);
    const { servers } = await until(controller, (status) => status.servers.some(({ state }) => state === 'dead'));
    const dead = servers.filter(({ state }) => state === 'dead');
    expect(dead).toMatchObject([
      { name: 's2', health: 'down', healthReason: expect.stringContaining('had no answer') },
    ]);
    expect(network.violations).toEqual([]);
  });
});
