/** The compiler's own test programs, run on the embedded switch by the command's own code. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runStf } from '../../src/stf.ts';

const programs = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'p4c-ts', 'test', 'programs');

async function stf(...argv: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  let stdout = '';
  let stderr = '';
  const status = await runStf(argv, {
    stdout: (text) => {
      stdout += text;
    },
    stderr: (text) => {
      stderr += text;
    },
    workingDirectory: programs,
    environment: {},
  });
  return { status, stdout, stderr };
}

describe('mooring stf', () => {
  test('every program of the compiler passes its packets', async () => {
    const { status, stdout } = await stf('.');
    expect(stdout.split('\n').filter((line) => line.startsWith('FAIL'))).toEqual([]);
    expect(stdout).toMatch(/^(1[0-9]|[2-9][0-9]) passed, 0 failed$/m);
    expect(status).toBe(0);
  });

  describe('what fails', () => {
    let folder: string;
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'stf-test-'));
      writeFileSync(join(folder, 'wrong.stf'), 'packet 0 12 34 0007 000000ff\nexpect 1 ff\n');
      writeFileSync(join(folder, 'missing.stf'), 'packet 0 12 34 0007 000000ff\nexpect 2 12\n');
      writeFileSync(join(folder, 'bad.p4'), 'control {');
      writeFileSync(join(folder, 'bad.stf'), 'wait\n');
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    test('a packet that differs, with what came', async () => {
      const { status, stdout } = await stf('swap/program.p4', join(folder, 'wrong.stf'));
      expect(stdout).toBe(
        'FAIL program.p4: line 2: packet 1 on port 1 differs: expected FF, received 12340008000000FF\n0 passed, 1 failed\n',
      );
      expect(status).toBe(1);
    });

    test('a packet that comes out elsewhere', async () => {
      const { stdout } = await stf('swap/program.p4', join(folder, 'missing.stf'));
      expect(stdout).toContain('packet 1 on port 2 did not come: expected 12');
    });

    test('a program with an error', async () => {
      const { status, stdout } = await stf(join(folder, 'bad.p4'));
      expect(stdout).toMatch(/^FAIL bad\.p4: .*bad\.p4\(1:9\): error/);
      expect(status).toBe(1);
    });

    test('a switch that does not come up, with what it printed, and at once', async () => {
      const { status, stdout } = await stf('--switch', `${process.execPath} --frob`, 'swap/program.p4');
      expect(stdout).toMatch(/^FAIL program\.p4: the switch ended: .*bad option: --frob/);
      expect(status).toBe(1);
      expect((await stf('--switch', '/nowhere/switch', 'swap/program.p4')).stdout).toMatch(
        /^FAIL program\.p4: the switch ended: .*\/nowhere\/switch/,
      );
    });

    test('a switch named relative to the working directory, which gets files for interfaces', async () => {
      const script = join(folder, 'switch.sh');
      writeFileSync(script, '#!/bin/sh\necho "started with $*"\n', { mode: 0o755 });
      const { stdout } = await stf('--switch', `${relative(programs, script)} --more`, 'swap/program.p4');
      expect(stdout).toMatch(
        /the switch ended: started with --more --use-files 0 --thrift-port \d+ .*-i 0@pcap0 .*json\n/,
      );
    });

    test('wrong usage', async () => {
      expect((await stf()).status).toBe(2);
      expect((await stf('--frob')).stderr).toContain('unknown option --frob');
      expect((await stf('nowhere.p4')).stderr).toContain('no such file or folder: nowhere.p4');
    });
  });

  test('--json', async () => {
    const { stdout } = await stf('--json', 'swap/program.p4');
    expect(JSON.parse(stdout)).toMatchObject({ passed: 1, failed: 0, results: [{ name: 'program.p4' }] });
  });
});
