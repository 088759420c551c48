/**
 * What the terminal UI can ask of a running controller, and how its orders are carried out: by the very commands, in
 * this process, with their output caught. So there is nothing that can be done from the screen and not from a shell,
 * refusals read the same, and the audit log knows both alike.
 */
import { PassThrough } from 'node:stream';
import type { ControlClient } from '@mooring/controller/control';
import type { CommandContext } from '../command-line/command.ts';
import { COMMANDS } from '../commands/registry.ts';
import { traceLines } from '../explain/trace-lines.ts';
import { refusalOf } from '../ui/commands.ts';
import type { CommandResult, UiServices } from '../ui/results.ts';
import { connectionView, switchDetails } from './query-views.ts';

/** Catches what a command writes. */
function catcher(): { readonly stream: PassThrough; text(): string } {
  const stream = new PassThrough();
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return { stream, text: () => Buffer.concat(chunks).toString('utf8') };
}

/**
 * The command line with this controller's state directory, and `--detach` where it would wait: the screen shows the
 * rest.
 */
async function completed(argv: readonly string[], stateDirectory: string): Promise<readonly string[]> {
  const [name, ...rest] = argv;
  const command = await COMMANDS.find((entry) => entry.name === name)?.load();
  if (command === undefined || command.kind === 'raw') return argv;
  const has = (option: string): boolean => command.syntax.options.some((candidate) => candidate.name === option);
  const given = (...spellings: string[]): boolean =>
    rest.some((argument) => spellings.some((spelling) => argument === spelling || argument.startsWith(`${spelling}=`)));
  return [
    ...argv,
    ...(has('detach') && !given('--detach', '-d') ? ['--detach'] : []),
    ...(has('state-dir') && !given('--state-dir') ? [`--state-dir=${stateDirectory}`] : []),
  ];
}

async function runCommand(
  context: CommandContext,
  stateDirectory: string,
  argv: readonly string[],
): Promise<CommandResult> {
  const refusal = refusalOf(argv);
  if (refusal !== undefined) throw new Error(refusal);
  const { run } = await import('../index.ts');
  const [stdout, stderr] = [catcher(), catcher()];
  const status = await run(await completed(argv, stateDirectory), {
    ...context,
    stdout: stdout.stream,
    stderr: stderr.stream,
  });
  // What was written is handed on in the next turns of the loop.
  await new Promise((resolve) => setImmediate(resolve));
  return { status, stdout: stdout.text(), stderr: stderr.text() };
}

/**
 * `192.0.2.7:51514`, or with the port it has connected to behind it: `192.0.2.7:51514 443`. What is no number is
 * refused where it is asked for.
 */
function clientAndPort(text: string): { readonly address: string; readonly port: number | undefined } {
  const [address = '', port] = text.trim().split(/\s+/);
  return { address, port: port === undefined ? undefined : Number(port) };
}

/**
 * Services on a controller.
 *
 * @param stateDirectory the controller's; undefined: no orders are taken
 */
export function controllerServices(
  context: CommandContext,
  client: ControlClient,
  stateDirectory: string | undefined,
): UiServices {
  return {
    runCommand: stateDirectory === undefined ? undefined : (argv) => runCommand(context, stateDirectory, argv),
    async search(text, vip) {
      const { address, port } = clientAndPort(text);
      const { connections, omitted } = await client.connections(address, vip, port);
      return { connections: connections.map(connectionView), omitted };
    },
    async readSwitch() {
      return switchDetails(await client.switchDetails());
    },
    async trace({ client: text, vip, packet }) {
      const [{ traceConnection }, { formatTrace }] = await Promise.all([
        import('../explain/trace-connection.ts'),
        import('@mooring/softswitch'),
      ]);
      const { address, port } = clientAndPort(text);
      const { events } = await traceConnection(client, { client: address, vip, vipPort: port, packet });
      return traceLines(events, formatTrace);
    },
  };
}
