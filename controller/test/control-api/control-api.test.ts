/**
 * The control socket from both sides: a controller on a fake switch, asked through its socket as the commands ask it.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { ControlClient, ControllerUnreachableError, ControlRefusedError } from '../../src/control-api/client.ts';
import { parseOperationRequest } from '../../src/control-api/requests.ts';
import { SocketInUseError } from '../../src/control-api/server.ts';
import { type RunningController, startController } from '../../src/controller.ts';
import { OperationRefusedError } from '../../src/operations/errors.ts';
import { SwitchLostError } from '../../src/switch-port/port.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { FakeSwitch } from '../support/fake-switch.ts';
import { RIG_CONFIGURATION } from '../support/rig.ts';

let directory: string;
let fake: FakeSwitch;
let controller: RunningController | undefined;

function start(text = RIG_CONFIGURATION): Promise<RunningController> {
  const quick = text.replace(
    'idle: 2s, inFlight: 300ms, handshake: 1s, learnAfter: 1s',
    'idle: 30ms, inFlight: 10ms, handshake: 20ms, learnAfter: 0s',
  );
  return startController(
    {
      configuration: { kind: 'text', name: 'test.yaml', text: quick },
      program: { p4info: '', deviceConfig: new Uint8Array(0) },
      stateDir: directory,
    },
    fake.connect,
  );
}

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'mooring-control-'));
  // The controller lives in real time here, and the switch's clock follows it.
  const clock = new FakeClock();
  Object.defineProperty(clock, 'nowMs', { get: () => systemClock.monotonicMs() });
  fake = new FakeSwitch(clock);
  controller = undefined;
});

afterEach(async () => {
  await controller?.stop();
  rmSync(directory, { recursive: true, force: true });
});

describe('the control socket', () => {
  it("is the owner's only, tells the status, and goes with the controller", async () => {
    controller = await start();
    expect(statSync(controller.socketPath).mode & 0o777).toBe(0o600);
    const status = await ControlClient.inStateDir(directory).status();
    expect(status).toMatchObject({ state: 'serving', epoch: 1, pinning: true });
    expect(status.vips[0]).toMatchObject({ name: 'web', buckets: 16 });
    await expect(start()).rejects.toThrow(SocketInUseError);
    await controller.stop();
    await expect(ControlClient.inStateDir(directory).status()).rejects.toThrow(ControllerUnreachableError);
    await expect(ControlClient.inStateDir(directory).status()).rejects.toThrow('there is no such socket');
  });

  it('runs operations and tells how they go on', async () => {
    controller = await start();
    const { client } = controller;
    const ticking = setInterval(() => fake.tick(), 5);
    try {
      const begun = await client.operate({ kind: 'swap', server: 's1', replacement: 's4' });
      expect(begun).toMatchObject({ id: 1, kind: 'swap', vip: 'web', phase: 'shifting' });
      const phases = new Set<string>();
      const done = await client.waitForOperation(begun.id, { onChange: ({ phase }) => phases.add(phase) });
      expect(done).toMatchObject({ phase: 'finished', outcome: 'done', progress: { committed: 6, settled: 6 } });
      expect(phases).toContain('finished');
      expect((await client.operation(1)).outcome).toBe('done');
      expect((await client.status()).operations).toHaveLength(1);
    } finally {
      clearInterval(ticking);
    }
  });

  it('streams a first status, then what happens', async () => {
    controller = await start();
    const seen: string[] = [];
    for await (const event of controller.client.events({ intervalMs: 20 })) {
      if (seen.length === 0) {
        expect(event.kind).toBe('status');
        await controller.client.operate({ kind: 'drain', server: 's2' });
      }
      seen.push(event.kind === 'log' ? event.line.text : event.kind);
      if (
        seen.includes('operation') &&
        seen.includes('operation 1: drain s2') &&
        seen.filter((kind) => kind === 'status').length > 1
      )
        break;
    }
    expect(seen).toContain('operation');
  });

  it('refuses with the field, the choices and a guess', async () => {
    controller = await start();
    const { client } = controller;
    const refusal = await client.operate({ kind: 'drain', server: 's9x' }).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(ControlRefusedError);
    expect(refusal).toMatchObject({
      status: 404,
      body: { code: 'not-found', field: 'server', choices: ['s1', 's2', 's3'] },
    });
    await expect(client.operate({ kind: 'swap', server: 's1' })).rejects.toMatchObject({
      status: 400,
      body: { field: 'replacement' },
    });
    await expect(client.abort(7)).rejects.toMatchObject({ status: 404 });
    await expect(raw('POST', '/v1/operations', '{nonsense')).resolves.toMatchObject({ status: 400 });
    await expect(raw('POST', '/v1/operations', `"${'x'.repeat(70_000)}"`)).resolves.toMatchObject({ status: 400 });
    await expect(raw('GET', '/v2/whatever')).resolves.toMatchObject({ status: 404 });
  });

  it('writes down who did what about an operation, and why', async () => {
    controller = await start();
    const { client } = controller;
    const { id } = await client.operate({ kind: 'drain', server: 's1', reason: 'new disks' });
    await client.act('pause', id, 'lunch');
    await client.act('resume', id);
    await client.abort(id, 'no disks');
    const headers = { 'x-mooring-user': 'anna' };
    await expect(raw('POST', `/v1/operations/${id}/abort`, '{"reason":"once more"}', headers)).resolves.toMatchObject({
      status: 409,
    });
    await expect(raw('POST', `/v1/operations/${id}/pause`, '{"why":"typo"}')).resolves.toMatchObject({
      status: 400,
      text: expect.stringContaining('`why`'),
    });
    await expect(client.act('pause', id, 'x'.repeat(10_000))).rejects.toMatchObject({ body: { field: 'reason' } });
    // Its end is written down as well, whenever that comes.
    const entries = (await client.audit(20)).filter(({ result }) => !result.startsWith('aborted'));
    const acts = entries.map(({ who, what, why, result }) => [who, what, why, result.split(':')[0]]);
    const { who: me } = entries[0]!;
    expect(acts).toEqual([
      [me, 'drain s1', 'new disks', 'accepted'],
      [me, 'drain s1', 'lunch', 'paused'],
      [me, 'drain s1', undefined, 'resumed'],
      [me, 'drain s1', 'no disks', 'abort'],
      ['anna', `abort ${id}`, 'once more', 'refused'],
    ]);
  });

  it('takes the VIP that has the server where none is named and others have not', async () => {
    controller = await start(`${RIG_CONFIGURATION}
  - name: mail
    address: 10.0.0.2
    port: 25
    buckets: 4
    servers:
      - { name: m1, address: 10.0.0.21, mac: 02:00:00:00:00:05, switchPort: 5 }
      - { name: m2, address: 10.0.0.22, mac: 02:00:00:00:00:06, switchPort: 5, spare: true }
      - { name: s4, address: 10.0.0.14, mac: 02:00:00:00:00:04, switchPort: 4 }
`);
    const { client } = controller;
    expect((await client.plan({ kind: 'drain', server: 's2' })).plan.vips).toMatchObject([{ vip: 'web' }]);
    const { plan } = await client.plan({ kind: 'swap', server: 'm1', replacement: 'm2' });
    expect(plan.vips).toMatchObject([{ vip: 'mail' }]);
    expect(await client.operate({ kind: 'weight', server: 'm1', weight: 3 })).toMatchObject({ vip: 'mail' });
    for (const server of ['s4', 'new']) {
      const because = { status: 400, body: { field: 'vip', choices: ['web', 'mail'] } };
      await expect(client.plan({ kind: 'add', server })).rejects.toMatchObject(because);
    }
    await expect(client.plan({ kind: 'remap', hashSeed: 3 })).rejects.toMatchObject({ body: { field: 'vip' } });
  });

  it('says that the switch is away instead of acting', async () => {
    controller = await start();
    fake.onCall = () => {
      throw new SwitchLostError('unplugged');
    };
    fake.drop('unplugged');
    await expect(controller.client.operate({ kind: 'drain', server: 's1' })).rejects.toMatchObject({
      status: 503,
      body: { code: 'unavailable' },
    });
    expect(controller.status()).toMatchObject({
      state: 'reconnecting',
      switch: { connected: false, error: 'unplugged' },
    });
  });

  it('a switch that is not there at the start: one message, nothing left behind', async () => {
    fake.onCall = () => {
      throw new SwitchLostError('no switch answers at 127.0.0.1:9559');
    };
    await expect(start()).rejects.toThrow('no switch answers');
    fake.onCall = () => undefined;
    controller = await start();
    expect(controller.status().state).toBe('serving');
  });
});

function raw(
  method: string,
  path: string,
  body?: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath: controller!.socketPath, method, path, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode!, text }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

describe('requests', () => {
  it('whatever comes in is taken or refused, and nothing else', () => {
    const word = fc.constantFrom('add', 'drain', 'swap', 'remove', 's1', '', 'x');
    const value = fc.oneof(word, fc.integer(), fc.constant(null), fc.object({ maxDepth: 1 }));
    const keys = fc.constantFrom('kind', 'vip', 'server', 'replacement', 'definition', 'deadlineMs', 'other');
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.dictionary(keys, value)), (body) => {
        try {
          expect(parseOperationRequest(body).server).not.toBe('');
        } catch (error) {
          if (!(error instanceof OperationRefusedError)) throw error;
          expect(error.body.code).toBe('bad-request');
        }
      }),
      { numRuns: 1000 },
    );
  });
});
