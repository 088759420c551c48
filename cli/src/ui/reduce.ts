/**
 * The reducer of the whole screen: an event in, the next state and what is to be done out. It is pure; asking the
 * controller, running commands and leaving are effects that `terminal-display.tsx` carries out and whose answers come
 * back as events. Keys have a file of their own (`reduce-keys.ts`).
 */
import { reduceView, type ViewEvent } from './model.ts';
import { reduceKey } from './reduce-keys.ts';
import type { CommandResult, SearchResult, SwitchDetails } from './results.ts';
import { isListed } from './selectors.ts';
import type { Answer, UiState } from './state.ts';
import { askSwitch, only, type Step } from './step.ts';

/** An answer, or why there is none. */
export type Answered<T> = { readonly value: T } | { readonly error: string };

/** A command that prints more lines has its output shown over the page. */
const LINES_OF_MESSAGE = 4;

/** What can happen to the screen. */
export type UiEvent =
  | { readonly kind: 'view'; readonly event: ViewEvent }
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'resize'; readonly columns: number; readonly rows: number }
  /** A second has passed: what is shown and not told by itself is read again. */
  | { readonly kind: 'tick' }
  /** Whether commands can be given from now on. */
  | { readonly kind: 'steering'; readonly canSteer: boolean }
  | { readonly kind: 'commanded'; readonly argv: readonly string[]; readonly answer: Answered<CommandResult> }
  | { readonly kind: 'found'; readonly answer: Answered<SearchResult> }
  | { readonly kind: 'switch-read'; readonly answer: Answered<SwitchDetails> }
  | { readonly kind: 'traced'; readonly answer: Answered<readonly string[]> };

/** Takes an event. */
export function reduceUi(state: UiState, event: UiEvent): Step {
  switch (event.kind) {
    case 'view':
      return only(withView(state, event.event));
    case 'key':
      return reduceKey(state, event.key);
    case 'resize':
      return only({ ...state, size: { ...state.size, columns: event.columns, rows: event.rows } });
    case 'tick':
      return state.page === 'switch' ? askSwitch(state) : only(state);
    case 'steering':
      return only({ ...state, canSteer: event.canSteer });
    case 'commanded':
      return only(withAnswer(state, event.argv, event.answer));
    case 'found':
      return only({ ...state, search: { ...state.search, answer: settle(event.answer), index: 0 } });
    case 'switch-read':
      return only({ ...state, switch: { ...state.switch, answer: settle(event.answer, state.switch.answer) } });
    case 'traced':
      return only({ ...state, trace: { ...state.trace, answer: settle(event.answer), scroll: 0 } });
    default: {
      const never: never = event;
      throw new Error(`unknown event ${JSON.stringify(never)}`);
    }
  }
}

function withView(state: UiState, event: ViewEvent): UiState {
  const view = reduceView(state.view, event);
  // Who has scrolled back keeps the lines that were on the screen.
  if (event.kind === 'log' && state.events.back > 0 && isListed(event.line, state.events)) {
    return { ...state, view, events: { ...state.events, back: state.events.back + 1 } };
  }
  return { ...state, view };
}

/** @param before shown further where the new answer is an error */
function settle<T>(answer: Answered<T>, before?: Answer<T>): Answer<T> {
  return 'error' in answer
    ? { value: before?.value, error: answer.error, isPending: false }
    : { value: answer.value, error: undefined, isPending: false };
}

/** A few lines are a message at the bottom; more go over the page. */
function withAnswer(state: UiState, argv: readonly string[], answer: Answered<CommandResult>): UiState {
  const name = argv.join(' ');
  if ('error' in answer) return { ...state, message: { text: `${name}: ${answer.error}`, isError: true } };
  const { status, stdout, stderr } = answer.value;
  const isError = status !== 0;
  const text = isError ? `${stderr}\n${stdout}` : `${stdout}\n${stderr}`;
  const lines = text.split('\n').map((line) => line.trimEnd());
  const filled = lines.filter((line) => line !== '');
  if (filled.length > LINES_OF_MESSAGE) {
    while (lines.at(-1) === '') lines.pop();
    return { ...state, output: { title: name, lines, scroll: 0 } };
  }
  const message = filled.map((line) => line.trim()).join(' · ') || `${name}: done`;
  return { ...state, message: { text: message, isError } };
}
