/** What the reducer gives back: the next state and the effects that it wants carried out, as data. */
import type { TraceQuery } from './results.ts';
import type { UiState } from './state.ts';

/** What is to be done beyond drawing. */
export type UiEffect =
  | { readonly kind: 'quit' }
  | { readonly kind: 'command'; readonly argv: readonly string[] }
  | { readonly kind: 'search'; readonly client: string; readonly vip: string | undefined }
  | { readonly kind: 'read-switch' }
  | { readonly kind: 'trace'; readonly query: TraceQuery };

/** The next state, and what is to be done. */
export interface Step {
  readonly state: UiState;
  readonly effects: readonly UiEffect[];
}

/** A step that only changes the state. */
export function only(state: UiState): Step {
  return { state, effects: [] };
}

/** Asks for the switch's tables, unless that is under way. */
export function askSwitch(state: UiState): Step {
  if (state.switch.answer.isPending) return only(state);
  return {
    state: { ...state, switch: { ...state.switch, answer: { ...state.switch.answer, isPending: true } } },
    effects: [{ kind: 'read-switch' }],
  };
}
