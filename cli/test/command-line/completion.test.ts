/**
 * Completion: what could stand somewhere is decided in one place; bash and, where it is installed, fish are asked
 * themselves.
 */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Status } from '@mooring/controller/control';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Completion, complete } from '../../src/command-line/complete.ts';
import type { CommandSyntax } from '../../src/command-line/options.ts';
import { namesOf } from '../../src/commands/completion.ts';
import { COMMANDS } from '../../src/commands/registry.ts';
import { runCommand } from './run.ts';

const COMMAND = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'bin', 'mooring.mjs');

let syntaxes: readonly CommandSyntax[];

beforeAll(async () => {
  syntaxes = await Promise.all(COMMANDS.map(async ({ load }) => (await load()).syntax));
});

function at(...words: string[]): Completion {
  return complete(words, syntaxes, () => undefined);
}

function wordsAt(...words: string[]): string[] {
  const completion = at(...words);
  return completion.kind === 'words' ? completion.words.map(({ word }) => word) : [completion.kind];
}

describe('what could stand there', () => {
  test('commands, with what they do', () => {
    expect(wordsAt('sw')).toEqual(['swap', 'switch']);
    expect(wordsAt('')).toEqual(COMMANDS.map(({ name }) => name));
    expect(at('swa')).toEqual({ kind: 'words', words: [{ word: 'swap', about: 'replace one server by another' }] });
    expect(wordsAt('frobnicate', '')).toEqual([]);
  });

  test('options that are not given yet, and lists again', () => {
    expect(wordsAt('drain', '--d').sort()).toEqual(['--deadline', '--detach']);
    expect(wordsAt('drain', 's1', '--detach', '--d')).toEqual(['--deadline']);
    expect(wordsAt('drain', 's1', '-d', '--d')).toEqual(['--deadline']);
    expect(wordsAt('up', '-i', '1@eth1', '--int')).toEqual(['--interface']);
    expect(wordsAt('drain', 's1', '').sort()).toContain('--reason');
  });

  test('names of the controller, of the virtual address that was named', () => {
    const servers = (vip?: string) => ({ kind: 'names', of: 'server', vip, prefix: '' });
    expect(at('drain', 's')).toEqual(servers());
    expect(at('swap', '--vip', 'web', 's1', '')).toEqual(servers('web'));
    expect(at('swap', '--vip=web', '--detach', '')).toEqual(servers('web'));
    expect(at('swap', '--vip', 'w')).toEqual({ kind: 'names', of: 'vip', vip: undefined, prefix: '' });
    expect(at('swap', '--vip=w')).toEqual({ kind: 'names', of: 'vip', vip: undefined, prefix: '--vip=' });
    expect(at('remove-vip', '')).toMatchObject({ of: 'vip' });
    for (const name of ['approve', 'pause', 'resume', 'abort', 'rollback']) {
      expect(at(name, ''), name).toMatchObject({ kind: 'names', of: 'operation' });
    }
    expect(at('isolate', '')).toMatchObject({ of: 'switch' });
  });

  test('files, choices, and nothing where anything could stand', () => {
    expect([at('diff', ''), at('up', '-c', 'm'), at('status', '--state-dir', '')].map(({ kind }) => kind)).toEqual(
      Array(3).fill('files'),
    );
    expect(wordsAt('log', '--level', 'w')).toEqual(['warning']);
    expect(wordsAt('explain', '--kind=S')).toEqual(['--kind=SYN']);
    expect(wordsAt('completion', '')).toEqual(['bash', 'zsh', 'fish']);
    expect([wordsAt('drain', 's1', '--reason', ''), wordsAt('connections', '')]).toEqual([[], []]);
  });

  test('what is planned is completed as the command is', async () => {
    const { stdout } = await runCommand(['completion', 'bash', '--', 'plan', 'affinity', '']);
    expect(stdout).toBe('connection\nclient\n');
    expect((await runCommand(['completion', 'bash', '--', 'plan', 'apply', ''])).stdout).toBe(':files\n');
    expect((await runCommand(['completion', 'bash', '--', 'plan', 'rem'])).stdout).toBe('remove\nremove-vip\n');
  });

  test('servers are told once, with what they are', () => {
    const server = (name: string, vip: string) => ({ name, vip, state: 'active' });
    const status = { servers: [server('s1', 'web'), server('s2', 'web'), server('s1', 'mail')] } as unknown as Status;
    expect(namesOf(status, 'server', undefined).map(({ word }) => word)).toEqual(['s1', 's2']);
    expect(namesOf(status, 'server', 'mail')).toEqual([{ word: 's1', about: 'active, mail' }]);
  });

  test('where no controller answers nothing is said', async () => {
    const outcome = await runCommand(['completion', 'bash', '--', 'drain', '--state-dir', '/nowhere', '']);
    expect(outcome).toMatchObject({ status: 0, stdout: '', stderr: '' });
  });
});

/** Runs a script of a shell in which `mooring` is this tree's. */
function shellLines(shell: string, define: string, script: string): string[] {
  const { stdout, stderr } = spawnSync(shell, ['-c', `${define}\n${script}`], { encoding: 'utf8' });
  expect(stderr).toBe('');
  return stdout.split('\n').filter((line) => line !== '');
}

describe('mooring completion', () => {
  test('in bash', async () => {
    const { status, stdout } = await runCommand(['completion', 'bash']);
    expect(status).toBe(0);
    const define = `mooring() { '${process.execPath}' '${COMMAND}' "$@"; }`;
    const completed = (...words: string[]): string[] => {
      const list = words.map((word) => `'${word}'`).join(' ');
      const asked = `COMP_WORDS=(${list}); COMP_CWORD=${words.length - 1}; _mooring; printf '%s\\n' "\${COMPREPLY[@]}"`;
      return shellLines('bash', define, `${stdout}\n${asked}`);
    };
    expect(completed('mooring', 'sw')).toEqual(['swap', 'switch']);
    // bash parts words at the equals sign.
    expect(completed('mooring', 'explain', '--kind', '=')).toEqual(['SYN', 'data', 'FIN']);
    expect(completed('mooring', 'explain', '--kind', '=', 'S')).toEqual(['SYN']);
    expect(completed('mooring', 'diff', '/bin/bas')).toContain('/bin/bash');
  });

  const fish = spawnSync('fish', ['--version']).error === undefined;
  test(fish ? 'in fish' : 'in fish: not run because it is not installed', async () => {
    const { stdout } = await runCommand(['completion', 'fish']);
    if (!fish) {
      expect(stdout).toContain('complete -c mooring');
      return;
    }
    const define = `function mooring; '${process.execPath}' '${COMMAND}' $argv; end`;
    const completed = (line: string): string[] =>
      shellLines('fish', define, `${stdout}\ncomplete -C '${line}'`).map((found) => found.split('\t')[0]!);
    expect(completed('mooring sw')).toEqual(['swap', 'switch']);
    expect(completed('mooring plan affinity ')).toEqual(expect.arrayContaining(['client', 'connection']));
    expect(completed('mooring diff /bin/bas')).toContain('/bin/bash');
  });

  test('an unknown shell is a usage error that names the known ones', async () => {
    const { status, stderr } = await runCommand(['completion', 'tcsh']);
    expect(status).toBe(2);
    expect(stderr).toContain('valid: bash, zsh, fish');
  });
});
