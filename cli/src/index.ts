/**
 * Entry point of the `mooring` command: finds the subcommand, gives it its surroundings, prints what it throws and sets
 * the exit status. This is the only place that may end the process. Ctrl-C, SIGTERM and SIGHUP fire the context's
 * signal so that a command can clean up; a second one ends the process at once.
 */
import { type CommandContext, type ExitStatus, printResult } from './command-line/command.ts';
import { didYouMean } from './command-line/did-you-mean.ts';
import { CommandFailure, errorText, exitStatusOf, UsageError } from './command-line/errors.ts';
import { helpText, parseArguments } from './command-line/options.ts';
import { COMMANDS } from './commands/registry.ts';

/** The overview printed by `mooring --help`. */
export function overviewText(): string {
  const width = Math.max(...COMMANDS.map((command) => command.name.length));
  return [
    'Usage: mooring COMMAND [options]',
    '',
    'Mooring changes the servers behind a virtual address without resetting a connection.',
    '',
    'Commands:',
    ...COMMANDS.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`),
    '',
    'mooring COMMAND --help explains a command. Exit status: 0 done, 1 refused or failed, 2 usage.',
    '',
  ].join('\n');
}

/** Runs one command line and returns its exit status; throws nothing. */
export async function run(argv: readonly string[], context: CommandContext): Promise<ExitStatus> {
  const json = argv.includes('--json');
  try {
    return await dispatch(argv, context);
  } catch (error) {
    if (error instanceof UsageError || error instanceof CommandFailure) {
      if (json) printResult(context, true, { ok: false, error: error.details }, '');
      else context.stderr.write(`mooring: ${errorText(error.details)}`);
    } else {
      const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
      if (json) printResult(context, true, { ok: false, error: { code: 'INTERNAL', message: stack } }, '');
      else context.stderr.write(`mooring: internal error, please report it\n${stack}\n`);
    }
    return exitStatusOf(error);
  }
}

async function dispatch(argv: readonly string[], context: CommandContext): Promise<ExitStatus> {
  const [name, ...rest] = argv;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    context.stdout.write(overviewText());
    return name === undefined ? 2 : 0;
  }
  const entry = COMMANDS.find((command) => command.name === name);
  if (!entry) {
    const names = COMMANDS.map((command) => command.name);
    const near = didYouMean(name, names);
    throw new UsageError(`unknown command '${name}'`, {
      choices: names,
      hint: near ? `Did you mean mooring ${near}?` : 'See mooring --help.',
    });
  }
  const command = await entry.load();
  if (command.kind === 'raw') return command.run(context, rest);
  const parsed = parseArguments(command.syntax, rest);
  if (parsed.flags.has('help')) {
    context.stdout.write(helpText(command.syntax));
    return 0;
  }
  return command.run(context, parsed);
}

/** Runs the process's command line and ends the process with its exit status. */
export async function main(argv: readonly string[]): Promise<void> {
  const controller = new AbortController();
  let isInFront = true;
  const stop = (name: NodeJS.Signals): void => {
    if (name === 'SIGINT' && !isInFront) return;
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, stop);
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
  });
  const status = await run(argv, {
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: process.stdin,
    environment: process.env,
    workingDirectory: process.cwd(),
    signal: controller.signal,
    leaveInterrupts: () => {
      isInFront = false;
    },
  });
  process.exitCode = status;
  // Output to a pipe is asynchronous: end only when it has left.
  process.stdout.write('', () => process.stderr.write('', () => process.exit(status)));
}
