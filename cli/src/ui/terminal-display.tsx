/**
 * The full-screen UI: Ink on the terminal's alternate screen, so that the shell's text is back when it closes. Events
 * change the state at once but are drawn at most ten times a second (at once after a key, if the last frame is that
 * long ago): nobody reads faster. Ink owns keyboard and life cycle; rows that changed are written by `RowWriter`.
 */
import { type Instance, render, useInput } from 'ink';
import type { ReactElement } from 'react';
import type { CommandContext } from '../command-line/command.ts';
import { type Display, type DisplayOptions, wantsColour } from './display.ts';
import { Frame } from './frame.tsx';
import { keyNames } from './key-names.ts';
import { initialView, type View, type ViewEvent } from './model.ts';
import { type Answered, reduceUi, type UiEvent } from './reduce.ts';
import type { UiServices } from './results.ts';
import { RowWriter } from './row-writer.ts';
import { screenRows } from './screen.ts';
import { initialState, type UiState } from './state.ts';
import type { UiEffect } from './step.ts';

const FRAME_INTERVAL_MS = 100;
const TICK_MS = 1_000;
const ENTER_SCREEN = '\x1b[?1049h\x1b[?25l';
const LEAVE_SCREEN = '\x1b[?25h\x1b[?1049l';

function Application(props: {
  readonly state: UiState;
  readonly writer: RowWriter;
  readonly onKey: (key: string) => void;
}): ReactElement {
  useInput((input, key) => {
    for (const name of keyNames(input, key)) props.onKey(name);
  });
  const { columns, rows, colour } = props.state.size;
  return <Frame rows={screenRows(props.state)} width={columns} height={rows} colour={colour} writer={props.writer} />;
}

/** Draws the state on the terminal. */
export class TerminalDisplay implements Display {
  private state: UiState;
  private services: UiServices | undefined;
  private readonly writer: RowWriter;
  private readonly instance: Instance;
  private timer: NodeJS.Timeout | undefined;
  private readonly ticker: NodeJS.Timeout;
  private lastFrameMs = Number.NEGATIVE_INFINITY;
  private closed = false;
  private readonly onResize = (): void => {
    const { columns, rows } = this.terminalSize();
    this.writer.forget();
    this.take({ kind: 'resize', columns, rows });
  };

  constructor(
    private readonly context: CommandContext,
    private readonly options: DisplayOptions,
  ) {
    const size = { ...this.terminalSize(), colour: wantsColour(context.environment) };
    const view = initialView(options.title, options.subtitle, options.withLoad);
    this.state = initialState(view, size, false, options.quitQuestion);
    context.stdout.write(ENTER_SCREEN);
    this.writer = new RowWriter((text) => context.stdout.write(text));
    this.lastFrameMs = performance.now();
    this.instance = render(this.element(), {
      stdout: context.stdout as NodeJS.WriteStream,
      stdin: context.stdin,
      exitOnCtrlC: false,
      patchConsole: false,
    });
    context.stdout.on('resize', this.onResize);
    this.ticker = setInterval(() => this.take({ kind: 'tick' }), TICK_MS);
    if (options.services) this.attach(options.services);
  }

  get view(): View {
    return this.state.view;
  }

  attach(services: UiServices): void {
    this.services = services;
    this.take({ kind: 'steering', canSteer: services.runCommand !== undefined });
  }

  dispatch(event: ViewEvent): void {
    this.take({ kind: 'view', event });
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    if (this.timer) clearTimeout(this.timer);
    clearInterval(this.ticker);
    this.context.stdout.off('resize', this.onResize);
    this.instance.unmount();
    this.context.stdout.write(LEAVE_SCREEN);
  }

  private take(event: UiEvent): void {
    const { state, effects } = reduceUi(this.state, event);
    const isChanged = state !== this.state;
    this.state = state;
    for (const effect of effects) this.carryOut(effect);
    if (!isChanged || this.closed) return;
    const waitMs = Math.max(0, this.lastFrameMs + FRAME_INTERVAL_MS - performance.now());
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.draw();
    }, waitMs);
  }

  private carryOut(effect: UiEffect): void {
    const { services } = this;
    switch (effect.kind) {
      case 'quit':
        this.options.onQuit();
        return;
      case 'command': {
        const { argv } = effect;
        const run = services?.runCommand;
        void answer(run && (() => run(argv))).then((told) => this.take({ kind: 'commanded', argv, answer: told }));
        return;
      }
      case 'search':
        void answer(services && (() => services.search(effect.client, effect.vip))).then((told) =>
          this.take({ kind: 'found', answer: told }),
        );
        return;
      case 'read-switch':
        void answer(services && (() => services.readSwitch())).then((told) =>
          this.take({ kind: 'switch-read', answer: told }),
        );
        return;
      case 'trace':
        void answer(services && (() => services.trace(effect.query))).then((told) =>
          this.take({ kind: 'traced', answer: told }),
        );
        return;
      default: {
        const never: never = effect;
        throw new Error(`unknown effect ${JSON.stringify(never)}`);
      }
    }
  }

  private draw(): void {
    if (this.closed) return;
    this.lastFrameMs = performance.now();
    this.instance.rerender(this.element());
  }

  private element(): ReactElement {
    return <Application state={this.state} writer={this.writer} onKey={(key) => this.take({ kind: 'key', key })} />;
  }

  private terminalSize(): { columns: number; rows: number } {
    return { columns: this.context.stdout.columns ?? 80, rows: this.context.stdout.rows ?? 24 };
  }
}

/** The answer, or in words why there is none. */
async function answer<T>(ask: (() => Promise<T>) | undefined): Promise<Answered<T>> {
  if (ask === undefined) return { error: 'there is no controller to ask yet' };
  try {
    return { value: await ask() };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
