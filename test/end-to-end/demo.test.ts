/**
 * The main job end to end, through the real command as a user starts it: compile the P4 program, start switch,
 * controller, servers and clients (on the kernel's TCP where network namespaces are permitted, simulated hosts where
 * not), add a server, swap one while the controller is killed and restarted, drain and remove one. Not one connection
 * may be reset, stalled or get a wrong byte; and with pinning off the same run must show resets, or the measurement
 * proves nothing.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UNHARMED } from './unharmed.ts';

const command = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'cli', 'bin', 'mooring.mjs');
const LONGEST_RUN_MS = 120_000;

/** The part of the report that is judged here. */
interface Report {
  readonly ok: boolean;
  readonly hosts: { readonly kind: string; readonly reason?: string };
  readonly pinning: boolean;
  readonly connections: Readonly<Record<string, number>>;
  readonly servers: Readonly<Record<string, number>>;
  readonly pinsAtMost: number;
  readonly steps: readonly { title: string; outcome: string; buckets: number; controllerAwayMs?: number }[];
}

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'mooring-test-'));
});
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** Runs the demo and returns its exit status, output and report. */
async function demo(
  name: string,
  ...options: string[]
): Promise<{ status: number | null; output: string; report: Report }> {
  const file = join(directory, `${name}.json`);
  const child = spawn(process.execPath, [command, 'demo', '--plain', '--json', file, ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  let report: Report;
  try {
    report = JSON.parse(readFileSync(file, 'utf8')) as Report;
  } catch {
    throw new Error(`the demo wrote no report:\n${output}`);
  }
  return { status, output, report };
}

const LOAD = ['--connections', '150', '--duration', '1', '--lifetime', '2'];

describe('the demo', () => {
  test(
    'servers change under load and no connection notices',
    async () => {
      const { status, output, report } = await demo('pins', ...LOAD);
      expect(report.connections, output).toMatchObject(UNHARMED);
      expect(report.connections.finished).toBe(report.connections.opened);
      expect(report.connections.opened).toBeGreaterThan(500);
      expect(report.connections.fewestAlive).toBeGreaterThan(80);
      expect(report.connections.marathonsFinished).toBeGreaterThan(0);
      expect(report.servers).toMatchObject({ reset: 0, mismatchedBytes: 0 });
      expect(report.steps.map((step) => [step.title, step.outcome])).toEqual([
        ['add s4', 'done'],
        ['swap s2 by s5', 'done'],
        ['remove s3', 'done'],
      ]);
      expect(report.steps.every((step) => step.buckets > 0)).toBe(true);
      expect(report.steps[1]?.controllerAwayMs).toBeGreaterThan(1_000);
      expect(report.pinsAtMost).toBeGreaterThan(0);
      expect(['kernel', 'simulated']).toContain(report.hosts.kind);
      expect(report.ok).toBe(true);
      expect(status).toBe(0);
    },
    LONGEST_RUN_MS,
  );

  describe('on the kernel, where namespaces are permitted', () => {
    test.each([
      ['TCP over IPv6', ['--ipv6']],
      ['UDP', ['--udp']],
      ['UDP over IPv6', ['--udp', '--ipv6']],
      ['TCP, servers answer past the switch', ['--direct']],
      ['TCP over IPv6, servers answer past the switch', ['--direct', '--ipv6']],
      ['TCP in IP-in-IP', ['--tunnel', 'ipip']],
      ['TCP over IPv6 in GUE', ['--tunnel', 'gue', '--ipv6']],
    ])(
      '%s: no flow notices',
      async (name, options) => {
        const { status, output, report } = await demo(name.replaceAll(' ', '-'), ...options, ...LOAD);
        expect(report.hosts.kind, output).toBe('kernel');
        expect(report.connections, output).toMatchObject({ reset: 0, failed: 0, stalled: 0, mismatchedBytes: 0 });
        expect(report.connections.finished).toBe(report.connections.opened);
        expect(report.connections.opened).toBeGreaterThan(500);
        expect(report.pinsAtMost).toBeGreaterThan(0);
        expect(report.steps.every((step) => step.outcome === 'done' && step.buckets > 0)).toBe(true);
        expect(status).toBe(0);
      },
      LONGEST_RUN_MS,
    );

    test(
      'UDP without pinning: flows change server, and are told so',
      async () => {
        const { status, output, report } = await demo('udp-no-pins', '--udp', '--no-pins', ...LOAD);
        expect(report.connections.reset!, output).toBeGreaterThan(20);
        expect(status).toBe(1);
      },
      LONGEST_RUN_MS,
    );
  });

  test(
    'without pinning the same run resets connections',
    async () => {
      const { status, report } = await demo('no-pins', '--no-pins', ...LOAD);
      expect(report.pinning).toBe(false);
      expect(report.connections.reset! + report.connections.refused!).toBeGreaterThan(20);
      expect(report.ok).toBe(false);
      expect(status).toBe(1);
    },
    LONGEST_RUN_MS,
  );

  test(
    'simulated hosts, on the same compiler, switch and controller',
    async () => {
      const { status, output, report } = await demo('simulated', '--simulated', ...LOAD);
      expect(report.hosts).toEqual({ kind: 'simulated', reason: 'asked for by --simulated' });
      expect(report.connections, output).toMatchObject({ reset: 0, stalled: 0, mismatchedBytes: 0 });
      expect(status).toBe(0);
    },
    LONGEST_RUN_MS,
  );

  test(
    'stopped in the middle, it leaves nothing behind',
    async () => {
      const child = spawn(process.execPath, [command, 'demo', '--plain', '--connections', '20'], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      await new Promise<void>((resolve) => {
        child.stdout.on('data', (chunk: Buffer) => chunk.toString().includes('controller has pushed') && resolve());
        child.on('close', () => resolve());
      });
      const mine = (name: string): boolean => name.startsWith(`mooring-demo-${child.pid}-`);
      expect(readdirSync(tmpdir()).some(mine)).toBe(true);
      child.kill('SIGTERM');
      await new Promise((resolve) => child.on('close', resolve));
      expect(readdirSync(tmpdir()).some(mine)).toBe(false);
      expect(child.exitCode).toBe(1);
    },
    LONGEST_RUN_MS,
  );
});
