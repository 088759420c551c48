/**
 * Where a run's events become visible. One interface, two kinds: the full-screen terminal UI (terminal-display.tsx,
 * loaded only then) and plain lines for pipes, logs and CI. Both keep the same view by the same reducer.
 */
import type { CommandContext } from '../command-line/command.ts';
import { formatCount, formatTime } from './format.ts';
import { initialView, reduceView, type View, type ViewEvent } from './model.ts';
import type { UiServices } from './results.ts';

/** Shows a run. */
export interface Display {
  /** Takes an event; the screen follows within a tenth of a second. */
  dispatch(event: ViewEvent): void;
  readonly view: View;
  /** Gives it whom to ask, once there is somebody. */
  attach(services: UiServices): void;
  /** Gives the terminal back. */
  close(): void;
}

/** What is shown before the first event. */
export interface DisplayOptions {
  readonly title: string;
  readonly subtitle: string;
  readonly withLoad: boolean;
  /** Called when the user asks to end (Ctrl-C or q in the terminal UI). */
  readonly onQuit: () => void;
  /** Plain lines even on a terminal. */
  readonly plain: boolean;
  /** Whom the screen asks and gives orders to, where that is known from the start. */
  readonly services?: UiServices;
  /** What the terminal UI asks before it calls `onQuit`, where that stops more than the screen. */
  readonly quitQuestion?: string;
  /** Nothing at all, because standard output is for a program. */
  readonly quiet?: boolean;
}

/** Whether the environment asks for output without colour (https://no-color.org). */
export function wantsColour(environment: Readonly<Record<string, string | undefined>>): boolean {
  return !environment.NO_COLOR && environment.TERM !== 'dumb';
}

/** Opens the display that fits the output. */
export async function openDisplay(context: CommandContext, options: DisplayOptions): Promise<Display> {
  if (options.quiet) return new PlainDisplay(() => {}, options);
  if (options.plain || !context.stdout.isTTY || context.environment.TERM === 'dumb') {
    return new PlainDisplay((line) => context.stdout.write(`${line}\n`), options);
  }
  // React's development build costs several times the processor time.
  process.env.NODE_ENV ??= 'production';
  const { TerminalDisplay } = await import('./terminal-display.tsx');
  return new TerminalDisplay(context, options);
}

/** Seconds of the run between two lines about the load. */
const LOAD_LINE_INTERVAL_MS = 5_000;

/** One line per thing that happens. */
export class PlainDisplay implements Display {
  view: View;
  private lastLoadLineMs = 0;

  constructor(
    private readonly writeLine: (line: string) => void,
    options: Pick<DisplayOptions, 'title' | 'subtitle' | 'withLoad'>,
  ) {
    this.view = initialView(options.title, options.subtitle, options.withLoad);
    this.writeLine(`${options.title}: ${options.subtitle}`);
  }

  dispatch(event: ViewEvent): void {
    const before = this.view;
    this.view = reduceView(before, event);
    switch (event.kind) {
      case 'log':
        this.line(
          `${event.line.severity === 'info' ? '' : `${event.line.severity}: `}${event.line.text}`,
          event.line.atMs,
        );
        return;
      case 'subtitle':
        this.line(event.text, before.nowMs);
        return;
      case 'controller-lost':
        if (before.controllerReachable)
          this.line('the controller does not answer; the switch goes on alone', before.nowMs);
        return;
      case 'scene': {
        const scene = this.view.scenes[event.index];
        if (scene && event.state === 'running') this.line(`== ${scene.title}`, before.nowMs);
        return;
      }
      case 'tally': {
        if (before.nowMs - this.lastLoadLineMs < LOAD_LINE_INTERVAL_MS) return;
        this.lastLoadLineMs = before.nowMs;
        const { alive, opened, finished, reset, refused, failed, endedEarly, stalled, mismatchedBytes } = event.tally;
        const broken = reset + refused + failed + endedEarly;
        this.line(
          `${formatCount(alive)} live, ${formatCount(opened)} opened, ${formatCount(finished)} finished, ${formatCount(broken)} reset, ${formatCount(stalled)} stalled, ${formatCount(mismatchedBytes)} mismatched bytes`,
          before.nowMs,
        );
        return;
      }
      case 'clock':
      case 'controller':
      case 'scenes':
        return;
      default: {
        const never: never = event;
        throw new Error(`unknown event ${JSON.stringify(never)}`);
      }
    }
  }

  attach(): void {}

  close(): void {}

  private line(text: string, atMs: number): void {
    // These lines may end up in a file that is kept for longer than a day.
    const time = this.view.clock === 'run' ? ` ${formatTime('run', atMs)}` : new Date(atMs).toISOString();
    this.writeLine(`${time}  ${text}`);
  }
}
