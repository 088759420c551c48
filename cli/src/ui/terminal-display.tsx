/**
 * The full-screen UI: Ink on the terminal's alternate screen, so that the shell's text is back when it closes. Events change the view
 * at once but are drawn at most ten times a second: a drawn frame is one write of a few kilobytes, and nobody reads faster.
 */
import { type Instance, render, useInput } from 'ink';
import type { ReactElement } from 'react';
import type { CommandContext } from '../command-line/command.ts';
import { type Display, type DisplayOptions, wantsColour } from './display.ts';
import { initialView, reduceView, type View, type ViewEvent } from './model.ts';
import { Screen } from './screen.tsx';

const FRAME_INTERVAL_MS = 100;
const ENTER_ALTERNATE_SCREEN = '\x1b[?1049h\x1b[H';
const LEAVE_ALTERNATE_SCREEN = '\x1b[?1049l';

function Application(props: {
  readonly view: View;
  readonly columns: number;
  readonly rows: number;
  readonly colour: boolean;
  readonly onQuit: () => void;
}): ReactElement {
  useInput((input, key) => {
    if (input === 'q' || (key.ctrl && input === 'c')) props.onQuit();
  });
  return <Screen view={props.view} size={{ columns: props.columns, rows: props.rows, colour: props.colour }} />;
}

/** Draws the view on the terminal. */
export class TerminalDisplay implements Display {
  view: View;
  private readonly instance: Instance;
  private timer: NodeJS.Timeout | undefined;
  private closed = false;
  private readonly onResize = (): void => this.draw();

  constructor(
    private readonly context: CommandContext,
    private readonly options: DisplayOptions,
  ) {
    this.view = initialView(options.title, options.subtitle, options.withLoad);
    context.stdout.write(ENTER_ALTERNATE_SCREEN);
    this.instance = render(this.element(), {
      stdout: context.stdout as NodeJS.WriteStream,
      stdin: context.stdin,
      exitOnCtrlC: false,
      patchConsole: false,
    });
    context.stdout.on('resize', this.onResize);
  }

  dispatch(event: ViewEvent): void {
    this.view = reduceView(this.view, event);
    if (this.closed) return;
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.draw();
    }, FRAME_INTERVAL_MS);
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    if (this.timer) clearTimeout(this.timer);
    this.context.stdout.off('resize', this.onResize);
    this.instance.unmount();
    this.context.stdout.write(LEAVE_ALTERNATE_SCREEN);
  }

  private draw(): void {
    if (!this.closed) this.instance.rerender(this.element());
  }

  private element(): ReactElement {
    return (
      <Application
        view={this.view}
        columns={this.context.stdout.columns ?? 80}
        rows={this.context.stdout.rows ?? 24}
        colour={wantsColour(this.context.environment)}
        onQuit={this.options.onQuit}
      />
    );
  }
}
