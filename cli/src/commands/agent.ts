/**
 * `mooring agent`: runs on a server and tells a load balancer's controller what only the server knows: which
 * connections it holds, and how full its accept queue is. It reads the kernel's socket list and changes nothing; it
 * needs no privilege, only a certificate.
 */
import { isAbsolute, join } from 'node:path';
import type { CommandContext, ExitStatus, ParsedCommand } from '../command-line/command.ts';
import { CommandFailure, UsageError } from '../command-line/errors.ts';
import type { ParsedArguments } from '../command-line/options.ts';
import { wholeNumber } from '../control-client/operation-arguments.ts';

const DEFAULT_LISTEN = '127.0.0.1:7946';
const FILES = ['certificate', 'key', 'ca'] as const;

export const agentCommand: ParsedCommand = {
  kind: 'parsed',
  syntax: {
    name: 'agent',
    summary: 'on a server: tell the controller its connections and its accept queue',
    description:
      'Serves reports over HTTPS to whoever shows a certificate that the authority CA has signed. With agents a drain ends\n' +
      'with its last connection instead of a silence, and silent connections are never taken for ended. Runs until Ctrl-C.',
    arguments: [],
    options: [
      {
        name: 'listen',
        kind: 'text',
        value: 'HOST:PORT',
        description: `where to listen (default ${DEFAULT_LISTEN})`,
      },
      {
        name: 'service',
        short: 's',
        kind: 'list',
        value: 'PORT',
        description: 'a port that may be asked for; repeatable (default: all)',
      },
      { name: 'certificate', kind: 'text', value: 'FILE', description: "the agent's certificate (PEM)" },
      { name: 'key', kind: 'text', value: 'FILE', description: 'its private key (PEM)' },
      { name: 'ca', kind: 'text', value: 'FILE', description: "the authority of the controller's certificate (PEM)" },
    ],
    examples: [
      {
        command: 'mooring agent --listen 10.0.0.11:7946 -s 8080 --certificate s1.pem --key s1.key --ca ca.pem',
        does: 'reports the service at port 8080',
      },
    ],
  },
  run,
};

async function run(context: CommandContext, parsed: ParsedArguments): Promise<ExitStatus> {
  const listen = parsed.texts.get('listen') ?? DEFAULT_LISTEN;
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:\s]+)):(\d{1,5})$/.exec(listen);
  if (match === null || Number(match[3]) > 65_535) {
    throw new UsageError(`--listen expects HOST:PORT, not '${listen}'`, { field: '--listen' });
  }
  const services = (parsed.lists.get('service') ?? []).map((word) => wholeNumber(word, '--service'));
  const [certificate, key, ca] = FILES.map((name) => {
    const file = parsed.texts.get(name);
    if (file === undefined) throw new UsageError(`mooring agent needs --${name} FILE`, { field: `--${name}` });
    return isAbsolute(file) ? file : join(context.workingDirectory, file);
  }) as [string, string, string];
  const { readCertificates, startAgent } = await import('@mooring/server-agent');
  let agent: Awaited<ReturnType<typeof startAgent>>;
  try {
    const host = match[1] ?? match[2]!;
    agent = await startAgent({ host, port: Number(match[3]), services, ...readCertificates({ certificate, key, ca }) });
  } catch (error) {
    throw new CommandFailure(`the agent cannot start: ${(error as Error).message}`, { code: 'AGENT' });
  }
  const json = parsed.flags.has('json');
  const text = `listening at ${match[1] === undefined ? match[2] : `[${match[1]}]`}:${agent.port}`;
  context.stdout.write(json ? `${JSON.stringify({ ok: true, port: agent.port })}\n` : `${text}\n`);
  await new Promise<void>((resolve) => {
    if (context.signal.aborted) resolve();
    else context.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await agent.close();
  return 0;
}
