/**
 * The examples run, and the tutorial shows them as they are. Each is a test file as a user would write it, so loading
 * it declares its tests here; the one for node:test runs in a process of its own, on the built packages, as at a
 * user's.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import '../examples/router.test.ts';
import '../examples/time.test.ts';

const room = dirname(dirname(fileURLToPath(import.meta.url)));
const tutorial = readFileSync(join(room, '..', '..', 'docs', 'HARNESS.md'), 'utf8');

test('the example for node:test passes with node:test', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...['--test', '--test-reporter=tap', join(room, 'examples', 'router.node.mjs')],
  ]);
  expect(stdout).toContain('# pass 1\n# fail 0');
});

describe('the tutorial', () => {
  test.each(['router.test.ts', 'router.node.mjs', 'time.test.ts'])('shows %s as it is', (name) => {
    const code = readFileSync(join(room, 'examples', name), 'utf8')
      .replace(/^(\/\/.*\n)+/, '')
      .trim();
    expect(tutorial).toContain(`\n${code}\n`);
  });

  test('shows what a failure says as it is said', async () => {
    const { ExpectationError, startSwitch, ethernet, ipv4, tcp } = await import('../src/index.ts');
    const shown = /```text\n([\s\S]*?)\n```/.exec(tutorial)?.[1];
    await using net = await startSwitch({ program: join(room, 'examples', 'router.p4'), ports: 2 });
    await net.add('routes', { destination: '10.0.0.0/8' }, 'forward', { port: 2, mac: '02:00:00:00:00:03' });
    await net.send(1, [ethernet(), ipv4(), tcp()]);
    const moved = ethernet({ source: '02:00:00:00:00:02', destination: '02:00:00:00:00:03' });
    const error = await net.expect(2, [moved, ipv4({ ttl: 64 }), tcp()]).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ExpectationError);
    const said = (error as Error).message.split('\n');
    for (const line of shown?.split('\n').filter((each) => each !== '...') ?? ['the tutorial shows no failure'])
      expect(said).toContain(line);
  });
});
