/**
 * `mooring mininet`: a topology of the folder `topologies` in Mininet, with switch, controller and web servers. Mininet
 * is a Python library, so the work is done by `topologies/launch.py`; this command finds the file, says what is missing
 * before Python would, and passes on stop signals. The launcher lives in namespaces of its own and takes everything
 * with it when it ends, or is killed.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { findBmv2 } from '@mooring/bmv2-harness/bmv2';
import { type CommandContext, type ExitStatus, type ParsedCommand, printResult } from '../command-line/command.ts';
import { didYouMean } from '../command-line/did-you-mean.ts';
import { CommandFailure, UsageError } from '../command-line/errors.ts';
import type { ParsedArguments } from '../command-line/options.ts';
import { repositoryRoot } from '../command-line/repository.ts';

/** Debian's Python, for which Debian's Mininet is installed. */
const PYTHON = '/usr/bin/python3';
const SWITCHES = ['softswitch', 'bmv2'];

export const mininetCommand: ParsedCommand = {
  kind: 'parsed',
  syntax: {
    name: 'mininet',
    summary: 'run a topology in Mininet',
    description:
      'Builds a topology with its switches, controllers and web servers in Mininet, and opens its prompt. Needs root and\n' +
      'the packages mininet, python3-yaml, ethtool and curl. Everything runs in namespaces of its own: nothing is left\n' +
      'behind, however it ends.',
    arguments: [{ name: 'TOPOLOGY', description: 'a YAML file, or the name of one in topologies/', optional: true }],
    options: [
      {
        name: 'switch',
        kind: 'text',
        value: 'KIND',
        description: 'softswitch (default) or bmv2',
        choices: ['softswitch', 'bmv2'],
      },
      { name: 'test', kind: 'flag', description: "carry out the file's operations under load; the exit status tells" },
      { name: 'load', kind: 'flag', description: 'keep connections to the service open' },
      {
        name: 'agents',
        kind: 'flag',
        description: 'run an agent on every server; drains end with the last connection',
      },
      { name: 'ui', kind: 'flag', description: "open the controller's screen instead of Mininet's prompt" },
      { name: 'clean', kind: 'flag', description: 'end every topology that runs, remove what killed ones left' },
    ],
    examples: [
      { command: 'sudo mooring mininet one-switch', does: 'opens the prompt; then: h1 curl -s 10.0.0.1' },
      { command: 'sudo mooring mininet leaf-spine --switch bmv2 --test', does: 'swaps and drains servers on BMv2' },
    ],
  },
  run,
};

async function run(context: CommandContext, parsed: ParsedArguments): Promise<ExitStatus> {
  const launcher = join(repositoryRoot(), 'topologies', 'launch.py');
  const isClean = parsed.flags.has('clean');
  const kind = parsed.texts.get('switch') ?? 'softswitch';
  if (!SWITCHES.includes(kind))
    throw new UsageError(`there is no switch '${kind}'`, { field: '--switch', choices: SWITCHES });
  const topology = isClean ? [] : [findTopology(context, parsed.positional[0])];
  requireMachine(context, isClean ? 'softswitch' : kind);
  const flags = ['test', 'load', 'agents', 'ui', 'clean']
    .filter((name) => parsed.flags.has(name))
    .map((name) => `--${name}`);
  const json = parsed.flags.has('json');
  const isInFront = !isClean && !parsed.flags.has('test');
  if (isInFront) context.leaveInterrupts?.();
  const started = performance.now();
  const child = spawn(PYTHON, [launcher, ...topology, '--switch', kind, ...flags], {
    stdio: ['inherit', json ? 2 : 'inherit', 'inherit'],
    env: { ...context.environment, MOORING_NO_BUILD: '1' },
  });
  const stop = () => child.kill('SIGTERM');
  context.signal.addEventListener('abort', stop, { once: true });
  if (context.signal.aborted) stop();
  const status = await new Promise<number>((done, fail) => {
    child.on('error', fail);
    child.on('exit', (code) => done(code === 0 ? 0 : 1));
  });
  if (json) {
    const seconds = Math.round((performance.now() - started) / 100) / 10;
    printResult(context, true, { ok: status === 0, topology: topology[0], switch: kind, seconds }, '');
  }
  return status;
}

/** The file that is meant. */
function findTopology(context: CommandContext, named: string | undefined): string {
  const folder = join(repositoryRoot(), 'topologies');
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => name.slice(0, -'.yaml'.length));
  if (named === undefined)
    throw new UsageError('mooring mininet needs a TOPOLOGY', { field: 'TOPOLOGY', choices: names });
  const candidates = [resolve(context.workingDirectory, named), join(folder, `${named}.yaml`), join(folder, named)];
  const found = candidates.find((path) => path.endsWith('.yaml') && existsSync(path));
  if (found !== undefined) return found;
  const near = didYouMean(named, names);
  throw new UsageError(`there is no topology '${named}'`, {
    field: 'TOPOLOGY',
    choices: names,
    hint: near ? `Did you mean ${near}?` : 'Name a YAML file, or one of these.',
  });
}

function requireMachine(context: CommandContext, kind: string): void {
  const hint = 'See: mooring doctor mininet';
  if (process.getuid?.() !== 0)
    throw new CommandFailure('Mininet needs root', { code: 'NOT_ROOT', hint: 'Run it with sudo.' });
  if (spawnSync(PYTHON, ['-c', 'import mininet, yaml']).status !== 0) {
    throw new CommandFailure(`${PYTHON} has no Mininet or no YAML: apt install mininet python3-yaml ethtool curl`, {
      code: 'NO_MININET',
      hint,
    });
  }
  if (kind === 'bmv2' && findBmv2(context.environment) === undefined)
    throw new CommandFailure('simple_switch_grpc is not installed', {
      code: 'NO_BMV2',
      hint: 'See: mooring doctor bmv2',
    });
}
