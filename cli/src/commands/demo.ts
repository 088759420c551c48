/**
 * `mooring demo`: decides where the demo runs (in namespaces of its own, or on simulated hosts) and how, shows it, and
 * prints and writes the report. Seen from outside it is one process: the part that runs inside the namespaces
 * (demo/private-world.ts) is this same command once more.
 */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type CommandContext, type ExitStatus, type ParsedCommand, printResult } from '../command-line/command.ts';
import { CommandFailure, UsageError } from '../command-line/errors.ts';
import type { ParsedArguments } from '../command-line/options.ts';
import type { DemoRunOptions } from '../demo/demo-run.ts';
import { INSIDE_VARIABLE, machineProbe, probeNamespaces, runInside } from '../demo/private-world.ts';
import { createWorkDirectory, removeWorkDirectory, WORK_DIRECTORY_VARIABLE } from '../demo/work-directory.ts';

const DEFAULT_CONNECTIONS = 600;
const DEFAULT_SEED = 1;
const SHORTEST_RUN_SECONDS = 30;
const DEFAULT_LIFETIME_SECONDS = 5;
const LONGEST_LIFETIME_RATIO = 1.5;
/** Connections to open in all in a run of the default size. */
const CONNECTIONS_WANTED = 5_200;
/**
 * Slots in each way of the pin registers: plenty for the demo's few hundred pins, and BMv2 goes over them in seconds.
 */
const SLOTS = 4096;
const SERVERS = 5;
const IN_SERVICE = ['s1', 's2', 's3'];
const DEFAULT_CHAOS_OPERATIONS = 20;
const CHAOS_SERVERS = 8;
const CHAOS_CLASS_SERVERS = 2;
const CHAOS_IN_SERVICE = ['s1', 's2', 's3', 's4', 's5'];
const CHAOS_RESIDENTS = ['s1', 's2'];
const CHAOS_CRASHES = 3;
/**
 * Servers with two links: one that stays and one that may go. Not on BMv2, which receives from no port while one is
 * down.
 */
const CHAOS_TWO_LINKS = ['s2', 's4'];
/**
 * How much longer than its pause a connection may be silent: a record that is sent again and again while the switch is
 * away.
 */
const CHAOS_SILENCE_MS = 3_000;
/**
 * Records a second, over all connections: what clients, servers and switch do together on two processors with room to
 * spare.
 */
const CHAOS_RECORDS_PER_SECOND = 1_000;

export const demoCommand: ParsedCommand = {
  kind: 'parsed',
  syntax: {
    name: 'demo',
    summary: 'watch servers being added, swapped and removed under load',
    description:
      'Compiles the load balancer, starts a switch, a controller, servers and clients, and changes the servers while\n' +
      'hundreds of TCP connections live: one is added, one swapped (with the controller killed in the middle), one\n' +
      'drained and removed. Every byte is checked. Takes under a minute; exit status 1 unless not a single connection\n' +
      'was reset, stalled for over a second or got a wrong byte.',
    arguments: [],
    options: [
      { name: 'no-pins', kind: 'flag', description: 'change servers as a plain hash would, and see the resets' },
      {
        name: 'json',
        kind: 'text',
        value: 'FILE',
        description: 'write the closing report as JSON; - is standard output',
      },
      {
        name: 'switch',
        kind: 'text',
        value: 'COMMAND',
        description: 'use this switch instead of the embedded one, e.g. simple_switch_grpc',
      },
      {
        name: 'program',
        kind: 'text',
        value: 'FILE',
        description: 'BMv2 JSON to use instead of compiling, e.g. p4c-bm2-ss made it',
      },
      { name: 'p4info', kind: 'text', value: 'FILE', description: 'P4Info of that program' },
      { name: 'ipv6', kind: 'flag', description: 'IPv6 in place of IPv4 (kernel hosts only)' },
      { name: 'udp', kind: 'flag', description: 'UDP flows in place of TCP connections (kernel hosts only)' },
      {
        name: 'direct',
        kind: 'flag',
        description: 'servers answer clients directly, untranslated (kernel hosts only)',
      },
      {
        name: 'tunnel',
        kind: 'text',
        value: 'KIND',
        description: 'as --direct, and packets reach servers inside others: ipip or gue (kernel hosts only)',
        choices: ['ipip', 'gue'],
      },
      { name: 'simulated', kind: 'flag', description: "use simulated hosts even where the kernel's can be had" },
      { name: 'seed', kind: 'count', value: 'N', description: `seed of the load (default ${DEFAULT_SEED})` },
      {
        name: 'connections',
        kind: 'count',
        value: 'N',
        description: `connections to keep alive (default ${DEFAULT_CONNECTIONS})`,
      },
      {
        name: 'duration',
        kind: 'count',
        value: 'SECONDS',
        description: `run at least this long (default ${SHORTEST_RUN_SECONDS})`,
      },
      {
        name: 'lifetime',
        kind: 'count',
        value: 'SECONDS',
        description: `mean lifetime of a connection before it is cut off at one and a half times that (default ${DEFAULT_LIFETIME_SECONDS})`,
      },
      {
        name: 'chaos',
        kind: 'count',
        value: 'N',
        bare: DEFAULT_CHAOS_OPERATIONS,
        description: 'N random operations, crashes and restarts in place of the script (default 20; kernel hosts, TCP)',
      },
      { name: 'plain', kind: 'flag', description: 'plain lines instead of the full-screen view' },
    ],
    examples: [
      { command: 'mooring demo', does: 'the demo; as root or not' },
      { command: 'mooring demo --no-pins', does: 'the same without pinning: hundreds of resets' },
      {
        command: 'mooring demo --chaos --connections 2000 --lifetime 8',
        does: '20 random operations, crashes and restarts, many at once',
      },
      {
        command: 'mooring demo --switch simple_switch_grpc --json report.json',
        does: 'on BMv2, with the report in a file',
      },
    ],
  },
  run,
};

async function run(context: CommandContext, parsed: ParsedArguments): Promise<ExitStatus> {
  const inside = context.environment[INSIDE_VARIABLE] === '1';
  if (inside) return play(context, parsed, undefined, context.environment[WORK_DIRECTORY_VARIABLE]!);
  const support = parsed.flags.has('simulated')
    ? ({ kind: 'unavailable', reason: 'asked for by --simulated' } as const)
    : probeNamespaces(machineProbe());
  const workDirectory = createWorkDirectory();
  try {
    if (support.kind === 'unavailable') return await play(context, parsed, support.reason, workDirectory);
    return await runInside(support.unshareArguments, ['demo', ...commandLine(parsed)], workDirectory, context.signal);
  } finally {
    removeWorkDirectory(workDirectory);
  }
}

/** The command line that gives these arguments again. */
function commandLine(parsed: ParsedArguments): string[] {
  return [
    ...[...parsed.flags].map((name) => `--${name}`),
    ...[...parsed.texts].map(([name, value]) => `--${name}=${value}`),
    ...[...parsed.counts].map(([name, value]) => `--${name}=${value}`),
  ];
}

async function play(
  context: CommandContext,
  parsed: ParsedArguments,
  simulatedReason: string | undefined,
  workDirectory: string,
): Promise<ExitStatus> {
  const connections = parsed.counts.get('connections') ?? DEFAULT_CONNECTIONS;
  if (!Number.isInteger(connections) || connections < 2) {
    throw new UsageError('--connections expects a whole number of at least 2', { field: '--connections' });
  }
  const lifetimeMs = (parsed.counts.get('lifetime') ?? DEFAULT_LIFETIME_SECONDS) * 1000;
  if (lifetimeMs < 500) throw new UsageError('--lifetime expects at least 0.5 seconds', { field: '--lifetime' });
  const switchCommand = parsed.texts.get('switch');
  const programFile = parsed.texts.get('program');
  const p4infoFile = parsed.texts.get('p4info');
  if ((programFile === undefined) !== (p4infoFile === undefined)) {
    throw new UsageError('--program and --p4info belong together: give both or neither', { field: '--program' });
  }
  if (switchCommand !== undefined && simulatedReason !== undefined) {
    throw new CommandFailure(`--switch needs kernel hosts: ${simulatedReason}`, { code: 'NO_NAMESPACES' });
  }
  const transport = parsed.flags.has('udp') ? 'udp' : 'tcp';
  const tunnel = tunnelOf(parsed.texts.get('tunnel'));
  if (
    simulatedReason !== undefined &&
    (transport === 'udp' || parsed.flags.has('ipv6') || parsed.flags.has('direct') || tunnel !== undefined)
  ) {
    throw new CommandFailure(`--ipv6, --udp, --direct and --tunnel need kernel hosts: ${simulatedReason}`, {
      code: 'NO_NAMESPACES',
    });
  }
  const chaos = parsed.counts.get('chaos');
  if (chaos !== undefined) checkChaos(chaos, transport, parsed, simulatedReason);
  const quit = new AbortController();
  const signal = AbortSignal.any([context.signal, quit.signal]);
  if (context.environment[INSIDE_VARIABLE] === '1') process.once('disconnect', () => quit.abort());
  const { openDisplay } = await import('../ui/display.ts');
  const jsonFile = parsed.texts.get('json');
  const hosts =
    simulatedReason === undefined
      ? `kernel ${transport.toUpperCase()}${parsed.flags.has('ipv6') ? ' over IPv6' : ''} in network namespaces`
      : `simulated hosts: ${simulatedReason}`;
  const display = await openDisplay(context, {
    title: 'mooring demo',
    subtitle: `${hosts} · ${switchCommand ?? 'embedded switch'}${parsed.flags.has('no-pins') ? ' · PINNING OFF' : ''}`,
    withLoad: true,
    onQuit: () => quit.abort(),
    plain: parsed.flags.has('plain'),
    quiet: jsonFile === '-',
  });
  let report: import('../demo/report.ts').DemoReport;
  try {
    const { runDemo } = await import('../demo/demo-run.ts');
    const { planWorld } = await import('../demo/world-plan.ts');
    const { controllerServices } = await import('../control-client/services.ts');
    const { demoScenes, rampUp } = await import('../demo/scenes.ts');
    const { chaosScene } = await import('../demo/chaos-scene.ts');
    const { DEMO_IDLE_MS } = await import('../demo/configuration.ts');
    const seed = parsed.counts.get('seed') ?? DEFAULT_SEED;
    const language = { ipv6: parsed.flags.has('ipv6'), transport, direct: parsed.flags.has('direct'), tunnel } as const;
    // Slower where there are many connections, so that the load generator keeps up.
    const pauseMs = chaos === undefined ? 500 : Math.max(500, (connections / CHAOS_RECORDS_PER_SECOND) * 1000);
    const twoLinks = switchCommand === undefined ? CHAOS_TWO_LINKS : [];
    const extras = chaos === undefined ? {} : { managed: true, twoLinks, classServers: CHAOS_CLASS_SERVERS };
    const plan = planWorld(chaos === undefined ? SERVERS : CHAOS_SERVERS, 2, language, undefined, extras);
    const options: DemoRunOptions = {
      plan,
      inService: chaos === undefined ? IN_SERVICE : CHAOS_IN_SERVICE,
      scenes:
        chaos === undefined
          ? demoScenes()
          : [
              rampUp(CHAOS_RESIDENTS),
              chaosScene({
                operations: chaos,
                seed,
                residents: CHAOS_RESIDENTS,
                crashes: CHAOS_CRASHES,
                twoLinks,
                clientPrefixes: plan.clientPrefixes,
              }),
            ],
      chaos: chaos !== undefined,
      idleMs: chaos === undefined ? DEMO_IDLE_MS : Math.max(DEMO_IDLE_MS, pauseMs * 1.5 + CHAOS_SILENCE_MS),
      startWorld: async (plan) =>
        simulatedReason === undefined
          ? (await import('../demo/kernel-world.ts')).startKernelWorld(plan)
          : (await import('../demo/simulated-world.ts')).startSimulatedWorld(plan),
      simulatedReason,
      switchCommand,
      pinning: !parsed.flags.has('no-pins'),
      seed,
      load: {
        connections,
        openingsPerSecond: Math.max(50, connections / (lifetimeMs / 2_000)),
        meanLifetimeMs: lifetimeMs,
        longestLifetimeMs: lifetimeMs * LONGEST_LIFETIME_RATIO,
        shortestPauseMs: pauseMs * (chaos === undefined ? 0.4 : 0.5),
        longestPauseMs: pauseMs * (chaos === undefined ? 1.6 : 1.5),
      },
      shortestRunMs: (parsed.counts.get('duration') ?? SHORTEST_RUN_SECONDS) * 1000,
      connectionsWanted: connections >= DEFAULT_CONNECTIONS ? CONNECTIONS_WANTED : 0,
      workDirectory,
      display,
      // The demo goes by its script: questions are answered, orders are not taken.
      servicesOf: (client) => controllerServices(context, client, undefined),
      signal,
      compile: async () => {
        const { compileLoadBalancer, loadBalancerSource, readProgram } = await import('../program/load-balancer.ts');
        return programFile === undefined || p4infoFile === undefined
          ? compileLoadBalancer(loadBalancerSource(), [`MOORING_SLOTS=${SLOTS}`])
          : readProgram(resolve(context.workingDirectory, programFile), resolve(context.workingDirectory, p4infoFile));
      },
    };
    report = await runDemo(options);
  } finally {
    display.close();
  }
  const { reportText } = await import('../demo/report.ts');
  if (jsonFile !== undefined && jsonFile !== '-') {
    writeFileSync(resolve(context.workingDirectory, jsonFile), `${JSON.stringify(report, null, 2)}\n`);
  }
  printResult(context, jsonFile === '-', report, reportText(report));
  return report.ok ? 0 : 1;
}

function tunnelOf(text: string | undefined): 'ipip' | 'gue' | undefined {
  if (text === undefined || text === 'ipip' || text === 'gue') return text;
  throw new UsageError(`--tunnel expects ipip or gue, not ${text}`, { field: '--tunnel' });
}

/** @throws UsageError, CommandFailure where a chaos run cannot be had */
function checkChaos(
  operations: number,
  transport: 'tcp' | 'udp',
  parsed: ParsedArguments,
  simulatedReason: string | undefined,
): void {
  if (!Number.isInteger(operations) || operations < 1) {
    throw new UsageError('--chaos expects a whole number of at least 1', { field: '--chaos' });
  }
  if (transport === 'udp') throw new UsageError('--chaos is for TCP: leave --udp out', { field: '--chaos' });
  if (parsed.flags.has('no-pins')) {
    throw new UsageError('--chaos without pinning would show nothing: leave --no-pins out', { field: '--chaos' });
  }
  if (simulatedReason !== undefined) {
    throw new CommandFailure(`--chaos needs kernel hosts: ${simulatedReason}`, { code: 'NO_NAMESPACES' });
  }
}
