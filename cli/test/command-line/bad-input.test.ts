/**
 * What users get wrong, through the command's own front: each gives one clear message and the right exit status, and
 * nothing is begun that would have to be undone.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { compileLoadBalancer, readProgram } from '../../src/program/load-balancer.ts';
import { runCommand } from './run.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'mooring-test-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const GOOD = `switch:
  address: 127.0.0.1:1
  ports: [1]
vips:
  - name: web
    address: 10.0.0.1
    port: 80
    servers:
      - { name: s1, address: 10.0.0.11 }
`;

const up = (...argv: string[]) => runCommand(['up', ...argv], { workingDirectory: directory });

describe('mooring up', () => {
  test('no configuration', async () => {
    const { status, stderr } = await up('--switch-address', '127.0.0.1:1');
    expect(status).toBe(1);
    expect(stderr).toContain(`there is no configuration ${join(directory, 'mooring.yaml')}`);
  });

  test('neither interfaces nor a switch, or both', async () => {
    writeFileSync(join(directory, 'mooring.yaml'), GOOD);
    const neither = await up();
    expect(neither.status).toBe(2);
    expect(neither.stderr).toContain('-i PORT@NAME');
    const both = await up('-i', '1@eth1', '--switch-address', '127.0.0.1:1');
    expect(both.status).toBe(2);
    expect(both.stderr).toContain('--switch-address says that none is to be started');
    const half = await up('--switch-address', '127.0.0.1:1', '--program', 'x.json');
    expect(half.status).toBe(2);
    expect(half.stderr).toContain('--program and --p4info belong together');
  });
});

describe('the program', () => {
  test('a P4 error is shown as the compiler shows it', async () => {
    const source = join(directory, 'wrong.p4');
    writeFileSync(source, '#include <core.p4>\n#include <v1model.p4>\nheader h { bit<8> a }\n');
    await expect(compileLoadBalancer(source)).rejects.toMatchObject({
      message: `the program ${source} could not be compiled`,
      details: { code: 'COMPILE_FAILED', hint: expect.stringContaining('wrong.p4(3:') },
    });
  });

  test('a compiled program that is not there', () => {
    expect(() => readProgram(join(directory, 'none.json'), join(directory, 'none.txtpb'))).toThrow(
      /none\.json cannot be read/,
    );
  });
});

describe('mooring demo', () => {
  const demo = (...argv: string[]) => runCommand(['demo', ...argv], { workingDirectory: directory });

  test.each([
    [['--connections', '1.5'], /whole number of at least 2/],
    [['--seed', 'x'], /--seed expects a number/],
    [['--program', 'x.json', '--simulated'], /belong together/],
    [['--jsn', 'x'], /Did you mean --json\?/],
  ])('%j is a usage error', async (argv, message) => {
    const { status, stderr } = await demo('--simulated', ...argv);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
  });

  test('a foreign switch needs kernel hosts', async () => {
    const { status, stderr } = await demo('--simulated', '--switch', 'simple_switch_grpc');
    expect(status).toBe(1);
    expect(stderr).toContain('--switch needs kernel hosts: asked for by --simulated');
    expect(existsSync(join(directory, 'report.json'))).toBe(false);
  });
});
