// New connections and TCP throughput over network interfaces through Mooring's program: this switch and
// simple_switch_grpc, each in a network namespace of its own with two pairs of virtual interfaces, on whatever
// processors there are together with the load.
//
// Needs Linux and the right to make network namespaces. Two numbers are told: connections a second as they came, and a
// processor second of the switch (all its threads), which other work on the machine does not change.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpuSecondsOf } from '@mooring/bmv2-harness/bmv2';
import { turnOffOffloads } from '@mooring/softswitch';
import { findSimpleSwitchGrpc } from './bmv2.ts';
import { makeConnections } from './connection-load.ts';
import { startHost } from './tcp-load.ts';
import { loadBalancer } from './workloads.ts';

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

export { runHost } from './tcp-load.ts';

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Pairs of interfaces between hosts and switch. */
function makeInterfaces(): void {
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
}

/**
 * In a namespace of its own: TCP through a switch, as JSON in Mbit/s. `offloads`: the switch takes
 * segmentation-offloaded packets; for others they are turned off, without which nothing comes through.
 */
export async function measureTcpHere(command: readonly string[], offloads: boolean): Promise<void> {
  makeInterfaces();
  if (!offloads) for (const name of [INTERFACES.client, INTERFACES.server, 'port0', 'port1']) turnOffOffloads(name);
  const common = { seconds: SECONDS, interfaceName: '' };
  const [file, ...words] = command;
  const children = [spawn(file!, words, { stdio: 'ignore' })];
  try {
    const server = await startHost(import.meta.url, {
      ...common,
      role: 'server',
      interfaceName: INTERFACES.server,
      mac: '02:00:00:00:02:01',
      address: '10.0.0.21/8',
      neighbour: { address: '10.1.0.1', mac: '02:00:00:00:00:0a' },
    });
    children.push(server.child as (typeof children)[0]);
    await server.line();
    const client = await startHost(import.meta.url, {
      ...common,
      role: 'client',
      interfaceName: INTERFACES.client,
      mac: '02:00:00:00:00:0a',
      address: '10.1.0.1/8',
      neighbour: { address: '10.0.0.100', mac: '02:00:00:00:01:00' },
    });
    children.push(client.child as (typeof children)[0]);
    console.log(await client.line());
  } finally {
    for (const child of children) child.kill('SIGKILL');
  }
  process.exit(0);
}

/** In a namespace of its own: starts a switch, loads it, prints what came of it as JSON. */
export async function measureHere(command: readonly string[]): Promise<void> {
  makeInterfaces();
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
    const before = cpuSecondsOf(child.pid!);
    const { completed, givenUp, seconds } = makeConnections(INTERFACES, SECONDS, UNDER_WAY);
    const used = cpuSecondsOf(child.pid!) - before;
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

function measureTcp(command: readonly string[], module: string, offloads: boolean): number {
  const words = `${JSON.stringify(command)}, ${offloads}`;
  const script = `import(${JSON.stringify(module)}).then((bench) => bench.measureTcpHere(${words}))`;
  const output = execFileSync('unshare', ['--net', process.execPath, '-e', script], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  return (JSON.parse(output) as { megabitsPerSecond: number }).megabitsPerSecond;
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

const NAMES = {
  perSecond: ["new connections through Mooring's program over veth", 'connections/s', '>= 3x'],
  perCpuSecond: ['the same, a processor second of the switch', 'connections/s', undefined],
  tcp: ["TCP through Mooring's program over veth", 'Mbit/s', '>= 3x'],
} as const;

type Measure = keyof typeof NAMES;

export async function benchmark() {
  const measures = Object.keys(NAMES) as Measure[];
  const row = (measure: Measure, rest: object) => {
    const [name, unit, bar] = NAMES[measure];
    return { name, unit, better: 'higher' as const, ...(bar === undefined ? {} : { bar }), ...rest };
  };
  const why = hindrance();
  if (why !== undefined) return measures.map((measure) => row(measure, { note: `not measured: ${why}` }));
  const folder = mkdtempSync(join(tmpdir(), 'veth-bench-'));
  try {
    const program = join(folder, 'program.json');
    const one = join(folder, 'one-server.json');
    writeFileSync(program, JSON.stringify(loadBalancer(0, 1).program));
    writeFileSync(one, JSON.stringify(loadBalancer(0, 1, 1).program));
    const target = ['--', '--grpc-server-addr', '127.0.0.1:9559'];
    const start = (command: readonly string[], file: string) => [
      ...command,
      ...['-i', '0@port0', '-i', '1@port1', file],
      ...target,
    ];
    const simpleSwitch = findSimpleSwitchGrpc();
    const best: Record<'ours' | 'theirs', Partial<Record<Measure, number>>> = { ours: {}, theirs: {} };
    const givenUp = { ours: 0, theirs: 0 };
    for (let i = 0; i < REPETITIONS; i++) {
      for (const [side, command] of [
        ['ours', [process.execPath, join(process.cwd(), 'cli/bin/mooring.mjs'), 'switch']],
        ['theirs', simpleSwitch === undefined ? undefined : [simpleSwitch]],
      ] as const) {
        if (command === undefined) continue;
        const connections = measure(start(command, program), import.meta.url);
        givenUp[side] += connections.givenUp;
        const tcp = measureTcp(start(command, one), import.meta.url, side === 'ours');
        for (const [key, value] of Object.entries({ ...connections, tcp }) as [Measure, number][])
          if (key in NAMES) best[side][key] = Math.max(value, best[side][key] ?? 0);
      }
    }
    const lost = `; given up: ours ${givenUp.ours}, theirs ${givenUp.theirs}`;
    return measures.map((each) =>
      row(each, {
        ours: best.ours[each],
        ...(simpleSwitch === undefined
          ? { note: 'simple_switch_grpc is not installed' }
          : { theirs: best.theirs[each], note: each === 'tcp' ? 'theirs without offloads' : lost.slice(2) }),
      }),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}
