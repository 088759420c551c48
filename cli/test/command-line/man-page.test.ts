/**
 * docs/mooring.1 is what the commands say (UPDATE_GOLDEN=1 rewrites it), and troff reads it without a complaint where
 * there is one.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { COMMANDS } from '../../src/commands/registry.ts';
import { runCommand } from './run.ts';

const path = join(import.meta.dirname, '../../../docs/mooring.1');

test('docs/mooring.1 is the page that mooring man prints', async () => {
  const { status, stdout } = await runCommand(['man']);
  expect(status).toBe(0);
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(path, stdout);
  expect(existsSync(path), 'run with UPDATE_GOLDEN=1 once').toBe(true);
  expect(stdout).toBe(readFileSync(path, 'utf8'));
  for (const { name } of COMMANDS) expect(stdout).toContain(`.SS mooring ${name.replaceAll('-', '\\-')} `);
});

test('troff has nothing to complain about', async () => {
  const { stdout } = await runCommand(['man']);
  const { error, stderr } = spawnSync('groff', ['-man', '-ww', '-z', '-Tutf8'], { input: stdout, encoding: 'utf8' });
  // Without troff the page's own rules hold: no line begins with a control character that is no macro of ours.
  if (error === undefined) expect(stderr).toBe('');
  expect(stdout.split('\n').filter((line) => line.startsWith('.') && !/^\.(TH|SH|SS|TP|PP|B)( |$)/.test(line))).toEqual(
    [],
  );
  expect(stdout.split('\n').filter((line) => line.startsWith("'"))).toEqual([]);
});
