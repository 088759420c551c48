/**
 * `mooring add-vip` and `mooring remove-vip`: whole virtual addresses come and go. A new one
 * is described by the same YAML that `mooring.yaml` has under `vips`, so that there is one description to learn.
 */
import { readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { OperationRequest } from '@mooring/controller/control';
import type { CommandContext, ParsedCommand } from '../command-line/command.ts';
import { CommandFailure } from '../command-line/errors.ts';
import { OPERATION_WORDS, requestExtras } from '../control-client/operation-arguments.ts';
import { DEADLINE_OPTION, OPERATION_OPTIONS, runOperation, runRequest } from '../control-client/operation-command.ts';

const OPTIONS = OPERATION_OPTIONS.filter(({ name }) => name !== 'vip' && name !== 'ramp');

export const addVipCommand: ParsedCommand = {
  kind: 'parsed',
  syntax: {
    name: 'add-vip',
    summary: 'serve one more virtual address',
    description: 'Takes the virtual address NAME from FILE, a mooring.yaml that lists it, and serves it from now on.',
    arguments: [
      { name: 'NAME', description: 'name of the virtual address' },
      { name: 'FILE', description: 'a configuration that lists it' },
    ],
    options: OPTIONS,
    examples: [{ command: 'mooring add-vip mail mooring.yaml', does: 'begins to serve `mail`' }],
  },
  async run(context, parsed) {
    const [name = '', file = ''] = parsed.positional;
    const vipDefinition = await readVip(context, name, file);
    return runOperation(context, parsed, { ...requestExtras(parsed), kind: 'add-vip', vip: name, vipDefinition });
  },
};

export const removeVipCommand: ParsedCommand = {
  kind: 'parsed',
  syntax: {
    name: 'remove-vip',
    summary: 'stop serving a virtual address, once its connections have ended',
    description:
      'New connections to VIP get no answer from now on; those that exist live until they end, or until the deadline\n' +
      'ends them. Its servers are drained with it.',
    arguments: OPERATION_WORDS['remove-vip'],
    options: [DEADLINE_OPTION, ...OPTIONS],
    examples: [{ command: 'mooring remove-vip mail --deadline 3600', does: 'ends what is left in an hour' }],
  },
  run: runRequest('remove-vip'),
};

async function readVip(
  context: CommandContext,
  name: string,
  file: string,
): Promise<NonNullable<OperationRequest['vipDefinition']>> {
  const { ConfigurationError, readConfiguration } = await import('@mooring/controller');
  const path = isAbsolute(file) ? file : join(context.workingDirectory, file);
  try {
    const { vips } = readConfiguration(file, readFileSync(path, 'utf8'));
    const vip = vips.find((candidate) => candidate.name === name);
    if (vip === undefined) {
      throw new CommandFailure(`${file} lists no virtual address '${name}'`, {
        code: 'NOT_FOUND',
        field: 'NAME',
        choices: vips.map((candidate) => candidate.name),
      });
    }
    const { address, port, protocol, buckets, affinity, hashSeed, mac, servers } = vip;
    const plain = servers.map(({ name: server, address: own, port: listens, weight, mac: its, switchPort, spare }) => ({
      name: server,
      address: own,
      port: listens,
      weight,
      ...(its === undefined ? {} : { mac: its }),
      ...(switchPort === undefined ? {} : { switchPort }),
      spare,
    }));
    const seed = hashSeed === undefined ? {} : { hashSeed };
    return { address, port, protocol, buckets, affinity, ...seed, mac, servers: plain };
  } catch (error) {
    if (error instanceof ConfigurationError) throw new CommandFailure(error.message, { code: 'CONFIGURATION' });
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    throw new CommandFailure(`cannot read ${file}: ${(error as Error).message}`, { code: 'NO_FILE', field: 'FILE' });
  }
}
