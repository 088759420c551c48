/**
 * `mooring up`: compiler, embedded switch and controller in one process, or, with `--switch-address`, the controller
 * alone in front of a switch that runs elsewhere. On a terminal it shows the live view, else one line per event. It
 * ends on Ctrl-C or SIGTERM; the switch's tables stay as they are where the switch goes on, and the journal brings the
 * controller back.
 */
import { existsSync, readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { CommandContext, ExitStatus, ParsedCommand } from '../command-line/command.ts';
import { CommandFailure, UsageError } from '../command-line/errors.ts';
import type { ParsedArguments } from '../command-line/options.ts';

const DEFAULT_LISTEN = '127.0.0.1:9559';
const CPU_PORT = 510;

export const upCommand: ParsedCommand = {
  kind: 'parsed',
  syntax: {
    name: 'up',
    summary: 'run the load balancer: compiler, switch and controller',
    description:
      'Compiles the load balancer, starts the embedded switch on the given interfaces and the controller of\n' +
      'mooring.yaml. With --switch-address the controller drives that switch instead and starts none. The running\n' +
      'controller is operated by mooring status, add, drain, swap, remove and abort. Leaving the full-screen view stops it,\n' +
      'after a question; mooring watch opens a view that can be left.',
    arguments: [],
    options: [
      {
        name: 'config',
        short: 'c',
        kind: 'text',
        value: 'FILE',
        description: 'the configuration (default mooring.yaml)',
      },
      {
        name: 'interface',
        short: 'i',
        kind: 'list',
        value: 'PORT@NAME',
        description: 'a port of the embedded switch and its network interface; repeatable',
      },
      {
        name: 'switch-address',
        kind: 'text',
        value: 'HOST:PORT',
        description: 'drive the switch whose P4Runtime server listens there',
      },
      {
        name: 'listen',
        kind: 'text',
        value: 'HOST:PORT',
        description: `where the embedded switch's P4Runtime server listens (default ${DEFAULT_LISTEN})`,
      },
      {
        name: 'program',
        kind: 'text',
        value: 'FILE',
        description: 'BMv2 JSON to use instead of compiling; with --p4info',
      },
      { name: 'p4info', kind: 'text', value: 'FILE', description: 'P4Info of that program' },
      {
        name: 'state-dir',
        kind: 'text',
        value: 'DIR',
        description: "journal and control socket (default: the configuration's)",
      },
      { name: 'no-pins', kind: 'flag', description: 'change servers as a plain hash would; for comparison only' },
      { name: 'plain', kind: 'flag', description: 'plain lines instead of the full-screen view' },
    ],
    examples: [
      { command: 'mooring up -c mooring.yaml -i 1@eth1 -i 2@eth2', does: 'everything in one process' },
      {
        command: 'mooring up -c mooring.yaml --switch-address 127.0.0.1:9559',
        does: 'drives a switch started by mooring switch, or BMv2',
      },
    ],
  },
  run,
};

async function run(context: CommandContext, parsed: ParsedArguments): Promise<ExitStatus> {
  const absolute = (path: string): string => (isAbsolute(path) ? path : join(context.workingDirectory, path));
  const configurationFile = absolute(parsed.texts.get('config') ?? 'mooring.yaml');
  if (!existsSync(configurationFile)) {
    throw new CommandFailure(`there is no configuration ${configurationFile}`, {
      code: 'NO_CONFIGURATION',
      field: '--config',
      hint: 'Name it with -c FILE; docs/CONFIGURATION.md describes it.',
    });
  }
  const switchAddress = parsed.texts.get('switch-address');
  const interfaces = parsed.lists.get('interface') ?? [];
  if (switchAddress !== undefined && interfaces.length > 0) {
    throw new UsageError('--interface is for the embedded switch; --switch-address says that none is to be started', {
      field: '--interface',
    });
  }
  if (switchAddress === undefined && interfaces.length === 0) {
    throw new UsageError('the embedded switch needs interfaces: -i PORT@NAME, as often as there are ports', {
      field: '--interface',
      hint: 'To drive a switch that runs already, give --switch-address HOST:PORT.',
    });
  }
  const programFile = parsed.texts.get('program');
  const p4infoFile = parsed.texts.get('p4info');
  if ((programFile === undefined) !== (p4infoFile === undefined)) {
    throw new UsageError('--program and --p4info belong together: give both or neither', { field: '--program' });
  }

  // First what is quick to find wrong, then what takes time.
  await checkConfiguration(configurationFile);
  const { compileLoadBalancer, readProgram } = await import('../program/load-balancer.ts');
  const { startSupervised } = await import('../controller/supervised.ts');
  const program =
    programFile === undefined || p4infoFile === undefined
      ? await compileLoadBalancer()
      : readProgram(absolute(programFile), absolute(p4infoFile));
  const listen = parsed.texts.get('listen') ?? DEFAULT_LISTEN;
  const cleanUp: (() => Promise<void>)[] = [];
  try {
    if (switchAddress === undefined) {
      const { startEmbeddedSwitch } = await import('../demo/demo-switch.ts');
      const argv = ['--no-p4', ...interfaces.flatMap((text) => ['-i', text])];
      const running = await startEmbeddedSwitch([
        ...argv,
        '--',
        '--grpc-server-addr',
        listen,
        '--cpu-port',
        String(CPU_PORT),
      ]);
      cleanUp.push(() => running.stop());
    }
    const stateDirectory = parsed.texts.get('state-dir');
    await startSupervised(context, {
      configurationFile,
      stateDirectory: stateDirectory === undefined ? undefined : absolute(stateDirectory),
      switchAddress: switchAddress ?? listen,
      isSwitchEmbedded: switchAddress === undefined,
      program,
      pins: !parsed.flags.has('no-pins'),
      plain: parsed.flags.has('plain'),
      json: parsed.flags.has('json'),
    });
    return 0;
  } finally {
    for (const stop of cleanUp.reverse()) await stop();
  }
}

/** @throws CommandFailure with all that is wrong in the file */
async function checkConfiguration(file: string): Promise<void> {
  const { ConfigurationError, readConfiguration } = await import('@mooring/controller');
  try {
    readConfiguration(file, readFileSync(file, 'utf8'));
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    throw new CommandFailure(error.message, { code: 'CONFIGURATION' });
  }
}
