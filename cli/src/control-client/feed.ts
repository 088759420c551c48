/**
 * Feeds a display from a controller's event stream, and keeps doing so when the controller goes away and comes back:
 * the stream's end is news (`controller-lost`), then it is tried again until the signal fires.
 */
import { type ControlClient, ControllerUnreachableError, type Status } from '@mooring/controller/control';
import type { ViewEvent } from '../ui/model.ts';
import { controllerView } from './view.ts';

const RETRY_INTERVAL_MS = 200;

/** Options of `feedDisplay`. */
export interface FeedOptions {
  readonly signal: AbortSignal;
  /** Least time between two statuses, in milliseconds. */
  readonly intervalMs: number;
  /** Run time for log lines, in milliseconds. */
  readonly elapsedMs: () => number;
  readonly onStatus?: (status: Status) => void;
}

/** Runs until the signal fires. */
export async function feedDisplay(
  client: ControlClient,
  dispatch: (event: ViewEvent) => void,
  options: FeedOptions,
): Promise<void> {
  while (!options.signal.aborted) {
    try {
      for await (const event of client.events({ signal: options.signal, intervalMs: options.intervalMs })) {
        if (event.kind === 'status') {
          dispatch({ kind: 'controller', view: controllerView(event.status) });
          options.onStatus?.(event.status);
        } else if (event.kind === 'log') {
          const { text, level } = event.line;
          dispatch({ kind: 'log', line: { atMs: options.elapsedMs(), text, severity: level } });
        }
      }
    } catch (error) {
      if (options.signal.aborted) return;
      if (!(error instanceof ControllerUnreachableError)) throw error;
    }
    if (options.signal.aborted) return;
    dispatch({ kind: 'controller-lost' });
    await new Promise((resolve) => setTimeout(resolve, RETRY_INTERVAL_MS));
  }
}
