/**
 * What the user has done to the screen: page, selection, fields, open questions. With `View` (what there is to show) it
 * is all that a frame depends on. Selections are kept by name, not by line, so that they stay where they are when lists
 * change.
 */
import type { LogLine, View } from './model.ts';
import type { ConnectionView, PacketKind, SearchResult, SwitchDetails } from './results.ts';

/** The pages, in the order of their numbers. */
export const PAGES = ['overview', 'buckets', 'shift', 'server', 'connections', 'events', 'switch', 'trace'] as const;
export type PageName = (typeof PAGES)[number];

/** Size and abilities of the terminal. */
export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
  readonly colour: boolean;
}

/** Which field is being typed into. */
export type InputPurpose = 'command' | 'server' | 'connections' | 'events' | 'trace';

/** A text field that has the keyboard. */
export interface InputState {
  readonly purpose: InputPurpose;
  readonly text: string;
}

/** What waits for a yes: a command, or to leave where that stops more than the screen. */
export type ConfirmState =
  | { readonly kind: 'command'; readonly question: string; readonly argv: readonly string[] }
  | { readonly kind: 'quit'; readonly question: string };

/** A command's output over the page. */
export interface OutputState {
  /** The command line. */
  readonly title: string;
  readonly lines: readonly string[];
  /** Lines above the first one shown. */
  readonly scroll: number;
}

/** Something that is asked for on demand. */
export interface Answer<T> {
  readonly value: T | undefined;
  readonly error: string | undefined;
  readonly isPending: boolean;
}

/** Not asked yet. */
export const UNASKED: Answer<never> = { value: undefined, error: undefined, isPending: false };

export const SERVER_ORDERS = ['place', 'trouble', 'name', 'buckets', 'pins', 'load'] as const;
export type ServerOrder = (typeof SERVER_ORDERS)[number];

/** Least severity shown on the events page. */
export const LOG_LEVELS = ['info', 'warning', 'error'] as const satisfies readonly LogLine['severity'][];

/** Everything a frame depends on. */
export interface UiState {
  readonly view: View;
  readonly size: ScreenSize;
  readonly page: PageName;
  /** Pages to go back to, the last one first to leave. */
  readonly history: readonly PageName[];
  readonly isHelpOpen: boolean;
  /** Lines of the help above the first one shown. */
  readonly helpScroll: number;
  /** Whether commands can be given. */
  readonly canSteer: boolean;
  /** What is asked before leaving, where that stops more than the screen. */
  readonly quitQuestion: string | undefined;
  readonly input: InputState | undefined;
  /** Command lines that were typed, the last one last. */
  readonly typed: readonly string[];
  readonly confirm: ConfirmState | undefined;
  /** How the last command went; until the next key. */
  readonly message: { readonly text: string; readonly isError: boolean } | undefined;
  /** What the last command printed, where that is long. */
  readonly output: OutputState | undefined;
  /** `serverKey` of the selected server. */
  readonly server: string | undefined;
  readonly serverOrder: ServerOrder;
  readonly serverFilter: string;
  readonly operation: string | undefined;
  readonly vip: string | undefined;
  readonly bucket: number;
  /** Id of the one server whose buckets are shown. */
  readonly onlyServer: number | undefined;
  readonly events: {
    readonly filter: string;
    readonly level: LogLine['severity'];
    /** Matching lines below the last one shown; 0 follows what happens. */
    readonly back: number;
  };
  readonly search: {
    readonly text: string;
    /** Undefined: all. */
    readonly vip: string | undefined;
    readonly answer: Answer<SearchResult>;
    readonly index: number;
  };
  readonly switch: { readonly answer: Answer<SwitchDetails>; readonly scroll: number };
  readonly trace: {
    readonly client: string;
    readonly vip: string | undefined;
    readonly packet: PacketKind;
    readonly answer: Answer<readonly string[]>;
    readonly scroll: number;
  };
}

/** The screen before the first key. */
export function initialState(view: View, size: ScreenSize, canSteer: boolean, quitQuestion?: string): UiState {
  return {
    view,
    size,
    page: 'overview',
    history: [],
    isHelpOpen: false,
    helpScroll: 0,
    canSteer,
    quitQuestion,
    input: undefined,
    typed: [],
    confirm: undefined,
    message: undefined,
    output: undefined,
    server: undefined,
    serverOrder: 'place',
    serverFilter: '',
    operation: undefined,
    vip: undefined,
    bucket: 0,
    onlyServer: undefined,
    events: { filter: '', level: 'info', back: 0 },
    search: { text: '', vip: undefined, answer: UNASKED, index: 0 },
    switch: { answer: UNASKED, scroll: 0 },
    trace: { client: '', vip: undefined, packet: 'SYN', answer: UNASKED, scroll: 0 },
  };
}

/** A connection of the search's answer that is selected. */
export function selectedConnection(state: UiState): ConnectionView | undefined {
  return state.search.answer.value?.connections[state.search.index];
}
