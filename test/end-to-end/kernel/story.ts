/**
 * Stories that are told inside namespaces of their own (`network.mjs`): which way there is to make those here, and a
 * story's outcome.
 */
import { execFile, spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const folder = dirname(dirname(fileURLToPath(import.meta.url)));
const command = join(dirname(dirname(folder)), 'cli', 'bin', 'mooring.mjs');
const LONGEST_STORY_MS = 120_000;
const NAMESPACES = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
const TRIAL = ['sh', '-c', 'ip link set lo up && ip link add mooring0 type veth peer name mooring1'];

const variants = [NAMESPACES, ['--user', '--map-root-user', ...NAMESPACES]];
const unshare = variants.find((variant) => spawnSync('unshare', [...variant, ...TRIAL]).status === 0);

/**
 * A test of what comes of `NAME/world.mjs`, which prints it as one line of JSON.
 * @param words what the story is given besides the command
 */
export function testStory<Outcome>(
  title: string,
  name: string,
  words: () => readonly string[],
  judge: (outcome: Outcome) => void,
): void {
  if (unshare === undefined) {
    test(`${title}: not run because network namespaces are not permitted here`, () => {
      expect(unshare).toBeUndefined();
    });
    return;
  }
  test(
    title,
    async () => {
      const story = [...unshare, process.execPath, join(folder, name, 'world.mjs'), command, ...words()];
      const env = { ...process.env, MOORING_NO_BUILD: '1' };
      const { stdout } = await promisify(execFile)('unshare', story, { env });
      judge(JSON.parse(stdout) as Outcome);
    },
    LONGEST_STORY_MS,
  );
}
