/**
 * Every topology in Mininet, through the command as a user starts it: servers are swapped and drained under connections
 * that must not notice. On the embedded switch, and on BMv2 where it is installed. Then the other half of the promise:
 * however a run ends, nothing is left. What this machine cannot do is said by a test's name and in the closing line.
 */
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findBmv2 } from '@mooring/bmv2-harness/bmv2';
import { afterAll, afterEach, describe, expect, test } from 'vitest';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const command = join(root, 'cli', 'bin', 'mooring.mjs');
const LONGEST_RUN_MS = 180_000;
/** Topologies at a time; each is a world of its own. */
const AT_A_TIME = 2;

// Work directories of these runs only: `--clean` is to leave others alone.
const folder = mkdtempSync(join(tmpdir(), 'mooring-mininet-test-'));
const environment = { ...process.env, TMPDIR: folder };
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const topologies = readdirSync(join(root, 'topologies'))
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => name.slice(0, -'.yaml'.length));

const TRIAL = 'ip link set lo up && ip link add mooring0 type veth peer name mooring1';

/** Why Mininet cannot be used here; undefined if it can. */
function whyNoMininet(): string | undefined {
  if (process.getuid?.() !== 0) return 'Mininet needs root';
  const { status } = spawnSync('/usr/bin/python3', ['-c', 'import mininet, yaml']);
  if (status !== 0) return 'Mininet is not installed (apt install mininet python3-yaml ethtool curl)';
  const trial = spawnSync('unshare', ['--net', '--mount', '--pid', '--fork', '--mount-proc', 'sh', '-c', TRIAL]);
  return trial.status === 0 ? undefined : 'network namespaces are not permitted here';
}

const noMininet = whyNoMininet();
const noBmv2 = findBmv2() === undefined ? 'BMv2 is not installed (mooring doctor bmv2)' : undefined;

async function run(...argv: string[]): Promise<{ status: number; output: string }> {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [command, 'mininet', ...argv], {
      env: environment,
    });
    return { status: 0, output: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { status: code, output: stdout + stderr };
  }
}

/** Lets a few run at a time. */
let running = 0;
const waiting: (() => void)[] = [];
async function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
  if (running >= AT_A_TIME) await new Promise<void>((resolve) => waiting.push(resolve));
  else running++;
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next === undefined) running--;
    else next();
  }
}

for (const [kind, absent] of [
  ['softswitch', noMininet],
  ['bmv2', noMininet ?? noBmv2],
] as const) {
  describe(`topologies on ${kind}`, () => {
    if (absent !== undefined) {
      test(`topologies on ${kind}: not run because ${absent}`, () => expect(absent).not.toBe(''));
      return;
    }
    test.concurrent.each(topologies)(
      '%s: servers change under load and no connection notices',
      async (name) => {
        const { status, output } = await inTurn(() => run(name, '--switch', kind, '--test'));
        expect(output).toMatch(/\*\*\* \d{3,} connections, served by .*; 0 failed/);
        expect(status, output).toBe(0);
      },
      topologies.length * LONGEST_RUN_MS,
    );

    test.concurrent(
      'with agents on the servers',
      async () => {
        const { status, output } = await inTurn(() => run('one-switch', '--switch', kind, '--agents', '--test'));
        expect(output).toMatch(/\*\*\* \d{3,} connections, served by .*; 0 failed/);
        expect(status, output).toBe(0);
      },
      topologies.length * LONGEST_RUN_MS,
    );
  });
}

describe('nothing is left', () => {
  if (noMininet !== undefined) {
    test(`cleaning up after Mininet: not run because ${noMininet}`, () => expect(noMininet).not.toBe(''));
    return;
  }

  const started: ChildProcess[] = [];
  afterEach(() => {
    for (const child of started.splice(0)) child.kill('SIGTERM');
  });

  const directories = () => readdirSync(folder).filter((name) => name.startsWith('mooring-mininet-'));

  /** Starts one and waits for its prompt; gives the run's work directory. */
  async function atPrompt(): Promise<{ child: ChildProcess; directory: string; output: () => string }> {
    const before = directories();
    const child = spawn(process.execPath, [command, 'mininet', 'one-switch'], { stdio: 'pipe', env: environment });
    started.push(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream!.on('data', (data: Buffer) => (output += data.toString()));
    await expect.poll(() => output, { timeout: 60_000 }).toContain('mininet> ');
    const [name] = directories().filter((each) => !before.includes(each));
    return { child, directory: join(folder, name!), output: () => output };
  }

  /** Processes that have to do with a run: its path is in their command lines. */
  function processesOf(directory: string): string[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .filter((pid) => {
        try {
          return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`MOORING_MININET_INSIDE=${directory}\0`);
        } catch {
          return false;
        }
      });
  }

  const gone = (directory: string) =>
    expect
      .poll(() => ({ processes: processesOf(directory), hasDirectory: existsSync(directory) }), { timeout: 30_000 })
      .toEqual({ processes: [], hasDirectory: false });

  test(
    'at the end of the prompt; before, a host reaches the service',
    async () => {
      const { child, directory, output } = await atPrompt();
      expect(processesOf(directory).length).toBeGreaterThan(5);
      child.stdin!.write('h1 curl -s 10.0.0.1\n');
      // What comes before the next prompt would go to the host's command.
      await expect.poll(output, { timeout: 60_000 }).toMatch(/mininet> s[123]\r?\nmininet> $/);
      // Ctrl-C at the prompt is the prompt's.
      child.kill('SIGINT');
      child.stdin!.write('h2 curl -s 10.0.0.1\n');
      await expect.poll(output, { timeout: 60_000 }).toMatch(/(mininet> s[123]\r?\n){2}mininet> $/);
      child.stdin!.end('exit\n');
      await gone(directory);
    },
    LONGEST_RUN_MS,
  );

  test(
    'when the command is stopped, or killed',
    async () => {
      for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
        const { child, directory } = await atPrompt();
        child.kill(signal);
        await gone(directory);
      }
    },
    LONGEST_RUN_MS,
  );

  test(
    'when the launcher is killed: a folder, until --clean or the next start',
    async () => {
      const { directory } = await atPrompt();
      process.kill(Number(readFileSync(join(directory, 'pid'), 'utf8')), 'SIGKILL');
      await expect.poll(() => processesOf(directory), { timeout: 30_000 }).toEqual([]);
      const { output } = await run('--clean');
      expect(output).toMatch(/removed/);
      expect(existsSync(directory)).toBe(false);
    },
    LONGEST_RUN_MS,
  );
});
