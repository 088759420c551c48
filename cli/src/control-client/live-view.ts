/**
 * The live view of a running controller, until it is left or the signal fires: what `watch`, `status --watch` and `up`
 * have in common.
 */
import { ControlClient } from '@mooring/controller/control';
import type { CommandContext } from '../command-line/command.ts';
import { openDisplay } from '../ui/display.ts';
import { feedDisplay } from './feed.ts';
import { controllerServices } from './services.ts';

/** What to show. */
export interface LiveViewOptions {
  readonly title: string;
  readonly subtitle: string;
  /** Absolute. */
  readonly stateDirectory: string;
  readonly signal: AbortSignal;
  readonly onQuit: () => void;
  /** Asked before that, where it stops more than the view. */
  readonly quitQuestion?: string;
  /** Plain lines even on a terminal. */
  readonly plain: boolean;
}

const STATUS_INTERVAL_MS = 100;

/** Runs until the signal fires. */
export async function showLive(context: CommandContext, options: LiveViewOptions): Promise<void> {
  const client = ControlClient.inStateDir(options.stateDirectory);
  const display = await openDisplay(context, {
    title: options.title,
    subtitle: options.subtitle,
    withLoad: false,
    onQuit: options.onQuit,
    ...(options.quitQuestion === undefined ? {} : { quitQuestion: options.quitQuestion }),
    plain: options.plain,
    services: controllerServices(context, client, options.stateDirectory),
  });
  try {
    await feedDisplay(client, (event) => display.dispatch(event), {
      signal: options.signal,
      intervalMs: STATUS_INTERVAL_MS,
    });
  } finally {
    display.close();
  }
}
