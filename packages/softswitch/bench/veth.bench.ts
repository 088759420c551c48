// New connections over network interfaces through Mooring's program: this switch and simple_switch_grpc, each in a network namespace of
// its own with two pairs of virtual interfaces, on whatever processors there are together with the load.
//
// Needs Linux and the right to make network namespaces. Two numbers are told: connections a second as they came, and a processor second of
// the switch (all its threads), which other work on the machine does not change.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeConnections } from './connection-load.ts';
import { loadBalancer } from './workloads.ts';

const TICKS = 100;
const WARM_UP_SECONDS = 1;
const SECONDS = 2;
const REPETITIONS = 3;
const UNDER_WAY = 128;

const INTERFACES = { client: 'client0', server: 'server0' };

interface Result {
  readonly perSecond: number;
  readonly perCpuSecond: number;
  readonly givenUp: number;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** In a namespace of its own: starts a switch, loads it, prints what came of it as JSON. */
export async function measureHere(command: readonly string[]): Promise<void> {
  const ip = (...words: string[]) => execFileSync('ip', words, { stdio: 'ignore' });
  ip('link', 'set', 'lo', 'up');
  for (const [host, port] of [
    [INTERFACES.client, 'port0'],
    [INTERFACES.server, 'port1'],
  ] as const) {
    ip('link', 'add', host, 'type', 'veth', 'peer', 'name', port);
    for (const each of [host, port]) {
      writeFileSync(`/proc/sys/net/ipv6/conf/${each}/disable_ipv6`, '1');
      ip('link', 'set', each, 'up');
    }
  }
  const [file, ...words] = command;
  const child: ChildProcess = spawn(file!, words, { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  try {
    // Until the first connection comes through, the switch is starting.
    for (let i = 0; makeConnections(INTERFACES, 0.2, 1).completed === 0; i++) {
      if (child.exitCode !== null || i > 100) throw new Error(`${file} did not start`);
      await pause(100);
    }
    makeConnections(INTERFACES, WARM_UP_SECONDS, UNDER_WAY);
    const before = cpuSeconds(child.pid!);
    const { completed, givenUp, seconds } = makeConnections(INTERFACES, SECONDS, UNDER_WAY);
    const used = cpuSeconds(child.pid!) - before;
    const result: Result = { perSecond: completed / seconds, perCpuSecond: completed / used, givenUp };
    console.log(JSON.stringify(result));
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}

function measure(command: readonly string[], module: string): Result {
  const script = `import(${JSON.stringify(module)}).then((bench) => bench.measureHere(${JSON.stringify(command)}))`;
  const output = execFileSync('unshare', ['--net', process.execPath, '-e', script], { encoding: 'utf8' });
  return JSON.parse(output) as Result;
}

/** What hinders the measurement on this machine; undefined: nothing. */
function hindrance(): string | undefined {
  if (process.platform !== 'linux') return 'needs Linux';
  try {
    execFileSync('unshare', ['--net', 'ip', 'link', 'add', 'probe0', 'type', 'veth', 'peer', 'name', 'probe1'], {
      stdio: 'ignore',
    });
    return undefined;
  } catch {
    return 'needs the right to make network namespaces';
  }
}

function findSimpleSwitchGrpc(): string | undefined {
  const command = process.env.SIMPLE_SWITCH_GRPC ?? 'simple_switch_grpc';
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' });
    return command;
  } catch {
    return undefined;
  }
}

export async function benchmark() {
  const names = ['new connections through Mooring’s program over veth', 'the same, a processor second of the switch'];
  const why = hindrance();
  if (why !== undefined)
    return names.map((name) => ({
      name,
      unit: 'connections/s',
      better: 'higher' as const,
      bar: '>= 3x',
      note: `not measured: ${why}`,
    }));
  const folder = mkdtempSync(join(tmpdir(), 'veth-bench-'));
  try {
    const program = join(folder, 'program.json');
    writeFileSync(program, JSON.stringify(loadBalancer(0, 1).program));
    const ports = ['-i', '0@port0', '-i', '1@port1'];
    const ours = [process.execPath, join(process.cwd(), 'cli/bin/mooring.mjs'), 'switch', ...ports, program];
    const simpleSwitch = findSimpleSwitchGrpc();
    const best: { ours?: Result; theirs?: Result } = {};
    for (let i = 0; i < REPETITIONS; i++) {
      for (const [side, command] of [
        ['ours', [...ours, '--', '--grpc-server-addr', '127.0.0.1:9559']],
        [
          'theirs',
          simpleSwitch === undefined
            ? undefined
            : [simpleSwitch, ...ports, program, '--', '--grpc-server-addr', '127.0.0.1:9559'],
        ],
      ] as const) {
        if (command === undefined) continue;
        const result = measure(command, import.meta.url);
        const known = best[side];
        best[side] = {
          perSecond: Math.max(result.perSecond, known?.perSecond ?? 0),
          perCpuSecond: Math.max(result.perCpuSecond, known?.perCpuSecond ?? 0),
          givenUp: result.givenUp + (known?.givenUp ?? 0),
        };
      }
    }
    return (['perSecond', 'perCpuSecond'] as const).map((key, i) => ({
      name: names[i]!,
      unit: 'connections/s',
      ours: best.ours![key],
      ...(best.theirs === undefined ? {} : { theirs: best.theirs[key] }),
      better: 'higher' as const,
      ...(i === 0 ? { bar: '>= 3x' } : {}),
      note:
        best.theirs === undefined
          ? 'simple_switch_grpc is not installed'
          : `given up: ours ${best.ours!.givenUp}, theirs ${best.theirs.givenUp}`,
    }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
