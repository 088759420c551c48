/**
 * Random operations, crashes and restarts under live connections, through the real command: kernel TCP, the switch and
 * the controller as processes that are killed with SIGKILL. The seed is fixed, so the operations are the same in every
 * run; when they end is not. A connection may be lost with its crashed server only.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { UNHARMED } from './unharmed.ts';

const command = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'cli', 'bin', 'mooring.mjs');
const LONGEST_RUN_MS = 240_000;
/** More than there are kinds, so that each has its turn. */
const OPERATIONS = 20;

test(
  'operators, crashes and restarts at once: nobody loses a connection but those of the crashed server',
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'mooring-test-'));
    try {
      const file = join(directory, 'report.json');
      const load = ['--connections', '200', '--lifetime', '2', '--seed', '1'];
      const child = spawn(
        process.execPath,
        [command, 'demo', '--chaos', String(OPERATIONS), '--plain', '--json', file, ...load],
        { stdio: ['ignore', 'pipe', 'pipe'] },
      );
      let output = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (chunk: Buffer) => {
          output += chunk.toString();
        });
      }
      const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
      expect(output).toContain(`${OPERATIONS}/${OPERATIONS}: `);
      const report = JSON.parse(readFileSync(file, 'utf8')) as {
        connections: Record<string, number> & { lostByServer: Record<string, number> };
        servers: Record<string, number>;
        steps: { title: string; outcome: string }[];
        ok: boolean;
      };
      const { connections, steps } = report;
      expect(connections, output).toMatchObject(UNHARMED);
      expect(report.servers.mismatchedBytes).toBe(0);
      expect(steps).toHaveLength(OPERATIONS);
      for (const { outcome } of steps) expect(['done', 'refused', 'met a crash']).toContain(outcome);
      const crashed = steps.flatMap(({ title }) => /^crash (.+)$/.exec(title)?.[1] ?? []);
      expect(crashed.length).toBeGreaterThan(0);
      // Whoever died took some with it, and nobody else did.
      expect(Object.keys(connections.lostByServer).sort()).toEqual(crashed.sort());
      const titles = steps.map(({ title }) => title);
      expect(titles).toEqual(
        expect.arrayContaining([
          'kill -9 the controller',
          'kill -9 the switch',
          'kill -9 the controller, then the switch',
        ]),
      );
      for (const kind of ['link ', 'buckets ', 'affinity ', 'class ']) {
        expect(titles.filter((title) => title.startsWith(kind))).not.toEqual([]);
      }
      expect(connections.heldUpByRestart).toBeGreaterThan(0);
      expect(connections.longestRecoveryMs).toBeLessThanOrEqual(3_000);
      expect(connections.marathonsFinished).toBeGreaterThan(0);
      const lost = Object.values(connections.lostByServer).reduce((sum, count) => sum + count, 0);
      expect(connections.finished! + lost).toBeLessThanOrEqual(connections.opened!);
      expect(connections.finished).toBeGreaterThan(1_000);
      expect([report.ok, status]).toEqual([true, 0]);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
  LONGEST_RUN_MS,
);
