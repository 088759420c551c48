/**
 * `mooring compile` as a process: the short way through the code cache gives what the library gives, with and without a
 * cache, and an unusable cache does no harm.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const dist = join(root, 'packages/p4c-ts/dist');
const program = join(root, 'p4/v1model/mooring.p4');
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mooring-compile-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function compile(...argv: string[]) {
  const result = spawnSync(process.execPath, [join(root, 'cli/bin/mooring.mjs'), 'compile', ...argv], {
    encoding: 'utf8',
    // The test run has built everything already.
    env: { ...process.env, MOORING_NO_BUILD: '1' },
  });
  return { status: result.status, out: result.stdout, err: result.stderr };
}

function caches(): string[] {
  return readdirSync(dist).filter((name) => name.endsWith('.cache'));
}

describe('mooring compile', { timeout: 120_000 }, () => {
  test('writes the same with and without the code cache', () => {
    for (const name of caches()) rmSync(join(dist, name));
    const outputs = ['first', 'second'].map((name) => {
      const json = join(folder, `${name}.json`);
      const p4info = join(folder, `${name}.txtpb`);
      expect(compile('-o', json, '--p4runtime-files', p4info, program)).toMatchObject({ status: 0 });
      return readFileSync(json, 'utf8') + readFileSync(p4info, 'utf8');
    });
    expect(outputs[1]).toBe(outputs[0]);
    expect(outputs[0]).toContain('"tables"');
    expect(caches()).toHaveLength(1);
  });

  test('goes on with a cache that is damaged', () => {
    for (const name of caches()) writeFileSync(join(dist, name), 'not a cache');
    const { status, err } = compile('--check', '--Wdisable', program);
    expect({ status, err }).toEqual({ status: 0, err: '' });
  });

  test('tells errors and ends with status 1', () => {
    const bad = join(folder, 'bad.p4');
    writeFileSync(bad, 'const bit<8> x = true;\n');
    const { status, err } = compile(bad);
    expect(status).toBe(1);
    expect(err).toMatch(/bad\.p4\(1:\d+\): error\[type-error\]/);
  });

  test('explains itself', () => {
    expect(compile('--help').out).toContain('mooring compile [OPTIONS] PROGRAM.p4');
    expect(compile().out).toContain('mooring compile [OPTIONS] PROGRAM.p4');
    expect(compile('--version').out).toMatch(/Version \d+\.\d+\.\d+/);
  });
});
