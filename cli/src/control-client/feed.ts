/**
 * Feeds a display from a controller's event stream, and keeps doing so when the controller goes away and comes back:
 * the stream's end is news (`controller-lost`), then it is tried again until the signal fires. What the controller had
 * logged before the stream began is told too, each line once: lines have numbers, which begin anew with each process.
 */
import { type ControlClient, ControllerUnreachableError, type LogLine, type Status } from '@mooring/controller/control';
import type { ViewEvent } from '../ui/model.ts';
import { controllerView } from './view.ts';

const RETRY_INTERVAL_MS = 200;
const CLOCK_INTERVAL_MS = 500;

/** Options of `feedDisplay`. */
export interface FeedOptions {
  readonly signal: AbortSignal;
  /** Least time between two statuses, in milliseconds. */
  readonly intervalMs: number;
  /** Run time for log lines, in milliseconds. Left out: lines have the time of day, and the feed moves the clock. */
  readonly elapsedMs?: () => number;
  readonly onStatus?: (status: Status) => void;
}

/** Runs until the signal fires. */
export async function feedDisplay(
  client: ControlClient,
  dispatch: (event: ViewEvent) => void,
  options: FeedOptions,
): Promise<void> {
  /** When the controller that speaks was started. */
  let startedAtMs: number | undefined;
  let lastSequence = 0;
  // The controller is on this machine: its socket is a file.
  const atMs = ({ timeMs }: LogLine): number =>
    options.elapsedMs === undefined ? timeMs : Math.max(0, options.elapsedMs() - Math.max(0, Date.now() - timeMs));
  const tellTime = (): void => dispatch({ kind: 'clock', nowMs: Date.now() });
  const tellLine = (line: LogLine): void => {
    if (line.sequence <= lastSequence) return;
    lastSequence = line.sequence;
    dispatch({ kind: 'log', line: { atMs: atMs(line), text: line.text, severity: line.level } });
  };
  if (options.elapsedMs === undefined) tellTime();
  const clock = options.elapsedMs === undefined ? setInterval(tellTime, CLOCK_INTERVAL_MS) : undefined;
  try {
    while (!options.signal.aborted) {
      try {
        for await (const event of client.events({ signal: options.signal, intervalMs: options.intervalMs })) {
          if (event.kind === 'status') {
            const { status } = event;
            if (status.startedAtMs !== startedAtMs) lastSequence = 0;
            startedAtMs = status.startedAtMs;
            dispatch({ kind: 'controller', view: controllerView(status) });
            for (const line of status.log) tellLine(line);
            options.onStatus?.(status);
          } else if (event.kind === 'log') tellLine(event.line);
        }
      } catch (error) {
        if (options.signal.aborted) return;
        if (!(error instanceof ControllerUnreachableError)) throw error;
      }
      if (options.signal.aborted) return;
      dispatch({ kind: 'controller-lost' });
      await new Promise((resolve) => setTimeout(resolve, RETRY_INTERVAL_MS));
    }
  } finally {
    clearInterval(clock);
  }
}
