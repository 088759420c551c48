/**
 * The demo's decisions and edges that need no network: where it can run, its scratch directories, its plan and report.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deepenQueues, queueDepthCall } from '@mooring/bmv2-harness/bmv2';
import { describe, expect, test } from 'vitest';
import { type NamespaceProbe, probeNamespaces } from '../../src/demo/private-world.ts';
import { type DemoReport, isSuccess, reportText } from '../../src/demo/report.ts';
import { createWorkDirectory, removeWorkDirectory } from '../../src/demo/work-directory.ts';
import { planWorld } from '../../src/demo/world-plan.ts';
import { emptyTally } from '../../src/load/tally.ts';

describe('namespaces', () => {
  const probe = (overrides: Partial<NamespaceProbe>): NamespaceProbe => ({
    platform: 'linux',
    isRoot: true,
    run: () => ({ status: 0, stderr: '' }),
    ...overrides,
  });

  test('root needs no user namespace, others do', () => {
    const asRoot = probeNamespaces(probe({}));
    const asUser = probeNamespaces(probe({ isRoot: false }));
    expect(asRoot.kind === 'available' && asRoot.unshareArguments.includes('--user')).toBe(false);
    expect(asUser.kind === 'available' && asUser.unshareArguments.includes('--user')).toBe(true);
  });

  test('a root that may not is tried as a user', () => {
    const support = probeNamespaces(
      probe({ run: (_, args) => ({ status: args.includes('--net') && !args.includes('--user') ? 1 : 0, stderr: '' }) }),
    );
    expect(support.kind === 'available' && support.unshareArguments.includes('--user')).toBe(true);
  });

  test('what is missing is named, with the command that installs it', () => {
    const missing = (name: string): NamespaceProbe =>
      probe({ run: (program) => ({ status: program === name ? null : 0, stderr: '' }) });
    expect(probeNamespaces(missing('ip'))).toEqual({
      kind: 'unavailable',
      reason: "the program 'ip' is missing: apt install iproute2",
    });
    expect(probeNamespaces(missing('unshare'))).toMatchObject({
      reason: expect.stringContaining('apt install util-linux'),
    });
    expect(probeNamespaces(probe({ platform: 'darwin' }))).toMatchObject({ reason: expect.stringContaining('darwin') });
    const forbidden = probe({
      run: (_, args) =>
        args.includes('--net')
          ? { status: 1, stderr: 'unshare: Operation not permitted\n' }
          : { status: 0, stderr: '' },
    });
    expect(probeNamespaces(forbidden)).toMatchObject({ reason: expect.stringContaining('Operation not permitted') });
  });
});

test('a killed run’s scratch directory is removed at the next start, a running one’s is not', () => {
  const parent = mkdtempSync(join(tmpdir(), 'mooring-test-'));
  try {
    const running = createWorkDirectory(parent, process.pid);
    // No process has this id: the kernel's greatest is 4,194,304.
    mkdirSync(join(parent, 'mooring-demo-4999999-abcdef', 'state'), { recursive: true });
    mkdirSync(join(parent, 'somebody-elses'));
    const mine = createWorkDirectory(parent, process.pid);
    expect(readdirSync(parent).sort()).toEqual(
      [running, mine, 'somebody-elses'].map((path) => path.split('/').at(-1)).sort(),
    );
    removeWorkDirectory(mine);
    expect(existsSync(mine)).toBe(false);
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
});

test('the plan gives every host its own port, addresses and interface', () => {
  const plan = planWorld(5, 2, undefined, 8);
  const unique = (values: readonly unknown[]): boolean => new Set(values).size === values.length;
  expect(plan.hosts.map((host) => host.name)).toEqual(['s1', 's2', 's3', 's4', 's5', 'c1', 'c2']);
  expect(unique(plan.hosts.map((host) => host.port))).toBe(true);
  expect(unique(plan.hosts.map((host) => host.mac))).toBe(true);
  expect(unique([plan.virtualAddress, ...plan.hosts.flatMap((host) => host.addresses)])).toBe(true);
  expect(plan.hosts.flatMap((host) => host.addresses)).toHaveLength(5 + 16);
});

describe('report', () => {
  const servers = { accepted: 5_000, open: 0, reset: 0, mismatchedBytes: 0 };
  const step = { title: 'swap s2 by s5', outcome: 'done', buckets: 64, timeToDrainMs: 12_345, controllerAwayMs: 1_800 };
  const report: DemoReport = {
    ok: true,
    hosts: { kind: 'kernel' },
    switch: 'embedded switch',
    pinning: true,
    seed: 1,
    durationMs: 45_600,
    connections: {
      ...emptyTally(),
      opened: 5_400,
      finished: 5_400,
      fewestAlive: 531,
      marathonsFinished: 36,
      checkedBytes: 1e6,
    },
    servers,
    pinsAtMost: 123,
    machine: { stalls: 0, worstWaitMs: 12 },
    steps: [step],
  };

  test('as text', () => {
    expect(reportText(report)).toMatchSnapshot();
  });

  test('as text, of random operations', () => {
    const fault = { what: 'stalled', server: 's2', phase: 'open', atMs: 0, ageMs: 7_000, awaitedMs: 1_001 } as const;
    const connections = {
      ...report.connections,
      lostByServer: { s5: 44 },
      attemptsAtCrash: 40,
      heldUpByRestart: 73,
      longestRecoveryMs: 1_820,
      faults: [{ ...fault, port: 50_000 }],
    };
    const steps = [
      { title: 'crash s5', outcome: 'done', buckets: 64, timeToDrainMs: 600, how: 'given up after' },
      { title: 'drain s3', outcome: 'refused', buckets: 0, timeToDrainMs: 0 },
      { title: 'add s4', outcome: 'done', buckets: 51, timeToDrainMs: 13_200, how: 'done after' },
    ];
    expect(reportText({ ...report, chaos: true, connections, steps })).toMatchSnapshot();
  });

  test('what was refused, or ended by a crash, has not failed', () => {
    for (const outcome of ['refused', 'met a crash']) {
      expect(isSuccess(report.connections, servers, [{ ...step, outcome }]), outcome).toBe(true);
    }
  });

  test('one fault of any kind is a failure', () => {
    expect(isSuccess(report.connections, servers, [step])).toBe(true);
    for (const fault of ['reset', 'refused', 'failed', 'endedEarly', 'stalled', 'mismatchedBytes'] as const) {
      expect(isSuccess({ ...report.connections, [fault]: 1 }, servers, [step]), fault).toBe(false);
    }
    expect(isSuccess(report.connections, { ...servers, mismatchedBytes: 1 }, [step])).toBe(false);
    expect(isSuccess(report.connections, servers, [{ ...step, outcome: 'failed: no' }])).toBe(false);
  });
});

describe("BMv2's queues", () => {
  test('the call is what Thrift expects', () => {
    expect(queueDepthCall(4096).toString('latin1')).toBe(
      '\x80\x01\x00\x01\x00\x00\x00\x29simple_switch:set_all_egress_queue_depths\x00\x00\x00\x01\x08\x00\x01\x00\x00\x10\x00\x00',
    );
  });

  test('a switch that answers, refuses, or is not there', async () => {
    const answer = async (reply: Buffer): Promise<boolean> => {
      const server = createServer((socket) => socket.on('data', () => socket.end(reply)));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
      const { port } = server.address() as { port: number };
      const obeyed = await deepenQueues(port, 1);
      await new Promise((resolve) => server.close(resolve));
      return obeyed;
    };
    expect(await answer(Buffer.from([0x80, 1, 0, 2, 0, 0, 0, 0]))).toBe(true);
    expect(await answer(Buffer.from([0x80, 1, 0, 3, 0, 0, 0, 0]))).toBe(false);
    expect(await answer(Buffer.alloc(0))).toBe(false);
    expect(await deepenQueues(1, 1)).toBe(false);
  });
});
