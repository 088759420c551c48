/** Completion scripts: the bash one is run by bash itself; the others must name every command and option. */
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { COMMANDS } from '../../src/commands/registry.ts';
import { runCommand } from './run.ts';

describe('mooring completion', () => {
  test('bash completes commands and their options', async () => {
    const { status, stdout } = await runCommand(['completion', 'bash']);
    expect(status).toBe(0);
    const complete = (...words: string[]): string[] => {
      const list = words.map((word) => `'${word}'`).join(' ');
      const script = `${stdout}\nCOMP_WORDS=(${list}); COMP_CWORD=${words.length - 1}; _mooring; printf '%s\\n' "\${COMPREPLY[@]}"`;
      return spawnSync('bash', ['-c', script], { encoding: 'utf8' }).stdout.trim().split('\n');
    };
    expect(complete('mooring', 'sw').sort()).toEqual(['swap', 'switch']);
    expect(complete('mooring', 'drain', '--d').sort()).toEqual(['--deadline', '--detach']);
    expect(complete('mooring', 'demo', '--no')).toEqual(['--no-pins']);
  });

  test('every shell knows every command', async () => {
    for (const shell of ['bash', 'zsh', 'fish']) {
      const { stdout } = await runCommand(['completion', shell]);
      for (const command of COMMANDS) expect(stdout, shell).toContain(command.name);
    }
  });

  test('an unknown shell is a usage error that names the known ones', async () => {
    const { status, stderr } = await runCommand(['completion', 'tcsh']);
    expect(status).toBe(2);
    expect(stderr).toContain('valid: bash, zsh, fish');
  });
});
