/** The doctor on machines that have everything, nothing, and something; and the command on this one. */
import { describe, expect, test } from 'vitest';
import { doctorText } from '../../src/commands/doctor.ts';
import { examine, isHealthy, type Machine, PURPOSES } from '../../src/doctor/checks.ts';
import { runCommand } from '../command-line/run.ts';

const complete: Machine = {
  platform: 'linux',
  nodeVersion: '20.1.0',
  isRoot: true,
  run: (program) => ({ status: 0, stdout: `${program} version 1.2.3\n`, stderr: '' }),
  read: (path) => (path === '/proc/self/status' ? 'CapEff:\t000001ffffffffff\n' : '6.1.0-1\n'),
  bmv2: () => '/usr/bin/simple_switch_grpc',
};

const bare: Machine = {
  platform: 'darwin',
  nodeVersion: '18.19.0',
  isRoot: false,
  run: () => ({ status: null, stdout: '', stderr: '' }),
  read: () => undefined,
  bmv2: () => undefined,
};

describe('findings', () => {
  test('a complete machine lacks nothing', () => {
    const findings = examine(complete);
    expect(findings.filter((finding) => !finding.isPresent)).toEqual([]);
    expect(findings.find(({ name }) => name === 'ethtool')?.detail).toBe('1.2.3');
    expect(new Set(findings.map(({ purpose }) => purpose))).toEqual(new Set(Object.keys(PURPOSES)));
  });

  test('a bare machine is told of everything, with what to do', () => {
    const findings = examine(bare);
    expect(findings.filter((finding) => finding.isPresent)).toEqual([]);
    expect(findings.every((finding) => (finding.install ?? '').length > 5)).toBe(true);
    expect(doctorText(findings)).toContain('to get it: apt install mininet');
    expect(isHealthy(findings, [])).toBe(false);
  });

  test('what is missing matters only to what needs it', () => {
    const findings = examine({ ...complete, bmv2: () => undefined });
    expect(isHealthy(findings, [])).toBe(true);
    expect(isHealthy(findings, ['mininet'])).toBe(true);
    expect(isHealthy(findings, ['bmv2'])).toBe(false);
  });

  test('tmux is needed for tests of the terminal UI only', () => {
    const run: Machine['run'] = (program) =>
      program === 'tmux' ? { status: null, stdout: '', stderr: '' } : complete.run(program, []);
    const findings = examine({ ...complete, run });
    expect(findings.find(({ name }) => name === 'tmux')).toMatchObject({
      isPresent: false,
      install: 'apt install tmux',
    });
    expect(isHealthy(findings, ['mooring', 'mininet', 'bmv2'])).toBe(true);
    expect(isHealthy(findings, ['tests'])).toBe(false);
  });

  test('a lost capability is named', () => {
    const findings = examine({ ...complete, read: () => 'CapEff:\t0000000000002000\n' });
    expect(findings.find(({ name }) => name === 'permission for packet sockets')?.detail).toBe(
      'this process lacks CAP_NET_ADMIN',
    );
  });
});

describe('the command', () => {
  test('says what this machine has', async () => {
    const { status, stdout } = await runCommand(['doctor', '--json'], {
      environment: { PATH: process.env.PATH ?? '' },
    });
    expect(status).toBe(0);
    const { ok, findings } = JSON.parse(stdout) as { ok: boolean; findings: { name: string; detail: string }[] };
    expect(ok).toBe(true);
    expect(findings.find(({ name }) => name === 'Node.js')?.detail).toBe(process.versions.node);
  });

  test('knows its purposes', async () => {
    const { status, stderr } = await runCommand(['doctor', 'minine']);
    expect(status).toBe(2);
    expect(stderr).toContain('Did you mean mininet?');
  });

  test('mininet names its topologies', async () => {
    const { status, stderr } = await runCommand(['mininet', 'leaf-spin']);
    expect(status).toBe(2);
    expect(stderr).toContain('Did you mean leaf-spine?');
    expect((await runCommand(['mininet', 'one-switch', '--switch', 'ovs'])).stderr).toContain(
      'valid: softswitch, bmv2',
    );
  });
});
