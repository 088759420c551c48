/**
 * Command lines at random: whatever is typed after an operating command ends in 0, 1 or 2 with words, never in a stack.
 * There is no controller at the state directory, so that nothing can be half done; what the controller makes of
 * requests is tested on its own side.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { COMMANDS } from '../../src/commands/registry.ts';
import { runCommand } from './run.ts';

const directory = mkdtempSync(join(tmpdir(), 'mooring-fuzz-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Those that start something, or read a program's input: not here. */
const OTHERS = new Set([
  'demo',
  'up',
  'switch',
  'stf',
  'compile',
  'explain',
  'agent',
  'bench',
  'watch',
  'types',
  'completion',
  'man',
  'doctor',
]);
const names = COMMANDS.map(({ name }) => name).filter((name) => !OTHERS.has(name));

test('operating commands refuse nonsense with words', async () => {
  const word = fc.oneof(
    fc.constantFrom(
      's1',
      's2',
      '3',
      '-1',
      '0',
      '#4',
      '--json',
      '--vip',
      '--deadline',
      '--ramp',
      '--approve',
      '--queue',
      '--weight',
      '--',
      '-d',
      '',
      'add',
      'swap',
      'apply',
      '1e99',
      '/dev/null',
    ),
    fc.string({ maxLength: 12 }),
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...names), fc.array(word, { maxLength: 6 }), async (name, words) => {
      fc.pre(!words.includes('--watch') && !words.includes('-w'));
      const { status, stdout, stderr } = await runCommand([name, '--state-dir', directory, ...words]);
      expect([0, 1, 2]).toContain(status);
      expect(`${stdout}${stderr}`).not.toContain('internal error');
      expect(`${stdout}${stderr}`).not.toContain('INTERNAL');
      expect(`${stdout}${stderr}`.length).toBeGreaterThan(5);
    }),
    { numRuns: 100 },
  );
});
