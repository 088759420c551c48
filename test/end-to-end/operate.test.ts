/**
 * Operating a load balancer by its commands, as separate processes: `mooring switch`, `mooring up` in front of it, and
 * status, add, drain, swap, remove and abort through the control socket. No traffic runs, so shifts end as fast as
 * their timers allow; what counts here is that commands, answers, refusals and exit statuses are right, and that
 * nothing wrong is half applied.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { P4RuntimeClient } from '@mooring/p4runtime-ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const command = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'cli', 'bin', 'mooring.mjs');
const PATIENCE_MS = 60_000;

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

let directory: string;
let switchAddress: string;
const running: ChildProcess[] = [];

function start(...argv: string[]): ChildProcess {
  const child = spawn(process.execPath, [command, ...argv], { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] });
  running.push(child);
  return child;
}

async function mooring(...argv: string[]): Promise<Outcome> {
  const child = start(...argv);
  let stdout = '';
  let stderr = '';
  child.stdout!.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr!.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { status, stdout, stderr };
}

/** Resolves with the first match in a process's output; rejects with the output when it ends without. */
function output(child: ChildProcess, pattern: RegExp): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    let text = '';
    const take = (chunk: Buffer): void => {
      text += chunk.toString();
      const match = pattern.exec(text);
      if (match) resolve(match);
    };
    child.stdout!.on('data', take);
    child.stderr!.on('data', take);
    child.on('close', () => reject(new Error(`it ended without ${pattern}:\n${text}`)));
  });
}

function configuration(servers: readonly string[]): string {
  return [
    `switch: { address: ${switchAddress}, ports: [1, 2, 3, 4] }`,
    'timers: { handshake: 50ms, idle: 50ms, inFlight: 10ms, learnAfter: 50ms }',
    'vips:',
    '  - name: web',
    '    address: 10.0.0.1',
    '    port: 80',
    '    buckets: 16',
    '    servers:',
    ...servers.map((server) => `      - ${server}`),
    '',
  ].join('\n');
}

const SERVERS = [1, 2, 3, 4].map(
  (n) =>
    `{ name: s${n}, address: 10.0.0.1${n}, port: 8080, mac: "02:00:00:00:00:0${n}", switchPort: ${n}${n > 2 ? ', spare: true' : ''} }`,
);

const EMPTY_SWITCH = 'switch --no-p4 --log-console -- --grpc-server-addr 127.0.0.1:0 --cpu-port 510'.split(' ');

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'mooring-test-'));
  const theSwitch = start(...EMPTY_SWITCH);
  switchAddress = (await output(theSwitch, /P4Runtime server at (\S+:\d+)/))[1]!;
  writeFileSync(join(directory, 'mooring.yaml'), configuration(SERVERS));
  await output(start('up', '--plain', '--switch-address', switchAddress), /the switch at \S+ is ready/);
}, PATIENCE_MS);

afterAll(async () => {
  for (const child of running) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const closed = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGTERM');
    await closed;
  }
  rmSync(directory, { recursive: true, force: true });
});

interface ServerState {
  readonly name: string;
  readonly state: string;
  readonly buckets: number;
}

async function servers(): Promise<Record<string, ServerState>> {
  const { stdout } = await mooring('status', '--json');
  const { status } = JSON.parse(stdout) as { status: { servers: ServerState[] } };
  return Object.fromEntries(status.servers.map((server) => [server.name, server]));
}

/** What an operation would change of the servers: their traffic changes by itself. */
async function standing() {
  return Object.values(await servers()).map(({ name, state, buckets }) => ({ name, state, buckets }));
}

describe('operating', () => {
  test(
    'add, swap, drain and remove, each until it is done',
    async () => {
      expect(await servers()).toMatchObject({
        s1: { state: 'active', buckets: 8 },
        s2: { buckets: 8 },
        s3: { state: 'spare' },
      });
      const add = await mooring('add', 's3');
      expect(add, add.stderr).toMatchObject({ status: 0 });
      expect(add.stdout).toMatch(/^#1 add s3 done, \d+ of \d+ buckets/);
      const swap = await mooring('swap', 's2', 's4', '--json');
      expect(swap.status).toBe(0);
      expect(JSON.parse(swap.stdout)).toMatchObject({ ok: true, operation: { id: 2, kind: 'swap', outcome: 'done' } });
      const after = await servers();
      expect(after.s2?.state).not.toBe('active');
      expect(after.s4).toMatchObject({ state: 'active' });
      expect((await mooring('remove', 's1')).status).toBe(0);
      expect((await mooring('drain', 's3')).status).toBe(0);
      expect((await servers()).s4).toMatchObject({ state: 'active', buckets: 16 });
      const text = await mooring('status');
      expect(text.stdout).toContain('web  10.0.0.1:80 tcp, 16 buckets');
      expect(text.stdout).toContain('#2 swap s2 by s4 done');
    },
    PATIENCE_MS,
  );

  test(
    'a shell is told the names that the controller knows',
    async () => {
      const told = async (...words: string[]): Promise<string> =>
        (await mooring('completion', 'bash', '--', ...words)).stdout.replace(/\t.*/g, '');
      expect(await told('drain', '--vip', 'web', 's')).toBe('s1\ns2\ns3\ns4\n');
      expect(await told('plan', 'swap', 's4', 's3')).toBe('s3\n');
      expect(await told('swap', '--vip=w')).toBe('--vip=web\n');
      expect(await told('rollback', '')).toContain('2\n');
      expect(await told('drain', '--state-dir', join(directory, 'mooring-state'), 's4')).toBe('s4\n');
    },
    PATIENCE_MS,
  );

  test(
    'what cannot be done is refused with the choices, and changes nothing',
    async () => {
      const before = await standing();
      const unknown = await mooring('drain', 's7');
      expect(unknown.status).toBe(1);
      expect(unknown.stderr).toContain('s7');
      expect(unknown.stderr).toContain('s4');
      const last = await mooring('drain', 's4');
      expect(last.status).toBe(1);
      const aborted = await mooring('abort', '99');
      expect(aborted.status).toBe(1);
      const nothing = await mooring('abort');
      expect(nothing.status).toBe(1);
      expect(nothing.stderr).toContain('no operation is running');
      expect(await standing()).toEqual(before);
    },
    PATIENCE_MS,
  );

  test(
    'to take back what runs is done when it is taken back, and the audit log knows',
    async () => {
      const begun = await mooring('add', 's3', '--ramp', '600', '--detach', '--reason', 'more room', '--json');
      const { id } = (JSON.parse(begun.stdout) as { operation: { id: number } }).operation;
      expect(await mooring('pause', String(id), '--reason', 'lunch')).toMatchObject({
        status: 0,
        stdout: expect.stringContaining(' paused'),
      });
      expect(await mooring('resume', String(id))).toMatchObject({ status: 0 });
      const taken = await mooring('rollback', String(id), '--json');
      expect(taken, taken.stderr).toMatchObject({ status: 0 });
      expect(JSON.parse(taken.stdout)).toMatchObject({ ok: true, operation: { id, outcome: 'aborted' } });
      const { entries } = JSON.parse((await mooring('audit', '--json')).stdout) as { entries: object[] };
      const common = {
        operation: id,
        what: 'add s3',
        who: expect.stringMatching(/./),
        at: expect.stringMatching(/Z$/),
      };
      for (const [result, why] of [
        ['accepted', 'more room'],
        ['paused', 'lunch'],
        ['resumed', undefined],
        ['abort', undefined],
        ['aborted: aborted by request', 'more room'],
      ]) {
        expect(entries).toContainEqual(expect.objectContaining({ ...common, result }));
        expect((entries as { result?: string; why?: string }[]).findLast((one) => one.result === result)?.why).toBe(
          why,
        );
      }
      const { stdout: log } = await mooring('log', '--contains', `operation ${id}: `);
      for (const action of ['pause', 'resume', 'rollback'])
        expect(log).toMatch(new RegExp(`${action} asked for by \\S`));
    },
    PATIENCE_MS,
  );

  test(
    'questions: a connection, the switch, the log, and a packet traced through what the switch runs',
    async () => {
      const found = await mooring('connections', '192.0.2.7:51514', '--json');
      expect(JSON.parse(found.stdout)).toMatchObject({
        ok: true,
        connections: [{ vip: 'web', decidedBy: 'base', server: 's4', phase: 'steady' }],
      });
      expect((await mooring('connections', '192.0.2.7:51514')).stdout).toContain('goes to s4, decided by base');
      expect(await mooring('connections', 'nobody')).toMatchObject({ status: 1, stdout: '' });
      const inspected = JSON.parse((await mooring('inspect', '--json')).stdout) as {
        switch: { pipelineId: string; tables: { name: string; entries: number; size: number }[] };
      };
      expect(inspected.switch.pipelineId).toMatch(/^0x[0-9a-f]{16}$/);
      expect(inspected.switch.tables).toContainEqual({ name: 'buckets', entries: 16, size: 65_536 });
      expect((await mooring('inspect')).stdout).toMatch(/buckets +16 of 65,536/);
      expect((await mooring('log', '--contains', 'swap s2')).stdout).toMatch(/info +operation 2: swap s2/);
      expect((await mooring('log', '--level', 'loud')).status).toBe(2);
      const traced = await mooring('explain', '--client', '192.0.2.7:51514');
      expect(traced, traced.stderr).toMatchObject({ status: 0 });
      // s4 is behind port 4.
      expect(traced.stdout).toContain('sent to port 4');
      expect((await mooring('explain', '--client', '192.0.2.7')).status).toBe(2);
    },
    PATIENCE_MS,
  );
});

test(
  'a VIP for all ports comes, is shown and asked about by port, and goes',
  async () => {
    const server = '{ name: e1, address: 10.0.0.15, mac: "02:00:00:00:00:04", switchPort: 4 }';
    const text = configuration([server]).replace('web', 'every').replace('10.0.0.1\n', '10.0.0.2\n');
    writeFileSync(join(directory, 'every.yaml'), text.replace('port: 80\n', 'port: all\n'));
    expect(await mooring('add-vip', 'every', 'every.yaml')).toMatchObject({ status: 0 });
    const { stdout } = await mooring('status');
    expect(stdout).toContain('every  10.0.0.2:* tcp');
    expect(stdout).toMatch(/e1 +10\.0\.0\.15:\* .* not checked/);
    expect((await mooring('reseed')).stderr).toContain('Name it with --vip NAME.');
    // Only one of them has it.
    expect((await mooring('drain', 's4')).stderr).toContain('is the last one in service of VIP `web`');
    const client = '192.0.2.7:51514';
    const which = await mooring('explain', '--client', client, '--vip', 'every');
    expect(which).toMatchObject({ status: 1, stderr: expect.stringContaining('is for all ports: say which') });
    const traced = await mooring('explain', '--client', client, '--vip', 'every', '--service-port', '22');
    expect(traced, traced.stderr).toMatchObject({ status: 0, stdout: expect.stringContaining('sent to port 4') });
    const found = await mooring('connections', client, '--vip', 'every', '--service-port', '22');
    expect(found.stdout).toContain(`${client} to 10.0.0.2:22 (every) goes to e1, decided by base`);
    expect((await mooring('connections', client, '--service-port', '0')).stderr).toContain('`0` is no port');
    expect(await mooring('remove-vip', 'every')).toMatchObject({ status: 0 });
  },
  PATIENCE_MS,
);

describe('starting with something wrong', () => {
  test(
    'YAML: file, line and column are named, and no state directory is made',
    async () => {
      writeFileSync(join(directory, 'wrong.yaml'), configuration(SERVERS).replace('port: 80\n', 'port: eighty\n'));
      const { status, stderr } = await mooring(
        'up',
        '--plain',
        '-c',
        'wrong.yaml',
        '--switch-address',
        switchAddress,
        '--state-dir',
        'other',
      );
      expect(status).toBe(1);
      expect(stderr).toMatch(/wrong\.yaml\(6:11\): error: .*port/);
      expect(stderr).toContain('    port: eighty');
      expect(existsSync(join(directory, 'other'))).toBe(false);
    },
    PATIENCE_MS,
  );

  test(
    'a second controller on the same state directory',
    async () => {
      const { status, stderr } = await mooring('up', '--plain', '--switch-address', switchAddress);
      expect(status).toBe(1);
      expect(stderr).toContain('control.sock');
    },
    PATIENCE_MS,
  );

  test(
    'a switch that belongs to another controller, and to one that is gone',
    async () => {
      const fresh = start(...EMPTY_SWITCH);
      const address = (await output(fresh, /P4Runtime server at (\S+:\d+)/))[1]!;
      const up = ['up', '--plain', '--state-dir', 'other', '--switch-address', address];
      const primary = await P4RuntimeClient.connect({ address, electionId: 1_000 });
      const taken = await mooring(...up);
      expect(taken.status).toBe(1);
      expect(taken.stderr).toMatch(
        /another controller is the primary .* election id is 1000, ours is 1\. Stop it first/,
      );
      primary.close();
      const lost = await mooring(...up);
      expect(lost.status).toBe(1);
      expect(lost.stderr).toContain('belongs to a controller that is gone');
      expect(lost.stderr).toContain('Start with the state directory of that one, or restart the switch');
      const inUse = await mooring('up', '--plain', '--state-dir', 'other', '--switch-address', switchAddress);
      expect(inUse.stderr).toContain(`the switch at ${switchAddress} does not take us: INVALID_ARGUMENT`);
    },
    PATIENCE_MS,
  );

  test(
    'no switch answers',
    async () => {
      const { status, stderr } = await mooring(
        'up',
        '--plain',
        '--switch-address',
        '127.0.0.1:1',
        '--state-dir',
        'other',
      );
      expect(status).toBe(1);
      expect(stderr).toMatch(
        /no switch answers at 127\.0\.0\.1:1: UNAVAILABLE: cannot connect .* connect ECONNREFUSED 127\.0\.0\.1:1$/m,
      );
      expect(stderr).not.toContain('UNAVAILABLE: UNAVAILABLE');
    },
    PATIENCE_MS,
  );

  test(
    'the port is in use',
    async () => {
      const blocker = createServer();
      await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', () => resolve()));
      const { port } = blocker.address() as { port: number };
      const { status, stderr } = await mooring('switch', '--no-p4', '--', '--grpc-server-addr', `127.0.0.1:${port}`);
      await new Promise((resolve) => blocker.close(resolve));
      expect(status).toBe(1);
      expect(stderr).toContain(String(port));
    },
    PATIENCE_MS,
  );

  test(
    'an interface that is not there',
    async () => {
      const { status, stderr } = await mooring(
        'up',
        '--plain',
        '--state-dir',
        'other',
        '--listen',
        '127.0.0.1:0',
        '-i',
        '1@nosuchif0',
      );
      expect(status).toBe(1);
      expect(stderr).toContain('nosuchif0');
    },
    PATIENCE_MS,
  );
});
