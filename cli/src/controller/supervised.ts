/**
 * Runs a controller inside this process until the command is asked to end: starts it, shows what it does (full screen
 * on a terminal, else its log line by line), and stops it in good order. The display is fed through the control socket
 * like any other client's, so that what it shows is what `mooring status` would.
 */
import {
  ConfigurationError,
  IntentConflictError,
  JournalDamagedError,
  type RunningController,
  SocketInUseError,
  SwitchLostError,
  SwitchRefusedError,
  startController,
} from '@mooring/controller';
import type { CommandContext } from '../command-line/command.ts';
import { CommandFailure } from '../command-line/errors.ts';
import { showLive } from '../control-client/live-view.ts';
import type { LoadBalancerProgram } from '../program/load-balancer.ts';

/** What to run and how to show it. */
export interface SupervisedOptions {
  readonly configurationFile: string;
  readonly stateDirectory: string | undefined;
  readonly switchAddress: string;
  /** Whether the switch lives in this process and ends with it. */
  readonly isSwitchEmbedded: boolean;
  readonly program: LoadBalancerProgram;
  readonly pins: boolean;
  /** Plain lines even on a terminal. */
  readonly plain: boolean;
  /** Log lines as JSON objects. */
  readonly json: boolean;
}

/** The controller's refusals to start, with the code that `--json` shows. */
const USER_ERRORS = [
  [ConfigurationError, 'CONFIGURATION'],
  [IntentConflictError, 'CONFLICT'],
  [JournalDamagedError, 'JOURNAL_DAMAGED'],
  [SocketInUseError, 'ALREADY_RUNNING'],
  [SwitchLostError, 'SWITCH_UNREACHABLE'],
  [SwitchRefusedError, 'SWITCH_REFUSED'],
] as const;

/** Runs until the context's signal fires or the user quits the display. */
export async function startSupervised(context: CommandContext, options: SupervisedOptions): Promise<void> {
  const fullScreen = !options.plain && !options.json && context.stdout.isTTY === true;
  const print = (level: string, text: string): void => {
    const line = options.json ? JSON.stringify({ time: new Date().toISOString(), level, text }) : `${level} ${text}`;
    context.stdout.write(`${line}\n`);
  };
  const controller = await start(options, fullScreen ? undefined : print);
  const quit = new AbortController();
  const signal = AbortSignal.any([context.signal, quit.signal]);
  const shown = fullScreen
    ? showLive(context, {
        title: 'mooring up',
        subtitle: `${options.configurationFile} · switch ${options.switchAddress}`,
        stateDirectory: controller.stateDir,
        signal,
        onQuit: () => quit.abort(),
        quitQuestion: options.isSwitchEmbedded
          ? 'stop the controller AND its switch, and all traffic?'
          : 'stop the controller? The switch goes on alone.',
        plain: false,
      })
    : untilAborted(signal);
  try {
    // Rejects when the controller cannot go on; that ends the command with its reason.
    await Promise.race([shown, controller.finished]);
  } finally {
    // The terminal is given back first, so that the reason is printed on the shell's own screen.
    quit.abort();
    await Promise.allSettled([shown]);
    await controller.stop();
  }
}

/** Starts the controller; what a user can cause becomes a failure with a code, anything else stays what it is. */
async function start(
  options: SupervisedOptions,
  onLog: ((level: string, text: string) => void) | undefined,
): Promise<RunningController> {
  try {
    return await startController({
      configuration: { kind: 'file', path: options.configurationFile },
      program: { p4info: options.program.p4info, deviceConfig: Buffer.from(options.program.deviceConfig, 'utf8') },
      switchAddress: options.switchAddress,
      ...(options.stateDirectory === undefined ? {} : { stateDir: options.stateDirectory }),
      pins: options.pins,
      ...(onLog === undefined ? {} : { onLog }),
    });
  } catch (error) {
    const code = USER_ERRORS.find(([kind]) => error instanceof kind)?.[1];
    if (code === undefined) throw error;
    throw new CommandFailure((error as Error).message, { code });
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
