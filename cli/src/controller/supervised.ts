/**
 * Runs a controller inside this process until the command is asked to end: starts it, shows what it does (full screen on
 * a terminal, else its log line by line), and stops it in good order. The display is fed through the control socket like any other
 * client's, so that what it shows is what `mooring status` would.
 */
import { ControlClient } from '@mooring/controller/control';
import type { CommandContext } from '../command-line/command.ts';
import { feedDisplay } from '../control-client/feed.ts';
import type { LoadBalancerProgram } from '../program/load-balancer.ts';
import { openDisplay } from '../ui/display.ts';

/** What this needs of the controller's package. */
interface ControllerModule {
  startController(options: unknown): Promise<{ readonly stateDir: string; stop(): Promise<void> }>;
}

/** What to run and how to show it. */
export interface SupervisedOptions {
  readonly configurationFile: string;
  readonly stateDirectory: string | undefined;
  readonly switchAddress: string;
  readonly program: LoadBalancerProgram;
  readonly pins: boolean;
  /** Plain lines even on a terminal. */
  readonly plain: boolean;
  /** Log lines as JSON objects. */
  readonly json: boolean;
}

/** Runs until the context's signal fires or the user quits the display. */
export async function startSupervised(context: CommandContext, options: SupervisedOptions): Promise<void> {
  const fullScreen = !options.plain && !options.json && context.stdout.isTTY === true;
  const print = (level: string, text: string): void => {
    const line = options.json ? JSON.stringify({ time: new Date().toISOString(), level, text }) : `${level} ${text}`;
    context.stdout.write(`${line}\n`);
  };
  const { startController } = (await import('@mooring/controller')) as unknown as ControllerModule;
  const controller = await startController({
    configuration: { kind: 'file', path: options.configurationFile },
    program: { p4info: options.program.p4info, deviceConfig: Buffer.from(options.program.deviceConfig, 'utf8') },
    switchAddress: options.switchAddress,
    ...(options.stateDirectory === undefined ? {} : { stateDir: options.stateDirectory }),
    pins: options.pins,
    ...(fullScreen ? {} : { onLog: print }),
  });
  const quit = new AbortController();
  const signal = AbortSignal.any([context.signal, quit.signal]);
  try {
    if (fullScreen) await show(context, controller.stateDir, options, signal, () => quit.abort());
    else if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  } finally {
    await controller.stop();
  }
}

async function show(
  context: CommandContext,
  stateDirectory: string,
  options: SupervisedOptions,
  signal: AbortSignal,
  onQuit: () => void,
): Promise<void> {
  const startedMs = performance.now();
  const elapsedMs = (): number => performance.now() - startedMs;
  const display = await openDisplay(context, {
    title: 'mooring up',
    subtitle: `${options.configurationFile} · switch ${options.switchAddress}`,
    withLoad: false,
    onQuit,
    plain: false,
  });
  const clock = setInterval(() => display.dispatch({ kind: 'clock', elapsedMs: elapsedMs() }), 500);
  try {
    const client = ControlClient.inStateDir(stateDirectory);
    await feedDisplay(client, (event) => display.dispatch(event), { signal, intervalMs: 200, elapsedMs });
  } finally {
    clearInterval(clock);
    display.close();
  }
}
